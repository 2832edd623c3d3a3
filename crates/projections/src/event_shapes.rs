//! Events and graphs as JSON, without anything personal: the shapes of the API and of the log tool.

use branchline_domain::{
    graph::{CanvasPosition, Edge, Graph, GraphChange, Node, NodeConfig, NodeType},
    id::NodeId,
    lead::{HoldReason, LeadEvent, Resolution},
    organisation::OrganisationEvent,
    value::{Decimal, Value as Number},
    workflow::WorkflowEvent,
};
use serde::Serialize;
use serde_json::{Value, json};

/// One event as JSON, without its place in the journal.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EventShape {
    /// The name of its type, as the journal has it.
    #[serde(rename = "type")]
    pub event_type: &'static str,
    /// Number of the lead's call that it is about.
    #[serde(rename = "call", skip_serializing_if = "Option::is_none")]
    pub call_number: Option<u32>,
    /// Its fields. What is personal is left out. Fields are added, never renamed.
    pub payload: Value,
}

impl EventShape {
    /// An event of a lead.
    pub fn of_lead(event: &LeadEvent) -> Self {
        Self {
            event_type: lead_type(event),
            call_number: call_number(event),
            payload: lead_payload(event),
        }
    }

    /// An event of a workflow.
    pub fn of_workflow(event: &WorkflowEvent) -> Self {
        let (event_type, payload) = workflow_event(event);
        Self { event_type, call_number: None, payload }
    }

    /// An event of an organisation. The digest of a secret is nobody's to see.
    pub fn of_organisation(event: &OrganisationEvent) -> Self {
        let (event_type, payload) = organisation_event(event);
        Self { event_type, call_number: None, payload }
    }
}

/// A node as JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NodeShape {
    /// Its id.
    pub id: NodeId,
    /// The kind of step.
    pub node_type: NodeType,
    /// What people call it.
    pub label: String,
    /// Where it is drawn, to the right. Unit: canvas units.
    pub position_x: Number,
    /// Where it is drawn, down. Unit: canvas units.
    pub position_y: Number,
    /// What it does.
    pub config: NodeConfig,
    /// Whether leads start here.
    pub entry: bool,
}

impl NodeShape {
    /// A node.
    pub fn of(node: &Node) -> Self {
        let CanvasPosition { x_milli, y_milli } = node.position;
        Self {
            id: node.id,
            node_type: node.node_type(),
            label: node.label.clone(),
            position_x: from_milli(x_milli),
            position_y: from_milli(y_milli),
            config: node.config.clone(),
            entry: node.entry,
        }
    }
}

fn from_milli(milli: i64) -> Number {
    format!("{milli}e-3").parse::<Decimal>().map_or_else(|_| Number::from(0), Number::Number)
}

/// A revision of a graph as JSON: what `PUT /v1/workflows/{id}/graph` takes, too.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GraphShape<'a> {
    /// Which revision it is.
    pub revision: u32,
    /// The nodes, in order of creation.
    pub nodes: Vec<NodeShape>,
    /// The edges, in the order they are tried.
    pub edges: &'a [Edge],
}

impl<'a> GraphShape<'a> {
    /// A revision.
    pub fn of(graph: &'a Graph) -> Self {
        let nodes = graph.nodes().iter().map(|node| NodeShape::of(node)).collect();
        Self { revision: graph.revision(), nodes, edges: graph.edges() }
    }
}

/// Number of the call that an event of a lead is about.
pub const fn call_number(event: &LeadEvent) -> Option<u32> {
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
        | LeadEvent::ProviderStatusHeard { call, .. }
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
        | LeadEvent::LeadErased { .. }
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
        LeadEvent::ProviderStatusHeard { .. } => "lead.provider_status_heard",
        LeadEvent::CallAttributesAttached { .. } => "lead.call_attributes_attached",
        LeadEvent::BranchTaken { .. } => "lead.branch_taken",
        LeadEvent::RoutingHeld { .. } => "lead.routing_held",
        LeadEvent::HoldResolved { .. } => "lead.hold_resolved",
        LeadEvent::ReleasePlanned { .. } => "lead.release_planned",
        LeadEvent::LeadCompleted => "lead.completed",
        LeadEvent::LeadDropped => "lead.dropped",
        LeadEvent::LeadRemoved => "lead.removed",
        LeadEvent::LeadWithdrawn => "lead.withdrawn",
        LeadEvent::LeadErased { .. } => "lead.erased",
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
        LeadEvent::ProviderStatusHeard { heard, status, .. } => {
            json!({ "provider": heard.provider, "word": heard.word, "event_id": heard.event_id,
                    "status": status })
        }
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
        | LeadEvent::LeadErased { .. }
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

fn organisation_event(event: &OrganisationEvent) -> (&'static str, Value) {
    match event {
        OrganisationEvent::ApiKeyCreated { key, name, scopes, expires_at, secret_sha256: _ } => (
            "organisation.api_key_created",
            json!({ "key_id": key, "name": name, "scopes": scopes, "expires_at": expires_at }),
        ),
        OrganisationEvent::ApiKeyExpirySet { key, expires_at } => {
            ("organisation.api_key_expiry_set", json!({ "key_id": key, "expires_at": expires_at }))
        }
        OrganisationEvent::ApiKeyRevoked { key } => {
            ("organisation.api_key_revoked", json!({ "key_id": key }))
        }
        OrganisationEvent::ActionRefused { action, target, code } => (
            "organisation.action_refused",
            json!({ "action": action, "target": target, "code": code }),
        ),
        OrganisationEvent::ProviderEventUnmatched { event, reason, told } => (
            "organisation.provider_event_unmatched",
            json!({ "provider_event_id": event, "reason": reason, "provider": told.provider,
                    "word": told.word, "provider_call_id": told.provider_call_id,
                    "call_id": told.call, "event_id": told.event_id,
                    "end_reason": told.end_reason, "occurred_at": told.occurred_at,
                    "facts": told.facts }),
        ),
        OrganisationEvent::ProviderEventMatched { event, call, status } => (
            "organisation.provider_event_matched",
            json!({ "provider_event_id": event, "call_id": call, "status": status }),
        ),
        OrganisationEvent::ProviderEventDismissed { event, note } => (
            "organisation.provider_event_dismissed",
            json!({ "provider_event_id": event, "note": note }),
        ),
        OrganisationEvent::ProviderWordsSet { provider, words } => {
            ("organisation.provider_words_set", json!({ "provider": provider, "words": words }))
        }
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
