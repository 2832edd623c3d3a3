//! Why a hold holds, in words, and what clears it.

use super::{GuardCode, HoldingGuard, guard};
use crate::{
    call_status::{CallStatus, Routing},
    lead::{Hold, HoldReason, LeadState, Outcome},
    workflow::WorkflowView,
};

pub(super) fn held(state: &LeadState, hold: &Hold, workflow: &WorkflowView) -> HoldingGuard {
    let (code, message, remedy) = match &hold.reason {
        HoldReason::WorkflowPaused(outcome) => (
            GuardCode::WorkflowPaused,
            format!("the outcome {} came while the workflow was not active", outcome.output),
            "resume or activate the workflow",
        ),
        HoldReason::MissingOutput(outcome) => (
            GuardCode::MissingOutput,
            missing_output(state, outcome, workflow),
            "add an edge for the outcome, or resolve the lead",
        ),
        HoldReason::ReviewRequired(status) => (
            GuardCode::ReviewRequired,
            review_message(state, *status),
            "resolve the lead with an output or a redial, or remove it",
        ),
        HoldReason::NodeIncomplete => (
            GuardCode::NodeIncomplete,
            "the node lacks what it needs".into(),
            "complete the node's config, or resolve the lead",
        ),
        HoldReason::CallOverdue => (
            GuardCode::CallOverdue,
            format!(
                "the call has no final status {} s after it was dialled",
                workflow.settings.call_deadline_s
            ),
            "the carrier reports a final status, or a person resolves the lead",
        ),
        HoldReason::DialOutcomeUnknown => (
            GuardCode::DialOutcomeUnknown,
            "nobody knows whether the call was dialled; it is not dialled again by itself".into(),
            "the carrier reports a status, or a person resolves the lead",
        ),
        HoldReason::DialRefused => (
            GuardCode::DialRefused,
            "the carrier refused to dial".into(),
            "resolve the lead with an output or a redial, or remove it",
        ),
        HoldReason::UnreadableTime(words) => (
            GuardCode::UnreadableTime,
            words.known().map_or_else(
                || "the time to release at cannot be read".into(),
                |words| format!("the time to release at cannot be read: `{words}`"),
            ),
            "resolve the lead with a release time or an output, or report the attribute again",
        ),
        HoldReason::ApplicationReview => (
            GuardCode::ApplicationReview,
            "no application answers to the handler key of this node".into(),
            "register the handler, or resolve the lead with an output",
        ),
        HoldReason::EndlessLoop => (
            GuardCode::EndlessLoop,
            "the lead went around in the graph without a wait or a call".into(),
            "break the cycle in the graph, or resolve the lead",
        ),
    };
    guard(code, message, hold.position).by(remedy)
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
