//! What is wrong with a batch as a whole, told before anybody is asked: a name that is nowhere in
//! the workflow would only be refused lead by lead.

use std::{collections::BTreeSet, sync::Arc};

use branchline_domain::{
    graph::{Node, NodeType},
    id::{NodeId, OrganisationId, WorkflowId},
    lead::Resolution,
    output::Output,
    workflow::WorkflowView,
};
use branchline_projections::Projections;

use super::{BATCH_MAX, BatchFilter, LeadBatch};
use crate::{EngineError, command::LeadAction};

/// The workflow as it is, if the batch can be asked of it.
///
/// # Errors
///
/// [`EngineError::WorkflowNotFound`]; [`EngineError::Invalid`] with the field and the fix.
pub(super) fn check(
    read: &Projections,
    organisation: OrganisationId,
    workflow: WorkflowId,
    batch: &LeadBatch,
) -> Result<WorkflowView, EngineError> {
    let row = read.workflow(workflow).filter(|row| row.organisation == organisation);
    let view = row.ok_or(EngineError::WorkflowNotFound(workflow))?.view();
    if batch.limit == 0 || batch.limit > BATCH_MAX {
        let problem = format!("is {}; it must be 1 to {BATCH_MAX}", batch.limit);
        return Err(EngineError::Invalid { field: "limit", problem });
    }
    if let BatchFilter::Matching { status: None, node: None, held: None } = batch.filter {
        let problem = "is empty; give status, node or held, or \"all\": true for every lead";
        return Err(EngineError::Invalid { field: "filter", problem: problem.into() });
    }
    let node = batch.filter.node();
    if let Some(node) = node.filter(|node| nodes(&view, Some(*node)).next().is_none()) {
        let problem = format!("there is no node {node} in this workflow");
        return Err(EngineError::Invalid { field: "filter/node", problem });
    }
    check_action(&view, node, &batch.action)?;
    Ok(view)
}

fn check_action(
    view: &WorkflowView,
    node: Option<NodeId>,
    action: &LeadAction,
) -> Result<(), EngineError> {
    match action {
        LeadAction::Resolve(Resolution::Output(output)) => check_output(view, node, output),
        LeadAction::Resolve(Resolution::Redial) => {
            check_type(view, node, "action", NodeType::VoiceCall)
        }
        LeadAction::Resolve(Resolution::ReleaseAt(_)) => {
            check_type(view, node, "release_at", NodeType::Time)
        }
        LeadAction::MoveTo { node: to } if view.graph.node(*to).is_none() => {
            let problem = format!("there is no node {to} in this workflow");
            Err(EngineError::Invalid { field: "node", problem })
        }
        LeadAction::MoveTo { .. } | LeadAction::Remove | LeadAction::Edit { .. } => Ok(()),
    }
}

/// The nodes where a batch's leads can be, newest revision first. The older ones too: a step that
/// is running keeps the config it began with.
fn nodes(view: &WorkflowView, only: Option<NodeId>) -> impl Iterator<Item = &Arc<Node>> {
    std::iter::once(&view.graph)
        .chain(view.revisions.values())
        .flat_map(|graph| graph.nodes())
        .filter(move |node| only.is_none_or(|only| node.id == only))
}

fn check_output(
    view: &WorkflowView,
    node: Option<NodeId>,
    output: &Output,
) -> Result<(), EngineError> {
    if nodes(view, node).any(|node| node.config.outputs().contains(output)) {
        return Ok(());
    }
    let known: BTreeSet<String> = nodes(view, node)
        .flat_map(|node| node.config.outputs())
        .map(|output| output.to_string())
        .collect();
    let place = node.map_or_else(|| "any node here".into(), |node| format!("node {node}"));
    let fix = if known.is_empty() {
        "there are none to take".into()
    } else {
        format!("use one of: {}", known.into_iter().collect::<Vec<_>>().join(", "))
    };
    let problem = format!("`{output}` is no output of {place}; {fix}");
    Err(EngineError::Invalid { field: "output", problem })
}

fn check_type(
    view: &WorkflowView,
    node: Option<NodeId>,
    field: &'static str,
    wanted: NodeType,
) -> Result<(), EngineError> {
    if nodes(view, node).any(|node| node.node_type() == wanted) {
        return Ok(());
    }
    let place = node.map_or_else(
        || "this workflow has none".into(),
        |node| format!("{node} is none: name another node"),
    );
    Err(EngineError::Invalid { field, problem: format!("is for a {wanted} node; {place}") })
}
