//! The rules of one workflow's stream. Source: CONTRACT.md 2, 6 and 7.

use branchline_domain::{
    id::ImportId,
    workflow::{WorkflowEvent, WorkflowStatus},
};

use super::{
    Imports,
    rule::{Judge, Rule},
    trace::{ImportStage, ImportTrace, WorkflowTrace},
};

/// Takes one event of the workflow with this number in.
pub(super) fn follow(
    trace: &mut WorkflowTrace,
    number: u32,
    event: &WorkflowEvent,
    imports: &mut Imports,
    judge: &mut Judge,
) {
    let created = matches!(event, WorkflowEvent::WorkflowCreated { .. });
    judge.ensure(Rule::Lifecycle, created != trace.exists, || {
        if created { "was created twice".into() } else { "has events before its creation".into() }
    });
    trace.exists = true;
    match event {
        WorkflowEvent::WorkflowActivated => {
            let from = [WorkflowStatus::Draft, WorkflowStatus::Paused];
            change_status(trace, WorkflowStatus::Active, &from, judge);
        }
        WorkflowEvent::WorkflowResumed => {
            change_status(trace, WorkflowStatus::Active, &[WorkflowStatus::Paused], judge);
        }
        WorkflowEvent::WorkflowPaused => {
            change_status(trace, WorkflowStatus::Paused, &[WorkflowStatus::Active], judge);
        }
        WorkflowEvent::WorkflowCompleted { .. } => {
            let from = [WorkflowStatus::Active, WorkflowStatus::Paused];
            change_status(trace, WorkflowStatus::Completed, &from, judge);
        }
        WorkflowEvent::WorkflowCancelled => {
            let from = [WorkflowStatus::Draft, WorkflowStatus::Active, WorkflowStatus::Paused];
            change_status(trace, WorkflowStatus::Cancelled, &from, judge);
        }
        WorkflowEvent::WorkflowDeleted => delete(trace, judge),
        WorkflowEvent::GraphRevised { revision, .. } => {
            let before = trace.revision;
            judge.ensure(Rule::Lifecycle, before.checked_add(1) == Some(*revision), || {
                format!("revision {revision} follows revision {before}")
            });
            trace.revision = *revision;
        }
        WorkflowEvent::ImportOpened { import, .. } => {
            let status = trace.status;
            judge.ensure(Rule::Import, !status.is_final(), || {
                format!("opened {import} after it was {status}")
            });
            let known = imports.number(*import).is_some();
            judge.ensure(Rule::Import, !known, || format!("opened {import} twice"));
            imports.open(*import, ImportTrace { workflow: number, ..ImportTrace::default() });
        }
        WorkflowEvent::ImportClosed { import, enrolled, .. } => {
            end_import(imports, number, *import, ImportStage::Closed, judge);
            let counted = imports.find(*import).map_or(0, |import| import.enrolled);
            judge.ensure(Rule::Import, counted == *enrolled, || {
                format!("closed {import} with {enrolled} leads, and {counted} are enrolled with it")
            });
        }
        WorkflowEvent::ImportCancelled { import, .. } => {
            end_import(imports, number, *import, ImportStage::Cancelled, judge);
        }
        WorkflowEvent::ImportRefused { import, .. } => {
            let known = imports.number(*import).is_some();
            judge.ensure(Rule::Import, !known, || format!("refused {import}, which had begun"));
        }
        WorkflowEvent::WorkflowCreated { .. }
        | WorkflowEvent::WorkflowRenamed { .. }
        | WorkflowEvent::SettingsChanged { .. }
        | WorkflowEvent::GraphStaged { .. }
        | WorkflowEvent::NodeReplaced { .. } => {}
    }
}

fn change_status(
    trace: &mut WorkflowTrace,
    next: WorkflowStatus,
    from: &[WorkflowStatus],
    judge: &mut Judge,
) {
    let before = std::mem::replace(&mut trace.status, next);
    let fits = from.contains(&before) && !trace.deleted;
    judge.ensure(Rule::Lifecycle, fits, || {
        let was = if trace.deleted { "deleted" } else { before.as_str() };
        format!("became {next} after it was {was}")
    });
}

fn delete(trace: &mut WorkflowTrace, judge: &mut Judge) {
    let fits = trace.status != WorkflowStatus::Active && !trace.deleted;
    judge.ensure(Rule::Lifecycle, fits, || {
        if trace.deleted {
            "was deleted twice".into()
        } else {
            "was deleted while it was active".into()
        }
    });
    trace.deleted = true;
}

fn end_import(
    imports: &mut Imports,
    workflow: u32,
    id: ImportId,
    stage: ImportStage,
    judge: &mut Judge,
) {
    let word = if stage == ImportStage::Closed { "closed" } else { "cancelled" };
    match imports.find_mut(id) {
        Some(import) => {
            let fits = import.stage == ImportStage::Open && import.workflow == workflow;
            judge.ensure(Rule::Import, fits, || format!("{word} {id}, which is not open here"));
            import.stage = stage;
        }
        None => judge.ensure(Rule::Import, false, || format!("{word} {id}, which never opened")),
    }
}
