//! What analysis of a call finds. Source: CONTRACT.md 4.

use branchline_domain::{
    call_status::CallStatus,
    lead::{Lead, LeadCommand, LeadEvent, LeadRejection, Values},
    personal::Personal,
    value::Value,
    workflow::WorkflowStatus,
};
use branchline_testkit::{ViewChanges, active, given, now};

use crate::fixtures::{call_id, calling, campaign, concluded};

fn values(pairs: &[(&str, i64)]) -> Values {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect()
}

fn attach(call: u32, pairs: &[(&str, i64)]) -> LeadCommand {
    LeadCommand::AttachCallAttributes { call, attributes: values(pairs) }
}

fn attached(pairs: &[(&str, i64)]) -> LeadEvent {
    LeadEvent::CallAttributesAttached { call: 1, attributes: Personal::Known(values(pairs)) }
}

#[test]
fn only_what_is_new_of_a_call_is_recorded() {
    let workflow = active(&campaign());
    let story = given::<Lead>(calling())
        .when(&attach(1, &[("score", 7)]), &now(&workflow))
        .then([attached(&[("score", 7)])])
        .when(&attach(1, &[("score", 7)]), &now(&workflow))
        .then_nothing_happens()
        .when(&attach(1, &[("score", 8), ("age", 30)]), &now(&workflow))
        .then([attached(&[("age", 30), ("score", 8)])])
        .when(&attach(1, &[]), &now(&workflow))
        .then_nothing_happens();
    let known = story.state().calls[&1].attributes.known().cloned();
    assert_eq!(known, Some(values(&[("age", 30), ("score", 8)])));
}

#[test]
fn attributes_arrive_after_the_end_of_the_call_the_lead_and_the_workflow() {
    let cancelled = active(&campaign()).now_is(WorkflowStatus::Cancelled);
    let mut events = calling();
    events.extend([concluded(1, CallStatus::Busy), LeadEvent::LeadRemoved]);
    given::<Lead>(events)
        .when(&attach(1, &[("score", 7)]), &now(&cancelled))
        .then([attached(&[("score", 7)])])
        .done();
}

#[test]
fn attributes_of_an_unknown_call_are_refused() {
    let workflow = active(&campaign());
    given::<Lead>(calling())
        .when(&attach(2, &[("score", 7)]), &now(&workflow))
        .then_refused(&LeadRejection::CallNotFound { call: call_id(2) })
        .done();
}
