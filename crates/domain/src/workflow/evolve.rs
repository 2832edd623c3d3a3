//! Folds events into the state of a workflow.

use super::{WorkflowEvent, WorkflowState};
use crate::decider::Recorded;

/// Takes one more event into the state. Total: an event has already happened.
pub fn evolve(_state: &mut WorkflowState, _event: &WorkflowEvent, _recorded: Recorded) {}
