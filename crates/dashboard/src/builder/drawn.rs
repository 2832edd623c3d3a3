//! A graph as it is drawn on a canvas, before anybody has saved it: its new nodes have names of the
//! canvas's own instead of ids.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web};
use branchline_domain::{
    graph::{Edge, Graph, GraphChange, Node},
    id::{EdgeId, NodeId},
};
use branchline_engine::command::DraftGraph;
use branchline_http_api::pages::Fault;
use serde_json::{Value, json};

/// Longest body that a canvas sends. Unit: bytes.
const BODY_BYTES_MAX: usize = 4 * 1_024 * 1_024;

/// A graph, and what its canvas calls its nodes.
pub(super) struct Drawn {
    pub(super) graph: Graph,
    names: BTreeMap<NodeId, String>,
}

impl Drawn {
    /// The graph of a draft. New nodes get ids that are good for this one answer.
    pub(super) fn of(draft: DraftGraph) -> Self {
        let mut ids: BTreeMap<String, NodeId> = BTreeMap::new();
        let mut changes = Vec::with_capacity(draft.nodes.len() + draft.edges.len());
        let mut nodes = Vec::with_capacity(draft.nodes.len());
        for (number, drawn) in (1_u128..).zip(draft.nodes) {
            let known = drawn.name.as_deref().and_then(|name| name.parse().ok());
            let id = known.unwrap_or_else(|| NodeId::from_u128(number));
            ids.insert(drawn.name.unwrap_or_else(|| format!("#{number}")), id);
            nodes.push((id, drawn.node));
        }
        for (id, new) in nodes {
            let mut config = new.config;
            config.rename_nodes(|name| ids.get(name).map(NodeId::to_string));
            let (label, position, entry) = (new.label, new.position, new.entry);
            changes.push(GraphChange::NodePut(Node { id, label, position, config, entry }));
        }
        let node = |name: &str| ids.get(name).copied().or_else(|| name.parse().ok());
        for (number, edge) in (1_u128..).zip(draft.edges) {
            let (Some(from_node_id), Some(to_node_id)) = (node(&edge.from), node(&edge.to)) else {
                continue;
            };
            let id = EdgeId::from_u128(number);
            let label = edge.label;
            changes.push(GraphChange::EdgeAdded(Edge { id, from_node_id, to_node_id, label }));
        }
        let names = ids.into_iter().map(|(name, id)| (id, name)).collect();
        Self { graph: Graph::default().revised(1, &changes), names }
    }

    /// What the canvas calls a node.
    pub(super) fn name(&self, id: NodeId) -> Option<&str> {
        self.names.get(&id).map(String::as_str)
    }
}

/// The body of a request by the canvas.
///
/// # Errors
///
/// 413 when it is too long; 400 when it breaks off.
pub(super) async fn body(payload: web::Payload) -> Result<web::Bytes, Fault> {
    let body = payload.to_bytes_limited(BODY_BYTES_MAX).await.map_err(|_| {
        Fault::too_large(format!("the graph is longer than {BODY_BYTES_MAX} bytes"))
    })?;
    body.map_err(|_| Fault::invalid("the request broke off: send it again"))
}

/// A refusal, for the canvas.
pub(super) fn refused(fault: &Fault) -> HttpResponse {
    let places: Vec<Value> = fault
        .places()
        .map(|(pointer, detail)| json!({ "pointer": pointer, "detail": detail }))
        .collect();
    HttpResponse::build(fault.status())
        .json(json!({ "code": fault.code(), "detail": fault.detail(), "errors": places }))
}
