//! Status of a workflow, and what a person can do next.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

/// Status of a workflow. Source: CONTRACT.md 2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkflowStatus {
    /// Being built; never processes leads.
    #[default]
    Draft,
    /// Processes leads.
    Active,
    /// No new movement; calls in progress may finish.
    Paused,
    /// Finished.
    Completed,
    /// Stopped for good.
    Cancelled,
}

/// The one button a workflow has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Control {
    /// Start, or go on.
    Activate,
    /// Pause.
    Deactivate,
}

impl Control {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Activate, Self::Deactivate];
}

impl WorkflowStatus {
    /// Every status.
    pub const ALL: [Self; 5] =
        [Self::Draft, Self::Active, Self::Paused, Self::Completed, Self::Cancelled];

    /// The text form. `running` is read and never written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing can change it any more.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled)
    }

    /// Whether leads may move.
    pub const fn can_process_leads(self) -> bool {
        matches!(self, Self::Active)
    }

    /// The button people see; `None` when the status is final.
    pub const fn control(self) -> Option<Control> {
        match self {
            Self::Draft | Self::Paused => Some(Control::Activate),
            Self::Active => Some(Control::Deactivate),
            Self::Completed | Self::Cancelled => None,
        }
    }

    /// One sentence that says why the button is what it is.
    pub const fn control_reason(self) -> &'static str {
        match self {
            Self::Draft => "The workflow is a draft: activate it to start its leads.",
            Self::Active => "The workflow is active and processes leads: deactivate it to pause.",
            Self::Paused => "The workflow is paused and no lead moves: activate it to go on.",
            Self::Completed => "The workflow is completed for good: duplicate it to run it again.",
            Self::Cancelled => "The workflow is cancelled for good: duplicate it to run it again.",
        }
    }
}

impl fmt::Display for WorkflowStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that is no workflow status.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not a workflow status; the statuses are draft, active, paused, completed, cancelled"
)]
pub struct UnknownWorkflowStatus {
    text: String,
}

impl FromStr for WorkflowStatus {
    type Err = UnknownWorkflowStatus;

    /// Reads `running`, the legacy spelling, as active.
    fn from_str(text: &str) -> Result<Self, UnknownWorkflowStatus> {
        if text == "running" {
            return Ok(Self::Active);
        }
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| UnknownWorkflowStatus { text: text.chars().take(80).collect() })
    }
}

impl<'de> Deserialize<'de> for WorkflowStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}
