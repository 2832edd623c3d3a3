//! One lead: one record, with its first steps when the workflow is active.

use std::{rc::Rc, sync::Arc};

use branchline_domain::{
    id::LeadId,
    lead::{self, LeadCommand, LeadContext, LeadEvent, LeadState},
    workflow::WorkflowView,
};
use branchline_event_codec::{Sealing, encode_lead};
use branchline_journal::{
    record::{ClaimChange, ClaimKind, ExpectedVersion, Micros, NewRecord, RecordBody, StreamId},
    store::{AppendError, Appended},
};
use branchline_vault::{KeySlot, LeadKey};

use super::{
    Enrolment, blocking,
    plan::{Plan, PlannedLead, already_enrolled, vault_failed},
};
use crate::{
    EngineError, RowFault,
    command::{Duplicates, Enrolled},
    lead_actor::guard,
    lead_claims,
    refusals::{append_failed, refused},
    repeat,
};

/// The lead that is being enrolled.
struct One {
    id: LeadId,
    planned: PlannedLead,
    slot: KeySlot,
    key: LeadKey,
}

impl Enrolment {
    /// Enrols the one lead of a plan.
    pub(super) async fn one(self, plan: Plan) -> Result<Enrolled, EngineError> {
        let Some(planned) = plan.first else { return Ok(Enrolled::default()) };
        let id = LeadId::from_uuid(self.core.services.ids.uuid());
        let vault = Arc::clone(&self.core.services.vault);
        // The key is on disk before anything is sealed with it.
        let made = blocking(move || {
            vault.create_keys(&[id.as_uuid()]).map_err(|error| vault_failed(&error))
        });
        let Some((slot, key)) = made.await?.into_iter().next() else {
            return Err(EngineError::Unavailable { reason: "the vault made no key".into() });
        };
        let mut one = One { id, planned, slot, key };
        for _ in 0..self.core.config().decide_attempts_max {
            let record = self.record(&one)?;
            match self.core.services.journal.append(record).await {
                Ok(appended) => return Ok(self.enrolled(&one, appended)),
                Err(AppendError::GuardMoved { actual, .. }) => {
                    if !Rc::clone(&self.cell).caught_up(actual).await {
                        return Err(EngineError::Busy);
                    }
                }
                Err(AppendError::ClaimTaken { claim, .. }) if claim.kind == ClaimKind::ENROLLED => {
                    match self.duplicates {
                        Duplicates::Skip => {
                            return Ok(Enrolled { duplicates_skipped: 1, ..Enrolled::default() });
                        }
                        Duplicates::Reject => {
                            let fault = RowFault {
                                reason: already_enrolled(),
                                rows: vec![one.planned.lead.row],
                            };
                            return Err(EngineError::Rows { faults: vec![fault] });
                        }
                        Duplicates::Allow => one.planned.claims = false,
                    }
                }
                Err(AppendError::KeyKnown { .. }) => {
                    // The same request was in flight, and came first.
                    let first = repeat::known(&self.core, self.cell.organisation, &self.asked)?;
                    let first = first.ok_or(EngineError::KeyReused)?;
                    return super::repeated(&self.core, first).await;
                }
                Err(error) => return Err(append_failed(error)),
            }
        }
        Err(EngineError::Busy)
    }

    fn enrolled(&self, one: &One, appended: Appended) -> Enrolled {
        self.permit.recorded(appended.position);
        Enrolled {
            lead_ids: vec![one.id],
            duplicates_skipped: 0,
            import: None,
            committed: appended.position.into(),
        }
    }

    fn decide(&self, one: &One, view: &WorkflowView) -> Result<Vec<LeadEvent>, EngineError> {
        let command = LeadCommand::Enrol(Box::new(lead::Enrolment {
            workflow: self.cell.id,
            phone_number: one.planned.phone_number.clone(),
            contact_tag: one.planned.contact_tag,
            key_slot: one.slot.0,
            variables: one.planned.lead.variables.clone(),
            notes: one.planned.lead.notes.clone(),
            import: None,
        }));
        let context = LeadContext { now: self.core.now(), lead: one.id, workflow: view };
        lead::decide(&LeadState::default(), &command, &context)
            .map_err(|rejection| refused(one.id, rejection))
    }

    fn record(&self, one: &One) -> Result<NewRecord, EngineError> {
        let view = self.view()?;
        let now = self.core.now();
        let events = self.decide(one, &view)?;
        let vault = &self.core.services.vault;
        let sealing = Sealing { lead: one.id, key: Some(&one.key), nonce: &|| vault.nonce() };
        let encoded = events
            .iter()
            .map(|event| encode_lead(event, &sealing))
            .collect::<Result<_, _>>()
            .map_err(|error| EngineError::TooLarge { problem: error.to_string() })?;
        let claim = lead_claims::enrolled(one.planned.enrolment_tag);
        Ok(NewRecord {
            expected: ExpectedVersion::NoStream,
            body: RecordBody {
                organisation: self.cell.organisation.as_uuid(),
                stream: StreamId::lead(one.id.as_uuid()),
                recorded_at: Micros(now.as_micros()),
                principal: Arc::clone(&self.asked.principal),
                cause: self.asked.cause.clone(),
                key: self.asked.key.clone(),
                guard: guard(&self.cell, &view, &events),
                control: None,
                claims: one
                    .planned
                    .claims
                    .then_some(ClaimChange::Take(claim))
                    .into_iter()
                    .collect(),
                events: encoded,
            },
        })
    }
}
