//! Rows by id, counts, and the few lists that have no pages.

use branchline_domain::{
    call_status::CallStatus,
    id::{CallId, ImportId, LeadId, OrganisationId, WorkflowId},
    time::Timestamp,
};
use branchline_journal::record::Position;

use crate::{
    Projections,
    imports::ImportRow,
    rows::{CallRow, Counts, ErasedLead, LeadRow, WorkflowRow},
    stored::{StoredCall, StoredLead},
    workflows::StoredWorkflow,
};

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

    /// Calls of a workflow by their furthest status; statuses without a call are left out.
    pub fn call_counts(&self, workflow: WorkflowId) -> std::collections::BTreeMap<CallStatus, u64> {
        let counts = self.workflows.by_id(workflow).map(|stored| stored.calls_by_status.iter());
        let counts = counts.into_iter().flatten().filter(|&(_, &count)| count > 0);
        counts.map(|(&status, &count)| (status, count)).collect()
    }

    /// An import.
    pub fn import(&self, id: ImportId) -> Option<ImportRow> {
        Some(self.imports.get(self.imports.number(id)?)?.row.clone())
    }

    /// The leads that came with an import, which the record at `opened` opened, and were not
    /// withdrawn; removed ones too. In the order of its list.
    pub fn leads_of_import(&self, id: ImportId, opened: Position) -> Vec<LeadId> {
        let Some(number) = self.imports.number(id) else { return Vec::new() };
        let import = self.imports.get(number).map(|import| &import.row);
        let stored = import.and_then(|row| Some((row, self.workflows.by_id(row.workflow_id)?)));
        let Some((row, stored)) = stored else { return Vec::new() };
        let from = stored.leads.partition_point(|&lead| {
            self.leads.get(lead).is_some_and(|lead| lead.enrolled_position < opened.0)
        });
        let after = stored.leads.iter().skip(from).filter_map(|&lead| self.leads.get(lead));
        let ours = after.filter(|lead| lead.import == number && !lead.withdrawn);
        let mut ids: Vec<LeadId> =
            ours.take(row.leads_enrolled as usize).map(|lead| lead.id).collect();
        // Ids are given in the order of the list; records of one group come in any.
        ids.sort_unstable();
        ids
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
