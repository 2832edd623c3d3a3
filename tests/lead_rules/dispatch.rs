//! Who may dial, and what came of it. Source: CONTRACT.md 2-in-progress, 4-claim, 4-refused.

use branchline_domain::{
    call_status::CallStatus,
    lead::{HoldReason, Lead, LeadCommand, LeadEvent, LeadRejection},
    personal::Personal,
    workflow::WorkflowStatus,
};
use branchline_testkit::{ViewChanges, active, given, now, view};

use crate::fixtures::{
    at_the_call, call_id, calling, campaign, concluded, dispatched, report, requested, started,
};

const START_1: LeadCommand = LeadCommand::StartDispatch { call: 1, lease_until: None };
const UNKNOWN_1: LeadCommand = LeadCommand::RecordDispatchUnknown { call: 1 };

fn dispatched_as(provider_ref: Option<&str>) -> LeadCommand {
    LeadCommand::RecordDispatched { call: 1, provider_ref: provider_ref.map(Into::into) }
}

fn refuse() -> LeadCommand {
    LeadCommand::RecordDispatchRefused { call: 1, reason: "no route".into() }
}

fn refused() -> LeadEvent {
    LeadEvent::CallDispatchRefused { call: 1, reason: Personal::Known("no route".into()) }
}

fn not_requested(refusal: &LeadRejection) -> bool {
    matches!(refusal, LeadRejection::CallNotRequested { .. })
}

#[test]
fn a_requested_call_is_handed_out_once() {
    let workflow = active(&campaign());
    given::<Lead>(at_the_call())
        .when(&START_1, &now(&workflow))
        .then([started(1)])
        .when(&START_1, &now(&workflow))
        .then_refused_as(not_requested)
        .done();
}

#[test]
fn a_call_is_not_handed_out_where_leads_do_not_move() {
    for status in WorkflowStatus::ALL.into_iter().filter(|status| !status.can_process_leads()) {
        let workflow = view(&campaign(), status);
        given::<Lead>(at_the_call())
            .when(&START_1, &now(&workflow))
            .then_refused(&LeadRejection::WorkflowNotActive { call: call_id(1), status })
            .done();
    }
    let mut deleted = active(&campaign());
    deleted.deleted = true;
    given::<Lead>(at_the_call())
        .when(&START_1, &now(&deleted))
        .then_refused_as(|refusal| matches!(refusal, LeadRejection::WorkflowNotActive { .. }))
        .done();
}

#[test]
fn a_call_of_a_removed_lead_is_not_handed_out() {
    let workflow = active(&campaign());
    let removed = at_the_call().into_iter().chain([LeadEvent::LeadRemoved]).collect::<Vec<_>>();
    given::<Lead>(removed)
        .when(&START_1, &now(&workflow))
        .then_refused(&LeadRejection::Ended { state: "removed" })
        .done();
}

#[test]
fn a_call_that_ended_or_was_replaced_is_not_handed_out() {
    let workflow = active(&campaign());
    let ended = [concluded(1, CallStatus::Cancelled)];
    let replaced = [requested(2)];
    for end in [ended, replaced] {
        given::<Lead>(at_the_call().into_iter().chain(end).collect::<Vec<_>>())
            .when(&START_1, &now(&workflow))
            .then_refused_as(not_requested)
            .done();
    }
}

#[test]
fn nothing_is_recorded_about_the_dialling_of_an_unknown_call() {
    let workflow = active(&campaign());
    let not_found = LeadRejection::CallNotFound { call: call_id(2) };
    for command in [
        LeadCommand::StartDispatch { call: 2, lease_until: None },
        LeadCommand::RecordDispatched { call: 2, provider_ref: None },
        LeadCommand::RecordDispatchRefused { call: 2, reason: String::new() },
        LeadCommand::RecordDispatchUnknown { call: 2 },
    ] {
        given::<Lead>(at_the_call())
            .when(&command, &now(&workflow))
            .then_refused(&not_found)
            .done();
    }
}

#[test]
fn a_carrier_takes_a_call_and_its_name_for_it_is_kept() {
    let workflow = active(&campaign());
    let named = LeadEvent::CallDispatched { call: 1, provider_ref: Some("prov_1".into()) };
    let events = at_the_call().into_iter().chain([started(1)]).collect::<Vec<_>>();
    let taken = given::<Lead>(events)
        .when(&dispatched_as(Some("prov_1")), &now(&workflow))
        .then([named])
        .when(&dispatched_as(Some("prov_1")), &now(&workflow))
        .then_nothing_happens()
        .when(&dispatched_as(None), &now(&workflow))
        .then_nothing_happens();
    assert_eq!(taken.state().calls[&1].provider_ref.as_deref(), Some("prov_1"));
}

#[test]
fn a_call_dispatched_without_a_claim_is_claimed_by_that() {
    let workflow = active(&campaign());
    given::<Lead>(at_the_call())
        .when(&dispatched_as(None), &now(&workflow.now_is(WorkflowStatus::Paused)))
        .then([started(1), dispatched(1)])
        .when(&START_1, &now(&workflow))
        .then_refused_as(not_requested)
        .done();
}

#[test]
fn a_name_that_comes_after_the_call_ended_is_kept_and_changes_nothing_else() {
    let workflow = active(&campaign());
    let ended = calling().into_iter().chain([concluded(1, CallStatus::Busy)]).collect::<Vec<_>>();
    given::<Lead>(ended)
        .when(&dispatched_as(Some("prov_1")), &now(&workflow))
        .then([LeadEvent::CallReferenced { call: 1, provider_ref: "prov_1".into() }])
        .done();
}

#[test]
fn a_refused_dial_holds_the_lead_and_is_told_once() {
    let workflow = active(&campaign());
    let events = at_the_call().into_iter().chain([started(1)]).collect::<Vec<_>>();
    let held = given::<Lead>(events)
        .when(&refuse(), &now(&workflow))
        .then([refused()])
        .when(&refuse(), &now(&workflow))
        .then_nothing_happens()
        .when(&dispatched_as(None), &now(&workflow))
        .then_refused_as(not_requested);
    let reason = held.state().hold.as_ref().map(|hold| hold.reason.clone());
    assert_eq!(reason, Some(HoldReason::DialRefused));
}

#[test]
fn a_call_that_was_taken_or_heard_of_or_ended_cannot_have_been_refused() {
    let workflow = active(&campaign());
    given::<Lead>(calling())
        .when(&refuse(), &now(&workflow))
        .then_refused_as(not_requested)
        .when(&report(CallStatus::Connected), &now(&workflow))
        .then_accepted()
        .when(&refuse(), &now(&workflow))
        .then_refused_as(not_requested)
        .when(&report(CallStatus::Failed), &now(&workflow))
        .then_accepted()
        .when(&refuse(), &now(&workflow))
        .then_refused_as(not_requested)
        .done();
}

#[test]
fn a_refusal_of_a_removed_leads_call_holds_nobody() {
    let workflow = active(&campaign());
    let mut events = at_the_call();
    events.extend([started(1), LeadEvent::LeadRemoved]);
    let removed = given::<Lead>(events).when(&refuse(), &now(&workflow)).then([refused()]);
    assert_eq!(removed.state().hold, None);
}

#[test]
fn only_a_call_that_was_handed_out_and_not_heard_of_becomes_unknown() {
    let workflow = active(&campaign());
    let handed_out = at_the_call().into_iter().chain([started(1)]).collect::<Vec<_>>();
    given::<Lead>(handed_out.clone())
        .when(&UNKNOWN_1, &now(&workflow))
        .then([LeadEvent::CallDispatchUnknown { call: 1 }])
        .when(&UNKNOWN_1, &now(&workflow))
        .then_nothing_happens()
        .when(&dispatched_as(None), &now(&workflow))
        .then([dispatched(1)])
        .done();
    given::<Lead>(at_the_call()).when(&UNKNOWN_1, &now(&workflow)).then_nothing_happens().done();
    given::<Lead>(calling()).when(&UNKNOWN_1, &now(&workflow)).then_nothing_happens().done();
    given::<Lead>(handed_out)
        .when(&report(CallStatus::Connected), &now(&workflow))
        .then_accepted()
        .when(&UNKNOWN_1, &now(&workflow))
        .then_nothing_happens()
        .done();
}

#[test]
fn a_call_whose_dialling_is_unknown_can_still_be_refused_or_dispatched() {
    let workflow = active(&campaign());
    let mut events = at_the_call();
    events.extend([started(1), LeadEvent::CallDispatchUnknown { call: 1 }]);
    given::<Lead>(events.clone()).when(&refuse(), &now(&workflow)).then([refused()]).done();
    let taken =
        given::<Lead>(events).when(&dispatched_as(None), &now(&workflow)).then([dispatched(1)]);
    assert_eq!(taken.state().hold, None);
}
