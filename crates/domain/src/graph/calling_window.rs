//! When a number may be called. Source: CONTRACT.md 5 and 9: off unless configured.

use jiff::{
    ToSpan,
    civil::{Date, Time, Weekday},
};
use serde::{Deserialize, Serialize};

use crate::{time::Timestamp, zone::Zone};

/// Hours of the day, on days of the week, in which a call may be dialled.
///
/// The window opens at `from` on each of its `days` and closes exactly at the next `to`. When `to`
/// is before `from` it stays open overnight and closes on the day after: `days` names the days on
/// which it opens. Without `from` it opens at the beginning of the day, without `to` it closes at
/// the end of the day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallingWindow {
    /// Days on which it opens; every day when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<Vec<Day>>,
    /// When it opens, `HH:MM` from 00:00 to 23:59.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// When it closes, `HH:MM` from 00:00 to 23:59; 00:00 is the end of the day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Whose clock that is: an IANA name such as `Europe/Berlin`. When left out, the zone of the
    /// lead's number, or else the workflow's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it all")]
pub enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Day {
    /// The week, from Monday.
    pub const ALL: [Self; 7] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
        Self::Saturday,
        Self::Sunday,
    ];

    /// The text form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Monday => "monday",
            Self::Tuesday => "tuesday",
            Self::Wednesday => "wednesday",
            Self::Thursday => "thursday",
            Self::Friday => "friday",
            Self::Saturday => "saturday",
            Self::Sunday => "sunday",
        }
    }
}

/// Why a window cannot be kept to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallingWindowGap {
    /// The list of days is there and empty.
    #[error("has a calling window without a day: it never opens")]
    NoDay,
    /// `from` or `to` is no time of day.
    #[error("has a calling window whose `{field}` is `{text}`, which is no time such as 09:30")]
    NoTime {
        /// `from` or `to`.
        field: &'static str,
        /// The first characters of what stands there.
        text: String,
    },
    /// `from` and `to` are the same.
    #[error("has a calling window that opens and closes at the same time")]
    NoLength,
    /// The zone is not in the time zone database.
    #[error("has a calling window in `{text}`, which is no time zone")]
    NoZone {
        /// The first characters of what stands there.
        text: String,
    },
}

impl CallingWindowGap {
    /// How to mend it.
    pub const fn fix(&self) -> &'static str {
        match self {
            Self::NoDay => "name days in calling_window.days, or leave it out for every day",
            Self::NoTime { .. } => "write calling_window.from and .to as HH:MM, 00:00 to 23:59",
            Self::NoLength => {
                "set calling_window.to to another time than from, or leave both out for the whole day"
            }
            Self::NoZone { .. } => {
                "set calling_window.timezone to an IANA name such as Europe/Berlin, or leave it out"
            }
        }
    }
}

impl CallingWindow {
    /// Everything that keeps it from being kept to.
    pub fn gaps(&self) -> Vec<CallingWindowGap> {
        let shown = |text: &str| text.chars().take(80).collect::<String>();
        let mut gaps = Vec::new();
        if self.days.as_ref().is_some_and(Vec::is_empty) {
            gaps.push(CallingWindowGap::NoDay);
        }
        for (field, given) in [("from", &self.from), ("to", &self.to)] {
            if let Some(text) = given
                && time_of_day(text).is_none()
            {
                gaps.push(CallingWindowGap::NoTime { field, text: shown(text) });
            }
        }
        let opens = self.from.as_deref().map_or(Some(Time::midnight()), time_of_day);
        if opens.is_some() && self.to.as_deref().map(time_of_day) == Some(opens) {
            gaps.push(CallingWindowGap::NoLength);
        }
        if let Some(name) = &self.timezone
            && Zone::named(name).is_none()
        {
            gaps.push(CallingWindowGap::NoZone { text: shown(name) });
        }
        gaps
    }

    /// When a call to this number may be dialled: `now` while the window is open, else the next
    /// instant at which it opens. A time in a gap of the clock is the first instant after it, one
    /// that the clock shows twice is the earlier. A window that cannot be kept to, see
    /// [`gaps`](Self::gaps), never opens: that is the end of the calendar.
    pub fn opens_at(&self, now: Timestamp, number: &str, default: &Zone) -> Timestamp {
        self.next_opening(now, number, default).unwrap_or(Timestamp::from_micros(i64::MAX))
    }

    /// Whether it is open at some time within this hour of this day, on the clock that it is told by.
    /// One that cannot be kept to never is.
    pub fn is_open_within(&self, day: Day, hour: u8) -> bool {
        const DAY: u32 = 24 * 60;
        const WEEK: u32 = 7 * DAY;
        let minute = |text: &Option<String>| match text.as_deref().map(time_of_day) {
            None => Some(0),
            Some(time) => {
                let (hours, minutes) = time.map(|time| (time.hour(), time.minute()))?;
                u32::try_from(hours)
                    .ok()?
                    .checked_mul(60)?
                    .checked_add(u32::try_from(minutes).ok()?)
            }
        };
        let (Some(from), Some(to)) = (minute(&self.from), minute(&self.to)) else { return false };
        if !self.gaps().is_empty() {
            return false;
        }
        let length = if to > from { to - from } else { to + DAY - from };
        let wanted = place(day) * DAY + u32::from(hour) * 60;
        let days = Day::ALL.into_iter();
        let open = days.filter(|day| self.days.as_ref().is_none_or(|days| days.contains(day)));
        open.map(|day| place(day) * DAY + from).any(|opens| {
            // It opens within the hour, or the hour begins while it is open.
            (opens + WEEK - wanted) % WEEK < 60 || (wanted + WEEK - opens) % WEEK < length
        })
    }

    fn next_opening(&self, now: Timestamp, number: &str, default: &Zone) -> Option<Timestamp> {
        if !self.gaps().is_empty() {
            return None;
        }
        let zone = match &self.timezone {
            Some(name) => Zone::named(name)?,
            None => Zone::of_number(number).unwrap_or_else(|| default.clone()),
        };
        let today = zone.civil(now).date();
        // It may have opened yesterday, or before a day that the calendar left out.
        let first = today.checked_sub(2.days()).unwrap_or(Date::MIN);
        let days = first.series(1.day()).take(Self::DAYS_AHEAD).filter(|date| self.opens_on(*date));
        let mut spans = days.filter_map(|date| self.span(date, &zone));
        // A window of a day that the clock shows less than once is empty.
        let (opens, _) = spans.find(|&(opens, closes)| opens < closes && closes > now)?;
        Some(now.max(opens))
    }

    /// Days to look at: two weeks and what was before today, because a zone that moves over the date
    /// line may leave out the only day of one week. Unit: days.
    const DAYS_AHEAD: usize = 17;

    fn opens_on(&self, date: Date) -> bool {
        let day = Day::from(date.weekday());
        self.days.as_ref().is_none_or(|days| days.contains(&day))
    }

    /// When it opens on this day, and when it closes after that.
    fn span(&self, date: Date, zone: &Zone) -> Option<(Timestamp, Timestamp)> {
        let from = self.from.as_deref().map_or(Some(Time::midnight()), time_of_day)?;
        let to = self.to.as_deref().map_or(Some(Time::midnight()), time_of_day)?;
        let closing_day = if to > from { date } else { date.tomorrow().ok()? };
        Some((zone.instant(date.to_datetime(from))?, zone.instant(closing_day.to_datetime(to))?))
    }
}

/// Its place in the week, from 0.
const fn place(day: Day) -> u32 {
    match day {
        Day::Monday => 0,
        Day::Tuesday => 1,
        Day::Wednesday => 2,
        Day::Thursday => 3,
        Day::Friday => 4,
        Day::Saturday => 5,
        Day::Sunday => 6,
    }
}

impl From<Weekday> for Day {
    fn from(weekday: Weekday) -> Self {
        match weekday {
            Weekday::Monday => Self::Monday,
            Weekday::Tuesday => Self::Tuesday,
            Weekday::Wednesday => Self::Wednesday,
            Weekday::Thursday => Self::Thursday,
            Weekday::Friday => Self::Friday,
            Weekday::Saturday => Self::Saturday,
            Weekday::Sunday => Self::Sunday,
        }
    }
}

/// Reads `HH:MM`: two digits, a colon, two digits.
fn time_of_day(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    let number = |digits: &str| {
        let exact = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        exact.then(|| digits.parse::<i8>().ok()).flatten()
    };
    Time::new(number(hour)?, number(minute)?, 0, 0).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn window(json: &str) -> CallingWindow {
        let window: CallingWindow = serde_json::from_str(json).unwrap();
        assert_eq!(window.gaps(), [], "{json}");
        window
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    const WEEKDAYS: &str = r#"{"days": ["monday", "tuesday", "wednesday", "thursday", "friday"],
        "from": "09:00", "to": "18:00", "timezone": "Asia/Kolkata"}"#;
    const NIGHT: &str =
        r#"{"days": ["friday"], "from": "22:00", "to": "02:00", "timezone": "America/New_York"}"#;

    #[test]
    fn an_hour_is_open_when_a_part_of_it_is() {
        let office = window(r#"{"days": ["monday"], "from": "09:30", "to": "17:00"}"#);
        let open: Vec<u8> =
            (0..24).filter(|&hour| office.is_open_within(Day::Monday, hour)).collect();
        assert_eq!(open, (9..17).collect::<Vec<_>>());
        assert!((0..24).all(|hour| !office.is_open_within(Day::Tuesday, hour)));
        let night = window(r#"{"days": ["sunday"], "from": "22:00", "to": "02:00"}"#);
        assert!(night.is_open_within(Day::Sunday, 23) && night.is_open_within(Day::Monday, 1));
        assert!(!night.is_open_within(Day::Monday, 2) && !night.is_open_within(Day::Sunday, 1));
        let always = window("{}");
        assert!(
            Day::ALL.into_iter().all(|day| (0..24).all(|hour| always.is_open_within(day, hour)))
        );
        let broken: CallingWindow = serde_json::from_str(r#"{"from": "9"}"#).unwrap();
        assert!(!broken.is_open_within(Day::Monday, 9));
    }

    #[test]
    fn it_opens_at_from_and_closes_exactly_at_to() {
        for (json, now, opens) in [
            // Friday 5 June 2026, 08:59:59.999999 and so on in Kolkata.
            (WEEKDAYS, "2026-06-05T03:29:59.999999Z", "2026-06-05T03:30:00Z"),
            (WEEKDAYS, "2026-06-05T03:30:00Z", "2026-06-05T03:30:00Z"),
            (WEEKDAYS, "2026-06-05T12:29:59.999999Z", "2026-06-05T12:29:59.999999Z"),
            (WEEKDAYS, "2026-06-05T12:30:00Z", "2026-06-08T03:30:00Z"),
            (WEEKDAYS, "2026-06-07T06:00:00Z", "2026-06-08T03:30:00Z"),
            // Friday night, also after midnight.
            (NIGHT, "2026-06-06T01:59:00Z", "2026-06-06T02:00:00Z"),
            (NIGHT, "2026-06-06T05:59:00Z", "2026-06-06T05:59:00Z"),
            (NIGHT, "2026-06-06T06:00:00Z", "2026-06-13T02:00:00Z"),
            // Clocks go forth at 02:00 and back at 02:00.
            (
                r#"{"from": "02:30", "to": "05:00", "timezone": "America/New_York"}"#,
                "2026-03-08T06:00:00Z",
                "2026-03-08T07:00:00Z",
            ),
            (
                r#"{"from": "01:30", "to": "05:00", "timezone": "America/New_York"}"#,
                "2026-11-01T05:00:00Z",
                "2026-11-01T05:30:00Z",
            ),
            (
                r#"{"from": "00:00", "to": "01:30", "timezone": "America/New_York"}"#,
                "2026-11-01T05:30:00Z",
                "2026-11-02T05:00:00Z",
            ),
            // A window that falls into the gap is not there that day.
            (
                r#"{"from": "02:10", "to": "02:50", "timezone": "Europe/Berlin"}"#,
                "2026-03-29T00:00:00Z",
                "2026-03-30T00:10:00Z",
            ),
            // The only Friday of that week was left out.
            (
                r#"{"days": ["friday"], "from": "09:00", "to": "10:00", "timezone": "Pacific/Apia"}"#,
                "2011-12-26T12:00:00Z",
                "2012-01-05T19:00:00Z",
            ),
            ("{}", "2026-06-05T03:29:59Z", "2026-06-05T03:29:59Z"),
            (
                r#"{"days": ["sunday"], "timezone": "UTC"}"#,
                "2026-06-05T10:00:00Z",
                "2026-06-07T00:00:00Z",
            ),
            (
                r#"{"days": ["sunday"], "timezone": "UTC"}"#,
                "2026-06-08T00:00:00Z",
                "2026-06-14T00:00:00Z",
            ),
        ] {
            assert_eq!(window(json).opens_at(at(now), "", &Zone::utc()), at(opens), "{json} {now}");
        }
    }

    #[test]
    fn its_zone_is_its_own_or_that_of_the_number_or_the_default() {
        let now = at("2026-06-05T00:00:00Z");
        let nine = window(r#"{"from": "09:00"}"#);
        let tokyo = Zone::named("Asia/Tokyo").unwrap();
        assert_eq!(nine.opens_at(now, "+919812345678", &tokyo), at("2026-06-05T03:30:00Z"));
        assert_eq!(nine.opens_at(now, "+88213456789", &tokyo), now, "it is nine in Tokyo");
        let berlin = window(r#"{"from": "09:00", "timezone": "Europe/Berlin"}"#);
        assert_eq!(berlin.opens_at(now, "+919812345678", &tokyo), at("2026-06-05T07:00:00Z"));
    }

    #[test]
    fn a_window_that_cannot_be_kept_to_never_opens() {
        let end = Timestamp::from_micros(i64::MAX);
        for json in [r#"{"days": []}"#, r#"{"from": "9"}"#, r#"{"timezone": "Mars"}"#] {
            let window: CallingWindow = serde_json::from_str(json).unwrap();
            assert_eq!(window.opens_at(at("2026-06-05T00:00:00Z"), "", &Zone::utc()), end);
        }
        assert_eq!(window(WEEKDAYS).opens_at(end, "", &Zone::utc()), end);
    }

    fn any_window() -> impl Strategy<Value = CallingWindow> {
        let zones = ["America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia"];
        let minute = || proptest::option::of(0..1_440_u16);
        let days = proptest::sample::subsequence(Day::ALL.to_vec(), 0..=7);
        (days, minute(), minute(), proptest::sample::select(zones.to_vec()))
            .prop_map(|(days, from, to, zone)| {
                let text = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
                CallingWindow {
                    days: (!days.is_empty()).then_some(days),
                    from: from.map(text),
                    to: to.map(text),
                    timezone: Some(zone.into()),
                }
            })
            .prop_filter("a window with a length", |window| window.gaps().is_empty())
    }

    proptest! {
        #[test]
        fn what_it_says_is_open_and_never_past(window in any_window(), now in 0..4_000_000_000_i64) {
            let now = Timestamp::from_micros(now * 1_000_000);
            let opens = window.opens_at(now, "", &Zone::utc());
            prop_assert!(opens >= now);
            prop_assert_eq!(window.opens_at(opens, "", &Zone::utc()), opens);
            // It is closed all the time before.
            let between = now.plus_micros(opens.micros_since(now) / 2);
            prop_assert_eq!(window.opens_at(between, "", &Zone::utc()), opens.max(between));
        }

        /// Where no clock is ever put forth or back, it is open exactly while the clock is within.
        #[test]
        fn it_is_open_exactly_while_the_clock_is_within(
            window in any_window(), now in 1_000_000_000..4_000_000_000_i64,
        ) {
            let kolkata = Zone::named("Asia/Kolkata").unwrap();
            let window = CallingWindow { timezone: Some("Asia/Kolkata".into()), ..window };
            let now = Timestamp::from_micros(now * 1_000_000);
            let civil = kolkata.civil(now);
            let minutes = |text: &str| {
                text[..2].parse::<u32>().unwrap() * 60 + text[3..].parse::<u32>().unwrap()
            };
            let clock = u32::from(civil.hour().unsigned_abs()) * 60 + u32::from(civil.minute().unsigned_abs());
            let from = window.from.as_deref().map_or(0, minutes);
            let to = match window.to.as_deref().map_or(0, minutes) {
                0 => 1_440,
                to => to,
            };
            let opens_on = |date: Date| {
                let day = Day::from(date.weekday());
                window.days.as_ref().is_none_or(|days| days.contains(&day))
            };
            let today = opens_on(civil.date());
            let yesterday = opens_on(civil.date().yesterday().unwrap());
            let within = if from < to {
                today && (from..to).contains(&clock)
            } else {
                (today && clock >= from) || (yesterday && clock < to)
            };
            prop_assert_eq!(window.opens_at(now, "", &Zone::utc()) == now, within);
        }
    }
}
