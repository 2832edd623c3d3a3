//! What a call node is told to do: who calls whom, how often, and when. Source: CONTRACT.md 4 and 5.

use serde::{Deserialize, Serialize};

use super::CallingWindow;
use crate::call_status::CallStatus;

/// Config of a `VOICE_CALL` node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VoiceCallConfig {
    /// Number the call comes from, E.164.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_phone_number: Option<String>,
    /// Who or what talks; opaque to the engine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// Where the agent's clock stands: an IANA name such as `Asia/Kolkata`. Times that the lead
    /// names in the call are read in it, unless the call says its own zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_timezone: Option<String>,
    /// How long it may ring. Unit: seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ring_timeout_s: Option<u32>,
    /// How often a call is tried within one visit; once, unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<RetryPolicy>,
    /// Visits of one lead at most, from 1 to 100: the cap of a cycle without a wait. No limit unless
    /// said otherwise. Source: CONTRACT.md 6, rule 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_visits: Option<u32>,
    /// When it may be dialled; at any time, unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calling_window: Option<CallingWindow>,
}

/// How often a call is tried within one visit. Only the last attempt takes a branch. Source:
/// CONTRACT.md 4, rule 12.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetryPolicy {
    /// Calls of one visit at most, the first one among them. From 2 to 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_attempts: Option<u32>,
    /// How long after the end of an attempt the next one is requested. From 1 to 10,080 (a week).
    /// Unit: minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_minutes: Option<u32>,
    /// Final statuses that are tried again; `did_not_pick`, `busy` and `no_answer` unless named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statuses: Option<Vec<CallStatus>>,
    /// How long an attempt after the first may wait for its dial before it ends as
    /// `retry_expired`; for ever, unless said otherwise. From 1 to 10,080 (a week). Unit: minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expire_after_minutes: Option<u32>,
}

impl RetryPolicy {
    /// Statuses that are tried again when the policy names none.
    const STATUSES: [CallStatus; 3] =
        [CallStatus::DidNotPick, CallStatus::Busy, CallStatus::NoAnswer];

    /// How long to wait before the next attempt, when there is one after this many.
    /// Unit: seconds.
    pub fn next_attempt_s(&self, attempts: usize, status: CallStatus) -> Option<u64> {
        let max_attempts = usize::try_from(self.max_attempts?).ok()?;
        let statuses = self.statuses.as_deref().unwrap_or(&Self::STATUSES);
        (attempts < max_attempts && statuses.contains(&status))
            .then_some(u64::from(self.delay_minutes?) * 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retry_policy_says_when_the_next_attempt_is() {
        let retry = |json: &str| serde_json::from_str::<RetryPolicy>(json).unwrap();
        let usual = retry(r#"{"max_attempts": 3, "delay_minutes": 30}"#);
        assert_eq!(usual.next_attempt_s(1, CallStatus::Busy), Some(1_800));
        assert_eq!(usual.next_attempt_s(2, CallStatus::NoAnswer), Some(1_800));
        assert_eq!(usual.next_attempt_s(3, CallStatus::Busy), None, "that was the last");
        for status in [CallStatus::Completed, CallStatus::Failed, CallStatus::Cancelled] {
            assert_eq!(usual.next_attempt_s(1, status), None, "{status}");
        }
        let chosen = retry(r#"{"max_attempts": 2, "delay_minutes": 1, "statuses": ["failed"]}"#);
        assert_eq!(chosen.next_attempt_s(1, CallStatus::Failed), Some(60));
        assert_eq!(chosen.next_attempt_s(1, CallStatus::Busy), None);
        assert_eq!(retry(r#"{"max_attempts": 2}"#).next_attempt_s(1, CallStatus::Busy), None);
    }
}
