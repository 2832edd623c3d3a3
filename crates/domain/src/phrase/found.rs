//! What a phrase was found to say, part by part, and what that is as a whole.

use jiff::{
    civil::{Date, DateTime, Weekday},
    tz::Offset,
};

use super::{
    UnreadableWords,
    clock::{Clock, Figures, Part},
    day::Day,
};
use crate::time::Timestamp;

pub(super) type Read<T> = Result<T, UnreadableWords>;

/// What a phrase names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phrase {
    /// An instant with its offset from UTC.
    Instant(Timestamp),
    /// So long after the end of the call. Unit: seconds.
    After(u64),
    /// A time on a clock, on a day when it names one.
    At { day: Option<Day>, clock: Clock },
}

/// A time of day as it was written.
#[derive(Clone, Copy)]
pub(super) enum Time {
    Figures(Figures),
    Noon,
    Midnight,
}

/// A date as it was written; the year may be left out.
#[derive(Clone, Copy)]
pub(super) struct WrittenDate {
    pub(super) year: Option<i16>,
    pub(super) month: i8,
    pub(super) day: i8,
}

/// What was found so far. Everything at most once.
#[derive(Clone, Copy, Default)]
pub(super) struct Found {
    /// `today` or `tomorrow`.
    pub(super) relative: Option<Day>,
    /// A day of the week, and whether `next` stood before it.
    pub(super) weekday: Option<(Weekday, bool)>,
    pub(super) date: Option<WrittenDate>,
    pub(super) time: Option<Time>,
    pub(super) part: Option<Part>,
    pub(super) offset: Option<Offset>,
}

/// Puts what was found in its place, unless there is one already.
pub(super) fn set<T>(place: &mut Option<T>, found: T) -> Read<()> {
    match place.replace(found) {
        None => Ok(()),
        Some(_) => Err(UnreadableWords::NotUnderstood),
    }
}

impl WrittenDate {
    /// A leap year: one in which every date that there ever is is there.
    const LEAP_YEAR: i16 = 2000;

    pub(super) fn checked(self) -> Read<Self> {
        Date::new(self.year.unwrap_or(Self::LEAP_YEAR), self.month, self.day)
            .map(|_| self)
            .map_err(|_| UnreadableWords::NoSuchDay)
    }
}

impl Found {
    /// Puts it together.
    pub(super) fn phrase(self) -> Read<Phrase> {
        let Some(time) = self.time else { return Err(UnreadableWords::NoTimeOfDay) };
        let clock = match (time, self.part) {
            (Time::Figures(figures), part) => figures.clock(part)?,
            (Time::Noon, None) => Clock::Exact(jiff::civil::time(12, 0, 0, 0)),
            (Time::Midnight, None) => Clock::Midnight,
            (Time::Noon | Time::Midnight, Some(_)) => return Err(UnreadableWords::NotUnderstood),
        };
        let day = self.day()?;
        let Some(offset) = self.offset else { return Ok(Phrase::At { day, clock }) };
        match (day, clock) {
            (Some(Day::Exact(date)), Clock::Exact(time)) => {
                let instant = offset
                    .to_timestamp(DateTime::from_parts(date, time))
                    .map_err(|_| UnreadableWords::NoSuchDay)?;
                Ok(Phrase::Instant(Timestamp::from_micros(instant.as_microsecond())))
            }
            (Some(_) | None, _) => Err(UnreadableWords::NotUnderstood),
        }
    }

    fn day(self) -> Read<Option<Day>> {
        match (self.relative, self.weekday, self.date) {
            (relative, None, None) => Ok(relative),
            (None, Some((weekday, false)), None) => Ok(Some(Day::Weekday(weekday))),
            (None, Some((weekday, true)), None) => Ok(Some(Day::NextWeekday(weekday))),
            (None, None | Some((_, false)), Some(WrittenDate { year, month, day })) => {
                let weekday = self.weekday.map(|(weekday, _)| weekday);
                let Some(year) = year else {
                    return Ok(Some(Day::Yearly { month, day, weekday }));
                };
                let date = Date::new(year, month, day).map_err(|_| UnreadableWords::NoSuchDay)?;
                if weekday.is_some_and(|weekday| weekday != date.weekday()) {
                    return Err(UnreadableWords::NoSuchDay);
                }
                Ok(Some(Day::Exact(date)))
            }
            (Some(_), Some(_), _) | (Some(_), _, Some(_)) | (None, Some((_, true)), Some(_)) => {
                Err(UnreadableWords::NotUnderstood)
            }
        }
    }
}
