//! How simulated calls go, as a TOML file says it. `config/demo/carrier.toml` is the embedded one,
//! and explains every key.

use std::collections::BTreeMap;

use branchline_domain::{call_status::CallStatus, value::Value};
use serde::Deserialize;

/// The embedded file.
const EMBEDDED: &str = include_str!("../../../config/demo/carrier.toml");

/// Longest part of a call. Unit: seconds; a day.
const PART_S_MAX: u32 = 86_400;

/// Why a profile is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// It is no TOML, or has an unknown key, or lacks one.
    #[error("{problem}")]
    Malformed {
        /// What is wrong, with its line.
        problem: String,
    },
    /// Shares do not add up.
    #[error("[outcome_percent]: the shares are {sum} percent together; they must be 100")]
    WrongSum {
        /// What they add up to.
        sum: u32,
    },
    /// A share is above 100.
    #[error("review_percent is {found}; it must be 0 to 100")]
    WrongShare {
        /// What it says.
        found: u32,
    },
    /// A range is upside down or too long.
    #[error(
        "[seconds] {name} = [{from}, {to}]: give the shorter time first, and at most {PART_S_MAX}"
    )]
    WrongRange {
        /// Which.
        name: &'static str,
        /// Its start. Unit: seconds.
        from: u32,
        /// Its end. Unit: seconds.
        to: u32,
    },
}

/// How simulated calls go.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Whether some calls end in a status that no branch serves, so that a person has to look.
    pub review: bool,
    /// How many of all calls then end so. Unit: percent.
    pub(crate) review_percent: u32,
    pub(crate) outcome_percent: OutcomePercent,
    pub(crate) seconds: Seconds,
    pub(crate) end_reasons: EndReasons,
    pub(crate) attributes: BTreeMap<String, Vec<Value>>,
    pub(crate) lead: LeadFields,
}

/// Shares of final statuses. Unit: percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OutcomePercent {
    completed: u32,
    did_not_pick: u32,
    busy: u32,
    failed: u32,
    no_answer: u32,
}

impl OutcomePercent {
    /// The statuses with their shares, always in this order.
    pub(crate) const fn shares(self) -> [(CallStatus, u32); 5] {
        [
            (CallStatus::Completed, self.completed),
            (CallStatus::DidNotPick, self.did_not_pick),
            (CallStatus::Busy, self.busy),
            (CallStatus::Failed, self.failed),
            (CallStatus::NoAnswer, self.no_answer),
        ]
    }

    fn sum(self) -> u32 {
        self.shares().iter().fold(0, |sum, (_, share)| u32::saturating_add(sum, *share))
    }
}

/// Shortest and longest time of each part of a call. Unit: seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Seconds {
    pub(crate) setup: (u32, u32),
    pub(crate) ring: (u32, u32),
    pub(crate) ring_out: (u32, u32),
    pub(crate) tone: (u32, u32),
    pub(crate) talk: (u32, u32),
}

impl Seconds {
    const fn named(self) -> [(&'static str, (u32, u32)); 5] {
        [
            ("setup", self.setup),
            ("ring", self.ring),
            ("ring_out", self.ring_out),
            ("tone", self.tone),
            ("talk", self.talk),
        ]
    }
}

/// Why calls end, in a provider's words.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EndReasons {
    completed: Vec<String>,
    did_not_pick: Vec<String>,
    busy: Vec<String>,
    failed: Vec<String>,
    no_answer: Vec<String>,
    cancelled: Vec<String>,
    retry_expired: Vec<String>,
}

impl EndReasons {
    /// The reasons for a final status; none for a call that goes on.
    pub(crate) fn of(&self, status: CallStatus) -> &[String] {
        match status {
            CallStatus::Completed => &self.completed,
            CallStatus::DidNotPick => &self.did_not_pick,
            CallStatus::Busy => &self.busy,
            CallStatus::Failed => &self.failed,
            CallStatus::NoAnswer => &self.no_answer,
            CallStatus::Cancelled => &self.cancelled,
            CallStatus::RetryExpired => &self.retry_expired,
            CallStatus::Created
            | CallStatus::Initiated
            | CallStatus::Sent
            | CallStatus::Received
            | CallStatus::Connected
            | CallStatus::Waiting => &[],
        }
    }
}

/// What a call takes from its lead.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LeadFields {
    /// Variables that come back as attributes of a completed call.
    pub(crate) confirmed_variables: Vec<String>,
}

impl Profile {
    /// Reads a profile, whole: every key has to be there, and no other.
    ///
    /// # Errors
    ///
    /// A [`ProfileError`] that names the key, and the line where the text itself is at fault.
    pub fn from_toml(text: &str) -> Result<Self, ProfileError> {
        let profile: Self = toml::from_str(text)
            .map_err(|error| ProfileError::Malformed { problem: describe(text, &error) })?;
        let sum = profile.outcome_percent.sum();
        if sum != 100 {
            return Err(ProfileError::WrongSum { sum });
        }
        if profile.review_percent > 100 {
            return Err(ProfileError::WrongShare { found: profile.review_percent });
        }
        let mut ranges = profile.seconds.named().into_iter();
        match ranges.find(|(_, (from, to))| from > to || *to > PART_S_MAX) {
            Some((name, (from, to))) => Err(ProfileError::WrongRange { name, from, to }),
            None => Ok(profile),
        }
    }

    /// The profile of `config/demo/carrier.toml`, which is embedded.
    ///
    /// # Errors
    ///
    /// As [`Self::from_toml`]; a test reads the embedded file.
    pub fn embedded() -> Result<Self, ProfileError> {
        Self::from_toml(EMBEDDED)
    }
}

/// One line: where, then what.
fn describe(text: &str, error: &toml::de::Error) -> String {
    let what = error.message().replace('\n', ", ");
    match error.span() {
        Some(span) => {
            let before = text.bytes().take(span.start);
            let line = before.filter(|&byte| byte == b'\n').count() + 1;
            format!("line {line}: {what}")
        }
        None => what,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(from: &str, to: &str) -> String {
        assert!(EMBEDDED.contains(from), "{from}");
        Profile::from_toml(&EMBEDDED.replace(from, to)).unwrap_err().to_string()
    }

    #[test]
    fn the_embedded_profile_is_well_formed() {
        assert!(!Profile::embedded().unwrap().review);
    }

    #[test]
    fn shares_that_are_not_100_percent_together_are_refused_with_their_sum() {
        assert_eq!(
            refused("busy = 10", "busy = 11"),
            "[outcome_percent]: the shares are 101 percent together; they must be 100"
        );
        assert!(refused("busy = 10", "busy = 4294967295").contains("4294967295 percent"));
        assert!(refused("review_percent = 4", "review_percent = 101").contains("0 to 100"));
    }

    #[test]
    fn an_unknown_or_missing_key_is_refused_by_its_name() {
        assert!(refused("review_percent", "review_percents").contains("review_percents"));
        assert!(refused("talk = [20, 240]", "").contains("talk"));
        let problem = refused("busy = 10", "busy = \"ten\"");
        assert!(problem.starts_with("line 15: "), "{problem}");
    }

    #[test]
    fn a_range_upside_down_or_too_long_is_refused() {
        assert_eq!(
            refused("setup = [1, 3]", "setup = [3, 1]"),
            "[seconds] setup = [3, 1]: give the shorter time first, and at most 86400"
        );
        assert!(refused("talk = [20, 240]", "talk = [20, 86_401]").contains("talk"));
        assert!(refused("talk = [20, 240]", "talk = [-1, 2]").contains("line"));
    }
}
