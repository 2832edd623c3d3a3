//! Events of the journal as JSON, each with its place.

use branchline_domain::{
    id::{CallId, LeadId, WorkflowId},
    time::Timestamp,
};
use branchline_engine::{Cursor, RecordedEvents, RecordedFact};
use branchline_journal::record::Cause;
use branchline_projections::event_shapes::EventShape as Told;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::openapi::names;

/// One event, with its place in the journal. Events of one record share their cursor.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub(crate) struct EventShape {
    /// Its place: what comes after it is asked for with this.
    pub(crate) cursor: String,
    position: u64,
    #[schema(value_type = names::Timestamp)]
    at: Timestamp,
    /// What happened, such as `lead.branch_taken`. New types come: pass over those you do not
    /// know.
    #[serde(rename = "type")]
    pub(crate) event_type: &'static str,
    #[schema(value_type = Option<names::WorkflowId>)]
    workflow_id: Option<WorkflowId>,
    #[schema(value_type = Option<names::LeadId>)]
    lead_id: Option<LeadId>,
    #[schema(value_type = Option<names::CallId>)]
    call_id: Option<CallId>,
    /// Who caused it: `key:<key id>`, `api`, `operator` or `engine`.
    principal: String,
    /// The request that asked for it.
    request_id: Option<String>,
    /// The record that it follows from.
    cause_position: Option<u64>,
    /// Its fields, by type. Fields are added, never renamed; nothing personal is in them.
    payload: Value,
}

/// The lead a record is about, whose workflow is not in the record itself.
pub(crate) fn lead_of(fact: &RecordedFact) -> Option<LeadId> {
    match &fact.events {
        RecordedEvents::Lead(lead, _) => Some(*lead),
        RecordedEvents::Workflow(..) | RecordedEvents::Organisation(..) => None,
    }
}

/// The events of a record, in order. `home` is the workflow of its lead.
pub(crate) fn events_of(fact: &RecordedFact, home: Option<WorkflowId>) -> Vec<EventShape> {
    let (request_id, cause_position) = match &fact.cause {
        Cause::None => (None, None),
        Cause::Position(position) => (None, Some(position.0)),
        Cause::Request(id) => (Some(id.to_string()), None),
    };
    let shape = |told: Told, workflow_id, lead_id: Option<LeadId>| EventShape {
        cursor: Cursor(fact.position).to_string(),
        position: fact.position.0,
        at: fact.at,
        event_type: told.event_type,
        workflow_id,
        lead_id,
        call_id: lead_id.zip(told.call_number).map(|(lead, number)| CallId { lead, number }),
        principal: fact.principal.to_string(),
        request_id: request_id.clone(),
        cause_position,
        payload: told.payload,
    };
    match &fact.events {
        RecordedEvents::Workflow(workflow, events) => events
            .iter()
            .map(|event| shape(Told::of_workflow(event), Some(*workflow), None))
            .collect(),
        RecordedEvents::Lead(lead, events) => {
            events.iter().map(|event| shape(Told::of_lead(event), home, Some(*lead))).collect()
        }
        RecordedEvents::Organisation(_, events) => {
            events.iter().map(|event| shape(Told::of_organisation(event), None, None)).collect()
        }
    }
}
