//! What a report about a call makes true. Source: CONTRACT.md 4.

use super::{
    BranchCause, Call, CallReport, Dispatch, HoldReason, LeadContext, LeadEvent, LeadRejection,
    LeadState, Outcome, Resolution, Values,
    walk::{CallNews, Walk, step_node},
};
use crate::{
    call_status::{CallStatus, Routing},
    graph::NodeConfig,
    id::CallId,
    personal::Personal,
    time::Timestamp,
    workflow::WorkflowStatus,
};

/// The call with this number.
pub(super) fn known_call<'a>(
    state: &'a LeadState,
    number: u32,
    context: &LeadContext<'_>,
) -> Result<&'a Call, LeadRejection> {
    let call = CallId { lead: context.lead, number };
    state.calls.get(&number).map(AsRef::as_ref).ok_or(LeadRejection::CallNotFound { call })
}

/// A status was reported.
pub(super) fn report_call_status(
    state: &LeadState,
    number: u32,
    report: &CallReport,
    context: &LeadContext<'_>,
) -> Result<Vec<LeadEvent>, LeadRejection> {
    let mut events = news(state, number, report, context)?;
    // A word that changed nothing is no news, like the status that it stands for.
    if let Some(heard) = report.heard.as_ref().filter(|_| !events.is_empty()) {
        let heard = Box::new(heard.clone());
        let status = report.status;
        events.insert(0, LeadEvent::ProviderStatusHeard { call: number, heard, status });
    }
    Ok(events)
}

/// What a report makes true.
fn news(
    state: &LeadState,
    number: u32,
    report: &CallReport,
    context: &LeadContext<'_>,
) -> Result<Vec<LeadEvent>, LeadRejection> {
    let call = known_call(state, number, context)?;
    let mut events = side_news(number, call, report);
    if call.concluded {
        if report.status.is_final() && report.status != call.status {
            events.extend(conflict(state, number, call, report, context));
        }
        return Ok(events);
    }
    if !report.status.is_final() {
        if report.status.progress() > call.status.progress() {
            events.push(LeadEvent::CallStatusChanged {
                call: number,
                status: report.status,
                occurred_at: report.occurred_at,
            });
        }
        return Ok(events);
    }
    events.push(LeadEvent::CallConcluded {
        call: number,
        status: report.status,
        end_reason: report.end_reason.clone(),
        occurred_at: report.occurred_at,
    });
    let awaited = state.call == Some(number) && !state.has_ended() && !person_decided(state);
    let Some(node) = state.node.filter(|_| awaited) else {
        return Ok(events);
    };
    if let Some(release_at) = next_attempt(state, number, report.status, context) {
        events.push(LeadEvent::ReleasePlanned { release_at });
        return Ok(events);
    }
    let news = CallNews {
        status: report.status,
        end_reason: report.end_reason.as_deref(),
        attributes: &report.attributes,
        ended_at: report.occurred_at.unwrap_or(context.now),
    };
    match report.status.routing() {
        Routing::KeepWaiting => {}
        Routing::Review if has_stopped(context) => {}
        Routing::Review => {
            events
                .push(LeadEvent::RoutingHeld { reason: HoldReason::ReviewRequired(report.status) });
        }
        Routing::Take(output) => {
            let mut walk = Walk::new(state, context).with_news(news);
            walk.take(node, Outcome { output, cause: BranchCause::Call(number) });
            events.extend(walk.events);
        }
    }
    Ok(events)
}

/// Whether a person has decided the output already, and it waits for a resumption or an edge: then
/// the visit waits for no call any more, and what is reported of it takes nothing back. Source:
/// CONTRACT.md 4 rule 6, and 9.
fn person_decided(state: &LeadState) -> bool {
    let outcome = state.hold.as_ref().and_then(|hold| hold.reason.outcome());
    outcome.is_some_and(|outcome| outcome.cause == BranchCause::Person)
}

/// When the call is tried again, if the node's retry policy says so. The attempts of one visit
/// belong together, and only the last one takes a branch. Source: CONTRACT.md 4, rule 12.
fn next_attempt(
    state: &LeadState,
    number: u32,
    status: CallStatus,
    context: &LeadContext<'_>,
) -> Option<Timestamp> {
    let NodeConfig::VoiceCall(config) = &step_node(state, context)?.config else { return None };
    if has_stopped(context) || context.workflow.graph.node(state.node?).is_none() {
        return None;
    }
    let visit = state.calls.get(&number)?.visit;
    let attempts = state.calls.values().filter(|call| call.visit == visit).count();
    let delay_s = config.retry.as_ref()?.next_attempt_s(attempts, status)?;
    Some(context.now.plus_seconds(delay_s))
}

/// Whether nothing will move in this workflow any more.
pub(super) fn has_stopped(context: &LeadContext<'_>) -> bool {
    context.workflow.deleted
        || match context.workflow.status {
            WorkflowStatus::Completed | WorkflowStatus::Cancelled => true,
            WorkflowStatus::Draft | WorkflowStatus::Active | WorkflowStatus::Paused => false,
        }
}

/// What a report says besides its status: that the call was dialled after all, the carrier's name
/// for it, attributes.
fn side_news(number: u32, call: &Call, report: &CallReport) -> Vec<LeadEvent> {
    // A report that moves the lead makes six events: the claim, the call's end, the way to the next
    // call.
    let mut events = Vec::with_capacity(6);
    // Whoever reports a status has the call in hand: it counts as the claim, so that nobody else is
    // handed it. A call that is called off was not dialled, and needs no claim any more.
    let counts_as_claim = match report.status {
        CallStatus::Cancelled | CallStatus::RetryExpired => false,
        CallStatus::Created
        | CallStatus::Initiated
        | CallStatus::Sent
        | CallStatus::Received
        | CallStatus::Connected
        | CallStatus::Waiting
        | CallStatus::Completed
        | CallStatus::DidNotPick
        | CallStatus::Busy
        | CallStatus::Failed
        | CallStatus::NoAnswer => true,
    };
    let reference = report.provider_ref.as_ref().filter(|_| call.provider_ref.is_none());
    if counts_as_claim && !call.concluded && call.dispatch == Dispatch::Requested {
        events.push(LeadEvent::CallDispatchStarted { call: number, lease_until: None });
        events.push(LeadEvent::CallDispatched { call: number, provider_ref: reference.cloned() });
    } else if let Some(reference) = reference {
        events.push(LeadEvent::CallReferenced { call: number, provider_ref: reference.clone() });
    }
    events.extend(new_attributes(number, call, &report.attributes));
    events
}

/// Attributes that are not known yet.
pub(super) fn new_attributes(number: u32, call: &Call, values: &Values) -> Option<LeadEvent> {
    let known = call.attributes.known()?;
    let new: Values = values
        .iter()
        .filter(|(name, value)| known.get(*name) != Some(value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let attributes = Personal::Known(new);
    (attributes.known() != Some(&Values::new()))
        .then_some(LeadEvent::CallAttributesAttached { call: number, attributes })
}

/// Another final status than the first. It is kept and shown; it moves the lead only where the
/// call ended without a branch and the workflow's settings say so. Source: CONTRACT.md 4, rule 6.
fn conflict(
    state: &LeadState,
    number: u32,
    call: &Call,
    report: &CallReport,
    context: &LeadContext<'_>,
) -> Vec<LeadEvent> {
    if call.conflicts.contains(&report.status) {
        return Vec::new();
    }
    let mut events = vec![LeadEvent::CallConflictRecorded {
        call: number,
        status: report.status,
        end_reason: report.end_reason.clone(),
    }];
    let under_review = state.call == Some(number)
        && !state.has_ended()
        && state
            .hold
            .as_ref()
            .is_some_and(|hold| matches!(hold.reason, HoldReason::ReviewRequired(_)));
    let (Routing::Take(output), Some(node)) = (report.status.routing(), state.node) else {
        return events;
    };
    if under_review && context.workflow.settings.late_final_resolves_review && !has_stopped(context)
    {
        events.push(LeadEvent::HoldResolved { choice: Resolution::Output(output.clone()) });
        // The call keeps its first status; what analysis found came with this report.
        let news = CallNews {
            status: call.status,
            end_reason: call.end_reason.as_deref(),
            attributes: &report.attributes,
            ended_at: call.ended_at.unwrap_or(context.now),
        };
        let mut walk = Walk::new(state, context).with_news(news);
        walk.take(node, Outcome { output, cause: BranchCause::Call(number) });
        events.extend(walk.events);
    }
    events
}
