//! What a person decides about a held lead. Source: CONTRACT.md 4 rule 6, and 9.

use super::{
    BranchCause, HoldReason, LeadContext, LeadEvent, LeadRejection, LeadState, LeadStatus, Outcome,
    Resolution,
    walk::{Walk, step_node},
};
use crate::{
    graph::{Node, NodeConfig, NodeType, is_complete},
    output::Output,
    time::Timestamp,
};

/// A person decides.
pub(super) fn resolve(
    state: &LeadState,
    choice: &Resolution,
    context: &LeadContext<'_>,
) -> Result<Vec<LeadEvent>, LeadRejection> {
    refuse_ended(state)?;
    let status = context.workflow.status;
    if status.is_final() || context.workflow.deleted {
        return Err(LeadRejection::WorkflowEnded { status });
    }
    let Some(hold) = &state.hold else { return Err(LeadRejection::NotHeld) };
    let node =
        step_node(state, context).ok_or_else(|| wrong("the node is gone; remove the lead"))?;
    match choice {
        Resolution::Output(output) => take_output(state, &hold.reason, node, output, context),
        Resolution::Redial => redial(state, node, context),
        Resolution::ReleaseAt(release_at) => plan_release(node, choice, *release_at),
    }
}

/// Whether the lead can still be acted upon.
pub(super) fn refuse_ended(state: &LeadState) -> Result<(), LeadRejection> {
    let ended = match state.status {
        _ if state.removed => Some("removed"),
        LeadStatus::Completed => Some("completed"),
        LeadStatus::Dropped => Some("dropped"),
        LeadStatus::Pending | LeadStatus::Active => None,
    };
    ended.map_or(Ok(()), |state| Err(LeadRejection::Ended { state }))
}

fn wrong(problem: impl Into<String>) -> LeadRejection {
    LeadRejection::WrongResolution { problem: problem.into() }
}

fn take_output(
    state: &LeadState,
    held: &HoldReason,
    node: &Node,
    output: &Output,
    context: &LeadContext<'_>,
) -> Result<Vec<LeadEvent>, LeadRejection> {
    let outputs = node.config.outputs();
    if !outputs.contains(output) {
        let known: Vec<&str> = outputs.iter().map(Output::as_str).collect();
        return Err(wrong(format!(
            "`{output}` is no output of a {} node; use one of: {}",
            node.node_type(),
            known.join(", ")
        )));
    }
    let outcome = Outcome { output: output.clone(), cause: BranchCause::Person };
    if held.outcome() == Some(&outcome) {
        // Asked for before, and still held for the same outcome.
        return Ok(Vec::new());
    }
    let mut walk = Walk::new(state, context);
    walk.events.push(LeadEvent::HoldResolved { choice: Resolution::Output(output.clone()) });
    walk.take(node.id, outcome);
    Ok(walk.events)
}

fn redial(
    state: &LeadState,
    node: &Node,
    context: &LeadContext<'_>,
) -> Result<Vec<LeadEvent>, LeadRejection> {
    let NodeConfig::VoiceCall(config) = &node.config else {
        return Err(wrong(format!(
            "a {} node cannot redial; only a {} node can",
            node.node_type(),
            NodeType::VoiceCall
        )));
    };
    if !is_complete(&node.config) {
        return Err(wrong("the call node is incomplete; validate the graph and mend it first"));
    }
    let mut walk = Walk::new(state, context);
    walk.events.push(LeadEvent::HoldResolved { choice: Resolution::Redial });
    walk.request_call(config, None);
    Ok(walk.events)
}

fn plan_release(
    node: &Node,
    choice: &Resolution,
    release_at: Timestamp,
) -> Result<Vec<LeadEvent>, LeadRejection> {
    if node.node_type() != NodeType::Time {
        return Err(wrong(format!(
            "release_at is for a {} node; the lead is at a {} node",
            NodeType::Time,
            node.node_type()
        )));
    }
    Ok(vec![
        LeadEvent::HoldResolved { choice: choice.clone() },
        LeadEvent::ReleasePlanned { release_at },
    ])
}
