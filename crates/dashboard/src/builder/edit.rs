//! The page on which a workflow's graph is made.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode};
use branchline_domain::{
    graph::NodeType, id::NodeId, organisation::Scope, workflow::WorkflowStatus,
};
use branchline_http_api::pages::{Fault, Visitor};
use maud::{Markup, html};
use serde_json::Value;

use super::{Subject, canvas, plain};
use crate::{
    shell::{Frame, PageAnswer, Section, fault, parameter},
    workflow::{Tab, tabs},
};

/// What a form of the page said that was refused, to be shown beside it.
pub(super) struct Refused {
    pub(super) fault: Fault,
    /// What was typed about a node.
    pub(super) typed: Option<Typed>,
}

/// What was typed about a node.
pub(super) struct Typed {
    pub(super) node_type: NodeType,
    pub(super) label: String,
    pub(super) entry: bool,
    pub(super) config: Value,
}

/// `GET /workflows/{id}/edit`
pub(crate) async fn page(request: HttpRequest) -> PageAnswer {
    let visitor = Visitor::of(&request)?;
    let subject = Subject::of(&request, &visitor).await?;
    Ok(show(&request, &visitor, &subject, None))
}

/// The page, with what was refused.
pub(super) fn show(
    request: &HttpRequest,
    visitor: &Visitor,
    subject: &Subject,
    refused: Option<&Refused>,
) -> HttpResponse {
    let node: Option<NodeId> = parameter(request, "node").and_then(|id| id.parse().ok());
    let by_forms = refused.is_some() || node.is_some() || parameter(request, "forms").is_some();
    let may_edit = visitor.may(Scope::Operate) && !subject.status.is_final();
    let at_node = || {
        let asked = request.match_info().get("node").and_then(|id| id.parse().ok());
        node.or(asked)
    };
    let path = subject.path();
    let other = html! {
        @if by_forms { "Revision " (subject.graph.revision()) "." }
        @if by_forms && may_edit { a href={ (path) "/edit" } { "Draw it instead" } }
        @else if may_edit { a href={ (path) "/edit?forms=1" } { "Edit with forms instead" } }
    };
    let main = html! {
        (head(subject, visitor, &other))
        @if let Some(refused) = refused { (fault(&refused.fault)) }
        @if !visitor.may(Scope::Operate) {
            div.warning { p { "Your key reads: it changes no graph." } }
        } @else if subject.status.is_final() {
            div.warning {
                p { "This workflow is " (subject.status.as_str()) ": its graph stays as it is. A duplicate can be changed." }
            }
        }
        @if by_forms || !may_edit {
            (plain::editor(subject, at_node(), refused.and_then(|refused| refused.typed.as_ref()), may_edit))
        } @else {
            (canvas::editor(subject))
            noscript { (plain::editor(subject, None, None, true)) }
        }
    };
    let title = format!("Edit {}", subject.head.title);
    let scripts: &[&str] = if by_forms || !may_edit { &[] } else { &["builder.js"] };
    let frame = Frame {
        styles: &["graph.css", "workflow.css", "builder.css"],
        scripts,
        ..Frame::new(&title, Section::Overview)
    };
    let status = refused.map_or(StatusCode::OK, |refused| refused.fault.status());
    frame.answer_with(status, request, &main)
}

/// What stands above the canvas or the list.
fn head(subject: &Subject, visitor: &Visitor, other: &Markup) -> Markup {
    html! {
        (subject.head.show(visitor, Some("Builder")))
        (tabs(subject.id, Tab::Edit, visitor))
        @if subject.status == WorkflowStatus::Active {
            div.warning {
                p {
                    "This workflow is active. What you save counts from then on: leads go on from the step "
                    "where they are. A step that leads stand at can be deleted only by saying where they go."
                }
            }
        }
        p.b-other.muted { (other) }
    }
}
