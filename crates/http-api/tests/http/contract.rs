//! The table of routes, row by row: each is there, answers as it should, and refuses in the same
//! words what every route refuses. Source: CONTRACT.md 9.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::{
    http::{Method, header::CONTENT_TYPE},
    test::TestRequest,
};
use branchline_domain::{id::OrganisationId, organisation::Scope};
use serde_json::{Value, json};

use crate::{
    common::{Api, Reply, TOKEN, keys, sorted, text},
    contract_table::TABLE,
};

/// What `{…}` in a row stands for.
pub(crate) type Places = BTreeMap<&'static str, String>;

fn last_part(path: &str) -> String {
    path.rsplit('/').next().unwrap().to_owned()
}

/// The things that rows name.
pub(crate) async fn places(api: &Api) -> Places {
    let (flow, lead, call) = api.with_call().await;
    let held = api.enrol_one(&flow.path, "+919876543211").await;
    let over = api.call_of(&held).await;
    let status = json!({ "status": "cancelled" });
    api.post(&format!("/v1/call-logs/{over}/status"), status).await.expect(200);
    let refused = api.enrol_one(&flow.path, "+919876543216").await;
    let refused = api.call_of(&refused).await;
    let reason = json!({ "reason": "no route" });
    api.post(&format!("/v1/call-logs/{refused}/refused"), reason).await.expect(200);
    let removed = api.enrol_one(&flow.path, "+919876543212").await;
    api.delete(&removed).await.expect(200);
    let queued = api.enrol_one(&flow.path, "+919876543213").await;
    let queued = api.call_of(&queued).await;
    let file = "phone_number\n+919876543214\n+919876543215\n";
    let import = api.upload(&format!("{}/leads", flow.path), file).await.expect(201);
    let edges = api.get(&format!("{}/edges", flow.path)).await.expect(200);
    let draft = api.calling().await.path;
    let paused = api.calling().await.path;
    api.act(&format!("{paused}/activate")).await.expect(200);
    api.act(&format!("{paused}/pause")).await.expect(200);
    let empty = api.draft().await;
    let ended = api.draft().await;
    api.act(&format!("{ended}/cancel")).await.expect(200);
    let told = json!({ "provider": "acme", "status": "gone", "provider_call_id": "A1" });
    let event = api.post("/v1/provider-events", told).await.expect(202);
    let event = text(&event["provider_event_id"]);
    // Keys last: from then on every request brings one.
    let organisation = OrganisationId::DEFAULT.to_string();
    let (_, key) = api.key(Some(&organisation), &["read"]).await;
    let all = Scope::ALL.map(Scope::as_str);
    let (_, credentials) = api.key(Some(&organisation), &all).await;
    api.ask_with(&credentials);
    Places::from([
        ("{key}", key.split(':').next().unwrap().to_owned()),
        ("{organisation}", organisation),
        ("{flow}", last_part(&flow.path)),
        ("{draft}", last_part(&draft)),
        ("{paused}", last_part(&paused)),
        ("{empty}", last_part(&empty)),
        ("{ended}", last_part(&ended)),
        ("{node}", flow.call),
        ("{end}", flow.won),
        ("{edge}", text(&edges["data"][0]["id"])),
        ("{lead}", last_part(&lead)),
        ("{held}", last_part(&held)),
        ("{removed}", last_part(&removed)),
        ("{call}", call),
        ("{queued}", queued),
        ("{over}", over),
        ("{refused}", refused),
        ("{import}", text(&import["import_id"])),
        ("{provider_event}", event),
    ])
}

pub(crate) fn filled(template: &str, places: &Places) -> String {
    places.iter().fold(template.to_owned(), |text, (name, id)| text.replace(name, id))
}

async fn ask(api: &Api, method: &str, path: &str, body: &str, content_type: &str) -> Reply {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let mut request = TestRequest::default().method(method).uri(&format!("/v1{path}"));
    if path.starts_with("/admin/") {
        request = request.insert_header(("authorization", format!("Bearer {TOKEN}")));
    }
    if !body.is_empty() {
        request = request.insert_header((CONTENT_TYPE, content_type)).set_payload(body.to_owned());
    }
    api.send(request).await
}

const JSON: &str = "application/json";

#[actix_web::test]
async fn every_row_of_the_table_is_answered() {
    let shared = Api::start();
    let shared = (places(&shared).await, shared);
    for &(method, path, body, status, fields) in TABLE {
        let fresh;
        // What changes something gets an engine of its own.
        let (places, api) = if method == "GET" || status >= 400 {
            &shared
        } else {
            let api = Api::start();
            fresh = (places(&api).await, api);
            &fresh
        };
        let reply = ask(api, method, &filled(path, places), &filled(body, places), JSON).await;
        let told = String::from_utf8_lossy(&reply.body).into_owned();
        assert_eq!(reply.status, status, "{method} {path} {body}: {told}");
        assert!(reply.header("x-request-id").starts_with("req-"), "{method} {path}");
        match status {
            204 => assert!(told.is_empty(), "{method} {path}: {told}"),
            200 if reply.header("content-type").starts_with("text/csv") => {
                let names = told.lines().next().unwrap().replace(',', " ");
                assert_eq!(sorted(&names), sorted(fields), "{method} {path}");
            }
            200..=202 => assert_eq!(keys(&reply.json()), sorted(fields), "{method} {path}"),
            _ => {
                assert_eq!(reply.header("content-type"), "application/problem+json");
                let problem = reply.json();
                let at_fault = problem["errors"].as_array().unwrap().len()
                    + problem["faults"].as_array().map_or(0, Vec::len);
                // A choice that does not fit the node is at fault as a whole.
                let whole = problem["code"] == "wrong_resolution";
                assert!(status != 400 || whole || at_fault > 0, "{method} {path}: {told}");
                if problem["code"] == "wrong_status" {
                    assert!(problem["current_status"].is_string(), "{method} {path}: {told}");
                }
            }
        }
    }
}

/// A row's path without its query, ids as one word each, so that rows of a route read the same.
fn route(path: &str) -> String {
    let path = path.split('?').next().unwrap();
    let flows = ["{draft}", "{paused}", "{empty}", "{ended}"];
    let path = flows.iter().fold(path.to_owned(), |path, name| path.replace(name, "{flow}"));
    let leads = ["{held}", "{removed}"];
    let path = leads.iter().fold(path, |path, name| path.replace(name, "{lead}"));
    let calls = ["{queued}", "{over}", "{refused}"];
    let path = calls.iter().fold(path, |path, name| path.replace(name, "{call}"));
    path.replace("/nodes/{end}", "/nodes/{node}")
}

#[actix_web::test]
async fn a_method_that_a_route_has_no_row_for_is_405_and_told_the_others() {
    let mut routes: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for &(method, path, ..) in TABLE {
        routes.entry(route(path)).or_default().insert(method);
    }
    let api = Api::start();
    let places = places(&api).await;
    for (path, taken) in routes {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            if taken.contains(method) {
                continue;
            }
            let reply = ask(&api, method, &filled(&path, &places), "", JSON).await;
            reply.problem(405, "method_not_allowed");
            let allowed: BTreeSet<&str> = reply.header("allow").split(", ").collect();
            let allowed: BTreeSet<&str> = allowed.into_iter().filter(|&m| m != "HEAD").collect();
            assert_eq!(allowed, taken, "{method} {path}");
        }
    }
}

#[actix_web::test]
async fn what_is_not_there_is_404_on_every_route() {
    let api = Api::start();
    let places = places(&api).await;
    let nowhere: Places = places
        .iter()
        .map(|(&name, id)| {
            let unknown = match name {
                "{call}" | "{queued}" | "{over}" | "{refused}" => {
                    "call_00000000-0000-0000-0000-000000000009_1".to_owned()
                }
                _ => {
                    let (prefix, _) = id.split_once('_').unwrap();
                    format!("{prefix}_00000000-0000-0000-0000-000000000009")
                }
            };
            (name, unknown)
        })
        .collect();
    for &(method, path, body, status, _) in TABLE {
        let named = path.split('?').next().unwrap();
        if !named.contains('{') || status == 400 {
            continue;
        }
        let body = filled(body, &places);
        // Every id in turn; then none of them can be read.
        let inside = places.keys().filter(|name| named.contains(**name));
        for unknown in inside {
            let mut some = places.clone();
            some.insert(unknown, nowhere[unknown].clone());
            let reply = ask(&api, method, &filled(path, &some), &body, JSON).await;
            assert_eq!(reply.status, 404, "{method} {path}: {unknown} unknown");
            let code = text(&reply.json()["code"]);
            assert!(code.ends_with("_not_found") && code != "route_not_found", "{path}: {code}");
            some.insert(unknown, "x".into());
            let reply = ask(&api, method, &filled(path, &some), &body, JSON).await;
            assert_eq!(reply.status, 404, "{method} {path}: {unknown} unreadable");
        }
    }
}

#[actix_web::test]
async fn unknown_parameters_bodies_of_another_type_and_broken_json_are_refused_on_every_route() {
    let api = Api::start();
    let places = places(&api).await;
    for &(method, path, body, status, _) in TABLE.iter().filter(|row| row.3 < 300) {
        let (path, body) = (filled(path, &places), filled(body, &places));
        let joint = if path.contains('?') { '&' } else { '?' };
        let reply = ask(&api, method, &format!("{path}{joint}colour=red"), &body, JSON).await;
        let problem = reply.problem(400, "invalid_query");
        assert_eq!(problem["errors"][0]["parameter"], "colour", "{method} {path} {status}");
        if body.is_empty() {
            continue;
        }
        let reply = ask(&api, method, &path, &body, "text/plain").await;
        assert_eq!(reply.status, 415, "{method} {path}");
        reply.problem(415, "unsupported_media_type");
        let broken = body.trim_end_matches('}');
        ask(&api, method, &path, broken, JSON).await.problem(400, "malformed_json");
        let mut more: Value = serde_json::from_str(&body).unwrap();
        more["colour"] = json!("red");
        let reply = ask(&api, method, &path, &more.to_string(), JSON).await;
        let problem = reply.problem(400, "invalid_body");
        assert_eq!(problem["errors"][0]["pointer"], "/colour", "{method} {path}");
    }
}

/// Source: CONTRACT.md 2-control.
#[actix_web::test]
async fn each_status_says_what_can_be_done_and_why() {
    let api = Api::start();
    let places = places(&api).await;
    let complete = filled("/v1/workflows/{draft}", &places);
    for (place, status, processes, control) in [
        ("{draft}", "draft", false, json!("activate")),
        ("{flow}", "active", true, json!("deactivate")),
        ("{paused}", "paused", false, json!("activate")),
        ("{ended}", "cancelled", false, json!(null)),
    ] {
        let path = format!("/v1/workflows/{}", places[place]);
        says(&api.get(&path).await.expect(200), status, processes, &control);
    }
    api.act(&format!("{complete}/activate")).await.expect(200);
    let completed = api.act(&format!("{complete}/complete")).await.expect(200);
    says(&completed, "completed", false, &json!(null));
}

fn says(workflow: &Value, status: &str, processes: bool, control: &Value) {
    assert_eq!(workflow["status"], status);
    assert_eq!(
        (&workflow["can_process_leads"], &workflow["control"]),
        (&json!(processes), control)
    );
    let reason = text(&workflow["control_reason"]);
    assert!(reason.contains(status) && reason.ends_with('.'), "{reason}");
    assert_eq!(reason.matches(". ").count(), 0, "one sentence: {reason}");
}
