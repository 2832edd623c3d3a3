//! A list of leads: opened, enrolled in batches, closed; or given up and withdrawn.

use std::{rc::Rc, sync::Arc};

use branchline_domain::{
    id::{ImportId, LeadId, OrganisationId, WorkflowId},
    lead::LeadCommand,
    workflow::{ImportOpening, WorkflowCommand},
};
use branchline_event_codec::{Sealing, encode_lead};
use branchline_journal::{
    record::{
        ClaimChange, ClaimKind, Control, ExpectedVersion, Guard, Micros, NewRecord, Position,
        RecordBody, StreamId,
    },
    store::AppendError,
};
use branchline_projections::Projections;
use branchline_vault::Vault;

use super::{
    Enrolment, blocking,
    plan::{Plan, PlannedLead, already_enrolled, enrolment_event, vault_failed},
};
use crate::{
    EngineError, RowFault,
    asked::Asked,
    command::{Duplicates, EnrolRequest, Enrolled},
    core::Core,
    lead_claims,
    refusals::append_failed,
};

/// Leads enrolled in one group. Unit: leads. Other commands are decided between two groups.
const BATCH: usize = 1_000;
/// Times a batch is sent again because its workflow moved on.
const ATTEMPTS_MAX: u32 = 64;

/// A lead of a batch, on its way.
struct OnItsWay {
    id: LeadId,
    row: u64,
    record: NewRecord,
}

/// Makes the records of a batch on another thread: keys are synced, fields are sealed.
struct Sealer {
    request: Arc<EnrolRequest>,
    vault: Arc<Vault>,
    workflow: WorkflowId,
    organisation: OrganisationId,
    import: ImportId,
    asked: Asked,
    now: Micros,
    guard: Guard,
}

impl Sealer {
    fn seal(&self, batch: Vec<(LeadId, PlannedLead)>) -> Result<Vec<OnItsWay>, EngineError> {
        let ids: Vec<_> = batch.iter().map(|(id, _)| id.as_uuid()).collect();
        // The keys are on disk before anything is sealed with them.
        let keys = self.vault.create_keys(&ids).map_err(|error| vault_failed(&error))?;
        let sealed = batch.into_iter().zip(keys).filter_map(|((id, planned), (slot, key))| {
            let lead = self.request.leads.get(planned.index)?;
            let event = enrolment_event(self.workflow, &planned, lead, slot.0, Some(self.import));
            let nonce = || self.vault.nonce();
            let sealing = Sealing { lead: id, key: Some(&key), nonce: &nonce };
            let encoded = encode_lead(&event, &sealing)
                .map_err(|error| EngineError::TooLarge { problem: error.to_string() });
            let claim = lead_claims::enrolled(planned.enrolment_tag);
            Some(
                encoded.map(|encoded| OnItsWay {
                    id,
                    row: planned.row,
                    record: NewRecord {
                        expected: ExpectedVersion::NoStream,
                        body: RecordBody {
                            organisation: self.organisation.as_uuid(),
                            stream: StreamId::lead(id.as_uuid()),
                            recorded_at: self.now,
                            principal: Arc::clone(&self.asked.principal),
                            cause: self.asked.cause.clone(),
                            key: self.asked.key.clone(),
                            guard: Some(self.guard),
                            control: None,
                            claims: planned
                                .claims
                                .then_some(ClaimChange::Take(claim))
                                .into_iter()
                                .collect(),
                            events: vec![encoded],
                        },
                    },
                }),
            )
        });
        sealed.collect()
    }
}

impl Enrolment {
    /// Enrols the leads of a plan as one import.
    pub(super) async fn import(self, plan: Plan) -> Result<Enrolled, EngineError> {
        let import = ImportId::from_uuid(self.core.services.ids.uuid());
        let opening = ImportOpening {
            file_name: self.request.file_name.clone(),
            rows: u32::try_from(plan.leads.len()).unwrap_or(u32::MAX),
            duplicates_skipped: plan.duplicates_skipped,
            variable_keys: plan.variable_keys,
        };
        self.steer(WorkflowCommand::OpenImport { import, opening }).await?;
        let mut done = Enrolled {
            duplicates_skipped: plan.duplicates_skipped,
            import: Some(import),
            ..Enrolled::default()
        };
        let outcome = match self.batches(import, plan.leads, &mut done).await {
            Ok(()) => self.close(import, &mut done).await,
            Err(error) => Err(error),
        };
        match outcome {
            Ok(()) => Ok(done),
            Err(error) => {
                let reason = format!("the enrolment failed: {error}");
                let given_up =
                    give_up(&self.core, self.cell.id, import, done.lead_ids, reason).await;
                if let Err(error) = given_up {
                    tracing::error!(%import, %error, "an import is left open until the next start");
                }
                Err(error)
            }
        }
    }

    /// A command to the workflow in the caller's name.
    async fn steer(&self, command: WorkflowCommand) -> Result<Option<Position>, EngineError> {
        // The caller's key names the lead's own record.
        let asked = self.asked.clone().without_key();
        let outcome = self.core.perform_workflow(self.cell.id, command, asked).await?;
        Ok(outcome.committed.position)
    }

    async fn close(&self, import: ImportId, done: &mut Enrolled) -> Result<(), EngineError> {
        let enrolled = u32::try_from(done.lead_ids.len()).unwrap_or(u32::MAX);
        let duplicates_skipped = done.duplicates_skipped;
        let closing = WorkflowCommand::CloseImport { import, enrolled, duplicates_skipped };
        done.committed.position = self.steer(closing).await?;
        if let Some(position) = done.committed.position {
            self.permit.recorded(position);
        }
        Ok(())
    }

    async fn batches(
        &self,
        import: ImportId,
        leads: Vec<PlannedLead>,
        done: &mut Enrolled,
    ) -> Result<(), EngineError> {
        let mut leads = leads.into_iter();
        loop {
            let ids = &self.core.services.ids;
            let batch: Vec<_> = leads
                .by_ref()
                .take(BATCH)
                .map(|planned| (LeadId::from_uuid(ids.uuid()), planned))
                .collect();
            if batch.is_empty() {
                return Ok(());
            }
            let sealer = Sealer {
                request: Arc::clone(&self.request),
                vault: Arc::clone(&self.core.services.vault),
                workflow: self.cell.id,
                organisation: self.cell.organisation,
                import,
                asked: self.asked.clone(),
                now: Micros(self.core.now().as_micros()),
                guard: self.cell.guard(&*self.view()?, false),
            };
            let records = blocking(move || sealer.seal(batch)).await?;
            self.record_batch(records, done).await?;
            // A stop gives the import up rather than keep everybody waiting for the rest of it.
            if self.core.stopping().is_set() {
                return Err(EngineError::ShuttingDown);
            }
        }
    }

    async fn record_batch(
        &self,
        mut batch: Vec<OnItsWay>,
        done: &mut Enrolled,
    ) -> Result<(), EngineError> {
        let mut enrolled = Vec::with_capacity(batch.len());
        for _ in 0..ATTEMPTS_MAX {
            let records = batch.iter().map(|lead| lead.record.clone()).collect();
            let outcomes = self.core.services.journal.append_all(records).await;
            let mut again = Vec::new();
            let mut moved = None;
            let mut failure = None;
            for (lead, outcome) in batch.into_iter().zip(outcomes) {
                match outcome {
                    Ok(appended) => {
                        self.permit.recorded(appended.position);
                        enrolled.push(lead.id);
                    }
                    Err(AppendError::GuardMoved { actual, .. }) => {
                        moved = Some(newest(moved, actual));
                        again.push(lead);
                    }
                    Err(AppendError::ClaimTaken { claim, .. })
                        if claim.kind == ClaimKind::ENROLLED =>
                    {
                        match self.request.duplicates {
                            Duplicates::Skip => done.duplicates_skipped += 1,
                            Duplicates::Reject => {
                                failure.get_or_insert_with(|| rejected(lead.row));
                            }
                            Duplicates::Allow => {
                                let mut lead = lead;
                                lead.record.body.claims.clear();
                                again.push(lead);
                            }
                        }
                    }
                    Err(error) => {
                        failure.get_or_insert_with(|| append_failed(error));
                    }
                }
            }
            if failure.is_some() || again.is_empty() {
                // Also what a failed batch enrolled: whoever gives it up must know of it.
                done.lead_ids.append(&mut enrolled);
                return failure.map_or(Ok(()), Err);
            }
            if let Some(actual) = moved {
                if !Rc::clone(&self.cell).caught_up(actual).await {
                    break;
                }
                self.guard_again(&mut again)
                    .inspect_err(|_| done.lead_ids.append(&mut enrolled))?;
            }
            batch = again;
        }
        done.lead_ids.append(&mut enrolled);
        Err(EngineError::Busy)
    }

    /// The workflow moved on and takes leads still: the records name how it is now.
    fn guard_again(&self, batch: &mut [OnItsWay]) -> Result<(), EngineError> {
        let guard = self.cell.guard(&*self.view()?, false);
        for lead in batch {
            lead.record.body.guard = Some(guard);
        }
        Ok(())
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

/// Withdraws the leads of an import, then says in its workflow that it was given up.
async fn give_up(
    core: &Rc<Core>,
    workflow: WorkflowId,
    import: ImportId,
    leads: Vec<LeadId>,
    reason: String,
) -> Result<(), EngineError> {
    let asked = Asked::engine("import");
    withdraw(core, &leads, &asked).await?;
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
        let reason = "the engine stopped before the import had ended".into();
        give_up(core, import.workflow, id, import.leads, reason).await?;
    }
    Ok(())
}
