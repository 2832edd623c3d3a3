//! Who saved the newest revision of a graph: told to whoever drew on an older one.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse};
use branchline_domain::workflow::WorkflowEvent;
use branchline_engine::{RecordedEvents, RecordedFact};
use branchline_http_api::pages::{self, Visitor};
use serde_json::json;

use super::Subject;
use crate::shell::PageAnswer;

/// `GET /workflows/{workflow}/edit/newest`
pub(crate) async fn newest(request: HttpRequest) -> PageAnswer {
    let visitor = Visitor::of(&request)?;
    let subject = Subject::of(&request, &visitor).await?;
    let engine = pages::engine(&request)?;
    let facts = engine.workflow_facts(visitor.organisation(), subject.id).await?;
    let made = facts.iter().rev().find(|fact| revises(fact));
    let answer = json!({
        "revision": subject.graph.revision(),
        "by": made.map(|fact| Arc::clone(&fact.principal)),
        "at": made.map(|fact| fact.at),
    });
    Ok(HttpResponse::Ok().json(answer))
}

fn revises(fact: &RecordedFact) -> bool {
    let RecordedEvents::Workflow(_, events) = &fact.events else { return false };
    events.iter().any(|event| matches!(event, WorkflowEvent::GraphRevised { .. }))
}
