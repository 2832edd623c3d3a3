//! Enrolment: all leads of a list or none.
//!
//! One lead is one record. A list is an import: an opening record of the workflow, the leads' own
//! records, and a closing one; until then its leads do not count. Other commands to the workflow,
//! a pause above all, are decided in between; completing it is not.

mod import;
mod plan;
mod single;

use std::{rc::Rc, sync::Arc};

use branchline_domain::{id::WorkflowId, lead::LeadRejection, workflow::WorkflowView};

pub(crate) use import::give_up_interrupted;

use crate::{
    EngineError,
    asked::Asked,
    command::{Caller, EnrolRequest, Enrolled},
    core::Core,
    enrol::plan::{Plan, Planner},
    repeat,
    workflow_cell::{Enrolling, WorkflowCell},
};

/// Lists up to this long are checked on the engine thread: that is quicker than another thread.
const INLINE_MAX: usize = 8;

/// One enrolment under way.
struct Enrolment {
    core: Rc<Core>,
    cell: Rc<WorkflowCell>,
    asked: Asked,
    request: Arc<EnrolRequest>,
    /// Keeps the workflow from completing over leads that are on their way.
    permit: Enrolling,
}

impl Enrolment {
    /// The workflow as it is, unless it takes no leads.
    fn view(&self) -> Result<Arc<WorkflowView>, EngineError> {
        let view = self.cell.view();
        if view.deleted {
            return Err(EngineError::WorkflowNotFound(self.cell.id));
        }
        if view.status.is_final() {
            return Err(LeadRejection::WorkflowEnded { status: view.status }.into());
        }
        Ok(view)
    }
}

/// Enrols the leads of a list: all or none.
pub(crate) async fn enrol(
    core: Rc<Core>,
    caller: Caller,
    workflow: WorkflowId,
    request: EnrolRequest,
) -> Result<Enrolled, EngineError> {
    let cell = core.workflow_of(caller.organisation, workflow)?;
    let (given, limit) = (request.leads.len(), core.config().enrol_max);
    if given == 0 || given > limit {
        let problem = format!("{given} leads were given; one request takes 1 to {limit}");
        return Err(EngineError::Invalid { field: "leads", problem });
    }
    let mut asked = Asked::by(&caller);
    if given > 1 {
        // A list makes many records, and a key names one.
        asked = asked.without_key();
    }
    if let Some(position) = repeat::known(&core, caller.organisation, &asked)? {
        return repeated(&core, position).await;
    }
    let permit = cell.begin_enrolment();
    let enrolment = Enrolment { core, cell, asked, request: Arc::new(request), permit };
    let plan = enrolment.plan().await?;
    if plan.leads.is_empty() {
        let duplicates_skipped = plan.duplicates_skipped;
        return Ok(Enrolled { duplicates_skipped, ..Enrolled::default() });
    }
    if given == 1 && enrolment.request.file_name.is_none() && enrolment.knows_variables(&plan) {
        enrolment.one(plan).await
    } else {
        enrolment.import(plan).await
    }
}

async fn repeated(
    core: &Rc<Core>,
    position: branchline_journal::record::Position,
) -> Result<Enrolled, EngineError> {
    let (lead, import) = repeat::lead_at(core, position).await?;
    let committed = position.into();
    Ok(Enrolled { lead_ids: vec![lead], duplicates_skipped: 0, import, committed })
}

impl Enrolment {
    /// Checks the whole list before anything is recorded.
    async fn plan(&self) -> Result<Plan, EngineError> {
        self.core.reads().wait_folded(self.core.store().head()).await?;
        let planner = Planner {
            request: Arc::clone(&self.request),
            view: self.view()?,
            workflow: self.cell.id,
            organisation: self.cell.organisation,
            vault: Arc::clone(&self.core.services.vault),
            store: Arc::clone(self.core.store()),
            reads: Arc::clone(self.core.reads()),
        };
        if self.request.leads.len() <= INLINE_MAX {
            return planner.plan();
        }
        blocking(move || planner.plan()).await
    }

    /// Whether the workflow has had leads with these variables before. New names are kept in the
    /// opening of an import, because a lead's own record keeps them sealed.
    fn knows_variables(&self, plan: &Plan) -> bool {
        let known = self.core.reads().look(|read| read.variable_keys(self.cell.id));
        plan.variable_keys.iter().all(|key| known.contains(key))
    }
}

/// Runs work that takes the processor or the disk for long on a thread of its own.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, EngineError> + Send + 'static,
) -> Result<T, EngineError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        tracing::error!(%error, "the check of an enrolment panicked");
        Err(EngineError::Unavailable { reason: "the enrolment failed inside the engine".into() })
    })
}
