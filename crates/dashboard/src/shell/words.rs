//! Times, numbers and statuses in words and badges.

use branchline_domain::{
    call_status::CallStatus,
    lead::{HoldCode, LeadStatus},
    time::Timestamp,
    workflow::WorkflowStatus,
};
use maud::{Markup, html};

use crate::drawing::text::{self, grouped};

/// A time: that of UTC, to the second. The script shows it as people choose.
pub(crate) fn time(at: Timestamp) -> Markup {
    let exact = at.to_string();
    let shown = shown(&exact);
    html! { time datetime=(exact) { (shown) } }
}

/// `2026-11-25T17:42:08.123456Z` as `2026-11-25 17:42:08 UTC`.
fn shown(exact: &str) -> String {
    let seconds: String = exact.chars().take(19).collect();
    format!("{} UTC", seconds.replacen('T', " ", 1))
}

/// `1 lead`, `2 leads`.
pub(crate) fn plural(count: u64, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", grouped(count))
}

/// A time span by its two largest units: `2 h 5 min`.
pub(crate) fn duration(seconds: u64) -> String {
    text::duration(seconds.saturating_mul(1_000))
}

/// The status of a workflow: a word with a sign, never a colour alone.
pub(crate) fn workflow_badge(status: WorkflowStatus) -> Markup {
    let kind = match status {
        WorkflowStatus::Draft => "plain",
        WorkflowStatus::Active => "good",
        WorkflowStatus::Paused => "warn",
        WorkflowStatus::Completed => "info",
        WorkflowStatus::Cancelled => "bad",
    };
    badge(kind, status.as_str())
}

/// The status of a lead.
pub(crate) fn lead_badge(status: LeadStatus, removed: bool) -> Markup {
    if removed {
        return badge("plain", "removed");
    }
    let kind = match status {
        LeadStatus::Pending => "plain",
        LeadStatus::Active => "info",
        LeadStatus::Completed => "good",
        LeadStatus::Dropped => "bad",
    };
    badge(kind, status.as_str())
}

/// The status of a call. `did_not_pick` is shown as people say it.
pub(crate) fn call_badge(status: CallStatus) -> Markup {
    let kind = match status {
        CallStatus::Completed => "good",
        CallStatus::DidNotPick | CallStatus::Busy => "warn",
        CallStatus::NoAnswer | CallStatus::Failed => "bad",
        CallStatus::Cancelled | CallStatus::RetryExpired => "plain",
        CallStatus::Created
        | CallStatus::Initiated
        | CallStatus::Sent
        | CallStatus::Received
        | CallStatus::Connected
        | CallStatus::Waiting => "info",
    };
    badge(kind, &status.as_str().replace('_', " "))
}

/// Why leads are held, for a sentence that begins with how many.
pub(crate) const fn hold_in_words(code: HoldCode) -> &'static str {
    match code {
        HoldCode::WorkflowPaused => "decided, and wait for the workflow to be resumed",
        HoldCode::MissingOutput => "without a way on: no edge serves their outcome",
        HoldCode::ReviewRequired => "whose call ended without a branch: somebody must decide",
        HoldCode::NodeIncomplete => "at a step that lacks what it needs",
        HoldCode::CallOverdue => "whose call has no final status and is overdue",
        HoldCode::DialOutcomeUnknown => "of whom nobody knows whether they were dialled",
        HoldCode::DialRefused => "whose call the carrier refused to make",
        HoldCode::UnreadableTime => "whose time to wait for cannot be read",
        HoldCode::ApplicationReview => "at an application step that nothing answers for",
        HoldCode::EndlessLoop => "going around without a wait or a call",
    }
}

fn badge(kind: &str, words: &str) -> Markup {
    html! { span.badge.(kind) { (words) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_not_several() {
        assert_eq!(plural(1, "lead"), "1 lead");
        assert_eq!(plural(1_000, "lead"), "1,000 leads");
        assert_eq!(duration(86_400 + 7_200 + 60), "1 d 2 h");
    }

    #[test]
    fn a_time_is_exact_for_machines_and_short_for_people() {
        let html = time(Timestamp::from_micros(1_700_000_000_123_456)).into_string();
        assert!(html.contains("2023-11-14 22:13:20 UTC"), "{html}");
        assert!(html.contains("datetime=\"2023-11-14T22:13:20.123456Z\""), "{html}");
    }
}
