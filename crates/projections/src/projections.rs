//! All read models that live in memory, folded together.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use branchline_domain::{
    decider::Recorded,
    id::{ImportId, LeadId, WorkflowId},
    lead::ApplicationStage,
    time::Timestamp,
    workflow::{self, WorkflowEvent},
};
use branchline_journal::record::Position;

use crate::{
    arena::{Index, Rows},
    due::DueQueue,
    fact::{Fact, FactEvents},
    imports::Imports,
    organisations::Organisations,
    provider_refs::ProviderRefs,
    standing::Standing,
    stored::{StoredCall, StoredLead},
    workflows::Workflows,
};

/// The read models that live in memory: ids, statuses, nodes, holds and due times. Personal values
/// are in the streams.
///
/// Fold every record in order of position. A position that was folded before is skipped, so a
/// redelivery does no harm. The same records give the same answers, whoever folds them.
#[derive(Clone, Default, PartialEq)]
pub struct Projections {
    pub(crate) position: Position,
    /// When the newest record was decided: "now", as far as a fold can know.
    pub(crate) latest_at: Timestamp,
    pub(crate) workflows: Workflows,
    pub(crate) leads: Rows<StoredLead>,
    pub(crate) leads_by_id: Index,
    /// The newest lead of each contact tag.
    pub(crate) leads_by_contact: Index,
    /// Nodes beyond the 64th of its workflow that a lead has passed.
    pub(crate) passed_beyond: BTreeMap<u32, BTreeSet<u32>>,
    pub(crate) calls: Rows<StoredCall>,
    /// Calls handed out and not heard of since.
    pub(crate) unanswered: BTreeSet<u32>,
    /// Those of them with a lease, by its end.
    pub(crate) leases: BTreeSet<(Timestamp, u32)>,
    /// When a lead is to be looked at for another reason than its release.
    pub(crate) wakes: BTreeMap<u32, Timestamp>,
    /// Before when a requested call is not to be dialled.
    pub(crate) not_before: BTreeMap<u32, Timestamp>,
    /// Leads with a try of an application that is wanted or under way.
    pub(crate) applications: BTreeMap<u32, ApplicationStage>,
    /// Leads whose personal fields were erased: when, and by which record.
    pub(crate) erased: BTreeMap<u32, (Timestamp, Position)>,
    pub(crate) releases: DueQueue,
    pub(crate) deadlines: DueQueue,
    pub(crate) imports: Imports,
    pub(crate) organisations: Organisations,
    /// Names that providers gave calls.
    pub(crate) provider_refs: ProviderRefs,
}

impl fmt::Debug for Projections {
    /// How much there is, not a million rows: handles that hold projections are printed in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Projections")
            .field("position", &self.position)
            .field("workflows", &self.workflows.all().count())
            .field("leads", &self.leads.len())
            .field("calls", &self.calls.len())
            .finish_non_exhaustive()
    }
}

impl Projections {
    /// Before any record.
    pub fn new() -> Self {
        Self::default()
    }

    /// The last record that was folded in.
    pub const fn position(&self) -> Position {
        self.position
    }

    /// When the newest record was decided.
    pub const fn latest_at(&self) -> Timestamp {
        self.latest_at
    }

    /// Takes one more record in. Total: a record that does not fit what is known is folded as far
    /// as it makes sense.
    pub fn fold(&mut self, fact: &Fact<'_>) {
        if fact.position <= self.position {
            return;
        }
        self.position = fact.position;
        self.latest_at = self.latest_at.max(fact.at);
        match fact.events {
            FactEvents::Workflow(id, events) => self.fold_workflow(id, events, fact),
            FactEvents::Lead(id, events) => self.fold_lead(id, events, fact),
            FactEvents::Organisation(id, events) => self.fold_organisation(id, events, fact),
        }
    }

    fn fold_workflow(&mut self, id: WorkflowId, events: &[WorkflowEvent], fact: &Fact<'_>) {
        let number = self.workflows.number_or_new(id, fact.organisation);
        let Some(stored) = self.workflows.get_mut(number) else { return };
        let before = (stored.state.exists, stored.state.deleted, stored.state.status);
        let zone = stored.state.settings.default_timezone.clone();
        let recorded = Recorded { at: fact.at, position: fact.position.0 };
        for event in events {
            workflow::evolve(&mut stored.state, event, recorded);
        }
        stored.organisation = fact.organisation;
        let zone_now = &stored.state.settings.default_timezone;
        stored.insights.hours.change_zone(&zone, zone_now, fact.at);
        if before != (stored.state.exists, stored.state.deleted, stored.state.status) {
            stored.status_position = fact.position;
        }
        let (moving, deadline_s) = (stored.is_moving(), stored.state.settings.call_deadline_s);
        self.releases.set_lane(number, moving, 0);
        self.deadlines.set_lane(number, moving, deadline_s);
        for event in events {
            self.fold_import(number, id, event, fact.at);
        }
    }

    fn fold_import(&mut self, workflow: u32, id: WorkflowId, event: &WorkflowEvent, at: Timestamp) {
        match event {
            WorkflowEvent::ImportOpened { import, opening } => {
                let opened = self.imports.open(*import, id, opening, at);
                if let (Some(number), Some(stored)) = (opened, self.workflows.get_mut(workflow)) {
                    stored.imports.push(number);
                }
            }
            WorkflowEvent::ImportClosed { import, enrolled, duplicates_skipped } => {
                self.close_import(*import, *enrolled, *duplicates_skipped);
            }
            WorkflowEvent::ImportCancelled { import, reason } => {
                self.cancel_import(*import, reason);
            }
            WorkflowEvent::ImportRefused { import, refusal } => {
                let refused = self.imports.refuse(*import, id, refusal, at);
                if let (Some(number), Some(stored)) = (refused, self.workflows.get_mut(workflow)) {
                    stored.imports.push(number);
                }
            }
            WorkflowEvent::WorkflowCreated { .. }
            | WorkflowEvent::WorkflowRenamed { .. }
            | WorkflowEvent::SettingsChanged { .. }
            | WorkflowEvent::GraphRevised { .. }
            | WorkflowEvent::GraphStaged { .. }
            | WorkflowEvent::NodeReplaced { .. }
            | WorkflowEvent::WorkflowActivated
            | WorkflowEvent::WorkflowPaused
            | WorkflowEvent::WorkflowResumed
            | WorkflowEvent::WorkflowCompleted { .. }
            | WorkflowEvent::WorkflowCancelled
            | WorkflowEvent::WorkflowDeleted => {}
        }
    }

    fn close_import(&mut self, import: ImportId, enrolled: u32, skipped: u32) {
        let Some(number) = self.imports.number(import) else { return };
        for lead in self.imports.close(number, enrolled, skipped) {
            self.change_lead(lead, |_, lead| lead.in_open_import = false);
        }
    }

    /// The leads of an import that was given up count for nothing, withdrawn already or not.
    fn cancel_import(&mut self, import: ImportId, reason: &str) {
        let Some(number) = self.imports.number(import) else { return };
        self.imports.cancel(number, reason);
        let leads: Vec<u32> = self
            .imports
            .get(number)
            .map(|import| import.leads.iter().copied().collect())
            .unwrap_or_default();
        for lead in leads {
            self.change_lead(lead, |_, lead| lead.withdrawn = true);
        }
    }

    /// Where a lead stands now.
    pub(crate) fn standing(&self, row: u32, lead: &StoredLead) -> Standing {
        let call = (lead.call != 0).then(|| self.call_row(lead, lead.call)).flatten();
        let wake = self.wakes.get(&row).copied();
        Standing::of(lead, call.and_then(|row| self.calls.get(row)), wake)
    }

    /// Changes a lead, and what counts, sets and queues hold about it.
    pub(crate) fn change_lead(
        &mut self,
        row: u32,
        change: impl FnOnce(&mut Self, &mut StoredLead),
    ) {
        let Some(&old) = self.leads.get(row) else { return };
        let before = self.standing(row, &old);
        let mut new = old;
        change(self, &mut new);
        if let Some(place) = self.leads.get_mut(row) {
            *place = new;
        }
        let after = self.standing(row, &new);
        self.restand(row, new.workflow, &before, &after);
    }

    pub(crate) fn restand(&mut self, row: u32, workflow: u32, before: &Standing, after: &Standing) {
        if let Some(stored) = self.workflows.get_mut(workflow) {
            stored.restand(row, before, after);
        }
        self.releases.change(workflow, row, before.release, after.release);
        self.deadlines.change(workflow, row, before.awaited_since, after.awaited_since);
    }

    /// Row of a lead.
    pub(crate) fn lead_number(&self, id: LeadId) -> Option<u32> {
        self.leads_by_id.find(id.as_uuid().into_bytes(), |row| {
            self.leads.get(row).is_some_and(|lead| lead.id == id)
        })
    }

    /// Row of a lead's call by its number: a walk back from the newest, which is mostly it.
    pub(crate) fn call_row(&self, lead: &StoredLead, number: u32) -> Option<u32> {
        let mut row = lead.last_call;
        loop {
            let call = self.calls.get(row)?;
            if call.number == number {
                return Some(row);
            }
            row = call.previous;
        }
    }
}
