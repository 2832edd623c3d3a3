//! How a lead is put at another node: by a person, or because its node was taken away.
//! Source: CONTRACT.md 6, rule 5.

use super::{
    LeadContext, LeadEvent, LeadRejection, LeadState, LeadStatus, advance::call_off,
    resolve::refuse_ended, walk::Walk,
};
use crate::id::NodeId;

/// A person puts the lead elsewhere.
pub(super) fn move_to(
    state: &LeadState,
    to: NodeId,
    context: &LeadContext<'_>,
) -> Result<Vec<LeadEvent>, LeadRejection> {
    refuse_ended(state)?;
    let workflow = context.workflow;
    if workflow.status.is_final() || workflow.deleted {
        return Err(LeadRejection::WorkflowEnded { status: workflow.status });
    }
    if !workflow.status.can_process_leads() {
        let problem = format!("the workflow is {}; resume or activate it first", workflow.status);
        return Err(LeadRejection::CannotMove { problem });
    }
    let (LeadStatus::Active, Some(from)) = (state.status, state.node) else {
        let problem = "it is pending and at no node yet".into();
        return Err(LeadRejection::CannotMove { problem });
    };
    if workflow.graph.node(to).is_none() {
        let problem = format!("there is no node {to} in this workflow");
        return Err(LeadRejection::CannotMove { problem });
    }
    if from == to {
        return Ok(Vec::new());
    }
    if state.is_at_work() {
        let problem = "a call or an application is at work for it; wait for its outcome".into();
        return Err(LeadRejection::CannotMove { problem });
    }
    Ok(relocate(state, from, to, context))
}

/// Where a lead goes whose node is in the graph no more; `None` while it stays.
pub(super) fn stand_in(state: &LeadState, context: &LeadContext<'_>) -> Option<(NodeId, NodeId)> {
    let from = state.node?;
    if context.workflow.graph.node(from).is_some() {
        return None;
    }
    context.workflow.stand_in(from).map(|to| (from, to))
}

/// Leaves a node without an output; a call that nobody dialled ends.
pub(super) fn relocate(
    state: &LeadState,
    from: NodeId,
    to: NodeId,
    context: &LeadContext<'_>,
) -> Vec<LeadEvent> {
    let mut events = call_off(state);
    let mut walk = Walk::new(state, context);
    walk.relocate(from, to);
    events.extend(walk.events);
    events
}
