//! Leads and graphs that several stories begin with.

use branchline_domain::{
    call_status::CallStatus,
    graph::Operator,
    id::CallId,
    lead::{
        BranchCause, CallReport, Enrolment, LeadCommand, LeadEvent, Outcome, Resolution, Values,
    },
    output::Output,
    personal::Personal,
    value::Value,
};
use branchline_testkit::{ASHA, FROM, GraphBuilder, contact_tag, node_id, workflow_id};

pub(crate) const PHONE: &str = "+919812345601";

/// A call with three branches: a good end, a wait that leads back to it, a bad end.
pub(crate) fn campaign() -> GraphBuilder {
    GraphBuilder::new()
        .call("intro")
        .as_entry()
        .wait_hours("pause", 2)
        .converted("won")
        .dropped("lost")
        .edge("intro", "COMPLETED", "won")
        .edge("intro", "DNP", "pause")
        .edge("intro", "FAILED", "lost")
        .any_edge("pause", "intro")
}

/// A call whose only edge is for COMPLETED.
pub(crate) fn only_completed() -> GraphBuilder {
    GraphBuilder::new().call("intro").converted("won").edge("intro", "COMPLETED", "won")
}

/// A call, and a condition on what came of it.
pub(crate) fn call_then_check(field: &str, value: &str) -> GraphBuilder {
    GraphBuilder::new()
        .call("intro")
        .condition("check", field, Operator::Equals, value)
        .converted("won")
        .dropped("lost")
        .any_edge("intro", "check")
        .edge("check", "true", "won")
        .edge("check", "false", "lost")
}

pub(crate) fn enrolment() -> Enrolment {
    Enrolment {
        workflow: workflow_id("story"),
        phone_number: PHONE.into(),
        contact_tag: contact_tag(PHONE),
        key_slot: 7,
        variables: [("city".to_owned(), Value::from("Pune"))].into(),
        notes: None,
        import: None,
    }
}

pub(crate) fn enrol(enrolment: Enrolment) -> LeadCommand {
    LeadCommand::Enrol(Box::new(enrolment))
}

/// What a decision records of an enrolment.
pub(crate) fn enrolled_with(enrolment: Enrolment) -> LeadEvent {
    LeadEvent::LeadEnrolled {
        workflow: enrolment.workflow,
        contact_tag: enrolment.contact_tag,
        key_slot: enrolment.key_slot,
        phone_number: Personal::Known(enrolment.phone_number),
        variables: Personal::Known(enrolment.variables),
        notes: Personal::Known(enrolment.notes),
        import: enrolment.import,
    }
}

pub(crate) fn enrolled() -> LeadEvent {
    enrolled_with(enrolment())
}

pub(crate) fn entered(visit: u32, node: &str) -> LeadEvent {
    LeadEvent::NodeEntered { visit, node: node_id(node), revision: 1, release_at: None }
}

pub(crate) fn requested(call: u32) -> LeadEvent {
    LeadEvent::CallRequested { call, from: FROM.into(), agent_id: None, ring_timeout_s: None }
}

pub(crate) fn started(call: u32) -> LeadEvent {
    LeadEvent::CallDispatchStarted { call, lease_until: None }
}

pub(crate) fn dispatched(call: u32) -> LeadEvent {
    LeadEvent::CallDispatched { call, provider_ref: None }
}

pub(crate) fn concluded(call: u32, status: CallStatus) -> LeadEvent {
    LeadEvent::CallConcluded { call, status, end_reason: None, occurred_at: None }
}

pub(crate) fn conflict(call: u32, status: CallStatus) -> LeadEvent {
    LeadEvent::CallConflictRecorded { call, status, end_reason: None }
}

pub(crate) fn branch(
    visit: u32,
    from: &str,
    output: Output,
    to: &str,
    cause: BranchCause,
) -> LeadEvent {
    LeadEvent::BranchTaken {
        visit,
        from: node_id(from),
        output,
        to: node_id(to),
        cause,
        revision: 1,
    }
}

/// A lead at the call node with a call that nobody has dialled.
pub(crate) fn at_the_call() -> Vec<LeadEvent> {
    vec![enrolled(), entered(1, "intro"), requested(1)]
}

/// A lead at the call node with a call that is under way.
pub(crate) fn calling() -> Vec<LeadEvent> {
    let mut events = at_the_call();
    events.extend([started(1), dispatched(1)]);
    events
}

/// A lead whose call ended without a branch.
pub(crate) fn under_review() -> Vec<LeadEvent> {
    let mut events = calling();
    events.extend([
        concluded(1, CallStatus::Cancelled),
        LeadEvent::RoutingHeld {
            reason: branchline_domain::lead::HoldReason::ReviewRequired(CallStatus::Cancelled),
        },
    ]);
    events
}

pub(crate) fn report_of(call: u32, status: CallStatus) -> LeadCommand {
    LeadCommand::ReportCallStatus { call, report: plain(status) }
}

pub(crate) fn report(status: CallStatus) -> LeadCommand {
    report_of(1, status)
}

pub(crate) const fn plain(status: CallStatus) -> CallReport {
    CallReport {
        status,
        occurred_at: None,
        end_reason: None,
        attributes: Values::new(),
        provider_ref: None,
        heard: None,
    }
}

pub(crate) fn by_call(output: Output, call: u32) -> Outcome {
    Outcome { output, cause: BranchCause::Call(call) }
}

pub(crate) fn resolve(output: Output) -> LeadCommand {
    LeadCommand::Resolve(Resolution::Output(output))
}

pub(crate) const fn call_id(number: u32) -> CallId {
    CallId { lead: ASHA, number }
}
