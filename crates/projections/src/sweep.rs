//! What a change of a workflow may free, in parts: a sweep of a million leads must not keep the read
//! models from everybody else.

use std::collections::BTreeSet;

use branchline_domain::{
    id::{LeadId, WorkflowId},
    lead::{HoldCode, LeadStatus},
};

use crate::{Projections, standing::Bucket, workflows::StoredWorkflow};

/// Holds that may clear without a person: by a resumption, an edit, or what analysis told
/// meanwhile.
const CLEARING: [HoldCode; 5] = [
    HoldCode::WorkflowPaused,
    HoldCode::MissingOutput,
    HoldCode::NodeIncomplete,
    HoldCode::EndlessLoop,
    HoldCode::UnreadableTime,
];

/// Where a sweep goes on; the default is its beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SweepPlace(u32);

/// Leads of one part of a sweep.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SweepPart {
    /// In order of enrolment; after the end of a workflow, in order of their calls.
    pub leads: Vec<LeadId>,
    /// Where the next part begins; `None` when this is the last one.
    pub next: Option<SweepPlace>,
}

impl Projections {
    /// Workflows whose leads a sweep may free, in order of creation; deleted ones too. To be swept
    /// after a restart.
    pub fn workflows_to_sweep(&self) -> Vec<WorkflowId> {
        let freeing = self.workflows.all().filter(|(_, stored)| {
            stored.is_moving() || (stored.has_ended() && stored.queued().next().is_some())
        });
        freeing.map(|(_, stored)| stored.id).collect()
    }

    /// Leads of a workflow that would do something now if they were asked to advance, at most
    /// `limit` (0 is read as 1). Not exact: a lead may find nothing to do. All parts together miss
    /// none, but those that became so since their part was told, and those whose release or deadline
    /// is due: [`Self::due`] and [`Self::overdue_calls`] have them.
    ///
    /// Active: pending leads that may start, leads whose hold may clear, leads that wait for
    /// analysis, which may have come during a pause, leads at a node that another one stands in for.
    /// Ended or deleted: leads with a call that nobody was asked to dial. Else none.
    pub fn sweep(&self, workflow: WorkflowId, place: SweepPlace, limit: usize) -> SweepPart {
        let Some(number) = self.workflows.number(workflow) else { return SweepPart::default() };
        let Some(stored) = self.workflows.get(number) else { return SweepPart::default() };
        let SweepPlace(from) = place;
        // One more than are told: it is where the next part begins.
        let some = limit.max(1).saturating_add(1);
        if stored.is_moving() {
            let pending = stored.rows.in_bucket(Bucket::With(LeadStatus::Pending));
            let pending = pending.range(from..).copied();
            let pending = pending.filter(|&row| self.may_start(stored, row)).take(some);
            let held = CLEARING.iter().filter_map(|code| stored.held.get(code));
            let held = held.flat_map(|rows| rows.range(from..).copied().take(some));
            let waiting = self.awaiting_analysis(number, from).take(some);
            let rows = pending.chain(held).chain(waiting).chain(self.stranded(stored, from));
            self.part(rows.collect(), limit, Some)
        } else if stored.has_ended() {
            let now = stored.requested.range(from..).copied().take(some);
            let later = stored.scheduled.iter().map(|&(_, call)| call).filter(|&call| call >= from);
            let lead = |call| self.calls.get(call).map(|call| call.lead);
            self.part(now.chain(later).collect(), limit, lead)
        } else {
            SweepPart::default()
        }
    }

    /// The first of these rows, named by the lead of each.
    fn part(
        &self,
        mut rows: Vec<u32>,
        limit: usize,
        lead: impl Fn(u32) -> Option<u32>,
    ) -> SweepPart {
        rows.sort_unstable();
        rows.dedup();
        let next = rows.get(limit.max(1)).copied().map(SweepPlace);
        rows.truncate(limit.max(1));
        let leads = rows.into_iter().filter_map(|row| Some(self.leads.get(lead(row)?)?.id));
        SweepPart { leads: leads.collect(), next }
    }

    /// Leads of a workflow whose step waits for analysis of a call that has ended. A wake of a lead
    /// that waits for its call is that call's opening, and is left to its time.
    fn awaiting_analysis(&self, workflow: u32, from: u32) -> impl Iterator<Item = u32> {
        self.wakes.range(from..).map(|(&row, _)| row).filter(move |&row| {
            let lead = self.leads.get(row);
            lead.is_some_and(|lead| lead.workflow == workflow && lead.call == 0)
        })
    }

    /// Leads that stand at a node which is gone and has a stand-in. Looks through all leads of the
    /// workflow, but only as long as there is such a lead.
    fn stranded(&self, stored: &StoredWorkflow, from: u32) -> impl Iterator<Item = u32> {
        let waits = |node: &u32| stored.waiting.get(*node).is_some_and(|&leads| leads > 0);
        let gone =
            stored.state.replaced.keys().filter(|&&node| stored.state.stand_in(node).is_some());
        let gone: BTreeSet<u32> =
            gone.filter_map(|&node| stored.nodes.number(node)).filter(waits).collect();
        let rows: &[u32] = if gone.is_empty() { &[] } else { &stored.leads };
        let stands = move |row: &u32| {
            let lead = self.leads.get(*row);
            lead.is_some_and(|lead| lead.is_under_way() && gone.contains(&lead.node))
        };
        rows.iter().copied().filter(move |row| *row >= from).filter(stands)
    }

    /// Whether a pending lead may start: its workflow lets it at once, or was activated or resumed
    /// since.
    fn may_start(&self, stored: &StoredWorkflow, row: u32) -> bool {
        stored.state.settings.start_on_enrol
            || stored.state.freed_at.is_some_and(|freed_at| {
                self.leads.get(row).is_some_and(|lead| lead.enrolled_position < freed_at)
            })
    }
}
