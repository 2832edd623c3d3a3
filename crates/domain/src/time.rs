//! Instants as data. The domain has no clock: `now` comes with each decision.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// An instant: microseconds since 1970-01-01 UTC. Shown as RFC 3339 in UTC.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The last instant that has a calendar date in every time zone, as `jiff` has it. Unit:
    /// microseconds.
    const LAST_MICROS: i64 = 253_402_207_200_000_000;

    /// From microseconds since the epoch, kept within the years 0 to 9999.
    pub const fn from_micros(micros: i64) -> Self {
        if micros > Self::LAST_MICROS {
            Self(Self::LAST_MICROS)
        } else if micros < -62_167_219_200_000_000 {
            Self(-62_167_219_200_000_000)
        } else {
            Self(micros)
        }
    }

    /// Microseconds since the epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// The instant this many microseconds later; stops at the end of the calendar.
    #[must_use]
    pub const fn plus_micros(self, micros: i64) -> Self {
        Self::from_micros(self.0.saturating_add(micros))
    }

    /// The instant this many seconds later.
    #[must_use]
    pub const fn plus_seconds(self, seconds: u64) -> Self {
        let micros = seconds.saturating_mul(1_000_000);
        self.plus_micros(if micros > i64::MAX as u64 { i64::MAX } else { micros.cast_signed() })
    }

    /// Microseconds from `earlier` to this instant; negative when it is later.
    pub const fn micros_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            // Always milliseconds at least, so that columns of a log line up.
            Ok(instant) if self.0 % 1_000 == 0 => write!(f, "{instant:.3}"),
            Ok(instant) => write!(f, "{instant:.6}"),
            Err(_) => write!(f, "{} µs", self.0),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is no RFC 3339 instant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an RFC 3339 instant such as 2026-11-24T09:30:00Z")]
pub struct ParseTimestampError {
    text: String,
}

impl FromStr for Timestamp {
    type Err = ParseTimestampError;

    fn from_str(text: &str) -> Result<Self, ParseTimestampError> {
        text.parse::<jiff::Timestamp>()
            .map(|instant| Self::from_micros(instant.as_microsecond()))
            .map_err(|_| ParseTimestampError { text: text.chars().take(80).collect() })
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_shown_in_utc_and_reads_back() {
        let at: Timestamp = "2026-11-24T10:30:00.25+01:00".parse().unwrap();
        assert_eq!(at.to_string(), "2026-11-24T09:30:00.250Z");
        assert_eq!(at.to_string().parse(), Ok(at));
        assert_eq!(at.plus_micros(1).to_string(), "2026-11-24T09:30:00.250001Z");
    }

    #[test]
    fn arithmetic_stops_at_the_ends_of_the_calendar() {
        let end = Timestamp::from_micros(i64::MAX);
        assert_eq!(end.to_string(), "9999-12-30T22:00:00.000Z");
        assert_eq!(end.plus_seconds(u64::MAX), end);
    }
}
