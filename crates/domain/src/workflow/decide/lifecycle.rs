//! The actions that change where a workflow stands. Source: the table of CONTRACT.md 2.

use super::{Decision, wrong_status};
use crate::{
    graph::validate,
    workflow::{WorkflowContext, WorkflowEvent, WorkflowRejection, WorkflowState, WorkflowStatus},
};

pub(super) fn activate(state: &WorkflowState) -> Decision {
    match state.status {
        WorkflowStatus::Draft | WorkflowStatus::Paused => {}
        WorkflowStatus::Active | WorkflowStatus::Completed | WorkflowStatus::Cancelled => {
            return Err(wrong_status(state, "activate"));
        }
    }
    let report = validate(&state.graph, &state.variable_keys);
    if !report.valid {
        return Err(WorkflowRejection::InvalidGraph { faults: report.faults });
    }
    Ok(vec![WorkflowEvent::WorkflowActivated])
}

pub(super) fn pause(state: &WorkflowState) -> Decision {
    match state.status {
        WorkflowStatus::Active => Ok(vec![WorkflowEvent::WorkflowPaused]),
        WorkflowStatus::Draft
        | WorkflowStatus::Paused
        | WorkflowStatus::Completed
        | WorkflowStatus::Cancelled => Err(wrong_status(state, "pause")),
    }
}

/// Does not validate: leads that wait inside an unfinished graph must be able to go on.
pub(super) fn resume(state: &WorkflowState) -> Decision {
    match state.status {
        WorkflowStatus::Paused => Ok(vec![WorkflowEvent::WorkflowResumed]),
        WorkflowStatus::Draft
        | WorkflowStatus::Active
        | WorkflowStatus::Completed
        | WorkflowStatus::Cancelled => Err(wrong_status(state, "resume")),
    }
}

/// Calls in progress and open imports do not stand in the way: both may end afterwards.
pub(super) fn cancel(state: &WorkflowState) -> Decision {
    if state.status.is_final() {
        return Err(wrong_status(state, "cancel"));
    }
    Ok(vec![WorkflowEvent::WorkflowCancelled])
}

/// Rows of an open import count as pending: their leads will be, as soon as it closes.
pub(super) fn complete(state: &WorkflowState, force: bool, context: &WorkflowContext) -> Decision {
    match state.status {
        WorkflowStatus::Active | WorkflowStatus::Paused => {}
        WorkflowStatus::Draft | WorkflowStatus::Completed | WorkflowStatus::Cancelled => {
            return Err(wrong_status(state, "complete"));
        }
    }
    let importing = state.open_imports.values().map(|opening| u64::from(opening.rows));
    let pending = importing.fold(context.pending, u64::saturating_add);
    if !force && (pending > 0 || context.active > 0) {
        return Err(WorkflowRejection::LeadsUnderWay { pending, active: context.active });
    }
    Ok(vec![WorkflowEvent::WorkflowCompleted { automatic: false }])
}

/// Never refused. An open import holds it back: its leads are not counted yet.
pub(super) fn auto_complete(
    state: &WorkflowState,
    context: &WorkflowContext,
) -> Vec<WorkflowEvent> {
    let wanted = state.status == WorkflowStatus::Active && state.settings.auto_complete;
    let all_final = context.enrolled > 0
        && context.pending == 0
        && context.active == 0
        && state.open_imports.is_empty();
    if wanted && all_final {
        vec![WorkflowEvent::WorkflowCompleted { automatic: true }]
    } else {
        Vec::new()
    }
}

pub(super) fn delete(state: &WorkflowState, context: &WorkflowContext) -> Decision {
    if state.status == WorkflowStatus::Active {
        return Err(wrong_status(state, "delete"));
    }
    if context.calls_in_progress > 0 {
        return Err(WorkflowRejection::CallsInProgress { calls: context.calls_in_progress });
    }
    Ok(vec![WorkflowEvent::WorkflowDeleted])
}
