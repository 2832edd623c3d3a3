use branchline_domain::{
    call_status::CallStatus,
    id::CallId,
    lead::{LeadEvent, Values},
    personal::Personal,
};
use branchline_projections::{
    DispatchStage,
    call_log::{CallLog, Conflict, StatusMark, call_logs},
};

use crate::story::*;

fn log_of(story: &Story) -> CallLog {
    call_logs(ANN, story.facts()).remove(0)
}

fn attributes(name: &str) -> LeadEvent {
    let values = Values::from([(name.to_owned(), "yes".into())]);
    LeadEvent::CallAttributesAttached { call: 1, attributes: Personal::Known(values) }
}

fn requested_and_started() -> Story {
    let mut story = Story::of_an_active_workflow();
    story.lead(BOB, [enrolled(), entered(1, CALL), requested(1)]);
    story.lead(ANN, [enrolled(), entered(1, CALL), requested(1)]);
    story.lead(ANN, [started(1)]);
    story
}

#[test]
fn a_call_log_tells_the_whole_life_of_its_call() {
    let mut story = requested_and_started();
    let provider_ref = Some("prov-1".to_owned());
    story.lead(ANN, [LeadEvent::CallDispatched { call: 1, provider_ref: provider_ref.clone() }]);
    let status = CallStatus::Connected;
    story.lead(
        ANN,
        [LeadEvent::CallStatusChanged { call: 1, status, occurred_at: Some(minute(0)) }],
    );
    let end_reason = Some("user_disconnected".to_owned());
    story.lead(
        ANN,
        [LeadEvent::CallConcluded {
            call: 1,
            status: CallStatus::Completed,
            end_reason: end_reason.clone(),
            occurred_at: None,
        }],
    );
    story.lead(
        ANN,
        [LeadEvent::CallConflictRecorded { call: 1, status: CallStatus::Busy, end_reason: None }],
    );

    let log = log_of(&story);
    assert_eq!((log.id, log.workflow_id), (CallId { lead: ANN, number: 1 }, FLOW));
    assert_eq!((log.node_id, log.visit), (Some(CALL), 1));
    assert_eq!(log.to.known().map(String::as_str), Some("+4915112345678"));
    assert_eq!((log.from.as_str(), log.agent_id.as_deref()), ("+4930123456", Some("agent_1")));
    assert_eq!((log.status, log.dispatch), (CallStatus::Completed, DispatchStage::Dispatched));
    assert_eq!((log.end_reason, log.provider_ref), (end_reason, provider_ref));
    let mark = |status, at| StatusMark { status, at };
    assert_eq!(
        log.timeline,
        [
            mark(CallStatus::Created, minute(4)),
            mark(CallStatus::Connected, minute(0)),
            mark(CallStatus::Completed, minute(8)),
        ]
    );
    assert_eq!((log.created_at, log.ended_at), (minute(4), Some(minute(8))));
    let conflict = Conflict { status: CallStatus::Busy, end_reason: None, at: minute(9) };
    assert_eq!(log.conflicts, [conflict]);
}

#[test]
fn attributes_add_up_and_are_gone_once_a_part_is_erased() {
    let mut story = requested_and_started();
    story.lead(ANN, [attributes("interested")]);
    story.lead(ANN, [attributes("callback")]);
    let log = log_of(&story);
    let names: Vec<_> = log.attributes.known().unwrap().keys().cloned().collect();
    assert_eq!(names, ["callback", "interested"]);

    let attributes = Personal::Erased;
    story.lead(ANN, [LeadEvent::CallAttributesAttached { call: 1, attributes }]);
    assert_eq!(log_of(&story).attributes, Personal::Erased);
}

#[test]
fn a_refused_call_keeps_the_carriers_words() {
    let mut story = requested_and_started();
    let reason = Personal::Known("no credit".to_owned());
    story.lead(ANN, [LeadEvent::CallDispatchRefused { call: 1, reason: reason.clone() }]);
    let log = log_of(&story);
    assert_eq!((log.dispatch, log.refusal), (DispatchStage::Refused, Some(reason)));
    assert_eq!((log.status, log.ended_at), (CallStatus::Created, None));
}

#[test]
fn the_log_of_a_removed_lead_is_still_there() {
    let mut story = requested_and_started();
    story.lead(ANN, [LeadEvent::LeadRemoved]);
    story.lead(ANN, [concluded(1, CallStatus::Completed)]);
    assert_eq!(log_of(&story).status, CallStatus::Completed);
}
