//! What an operator watches: counts over everything there is, of all organisations.

use std::collections::BTreeMap;

use branchline_domain::{lead::HoldCode, time::Timestamp, workflow::WorkflowStatus};

use crate::{Projections, StatusCounts};

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
        let mut totals = Totals {
            due: DueTimes {
                release: self.next_due(),
                call_deadline: self.next_call_deadline(),
                lease: self.next_lease_end(),
            },
            ..Totals::default()
        };
        for (_, stored) in self.workflows.all().filter(|(_, stored)| stored.is_there()) {
            *totals.workflows.entry(stored.state.status).or_default() += 1;
            totals.leads.add(&stored.by_status);
            totals.calls_in_progress += stored.in_progress.len() as u64;
            if stored.is_moving() {
                totals.calls_requested += stored.requested.len() as u64;
                totals.calls_scheduled += stored.scheduled.len() as u64;
            }
            if !stored.has_ended() {
                for (&code, leads) in stored.held.iter().filter(|(_, leads)| !leads.is_empty()) {
                    *totals.held.entry(code).or_default() += leads.len() as u64;
                }
            }
        }
        totals
    }
}
