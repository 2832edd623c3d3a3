//! Checks a whole list: who would be enrolled, and everything that is wrong with it.

use std::{
    collections::{BTreeSet, HashSet},
    ops::ControlFlow,
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
use branchline_vault::{OrganisationKey, Vault, VaultError};

use super::faults::{Faults, RefusedList};
use crate::{
    EngineError,
    command::{Duplicates, NewLead},
    lead_claims,
    lead_list::{LeadList, ListFault, ListRow},
    phone::Normaliser,
    read_side::ReadSide,
};

/// A lead that would be enrolled.
#[derive(Clone, Debug)]
pub(super) struct PlannedLead {
    pub(super) lead: NewLead,
    /// Its number, E.164.
    pub(super) phone_number: String,
    pub(super) contact_tag: [u8; 16],
    pub(super) enrolment_tag: [u8; 16],
    /// Whether it takes the one enrolment of its number: with duplicates allowed, only the first.
    pub(super) claims: bool,
}

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is a duplicate.
    Skipped,
    /// It is enrolled and takes the one enrolment of its number.
    Enrolled,
    /// It is enrolled beside another lead with its number.
    EnrolledBeside,
}

/// Who would be enrolled. Holds a byte a row, and the leads of a short list only.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    /// Rows that were read.
    pub(super) rows: u32,
    /// Leads that would be enrolled.
    pub(super) leads: u32,
    pub(super) duplicates_skipped: u32,
    /// Names of the variables of all rows, in order of alphabet.
    pub(super) variable_keys: Vec<String>,
    /// What becomes of each row, in order.
    pub(super) fates: Vec<Fate>,
    /// The first lead that would be enrolled.
    pub(super) first: Option<PlannedLead>,
}

/// Makes numbers E.164 and tags of them. The same for both readings of a list, whatever becomes of
/// the workflow's settings in between.
pub(super) struct Numbers {
    normaliser: Normaliser,
    key: OrganisationKey,
    workflow: WorkflowId,
}

impl Numbers {
    pub(super) fn of(
        view: &WorkflowView,
        workflow: WorkflowId,
        organisation: OrganisationId,
        vault: &Vault,
    ) -> Result<Self, EngineError> {
        let key =
            vault.organisation_key(organisation.as_uuid()).map_err(|error| vault_failed(&error))?;
        let normaliser = Normaliser::of(view.settings.default_country.as_deref());
        Ok(Self { normaliser, key, workflow })
    }

    /// The lead with its number as it would be enrolled, or what is wrong with the number.
    pub(super) fn plan(&self, lead: NewLead) -> Result<PlannedLead, ListFault> {
        let phone_number = self
            .normaliser
            .normalise(&lead.phone_number)
            .map_err(|problem| ListFault::at(lead.row, problem.to_string()))?;
        let contact_tag = self.key.contact_tag(&phone_number);
        let enrolment_tag = self.key.enrolment_tag(self.workflow.as_uuid(), contact_tag);
        Ok(PlannedLead { lead, phone_number, contact_tag, enrolment_tag, claims: true })
    }
}

/// What a plan is made of.
pub(super) struct Planner {
    pub(super) list: Arc<dyn LeadList>,
    pub(super) duplicates: Duplicates,
    /// Most rows taken. Unit: rows.
    pub(super) rows_max: u32,
    pub(super) view: Arc<WorkflowView>,
    pub(super) workflow: WorkflowId,
    pub(super) numbers: Arc<Numbers>,
    pub(super) store: Arc<dyn EventStore>,
    /// They show every enrolment that was answered before this one was asked for.
    pub(super) reads: Arc<ReadSide>,
}

/// A list that is being checked.
struct Checking<'a> {
    planner: &'a Planner,
    plan: Plan,
    faults: Faults,
    keys: BTreeSet<String>,
    /// Tags of the numbers seen before in the list.
    seen: HashSet<[u8; 16]>,
}

impl Planner {
    /// Checks everything. All faults are found before any is told.
    pub(super) fn plan(&self) -> Result<Plan, Box<RefusedList>> {
        let mut checking = Checking {
            planner: self,
            plan: Plan::default(),
            faults: Faults::default(),
            keys: BTreeSet::new(),
            seen: HashSet::new(),
        };
        self.list.read(&mut |row| checking.take(row));
        let Checking { mut plan, faults, keys, .. } = checking;
        if plan.rows > self.rows_max {
            let problem = format!("the list has more than {} rows: cut it", self.rows_max);
            return Err(RefusedList::of_length(plan.rows, problem).into());
        }
        faults.check(plan.rows)?;
        if plan.rows == 0 {
            let problem = format!("the list has no rows; one takes 1 to {}", self.rows_max);
            return Err(RefusedList::of_length(0, problem).into());
        }
        plan.variable_keys = keys.into_iter().collect();
        Ok(plan)
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

impl Checking<'_> {
    fn take(&mut self, row: ListRow) -> ControlFlow<()> {
        let is_row = row.as_ref().map_or_else(|fault| !fault.whole, |_| true);
        self.plan.rows += u32::from(is_row);
        let planned = row.and_then(|lead| self.check(lead));
        if let Err(fault) = planned.and_then(|planned| self.place(planned)) {
            self.faults.add(fault);
        }
        // One more than may be is enough to know.
        if self.plan.rows > self.planner.rows_max {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn check(&mut self, lead: NewLead) -> Result<PlannedLead, ListFault> {
        for key in lead.variables.keys() {
            if !self.keys.contains(key) {
                self.keys.insert(key.clone());
            }
        }
        let fields = self.planner.check_fields(&lead);
        let row = lead.row;
        let planned = self.planner.numbers.plan(lead)?;
        fields.map_err(|reason| ListFault::at(row, reason))?;
        Ok(planned)
    }

    /// Decides what becomes of a sound row.
    fn place(&mut self, planned: PlannedLead) -> Result<(), ListFault> {
        let in_list = !self.seen.insert(planned.contact_tag);
        let claim = lead_claims::enrolled(planned.enrolment_tag);
        // The claim is given back by whichever lead of the number is removed first; another may be
        // left, where duplicates were allowed.
        let Planner { store, reads, workflow, .. } = self.planner;
        let tag = planned.contact_tag;
        let in_workflow = !in_list
            && (store.claim_holder(claim).is_some()
                || reads.look(|read| read.is_enrolled(*workflow, tag)));
        let row = planned.lead.row;
        let fate = match self.planner.duplicates {
            _ if !in_list && !in_workflow => Fate::Enrolled,
            Duplicates::Allow => Fate::EnrolledBeside,
            Duplicates::Skip => Fate::Skipped,
            Duplicates::Reject if in_list => {
                return Err(ListFault::at(row, "the number is in the list before"));
            }
            Duplicates::Reject => return Err(ListFault::at(row, already_enrolled())),
        };
        self.plan.fates.push(fate);
        if fate == Fate::Skipped {
            self.plan.duplicates_skipped += 1;
            return Ok(());
        }
        self.plan.leads += 1;
        if self.plan.first.is_none() {
            self.plan.first = Some(PlannedLead { claims: fate == Fate::Enrolled, ..planned });
        }
        Ok(())
    }
}

/// What is wrong with a row whose number is in the workflow already.
pub(super) fn already_enrolled() -> String {
    "the number is in the workflow already".into()
}

/// The enrolment of a planned lead.
pub(super) fn enrolment_event(
    workflow: WorkflowId,
    planned: PlannedLead,
    key_slot: u32,
    import: ImportId,
) -> LeadEvent {
    LeadEvent::LeadEnrolled {
        workflow,
        contact_tag: planned.contact_tag,
        key_slot,
        phone_number: Personal::Known(planned.phone_number),
        variables: Personal::Known(planned.lead.variables),
        notes: Personal::Known(planned.lead.notes),
        import: Some(import),
    }
}

/// Keys cannot be read or made.
pub(super) fn vault_failed(error: &VaultError) -> EngineError {
    tracing::error!(error = error as &dyn std::error::Error, "the vault failed in an enrolment");
    EngineError::Unavailable { reason: format!("the keys are unavailable: {error}").into() }
}
