//! Time zones: where a clock on a wall stands.
//!
//! The database of zones is part of the program, so the same decision comes out on every machine;
//! the system's own is never read.

mod calling_codes;
mod north_america;

use std::fmt;

use jiff::{
    civil::DateTime,
    tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase},
};

use self::{
    calling_codes::CALLING_CODES,
    north_america::{AREA_CODES, ELSEWHERE},
};
use crate::time::Timestamp;

/// Quarters of an hour in a week.
pub const QUARTERS_OF_WEEK: usize = 7 * 24 * 4;

/// A time zone of the IANA database. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    /// The zone of this name, spelled exactly as the database spells it, such as `Asia/Kolkata`.
    pub fn named(name: &str) -> Option<Self> {
        let zone = TimeZoneDatabase::bundled().get(name).ok()?;
        (zone.iana_name() == Some(name)).then_some(Self(zone))
    }

    /// Coordinated universal time.
    pub const fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// The zone in which most people with such a number live: that of the country of its calling
    /// code, or of its area code where that says more. `None` when the number is not in E.164, and
    /// when its code belongs to no country. Source: CONTRACT.md 5.
    pub fn of_number(e164: &str) -> Option<Self> {
        let digits = e164.strip_prefix('+')?;
        if digits.is_empty() || digits.len() > 15 || !digits.bytes().all(|d| d.is_ascii_digit()) {
            return None;
        }
        let zone = match digits.strip_prefix('1') {
            Some(national) => zone_of_area(national),
            None => zone_of_code(digits)?,
        };
        Self::named(zone)
    }

    /// The name in the database.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// The quarter of an hour of the week that a clock shows at an instant: below
    /// [`QUARTERS_OF_WEEK`], 0 from Monday 00:00.
    pub fn quarter_of_week(&self, at: Timestamp) -> usize {
        let shown = self.civil(at);
        let days = usize::try_from(shown.weekday().to_monday_zero_offset()).unwrap_or_default();
        let hours = usize::try_from(shown.hour()).unwrap_or_default();
        let minutes = usize::try_from(shown.minute()).unwrap_or_default();
        (days * 24 + hours) * 4 + minutes / 15
    }

    /// What calendar and clock show at an instant.
    pub(crate) fn civil(&self, at: Timestamp) -> DateTime {
        // Our instants are all within the calendar.
        jiff::Timestamp::from_microsecond(at.as_micros())
            .map_or(DateTime::MAX, |at| self.0.to_datetime(at))
    }

    /// When calendar and clock show this: the first instant after a gap that it falls in, and the
    /// earlier of the two when the clock shows it twice. `None` beyond the end of the calendar.
    /// Source: CONTRACT.md 5.
    pub(crate) fn instant(&self, civil: DateTime) -> Option<Timestamp> {
        let instant = match self.0.to_ambiguous_timestamp(civil).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(civil).ok()?,
            AmbiguousOffset::Fold { before, .. } => before.to_timestamp(civil).ok()?,
            AmbiguousOffset::Gap { before, after } => {
                // The clock of after the gap would have shown it before the gap began.
                let earlier = after.to_timestamp(civil).ok()?;
                let mut changes = self.0.following(earlier);
                match changes.find(|change| change.offset() == after) {
                    Some(change) => change.timestamp(),
                    None => before.to_timestamp(civil).ok()?,
                }
            }
        };
        Some(Timestamp::from_micros(instant.as_microsecond()))
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The zone of the longest prefix that is known.
fn zone_of_code(digits: &str) -> Option<&'static str> {
    const LONGEST: usize = 6;
    (1..=LONGEST.min(digits.len())).rev().find_map(|length| {
        let prefix = digits.get(..length)?;
        let found = CALLING_CODES.binary_search_by_key(&prefix, |&(code, _)| code).ok()?;
        CALLING_CODES.get(found).map(|&(_, zone)| zone)
    })
}

fn zone_of_area(national: &str) -> &'static str {
    let area = national.get(..3).and_then(|area| area.parse::<u16>().ok());
    let known = area
        .and_then(|area| AREA_CODES.iter().find(|(_, codes)| codes.binary_search(&area).is_ok()));
    known.map_or(ELSEWHERE, |&(zone, _)| zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> Zone {
        Zone::named(name).unwrap()
    }

    #[test]
    fn a_name_is_spelled_as_in_the_database() {
        for name in
            ["Asia/Kolkata", "America/New_York", "UTC", "Europe/Kyiv", "Australia/Lord_Howe"]
        {
            assert_eq!(zone(name).name(), name);
        }
        for name in
            ["", "asia/kolkata", "Kolkata", "GMT+2x", "+02:00", "Etc/Unknown", "\0", "../UTC"]
        {
            assert_eq!(Zone::named(name), None, "{name}");
        }
        assert_eq!(Zone::utc().name(), "UTC");
        assert_eq!(zone("UTC"), Zone::utc());
    }

    #[test]
    fn a_week_begins_on_monday_at_midnight_of_its_zone() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let kolkata = zone("Asia/Kolkata");
        assert_eq!(Zone::utc().quarter_of_week(at("2026-11-23T00:00:00Z")), 0);
        assert_eq!(Zone::utc().quarter_of_week(at("2026-11-22T23:59:59Z")), QUARTERS_OF_WEEK - 1);
        assert_eq!(kolkata.quarter_of_week(at("2026-11-22T18:29:59Z")), QUARTERS_OF_WEEK - 1);
        assert_eq!(kolkata.quarter_of_week(at("2026-11-22T18:30:00Z")), 0);
        // Two days, 9 hours and 45 minutes.
        let nepal = zone("Asia/Kathmandu");
        assert_eq!(nepal.quarter_of_week(at("2026-11-25T04:00:00Z")), (2 * 24 + 9) * 4 + 3);
    }

    #[test]
    fn every_zone_of_the_tables_is_in_the_database() {
        let areas = AREA_CODES.iter().map(|&(name, _)| name);
        for name in CALLING_CODES.iter().map(|&(_, name)| name).chain(areas).chain([ELSEWHERE]) {
            assert!(Zone::named(name).is_some(), "{name}");
        }
    }

    #[test]
    fn every_code_of_the_tables_is_found_by_a_number_that_begins_with_it() {
        for (index, &(code, name)) in CALLING_CODES.iter().enumerate() {
            assert!(index == 0 || CALLING_CODES[index - 1].0 < code, "{code} is out of order");
            assert!((1..=6).contains(&code.len()) && !code.starts_with(['0', '1']), "{code}");
            // Zeros follow no code in the tables, so that no longer one fits.
            assert_eq!(Zone::of_number(&format!("+{code:0<11}")), Some(zone(name)), "{code}");
        }
        let mut all = std::collections::BTreeSet::new();
        for &(name, codes) in AREA_CODES {
            assert!(codes.is_sorted(), "{name}");
            for &code in codes {
                assert!((200..1_000).contains(&code) && all.insert(code), "{code}");
                assert_eq!(Zone::of_number(&format!("+1{code}5550100")), Some(zone(name)));
            }
        }
    }

    #[test]
    fn a_number_has_the_zone_of_its_country_or_area() {
        for (number, name) in [
            ("+919812345678", "Asia/Kolkata"),
            ("+4915112345678", "Europe/Berlin"),
            ("+442079460000", "Europe/London"),
            ("+12125550100", "America/New_York"),
            ("+13125550100", "America/Chicago"),
            ("+16025550100", "America/Phoenix"),
            ("+18085550100", "Pacific/Honolulu"),
            ("+16045550100", "America/Vancouver"),
            ("+17095550100", "America/St_Johns"),
            ("+18765550100", "America/Jamaica"),
            ("+18005550100", "America/New_York"),
            ("+74951234567", "Europe/Moscow"),
            ("+77012345678", "Asia/Almaty"),
            ("+34612345678", "Europe/Madrid"),
            ("+34928123456", "Atlantic/Canary"),
            ("+61412345678", "Australia/Sydney"),
            ("+61889123456", "Australia/Darwin"),
            ("+61891234567", "Australia/Perth"),
            ("+5511987654321", "America/Sao_Paulo"),
            ("+5592987654321", "America/Manaus"),
            ("+6851234567", "Pacific/Apia"),
            ("+971501234567", "Asia/Dubai"),
        ] {
            assert_eq!(Zone::of_number(number), Some(zone(name)), "{number}");
        }
    }

    #[test]
    fn a_number_of_no_country_has_no_zone() {
        for number in [
            "",
            "+",
            "919812345678",
            "+0123456789",
            "+80012345678",
            "+88213456789",
            "+97912345678",
            "+2101234567",
            "+91 98123",
            "+９１98123456",
            "+9198123456789012",
            "+91x",
        ] {
            assert_eq!(Zone::of_number(number), None, "{number}");
        }
    }

    #[test]
    fn a_time_in_a_gap_is_the_first_instant_after_it_and_one_that_is_twice_the_earlier() {
        for (name, civil, instant) in [
            ("America/New_York", "2026-03-08T02:30", "2026-03-08T07:00:00Z"),
            ("America/New_York", "2026-03-08T02:00", "2026-03-08T07:00:00Z"),
            ("America/New_York", "2026-03-08T03:00", "2026-03-08T07:00:00Z"),
            ("America/New_York", "2026-11-01T01:30", "2026-11-01T05:30:00Z"),
            ("America/New_York", "2026-11-01T02:00", "2026-11-01T07:00:00Z"),
            ("Europe/Berlin", "2026-03-29T02:59", "2026-03-29T01:00:00Z"),
            ("Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30:00Z"),
            ("Asia/Kolkata", "2026-06-05T16:30", "2026-06-05T11:00:00Z"),
            // Half an hour forth and back.
            ("Australia/Lord_Howe", "2026-10-04T02:10", "2026-10-03T15:30:00Z"),
            ("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45:00Z"),
            // A whole day was left out.
            ("Pacific/Apia", "2011-12-30T12:00", "2011-12-30T10:00:00Z"),
        ] {
            let at = zone(name).instant(civil.parse().unwrap());
            assert_eq!(at, Some(instant.parse().unwrap()), "{name} {civil}");
        }
    }
}
