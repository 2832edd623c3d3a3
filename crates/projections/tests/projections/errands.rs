//! What few leads have: calls that are put off, waits for analysis, tries of applications.

use branchline_domain::{
    call_status::CallStatus,
    id::CallId,
    lead::{ApplicationOutcome, HoldCode, HoldReason, LeadEvent},
    personal::Personal,
    workflow::{Settings, WorkflowEvent},
};

use crate::story::*;

const fn put_off(until: branchline_domain::time::Timestamp) -> LeadEvent {
    LeadEvent::CallScheduled { call: 1, not_before: until, expires_at: None }
}

fn tried() -> LeadEvent {
    LeadEvent::ApplicationTried {
        attempt: 1,
        outcome: ApplicationOutcome::Unavailable,
        latency_ms: 5,
        missing_fields: Vec::new(),
        evidence: Personal::Erased,
    }
}

#[test]
fn a_call_that_was_put_off_is_wanted_from_its_instant_on() {
    let mut story = Story::of_an_active_workflow();
    story.lead(ANN, [enrolled(), entered(1, CALL), requested(1), put_off(minute(30))]);
    let wanted = |story: &Story, at| story.read.requested(at, 9, |_| true).len();
    assert_eq!(wanted(&story, minute(29)), 0);
    assert_eq!(wanted(&story, minute(30)), 1);
    assert_eq!(story.read.next_scheduled(minute(29)), Some(minute(30)));
    assert_eq!(story.read.next_scheduled(minute(30)), None);
    assert_eq!(story.read.requested_count(FLOW), 1);
    story.lead(ANN, [put_off(minute(50))]);
    assert_eq!(wanted(&story, minute(49)), 0);
    story.workflow(FLOW, [WorkflowEvent::WorkflowPaused]);
    assert_eq!(story.read.next_scheduled(minute(29)), None, "a paused workflow waits");
    story.workflow(FLOW, [WorkflowEvent::WorkflowCancelled]);
    assert_eq!(swept(&story.read, FLOW), [ANN], "an end calls off what was put off");
    story.lead(ANN, [concluded(1, CallStatus::Cancelled)]);
    assert_eq!((story.read.requested_count(FLOW), swept(&story.read, FLOW)), (0, Vec::new()));
}

#[test]
fn an_attempt_that_expires_is_due_then_unless_somebody_took_it() {
    let expiring =
        LeadEvent::CallScheduled { call: 1, not_before: minute(3), expires_at: Some(minute(40)) };
    let mut story = Story::of_an_active_workflow();
    for lead in [ANN, BOB] {
        story.lead(lead, [enrolled(), entered(1, CALL), requested(1), expiring.clone()]);
    }
    let taken = story.read.requested(minute(3), 1, |wanted| wanted.call.lead == BOB);
    assert_eq!(taken.first().map(|wanted| wanted.call), Some(CallId { lead: BOB, number: 1 }));
    story.lead(BOB, [started(1)]);
    assert_eq!(story.read.due(minute(60), 9), [(minute(40), ANN)]);
    story.lead(ANN, [concluded(1, CallStatus::RetryExpired)]);
    assert_eq!(story.read.due(minute(60), 9), []);
}

#[test]
fn a_lead_that_waits_for_analysis_is_due_when_it_goes_on_without() {
    let mut story = Story::of_an_active_workflow();
    let awaited = LeadEvent::AnalysisAwaited { until: minute(9) };
    story.lead(ANN, [enrolled(), entered(1, WAIT), awaited]);
    assert_eq!(story.read.next_due(), Some(minute(9)));
    let row = story.read.lead(ANN).expect("she is enrolled");
    assert_eq!((row.release_at, row.hold), (None, None), "no release is planned yet");
    story.lead(ANN, [LeadEvent::ReleasePlanned { release_at: minute(70) }]);
    assert_eq!(story.read.next_due(), Some(minute(70)));
}

#[test]
fn tries_of_applications_queue_until_they_begin_and_are_under_way_until_they_end() {
    let mut story = Story::of_an_active_workflow();
    let wanted = LeadEvent::ApplicationRequested { attempt: 1 };
    let begun = LeadEvent::ApplicationStarted { attempt: 1 };
    story.lead(ANN, [enrolled(), entered(1, WAIT), wanted.clone()]);
    story.lead(BOB, [enrolled(), entered(1, WAIT), wanted.clone()]);
    assert_eq!(story.read.requested_applications(9, |_| true), [ANN, BOB]);
    assert_eq!(story.read.requested_applications(9, |lead| lead == BOB), [BOB]);
    story.lead(ANN, [begun]);
    assert_eq!(story.read.requested_applications(9, |_| true), [BOB]);
    assert_eq!(story.read.started_applications(), [ANN]);
    story.lead(ANN, [tried(), LeadEvent::ReleasePlanned { release_at: minute(30) }]);
    assert_eq!(story.read.started_applications(), []);
    assert_eq!(story.read.next_due(), Some(minute(30)));
    story.workflow(FLOW, [WorkflowEvent::WorkflowPaused]);
    assert_eq!(story.read.requested_applications(9, |_| true), []);
    story.workflow(FLOW, [WorkflowEvent::WorkflowResumed]);
    story.lead(BOB, [LeadEvent::LeadRemoved]);
    assert_eq!(story.read.requested_applications(9, |_| true), []);
}

#[test]
fn leads_that_nobody_answers_for_are_listed_while_their_workflow_moves() {
    let mut story = Story::of_an_active_workflow();
    story.creates(OTHER_FLOW, Settings::default());
    let wanted = LeadEvent::ApplicationRequested { attempt: 1 };
    let review = || held(HoldReason::ApplicationReview);
    story.lead(ANN, [enrolled(), entered(1, WAIT), wanted.clone(), review()]);
    story.lead(BOB, [enrolled_in(OTHER_FLOW, None), entered(1, WAIT), wanted.clone(), review()]);
    assert_eq!(story.read.held_for(HoldCode::ApplicationReview), [ANN]);
    assert_eq!(story.read.requested_applications(9, |_| true), []);
    story.lead(ANN, [wanted]);
    assert_eq!(story.read.held_for(HoldCode::ApplicationReview), []);
    assert_eq!(story.read.requested_applications(9, |_| true), [ANN]);
}

#[test]
fn a_lead_that_was_put_elsewhere_has_a_move_in_its_history() {
    let mut story = Story::of_an_active_workflow();
    let moved = LeadEvent::LeadMoved { visit: 1, from: CALL, to: WAIT, revision: 2 };
    story.lead(ANN, [enrolled(), entered(1, CALL), requested(1)]);
    story.lead(ANN, [concluded(1, CallStatus::Cancelled), moved, waits(2, minute(90))]);
    let told = branchline_projections::history::lead_history(ANN, story.facts());
    let causes: Vec<_> = told.history.iter().map(|row| row.cause.as_str()).collect();
    assert_eq!(causes, ["entry", "moved"]);
    let row = story.read.lead(ANN).expect("she is enrolled");
    assert_eq!((row.current_node_id, row.release_at), (Some(WAIT), Some(minute(90))));
}
