//! Rows by id, and lists with filters and pages.

use branchline_domain::{
    call_status::CallStatus,
    id::{CallId, ImportId, LeadId, NodeId, OrganisationId, WorkflowId},
    lead::{HoldCode, LeadStatus},
    time::Timestamp,
    workflow::WorkflowStatus,
};
use branchline_journal::record::Position;

use crate::{
    Projections,
    arena::NONE,
    imports::ImportRow,
    page::{Page, PageStart, Paging, cut},
    rows::{CallRow, Counts, ErasedLead, LeadRow, WorkflowRow},
    stored::{StoredCall, StoredLead},
    workflows::StoredWorkflow,
};

/// Which workflows a list shows. Deleted ones never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkflowFilter {
    /// Only those of this organisation.
    pub organisation: Option<OrganisationId>,
    /// Only those with this status.
    pub status: Option<WorkflowStatus>,
}

/// What holds the leads of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// Anything.
    Any,
    /// This.
    With(HoldCode),
}

/// Which leads of a workflow a list shows. Those of an open import, or withdrawn ones, never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeadFilter {
    /// Only those with this status; for a removed lead, its last one.
    pub status: Option<LeadStatus>,
    /// Only those at this node.
    pub node: Option<NodeId>,
    /// Only those that are held. A removed lead is not.
    pub held: Option<Held>,
    /// Only removed ones, or only others; `None` for both.
    pub removed: Option<bool>,
}

/// Which calls a list shows. Those of deleted workflows and removed leads too: a call outlives
/// both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallFilter {
    /// Only those of this organisation.
    pub organisation: Option<OrganisationId>,
    /// Only those of this workflow's leads.
    pub workflow: Option<WorkflowId>,
    /// Only those of this lead.
    pub lead: Option<LeadId>,
    /// Only those whose furthest status is this.
    pub status: Option<CallStatus>,
}

impl Projections {
    /// A workflow; `None` when there is none or it was deleted.
    pub fn workflow(&self, id: WorkflowId) -> Option<WorkflowRow<'_>> {
        self.workflows.by_id(id).filter(|stored| stored.is_there()).map(show_workflow)
    }

    /// A workflow, even a deleted one.
    pub fn workflow_or_deleted(&self, id: WorkflowId) -> Option<WorkflowRow<'_>> {
        self.workflows.by_id(id).filter(|stored| stored.state.exists).map(show_workflow)
    }

    /// Every workflow that a record named, in the order they were first named.
    pub fn workflow_ids(&self) -> impl Iterator<Item = WorkflowId> {
        self.workflows.all().map(|(_, stored)| stored.id)
    }

    /// Workflows in order of creation.
    pub fn workflows(&self, filter: WorkflowFilter, paging: Paging) -> Page<WorkflowRow<'_>> {
        let matching = self.workflows.all().filter(|(_, stored)| {
            stored.is_there()
                && filter.organisation.is_none_or(|wanted| stored.organisation == wanted)
                && filter.status.is_none_or(|wanted| stored.state.status == wanted)
        });
        let keyed = matching.map(|(number, stored)| (u64::from(number) + 1, stored));
        cut(keyed, paging, None, |stored| Some(show_workflow(stored)))
    }

    /// Leads of a workflow, counted. Empty for a workflow that is not there.
    pub fn counts(&self, workflow: WorkflowId) -> Counts {
        let Some(stored) = self.workflows.by_id(workflow) else { return Counts::default() };
        let mut counts = Counts { by_status: stored.by_status, ..Counts::default() };
        for node in stored.state.graph.nodes() {
            counts.by_node.insert(node.id, crate::rows::NodeCounts::default());
        }
        for (number, &of_node) in (0..).zip(stored.by_node.iter()) {
            if let Some(id) = stored.nodes.id(number)
                && (of_node != crate::rows::NodeCounts::default())
            {
                counts.by_node.insert(id, of_node);
            }
        }
        counts
    }

    /// Workflow and organisation of a lead, even of one that lists do not show.
    pub fn lead_home(&self, id: LeadId) -> Option<(WorkflowId, OrganisationId)> {
        let lead = self.leads.get(self.lead_number(id)?)?;
        let stored = self.workflows.get(lead.workflow)?;
        Some((stored.id, stored.organisation))
    }

    /// A lead; `None` when there is none, its import is open, or it was withdrawn. A removed one is
    /// still there, as is one of a deleted workflow.
    pub fn lead(&self, id: LeadId) -> Option<LeadRow> {
        self.show_lead(self.leads.get(self.lead_number(id)?).filter(|lead| lead.is_shown())?)
    }

    /// Leads of a workflow in order of enrolment.
    pub fn leads(&self, workflow: WorkflowId, filter: LeadFilter, paging: Paging) -> Page<LeadRow> {
        let Some(stored) = self.workflows.by_id(workflow) else { return Page::default() };
        let Some(sieve) = Sieve::of(stored, filter) else { return Page::default() };
        let known_total = known_lead_total(stored, filter);
        let rows = self.lead_candidates(stored, filter, paging.start, known_total.is_some());
        let matching = rows.filter_map(|row| {
            let lead = self.leads.get(row).filter(|lead| sieve.takes(lead))?;
            Some((lead.enrolled_position, lead))
        });
        cut(matching, paging, known_total, |lead| self.show_lead(lead))
    }

    /// Every lead of a workflow that a filter matches, with what holds it, in order of enrolment.
    pub fn matching_leads(
        &self,
        workflow: WorkflowId,
        filter: LeadFilter,
    ) -> Vec<(LeadId, Option<HoldCode>)> {
        let Some(stored) = self.workflows.by_id(workflow) else { return Vec::new() };
        let Some(sieve) = Sieve::of(stored, filter) else { return Vec::new() };
        self.lead_candidates(stored, filter, PageStart::Page(1), false)
            .filter_map(|row| self.leads.get(row))
            .filter(|lead| sieve.takes(lead))
            .map(|lead| (lead.id, lead.hold))
            .collect()
    }

    /// The rows that can match, in order of enrolment: a kept set where there is one. Where the
    /// total is known, what lies before a cursor is left out.
    fn lead_candidates<'a>(
        &self,
        stored: &'a StoredWorkflow,
        filter: LeadFilter,
        start: PageStart,
        total_is_known: bool,
    ) -> Box<dyn Iterator<Item = u32> + 'a> {
        match filter {
            LeadFilter { held: Some(Held::With(code)), .. } => {
                Box::new(stored.held.get(&code).into_iter().flatten().copied())
            }
            LeadFilter { held: Some(Held::Any), .. } => {
                let mut rows: Vec<u32> = stored.held.values().flatten().copied().collect();
                rows.sort_unstable();
                Box::new(rows.into_iter())
            }
            LeadFilter { status: Some(LeadStatus::Pending), removed: Some(false), .. } => {
                Box::new(stored.pending.iter().copied())
            }
            LeadFilter { .. } => {
                let before_cursor = |&row: &u32| match start {
                    PageStart::After(cursor) if total_is_known => {
                        self.leads.get(row).is_some_and(|lead| lead.enrolled_position <= cursor.0)
                    }
                    PageStart::After(_) | PageStart::Page(_) => false,
                };
                let first = stored.leads.partition_point(before_cursor);
                Box::new(stored.leads.iter().skip(first).copied())
            }
        }
    }

    /// A person's leads over all workflows of an organisation that are there, oldest first. `tag`
    /// is the keyed tag of the number.
    pub fn leads_of_contact(&self, organisation: OrganisationId, tag: [u8; 16]) -> Vec<LeadRow> {
        let newest = self.newest_with_contact(tag).and_then(|row| self.leads.get(row));
        let mut found: Vec<LeadRow> =
            std::iter::successors(newest, |lead| self.leads.get(lead.same_contact))
                .filter(|lead| lead.is_shown())
                .filter(|lead| {
                    self.workflows.get(lead.workflow).is_some_and(|stored| {
                        stored.is_there() && stored.organisation == organisation
                    })
                })
                .filter_map(|lead| self.show_lead(lead))
                .collect();
        found.reverse();
        found
    }

    /// Whether a workflow has a lead with this number that was not removed. `tag` is the keyed tag
    /// of the number.
    pub fn is_enrolled(&self, workflow: WorkflowId, tag: [u8; 16]) -> bool {
        let newest = self.newest_with_contact(tag).and_then(|row| self.leads.get(row));
        std::iter::successors(newest, |lead| self.leads.get(lead.same_contact)).any(|lead| {
            let stored = self.workflows.get(lead.workflow);
            !lead.removed && !lead.withdrawn && stored.is_some_and(|stored| stored.id == workflow)
        })
    }

    /// A call.
    pub fn call(&self, id: CallId) -> Option<CallRow> {
        let lead = self.leads.get(self.lead_number(id.lead)?)?;
        self.show_call(self.calls.get(self.call_row(lead, id.number)?)?)
    }

    /// Calls in order of request.
    pub fn calls(&self, filter: CallFilter, paging: Paging) -> Page<CallRow> {
        let known_total = match filter {
            CallFilter { organisation: None, workflow: Some(workflow), lead: None, status } => {
                self.workflows.by_id(workflow).map(|stored| match status {
                    Some(status) => stored.calls_by_status.get(&status).copied().unwrap_or(0),
                    None => stored.calls.len() as u64,
                })
            }
            CallFilter { .. } => None,
        };
        let rows = self.call_candidates(filter);
        let matching = rows.filter_map(|row| {
            let call = self.calls.get(row)?;
            let stored = self.workflows.get(self.leads.get(call.lead)?.workflow)?;
            let matches = filter.organisation.is_none_or(|wanted| stored.organisation == wanted)
                && filter.workflow.is_none_or(|wanted| stored.id == wanted)
                && filter.status.is_none_or(|wanted| call.status == wanted);
            matches.then_some((u64::from(row) + 1, call))
        });
        cut(matching, paging, known_total, |call| self.show_call(call))
    }

    fn call_candidates(&self, filter: CallFilter) -> Box<dyn Iterator<Item = u32> + '_> {
        match (filter.lead, filter.workflow) {
            (Some(lead), _) => {
                let newest = self
                    .lead_number(lead)
                    .and_then(|row| self.leads.get(row))
                    .map(|lead| lead.last_call);
                let mut rows: Vec<u32> = std::iter::successors(newest, |&row| {
                    self.calls.get(row).map(|call| call.previous)
                })
                .take_while(|&row| row != NONE)
                .collect();
                rows.reverse();
                Box::new(rows.into_iter())
            }
            (None, Some(workflow)) => Box::new(
                self.workflows
                    .by_id(workflow)
                    .into_iter()
                    .flat_map(|stored| &stored.calls)
                    .copied(),
            ),
            (None, None) => Box::new(0..self.calls.len()),
        }
    }

    /// Calls of a workflow by their furthest status; statuses without a call are left out.
    pub fn call_counts(&self, workflow: WorkflowId) -> std::collections::BTreeMap<CallStatus, u64> {
        let counts = self.workflows.by_id(workflow).map(|stored| stored.calls_by_status.iter());
        let counts = counts.into_iter().flatten().filter(|&(_, &count)| count > 0);
        counts.map(|(&status, &count)| (status, count)).collect()
    }

    /// Imports of a workflow, in the order they began.
    pub fn imports(&self, workflow: WorkflowId, paging: Paging) -> Page<ImportRow> {
        let numbers = self.workflows.by_id(workflow).into_iter().flat_map(|stored| &stored.imports);
        let keyed = numbers
            .filter_map(|&number| Some((u64::from(number) + 1, &self.imports.get(number)?.row)));
        cut(keyed, paging, None, |row| Some(row.clone()))
    }

    /// An import.
    pub fn import(&self, id: ImportId) -> Option<ImportRow> {
        Some(self.imports.get(self.imports.number(id)?)?.row.clone())
    }

    /// Names of the variables that the leads of a workflow were enrolled with, in order of
    /// alphabet.
    pub fn variable_keys(&self, workflow: WorkflowId) -> Vec<String> {
        let stored = self.workflows.by_id(workflow).into_iter();
        stored.flat_map(|stored| &stored.state.variable_keys).cloned().collect()
    }

    /// Leads whose personal fields were erased, in order of enrolment, also those that lists do not
    /// show: their keys are destroyed again at each start.
    pub fn erased_leads(&self) -> impl Iterator<Item = ErasedLead> + '_ {
        self.erased.iter().filter_map(|(&row, &(erased_at, position))| {
            let lead = self.leads.get(row)?;
            Some(ErasedLead { lead: lead.id, key_slot: lead.key_slot, erased_at, position })
        })
    }

    fn erased_at(&self, lead: &StoredLead) -> Option<Timestamp> {
        // Few are, and mostly nobody is: then no row is looked for.
        let row = (!self.erased.is_empty()).then(|| self.lead_number(lead.id)).flatten()?;
        self.erased.get(&row).map(|&(erased_at, _)| erased_at)
    }

    pub(crate) fn show_lead(&self, lead: &StoredLead) -> Option<LeadRow> {
        let stored = self.workflows.get(lead.workflow)?;
        let call = (lead.call != 0).then(|| self.call_row(lead, lead.call)).flatten();
        Some(LeadRow {
            id: lead.id,
            workflow_id: stored.id,
            organisation_id: stored.organisation,
            status: lead.status,
            removed: lead.removed,
            current_node_id: stored.nodes.id(lead.node),
            visit: lead.visit,
            entered_at: lead.entered_at.get(),
            release_at: lead.release_at.get(),
            call: call.and_then(|row| self.show_call(self.calls.get(row)?)),
            hold: lead.hold,
            contact_tag: lead.contact_tag,
            key_slot: lead.key_slot,
            erased_at: self.erased_at(lead),
            enrolled_at: lead.enrolled_at,
            enrolled_position: Position(lead.enrolled_position),
            import_id: self.imports.get(lead.import).map(|import| import.row.id),
        })
    }

    pub(crate) fn show_call(&self, call: &StoredCall) -> Option<CallRow> {
        let lead = self.leads.get(call.lead)?;
        let stored = self.workflows.get(lead.workflow)?;
        Some(CallRow {
            id: CallId { lead: lead.id, number: call.number },
            workflow_id: stored.id,
            node_id: stored.nodes.id(call.node),
            visit: call.visit,
            status: call.status,
            concluded: call.concluded,
            dispatch: call.dispatch,
            created_at: call.created_at,
            dispatch_started_at: call.started_at.get(),
            lease_until: call.lease_until.get(),
            ended_at: call.ended_at.get(),
        })
    }
}

pub(crate) fn show_workflow(stored: &StoredWorkflow) -> WorkflowRow<'_> {
    WorkflowRow {
        id: stored.id,
        organisation: stored.organisation,
        state: &stored.state,
        status_position: stored.status_position,
        leads: stored.by_status,
    }
}

/// A filter, its node named by its number.
struct Sieve {
    filter: LeadFilter,
    node: Option<u32>,
}

impl Sieve {
    /// `None` for a node that no lead ever came to: it has no number, and no leads.
    fn of(stored: &StoredWorkflow, filter: LeadFilter) -> Option<Self> {
        let node = match filter.node {
            Some(id) => Some(stored.nodes.number(id)?),
            None => None,
        };
        Some(Self { filter, node })
    }

    fn takes(&self, lead: &StoredLead) -> bool {
        let held = match self.filter.held {
            None => true,
            Some(Held::Any) => lead.hold.is_some() && !lead.removed,
            Some(Held::With(code)) => lead.hold == Some(code) && !lead.removed,
        };
        lead.is_shown()
            && held
            && self.filter.status.is_none_or(|wanted| lead.status == wanted)
            && self.filter.removed.is_none_or(|wanted| lead.removed == wanted)
            && self.node.is_none_or(|wanted| lead.node == wanted)
    }
}

/// How many leads a filter shows, where the counts can tell.
fn known_lead_total(stored: &StoredWorkflow, filter: LeadFilter) -> Option<u64> {
    let counts = &stored.by_status;
    match filter {
        LeadFilter { status, node: None, held: None, removed } => match (status, removed) {
            (None, None) => Some(counts.enrolled()),
            (None, Some(true)) => Some(counts.removed),
            (None, Some(false)) => Some(counts.enrolled() - counts.removed),
            (Some(status), Some(false)) => Some(counts.with(status)),
            (Some(_), None | Some(true)) => None,
        },
        LeadFilter {
            status: None,
            node: None,
            held: Some(Held::With(code)),
            removed: None | Some(false),
        } => Some(stored.held.get(&code).map_or(0, |held| held.len() as u64)),
        LeadFilter { .. } => None,
    }
}
