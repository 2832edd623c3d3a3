//! The graph of a workflow: nodes and edges, one by one.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse};
use branchline_domain::{
    graph::{CanvasPosition, Graph, NodeConfig, NodeType},
    id::{EdgeId, NodeId, WorkflowId},
    output::Output,
    value::Value,
    workflow::NodePatch,
};
use branchline_engine::command::{NewEdge, NewNode, WorkflowAction};
use branchline_projections::event_shapes::NodeShape;

use crate::{
    headers::{Write, organisation, state},
    json::Fields,
    openapi::{self, answers, bodies, names, parameters::Paging},
    paging::{Listing, RowCursor, Wanted},
    paths::{id, missing},
    problem::{Answer, Problem},
    query::Query,
    revisions,
    workflows::find,
};

/// Farthest place on the canvas, to each side. Unit: canvas units.
const CANVAS_MAX: i64 = 1_000_000;

/// Reads a coordinate; more than three places are cut off.
fn coordinate(fields: &mut Fields, name: &'static str) -> Option<i64> {
    let value = fields.optional::<Value>(name)?;
    let Value::Number(number) = value else {
        fault_of_coordinate(fields, name);
        return None;
    };
    let (digits, places) = number.parts();
    let milli = if places <= 3 {
        digits.checked_mul(10_i128.pow(3 - places))
    } else {
        10_i128.checked_pow(places - 3).map(|scale| digits / scale)
    };
    let milli = milli.and_then(|milli| i64::try_from(milli).ok());
    let within = milli.filter(|milli| milli.unsigned_abs() <= (CANVAS_MAX * 1_000).unsigned_abs());
    if within.is_none() {
        fault_of_coordinate(fields, name);
    }
    within
}

fn fault_of_coordinate(fields: &mut Fields, name: &str) {
    fields.fault(name, &format!("must be a number from -{CANVAS_MAX} to {CANVAS_MAX}"));
}

/// The newest graph of a workflow.
pub(crate) async fn newest(
    request: &HttpRequest,
    workflow: WorkflowId,
) -> Result<Arc<Graph>, Problem> {
    let organisation = organisation(request);
    state(request)?
        .engine
        .read(|projections| {
            find(projections, organisation, workflow).map(|row| Arc::clone(&row.state.graph))
        })
        .await?
}

/// The nodes of a workflow, in order of creation.
#[utoipa::path(
    get, path = "/v1/workflows/{workflow}/nodes", operation_id = "listNodes", tag = openapi::GRAPH,
    params(Paging),
    responses((status = 200, description = "A page.", body = Listing<answers::Node>)),
)]
pub(crate) async fn nodes(request: HttpRequest) -> Answer {
    let workflow = id(&request)?;
    let mut query = Query::of(&request)?;
    let wanted = Wanted::<RowCursor>::of(&mut query);
    query.finish()?;
    let graph = newest(&request, workflow).await?;
    let shapes = || wanted.cut(graph.nodes().iter().map(|node| NodeShape::of(node)).collect());
    Ok(revisions::fresh(&request, graph.revision(), shapes))
}

/// A node.
#[utoipa::path(
    get, path = "/v1/workflows/{workflow}/nodes/{node}", operation_id = "getNode", tag = openapi::GRAPH,
    responses((status = 200, description = "The node.", body = answers::Node)),
)]
pub(crate) async fn node(request: HttpRequest) -> Answer {
    let (workflow, node) = (id(&request)?, id::<NodeId>(&request)?);
    Query::of(&request)?.finish()?;
    let graph = newest(&request, workflow).await?;
    let found = graph.node(node).ok_or_else(|| missing(&node))?;
    Ok(revisions::fresh(&request, graph.revision(), || NodeShape::of(found)))
}

/// Reads a node; `None` means that a fault is noted.
pub(crate) fn new_node(fields: &mut Fields) -> Option<NewNode> {
    let node_type = fields.required::<NodeType>("node_type");
    let label = fields.required::<String>("label");
    let position = CanvasPosition {
        x_milli: coordinate(fields, "position_x").unwrap_or_default(),
        y_milli: coordinate(fields, "position_y").unwrap_or_default(),
    };
    let config = if let Some(node_type) = node_type {
        let given = fields.optional_as("config", |config| NodeConfig::read(node_type, config));
        Some(given.unwrap_or_else(|| NodeConfig::empty(node_type)))
    } else {
        fields.ignore("config");
        None
    };
    let entry = fields.optional("entry").unwrap_or_default();
    let (label, config) = label.zip(config)?;
    Some(NewNode { label, position, config, entry })
}

/// Adds a node, complete or not.
#[utoipa::path(
    post, path = "/v1/workflows/{workflow}/nodes", operation_id = "createNode", tag = openapi::GRAPH,
    request_body = bodies::NewNode,
    responses((status = 201, description = "The node.", body = answers::Node)),
    extensions(("x-problems" = json!(["invalid_value", "node_not_found", "wrong_status"]))),
)]
pub(crate) async fn add_node(request: HttpRequest, write: Write) -> Answer {
    let workflow: WorkflowId = id(&request)?;
    Query::of(&request)?.finish()?;
    let mut fields = write.fields()?;
    let new = new_node(&mut fields);
    let new = fields.finish(new)?;
    let added = state(&request)?.engine.add_node(&write.caller, workflow, new).await?;
    let graph = newest(&request, workflow).await?;
    // Somebody may have taken it away again between the two.
    let found = graph.node(added).ok_or_else(|| missing(&added))?;
    Ok(revisions::tagged(HttpResponse::Created(), graph.revision(), NodeShape::of(found)))
}

/// Changes a node. A `config` replaces the whole config.
#[utoipa::path(
    patch, path = "/v1/workflows/{workflow}/nodes/{node}", operation_id = "editNode", tag = openapi::GRAPH,
    request_body = bodies::NodeEdit,
    responses((status = 200, description = "The node.", body = answers::Node)),
    extensions(("x-problems" = json!(["invalid_value", "node_type_differs", "wrong_status"]))),
)]
pub(crate) async fn patch_node(request: HttpRequest, write: Write) -> Answer {
    let (workflow, node): (WorkflowId, NodeId) = (id(&request)?, id(&request)?);
    Query::of(&request)?.finish()?;
    let mut fields = write.fields()?;
    let node_type = {
        let graph = newest(&request, workflow).await?;
        graph.node(node).ok_or_else(|| missing(&node))?.node_type()
    };
    if fields.optional::<NodeType>("node_type").is_some_and(|given| given != node_type) {
        let problem = format!(
            "the node is a {node_type} and stays one: delete it and create another instead"
        );
        fields.fault("node_type", &problem);
    }
    let patch = NodePatch {
        label: fields.optional("label"),
        x_milli: coordinate(&mut fields, "position_x"),
        y_milli: coordinate(&mut fields, "position_y"),
        config: fields.optional_as("config", |config| NodeConfig::read(node_type, config)),
        entry: fields.optional("entry"),
    };
    let patch = fields.finish(Some(patch))?;
    let engine = &state(&request)?.engine;
    let action = WorkflowAction::PatchNode { node, patch };
    engine.act_on_workflow(&write.caller, workflow, action).await?;
    let graph = newest(&request, workflow).await?;
    let found = graph.node(node).ok_or_else(|| missing(&node))?;
    Ok(revisions::tagged(HttpResponse::Ok(), graph.revision(), NodeShape::of(found)))
}

/// Deletes a node, and its edges with it.
///
/// Refused while leads are at it, unless `move_to` says where they go.
#[utoipa::path(
    delete, path = "/v1/workflows/{workflow}/nodes/{node}", operation_id = "deleteNode", tag = openapi::GRAPH,
    params(("move_to" = Option<names::NodeId>, Query, description = "Node that its leads go to.")),
    responses((status = 204, description = "It is deleted.")),
    extensions(("x-problems" = json!(["invalid_value", "leads_at_node", "wrong_status"]))),
)]
pub(crate) async fn remove_node(request: HttpRequest, write: Write) -> Answer {
    let (workflow, node) = (id(&request)?, id(&request)?);
    let mut query = Query::of(&request)?;
    let move_to = query.value::<NodeId>("move_to");
    query.finish()?;
    write.no_body()?;
    let engine = &state(&request)?.engine;
    let action = WorkflowAction::RemoveNode { node, move_to };
    engine.act_on_workflow(&write.caller, workflow, action).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The edges of a workflow, in the order they are tried.
#[utoipa::path(
    get, path = "/v1/workflows/{workflow}/edges", operation_id = "listEdges", tag = openapi::GRAPH,
    params(Paging),
    responses((status = 200, description = "A page.", body = Listing<answers::Edge>)),
)]
pub(crate) async fn edges(request: HttpRequest) -> Answer {
    let workflow = id(&request)?;
    let mut query = Query::of(&request)?;
    let wanted = Wanted::<RowCursor>::of(&mut query);
    query.finish()?;
    let graph = newest(&request, workflow).await?;
    Ok(revisions::fresh(&request, graph.revision(), || wanted.cut(graph.edges().to_vec())))
}

/// An edge.
#[utoipa::path(
    get, path = "/v1/workflows/{workflow}/edges/{edge}", operation_id = "getEdge", tag = openapi::GRAPH,
    responses((status = 200, description = "The edge.", body = answers::Edge)),
)]
pub(crate) async fn edge(request: HttpRequest) -> Answer {
    let (workflow, edge) = (id(&request)?, id::<EdgeId>(&request)?);
    Query::of(&request)?.finish()?;
    let graph = newest(&request, workflow).await?;
    let found = graph.edge(edge).ok_or_else(|| missing(&edge))?;
    Ok(revisions::fresh(&request, graph.revision(), || found))
}

/// Adds an edge.
#[utoipa::path(
    post, path = "/v1/workflows/{workflow}/edges", operation_id = "createEdge", tag = openapi::GRAPH,
    request_body = bodies::NewEdge,
    responses((status = 201, description = "The edge.", body = answers::Edge)),
    extensions(("x-problems" = json!(["invalid_value", "edge_exists", "edge_not_found", "node_not_found", "wrong_status"]))),
)]
pub(crate) async fn add_edge(request: HttpRequest, write: Write) -> Answer {
    let workflow: WorkflowId = id(&request)?;
    Query::of(&request)?.finish()?;
    let mut fields = write.fields()?;
    let from = fields.required::<NodeId>("from_node_id");
    let to = fields.required::<NodeId>("to_node_id");
    let label = fields.optional::<Output>("label").filter(|label| !label.as_str().is_empty());
    let (from_node_id, to_node_id) = fields.finish(from.zip(to))?;
    let new = NewEdge { from_node_id, to_node_id, label };
    let added = state(&request)?.engine.add_edge(&write.caller, workflow, new).await?;
    let graph = newest(&request, workflow).await?;
    let found = graph.edge(added).ok_or_else(|| missing(&added))?;
    Ok(revisions::tagged(HttpResponse::Created(), graph.revision(), found))
}

/// Deletes an edge.
#[utoipa::path(
    delete, path = "/v1/workflows/{workflow}/edges/{edge}", operation_id = "deleteEdge", tag = openapi::GRAPH,
    responses((status = 204, description = "It is deleted.")),
    extensions(("x-problems" = json!(["wrong_status"]))),
)]
pub(crate) async fn remove_edge(request: HttpRequest, write: Write) -> Answer {
    let (workflow, edge) = (id(&request)?, id(&request)?);
    Query::of(&request)?.finish()?;
    write.no_body()?;
    let engine = &state(&request)?.engine;
    let action = WorkflowAction::RemoveEdge { edge };
    engine.act_on_workflow(&write.caller, workflow, action).await?;
    Ok(HttpResponse::NoContent().finish())
}
