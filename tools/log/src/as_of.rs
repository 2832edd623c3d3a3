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

    /// Whether a record is not earlier than what is asked for. No record is as late as the end.
    pub fn begins_by(self, record: &Record) -> bool {
        match self {
            Self::Head => false,
            Self::Position(position) => position <= record.position,
            Self::Time(time) => time <= Timestamp::from_micros(record.body.recorded_at.0),
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
        let text = &self.text;
        write!(
            f,
            "`{text}` is neither a position such as 57 nor an RFC 3339 time such as \
             2026-11-24T09:30:00Z"
        )?;
        // Text with control characters would move the mark, and the terminal's cursor.
        if text.is_empty() || text.chars().any(char::is_control) {
            return Ok(());
        }
        let (at, expected) = first_fault(text);
        write!(f, "\n    {text}\n    {:at$}^ {expected}", "")
    }
}

impl std::error::Error for ParseAsOfError {}

/// Where a text stops being a time, in characters, and what would go on there.
fn first_fault(text: &str) -> (usize, &'static str) {
    // `0` stands for any digit.
    const FORM: &str = "0000-00-00T00:00:00";
    let fits = |wanted: char, found: char| match wanted {
        '0' => found.is_ascii_digit(),
        'T' => "Tt ".contains(found),
        other => found == other,
    };
    let mut found = text.chars();
    for (at, wanted) in FORM.chars().enumerate() {
        let fault = match wanted {
            '0' => "a digit is expected here",
            'T' => "`T` and a time of day are expected here",
            ':' => "`:` is expected here",
            _ => "`-` is expected here",
        };
        if !found.next().is_some_and(|character| fits(wanted, character)) {
            return (at, fault);
        }
    }
    let rest = found.as_str();
    let fraction: usize = if rest.starts_with('.') {
        1 + rest.chars().skip(1).take_while(char::is_ascii_digit).count()
    } else {
        0
    };
    let zone: String = rest.chars().skip(fraction).collect();
    if zone.starts_with(['Z', 'z', '+', '-']) {
        (0, "there is no such day, time of day or offset")
    } else {
        (FORM.len() + fraction, "`Z` or an offset such as `+01:00` is expected here")
    }
}

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
    fn the_mark_is_under_the_first_character_that_does_not_fit() {
        for (text, at, words) in [
            ("yesterday", 0, "digit"),
            ("2026-11-24", 10, "`T`"),
            ("2026-1-24", 6, "digit"),
            ("2026/11/24", 4, "`-`"),
            ("2026-11-24T09:30", 16, "`:`"),
            ("2026-11-24T09:30:00", 19, "`Z`"),
            ("2026-11-24T09:30:00.25", 22, "`Z`"),
            ("2026-11-31T09:30:00Z", 0, "no such day"),
            ("18446744073709551616", 4, "`-`"),
        ] {
            let told = text.parse::<AsOf>().unwrap_err().to_string();
            let mark = told.lines().last().unwrap();
            assert_eq!(mark.find('^'), Some(4 + at), "{told}");
            assert!(mark.contains(words), "{told}");
        }
        let told = "2026\u{1b}[2J".parse::<AsOf>().unwrap_err().to_string();
        assert_eq!(told.lines().count(), 1, "{told:?}");
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
