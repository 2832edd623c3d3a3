//! The end of imports that do not come to their end: their leads are withdrawn, and it is told.

use std::{rc::Rc, sync::Arc};

use branchline_domain::{
    id::{ImportId, LeadId, WorkflowId},
    lead::LeadCommand,
    workflow::WorkflowCommand,
};
use branchline_projections::Projections;

use crate::{EngineError, asked::Asked, core::Core};

/// Withdraws the leads of an import, then says in its workflow that it was given up.
pub(super) async fn give_up(
    core: &Rc<Core>,
    workflow: WorkflowId,
    import: ImportId,
    leads: &[LeadId],
    reason: String,
) -> Result<(), EngineError> {
    let asked = Asked::engine("import");
    withdraw(core, leads, &asked).await?;
    let cancel = WorkflowCommand::CancelImport { import, reason };
    core.perform_workflow(workflow, cancel, asked).await.map(drop)
}

async fn withdraw(core: &Rc<Core>, leads: &[LeadId], asked: &Asked) -> Result<(), EngineError> {
    let withdraw = Arc::new(LeadCommand::Withdraw);
    for group in leads.chunks(core.config().sweep_in_flight.max(1)) {
        let withdrawn: Vec<_> = group
            .iter()
            .map(|&lead| core.perform_lead(lead, Arc::clone(&withdraw), asked.clone()))
            .collect();
        for outcome in withdrawn {
            match outcome.await {
                // One that is not found was withdrawn before.
                Ok(_) | Err(EngineError::LeadNotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}

/// Gives up every import that a stop or a crash interrupted: visibly, before anything else runs.
pub(crate) async fn give_up_interrupted(core: &Rc<Core>) -> Result<(), EngineError> {
    let unfinished = core.reads().look(Projections::unfinished_imports);
    for import in unfinished {
        let (id, leads) = (import.import, import.leads.len());
        tracing::warn!(import = %id, leads, "an interrupted import is given up");
        if import.cancelled {
            withdraw(core, &import.leads, &Asked::engine("import")).await?;
            continue;
        }
        let reason = "the engine stopped before the import had ended: send the list again".into();
        give_up(core, import.workflow, id, &import.leads, reason).await?;
    }
    Ok(())
}
