//! Times in words: what a lead said, read as an instant. Source: CONTRACT.md 5.
//!
//! A small grammar and no guesses: words that could mean two times are refused with the reason.
//! A phrase has a time of day, and may have a day, in either order, with `at`, `on` or a comma
//! between. Case does not count, nor do spaces. `from` is the end of the call.
//!
//! | Words | Meaning |
//! |---|---|
//! | `3 PM`, `3:30 p.m.`, `15:30`, `noon`, `midnight`, `evening 7`, `7 in the evening` | the next such time after `from` |
//! | `9 o'clock` | the next of 09:00 and 21:00 |
//! | `Tuesday 10:30 AM` | the next such time after `from` |
//! | `next Tuesday 10:30 AM` | the same; a week later when it is Tuesday at `from` |
//! | `tomorrow 4 PM` | on the day after that of `from` |
//! | `June 5 4 PM`, `5th of June 16:30` | the next such day and time after `from` |
//! | `today 5 PM`, `2026-06-05 16:30`, `June 5, 2026 4:30 PM` | exactly then, also in the past |
//! | `05/06/2026 16:30` | exactly then: 5 June; month first only where day first is no date |
//! | `2026-06-05T16:30:00+02:00` | that instant, whatever the zone |
//! | `in 2 hours`, `after 30 minutes` | exactly so long after `from`; a day has 24 hours |
//!
//! A time on the 24-hour clock has two digits of hour: `09:30`. `9:30` and `9` need AM, PM or a part
//! of the day. A day needs a time, `o'clock` and `midnight` take no day, and the first of two
//! readings is never taken for being first.

mod clock;
mod day;
mod found;
mod reader;
mod tokens;

use jiff::{ToSpan, civil::DateTime};

use self::{clock::Clock, day::Day, found::Phrase, reader::Reader};
use crate::{time::Timestamp, zone::Zone};

/// Longest words that are looked at. Unit: characters.
const WORDS_CHARS_MAX: usize = 200;

/// Words that are no time, or more than one, and what would be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableWords {
    /// More than 200 characters.
    #[error("are longer than 200 characters; write only the time, such as `tomorrow 4 PM`")]
    TooLong,
    /// Words that the grammar does not have, or not in this order.
    #[error(
        "are no time that can be read; write it like `3 PM`, `Tuesday 10:30 AM`, `tomorrow 4 PM`, \
         `in 2 hours`, `2026-06-05 16:30` or `June 5, 2026 4:30 PM`"
    )]
    NotUnderstood,
    /// A day and nothing else.
    #[error("name a day and no time of day; add one, such as `4 PM` or `16:00`")]
    NoTimeOfDay,
    /// A time that is in the morning or in the evening.
    #[error("could mean two times of the day; add AM or PM, or write `09:30` or `21:30`")]
    EitherHalfOfDay,
    /// An hour that no clock has, or not in that part of the day.
    #[error(
        "name a time that no clock shows; write it from 12:00 AM to 11:59 PM, or 00:00 to 23:59"
    )]
    NoSuchTime,
    /// A date that no calendar has, or that is beyond its end.
    #[error("name a day that no calendar has; write one that there is, such as `2026-06-05 16:30`")]
    NoSuchDay,
    /// A duration of nothing, or of ten years or more.
    #[error("wait no time or ten years; write a duration such as `in 2 hours` or `in 3 days`")]
    NoSuchDuration,
}

/// The instant that the words name, seen from `from`, in a zone. A phrase that does not say its date
/// is always after `from`; one that does may be in the past. A time in a gap of the clock is the
/// first instant after it, one that the clock shows twice is the earlier. Source: CONTRACT.md 5.
///
/// # Errors
///
/// See [`UnreadableWords`].
pub fn read_time(words: &str, from: Timestamp, zone: &Zone) -> Result<Timestamp, UnreadableWords> {
    if words.chars().nth(WORDS_CHARS_MAX).is_some() {
        return Err(UnreadableWords::TooLong);
    }
    match Reader::of(words).phrase()? {
        Phrase::Instant(at) => Ok(at),
        Phrase::After(seconds) => {
            let at = from.plus_seconds(seconds);
            if at > from { Ok(at) } else { Err(UnreadableWords::NoSuchDay) }
        }
        Phrase::At { day, clock } => {
            at_clock(day, clock, from, zone)?.ok_or(UnreadableWords::NoSuchDay)
        }
    }
}

/// `None` when there is no such day.
fn at_clock(
    day: Option<Day>,
    clock: Clock,
    from: Timestamp,
    zone: &Zone,
) -> Result<Option<Timestamp>, UnreadableWords> {
    let today = zone.civil(from).date();
    let is_future = |at: &Timestamp| *at > from;
    let next_of = |days: &mut dyn Iterator<Item = jiff::civil::Date>, clock: Clock| {
        days.flat_map(|date| clock.times().map(move |time| DateTime::from_parts(date, time)))
            .filter_map(|civil| zone.instant(civil))
            .find(is_future)
    };
    let Some(day) = day else {
        // A gap may swallow today's, and the one of a day that a zone left out falls on the next.
        let days = today.series(1.day()).take(4);
        return Ok(next_of(&mut { days }, clock));
    };
    let time = clock.one()?;
    Ok(match day {
        Day::Today => zone.instant(DateTime::from_parts(today, time)),
        Day::Tomorrow => {
            today.tomorrow().ok().and_then(|date| zone.instant(DateTime::from_parts(date, time)))
        }
        Day::Exact(date) => zone.instant(DateTime::from_parts(date, time)),
        Day::Weekday(weekday) => {
            let days = today.series(1.day()).take(15).filter(|date| date.weekday() == weekday);
            next_of(&mut { days }, Clock::Exact(time))
        }
        Day::NextWeekday(weekday) => {
            let days = today.series(1.day()).skip(1).take(7);
            let date = { days }.find(|date| date.weekday() == weekday);
            date.and_then(|date| zone.instant(DateTime::from_parts(date, time)))
        }
        Day::Yearly { month, day, weekday } => {
            let years = today.year()..=today.year().saturating_add(Day::YEARS_TO_LEAP_DAY);
            let dates = years.filter_map(|year| jiff::civil::Date::new(year, month, day).ok());
            let next = next_of(&mut { dates }, Clock::Exact(time));
            next.filter(|&at| weekday.is_none_or(|named| zone.civil(at).weekday() == named))
        }
    })
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
