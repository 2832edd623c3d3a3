//! A list of leads: opened, enrolled in batches, closed; or given up and withdrawn.

use std::{rc::Rc, sync::Arc, time::Duration};

use branchline_domain::{
    id::{ImportId, LeadId},
    workflow::{ImportOpening, ImportRefusal, WorkflowCommand},
};
use branchline_journal::{
    record::{ClaimKind, Control, Position},
    store::AppendError,
};

use super::{
    Enrolment,
    give_up::give_up,
    plan::{Plan, already_enrolled},
    sealer::{OnItsWay, Sealer},
};
use crate::{
    EngineError, RowFault,
    asked::Asked,
    command::{Committed, Duplicates, Enrolled},
    refusals::append_failed,
};

/// Times a batch is sent again because its workflow moved on or the journal was busy.
const ATTEMPTS_MAX: u32 = 64;
/// How long a batch waits for a journal that is busy.
const BUSY_WAIT: Duration = Duration::from_millis(20);

/// An import that was opened.
pub(super) struct Opened {
    enrolment: Enrolment,
    import: ImportId,
    plan: Plan,
    pub(super) committed: Committed,
}

/// What came of one attempt to append a batch.
#[derive(Default)]
struct Attempt {
    /// Leads to be sent again.
    again: Vec<OnItsWay>,
    /// How the workflow is now, when it moved on.
    moved: Option<Control>,
    busy: bool,
    failure: Option<EngineError>,
}

impl Enrolment {
    /// Records that the leads of a plan are coming.
    pub(super) async fn open(self, mut plan: Plan) -> Result<Opened, EngineError> {
        let import = ImportId::from_uuid(self.core.services.ids.uuid());
        let opening = ImportOpening {
            file_name: self.file_name.clone(),
            rows: plan.leads,
            duplicates_skipped: plan.duplicates_skipped,
            variable_keys: std::mem::take(&mut plan.variable_keys),
        };
        let opening = WorkflowCommand::OpenImport { import, opening };
        // A condition on the graph is none on enrolments.
        let asked = Asked { if_revision: None, ..self.asked.clone() };
        let outcome = self.core.perform_workflow(self.cell.id, opening, asked).await?;
        if outcome.repeated {
            // Somebody else's record has the key by now, whoever it was.
            return Err(EngineError::RequestUnderWay);
        }
        let committed = outcome.committed;
        Ok(Opened { enrolment: self, import, plan, committed })
    }

    /// Records that the list was refused. It is told to its sender all the same when that fails.
    pub(super) async fn record_refusal(&self, refusal: ImportRefusal) {
        let import = ImportId::from_uuid(self.core.services.ids.uuid());
        let refusal = ImportRefusal { file_name: self.file_name.clone(), ..refusal };
        let command = WorkflowCommand::RefuseImport { import, refusal };
        if let Err(error) = self.steer(command).await {
            tracing::warn!(%import, %error, "a refused list of leads is not recorded");
        }
    }

    /// A command to the workflow in the caller's name.
    async fn steer(&self, command: WorkflowCommand) -> Result<Option<Position>, EngineError> {
        // The caller's key names the record that enrols first.
        let asked = self.asked.clone().without_key();
        let outcome = self.core.perform_workflow(self.cell.id, command, asked).await?;
        Ok(outcome.committed.position)
    }
}

impl Opened {
    /// The import's name.
    pub(super) const fn import(&self) -> ImportId {
        self.import
    }

    /// Enrols everybody and closes the import, or gives it up.
    pub(super) async fn run(mut self) -> Result<Enrolled, EngineError> {
        let mut done = Enrolled {
            duplicates_skipped: self.plan.duplicates_skipped,
            import: Some(self.import),
            ..Enrolled::default()
        };
        let outcome = match self.batches(&mut done).await {
            Ok(()) => self.close(&mut done).await,
            Err(error) => Err(error),
        };
        let Err(error) = outcome else { return Ok(done) };
        let reason = format!("the enrolment failed: {error}");
        let Enrolment { core, cell, .. } = &self.enrolment;
        let given_up = give_up(core, cell.id, self.import, &done.lead_ids, reason).await;
        if let Err(error) = given_up {
            let import = self.import;
            tracing::error!(%import, %error, "an import is left open until the next start");
        }
        Err(error)
    }

    async fn close(&self, done: &mut Enrolled) -> Result<(), EngineError> {
        let enrolled = u32::try_from(done.lead_ids.len()).unwrap_or(u32::MAX);
        let duplicates_skipped = done.duplicates_skipped;
        let import = self.import;
        let closing = WorkflowCommand::CloseImport { import, enrolled, duplicates_skipped };
        done.committed.position = self.enrolment.steer(closing).await?;
        if let Some(position) = done.committed.position {
            self.enrolment.permit.recorded(position);
        }
        Ok(())
    }

    async fn batches(&mut self, done: &mut Enrolled) -> Result<(), EngineError> {
        let Enrolment { core, cell, asked, .. } = &self.enrolment;
        let mut batches = Sealer {
            list: Arc::clone(&self.enrolment.list),
            numbers: Arc::clone(&self.enrolment.numbers),
            fates: std::mem::take(&mut self.plan.fates),
            vault: Arc::clone(&core.services.vault),
            ids: Arc::clone(&core.services.ids),
            clock: Arc::clone(core.clock()),
            workflow: cell.id,
            organisation: cell.organisation,
            import: self.import,
            asked: asked.clone().without_key(),
        }
        .start();
        let mut sealed = 0;
        while let Some(batch) = batches.recv().await {
            let batch = batch?;
            sealed += u32::try_from(batch.len()).unwrap_or(u32::MAX);
            self.record_batch(batch, done).await?;
            // A stop gives the import up rather than keep everybody waiting for the rest of it.
            if core.stopping().is_set() {
                return Err(EngineError::ShuttingDown);
            }
        }
        if sealed == self.plan.leads {
            return Ok(());
        }
        let reason = format!("{sealed} of {} leads were read the second time", self.plan.leads);
        tracing::error!(import = %self.import, reason, "an import is not complete");
        Err(EngineError::Unavailable { reason: reason.into() })
    }

    async fn record_batch(
        &self,
        mut batch: Vec<OnItsWay>,
        done: &mut Enrolled,
    ) -> Result<(), EngineError> {
        let cell = &self.enrolment.cell;
        let mut enrolled = Vec::with_capacity(batch.len());
        let mut outcome = Err(EngineError::Busy);
        for _ in 0..ATTEMPTS_MAX {
            // The records name how the workflow is now: it moves on, and takes leads still.
            let guard = match self.enrolment.view() {
                Ok(view) => cell.guard(&view, false),
                Err(error) => {
                    outcome = Err(error);
                    break;
                }
            };
            for lead in &mut batch {
                lead.record.body.guard = Some(guard);
            }
            let attempt = self.append(batch, &mut enrolled, done).await;
            if attempt.failure.is_some() || attempt.again.is_empty() {
                outcome = attempt.failure.map_or(Ok(()), Err);
                break;
            }
            if attempt.busy {
                tokio::time::sleep(BUSY_WAIT).await;
            }
            if let Some(actual) = attempt.moved
                && !Rc::clone(cell).caught_up(actual).await
            {
                break;
            }
            batch = attempt.again;
        }
        // Also what a failed batch enrolled: whoever gives it up must know of it.
        done.lead_ids.append(&mut enrolled);
        outcome
    }

    async fn append(
        &self,
        batch: Vec<OnItsWay>,
        enrolled: &mut Vec<LeadId>,
        done: &mut Enrolled,
    ) -> Attempt {
        let Enrolment { core, permit, duplicates, .. } = &self.enrolment;
        let records = batch.iter().map(|lead| lead.record.clone()).collect();
        let outcomes = core.services.journal.append_all(records).await;
        let mut attempt = Attempt::default();
        for (mut lead, outcome) in batch.into_iter().zip(outcomes) {
            match outcome {
                Ok(appended) => {
                    permit.recorded(appended.position);
                    enrolled.push(lead.id);
                }
                Err(AppendError::GuardMoved { actual, .. }) => {
                    attempt.moved = Some(newest(attempt.moved, actual));
                    attempt.again.push(lead);
                }
                Err(AppendError::Busy { .. }) => {
                    attempt.busy = true;
                    attempt.again.push(lead);
                }
                Err(AppendError::ClaimTaken { claim, .. }) if claim.kind == ClaimKind::ENROLLED => {
                    match duplicates {
                        Duplicates::Skip => done.duplicates_skipped += 1,
                        Duplicates::Reject => {
                            attempt.failure.get_or_insert_with(|| rejected(lead.row));
                        }
                        Duplicates::Allow => {
                            lead.record.body.claims.clear();
                            attempt.again.push(lead);
                        }
                    }
                }
                Err(error) => {
                    attempt.failure.get_or_insert_with(|| append_failed(error));
                }
            }
        }
        attempt
    }
}

/// The newer of two control states.
fn newest(moved: Option<Control>, actual: Control) -> Control {
    let older = moved.unwrap_or_default();
    Control { epoch: older.epoch.max(actual.epoch), revision: older.revision.max(actual.revision) }
}

fn rejected(row: u64) -> EngineError {
    EngineError::Rows { faults: vec![RowFault { reason: already_enrolled(), rows: vec![row] }] }
}
