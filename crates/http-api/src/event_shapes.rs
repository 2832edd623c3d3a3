//! Events of the journal as JSON, without anything personal.

use branchline_domain::{
    graph::GraphChange,
    id::{CallId, LeadId, WorkflowId},
    lead::{HoldReason, LeadEvent, Resolution},
    time::Timestamp,
    workflow::WorkflowEvent,
};
use branchline_engine::{Cursor, RecordedEvents, RecordedFact};
use branchline_journal::record::Cause;
use serde::Serialize;
use serde_json::{Value, json};

use crate::graph::NodeShape;

/// One event, with its place in the journal. Events of one record share their cursor.
#[derive(Debug, Serialize)]
pub(crate) struct EventShape {
    pub(crate) cursor: String,
    position: u64,
    at: Timestamp,
    #[serde(rename = "type")]
    pub(crate) event_type: &'static str,
    workflow_id: Option<WorkflowId>,
    lead_id: Option<LeadId>,
    call_id: Option<CallId>,
    principal: String,
    /// The request that asked for it.
    request_id: Option<String>,
    /// The record that it follows from.
    cause_position: Option<u64>,
    payload: Value,
}

/// The lead a record is about, whose workflow is not in the record itself.
pub(crate) fn lead_of(fact: &RecordedFact) -> Option<LeadId> {
    match &fact.events {
        RecordedEvents::Lead(lead, _) => Some(*lead),
        RecordedEvents::Workflow(..) => None,
    }
}

/// The events of a record, in order. `home` is the workflow of its lead.
pub(crate) fn events_of(fact: &RecordedFact, home: Option<WorkflowId>) -> Vec<EventShape> {
    let (request_id, cause_position) = match &fact.cause {
        Cause::None => (None, None),
        Cause::Position(position) => (None, Some(position.0)),
        Cause::Request(id) => (Some(id.to_string()), None),
    };
    let shape = |(event_type, payload), workflow_id, lead_id, call_id| EventShape {
        cursor: Cursor(fact.position).to_string(),
        position: fact.position.0,
        at: fact.at,
        event_type,
        workflow_id,
        lead_id,
        call_id,
        principal: fact.principal.to_string(),
        request_id: request_id.clone(),
        cause_position,
        payload,
    };
    match &fact.events {
        RecordedEvents::Workflow(workflow, events) => events
            .iter()
            .map(|event| shape(workflow_event(event), Some(*workflow), None, None))
            .collect(),
        RecordedEvents::Lead(lead, events) => events
            .iter()
            .map(|event| {
                let call = call_number(event).map(|number| CallId { lead: *lead, number });
                shape((lead_type(event), lead_payload(event)), home, Some(*lead), call)
            })
            .collect(),
    }
}

const fn call_number(event: &LeadEvent) -> Option<u32> {
    match event {
        LeadEvent::CallRequested { call, .. }
        | LeadEvent::CallDispatchStarted { call, .. }
        | LeadEvent::CallDispatched { call, .. }
        | LeadEvent::CallDispatchRefused { call, .. }
        | LeadEvent::CallDispatchUnknown { call }
        | LeadEvent::CallStatusChanged { call, .. }
        | LeadEvent::CallConcluded { call, .. }
        | LeadEvent::CallConflictRecorded { call, .. }
        | LeadEvent::CallReferenced { call, .. }
        | LeadEvent::CallAttributesAttached { call, .. }
        | LeadEvent::CallScheduled { call, .. } => Some(*call),
        LeadEvent::LeadEnrolled { .. }
        | LeadEvent::NodeEntered { .. }
        | LeadEvent::BranchTaken { .. }
        | LeadEvent::RoutingHeld { .. }
        | LeadEvent::HoldResolved { .. }
        | LeadEvent::ReleasePlanned { .. }
        | LeadEvent::LeadCompleted
        | LeadEvent::LeadDropped
        | LeadEvent::LeadRemoved
        | LeadEvent::LeadWithdrawn
        | LeadEvent::LeadEdited { .. }
        | LeadEvent::LeadMoved { .. }
        | LeadEvent::AnalysisAwaited { .. }
        | LeadEvent::ApplicationRequested { .. }
        | LeadEvent::ApplicationStarted { .. }
        | LeadEvent::ApplicationTried { .. }
        | LeadEvent::ApplicationAnswered { .. } => None,
    }
}

/// The name of an event's type, as the journal has it.
const fn lead_type(event: &LeadEvent) -> &'static str {
    match event {
        LeadEvent::LeadEnrolled { .. } => "lead.enrolled",
        LeadEvent::NodeEntered { .. } => "lead.node_entered",
        LeadEvent::CallRequested { .. } => "lead.call_requested",
        LeadEvent::CallDispatchStarted { .. } => "lead.call_dispatch_started",
        LeadEvent::CallDispatched { .. } => "lead.call_dispatched",
        LeadEvent::CallDispatchRefused { .. } => "lead.call_dispatch_refused",
        LeadEvent::CallDispatchUnknown { .. } => "lead.call_dispatch_unknown",
        LeadEvent::CallStatusChanged { .. } => "lead.call_status_changed",
        LeadEvent::CallConcluded { .. } => "lead.call_concluded",
        LeadEvent::CallConflictRecorded { .. } => "lead.call_conflict_recorded",
        LeadEvent::CallReferenced { .. } => "lead.call_referenced",
        LeadEvent::CallAttributesAttached { .. } => "lead.call_attributes_attached",
        LeadEvent::BranchTaken { .. } => "lead.branch_taken",
        LeadEvent::RoutingHeld { .. } => "lead.routing_held",
        LeadEvent::HoldResolved { .. } => "lead.hold_resolved",
        LeadEvent::ReleasePlanned { .. } => "lead.release_planned",
        LeadEvent::LeadCompleted => "lead.completed",
        LeadEvent::LeadDropped => "lead.dropped",
        LeadEvent::LeadRemoved => "lead.removed",
        LeadEvent::LeadWithdrawn => "lead.withdrawn",
        LeadEvent::LeadEdited { .. } => "lead.edited",
        LeadEvent::LeadMoved { .. } => "lead.moved",
        LeadEvent::CallScheduled { .. } => "lead.call_scheduled",
        LeadEvent::AnalysisAwaited { .. } => "lead.analysis_awaited",
        LeadEvent::ApplicationRequested { .. } => "lead.application_requested",
        LeadEvent::ApplicationStarted { .. } => "lead.application_started",
        LeadEvent::ApplicationTried { .. } => "lead.application_tried",
        LeadEvent::ApplicationAnswered { .. } => "lead.application_answered",
    }
}

fn lead_payload(event: &LeadEvent) -> Value {
    match event {
        LeadEvent::LeadEnrolled { workflow, import, .. } => {
            json!({ "workflow_id": workflow, "import_id": import })
        }
        LeadEvent::NodeEntered { visit, node, revision, release_at } => {
            json!({ "visit": visit, "node_id": node, "revision": revision,
                    "release_at": release_at })
        }
        LeadEvent::CallRequested { from, agent_id, ring_timeout_s, .. } => {
            json!({ "from": from, "agent_id": agent_id, "ring_timeout_s": ring_timeout_s })
        }
        LeadEvent::CallDispatchStarted { lease_until, .. } => json!({ "lease_until": lease_until }),
        LeadEvent::CallDispatched { provider_ref, .. } => json!({ "provider_ref": provider_ref }),
        LeadEvent::CallReferenced { provider_ref, .. } => json!({ "provider_ref": provider_ref }),
        LeadEvent::CallStatusChanged { status, occurred_at, .. } => {
            json!({ "status": status, "occurred_at": occurred_at })
        }
        LeadEvent::CallConcluded { status, end_reason, occurred_at, .. } => {
            json!({ "status": status, "end_reason": end_reason, "occurred_at": occurred_at })
        }
        LeadEvent::CallConflictRecorded { status, end_reason, .. } => {
            json!({ "status": status, "end_reason": end_reason })
        }
        LeadEvent::BranchTaken { visit, from, output, to, cause, revision } => {
            json!({ "visit": visit, "from_node_id": from, "output": output, "to_node_id": to,
                    "cause": cause.as_str(), "revision": revision })
        }
        LeadEvent::LeadMoved { visit, from, to, revision } => {
            json!({ "visit": visit, "from_node_id": from, "to_node_id": to, "revision": revision })
        }
        LeadEvent::CallScheduled { not_before, expires_at, .. } => {
            json!({ "not_before": not_before, "expires_at": expires_at })
        }
        LeadEvent::AnalysisAwaited { until } => json!({ "until": until }),
        LeadEvent::ApplicationRequested { attempt } | LeadEvent::ApplicationStarted { attempt } => {
            json!({ "attempt": attempt })
        }
        LeadEvent::ApplicationTried { attempt, outcome, latency_ms, missing_fields, .. } => {
            json!({ "attempt": attempt, "outcome": outcome, "latency_ms": latency_ms,
                    "missing_fields": missing_fields })
        }
        LeadEvent::ApplicationAnswered { node, .. } => json!({ "node_id": node }),
        LeadEvent::RoutingHeld { reason } => held(reason),
        LeadEvent::HoldResolved { choice } => resolved(choice),
        LeadEvent::ReleasePlanned { release_at } => json!({ "release_at": release_at }),
        LeadEvent::CallDispatchRefused { .. }
        | LeadEvent::CallDispatchUnknown { .. }
        | LeadEvent::CallAttributesAttached { .. }
        | LeadEvent::LeadCompleted
        | LeadEvent::LeadDropped
        | LeadEvent::LeadRemoved
        | LeadEvent::LeadWithdrawn
        | LeadEvent::LeadEdited { .. } => json!({}),
    }
}

fn held(reason: &HoldReason) -> Value {
    let output = reason.outcome().map(|outcome| &outcome.output);
    let status = match reason {
        HoldReason::ReviewRequired(status) => Some(status),
        HoldReason::WorkflowPaused(_)
        | HoldReason::MissingOutput(_)
        | HoldReason::NodeIncomplete
        | HoldReason::CallOverdue
        | HoldReason::DialOutcomeUnknown
        | HoldReason::DialRefused
        | HoldReason::UnreadableTime(_)
        | HoldReason::ApplicationReview
        | HoldReason::EndlessLoop => None,
    };
    json!({ "hold": reason.code(), "output": output, "status": status })
}

fn resolved(choice: &Resolution) -> Value {
    match choice {
        Resolution::Output(output) => json!({ "output": output }),
        Resolution::Redial => json!({ "action": "redial" }),
        Resolution::ReleaseAt(at) => json!({ "release_at": at }),
    }
}

/// Type and payload of an event of a workflow.
fn workflow_event(event: &WorkflowEvent) -> (&'static str, Value) {
    match event {
        WorkflowEvent::WorkflowCreated { title, description, settings, source, .. } => (
            "workflow.created",
            json!({ "title": title, "description": description, "settings": settings,
                    "source_id": source }),
        ),
        WorkflowEvent::WorkflowRenamed { title, description } => {
            ("workflow.renamed", json!({ "title": title, "description": description }))
        }
        WorkflowEvent::SettingsChanged { settings } => {
            ("workflow.settings_changed", json!({ "settings": settings }))
        }
        WorkflowEvent::GraphRevised { revision, changes } => (
            "workflow.graph_revised",
            json!({ "revision": revision,
                    "changes": changes.iter().map(graph_change).collect::<Vec<_>>() }),
        ),
        WorkflowEvent::GraphStaged { part, changes } => (
            "workflow.graph_staged",
            json!({ "part": part,
                    "changes": changes.iter().map(graph_change).collect::<Vec<_>>() }),
        ),
        WorkflowEvent::NodeReplaced { node, by } => {
            ("workflow.node_replaced", json!({ "node_id": node, "by_node_id": by }))
        }
        WorkflowEvent::WorkflowActivated => ("workflow.activated", json!({})),
        WorkflowEvent::WorkflowPaused => ("workflow.paused", json!({})),
        WorkflowEvent::WorkflowResumed => ("workflow.resumed", json!({})),
        WorkflowEvent::WorkflowCompleted { automatic } => {
            ("workflow.completed", json!({ "automatic": automatic }))
        }
        WorkflowEvent::WorkflowCancelled => ("workflow.cancelled", json!({})),
        WorkflowEvent::WorkflowDeleted => ("workflow.deleted", json!({})),
        WorkflowEvent::ImportOpened { import, opening } => (
            "workflow.import_opened",
            json!({ "import_id": import, "file_name": opening.file_name, "rows": opening.rows,
                    "duplicates_skipped": opening.duplicates_skipped,
                    "variable_keys": opening.variable_keys }),
        ),
        WorkflowEvent::ImportClosed { import, enrolled, duplicates_skipped } => (
            "workflow.import_closed",
            json!({ "import_id": import, "leads_enrolled": enrolled,
                    "duplicates_skipped": duplicates_skipped }),
        ),
        WorkflowEvent::ImportCancelled { import, reason } => {
            ("workflow.import_cancelled", json!({ "import_id": import, "reason": reason }))
        }
        WorkflowEvent::ImportRefused { import, refusal } => (
            "workflow.import_refused",
            json!({ "import_id": import, "file_name": refusal.file_name, "rows": refusal.rows,
                    "faults": refusal.faults, "reasons": refusal.reasons }),
        ),
    }
}

fn graph_change(change: &GraphChange) -> Value {
    match change {
        GraphChange::NodePut(node) => json!({ "node_put": NodeShape::of(node) }),
        GraphChange::NodeRemoved(node) => json!({ "node_removed": node }),
        GraphChange::EdgeAdded(edge) => json!({ "edge_added": edge }),
        GraphChange::EdgeRemoved(edge) => json!({ "edge_removed": edge }),
    }
}
