//! Enrolments of many leads: an opening and an end. Source: CONTRACT.md 7.

use super::{Decision, limits, wrong_status};
use crate::{
    id::ImportId,
    workflow::{ImportOpening, ImportRefusal, WorkflowEvent, WorkflowRejection, WorkflowState},
};

/// The same import opened twice with the same words is no news.
pub(super) fn open(state: &WorkflowState, import: ImportId, opening: &ImportOpening) -> Decision {
    if state.status.is_final() {
        return Err(wrong_status(state, "enrol leads into"));
    }
    limits::check_opening(opening)?;
    match state.open_imports.get(&import) {
        Some(known) if known == opening => Ok(Vec::new()),
        Some(_) => Err(limits::invalid(
            "import",
            format!("{import} is open already with other rows: take a new id"),
        )),
        None => Ok(vec![WorkflowEvent::ImportOpened { import, opening: opening.clone() }]),
    }
}

/// Also after the workflow has ended: what was begun is ended visibly.
pub(super) fn close(
    state: &WorkflowState,
    import: ImportId,
    enrolled: u32,
    duplicates_skipped: u32,
) -> Decision {
    check_open(state, import)?;
    Ok(vec![WorkflowEvent::ImportClosed { import, enrolled, duplicates_skipped }])
}

/// Also after the workflow has ended. A reason that is too long is cut: an import must not stay
/// open because of it.
pub(super) fn cancel(state: &WorkflowState, import: ImportId, reason: &str) -> Decision {
    check_open(state, import)?;
    let reason = reason.chars().take(limits::REASON_CHARS_MAX).collect();
    Ok(vec![WorkflowEvent::ImportCancelled { import, reason }])
}

/// In every status: it is told what was tried, and nothing begins. The same refusal twice is no news.
pub(super) fn refuse(state: &WorkflowState, import: ImportId, refusal: &ImportRefusal) -> Decision {
    if state.open_imports.contains_key(&import) {
        let problem = format!("{import} has begun: it is closed or cancelled, not refused");
        return Err(limits::invalid("import", problem));
    }
    if state.last_refused_import == Some(import) {
        return Ok(Vec::new());
    }
    Ok(vec![WorkflowEvent::ImportRefused { import, refusal: refusal.cut() }])
}

fn check_open(state: &WorkflowState, import: ImportId) -> Result<(), WorkflowRejection> {
    if state.open_imports.contains_key(&import) {
        Ok(())
    } else {
        Err(WorkflowRejection::ImportNotOpen { import })
    }
}
