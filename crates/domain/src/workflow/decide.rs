//! Decides what a command makes true.

use super::{WorkflowCommand, WorkflowContext, WorkflowEvent, WorkflowRejection, WorkflowState};

/// Decides what a command makes true. An empty list means "nothing new".
///
/// # Errors
///
/// A [`WorkflowRejection`] when the rules refuse the command. Nothing is recorded then.
pub fn decide(
    _state: &WorkflowState,
    _command: &WorkflowCommand,
    _context: &WorkflowContext,
) -> Result<Vec<WorkflowEvent>, WorkflowRejection> {
    Ok(Vec::new())
}
