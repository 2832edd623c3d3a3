//! The logs of a lead's calls, from the lead's stream. A call log belongs to its call: it is there
//! as long as the stream is, whatever became of lead and workflow.

use std::collections::BTreeMap;

use branchline_domain::{
    call_status::CallStatus,
    id::{CallId, LeadId, NodeId, WorkflowId},
    lead::{LeadEvent, Values},
    personal::Personal,
    provider::ProviderWord,
    time::Timestamp,
};
use serde::Serialize;

use crate::{
    fact::{Fact, FactEvents},
    rows::DispatchStage,
};

/// A status that a call came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct StatusMark {
    /// The status.
    pub status: CallStatus,
    /// When it came about, as the reporter said; else when it was recorded.
    pub at: Timestamp,
}

/// A final status that was reported after another one. It moved nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// The status.
    pub status: CallStatus,
    /// Why the call ended, in the provider's word.
    pub end_reason: Option<String>,
    /// When it was recorded.
    pub at: Timestamp,
}

/// A status in the word of the provider that told it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeardWord {
    /// Who told it.
    pub provider: String,
    /// Its word, as it came.
    pub word: String,
    /// Its name for the message.
    pub event_id: Option<String>,
    /// The status that it was taken for.
    pub status: CallStatus,
    /// When it was recorded.
    pub at: Timestamp,
}

/// All that is known of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallLog {
    /// Its id.
    pub id: CallId,
    /// Workflow of its lead.
    pub workflow_id: WorkflowId,
    /// Whom it is for.
    pub lead_id: LeadId,
    /// Node it was made for.
    pub node_id: Option<NodeId>,
    /// Visit it was made for.
    pub visit: u32,
    /// Number it goes to: the lead's, E.164.
    pub to: Personal<String>,
    /// Number it comes from, E.164.
    pub from: String,
    /// Who or what talks.
    pub agent_id: Option<String>,
    /// Furthest status; the first final one wins.
    pub status: CallStatus,
    /// How far dialling has come.
    pub dispatch: DispatchStage,
    /// Why the carrier refused to dial, in its words.
    pub refusal: Option<Personal<String>>,
    /// Why it ended, in the provider's word.
    pub end_reason: Option<String>,
    /// What analysis found.
    pub attributes: Personal<Values>,
    /// The carrier's name for it.
    pub provider_ref: Option<String>,
    /// Other final statuses, in the order they were reported.
    pub conflicts: Vec<Conflict>,
    /// What providers called its statuses, in the order they were recorded; none for statuses that
    /// were reported in our own words.
    pub heard: Vec<HeardWord>,
    /// The statuses it came to, `created` first.
    pub timeline: Vec<StatusMark>,
    /// When it was requested.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// The logs of a lead's calls in order of request, from the records of its stream in order.
/// Records of anything else are passed over.
pub fn call_logs<'a>(lead: LeadId, facts: impl IntoIterator<Item = Fact<'a>>) -> Vec<CallLog> {
    let mut reader = Reader { lead, enrolled: None, at: None, calls: BTreeMap::new() };
    for fact in facts {
        if let FactEvents::Lead(id, events) = fact.events
            && id == lead
        {
            for event in events {
                reader.read(event, fact.at);
            }
        }
    }
    reader.calls.into_values().collect()
}

struct Reader {
    lead: LeadId,
    enrolled: Option<(WorkflowId, Personal<String>)>,
    /// Node and visit.
    at: Option<(NodeId, u32)>,
    calls: BTreeMap<u32, CallLog>,
}

impl Reader {
    fn read(&mut self, event: &LeadEvent, at: Timestamp) {
        match event {
            LeadEvent::LeadEnrolled { workflow, phone_number, .. } => {
                self.enrolled = Some((*workflow, phone_number.clone()));
            }
            LeadEvent::NodeEntered { visit, node, .. } => self.at = Some((*node, *visit)),
            LeadEvent::CallRequested { call, from, agent_id, .. } => {
                self.request(*call, from, agent_id.as_ref(), at);
            }
            LeadEvent::CallDispatchStarted { call, .. } => {
                self.change(*call, |log| log.dispatch = DispatchStage::Started);
            }
            LeadEvent::CallDispatched { call, provider_ref } => self.change(*call, |log| {
                log.dispatch = DispatchStage::Dispatched;
                if provider_ref.is_some() {
                    log.provider_ref.clone_from(provider_ref);
                }
            }),
            LeadEvent::CallDispatchRefused { call, reason } => self.change(*call, |log| {
                log.dispatch = DispatchStage::Refused;
                log.refusal = Some(reason.clone());
            }),
            LeadEvent::CallDispatchUnknown { call } => {
                self.change(*call, |log| log.dispatch = DispatchStage::Unknown);
            }
            LeadEvent::CallStatusChanged { call, status, occurred_at } => {
                self.change(*call, |log| mark(log, *status, occurred_at.unwrap_or(at)));
            }
            LeadEvent::CallConcluded { call, status, end_reason, occurred_at } => {
                let ended_at = occurred_at.unwrap_or(at);
                self.change(*call, |log| {
                    mark(log, *status, ended_at);
                    log.end_reason.clone_from(end_reason);
                    log.ended_at = Some(ended_at);
                });
            }
            LeadEvent::CallConflictRecorded { call, status, end_reason } => {
                let conflict = Conflict { status: *status, end_reason: end_reason.clone(), at };
                self.change(*call, |log| log.conflicts.push(conflict));
            }
            LeadEvent::CallReferenced { call, provider_ref } => {
                self.change(*call, |log| log.provider_ref = Some(provider_ref.clone()));
            }
            LeadEvent::ProviderStatusHeard { call, heard, status } => {
                let ProviderWord { provider, word, event_id } = heard.as_ref().clone();
                let heard = HeardWord { provider, word, event_id, status: *status, at };
                self.change(*call, |log| log.heard.push(heard));
            }
            LeadEvent::CallAttributesAttached { call, attributes } => {
                self.change(*call, |log| attach(&mut log.attributes, attributes));
            }
            LeadEvent::LeadErased { .. } => self.forget(),
            LeadEvent::BranchTaken { .. }
            | LeadEvent::RoutingHeld { .. }
            | LeadEvent::HoldResolved { .. }
            | LeadEvent::ReleasePlanned { .. }
            | LeadEvent::LeadMoved { .. }
            | LeadEvent::CallScheduled { .. }
            | LeadEvent::AnalysisAwaited { .. }
            | LeadEvent::ApplicationRequested { .. }
            | LeadEvent::ApplicationStarted { .. }
            | LeadEvent::ApplicationTried { .. }
            | LeadEvent::ApplicationAnswered { .. }
            | LeadEvent::LeadCompleted
            | LeadEvent::LeadDropped
            | LeadEvent::LeadRemoved
            | LeadEvent::LeadWithdrawn
            | LeadEvent::LeadEdited { .. } => {}
        }
    }

    fn request(&mut self, number: u32, from: &str, agent_id: Option<&String>, at: Timestamp) {
        let Some((workflow, to)) = self.enrolled.clone() else { return };
        let log = CallLog {
            id: CallId { lead: self.lead, number },
            workflow_id: workflow,
            lead_id: self.lead,
            node_id: self.at.map(|(node, _)| node),
            visit: self.at.map_or(0, |(_, visit)| visit),
            to,
            from: from.into(),
            agent_id: agent_id.cloned(),
            status: CallStatus::Created,
            dispatch: DispatchStage::Requested,
            refusal: None,
            end_reason: None,
            attributes: Personal::default(),
            provider_ref: None,
            conflicts: Vec::new(),
            heard: Vec::new(),
            timeline: vec![StatusMark { status: CallStatus::Created, at }],
            created_at: at,
            ended_at: None,
        };
        self.calls.insert(number, log);
    }

    /// What was personal is gone, also for a reader who holds the key.
    fn forget(&mut self) {
        if let Some((_, phone_number)) = &mut self.enrolled {
            *phone_number = Personal::Erased;
        }
        for log in self.calls.values_mut() {
            log.to = Personal::Erased;
            log.attributes = Personal::Erased;
            log.refusal = log.refusal.take().map(|_| Personal::Erased);
        }
    }

    fn change(&mut self, call: u32, change: impl FnOnce(&mut CallLog)) {
        if let Some(log) = self.calls.get_mut(&call) {
            change(log);
        }
    }
}

fn mark(log: &mut CallLog, status: CallStatus, at: Timestamp) {
    log.status = status;
    log.timeline.push(StatusMark { status, at });
}

/// What was read before stays only while all of it can be read: half an answer looks like a whole
/// one.
fn attach(known: &mut Personal<Values>, new: &Personal<Values>) {
    match (known, new) {
        (Personal::Known(known), Personal::Known(new)) => {
            known.extend(new.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
        (known, Personal::Erased) => *known = Personal::Erased,
        (Personal::Erased, Personal::Known(_)) => {}
    }
}
