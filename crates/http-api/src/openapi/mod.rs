//! The OpenAPI 3.1 document of all routes, at `/openapi.json`, and the page at `/docs` that shows it.
//!
//! Each route says above its function what it takes and answers (`#[utoipa::path(…)]`); shapes of
//! this crate derive their schemas. What belongs to crates that know no HTTP is written by hand in
//! [`names`], [`settings`] and [`answers`], with the words of their own lists; bodies, which no type
//! has, in [`bodies`]. [`completion`] adds what all routes share. `openapi.json` beside the manifest
//! is the document as it was last agreed to; tests compare it with the routes and with answers.

pub(crate) mod answers;
pub(crate) mod bodies;
mod completion;
pub(crate) mod insight_answers;
pub(crate) mod key_bodies;
pub(crate) mod names;
pub(crate) mod notation;
pub(crate) mod page;
pub(crate) mod parameters;
mod problem_schemas;
mod problems;
pub(crate) mod provider_bodies;
mod revisions;
pub(crate) mod settings;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use actix_web::{HttpRequest, HttpResponse, http::header, web::Bytes};
use serde_json::Value;
use utoipa::OpenApi;

use crate::{
    admin, api_keys, call_logs, events, exports, graph, health, imports, insights, lead_actions,
    lead_changes, lead_upload, leads, metrics, problem::Answer, provider_events, provider_words,
    whole_graph, workflows,
};

/// Groups of routes.
pub(crate) const WORKFLOWS: &str = "Workflows";
pub(crate) const GRAPH: &str = "Graph";
pub(crate) const LEADS: &str = "Leads";
pub(crate) const CALLS: &str = "Calls";
pub(crate) const EVENTS: &str = "Events";
pub(crate) const PROVIDERS: &str = "Providers";
pub(crate) const KEYS: &str = "Keys";
pub(crate) const OPERATOR: &str = "Operator";
pub(crate) const HEALTH: &str = "Health";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Branchline",
        description = include_str!("introduction.md"),
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    servers((url = "/", description = "This server")),
    tags(
        (name = WORKFLOWS, description = "Create, change, start and stop workflows."),
        (name = GRAPH, description = "Steps of a workflow and the ways between them."),
        (name = LEADS, description = "Enrol people, find them, see why they are where they are, and decide."),
        (name = CALLS, description = "For whoever dials: take calls, report what became of them."),
        (name = EVENTS, description = "Everything that happens, as it is recorded."),
        (name = PROVIDERS, description = "What telephony providers tell in their own words: taking it, and what a person makes of what could not be used."),
        (name = KEYS, description = "Who may ask what: keys of the organisation, and what was refused to them."),
        (name = OPERATOR, description = "The journal as evidence, keys, erasure: with the token in the data directory."),
        (name = HEALTH, description = "Whether the process lives, and whether it may be asked."),
    ),
    paths(
        workflows::list, workflows::create, workflows::one, workflows::edit, workflows::delete,
        workflows::activate, workflows::pause, workflows::resume, workflows::cancel,
        workflows::complete, workflows::duplicate, workflows::counts,
        insights::insights, insights::export,
        whole_graph::whole, whole_graph::put, whole_graph::validate,
        graph::nodes, graph::add_node, graph::node, graph::patch_node, graph::remove_node,
        graph::edges, graph::add_edge, graph::edge, graph::remove_edge,
        leads::list, exports::of_leads, exports::of_calls, lead_upload::enrol, lead_actions::act, leads::variable_keys, leads::one,
        lead_changes::edit, lead_changes::remove, leads::history, leads::explain,
        lead_changes::resolve, imports::list, imports::one, leads::of_person,
        admin::proofs::own_dossier,
        call_logs::list, call_logs::one, call_logs::report, call_logs::report_many,
        call_logs::claim, call_logs::attach, call_logs::dispatched, call_logs::refused,
        events::events, lead_changes::erase,
        provider_events::hear, provider_events::list, provider_events::match_to,
        provider_events::dismiss, provider_words::list, provider_words::set,
        api_keys::list, api_keys::create, api_keys::edit, api_keys::rotate, api_keys::revoke,
        api_keys::refused,
        admin::records::records, admin::export::export, admin::proofs::head,
        admin::proofs::dossier, admin::proofs::consistency, admin::erasure::erase,
        admin::keys::keys, admin::organisations::list, admin::organisations::create,
        admin::organisations::keys, admin::organisations::create_key,
        admin::organisations::edit_key, admin::organisations::rotate_key,
        admin::organisations::revoke_key,
        health::healthz, health::readyz, metrics::metrics, document,
    ),
)]
struct Routes;

static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| pretty(&complete()).into());

/// The document, complete.
fn complete() -> Value {
    let mut document = serde_json::to_value(Routes::openapi()).unwrap_or_default();
    completion::complete(&mut document);
    document
}

/// As people and programs read it: members in the order of their names, with an end of line.
fn pretty(document: &Value) -> String {
    format!("{document:#}\n")
}

/// This document.
///
/// OpenAPI 3.1; `/docs` shows it.
#[utoipa::path(
    get, path = "/openapi.json", operation_id = "getOpenApi", tag = HEALTH,
    responses((status = 200, description = "The document.", body = Object)),
    extensions(("x-problems" = json!(["unauthorized", "scope_missing"]))),
)]
pub(crate) async fn document(_request: HttpRequest) -> Answer {
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .body(DOCUMENT.clone()))
}
