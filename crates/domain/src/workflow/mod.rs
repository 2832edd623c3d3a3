//! The rules of a workflow: its lifecycle, its graph, its imports. Source: CONTRACT.md 2, 6, 7.

mod decide;
mod evolve;
mod import_refusal;
mod model;
mod rejection;
mod settings;
mod status;
mod view;

pub use decide::{EDGES_MAX, MOVES_MAX, NODES_MAX, decide, into_records};
pub use evolve::evolve;
pub use import_refusal::{
    ImportFault, ImportRefusal, REFUSAL_FAULTS_MAX, REFUSAL_REASON_CHARS_MAX, REFUSAL_ROWS_MAX,
};
pub use model::{
    DESCRIPTION_CHARS_MAX, ImportOpening, NodePatch, TITLE_CHARS_MAX, WorkflowCommand,
    WorkflowContext, WorkflowEvent, WorkflowState,
};
pub use rejection::WorkflowRejection;
pub use settings::Settings;
pub use status::{Control, UnknownWorkflowStatus, WorkflowStatus};
pub use view::WorkflowView;

use crate::decider::{Decider, Recorded};

/// The decider of workflows.
#[derive(Clone, Copy, Debug)]
pub enum Workflow {}

impl Decider for Workflow {
    type State = WorkflowState;
    type Command = WorkflowCommand;
    type Event = WorkflowEvent;
    type Rejection = WorkflowRejection;
    type Context<'a> = WorkflowContext;

    fn decide(
        state: &WorkflowState,
        command: &WorkflowCommand,
        context: &WorkflowContext,
    ) -> Result<Vec<WorkflowEvent>, WorkflowRejection> {
        decide(state, command, context)
    }

    fn evolve(state: &mut WorkflowState, event: &WorkflowEvent, recorded: Recorded) {
        evolve(state, event, recorded);
    }
}
