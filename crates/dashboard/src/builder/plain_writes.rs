//! What the forms of the list do: one change of the graph each, as the routes of the HTTP API.

use actix_web::{HttpRequest, HttpResponse};
use branchline_domain::{
    graph::{CanvasPosition, NodeConfig, NodeType},
    id::{EdgeId, NodeId},
    output::Output,
    workflow::NodePatch,
};
use branchline_engine::command::{Caller, NewEdge, NewNode, WorkflowAction};
use branchline_http_api::pages::{self, Fault, Visitor};

use super::{
    Subject, builder, config_reading,
    edit::{Refused, Typed, show},
};
use crate::shell::{Form, PageAnswer, PageError, done, id};

/// How far a new node stands below the lowest one. Unit: thousandths of a canvas unit.
const BELOW_MILLI: i64 = 140_000;

/// What a form is about, and who sent it.
struct Sent {
    request: HttpRequest,
    visitor: Visitor,
    subject: Subject,
    form: Form,
}

impl Sent {
    async fn of(request: HttpRequest, form: Form, action: &'static str) -> Result<Self, PageError> {
        let visitor = builder(&request, action)?;
        let subject = Subject::of(&request, &visitor).await?;
        Ok(Self { request, visitor, subject, form })
    }

    /// Who asks; only if the graph is still the one that the form was made from.
    fn caller(&self) -> Caller {
        let if_revision = self.form.get("revision").and_then(|revision| revision.parse().ok());
        Caller { if_revision, ..self.form.caller(&self.visitor, &self.request) }
    }

    async fn act(&self, action: WorkflowAction) -> Result<(), Fault> {
        let engine = pages::engine(&self.request)?;
        engine.act_on_workflow(&self.caller(), self.subject.id, action).await?;
        Ok(())
    }

    fn edit(&self) -> String {
        format!("{}/edit?forms=1", self.subject.path())
    }

    fn edit_of(&self, node: NodeId) -> String {
        format!("{}/edit?node={node}", self.subject.path())
    }

    /// The page of a node after something was done, or what was refused.
    fn answer(&self, path: &str, outcome: Result<(), Fault>, typed: Option<Typed>) -> HttpResponse {
        match outcome {
            Ok(()) => done(path, "saved"),
            Err(fault) => {
                let refused = Refused { fault, typed };
                show(&self.request, &self.visitor, &self.subject, Some(&refused))
            }
        }
    }
}

/// `POST /workflows/{id}/edit/nodes`
pub(crate) async fn add_node(request: HttpRequest, form: Form) -> PageAnswer {
    let sent = Sent::of(request, form, "graph.add_node").await?;
    let added = added(&sent).await;
    let path = added.as_ref().map_or_else(|_| sent.edit(), |node| sent.edit_of(*node));
    Ok(sent.answer(&path, added.map(|_| ()), None))
}

async fn added(sent: &Sent) -> Result<NodeId, Fault> {
    let node_type: NodeType = parsed(sent.form.required("node_type")?)?;
    let nodes = sent.subject.graph.nodes();
    let lowest = nodes.iter().map(|node| node.position.y_milli).max();
    let node = NewNode {
        label: sent.form.required("label")?.to_owned(),
        position: CanvasPosition {
            x_milli: 0,
            y_milli: lowest.map_or(0, |lowest| lowest.saturating_add(BELOW_MILLI)),
        },
        config: NodeConfig::empty(node_type),
        entry: nodes.is_empty(),
    };
    let engine = pages::engine(&sent.request)?;
    Ok(engine.add_node(&sent.caller(), sent.subject.id, node).await?)
}

/// `POST /workflows/{id}/edit/nodes/{node}`
pub(crate) async fn change_node(request: HttpRequest, form: Form) -> PageAnswer {
    let node: NodeId = id(&request, "node", "node")?;
    let sent = Sent::of(request, form, "graph.edit_node").await?;
    let known = sent.subject.graph.node(node);
    let known = known.ok_or_else(|| PageError::not_found("node", &node.to_string()))?;
    let node_type = known.node_type();
    let label = sent.form.get("label").unwrap_or_default().to_owned();
    let entry = sent.form.has("entry");
    let outcome = match config_reading::read(node_type, &sent.form) {
        Ok(config) => {
            let patch = NodePatch {
                label: Some(label.clone()),
                x_milli: None,
                y_milli: None,
                config: Some(config),
                entry: Some(entry),
            };
            sent.act(WorkflowAction::PatchNode { node, patch }).await
        }
        Err(fault) => Err(fault),
    };
    let config = config_reading::as_typed(node_type, &sent.form);
    let typed = Typed { node_type, label, entry, config };
    Ok(sent.answer(&sent.edit_of(node), outcome, Some(typed)))
}

/// `POST /workflows/{id}/edit/nodes/{node}/delete`
pub(crate) async fn remove_node(request: HttpRequest, form: Form) -> PageAnswer {
    let node: NodeId = id(&request, "node", "node")?;
    let sent = Sent::of(request, form, "graph.remove_node").await?;
    let move_to = sent.form.get("move_to").map(parsed).transpose();
    let outcome = match move_to {
        Ok(move_to) => sent.act(WorkflowAction::RemoveNode { node, move_to }).await,
        Err(fault) => Err(fault),
    };
    Ok(sent.answer(&sent.edit(), outcome, None))
}

/// `POST /workflows/{id}/edit/edges`
pub(crate) async fn add_edge(request: HttpRequest, form: Form) -> PageAnswer {
    let sent = Sent::of(request, form, "graph.add_edge").await?;
    let connected = connected(&sent).await;
    let path = connected.as_ref().map_or_else(|_| sent.edit(), |from| sent.edit_of(*from));
    Ok(sent.answer(&path, connected.map(|_| ()), None))
}

async fn connected(sent: &Sent) -> Result<NodeId, Fault> {
    let from_node_id: NodeId = parsed(sent.form.required("from")?)?;
    let to_node_id = parsed(sent.form.required("to")?)?;
    let edge =
        NewEdge { from_node_id, to_node_id, label: sent.form.get("label").map(Output::from) };
    let engine = pages::engine(&sent.request)?;
    engine.add_edge(&sent.caller(), sent.subject.id, edge).await?;
    Ok(from_node_id)
}

/// `POST /workflows/{id}/edit/edges/{edge}/delete`
pub(crate) async fn remove_edge(request: HttpRequest, form: Form) -> PageAnswer {
    let edge: EdgeId = id(&request, "edge", "edge")?;
    let sent = Sent::of(request, form, "graph.remove_edge").await?;
    let from = sent.subject.graph.edge(edge).map(|edge| edge.from_node_id);
    let path = from.map_or_else(|| sent.edit(), |from| sent.edit_of(from));
    let outcome = sent.act(WorkflowAction::RemoveEdge { edge }).await;
    Ok(sent.answer(&path, outcome, None))
}

/// A word of a form that a page of ours wrote.
fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, Fault> {
    text.parse().map_err(|error: T::Err| Fault::invalid(error.to_string()))
}
