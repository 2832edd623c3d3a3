//! What an operator watches: counts over everything there is, of all organisations.

use std::collections::BTreeMap;

use branchline_domain::{
    id::{OrganisationId, WorkflowId},
    lead::HoldCode,
    time::Timestamp,
    workflow::WorkflowStatus,
};

use crate::{Projections, StatusCounts, workflows::StoredWorkflow};

/// How much there is of everything. Deleted workflows, and their leads, do not count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Workflows by status; statuses that no workflow has are missing.
    pub workflows: BTreeMap<WorkflowStatus, u64>,
    /// Leads by status.
    pub leads: StatusCounts,
    /// Leads that are held, by reason; reasons for which none is are missing. Those of workflows
    /// that have ended never go on, so they do not wait for anybody.
    pub held: BTreeMap<HoldCode, u64>,
    /// Calls of active workflows that may be dialled now and that nobody has taken.
    pub calls_requested: u64,
    /// Calls of active workflows that were put off to a calling window.
    pub calls_scheduled: u64,
    /// Calls whose dialling has begun and that have no final status.
    pub calls_in_progress: u64,
    /// Messages of telephony providers that could not be used and wait for a person.
    pub provider_events_unmatched: u64,
    /// When the oldest release, deadline of a call and hand-out that nobody has dealt with falls or
    /// fell due.
    pub due: DueTimes,
}

/// The times that timers wait for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DueTimes {
    /// The wait of a lead ends.
    pub release: Option<Timestamp>,
    /// A call should have had its final status.
    pub call_deadline: Option<Timestamp>,
    /// The hand-out of a call to an external carrier ends.
    pub lease: Option<Timestamp>,
}

impl Projections {
    /// How much there is of everything. Takes time for each workflow, none for leads and calls.
    pub fn totals(&self) -> Totals {
        self.totals_of(|_| true)
    }

    /// The same for one organisation. `due` is that of all.
    pub fn totals_of_organisation(&self, organisation: OrganisationId) -> Totals {
        self.totals_of(|stored| stored.organisation == organisation)
    }

    /// The same for one workflow, in no time. `due` is that of all.
    pub fn totals_of_workflow(&self, workflow: WorkflowId) -> Totals {
        let mut totals = self.nothing_yet();
        if let Some(stored) = self.workflows.by_id(workflow).filter(|stored| stored.is_there()) {
            totals.count(stored);
        }
        totals
    }

    /// Leads of a workflow whose wait ends before a time, whatever its status; at most `most` are
    /// counted.
    pub fn releases_before(&self, workflow: WorkflowId, until: Timestamp, most: usize) -> usize {
        let number = self.workflows.number(workflow);
        number.map_or(0, |number| self.releases.count_before(number, until, most))
    }

    fn totals_of(&self, wanted: impl Fn(&StoredWorkflow) -> bool) -> Totals {
        let mut totals = self.nothing_yet();
        let there = self.workflows.all().map(|(_, stored)| stored);
        for stored in there.filter(|stored| stored.is_there() && wanted(stored)) {
            totals.count(stored);
        }
        totals
    }

    fn nothing_yet(&self) -> Totals {
        Totals {
            due: DueTimes {
                release: self.next_due(),
                call_deadline: self.next_call_deadline(),
                lease: self.next_lease_end(),
            },
            provider_events_unmatched: self.unmatched_provider_events() as u64,
            ..Totals::default()
        }
    }
}

impl Totals {
    fn count(&mut self, stored: &StoredWorkflow) {
        *self.workflows.entry(stored.state.status).or_default() += 1;
        self.leads.add(&stored.by_status);
        self.calls_in_progress += stored.in_progress.len() as u64;
        if stored.is_moving() {
            self.calls_requested += stored.requested.len() as u64;
            self.calls_scheduled += stored.scheduled.len() as u64;
        }
        if !stored.has_ended() {
            for (&code, leads) in stored.held.iter().filter(|(_, leads)| !leads.is_empty()) {
                *self.held.entry(code).or_default() += leads.len() as u64;
            }
        }
    }
}
