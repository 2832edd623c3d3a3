//! Up to which record a question is asked.

use std::{fmt, str::FromStr};

use branchline_domain::time::Timestamp;
use branchline_journal::record::{Position, Record};

/// Up to which record a question is asked. As text, a number is a position, `head` the end, and
/// anything else an RFC 3339 time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AsOf {
    /// The last one there is.
    #[default]
    Head,
    /// This one; 0 is before any.
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

impl fmt::Display for AsOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head => f.write_str("head"),
            Self::Position(position) => position.fmt(f),
            Self::Time(time) => time.fmt(f),
        }
    }
}

/// A text that is neither a position nor a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseAsOfError {
    text: String,
}

impl fmt::Display for ParseAsOfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is neither a position such as 57 nor an RFC 3339 time such as \
             2026-11-24T09:30:00Z",
            self.text
        )
    }
}

impl std::error::Error for ParseAsOfError {}

impl FromStr for AsOf {
    type Err = ParseAsOfError;

    fn from_str(text: &str) -> Result<Self, ParseAsOfError> {
        if text == "head" {
            return Ok(Self::Head);
        }
        if let Ok(position) = text.parse() {
            return Ok(Self::Position(Position(position)));
        }
        text.parse()
            .map(Self::Time)
            .map_err(|_| ParseAsOfError { text: text.chars().take(80).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_a_position_and_anything_else_a_time() {
        assert_eq!("57".parse(), Ok(AsOf::Position(Position(57))));
        assert_eq!("head".parse(), Ok(AsOf::Head));
        let time: AsOf = "2026-11-24T10:30:00+01:00".parse().unwrap();
        assert_eq!(time.to_string(), "2026-11-24T09:30:00.000Z");
        for as_of in [AsOf::Head, AsOf::Position(Position(57)), time] {
            assert_eq!(as_of.to_string().parse(), Ok(as_of), "what is shown reads back");
        }
    }

    #[test]
    fn what_is_neither_is_refused_with_an_example_of_both() {
        for text in ["", "-1", "yesterday", "2026-11-24", "18446744073709551616"] {
            let refused = text.parse::<AsOf>().unwrap_err().to_string();
            assert!(
                refused.contains("57") && refused.contains("2026-11-24T09:30:00Z"),
                "{refused}"
            );
        }
    }
}
