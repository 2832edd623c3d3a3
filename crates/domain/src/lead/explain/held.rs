//! Why a hold holds, in words, and what clears it.

use std::borrow::Cow;

use super::{GuardCode, HoldingGuard, Remedy, guard};
use crate::{
    call_status::{CallStatus, Routing},
    id::LeadId,
    lead::{Hold, HoldReason, LeadContext, LeadState, Outcome, advance::advance},
    personal::Personal,
    time::Timestamp,
    workflow::{WorkflowStatus, WorkflowView},
};

/// Whether the lead would go on by itself although it is recorded as held: an edge was added, a node
/// was mended. Judged as if the workflow were active, which is a guard of its own.
pub(super) fn goes_on(
    lead: LeadId,
    state: &LeadState,
    hold: &Hold,
    workflow: &WorkflowView,
    now: Timestamp,
) -> bool {
    let workflow = match (workflow.status, &hold.reason) {
        (WorkflowStatus::Active, _) => Cow::Borrowed(workflow),
        // It is held for this very reason.
        (_, HoldReason::WorkflowPaused(_))
        | (WorkflowStatus::Completed | WorkflowStatus::Cancelled, _) => return false,
        (WorkflowStatus::Draft | WorkflowStatus::Paused, _) => {
            Cow::Owned(WorkflowView { status: WorkflowStatus::Active, ..workflow.clone() })
        }
    };
    !advance(state, &LeadContext { now, lead, workflow: &workflow }).is_empty()
}

pub(super) fn held(state: &LeadState, hold: &Hold, workflow: &WorkflowView) -> HoldingGuard {
    use Remedy::{
        AddEdge, BreakCycle, CompleteNode, FinalStatusArrives, Redial, Remove, ResolveOutput,
        StatusArrives,
    };
    let (code, message, what, remedies): (_, _, _, &[Remedy]) = match &hold.reason {
        HoldReason::WorkflowPaused(outcome) => (
            GuardCode::WorkflowPaused,
            format!("the outcome {} came while the workflow was not active", outcome.output),
            "resume or activate the workflow",
            &[Remedy::Resume, Remedy::Activate],
        ),
        HoldReason::MissingOutput(_) if is_gone(state, workflow) => (
            GuardCode::MissingOutput,
            "the lead's node was deleted, and nobody said where its leads go".into(),
            "move the lead to another node, or remove it",
            &[Remedy::MoveTo, Remove],
        ),
        HoldReason::MissingOutput(outcome) => (
            GuardCode::MissingOutput,
            missing_output(state, outcome, workflow),
            "add an edge for the outcome, or resolve the lead",
            &[AddEdge, ResolveOutput],
        ),
        HoldReason::ReviewRequired(status) => (
            GuardCode::ReviewRequired,
            review_message(state, *status),
            "resolve the lead with an output or a redial, or remove it",
            &[ResolveOutput, Redial, Remove],
        ),
        HoldReason::NodeIncomplete => (
            GuardCode::NodeIncomplete,
            "the node lacks what it needs".into(),
            "complete the node's config, or resolve the lead",
            &[CompleteNode, ResolveOutput],
        ),
        HoldReason::CallOverdue => (
            GuardCode::CallOverdue,
            overdue(workflow),
            "the carrier reports a final status, or a person resolves the lead",
            &[FinalStatusArrives, ResolveOutput],
        ),
        HoldReason::DialOutcomeUnknown => (
            GuardCode::DialOutcomeUnknown,
            "nobody knows whether the call was dialled; it is not dialled again by itself".into(),
            "the carrier reports a status, or a person resolves the lead",
            &[StatusArrives, ResolveOutput],
        ),
        HoldReason::DialRefused => (
            GuardCode::DialRefused,
            "the carrier refused to dial".into(),
            "resolve the lead with an output or a redial, or remove it",
            &[ResolveOutput, Redial, Remove],
        ),
        HoldReason::UnreadableTime(words) => return unreadable(state, hold, words),
        HoldReason::ApplicationReview => (
            GuardCode::ApplicationReview,
            "no application answers to the handler key of this node".into(),
            "register the handler, or resolve the lead with an output",
            &[Remedy::RegisterHandler, ResolveOutput],
        ),
        HoldReason::EndlessLoop => (
            GuardCode::EndlessLoop,
            "the lead went around in the graph without a wait or a call".into(),
            "break the cycle in the graph, or resolve the lead",
            &[BreakCycle, ResolveOutput],
        ),
    };
    guard(code, message, hold.position).by(what, remedies)
}

fn overdue(workflow: &WorkflowView) -> String {
    let deadline_s = workflow.settings.call_deadline_s;
    format!("the call has no final status {deadline_s} s after it was dialled")
}

fn unreadable(state: &LeadState, hold: &Hold, words: &Personal<String>) -> HoldingGuard {
    let message = words.known().map_or_else(
        || "the time to release at cannot be read".into(),
        |words| format!("the time to release at cannot be read: `{words}`"),
    );
    let found = guard(GuardCode::UnreadableTime, message, hold.position);
    if state.calls.is_empty() {
        // Without a call there is nothing that analysis could find.
        let what = "resolve the lead with a release time or an output";
        return found.by(what, &[Remedy::ResolveRelease, Remedy::ResolveOutput]);
    }
    found.by(
        "resolve the lead with a release time or an output, or report the attribute again",
        &[Remedy::ResolveRelease, Remedy::ResolveOutput, Remedy::AttributesArrive],
    )
}

/// Whether the lead came to its node in the moment in which it was deleted.
fn is_gone(state: &LeadState, workflow: &WorkflowView) -> bool {
    state.node.is_some_and(|node| workflow.graph.node(node).is_none())
}

/// Why an outcome leads nowhere: no edge, or only to call nodes that were visited often enough.
fn missing_output(state: &LeadState, outcome: &Outcome, workflow: &WorkflowView) -> String {
    let used_up = state.node.and_then(|node| workflow.graph.routes(node, &outcome.output).next());
    match used_up.and_then(|node| workflow.graph.node(node)) {
        Some(node) => format!(
            "the outcome {} leads to `{}`, which the lead has visited as often as it may",
            outcome.output, node.label
        ),
        None => format!("no edge of the node serves the outcome {}", outcome.output),
    }
}

/// What a review is about, with the resolution that a later status suggests.
fn review_message(state: &LeadState, status: CallStatus) -> String {
    let suggested = state.current_call().and_then(|(_, call)| {
        call.conflicts.iter().rev().find_map(|status| match status.routing() {
            Routing::Take(output) => Some((*status, output)),
            Routing::KeepWaiting | Routing::Review => None,
        })
    });
    match suggested {
        Some((later, output)) => format!(
            "the call ended as {status}, which has no branch; {later} was reported later and \
             suggests {output}"
        ),
        None => format!("the call ended as {status}, which has no branch"),
    }
}
