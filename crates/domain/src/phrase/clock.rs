//! A time of day in words.

use jiff::civil::Time;

use super::UnreadableWords;

/// A time of day, or two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    /// This one.
    Exact(Time),
    /// One in each half of the day, the earlier first: an hour of `o'clock`.
    Either(Time, Time),
    /// The beginning of a day, and the end of the one before: nobody can tell whose it is.
    Midnight,
}

impl Clock {
    pub(super) fn times(self) -> impl Iterator<Item = Time> {
        let (first, second) = match self {
            Self::Exact(time) => (time, None),
            Self::Either(first, second) => (first, Some(second)),
            Self::Midnight => (Time::midnight(), None),
        };
        [Some(first), second].into_iter().flatten()
    }

    /// The one that it is on a named day.
    pub(super) const fn one(self) -> Result<Time, UnreadableWords> {
        match self {
            Self::Exact(time) => Ok(time),
            Self::Either(..) | Self::Midnight => Err(UnreadableWords::EitherHalfOfDay),
        }
    }
}

/// A half of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meridiem {
    Am,
    Pm,
}

/// A part of the day that people name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// From midnight to noon.
    Morning,
    /// From noon to 7 PM.
    Afternoon,
    /// From 4 PM to midnight.
    Evening,
}

impl Part {
    const fn has(self, hour: i8) -> bool {
        match self {
            Self::Morning => hour < 12,
            Self::Afternoon => 12 <= hour && hour < 19,
            Self::Evening => 16 <= hour,
        }
    }
}

/// The figures of a time as they were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Figures {
    pub(super) hour: i8,
    /// Minute, second and nanosecond, when there was a colon.
    pub(super) rest: Option<(i8, i8, i32)>,
    /// Whether the hour had two digits.
    pub(super) two_digits: bool,
    pub(super) meridiem: Option<Meridiem>,
    pub(super) oclock: bool,
}

impl Figures {
    /// The time they are, when the phrase names this part of the day.
    pub(super) fn clock(self, part: Option<Part>) -> Result<Clock, UnreadableWords> {
        let (minute, second, nanosecond) = self.rest.unwrap_or_default();
        let at = |hour| {
            Time::new(hour, minute, second, nanosecond).map_err(|_| UnreadableWords::NoSuchTime)
        };
        let half = |hour: i8, meridiem| match (hour, meridiem) {
            (12, Meridiem::Am) => Ok(0),
            (12, Meridiem::Pm) => Ok(12),
            (1..=11, Meridiem::Am) => Ok(hour),
            (1..=11, Meridiem::Pm) => Ok(hour + 12),
            (_, Meridiem::Am | Meridiem::Pm) => Err(UnreadableWords::NoSuchTime),
        };
        let of_part = |part: Part, hour: i8| {
            if part.has(hour) { Ok(hour) } else { Err(UnreadableWords::NoSuchTime) }
        };
        match (self.meridiem, part) {
            (Some(meridiem), None) => at(half(self.hour, meridiem)?).map(Clock::Exact),
            (Some(meridiem), Some(part)) => {
                at(of_part(part, half(self.hour, meridiem)?)?).map(Clock::Exact)
            }
            (None, Some(part)) => {
                let hour = match (self.hour, part) {
                    // Nobody calls midnight or noon a morning.
                    (12, Part::Morning) => return Err(UnreadableWords::NoSuchTime),
                    (1..=11, Part::Afternoon | Part::Evening) => self.hour + 12,
                    (_, Part::Morning | Part::Afternoon | Part::Evening) => self.hour,
                };
                at(of_part(part, hour)?).map(Clock::Exact)
            }
            (None, None) if self.oclock => match self.hour {
                12 => Ok(Clock::Either(at(0)?, at(12)?)),
                1..=11 => Ok(Clock::Either(at(self.hour)?, at(self.hour + 12)?)),
                13..=23 => at(self.hour).map(Clock::Exact),
                _ => Err(UnreadableWords::NoSuchTime),
            },
            (None, None) if self.rest.is_some() && self.two_digits => {
                at(self.hour).map(Clock::Exact)
            }
            // Figures without a colon may be anything; with one they are a time of one half or the other.
            (None, None) if self.rest.is_some() => {
                at(self.hour).and(Err(UnreadableWords::EitherHalfOfDay))
            }
            (None, None) => Err(UnreadableWords::EitherHalfOfDay),
        }
    }
}
