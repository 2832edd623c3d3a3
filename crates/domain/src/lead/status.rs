//! Where a lead stands.

use std::{fmt, str::FromStr};

/// Status of a lead. Source: CONTRACT.md 3.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum LeadStatus {
    /// Enrolled, at no node yet.
    #[default]
    Pending,
    /// At a node.
    Active,
    /// Reached a `CONVERTED` node.
    Completed,
    /// Reached a `DROPPED` node.
    Dropped,
}

impl LeadStatus {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Active, Self::Completed, Self::Dropped];

    /// The text form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Completed => "completed",
            Self::Dropped => "dropped",
        }
    }

    /// Whether the lead has reached its end.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Dropped)
    }
}

impl fmt::Display for LeadStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that is no lead status.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a lead status; the statuses are pending, active, completed, dropped")]
pub struct UnknownLeadStatus {
    text: String,
}

impl FromStr for LeadStatus {
    type Err = UnknownLeadStatus;

    fn from_str(text: &str) -> Result<Self, UnknownLeadStatus> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| UnknownLeadStatus { text: text.chars().take(80).collect() })
    }
}
