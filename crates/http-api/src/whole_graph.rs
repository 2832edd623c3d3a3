//! A graph as a whole: got, judged, and put in one revision.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::{HttpRequest, HttpResponse};
use branchline_domain::{
    graph,
    id::{NodeId, WorkflowId},
    output::Output,
};
use branchline_engine::command::{DraftEdge, DraftGraph, DraftNode, PutGraph};
use branchline_projections::event_shapes::GraphShape;
use serde::Serialize;

use crate::{
    graph::{new_node, newest},
    headers::{Write, organisation, state},
    json::Fields,
    openapi::{self, answers, bodies},
    paths::id,
    problem::{Answer, Problem},
    query::Query,
    revisions,
    workflows::find,
};

/// A whole graph as JSON.
#[derive(Debug, Serialize)]
struct WholeShape<'a> {
    #[serde(flatten)]
    graph: GraphShape<'a>,
    /// Only after a put: the ids of new nodes, by the names they had in the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    node_ids: Option<BTreeMap<String, NodeId>>,
}

/// The whole graph of a workflow.
#[utoipa::path(
    get, path = "/v1/workflows/{workflow}/graph", operation_id = "getGraph", tag = openapi::GRAPH,
    responses((status = 200, description = "The graph.", body = answers::Graph)),
)]
pub(crate) async fn whole(request: HttpRequest) -> Answer {
    let workflow = id(&request)?;
    Query::of(&request)?.finish()?;
    let graph = newest(&request, workflow).await?;
    let shape = || WholeShape { graph: GraphShape::of(&graph), node_ids: None };
    Ok(revisions::fresh(&request, graph.revision(), shape))
}

/// Judges the graph: what blocks activation, and what is doubtful.
#[utoipa::path(
    post, path = "/v1/workflows/{workflow}/validate", operation_id = "validateGraph", tag = openapi::GRAPH,
    responses((status = 200, description = "The judgement.", body = answers::GraphReport)),
)]
pub(crate) async fn validate(request: HttpRequest, write: Write) -> Answer {
    let workflow = id(&request)?;
    Query::of(&request)?.finish()?;
    write.no_body()?;
    let organisation = organisation(&request);
    let report = state(&request)?
        .engine
        .read(|projections| {
            find(projections, organisation, workflow)
                .map(|row| graph::validate(&row.state.graph, &row.state.variable_keys))
        })
        .await??;
    Ok(HttpResponse::Ok().json(report))
}

/// Replaces the graph in one revision.
///
/// Nothing changes when it is the same. Leads of a node that is left out go where `move` says.
#[utoipa::path(
    put, path = "/v1/workflows/{workflow}/graph", operation_id = "putGraph", tag = openapi::GRAPH,
    request_body = bodies::GraphPut,
    responses((status = 200, description = "The graph as it is then.", body = answers::Graph)),
    extensions(("x-problems" = json!(["invalid_value", "node_not_found", "node_type_differs", "edge_exists", "node_exists", "leads_at_node", "wrong_status", "stale_revision", "precondition_required"]))),
)]
pub(crate) async fn put(request: HttpRequest, write: Write) -> Answer {
    let workflow: WorkflowId = id(&request)?;
    Query::of(&request)?.finish()?;
    let revision = revisions::required(&request)?;
    let mut fields = write.fields()?;
    let draft = draft(&mut fields);
    // A graph that was got may be put back as it is.
    if fields.optional::<u32>("revision").is_some_and(|told| told != revision) {
        fields.fault("revision", &format!("differs from If-Match, which is {revision}"));
    }
    let draft = fields.finish(draft)?;
    let engine = &state(&request)?.engine;
    let put = engine.put_graph(&write.caller, workflow, revision, draft).await?;
    let PutGraph { graph, node_ids, committed: _ } = put;
    let shape = WholeShape { graph: GraphShape::of(&graph), node_ids: Some(node_ids) };
    Ok(revisions::tagged(HttpResponse::Ok(), graph.revision(), shape))
}

/// The graph that a body draws.
///
/// # Errors
///
/// 400 with every fault.
pub(crate) fn drawn(body: &[u8]) -> Result<DraftGraph, Problem> {
    let mut fields = Fields::of_body(body)?;
    let draft = draft(&mut fields);
    // A graph that was got may be sent as it is.
    fields.ignore("revision");
    fields.finish(draft)
}

/// Reads a whole graph. What an edge or a move names must be a node of the list; only an id of ours
/// may name one that is not there: validation tells of it.
fn draft(fields: &mut Fields) -> Option<DraftGraph> {
    let mut names = BTreeSet::new();
    let nodes = fields.objects("nodes", |node, _| {
        let name = node.optional::<String>("id");
        if let Some(name) = &name
            && !names.insert(name.clone())
        {
            node.fault("id", "is the id of an earlier node too");
        }
        Some(DraftNode { name, node: new_node(node)? })
    });
    // Where nodes are at fault themselves, their names are not all known.
    let is_name =
        |name: &str| nodes.is_none() || names.contains(name) || name.parse::<NodeId>().is_ok();
    let named = |fields: &mut Fields, field: &'static str| {
        let name = fields.required::<String>(field)?;
        if !is_name(&name) {
            fields.fault(field, "is no id of a node in nodes");
        }
        Some(name)
    };
    let edges = fields.objects("edges", |edge, _| {
        let id = edge.optional::<String>("id");
        let (from, to) = (named(edge, "from_node_id"), named(edge, "to_node_id"));
        let label = edge.optional::<Output>("label").filter(|label| !label.as_str().is_empty());
        Some(DraftEdge { id, from: from?, to: to?, label })
    });
    let moves = fields.optional::<BTreeMap<String, String>>("move").unwrap_or_default();
    if moves.iter().any(|(from, to)| !is_name(from) || !is_name(to)) {
        fields.fault("move", "names a node that is neither known nor in nodes");
    }
    Some(DraftGraph { nodes: nodes?, edges: edges?, moves })
}
