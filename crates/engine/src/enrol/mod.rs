//! Enrolment: all leads of a list or none.
//!
//! One lead is one record. A list is an import: an opening record of the workflow, the leads' own
//! records, and a closing one; until then its leads do not count. Other commands to the workflow,
//! a pause above all, are decided in between; completing it is not.
//!
//! A list is read twice. The first reading checks it whole and keeps a tag and a byte a row; the
//! second makes the records, a few batches ahead of the journal. So a list of a million leads takes
//! no more memory than its tags.

mod again;
mod faults;
mod give_up;
mod import;
mod plan;
mod sealer;
mod single;

use std::{rc::Rc, sync::Arc};

use branchline_domain::{id::WorkflowId, lead::LeadRejection, workflow::WorkflowView};

pub(crate) use give_up::give_up_interrupted;

use crate::{
    EngineError,
    asked::Asked,
    command::{Caller, Duplicates, EnrolRequest, Enrolled, ImportRequest, Imported},
    core::Core,
    enrol::{
        again::Before,
        faults::RefusedList,
        plan::{Numbers, Plan, Planner},
    },
    lead_list::LeadList,
    repeat,
    workflow_cell::{Enrolling, WorkflowCell},
};

/// One enrolment under way.
struct Enrolment {
    core: Rc<Core>,
    cell: Rc<WorkflowCell>,
    /// Its key is that of the first record that enrols: the lead's own, or the import's opening.
    asked: Asked,
    list: Arc<dyn LeadList>,
    duplicates: Duplicates,
    file_name: Option<String>,
    numbers: Arc<Numbers>,
    /// Keeps the workflow from completing over leads that are on their way.
    permit: Enrolling,
}

/// Enrols the leads of a list in memory: all or none. Answers when they are enrolled.
pub(crate) async fn enrol(
    core: Rc<Core>,
    caller: Caller,
    workflow: WorkflowId,
    request: EnrolRequest,
) -> Result<Enrolled, EngineError> {
    let cell = core.workflow_of(caller.organisation, workflow)?;
    let EnrolRequest { leads, duplicates, file_name } = request;
    let given = leads.len();
    let (asked, _turn) = match again::before(&core, &caller).await? {
        Before::Nothing { asked, turn } => (asked, turn),
        Before::Lead(position) => return repeated(&core, position).await,
        Before::Import(row, position) => return again::enrolled(&core, &row, position),
    };
    let request = ImportRequest { list: Arc::new(leads), duplicates, file_name };
    let enrolment = Enrolment::begin(core, cell, asked, request)?;
    let plan = enrolment.plan(given != 1).await?;
    if plan.leads == 0 {
        return Ok(nobody(&plan));
    }
    if given == 1 && enrolment.file_name.is_none() && enrolment.knows_variables(&plan) {
        enrolment.one(plan).await
    } else {
        enrolment.open(plan).await?.run().await
    }
}

/// Enrols the leads of a list wherever it is: all or none. The answer to a long one comes as soon as
/// it is checked and its import is open.
pub(crate) async fn import(
    core: Rc<Core>,
    caller: Caller,
    workflow: WorkflowId,
    request: ImportRequest,
) -> Result<Imported, EngineError> {
    let cell = core.workflow_of(caller.organisation, workflow)?;
    let (asked, _turn) = match again::before(&core, &caller).await? {
        Before::Nothing { asked, turn } => (asked, turn),
        Before::Lead(_) => return Err(EngineError::KeyReused),
        Before::Import(row, position) => return again::imported(&core, &row, position),
    };
    let enrolment = Enrolment::begin(Rc::clone(&core), cell, asked, request)?;
    let plan = enrolment.plan(true).await?;
    if plan.leads == 0 {
        return Ok(Imported::Done(nobody(&plan)));
    }
    let is_long = plan.rows > core.config().import_wait_rows;
    let opened = enrolment.open(plan).await?;
    if !is_long {
        return opened.run().await.map(Imported::Done);
    }
    let running = Imported::Running { import: opened.import(), committed: opened.committed };
    let under_way = core.hold(1);
    actix::spawn(async move {
        let import = opened.import();
        if let Err(error) = opened.run().await {
            tracing::warn!(%import, %error, "an import was given up");
        }
        drop(under_way);
    });
    Ok(running)
}

/// The answer to a list that has only duplicates.
fn nobody(plan: &Plan) -> Enrolled {
    Enrolled { duplicates_skipped: plan.duplicates_skipped, ..Enrolled::default() }
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
    fn begin(
        core: Rc<Core>,
        cell: Rc<WorkflowCell>,
        asked: Asked,
        request: ImportRequest,
    ) -> Result<Self, EngineError> {
        let permit = cell.begin_enrolment();
        let vault = &core.services.vault;
        let numbers = Arc::new(Numbers::of(&cell.view(), cell.id, cell.organisation, vault)?);
        let ImportRequest { list, duplicates, file_name } = request;
        let enrolment = Self { core, cell, asked, list, duplicates, file_name, numbers, permit };
        // Before the list is read: that may take long.
        enrolment.view()?;
        Ok(enrolment)
    }

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

    /// Checks the whole list before anything is recorded. What is wrong with it is recorded when
    /// `kept`.
    async fn plan(&self, kept: bool) -> Result<Plan, EngineError> {
        self.core.reads().wait_folded(self.core.store().head()).await?;
        let planner = Planner {
            list: Arc::clone(&self.list),
            duplicates: self.duplicates,
            rows_max: u32::try_from(self.core.config().enrol_max).unwrap_or(u32::MAX),
            view: self.view()?,
            workflow: self.cell.id,
            numbers: Arc::clone(&self.numbers),
            store: Arc::clone(self.core.store()),
            reads: Arc::clone(self.core.reads()),
        };
        let planned = if self.list.is_short() {
            planner.plan()
        } else {
            let planning = tokio::task::spawn_blocking(move || planner.plan());
            planning.await.unwrap_or_else(|error| Err(RefusedList::failed(panicked(&error)).into()))
        };
        match planned {
            Ok(plan) => Ok(plan),
            Err(refused) => {
                if kept && refused.is_to_be_kept() {
                    self.record_refusal(refused.refusal).await;
                }
                Err(refused.error)
            }
        }
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
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(panicked(&error)))
}

fn panicked(error: &tokio::task::JoinError) -> EngineError {
    tracing::error!(%error, "an enrolment panicked");
    EngineError::Unavailable { reason: "the enrolment failed inside the engine".into() }
}
