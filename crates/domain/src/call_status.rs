//! Statuses of a call, and what each one does to the lead that waits for it.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::output::Output;

/// The status of one call attempt, spelled as the product spells it.
///
/// Source: CONTRACT.md 4. The order of variants is not stored anywhere; the text is.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum CallStatus {
    /// The call exists, queued or prepared.
    #[default]
    Created,
    /// Setup has started.
    Initiated,
    /// The request was handed to the provider.
    Sent,
    /// The provider took the call.
    Received,
    /// Somebody is on the line.
    Connected,
    /// The call is on hold or in a queue.
    Waiting,
    /// Connected and ended; says nothing about the business result.
    Completed,
    /// Rang out.
    DidNotPick,
    /// Busy or rejected.
    Busy,
    /// The call could not be made.
    Failed,
    /// The provider returned no answer.
    NoAnswer,
    /// Called off.
    Cancelled,
    /// A queued attempt missed its window.
    RetryExpired,
}

/// What a status does to the lead that waits for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Routing {
    /// Not final: the call goes on.
    KeepWaiting,
    /// Final: take this output.
    Take(Output),
    /// Final, without a branch: a person decides.
    Review,
}

impl CallStatus {
    /// The distance of every final status.
    const ENDED: u8 = 4;

    /// Every status, in the order of a call's life.
    pub const ALL: [Self; 13] = [
        Self::Created,
        Self::Initiated,
        Self::Sent,
        Self::Received,
        Self::Connected,
        Self::Waiting,
        Self::Completed,
        Self::DidNotPick,
        Self::Busy,
        Self::Failed,
        Self::NoAnswer,
        Self::Cancelled,
        Self::RetryExpired,
    ];

    /// The routing table of the Voice Call node.
    ///
    /// Source: CONTRACT.md 4. `no_answer` is FAILED while `busy` is DNP: that is the product.
    pub const fn routing(self) -> Routing {
        match self {
            Self::Created
            | Self::Initiated
            | Self::Sent
            | Self::Received
            | Self::Connected
            | Self::Waiting => Routing::KeepWaiting,
            Self::Completed => Routing::Take(Output::Completed),
            Self::DidNotPick | Self::Busy => Routing::Take(Output::Dnp),
            Self::Failed | Self::NoAnswer => Routing::Take(Output::Failed),
            Self::Cancelled | Self::RetryExpired => Routing::Review,
        }
    }

    /// Whether the call has ended.
    pub const fn is_final(self) -> bool {
        self.progress() == Self::ENDED
    }

    /// How far a call in progress has come; a call keeps the furthest status it was reported.
    /// `sent` and `received` are the same distance, as are `connected` and `waiting`.
    pub const fn progress(self) -> u8 {
        match self {
            Self::Created => 0,
            Self::Initiated => 1,
            Self::Sent | Self::Received => 2,
            Self::Connected | Self::Waiting => 3,
            Self::Completed
            | Self::DidNotPick
            | Self::Busy
            | Self::Failed
            | Self::NoAnswer
            | Self::Cancelled
            | Self::RetryExpired => Self::ENDED,
        }
    }

    /// The text form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Initiated => "initiated",
            Self::Sent => "sent",
            Self::Received => "received",
            Self::Connected => "connected",
            Self::Waiting => "waiting",
            Self::Completed => "completed",
            Self::DidNotPick => "did_not_pick",
            Self::Busy => "busy",
            Self::Failed => "failed",
            Self::NoAnswer => "no_answer",
            Self::Cancelled => "cancelled",
            Self::RetryExpired => "retry_expired",
        }
    }
}

impl fmt::Display for CallStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that is no call status.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a call status; the statuses are {}", all_statuses())]
pub struct UnknownCallStatus {
    text: String,
}

fn all_statuses() -> String {
    CallStatus::ALL.map(CallStatus::as_str).join(", ")
}

impl FromStr for CallStatus {
    type Err = UnknownCallStatus;

    fn from_str(text: &str) -> Result<Self, UnknownCallStatus> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| UnknownCallStatus { text: text.chars().take(80).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_reads_back_from_its_text() {
        for status in CallStatus::ALL {
            assert_eq!(status.as_str().parse(), Ok(status));
            assert_eq!(serde_json::to_string(&status).unwrap(), format!("\"{status}\""));
        }
        assert!("Completed".parse::<CallStatus>().is_err());
        assert!("ringing".parse::<CallStatus>().is_err());
    }

    #[test]
    fn no_answer_is_failed_while_busy_is_dnp() {
        assert_eq!(CallStatus::NoAnswer.routing(), Routing::Take(Output::Failed));
        assert_eq!(CallStatus::Busy.routing(), Routing::Take(Output::Dnp));
        assert_eq!(CallStatus::Cancelled.routing(), Routing::Review);
    }

    #[test]
    fn a_status_is_final_exactly_when_it_routes_or_wants_a_review() {
        for status in CallStatus::ALL {
            assert_eq!(status.is_final(), status.routing() != Routing::KeepWaiting, "{status}");
        }
    }
}
