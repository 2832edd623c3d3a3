//! Up to which record a question is asked.

use branchline_domain::time::Timestamp;
use branchline_journal::record::{Position, Record};

/// Up to which record a question is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AsOf {
    /// The last one there is.
    #[default]
    Head,
    /// This one.
    Position(Position),
    /// The last one before the first that was decided later than this.
    Time(Timestamp),
}

impl AsOf {
    /// Whether a record comes later than what is asked for.
    pub fn is_before(self, record: &Record) -> bool {
        match self {
            Self::Head => false,
            Self::Position(position) => position < record.position,
            Self::Time(time) => time < Timestamp::from_micros(record.body.recorded_at.0),
        }
    }
}
