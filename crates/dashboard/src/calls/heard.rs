//! Everything that was recorded of a call, in order, with late and conflicting reports marked.

use branchline_domain::{
    lead::{BranchCause, LeadEvent},
    time::Timestamp,
};
use branchline_projections::{call_log::CallLog, event_shapes::call_number};
use maud::{Markup, html};

use crate::{
    lead::{Story, tell, who},
    shell::{duration, time},
};

/// How long after it came about a report is late. Unit: seconds.
const LATE_S: u64 = 60;

/// The records about the call, the oldest first.
pub(super) fn timeline(story: &Story, log: &CallLog) -> Markup {
    let mut lines = Vec::new();
    story.walk(|fact, event, before| {
        if !is_of(event, log.id.number) {
            return;
        }
        let told = tell(story, before, event);
        let late = occurred_at(event).and_then(|at| late_by(at, fact.at));
        let is_conflict = matches!(event, LeadEvent::CallConflictRecorded { .. });
        lines.push(html! {
            li.record.(told.kind) {
                div.record-head {
                    (time(fact.at))
                    span { "by " (who(&fact.principal)) }
                    a href={ (story.path()) "?at=" (fact.position) } title="The lead as it was then" { "#" (fact.position) }
                    @if let Some(late) = late { span.badge.warn { "told " (late) " later" } }
                    @if is_conflict { span.badge.bad { "conflict" } }
                }
                div.told {
                    (told.words)
                    @if let Some(detail) = told.detail { div.told-more { (detail) } }
                }
            }
        });
    });
    html! { ol.records { @for line in lines { (line) } } }
}

/// Whether an event is about the call, or was decided by it.
fn is_of(event: &LeadEvent, number: u32) -> bool {
    let decided = matches!(
        event,
        LeadEvent::BranchTaken { cause: BranchCause::Call(by), .. } if *by == number
    );
    decided || call_number(event) == Some(number)
}

/// When what a report says came about, if it says so.
fn occurred_at(event: &LeadEvent) -> Option<Timestamp> {
    if let LeadEvent::CallStatusChanged { occurred_at, .. }
    | LeadEvent::CallConcluded { occurred_at, .. } = event
    {
        return *occurred_at;
    }
    None
}

/// How late a report was, in words, if it was late.
fn late_by(occurred_at: Timestamp, recorded_at: Timestamp) -> Option<String> {
    let late_s = recorded_at.micros_since(occurred_at).max(0).unsigned_abs() / 1_000_000;
    (late_s >= LATE_S).then(|| duration(late_s))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_late_a_minute_after_it_came_about() {
        let occurred_at = Timestamp::from_micros(1_700_000_000_000_000);
        assert_eq!(late_by(occurred_at, occurred_at.plus_seconds(59)), None);
        let late = late_by(occurred_at, occurred_at.plus_seconds(3_660));
        assert_eq!(late.as_deref(), Some("1 h 1 min"));
        // A clock ahead of ours is not late.
        assert_eq!(late_by(occurred_at.plus_seconds(500), occurred_at), None);
    }
}
