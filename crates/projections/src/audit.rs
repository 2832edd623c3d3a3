//! Everything there is, also what lists do not show: for those who compare two readers.

use branchline_domain::{
    id::{LeadId, WorkflowId},
    lead::HoldCode,
    time::Timestamp,
};

use crate::{
    Projections,
    arena::NONE,
    imports::ImportRow,
    rows::{CallRow, LeadRow, WorkflowRow},
    stored::StoredLead,
};

/// A lead, whether lists show it or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EveryLead {
    number: u32,
    /// What lists would show.
    pub row: LeadRow,
    /// Whether it was taken out with an import that was given up.
    pub withdrawn: bool,
    /// Whether its import has not been closed, so that it does not count yet.
    pub in_open_import: bool,
}

impl Projections {
    /// Every workflow that records named, in the order of its first record: deleted ones too, and
    /// those of which only leads are known.
    pub fn every_workflow(&self) -> impl Iterator<Item = WorkflowRow<'_>> {
        self.workflows.all().map(|(_, stored)| crate::lists::show_workflow(stored))
    }

    /// Every lead in order of enrolment.
    pub fn every_lead(&self) -> impl Iterator<Item = EveryLead> {
        (0..self.leads.len()).filter_map(|number| self.numbered_lead(number))
    }

    /// How many leads there are, whether lists show them or not.
    pub const fn lead_count(&self) -> u32 {
        self.leads.len()
    }

    /// How many calls there are.
    pub const fn call_count(&self) -> u32 {
        self.calls.len()
    }

    /// A lead, whether lists show it or not.
    pub fn any_lead(&self, id: LeadId) -> Option<EveryLead> {
        self.numbered_lead(self.lead_number(id)?)
    }

    fn numbered_lead(&self, number: u32) -> Option<EveryLead> {
        let lead = self.leads.get(number)?;
        let row = self.show_lead(lead)?;
        let StoredLead { withdrawn, in_open_import, .. } = *lead;
        Some(EveryLead { number, row, withdrawn, in_open_import })
    }

    /// All calls of a lead, newest first.
    pub fn calls_of(&self, lead: &EveryLead) -> impl Iterator<Item = CallRow> {
        let newest = self.leads.get(lead.number).map_or(NONE, |lead| lead.last_call);
        let rows = std::iter::successors(Some(newest), |&row| {
            self.calls.get(row).map(|call| call.previous)
        });
        rows.take_while(|&row| row != NONE).filter_map(|row| self.show_call(self.calls.get(row)?))
    }

    /// Every import of a workflow, in the order they began.
    pub fn every_import(&self, workflow: WorkflowId) -> impl Iterator<Item = &ImportRow> {
        let numbers = self.workflows.by_id(workflow).into_iter().flat_map(|stored| &stored.imports);
        numbers.filter_map(|&number| Some(&self.imports.get(number)?.row))
    }

    /// Held leads of a workflow by what holds them; reasons that hold nobody are left out.
    pub fn held_counts(&self, workflow: WorkflowId) -> Vec<(HoldCode, u64)> {
        let held = self.workflows.by_id(workflow).into_iter().flat_map(|stored| &stored.held);
        held.filter(|(_, leads)| !leads.is_empty())
            .map(|(&code, leads)| (code, leads.len() as u64))
            .collect()
    }

    /// When the next release of a workflow's leads falls due; `None` also while it does not move.
    pub fn next_due_of(&self, workflow: WorkflowId) -> Option<Timestamp> {
        self.releases.next_of(self.workflows.number(workflow)?)
    }
}
