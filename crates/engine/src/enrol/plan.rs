//! Checks a whole list: who would be enrolled, and everything that is wrong with it.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use branchline_domain::{
    id::{ImportId, LeadId, OrganisationId, WorkflowId},
    lead::{self, LeadCommand, LeadContext, LeadEvent, LeadState},
    personal::Personal,
    time::Timestamp,
    workflow::WorkflowView,
};
use branchline_event_codec::{Sealing, encode_lead};
use branchline_journal::store::EventStore;
use branchline_vault::{Vault, VaultError};

use crate::{
    EngineError, RowFault,
    command::{Duplicates, EnrolRequest, NewLead},
    lead_claims, phone,
    read_side::ReadSide,
};

/// Rows named for one reason. Unit: rows.
const ROWS_NAMED_MAX: usize = 100;

/// A lead that would be enrolled.
#[derive(Clone, Debug)]
pub(super) struct PlannedLead {
    /// Its place in the request.
    pub(super) index: usize,
    /// Where it comes from, for faults.
    pub(super) row: u64,
    pub(super) phone_number: String,
    pub(super) contact_tag: [u8; 16],
    pub(super) enrolment_tag: [u8; 16],
    /// Whether it takes the one enrolment of its number: with duplicates allowed, only the first.
    pub(super) claims: bool,
}

/// Who would be enrolled.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    pub(super) leads: Vec<PlannedLead>,
    pub(super) duplicates_skipped: u32,
    /// Names of the variables of all rows, in order of alphabet.
    pub(super) variable_keys: Vec<String>,
}

/// What a plan is made of.
pub(super) struct Planner {
    pub(super) request: Arc<EnrolRequest>,
    pub(super) view: Arc<WorkflowView>,
    pub(super) workflow: WorkflowId,
    pub(super) organisation: OrganisationId,
    pub(super) vault: Arc<Vault>,
    pub(super) store: Arc<dyn EventStore>,
    /// They show every enrolment that was answered before this one was asked for.
    pub(super) reads: Arc<ReadSide>,
}

/// Faults by their reason, in the order they were found.
#[derive(Default)]
struct Faults(Vec<RowFault>);

impl Faults {
    fn add(&mut self, reason: String, row: u64) {
        let known = self.0.iter().position(|fault| fault.reason == reason);
        let place = known.unwrap_or(self.0.len());
        if known.is_none() {
            self.0.push(RowFault { reason, rows: Vec::new() });
        }
        let fault = self.0.get_mut(place);
        if let Some(fault) = fault.filter(|fault| fault.rows.len() < ROWS_NAMED_MAX) {
            fault.rows.push(row);
        }
    }

    fn check(mut self) -> Result<(), EngineError> {
        if self.0.is_empty() {
            return Ok(());
        }
        for fault in &mut self.0 {
            fault.rows.sort_unstable();
        }
        Err(EngineError::Rows { faults: self.0 })
    }
}

impl Planner {
    /// Checks everything. All faults are found before any is told.
    pub(super) fn plan(&self) -> Result<Plan, EngineError> {
        let mut plan = Plan::default();
        let mut faults = Faults::default();
        let mut keys = BTreeSet::new();
        let mut seen = HashSet::with_capacity(self.request.leads.len());
        for (index, lead) in self.request.leads.iter().enumerate() {
            keys.extend(lead.variables.keys());
            let planned = match self.check(index, lead).map_err(|error| vault_failed(&error))? {
                Ok(planned) => planned,
                Err(reason) => {
                    faults.add(reason, lead.row);
                    continue;
                }
            };
            let in_list = !seen.insert(planned.contact_tag);
            let claim = lead_claims::enrolled(planned.enrolment_tag);
            // The claim is given back by whichever lead of the number is removed first; another
            // may be left, where duplicates were allowed.
            let in_workflow = !in_list
                && (self.store.claim_holder(claim).is_some()
                    || self
                        .reads
                        .look(|read| read.is_enrolled(self.workflow, planned.contact_tag)));
            match self.request.duplicates {
                Duplicates::Allow => {
                    plan.leads.push(PlannedLead { claims: !in_list && !in_workflow, ..planned });
                }
                _ if !in_list && !in_workflow => plan.leads.push(planned),
                Duplicates::Skip => plan.duplicates_skipped += 1,
                Duplicates::Reject if in_list => {
                    faults.add("the number is in the list before".into(), lead.row);
                }
                Duplicates::Reject => faults.add(already_enrolled(), lead.row),
            }
        }
        faults.check()?;
        plan.variable_keys = keys.into_iter().cloned().collect();
        Ok(plan)
    }

    /// Checks one lead; the inner error is what is wrong with its row.
    fn check(
        &self,
        index: usize,
        lead: &NewLead,
    ) -> Result<Result<PlannedLead, String>, VaultError> {
        let country = self.view.settings.default_country.as_deref();
        let phone_number = match phone::normalise(&lead.phone_number, country) {
            Ok(phone_number) => phone_number,
            Err(problem) => return Ok(Err(problem.to_string())),
        };
        if let Err(reason) = self.check_fields(lead) {
            return Ok(Err(reason));
        }
        let key = self.vault.organisation_key(self.organisation.as_uuid())?;
        let contact_tag = key.contact_tag(&phone_number);
        let enrolment_tag = key.enrolment_tag(self.workflow.as_uuid(), contact_tag);
        Ok(Ok(PlannedLead {
            index,
            row: lead.row,
            phone_number,
            contact_tag,
            enrolment_tag,
            claims: true,
        }))
    }

    /// Asks the rules and the codec whether they would take the variables and notes.
    fn check_fields(&self, lead: &NewLead) -> Result<(), String> {
        if lead.variables.is_empty() && lead.notes.is_none() {
            return Ok(());
        }
        let nobody = LeadId::from_u128(0);
        let enrolment = lead::Enrolment {
            workflow: self.workflow,
            phone_number: String::new(),
            contact_tag: [0; 16],
            key_slot: 0,
            variables: lead.variables.clone(),
            notes: lead.notes.clone(),
            // With an import nothing starts: only the enrolment itself is looked at.
            import: Some(ImportId::from_u128(0)),
        };
        let context = LeadContext { now: Timestamp::default(), lead: nobody, workflow: &self.view };
        let command = LeadCommand::Enrol(Box::new(enrolment));
        let events = lead::decide(&LeadState::default(), &command, &context)
            .map_err(|rejection| rejection.to_string())?;
        // Without a key nothing is sealed, and every limit is checked all the same.
        let sealing = Sealing { lead: nobody, key: None, nonce: &|| [0; 24] };
        events.iter().try_for_each(|event| {
            encode_lead(event, &sealing).map(drop).map_err(|error| error.to_string())
        })
    }
}

/// What is wrong with a row whose number is in the workflow already.
pub(super) fn already_enrolled() -> String {
    "the number is in the workflow already".into()
}

/// The enrolment of a planned lead.
pub(super) fn enrolment_event(
    workflow: WorkflowId,
    planned: &PlannedLead,
    lead: &NewLead,
    key_slot: u32,
    import: Option<ImportId>,
) -> LeadEvent {
    LeadEvent::LeadEnrolled {
        workflow,
        contact_tag: planned.contact_tag,
        key_slot,
        phone_number: Personal::Known(planned.phone_number.clone()),
        variables: Personal::Known(lead.variables.clone()),
        notes: Personal::Known(lead.notes.clone()),
        import,
    }
}

/// Keys cannot be read or made.
pub(super) fn vault_failed(error: &VaultError) -> EngineError {
    tracing::error!(error = error as &dyn std::error::Error, "the vault failed in an enrolment");
    EngineError::Unavailable { reason: format!("the keys are unavailable: {error}").into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_told_by_reason_with_at_most_a_hundred_rows() {
        let mut faults = Faults::default();
        for row in (2..=500).rev() {
            faults.add("empty".into(), row);
        }
        faults.add("too short".into(), 7);
        let Err(EngineError::Rows { faults }) = faults.check() else { panic!("faults are told") };
        assert_eq!(faults.len(), 2);
        assert_eq!(faults[0].rows.len(), ROWS_NAMED_MAX);
        assert!(faults[0].rows.is_sorted());
        assert_eq!(faults[1], RowFault { reason: "too short".into(), rows: vec![7] });
    }
}
