//! A day in words.

use jiff::civil::{Date, Weekday};

/// A day, as a phrase names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Day {
    Today,
    Tomorrow,
    /// The next one on which the time is still ahead.
    Weekday(Weekday),
    /// The first one after today.
    NextWeekday(Weekday),
    /// A date with its year.
    Exact(Date),
    /// A date without its year: the next one, which must be on that day of the week.
    Yearly {
        month: i8,
        day: i8,
        weekday: Option<Weekday>,
    },
}

impl Day {
    /// Years from one 29 February to the next at most: 1896 to 1904. Unit: years.
    pub(super) const YEARS_TO_LEAP_DAY: i16 = 8;
}

/// A day of the week by its name or a usual short form, in small letters.
pub(super) fn weekday(word: &str) -> Option<Weekday> {
    Some(match word {
        "monday" | "mon" => Weekday::Monday,
        "tuesday" | "tue" | "tues" => Weekday::Tuesday,
        "wednesday" | "wed" | "weds" => Weekday::Wednesday,
        "thursday" | "thu" | "thur" | "thurs" => Weekday::Thursday,
        "friday" | "fri" => Weekday::Friday,
        "saturday" | "sat" => Weekday::Saturday,
        "sunday" | "sun" => Weekday::Sunday,
        _ => return None,
    })
}

/// A month by its name or a usual short form, in small letters; January is 1.
pub(super) fn month(word: &str) -> Option<i8> {
    Some(match word {
        "january" | "jan" => 1,
        "february" | "feb" => 2,
        "march" | "mar" => 3,
        "april" | "apr" => 4,
        "may" => 5,
        "june" | "jun" => 6,
        "july" | "jul" => 7,
        "august" | "aug" => 8,
        "september" | "sep" | "sept" => 9,
        "october" | "oct" => 10,
        "november" | "nov" => 11,
        "december" | "dec" => 12,
        _ => return None,
    })
}

/// Whether this is the ending of the ordinal of a day of the month: `1st`, `22nd`, `13th`.
pub(super) fn is_ordinal_ending(day: i8, word: &str) -> bool {
    let ending = match (day / 10, day % 10) {
        (1, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    word == ending
}
