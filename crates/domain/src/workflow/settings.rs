//! What a workflow lets its owner choose.

use serde::{Deserialize, Serialize};

/// Settings of a workflow. In JSON every one may be left out; unknown ones are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Country of numbers without a country code, ISO 3166-1 alpha-2. Source: CONTRACT.md 7.
    pub default_country: Option<String>,
    /// Where the clock stands when neither the call nor the agent nor the country of the lead's number
    /// says: an IANA name. Source: CONTRACT.md 5.
    pub default_timezone: String,
    /// Whether a lead enrolled into an active workflow starts at once; else it waits for the next
    /// activate or resume. Source: CONTRACT.md 3.
    pub start_on_enrol: bool,
    /// Whether the workflow completes by itself once every lead is final. Source: CONTRACT.md 2.
    pub auto_complete: bool,
    /// Whether a routable final status that arrives after `cancelled` or `retry_expired` resolves
    /// the review by itself. Source: CONTRACT.md 4, rule 6.
    pub late_final_resolves_review: bool,
    /// How long a dispatched call may go without a final status. Unit: seconds. Source: CONTRACT.md
    /// 4, rule 10.
    pub call_deadline_s: u64,
    /// How long a step waits for an attribute of a call that is not there yet; 0 does not wait.
    /// Unit: seconds. Source: CONTRACT.md 4.
    pub analysis_timeout_s: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            default_country: None,
            default_timezone: "UTC".into(),
            start_on_enrol: true,
            auto_complete: false,
            late_final_resolves_review: false,
            call_deadline_s: 7_200,
            analysis_timeout_s: 60,
        }
    }
}
