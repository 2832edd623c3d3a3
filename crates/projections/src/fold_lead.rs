//! Folds the records of a lead and its calls.

use branchline_domain::{
    call_status::CallStatus,
    id::LeadId,
    lead::{ApplicationStage, HoldCode, LeadEvent, LeadStatus},
    time::Timestamp,
};

use crate::{
    Projections,
    arena::NONE,
    fact::Fact,
    imports::ImportStatus,
    standing::Standing,
    stored::{DispatchStage, Moment, StoredCall, StoredLead},
};

/// Nodes that a lead's own row has a bit for.
const PASSED_BITS: u32 = 64;

impl Projections {
    pub(crate) fn fold_lead(&mut self, id: LeadId, events: &[LeadEvent], fact: &Fact<'_>) {
        let known = self.lead_number(id);
        let row = known.or_else(|| events.iter().find_map(|event| self.enrol(id, event, fact)));
        // A lead whose enrolment was not seen belongs to no workflow, so nobody can ask for it.
        let Some(row) = row else { return };
        self.change_lead(row, |all, lead| {
            for event in events {
                all.apply(row, lead, event, fact.at);
            }
        });
    }

    fn enrol(&mut self, id: LeadId, event: &LeadEvent, fact: &Fact<'_>) -> Option<u32> {
        let LeadEvent::LeadEnrolled { workflow, contact_tag, key_slot, import, .. } = event else {
            return None;
        };
        let workflow = self.workflows.number_or_new(*workflow, fact.organisation);
        let import = import.and_then(|import| self.imports.number(import));
        let row = self.leads.len();
        let came_with = import.map(|import| self.imports.enrol(import, row));
        let same_contact = self.newest_with_contact(*contact_tag);
        let lead = StoredLead {
            id,
            contact_tag: *contact_tag,
            enrolled_at: fact.at,
            enrolled_position: fact.position.0,
            entered_at: Moment::NEVER,
            release_at: Moment::NEVER,
            passed: 0,
            workflow,
            node: NONE,
            visit: 0,
            key_slot: *key_slot,
            import: import.unwrap_or(NONE),
            call: 0,
            last_call: NONE,
            same_contact: same_contact.unwrap_or(NONE),
            status: LeadStatus::Pending,
            hold: None,
            answered: false,
            removed: false,
            withdrawn: came_with == Some(ImportStatus::Cancelled),
            in_open_import: came_with == Some(ImportStatus::Running),
        };
        self.leads.push(lead);
        let leads = &self.leads;
        self.leads_by_id.insert(id.as_uuid().into_bytes(), row, |row| {
            leads.get(row).map(|lead| lead.id.as_uuid().into_bytes()).unwrap_or_default()
        });
        match same_contact {
            Some(older) => self.leads_by_contact.replace(*contact_tag, older, row),
            None => self.leads_by_contact.insert(*contact_tag, row, |row| {
                leads.get(row).map(|lead| lead.contact_tag).unwrap_or_default()
            }),
        }
        if let Some(stored) = self.workflows.get_mut(workflow) {
            stored.leads.push(row);
        }
        let standing = self.standing(row, &lead);
        self.restand(row, workflow, &Standing::default(), &standing);
        Some(row)
    }

    /// Row of the lead enrolled last among those with this tag.
    pub(crate) fn newest_with_contact(&self, tag: [u8; 16]) -> Option<u32> {
        self.leads_by_contact
            .find(tag, |row| self.leads.get(row).is_some_and(|lead| lead.contact_tag == tag))
    }

    #[expect(clippy::too_many_lines, reason = "one arm an event: cutting it would hide the list")]
    fn apply(&mut self, row: u32, lead: &mut StoredLead, event: &LeadEvent, at: Timestamp) {
        match event {
            LeadEvent::LeadEnrolled { .. }
            | LeadEvent::LeadEdited { .. }
            | LeadEvent::CallConflictRecorded { .. }
            | LeadEvent::ProviderStatusHeard { .. }
            | LeadEvent::CallAttributesAttached { .. }
            | LeadEvent::ApplicationAnswered { .. } => {}
            LeadEvent::NodeEntered { visit, node, release_at, .. } => {
                lead.status = LeadStatus::Active;
                lead.visit = *visit;
                lead.node = self.node_number(lead.workflow, *node);
                lead.entered_at = at.into();
                lead.release_at = (*release_at).into();
                lead.call = 0;
                lead.hold = None;
                if let Some(stored) = self.workflows.get_mut(lead.workflow) {
                    stored.note_arrival(lead);
                }
                self.at_rest(row, lead);
            }
            LeadEvent::CallRequested { call, .. } => {
                self.at_rest(row, lead);
                self.request_call(row, lead, *call, at);
                lead.release_at = Moment::NEVER;
                lead.hold = None;
            }
            LeadEvent::CallScheduled { call, not_before, expires_at } => {
                self.schedule_call(lead, *call, *not_before);
                match expires_at {
                    Some(expires_at) if lead.call == *call => self.wakes.insert(row, *expires_at),
                    Some(_) | None => self.wakes.remove(&row),
                };
            }
            LeadEvent::CallDispatchStarted { call, lease_until } => {
                self.wakes.remove(&row);
                self.change_call(lead, *call, |known| {
                    known.dispatch = DispatchStage::Started;
                    known.started_at = at.into();
                    known.lease_until = (*lease_until).into();
                });
            }
            LeadEvent::CallReferenced { call, provider_ref } => {
                self.note_provider_ref(lead, *call, provider_ref);
            }
            LeadEvent::CallDispatched { call, provider_ref } => {
                if let Some(name) = provider_ref {
                    self.note_provider_ref(lead, *call, name);
                }
                self.change_call(lead, *call, |known| known.dispatch = DispatchStage::Dispatched);
                news_of(lead, *call, false);
            }
            LeadEvent::CallDispatchRefused { call, .. } => {
                self.change_call(lead, *call, |known| known.dispatch = DispatchStage::Refused);
                hold_call(lead, *call, HoldCode::DialRefused);
            }
            LeadEvent::CallDispatchUnknown { call } => {
                self.change_call(lead, *call, |known| known.dispatch = DispatchStage::Unknown);
                hold_call(lead, *call, HoldCode::DialOutcomeUnknown);
            }
            LeadEvent::CallStatusChanged { call, status, .. } => {
                self.change_call(lead, *call, |known| known.status = *status);
                news_of(lead, *call, false);
            }
            LeadEvent::CallConcluded { call, status, occurred_at, .. } => {
                self.change_call(lead, *call, |known| {
                    known.status = *status;
                    known.concluded = true;
                    known.ended_at = occurred_at.unwrap_or(at).into();
                });
                if lead.call == *call {
                    self.wakes.remove(&row);
                }
                news_of(lead, *call, true);
            }
            LeadEvent::BranchTaken { from, output, to, .. } => {
                let from = self.node_number(lead.workflow, *from);
                self.pass(row, lead, from);
                self.note_branch(lead, (from, output, *to), at);
                lead.hold = None;
                lead.release_at = Moment::NEVER;
                self.at_rest(row, lead);
            }
            LeadEvent::LeadMoved { .. } => {
                if let Some(stored) = self.workflows.get_mut(lead.workflow) {
                    stored.note_departure(lead, at);
                }
                lead.hold = None;
                lead.release_at = Moment::NEVER;
                self.at_rest(row, lead);
            }
            LeadEvent::AnalysisAwaited { until } => {
                lead.hold = None;
                self.wakes.insert(row, *until);
            }
            LeadEvent::ApplicationRequested { .. } => {
                lead.hold = None;
                lead.release_at = Moment::NEVER;
                self.at_rest(row, lead);
                self.set_application(row, lead, Some(ApplicationStage::Requested));
            }
            LeadEvent::ApplicationStarted { .. } => {
                self.set_application(row, lead, Some(ApplicationStage::Started));
            }
            LeadEvent::ApplicationTried { .. } => self.set_application(row, lead, None),
            LeadEvent::RoutingHeld { reason } => {
                lead.hold = Some(reason.code());
                self.at_rest(row, lead);
            }
            LeadEvent::HoldResolved { .. } => lead.hold = None,
            LeadEvent::ReleasePlanned { release_at } => {
                lead.release_at = (*release_at).into();
                lead.hold = None;
                self.wakes.remove(&row);
            }
            LeadEvent::LeadCompleted => self.end(lead, LeadStatus::Completed),
            LeadEvent::LeadDropped => self.end(lead, LeadStatus::Dropped),
            LeadEvent::LeadRemoved => {
                self.take_out(row, lead);
                self.wakes.remove(&row);
                // One under way ends, and is recorded.
                if self.applications.get(&row) == Some(&ApplicationStage::Requested) {
                    self.set_application(row, lead, None);
                }
                lead.hold = None;
                lead.release_at = Moment::NEVER;
            }
            LeadEvent::LeadErased { .. } => {
                self.erased.entry(row).or_insert((at, self.position));
            }
            LeadEvent::LeadWithdrawn => {
                self.take_out(row, lead);
                lead.withdrawn = true;
                if lead.import != NONE {
                    self.imports.withdraw(lead.import, row);
                }
            }
        }
    }

    fn end(&mut self, lead: &mut StoredLead, status: LeadStatus) {
        lead.status = status;
        if let Some(stored) = self.workflows.get_mut(lead.workflow) {
            stored.note_end(status);
        }
    }

    /// Nothing else is planned for the lead any more.
    fn at_rest(&mut self, row: u32, lead: &StoredLead) {
        self.wakes.remove(&row);
        self.set_application(row, lead, None);
    }

    fn set_application(&mut self, row: u32, lead: &StoredLead, stage: Option<ApplicationStage>) {
        let before = match stage {
            Some(stage) => self.applications.insert(row, stage),
            None => self.applications.remove(&row),
        };
        let wanted = stage == Some(ApplicationStage::Requested);
        if before != stage
            && let Some(stored) = self.workflows.get_mut(lead.workflow)
        {
            keep(&mut stored.applications, row, wanted);
        }
    }

    fn schedule_call(&mut self, lead: &StoredLead, number: u32, not_before: Timestamp) {
        let Some(row) = self.call_row(lead, number) else { return };
        if !self.calls.get(row).is_some_and(StoredCall::is_requested) {
            return;
        }
        let before = self.not_before.insert(row, not_before);
        if let Some(stored) = self.workflows.get_mut(lead.workflow) {
            stored.requested.remove(&row);
            if let Some(before) = before {
                stored.scheduled.remove(&(before, row));
            }
            stored.scheduled.insert((not_before, row));
        }
    }

    fn take_out(&mut self, row: u32, lead: &mut StoredLead) {
        lead.removed = true;
        let beyond = self.passed_beyond.remove(&row).unwrap_or_default();
        if let Some(stored) = self.workflows.get_mut(lead.workflow) {
            for node in beyond {
                stored.count_passed(node, false);
            }
        }
    }

    fn node_number(&mut self, workflow: u32, node: branchline_domain::id::NodeId) -> u32 {
        self.workflows.get_mut(workflow).map_or(NONE, |stored| stored.nodes.number_or_new(node))
    }

    /// The lead left a node. The first 64 nodes are counted with the lead's standing.
    fn pass(&mut self, row: u32, lead: &mut StoredLead, node: u32) {
        if node < PASSED_BITS {
            lead.passed |= 1 << node;
        } else if !lead.removed
            && self.passed_beyond.entry(row).or_default().insert(node)
            && let Some(stored) = self.workflows.get_mut(lead.workflow)
        {
            stored.count_passed(node, true);
        }
    }

    fn request_call(&mut self, row: u32, lead: &mut StoredLead, number: u32, at: Timestamp) {
        let call = StoredCall {
            created_at: at,
            started_at: Moment::NEVER,
            lease_until: Moment::NEVER,
            ended_at: Moment::NEVER,
            lead: row,
            number,
            node: lead.node,
            visit: lead.visit,
            previous: lead.last_call,
            status: CallStatus::Created,
            dispatch: DispatchStage::Requested,
            concluded: false,
        };
        let call_row = self.calls.push(call);
        lead.last_call = call_row;
        lead.call = number;
        if let Some(stored) = self.workflows.get_mut(lead.workflow) {
            stored.calls.push(call_row);
            stored.count_call(call.status, true);
            stored.requested.insert(call_row);
        }
    }

    /// Changes a call, and what counts, sets and queues hold about it.
    fn change_call(
        &mut self,
        lead: &mut StoredLead,
        number: u32,
        change: impl FnOnce(&mut StoredCall),
    ) {
        let Some(row) = self.call_row(lead, number) else { return };
        let Some(place) = self.calls.get_mut(row) else { return };
        let before = *place;
        change(place);
        let after = *place;
        self.note_call(lead, &before, &after);
        if let Some(stored) = self.workflows.get_mut(lead.workflow) {
            if before.status != after.status {
                stored.count_call(before.status, false);
                stored.count_call(after.status, true);
            }
            if !after.is_requested() {
                stored.requested.remove(&row);
                if let Some(not_before) = self.not_before.remove(&row) {
                    stored.scheduled.remove(&(not_before, row));
                }
            }
            keep(&mut stored.in_progress, row, after.is_in_progress());
        }
        keep(&mut self.unanswered, row, after.is_unanswered());
        if let Some(until) = before.lease_until.get() {
            self.leases.remove(&(until, row));
        }
        if let Some(until) = after.lease_until.get().filter(|_| after.is_unanswered()) {
            self.leases.insert((until, row));
        }
    }
}

fn keep(set: &mut std::collections::BTreeSet<u32>, row: u32, belongs: bool) {
    if belongs {
        set.insert(row);
    } else {
        set.remove(&row);
    }
}

/// Holds the lead when it waits for this very call and has not ended.
fn hold_call(lead: &mut StoredLead, call: u32, code: HoldCode) {
    if lead.call == call && !lead.removed && !lead.status.is_final() {
        lead.hold = Some(code);
    }
}

/// The call was heard of.
fn news_of(lead: &mut StoredLead, call: u32, final_status: bool) {
    let ends = lead.hold.is_some_and(|code| code.ends_with_news(final_status));
    if ends && lead.call == call {
        lead.hold = None;
    }
}
