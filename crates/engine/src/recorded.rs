//! Records as hosts see them: decoded, with their place in the journal.

use std::{fmt, str::FromStr, sync::Arc};

use branchline_domain::{id::OrganisationId, time::Timestamp};
use branchline_event_codec::RecordedEvents;
use branchline_journal::record::{Cause, Position, Version};
use branchline_projections::{Fact, FactEvents};

/// One committed record, decoded. Personal fields read `Erased` where they were not asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedFact {
    /// Its place in the journal.
    pub position: Position,
    /// When it was decided.
    pub at: Timestamp,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Who asked for it.
    pub principal: Arc<str>,
    /// What made it come about.
    pub cause: Cause,
    /// Version of its first event in its stream.
    pub version: Version,
    /// Its events.
    pub events: RecordedEvents,
}

impl RecordedFact {
    /// The request that asked for it, as its answer named it.
    pub fn request_id(&self) -> Option<&str> {
        match &self.cause {
            Cause::Request(id) => Some(id),
            Cause::None | Cause::Position(_) => None,
        }
    }

    /// The record that it follows from.
    pub const fn follows_from(&self) -> Option<u64> {
        match &self.cause {
            Cause::Position(position) => Some(position.0),
            Cause::None | Cause::Request(_) => None,
        }
    }

    /// The same, as projections take it.
    pub fn as_fact(&self) -> Fact<'_> {
        Fact {
            position: self.position,
            at: self.at,
            organisation: self.organisation,
            principal: &self.principal,
            cause: &self.cause,
            version: self.version,
            events: match &self.events {
                RecordedEvents::Workflow(id, events) => FactEvents::Workflow(*id, events),
                RecordedEvents::Lead(id, events) => FactEvents::Lead(*id, events),
                RecordedEvents::Organisation(id, events) => FactEvents::Organisation(*id, events),
            },
        }
    }
}

/// A place in the stream of all records, as text that means nothing to who holds it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor(pub Position);

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Partition, then offset: a journal with more partitions gives more of the first.
        write!(f, "0-{}", self.0)
    }
}

/// A text that is no cursor of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not a cursor: use one that an earlier answer gave, or none to start at the beginning"
)]
pub struct ParseCursorError {
    text: String,
}

impl FromStr for Cursor {
    type Err = ParseCursorError;

    fn from_str(text: &str) -> Result<Self, ParseCursorError> {
        text.strip_prefix("0-")
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|digits| digits.parse().ok())
            .map(|offset| Self(Position(offset)))
            .ok_or_else(|| ParseCursorError { text: text.chars().take(80).collect() })
    }
}
