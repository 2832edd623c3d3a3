//! Which records fit: the filter, and what has to be remembered from earlier records to tell.

use std::{collections::HashSet, sync::Arc};

use branchline_domain::{
    graph::GraphChange,
    id::{LeadId, NodeId},
    lead::LeadEvent,
    workflow::WorkflowEvent,
};
use branchline_event_codec::{DecodeError, RecordedEvents, decode_record};
use branchline_journal::record::{Record, StreamKind, Version};
use uuid::Uuid;

use super::{Filter, filter::met};
use crate::evidence::is_about;

/// A filter at work. Remembers the leads that matter to it, and nothing else.
#[derive(Debug)]
pub(super) struct Matcher {
    pub(super) filter: Filter,
    /// Leads that are in one of the workflows and have one of the numbers, as far as either is
    /// asked.
    ours: HashSet<Uuid>,
    /// Leads that stand at one of the nodes.
    there: HashSet<LeadId>,
}

impl Matcher {
    pub(super) fn new(filter: Filter) -> Self {
        Self { filter, ours: HashSet::new(), there: HashSet::new() }
    }

    /// How many events of the next record fit; 0 when the record does not.
    ///
    /// # Errors
    ///
    /// When its events cannot be read, and it takes them to tell.
    pub(super) fn events_that_fit(&mut self, record: &Arc<Record>) -> Result<u64, DecodeError> {
        if self.filter.asks_about_enrolments() && is_first_of_lead(record) {
            self.meet(record)?;
        }
        // Where a lead stands is followed through records that do not fit, too.
        if self.filter.asks_about_fields() {
            let by_fields = self.by_fields(record)?;
            return Ok(if self.fits_frame(record) { by_fields } else { 0 });
        }
        if !self.fits_frame(record) {
            return Ok(0);
        }
        let types = record.body.events.iter().map(|event| &*event.event_type);
        Ok(count(types.filter(|event_type| self.fits_type(event_type))))
    }

    /// A new lead: is it one of those that are asked about?
    fn meet(&mut self, record: &Record) -> Result<(), DecodeError> {
        let Some(RecordedEvents::Lead(lead, events)) = decode_record(record, None)? else {
            return Ok(());
        };
        let Some(LeadEvent::LeadEnrolled { workflow, contact_tag, .. }) = events.first() else {
            return Ok(());
        };
        let organisation = record.body.organisation;
        // Asked first, so that every number that is found is counted as found.
        let has_number = match &mut self.filter.phones {
            Some(phones) => phones.fits(organisation, *contact_tag),
            None => true,
        };
        if has_number && met(&self.filter.workflows, |wanted| wanted == workflow) {
            self.ours.insert(lead.as_uuid());
        }
        Ok(())
    }

    fn fits_frame(&self, record: &Record) -> bool {
        let stream = record.body.stream;
        let is_lead = stream.kind == StreamKind::LEAD;
        let filter = &self.filter;
        let is_a_workflow_of_ours = || {
            stream.kind == StreamKind::WORKFLOW
                && filter.phones.is_none()
                && filter.workflows.iter().any(|workflow| workflow.as_uuid() == stream.id)
        };
        filter.fits_frame(record)
            && met(&filter.leads, |lead| is_lead && lead.as_uuid() == stream.id)
            && (!filter.asks_about_enrolments()
                || (is_lead && self.ours.contains(&stream.id))
                || is_a_workflow_of_ours())
    }

    fn fits_type(&self, event_type: &str) -> bool {
        met(&self.filter.event_types, |pattern| pattern.fits(event_type))
    }

    fn by_fields(&mut self, record: &Record) -> Result<u64, DecodeError> {
        let events = decode_record(record, None)?;
        let types: Vec<bool> =
            record.body.events.iter().map(|event| self.fits_type(&event.event_type)).collect();
        Ok(match &events {
            // It names neither a node nor a call.
            None | Some(RecordedEvents::Organisation(..)) => 0,
            Some(RecordedEvents::Workflow(_, events)) => {
                let fits = |event: &WorkflowEvent| {
                    self.filter.calls.is_empty()
                        && met(&self.filter.nodes, |node| workflow_event_names(event, *node))
                };
                count(
                    events
                        .iter()
                        .zip(&types)
                        .filter(|(event, fits_type)| **fits_type && fits(event)),
                )
            }
            Some(RecordedEvents::Lead(lead, events)) => {
                let mut fitting = 0;
                for (event, fits_type) in events.iter().zip(&types) {
                    let at_node = self.is_at_node(*lead, event);
                    let of_call = met(&self.filter.calls, |call| {
                        call.lead == *lead && is_about(event, *call)
                    });
                    fitting += u64::from(*fits_type && at_node && of_call);
                }
                fitting
            }
        })
    }

    /// Whether an event happens at one of the nodes, and the lead's place after it.
    fn is_at_node(&mut self, lead: LeadId, event: &LeadEvent) -> bool {
        if self.filter.nodes.is_empty() {
            return true;
        }
        let asked = |node: &NodeId| self.filter.nodes.contains(node);
        match event {
            LeadEvent::NodeEntered { node, .. } => {
                let here = asked(node);
                self.stand(lead, here);
                here
            }
            LeadEvent::BranchTaken { from, to, .. } | LeadEvent::LeadMoved { from, to, .. } => {
                let (left, reached) = (asked(from), asked(to));
                self.stand(lead, reached);
                left || reached
            }
            LeadEvent::ApplicationAnswered { node, .. } => {
                asked(node) || self.there.contains(&lead)
            }
            LeadEvent::LeadEnrolled { .. }
            | LeadEvent::CallRequested { .. }
            | LeadEvent::CallDispatchStarted { .. }
            | LeadEvent::CallDispatched { .. }
            | LeadEvent::CallDispatchRefused { .. }
            | LeadEvent::CallDispatchUnknown { .. }
            | LeadEvent::CallStatusChanged { .. }
            | LeadEvent::CallConcluded { .. }
            | LeadEvent::CallConflictRecorded { .. }
            | LeadEvent::CallReferenced { .. }
            | LeadEvent::ProviderStatusHeard { .. }
            | LeadEvent::CallAttributesAttached { .. }
            | LeadEvent::CallScheduled { .. }
            | LeadEvent::RoutingHeld { .. }
            | LeadEvent::HoldResolved { .. }
            | LeadEvent::ReleasePlanned { .. }
            | LeadEvent::LeadEdited { .. }
            | LeadEvent::AnalysisAwaited { .. }
            | LeadEvent::ApplicationRequested { .. }
            | LeadEvent::ApplicationStarted { .. }
            | LeadEvent::ApplicationTried { .. }
            | LeadEvent::LeadCompleted
            | LeadEvent::LeadDropped
            | LeadEvent::LeadRemoved
            | LeadEvent::LeadWithdrawn
            | LeadEvent::LeadErased { .. } => self.there.contains(&lead),
        }
    }

    fn stand(&mut self, lead: LeadId, here: bool) {
        if here {
            self.there.insert(lead);
        } else {
            self.there.remove(&lead);
        }
    }
}

fn count<T>(items: impl Iterator<Item = T>) -> u64 {
    items.count() as u64
}

/// Whether it is the record that enrols a lead.
fn is_first_of_lead(record: &Record) -> bool {
    record.body.stream.kind == StreamKind::LEAD && record.version == Version(1)
}

fn workflow_event_names(event: &WorkflowEvent, wanted: NodeId) -> bool {
    match event {
        WorkflowEvent::GraphRevised { changes, .. }
        | WorkflowEvent::GraphStaged { changes, .. } => {
            changes.iter().any(|change| change_names(change, wanted))
        }
        WorkflowEvent::NodeReplaced { node, by } => *node == wanted || *by == wanted,
        WorkflowEvent::WorkflowCreated { .. }
        | WorkflowEvent::WorkflowRenamed { .. }
        | WorkflowEvent::SettingsChanged { .. }
        | WorkflowEvent::WorkflowActivated
        | WorkflowEvent::WorkflowPaused
        | WorkflowEvent::WorkflowResumed
        | WorkflowEvent::WorkflowCompleted { .. }
        | WorkflowEvent::WorkflowCancelled
        | WorkflowEvent::WorkflowDeleted
        | WorkflowEvent::ImportOpened { .. }
        | WorkflowEvent::ImportClosed { .. }
        | WorkflowEvent::ImportCancelled { .. }
        | WorkflowEvent::ImportRefused { .. } => false,
    }
}

fn change_names(change: &GraphChange, wanted: NodeId) -> bool {
    match change {
        GraphChange::NodePut(node) => node.id == wanted,
        GraphChange::NodeRemoved(node) => *node == wanted,
        GraphChange::EdgeAdded(edge) => edge.from_node_id == wanted || edge.to_node_id == wanted,
        GraphChange::EdgeRemoved(_) => false,
    }
}
