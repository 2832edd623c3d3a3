//! What waits for the engine: calls to dial, releases, deadlines, leases, imports.

use std::collections::BTreeMap;

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
};

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
