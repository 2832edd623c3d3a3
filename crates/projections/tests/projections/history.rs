use branchline_domain::{
    call_status::CallStatus,
    id::CallId,
    lead::{BranchCause, HoldCode, HoldReason, LeadEvent},
    output::Output,
};
use branchline_projections::history::{LeadHistory, MoveCause, lead_history};

use crate::story::*;

/// Ann gets no answer, waits, and is called again; Bob's records lie in between.
fn two_calls() -> Story {
    let mut story = Story::of_an_active_workflow();
    story.lead(ANN, [enrolled()]);
    story.lead(ANN, [entered(1, CALL), requested(1)]);
    story.lead(BOB, [enrolled(), entered(1, CALL), requested(1)]);
    story.lead(ANN, [started(1), LeadEvent::CallDispatched { call: 1, provider_ref: None }]);
    story.lead(
        ANN,
        [
            concluded(1, CallStatus::Busy),
            branch(1, CALL, Output::Dnp, WAIT, 1),
            waits(2, minute(30)),
        ],
    );
    let release = LeadEvent::BranchTaken {
        visit: 2,
        from: WAIT,
        output: Output::Next,
        to: CALL,
        cause: BranchCause::Release,
        revision: 2,
    };
    let again = LeadEvent::NodeEntered { visit: 3, node: CALL, revision: 2, release_at: None };
    story.lead(ANN, [release, again, requested(2)]);
    story
}

#[test]
fn history_holds_the_entry_and_each_branch_and_nothing_else() {
    let story = two_calls();
    let told = lead_history(ANN, story.facts()).history;
    let path: Vec<_> = told
        .iter()
        .map(|step| (step.from_node, step.output.as_ref().map(Output::as_str), step.to_node))
        .collect();
    assert_eq!(
        path,
        [(None, None, CALL), (Some(CALL), Some("DNP"), WAIT), (Some(WAIT), Some("next"), CALL),]
    );
    assert_eq!(told[0].cause, MoveCause::Entry);
    assert_eq!(told[1].call_id, Some(CallId { lead: ANN, number: 1 }));
    assert_eq!((told[1].position, told[1].at), (7, minute(7)));
    assert_eq!((told[2].cause.as_str(), told[2].call_id, told[2].revision), ("release", None, 2));
}

#[test]
fn each_visit_tells_its_call_its_times_and_its_hold() {
    let mut story = two_calls();
    let visits = lead_history(ANN, story.facts()).visits;
    assert_eq!(visits.len(), 3);
    let first = &visits[0];
    assert_eq!((first.node_id, first.visit, first.revision), (CALL, 1, 1));
    assert_eq!((first.entered_at, first.exited_at), (minute(4), Some(minute(7))));
    assert_eq!(first.status, Some(CallStatus::Busy));
    assert_eq!((visits[1].release_at, visits[1].status), (Some(minute(30)), None));
    assert_eq!(visits[2].call_id, Some(CallId { lead: ANN, number: 2 }));
    assert_eq!((visits[2].status, visits[2].exited_at), (Some(CallStatus::Created), None));

    let cancelled = CallStatus::Cancelled;
    story.lead(ANN, [concluded(2, cancelled), held(HoldReason::ReviewRequired(cancelled))]);
    let last = lead_history(ANN, story.facts()).visits.pop().unwrap();
    assert_eq!((last.status, last.hold), (Some(cancelled), Some(HoldCode::ReviewRequired)));
}

#[test]
fn a_late_status_shows_on_the_visit_that_its_call_was_made_for() {
    let mut story = Story::of_an_active_workflow();
    story.lead(ANN, [enrolled(), entered(1, CALL), requested(1), started(1)]);
    story.lead(ANN, [branch(1, CALL, Output::Dnp, CALL, 1), entered(2, CALL), requested(2)]);
    story.lead(ANN, [concluded(1, CallStatus::Completed)]);
    let visits = lead_history(ANN, story.facts()).visits;
    assert_eq!(visits[0].status, Some(CallStatus::Completed));
    assert_eq!(visits[1].status, Some(CallStatus::Created));
}

#[test]
fn a_doubtful_call_holds_its_visit_until_it_is_heard_of() {
    let mut story = two_calls();
    story.lead(ANN, [started(2), LeadEvent::CallDispatchUnknown { call: 2 }]);
    let hold = |story: &Story| lead_history(ANN, story.facts()).visits.pop().unwrap().hold;
    assert_eq!(hold(&story), Some(HoldCode::DialOutcomeUnknown));
    let status = CallStatus::Connected;
    story.lead(ANN, [LeadEvent::CallStatusChanged { call: 2, status, occurred_at: None }]);
    assert_eq!(hold(&story), None);
}

#[test]
fn a_transition_is_shown_in_json_with_every_field() {
    let story = two_calls();
    let told = lead_history(ANN, story.facts());
    let json = serde_json::to_value(&told.history[0]).unwrap();
    let expected = serde_json::json!({
        "from_node": null,
        "output": null,
        "to_node": CALL.to_string(),
        "cause": "entry",
        "at": minute(4).to_string(),
        "call_id": null,
        "revision": 1,
        "position": 4,
    });
    assert_eq!(json, expected);
}

#[test]
fn a_pending_lead_has_no_history() {
    let mut story = Story::of_an_active_workflow();
    story.lead(ANN, [enrolled()]);
    assert_eq!(lead_history(ANN, story.facts()), LeadHistory::default());
}
