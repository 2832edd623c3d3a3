//! When a number may be called. Source: DOMAIN.md 5 and 9: off unless configured.

use jiff::civil::Time;
use serde::{Deserialize, Serialize};

use crate::zone::Zone;

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
