//! What waits for the engine: calls to dial, releases, deadlines, leases, sweeps, imports.

use std::collections::{BTreeMap, BTreeSet};

use branchline_domain::{
    id::{CallId, LeadId, NodeId, WorkflowId},
    lead::{ApplicationStage, HoldCode},
    time::Timestamp,
    workflow::WorkflowContext,
};

use crate::{
    Projections,
    imports::{ImportStatus, UnfinishedImport},
    rows::{CallRow, RequestedCall},
    workflows::StoredWorkflow,
};

/// Holds that may clear without a person: by a resumption, an edit, or what analysis told
/// meanwhile.
const CLEARING: [HoldCode; 5] = [
    HoldCode::WorkflowPaused,
    HoldCode::MissingOutput,
    HoldCode::NodeIncomplete,
    HoldCode::EndlessLoop,
    HoldCode::UnreadableTime,
];

impl Projections {
    /// Leads whose release, or another time they wait for, is due at `until` or before, earliest first, at most `limit`. Those of
    /// workflows that are not active wait, and are not told.
    pub fn due(&self, until: Timestamp, limit: usize) -> Vec<(Timestamp, LeadId)> {
        self.name_leads(self.releases.due(until, limit))
    }

    /// When the next release falls due.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.releases.next()
    }

    /// Leads whose call has no final status and whose deadline is at `until` or before, earliest
    /// first, at most `limit`. Those that are held, or whose workflow is not active, are not told.
    pub fn overdue_calls(&self, until: Timestamp, limit: usize) -> Vec<(Timestamp, LeadId)> {
        self.name_leads(self.deadlines.due(until, limit))
    }

    /// When the next deadline of a call passes.
    pub fn next_call_deadline(&self) -> Option<Timestamp> {
        self.deadlines.next()
    }

    fn name_leads(&self, rows: Vec<(Timestamp, u32)>) -> Vec<(Timestamp, LeadId)> {
        rows.into_iter().filter_map(|(at, row)| Some((at, self.leads.get(row)?.id))).collect()
    }

    /// Calls that wait for somebody to dial them and may be dialled now, in order of request over
    /// all active workflows, at most `limit` of those that `wanted` takes. Those that were put off
    /// to a calling window come after the others of their workflow.
    pub fn requested(
        &self,
        now: Timestamp,
        limit: usize,
        mut wanted: impl FnMut(&RequestedCall) -> bool,
    ) -> Vec<RequestedCall> {
        let moving = self.workflows.all().filter(|(_, stored)| stored.is_moving());
        let mut queues: Vec<_> = moving
            .map(|(_, stored)| {
                let due = stored.scheduled.iter().take_while(move |(at, _)| *at <= now);
                stored.requested.iter().copied().chain(due.map(|&(_, row)| row))
            })
            .collect();
        // One row of each queue at a time, the oldest first.
        let mut heads: std::collections::BinaryHeap<_> = queues
            .iter_mut()
            .enumerate()
            .filter_map(|(queue, rows)| Some(std::cmp::Reverse((rows.next()?, queue))))
            .collect();
        let mut found = Vec::new();
        while let Some(std::cmp::Reverse((row, queue))) = heads.pop() {
            if found.len() >= limit {
                break;
            }
            found.extend(self.requested_call(row).filter(|call| wanted(call)));
            if let Some(next) = queues.get_mut(queue).and_then(Iterator::next) {
                heads.push(std::cmp::Reverse((next, queue)));
            }
        }
        found
    }

    /// When the next call that was put off may be dialled, after `now`.
    pub fn next_scheduled(&self, now: Timestamp) -> Option<Timestamp> {
        let moving = self.workflows.all().filter(|(_, stored)| stored.is_moving());
        let next = moving.filter_map(|(_, stored)| {
            let later = (std::ops::Bound::Excluded((now, u32::MAX)), std::ops::Bound::Unbounded);
            stored.scheduled.range(later).next().map(|&(at, _)| at)
        });
        next.min()
    }

    /// Leads of active workflows with a try of an application that is wanted and not begun, in
    /// order of enrolment within each workflow, at most `limit` of those that `wanted` takes.
    pub fn requested_applications(
        &self,
        limit: usize,
        mut wanted: impl FnMut(LeadId) -> bool,
    ) -> Vec<LeadId> {
        let moving = self.workflows.all().filter(|(_, stored)| stored.is_moving());
        let rows = moving.flat_map(|(_, stored)| stored.applications.iter());
        let leads = rows.filter_map(|&row| self.leads.get(row).filter(|lead| lead.is_under_way()));
        leads.map(|lead| lead.id).filter(|lead| wanted(*lead)).take(limit).collect()
    }

    /// Leads with a try of an application that has begun and not been recorded.
    pub fn started_applications(&self) -> Vec<LeadId> {
        let started = self.applications.iter().filter(|(_, stage)| match stage {
            ApplicationStage::Started => true,
            ApplicationStage::Requested | ApplicationStage::Tried => false,
        });
        started.filter_map(|(&row, _)| Some(self.leads.get(row)?.id)).collect()
    }

    /// Leads of active workflows that are held for this reason, in order of enrolment within each.
    pub fn held_for(&self, code: HoldCode) -> Vec<LeadId> {
        let moving = self.workflows.all().filter(|(_, stored)| stored.is_moving());
        let rows = moving.filter_map(|(_, stored)| stored.held.get(&code)).flatten();
        rows.filter_map(|&row| Some(self.leads.get(row)?.id)).collect()
    }

    fn requested_call(&self, row: u32) -> Option<RequestedCall> {
        let call = self.calls.get(row)?;
        let lead = self.leads.get(call.lead).filter(|lead| lead.is_under_way())?;
        let stored = self.workflows.get(lead.workflow)?;
        (lead.call == call.number).then_some(RequestedCall {
            call: CallId { lead: lead.id, number: call.number },
            workflow: stored.id,
            organisation: stored.organisation,
            contact_tag: lead.contact_tag,
            requested_at: call.created_at,
        })
    }

    /// How many calls of a workflow wait for somebody to dial them.
    pub fn requested_count(&self, workflow: WorkflowId) -> u64 {
        self.workflows.by_id(workflow).map_or(0, |stored| stored.queued().count() as u64)
    }

    /// Calls that were handed out and not heard of since, in order of request: after a restart
    /// nobody knows whether they were dialled.
    pub fn started_without_answer(&self) -> Vec<CallRow> {
        self.name_calls(self.unanswered.iter().copied())
    }

    /// Calls that were handed out, not heard of since, and whose lease ends at `until` or before,
    /// earliest first, at most `limit`.
    pub fn expired_leases(&self, until: Timestamp, limit: usize) -> Vec<(Timestamp, CallId)> {
        let expired = self.leases.iter().take_while(|(at, _)| *at <= until).take(limit);
        expired
            .filter_map(|&(at, row)| {
                let call = self.calls.get(row)?;
                let lead = self.leads.get(call.lead)?;
                Some((at, CallId { lead: lead.id, number: call.number }))
            })
            .collect()
    }

    /// When the next lease ends.
    pub fn next_lease_end(&self) -> Option<Timestamp> {
        self.leases.first().map(|&(at, _)| at)
    }

    /// Calls of a workflow whose dialling has begun and that have no final status, in order of
    /// request.
    pub fn live_calls(&self, workflow: WorkflowId) -> Vec<CallRow> {
        let stored = self.workflows.by_id(workflow).into_iter();
        self.name_calls(stored.flat_map(|stored| stored.in_progress.iter().copied()))
    }

    /// How many there are of [`Self::live_calls`].
    pub fn calls_in_progress(&self, workflow: WorkflowId) -> u64 {
        self.workflows.by_id(workflow).map_or(0, |stored| stored.in_progress.len() as u64)
    }

    fn name_calls(&self, rows: impl Iterator<Item = u32>) -> Vec<CallRow> {
        rows.filter_map(|row| self.show_call(self.calls.get(row)?)).collect()
    }

    /// Workflows whose leads a sweep may free, in order of creation; deleted ones too. To be swept
    /// after a restart.
    pub fn workflows_to_sweep(&self) -> Vec<WorkflowId> {
        let freeing = self.workflows.all().filter(|(_, stored)| {
            stored.is_moving() || (stored.has_ended() && stored.queued().next().is_some())
        });
        freeing.map(|(_, stored)| stored.id).collect()
    }

    /// Leads of a workflow that would do something now if they were asked to advance, in order of
    /// enrolment. Not exact: a lead may find nothing to do. It misses none, but those whose release
    /// or deadline came after the newest record; [`Self::due`] has them.
    ///
    /// Active: pending leads that may start, leads whose hold may clear, overdue releases, leads that
    /// wait for analysis, which may have come during a pause, leads at a node that another one stands
    /// in for. Ended or deleted: leads with a call that nobody was
    /// asked to dial. Else none.
    pub fn sweep(&self, workflow: WorkflowId) -> Vec<LeadId> {
        let Some(number) = self.workflows.number(workflow) else { return Vec::new() };
        let Some(stored) = self.workflows.get(number) else { return Vec::new() };
        let mut rows: Vec<u32> = if stored.is_moving() {
            let pending = stored.pending.iter().copied().filter(|&row| self.may_start(stored, row));
            let held = CLEARING.iter().filter_map(|code| stored.held.get(code)).flatten().copied();
            let due = self.releases.due_in(number, self.latest_at);
            let waiting = self.awaiting_analysis(number);
            pending.chain(held).chain(due).chain(waiting).chain(self.stranded(stored)).collect()
        } else if stored.has_ended() {
            let called = stored.queued().filter_map(|row| self.calls.get(row));
            called.map(|call| call.lead).collect()
        } else {
            Vec::new()
        };
        rows.sort_unstable();
        rows.dedup();
        rows.into_iter().filter_map(|row| Some(self.leads.get(row)?.id)).collect()
    }

    /// Leads of a workflow whose step waits for analysis of a call that has ended. A wake of a lead
    /// that waits for its call is that call's opening, and is left to its time.
    fn awaiting_analysis(&self, workflow: u32) -> impl Iterator<Item = u32> {
        self.wakes.keys().copied().filter(move |&row| {
            let lead = self.leads.get(row);
            lead.is_some_and(|lead| lead.workflow == workflow && lead.call == 0)
        })
    }

    /// Leads that stand at a node which is gone and has a stand-in. Looks through all leads of the
    /// workflow, but only as long as there is such a lead.
    fn stranded(&self, stored: &StoredWorkflow) -> impl Iterator<Item = u32> {
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
        rows.iter().copied().filter(stands)
    }

    /// Whether a pending lead may start: its workflow lets it at once, or was activated or resumed
    /// since.
    fn may_start(&self, stored: &StoredWorkflow, row: u32) -> bool {
        stored.state.settings.start_on_enrol
            || stored.state.freed_at.is_some_and(|freed_at| {
                self.leads.get(row).is_some_and(|lead| lead.enrolled_position < freed_at)
            })
    }

    /// What a decision about a workflow reads from outside its stream. Leads of imports that run
    /// count as enrolled and pending here, so that a workflow does not complete over them. `nodes`
    /// are those a command wants to remove; leads that ended there do not stand in the way, and
    /// those do that are on their way there from a node it stands in for.
    pub fn workflow_context(&self, workflow: WorkflowId, nodes: &[NodeId]) -> WorkflowContext {
        let Some(stored) = self.workflows.by_id(workflow) else {
            return WorkflowContext::default();
        };
        let waiting = |id: NodeId| {
            let number = stored.nodes.number(id)?;
            stored.waiting.get(number).copied().filter(|&leads| leads > 0)
        };
        let mut leads_at: BTreeMap<NodeId, u64> =
            nodes.iter().filter_map(|&id| Some((id, waiting(id)?))).collect();
        for &gone in stored.state.replaced.keys() {
            let (Some(leads), Some(by)) = (waiting(gone), stored.state.stand_in(gone)) else {
                continue;
            };
            if nodes.contains(&by) {
                *leads_at.entry(by).or_default() += leads;
            }
        }
        WorkflowContext {
            pending: stored.by_status.pending + stored.in_open_import,
            active: stored.by_status.active,
            enrolled: stored.by_status.enrolled() + stored.in_open_import,
            calls_in_progress: stored.in_progress.len() as u64,
            leads_at,
        }
    }

    /// Whether a workflow has leads and all of them have ended: the moment to complete by itself.
    pub fn is_quiet(&self, workflow: WorkflowId) -> bool {
        let context = self.workflow_context(workflow, &[]);
        context.enrolled > 0 && context.pending == 0 && context.active == 0
    }

    /// Imports that somebody must still finish, oldest first.
    pub fn unfinished_imports(&self) -> Vec<UnfinishedImport> {
        self.imports
            .unfinished()
            .map(|(_, import)| UnfinishedImport {
                import: import.row.id,
                workflow: import.row.workflow_id,
                cancelled: import.row.status == ImportStatus::Cancelled,
                leads: import
                    .leads
                    .iter()
                    .filter_map(|&row| Some(self.leads.get(row)?.id))
                    .collect(),
            })
            .collect()
    }
}
