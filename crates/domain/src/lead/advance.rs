//! Does what has become due or possible. Safe to ask at any time: nothing happens when nothing is.

use super::{
    BranchCause, Call, HoldReason, LeadContext, LeadEvent, LeadState, LeadStatus, Outcome,
    moving::{relocate, stand_in},
    schedule::reschedule,
    walk::{Walk, step_node},
};
use crate::{
    call_status::CallStatus, graph::NodeConfig, id::NodeId, lead::Dispatch, output::Output,
    workflow::WorkflowStatus,
};

/// What the lead does now that it is looked at again.
pub(super) fn advance(state: &LeadState, context: &LeadContext<'_>) -> Vec<LeadEvent> {
    if state.has_ended() {
        return Vec::new();
    }
    let workflow = context.workflow;
    match workflow.status {
        _ if workflow.deleted => call_off(state),
        WorkflowStatus::Completed | WorkflowStatus::Cancelled => call_off(state),
        WorkflowStatus::Draft | WorkflowStatus::Paused => Vec::new(),
        WorkflowStatus::Active => match (state.status, state.node) {
            (LeadStatus::Pending, _) => start(state, context),
            (LeadStatus::Active, Some(node)) => go_on(state, node, context),
            (LeadStatus::Active, None) | (LeadStatus::Completed | LeadStatus::Dropped, _) => {
                Vec::new()
            }
        },
    }
}

/// A call that nobody was asked to dial ends when its workflow or its lead does.
pub(super) fn call_off(state: &LeadState) -> Vec<LeadEvent> {
    match state.current_call() {
        Some((number, call)) if is_queued(call) => vec![LeadEvent::CallConcluded {
            call: number,
            status: CallStatus::Cancelled,
            end_reason: None,
            occurred_at: None,
        }],
        Some(_) | None => Vec::new(),
    }
}

/// Whether the call is wanted and nobody was asked to dial it yet.
pub(super) fn is_queued(call: &Call) -> bool {
    !call.concluded && call.dispatch == Dispatch::Requested
}

/// A pending lead arrives at the entry, if it may start. Source: CONTRACT.md 3 and 7.
pub(super) fn start(state: &LeadState, context: &LeadContext<'_>) -> Vec<LeadEvent> {
    let workflow = context.workflow;
    let import_open = state.import.is_some_and(|import| workflow.open_imports.contains(&import));
    let freed = workflow.freed_at.is_some_and(|freed_at| state.enrolled_position < freed_at);
    if import_open || !(workflow.settings.start_on_enrol || freed) {
        return Vec::new();
    }
    let Some(entry) = workflow.graph.entry() else { return Vec::new() };
    let mut walk = Walk::new(state, context);
    walk.enter(entry);
    walk.events
}

fn go_on(state: &LeadState, node: NodeId, context: &LeadContext<'_>) -> Vec<LeadEvent> {
    if let Some((from, to)) = stand_in(state, context) {
        // What is at work comes to its end first; the lead goes on from there.
        return if state.is_at_work() { Vec::new() } else { relocate(state, from, to, context) };
    }
    let mut walk = Walk::new(state, context);
    match state.hold.as_ref().map(|hold| &hold.reason) {
        Some(HoldReason::WorkflowPaused(outcome) | HoldReason::MissingOutput(outcome)) => {
            walk.take(node, outcome.clone());
        }
        Some(HoldReason::NodeIncomplete) => walk.act_again(context.workflow.graph.node(node)),
        // The same graph would only go around again.
        Some(HoldReason::EndlessLoop)
            if context.workflow.graph.revision() > state.entered_revision =>
        {
            walk.act_again(context.workflow.graph.node(node));
        }
        // Other words may have come from the analysis of the call.
        Some(HoldReason::UnreadableTime(_)) => walk.act_again(step_node(state, context)),
        Some(
            HoldReason::EndlessLoop
            | HoldReason::ReviewRequired(_)
            | HoldReason::CallOverdue
            | HoldReason::DialOutcomeUnknown
            | HoldReason::DialRefused
            | HoldReason::ApplicationReview,
        ) => {}
        None if state.analysis_until.is_some() => walk.act_again(step_node(state, context)),
        None => wait_is_over(state, node, &mut walk, context),
    }
    walk.events
}

/// Nothing holds the lead: what it waits for may have come.
fn wait_is_over(state: &LeadState, node: NodeId, walk: &mut Walk<'_>, context: &LeadContext<'_>) {
    if state.release_at.is_some_and(|release_at| release_at <= context.now) {
        match step_node(state, context).map(|node| &node.config) {
            // The wait before the next attempt of the call, or of the application, is over.
            Some(NodeConfig::VoiceCall(config)) => walk.request_next_attempt(config),
            Some(NodeConfig::Application(_)) => {
                let tried = state.application.as_ref().map_or(0, |run| run.attempt);
                let attempt = tried.saturating_add(1);
                walk.events.push(LeadEvent::ApplicationRequested { attempt });
            }
            Some(
                NodeConfig::Time(_)
                | NodeConfig::Conditional(_)
                | NodeConfig::Converted
                | NodeConfig::Dropped,
            )
            | None => {
                let cause = BranchCause::Release;
                walk.take(node, Outcome { output: Output::Next, cause });
            }
        }
    } else if is_overdue(state, context) {
        walk.events.push(LeadEvent::RoutingHeld { reason: HoldReason::CallOverdue });
    } else {
        walk.events.extend(reschedule(state, context));
    }
}

/// Whether the call the lead waits for has had its time. Source: CONTRACT.md 4, rule 10.
fn is_overdue(state: &LeadState, context: &LeadContext<'_>) -> bool {
    state.current_call().is_some_and(|(_, call)| {
        let deadline = context.workflow.settings.call_deadline_s;
        !call.concluded
            && call
                .dispatch_started_at
                .is_some_and(|started| started.plus_seconds(deadline) <= context.now)
    })
}
