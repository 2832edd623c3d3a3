//! Decides what a command makes true: guards first, one answer last.

mod edit;
mod graph_edits;
mod imports;
mod lifecycle;
mod limits;
mod put_graph;
mod removal;
mod revision;

use super::{WorkflowCommand, WorkflowContext, WorkflowEvent, WorkflowRejection, WorkflowState};

pub use limits::{EDGES_MAX, NODES_MAX};
pub use removal::MOVES_MAX;
pub use revision::into_records;

/// What a decision about a workflow comes to.
type Decision = Result<Vec<WorkflowEvent>, WorkflowRejection>;

/// Decides what a command makes true. An empty list means "nothing new".
///
/// # Errors
///
/// A [`WorkflowRejection`] when the rules refuse the command. Nothing is recorded then.
pub fn decide(
    state: &WorkflowState,
    command: &WorkflowCommand,
    context: &WorkflowContext,
) -> Result<Vec<WorkflowEvent>, WorkflowRejection> {
    if let WorkflowCommand::Create { organisation, title, description, settings, graph, source } =
        command
    {
        let new = edit::New { organisation, title, description, settings, graph, source };
        return edit::create(state, &new);
    }
    if !state.exists || state.deleted {
        // The engine asks this whenever a lead ends, and has no one to tell about a refusal.
        let never_refused = matches!(command, WorkflowCommand::AutoComplete);
        return if never_refused { Ok(Vec::new()) } else { Err(WorkflowRejection::NotFound) };
    }
    match command {
        WorkflowCommand::Create { .. } => Err(WorkflowRejection::AlreadyExists),
        WorkflowCommand::AutoComplete => Ok(lifecycle::auto_complete(state, context)),
        WorkflowCommand::Edit { title, description, settings } => {
            edit::edit(state, title.as_deref(), description.as_deref(), settings.as_ref())
        }
        WorkflowCommand::AddNode(node) => graph_edits::add_node(state, node),
        WorkflowCommand::PatchNode { node, patch } => graph_edits::patch_node(state, *node, patch),
        WorkflowCommand::RemoveNode { node, move_to } => {
            graph_edits::remove_node(state, *node, *move_to, context)
        }
        WorkflowCommand::PutGraph { expected_revision, nodes, edges, moves } => {
            let expected = *expected_revision;
            let wanted = put_graph::Wanted { expected, nodes, edges, moves };
            put_graph::put_graph(state, &wanted, context)
        }
        WorkflowCommand::AddEdge(edge) => graph_edits::add_edge(state, edge),
        WorkflowCommand::RemoveEdge { edge } => graph_edits::remove_edge(state, *edge),
        WorkflowCommand::Activate => lifecycle::activate(state),
        WorkflowCommand::Pause => lifecycle::pause(state),
        WorkflowCommand::Resume => lifecycle::resume(state),
        WorkflowCommand::Cancel => lifecycle::cancel(state),
        WorkflowCommand::Complete { force } => lifecycle::complete(state, *force, context),
        WorkflowCommand::Delete => lifecycle::delete(state, context),
        WorkflowCommand::OpenImport { import, opening } => imports::open(state, *import, opening),
        WorkflowCommand::CloseImport { import, enrolled, duplicates_skipped } => {
            imports::close(state, *import, *enrolled, *duplicates_skipped)
        }
        WorkflowCommand::CancelImport { import, reason } => imports::cancel(state, *import, reason),
        WorkflowCommand::RefuseImport { import, refusal } => {
            imports::refuse(state, *import, refusal)
        }
    }
}

/// The workflow is not where the action can start from.
const fn wrong_status(state: &WorkflowState, action: &'static str) -> WorkflowRejection {
    WorkflowRejection::WrongStatus { action, status: state.status }
}
