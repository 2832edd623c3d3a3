//! Makes the records of an import on a thread of its own, ahead of the journal: reads the list
//! again, makes keys and syncs them, seals fields.

use std::{ops::ControlFlow, sync::Arc};

use branchline_domain::id::{ImportId, LeadId, OrganisationId, WorkflowId};
use branchline_event_codec::{Sealing, encode_lead};
use branchline_journal::record::{
    ClaimChange, ExpectedVersion, Micros, NewRecord, RecordBody, StreamId,
};
use branchline_vault::{KeySlot, LeadKey, Vault};
use tokio::sync::mpsc;

use super::plan::{Fate, Numbers, PlannedLead, enrolment_event, vault_failed};
use crate::{
    EngineError,
    asked::Asked,
    lead_claims,
    lead_list::{LeadList, ListRow},
    ports::{Clock, Ids},
};

/// Leads enrolled in one group. Unit: leads. Other commands are decided between two groups, and each
/// group costs one sync of the keys.
const BATCH: usize = 1_000;
/// Groups made ahead of the journal. Unit: groups.
const AHEAD: usize = 2;

/// A lead on its way to the journal.
pub(super) struct OnItsWay {
    pub(super) id: LeadId,
    /// Where it comes from, for faults.
    pub(super) row: u64,
    /// Without its guard: that is what holds when it is appended.
    pub(super) record: NewRecord,
}

/// Leads that go to the journal together, or why there are none.
pub(super) type Batch = Result<Vec<OnItsWay>, EngineError>;

/// Makes the records of an import.
pub(super) struct Sealer {
    pub(super) list: Arc<dyn LeadList>,
    pub(super) numbers: Arc<Numbers>,
    pub(super) fates: Vec<Fate>,
    pub(super) vault: Arc<Vault>,
    pub(super) ids: Arc<dyn Ids>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) workflow: WorkflowId,
    pub(super) organisation: OrganisationId,
    pub(super) import: ImportId,
    pub(super) asked: Asked,
}

impl Sealer {
    /// Starts the thread. It ends with the list, after the first batch that failed, or when nobody
    /// takes batches any more.
    pub(super) fn start(self) -> mpsc::Receiver<Batch> {
        let (send, batches) = mpsc::channel(AHEAD);
        // Whoever takes the batches counts the leads, so a panic in here does not go unnoticed.
        drop(tokio::task::spawn_blocking(move || self.run(&send)));
        batches
    }

    fn run(self, send: &mpsc::Sender<Batch>) {
        let mut fates = self.fates.iter();
        let mut batch = Vec::with_capacity(BATCH);
        let mut taking = true;
        self.list.read(&mut |row| {
            match self.again(row, fates.next()) {
                Ok(planned) => batch.extend(planned),
                Err(error) => {
                    // Whoever takes batches may be gone already.
                    let _ = send.blocking_send(Err(error));
                    taking = false;
                }
            }
            if batch.len() == BATCH {
                let sealed = self.seal(std::mem::take(&mut batch));
                taking = sealed.is_ok();
                taking &= send.blocking_send(sealed).is_ok();
            }
            if taking { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        if taking && !batch.is_empty() {
            let _ = send.blocking_send(self.seal(batch));
        }
    }

    /// The row, which was sound when it was read first; `None` when it is not enrolled.
    fn again(&self, row: ListRow, fate: Option<&Fate>) -> Result<Option<PlannedLead>, EngineError> {
        match (row.and_then(|lead| self.numbers.plan(lead)), fate) {
            (Ok(_), Some(Fate::Skipped)) => Ok(None),
            (Ok(planned), Some(Fate::Enrolled)) => Ok(Some(planned)),
            (Ok(planned), Some(Fate::EnrolledBeside)) => {
                Ok(Some(PlannedLead { claims: false, ..planned }))
            }
            (Err(_), _) | (Ok(_), None) => {
                tracing::error!(import = %self.import, "a list reads differently the second time");
                let reason = "the list of leads has changed meanwhile".into();
                Err(EngineError::Unavailable { reason })
            }
        }
    }

    fn seal(&self, batch: Vec<PlannedLead>) -> Batch {
        let ids: Vec<_> = batch.iter().map(|_| self.ids.uuid()).collect();
        // The keys are on disk before anything is sealed with them.
        let keys = self.vault.create_keys(&ids).map_err(|error| vault_failed(&error))?;
        let now = Micros(self.clock.now().as_micros());
        let sealed = batch.into_iter().zip(ids).zip(keys);
        sealed
            .map(|((planned, id), key)| self.lead(LeadId::from_uuid(id), planned, key, now))
            .collect()
    }

    fn lead(
        &self,
        id: LeadId,
        planned: PlannedLead,
        (slot, key): (KeySlot, LeadKey),
        now: Micros,
    ) -> Result<OnItsWay, EngineError> {
        let row = planned.lead.row;
        let claim = ClaimChange::Take(lead_claims::enrolled(planned.enrolment_tag));
        let claims = planned.claims.then_some(claim).into_iter().collect();
        let event = enrolment_event(self.workflow, planned, slot.0, self.import);
        let nonce = || self.vault.nonce();
        let sealing = Sealing { lead: id, key: Some(&key), nonce: &nonce };
        let encoded = encode_lead(&event, &sealing)
            .map_err(|error| EngineError::TooLarge { problem: error.to_string() })?;
        let record = NewRecord {
            expected: ExpectedVersion::NoStream,
            body: RecordBody {
                organisation: self.organisation.as_uuid(),
                stream: StreamId::lead(id.as_uuid()),
                recorded_at: now,
                principal: Arc::clone(&self.asked.principal),
                cause: self.asked.cause.clone(),
                key: self.asked.key.clone(),
                guard: None,
                control: None,
                claims,
                events: vec![encoded],
            },
        };
        Ok(OnItsWay { id, row, record })
    }
}
