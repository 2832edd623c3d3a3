use branchline_domain::{
    call_status::CallStatus,
    id::CallId,
    lead::{HoldReason, LeadEvent, Resolution},
    workflow::{Settings, WorkflowEvent},
};

use crate::story::*;

fn call(lead: branchline_domain::id::LeadId) -> CallId {
    CallId { lead, number: 1 }
}

fn wanted(story: &Story) -> Vec<CallId> {
    story.read.requested(story.now(), 10, |_| true).iter().map(|wanted| wanted.call).collect()
}

/// Bob, then Ann, each waiting for a call.
fn two_wanted_calls() -> Story {
    let mut story = Story::of_an_active_workflow();
    story.lead(BOB, [enrolled(), entered(1, CALL), requested(1)]);
    story.lead(ANN, [enrolled(), entered(1, CALL), requested(1)]);
    story
}

#[test]
fn wanted_calls_queue_in_order_of_request_until_somebody_takes_them() {
    let mut story = two_wanted_calls();
    assert_eq!(wanted(&story), [call(BOB), call(ANN)]);
    assert_eq!(story.read.requested(story.now(), 1, |_| true).len(), 1);
    let of_ann = story.read.requested(story.now(), 9, |wanted| wanted.call.lead == ANN);
    assert_eq!(of_ann.len(), 1);
    story.lead(BOB, [started(1)]);
    assert_eq!(wanted(&story), [call(ANN)]);
    story.lead(ANN, [concluded(1, CallStatus::Cancelled)]);
    assert_eq!(wanted(&story), []);
}

#[test]
fn wanted_calls_of_many_workflows_come_in_one_order() {
    let mut story = Story::of_an_active_workflow();
    story.creates(OTHER_FLOW, Settings::default());
    story.workflow(OTHER_FLOW, [WorkflowEvent::WorkflowActivated]);
    story.lead(BOB, [enrolled(), entered(1, CALL), requested(1)]);
    story.lead(ANN, [enrolled_in(OTHER_FLOW, None), entered(1, CALL), requested(1)]);
    story.lead(CID, [enrolled(), entered(1, CALL), requested(1)]);
    assert_eq!(wanted(&story), [call(BOB), call(ANN), call(CID)]);
}

#[test]
fn no_call_is_handed_out_while_its_workflow_is_paused() {
    let mut story = two_wanted_calls();
    story.workflow(FLOW, [WorkflowEvent::WorkflowPaused]);
    assert_eq!(wanted(&story), []);
    assert_eq!(story.read.requested_count(FLOW), 2);
    story.workflow(FLOW, [WorkflowEvent::WorkflowResumed]);
    assert_eq!(wanted(&story), [call(BOB), call(ANN)]);
}

#[test]
fn a_call_is_in_progress_from_its_dispatch_to_its_final_status() {
    let mut story = two_wanted_calls();
    assert_eq!(story.read.calls_in_progress(FLOW), 0);
    story.lead(BOB, [started(1)]);
    story.lead(ANN, [started(1)]);
    assert_eq!(story.read.calls_in_progress(FLOW), 2);
    story.lead(BOB, [LeadEvent::CallDispatched { call: 1, provider_ref: None }]);
    story.lead(ANN, [LeadEvent::CallDispatchUnknown { call: 1 }]);
    let live: Vec<_> = story.read.live_calls(FLOW).into_iter().map(|row| row.id).collect();
    assert_eq!(live, [call(BOB), call(ANN)]);
    story.lead(BOB, [concluded(1, CallStatus::Completed)]);
    assert_eq!(story.read.workflow_context(FLOW, &[]).calls_in_progress, 1);
}

#[test]
fn a_refused_call_is_not_in_progress() {
    let mut story = two_wanted_calls();
    let reason = branchline_domain::personal::Personal::Erased;
    story.lead(BOB, [started(1), LeadEvent::CallDispatchRefused { call: 1, reason }]);
    assert_eq!(story.read.calls_in_progress(FLOW), 0);
    assert_eq!(wanted(&story), [call(ANN)]);
}

#[test]
fn a_handed_out_call_waits_for_an_answer_until_anything_is_heard_of_it() {
    let mut story = two_wanted_calls();
    let until = minute(60);
    story.lead(ANN, [LeadEvent::CallDispatchStarted { call: 1, lease_until: Some(until) }]);
    story.lead(BOB, [started(1)]);
    let unanswered = story.read.started_without_answer();
    assert_eq!(unanswered.iter().map(|row| row.id).collect::<Vec<_>>(), [call(BOB), call(ANN)]);
    assert_eq!(unanswered[1].lease_until, Some(until));
    assert_eq!(story.read.next_lease_end(), Some(until));
    assert_eq!(story.read.expired_leases(minute(59), 9), []);
    assert_eq!(story.read.expired_leases(until, 9), [(until, call(ANN))]);

    let status = CallStatus::Initiated;
    story.lead(ANN, [LeadEvent::CallStatusChanged { call: 1, status, occurred_at: None }]);
    story.lead(BOB, [LeadEvent::CallDispatched { call: 1, provider_ref: None }]);
    assert_eq!(story.read.started_without_answer(), []);
    assert_eq!(story.read.next_lease_end(), None);
}

#[test]
fn releases_are_due_in_order_while_the_workflow_is_active() {
    let mut story = Story::of_an_active_workflow();
    story.lead(ANN, [enrolled(), waits(1, minute(50))]);
    story.lead(BOB, [enrolled(), waits(1, minute(40))]);
    assert_eq!(story.read.next_due(), Some(minute(40)));
    assert_eq!(story.read.due(minute(39), 9), []);
    assert_eq!(story.read.due(minute(60), 9), [(minute(40), BOB), (minute(50), ANN)]);
    assert_eq!(story.read.due(minute(60), 1), [(minute(40), BOB)]);

    story.workflow(FLOW, [WorkflowEvent::WorkflowPaused]);
    assert_eq!((story.read.next_due(), story.read.due(minute(60), 9)), (None, vec![]));
    story.workflow(FLOW, [WorkflowEvent::WorkflowResumed]);
    assert_eq!(story.read.due(minute(60), 9).len(), 2);
}

#[test]
fn a_lead_that_left_was_held_or_was_removed_is_not_due() {
    let mut story = Story::of_an_active_workflow();
    for lead in [ANN, BOB, CID] {
        story.lead(lead, [enrolled(), waits(1, minute(40))]);
    }
    story.lead(
        ANN,
        [branch(1, WAIT, branchline_domain::output::Output::Next, CALL, 1), entered(2, CALL)],
    );
    story.lead(BOB, [held(HoldReason::NodeIncomplete)]);
    story.lead(CID, [LeadEvent::LeadRemoved]);
    assert_eq!(story.read.due(minute(60), 9), []);

    let choice = Resolution::ReleaseAt(minute(55));
    story.lead(
        BOB,
        [LeadEvent::HoldResolved { choice }, LeadEvent::ReleasePlanned { release_at: minute(55) }],
    );
    assert_eq!(story.read.due(minute(60), 9), [(minute(55), BOB)]);
}

#[test]
fn a_call_without_a_final_status_is_due_at_its_deadline() {
    let mut story = two_wanted_calls();
    story.lead(BOB, [started(1)]);
    let deadline = story.now().plus_seconds(7_200);
    assert_eq!(story.read.next_call_deadline(), Some(deadline));
    assert_eq!(story.read.overdue_calls(deadline.plus_micros(-1), 9), []);
    assert_eq!(story.read.overdue_calls(deadline, 9), [(deadline, BOB)]);

    let settings = Settings { call_deadline_s: 60, ..Settings::default() };
    let sooner = story.now().plus_seconds(60);
    story.workflow(FLOW, [WorkflowEvent::SettingsChanged { settings }]);
    assert_eq!(story.read.next_call_deadline(), Some(sooner));

    story.lead(BOB, [held(HoldReason::CallOverdue)]);
    assert_eq!(story.read.next_call_deadline(), None);
}

#[test]
fn a_call_that_ended_has_no_deadline() {
    let mut story = two_wanted_calls();
    story.lead(BOB, [started(1)]);
    story.lead(BOB, [concluded(1, CallStatus::Completed)]);
    assert_eq!(story.read.next_call_deadline(), None);
}

#[test]
fn a_wanted_call_of_a_removed_lead_is_not_handed_out() {
    let mut story = two_wanted_calls();
    story.lead(BOB, [LeadEvent::LeadRemoved]);
    assert_eq!(wanted(&story), [call(ANN)]);
}

#[test]
fn a_branch_ends_the_wait_even_before_the_next_node_is_entered() {
    let mut story = Story::of_an_active_workflow();
    story.lead(ANN, [enrolled(), waits(1, minute(40))]);
    story.lead(ANN, [branch(1, WAIT, branchline_domain::output::Output::Next, CALL, 1)]);
    assert_eq!(story.read.next_due(), None);
}
