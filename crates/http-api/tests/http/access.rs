//! Who may ask what: keys, their scopes and their ends, and that nothing of another organisation is
//! there. Source: CONTRACT.md 9.

use std::{sync::Arc, time::Duration};

use actix_web::{
    http::{Method, header::CONTENT_TYPE},
    test::TestRequest,
};
use branchline_domain::{organisation::Scope, time::Timestamp};
use branchline_engine::{EngineConfig, clock::ManualClock, ports::Clock};
use serde_json::{Value, json};

use crate::{
    common::{Api, Reply, TOKEN, text},
    contract::{Places, filled, places},
    contract_table::TABLE,
};

const DEFAULT: &str = "org_00000000-0000-7000-8000-000000000001";

fn all() -> Vec<&'static str> {
    Scope::ALL.into_iter().map(Scope::as_str).collect()
}

/// The id in credentials.
fn id_of(credentials: &str) -> &str {
    credentials.split(':').next().unwrap()
}

async fn ask(api: &Api, credentials: &str, method: &str, path: &str, body: &str) -> Reply {
    let mut request = TestRequest::default()
        .method(Method::from_bytes(method.as_bytes()).unwrap())
        .uri(path)
        .insert_header(("authorization", format!("Bearer {credentials}")));
    if !body.is_empty() {
        let json = (CONTENT_TYPE, "application/json");
        request = request.insert_header(json).set_payload(body.to_owned());
    }
    api.send(request).await
}

async fn get(api: &Api, credentials: &str, path: &str) -> Reply {
    ask(api, credentials, "GET", path, "").await
}

/// In a clock that a test moves.
fn timed() -> (Api, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(Timestamp::from_micros(1_800_000_000_000_000)));
    (Api::at(Arc::clone(&clock) as Arc<dyn Clock>, EngineConfig::embedded()), clock)
}

/// Whom a route of the contract is for, said once more: by what CONTRACT.md says of the scopes, and
/// not by the table of the program.
fn opened_by(method: &str, path: &str, body: &str) -> &'static [&'static str] {
    let path = path.split('?').next().unwrap();
    match (method, path) {
        ("GET", "/events") => &["read", "audit"],
        ("GET", "/keys") => &["admin", "audit"],
        ("GET", "/refused-actions") => &["audit"],
        ("GET", path) if path.ends_with("/dossier") => &["audit"],
        ("GET", _) => &["read"],
        (_, path) if path.starts_with("/keys") || path.ends_with("/erase") => &["admin"],
        (_, path) if path.starts_with("/call-logs") => &["ingest"],
        (_, "/provider-events") => &["ingest"],
        (_, path) if path.starts_with("/provider-events/") => &["resolve"],
        (_, path) if path.ends_with("/validate") => &["read", "operate"],
        (_, path) if path.ends_with("/resolve") => &["resolve"],
        (_, path) if path.ends_with("/actions") && !body.contains("\"remove\"") => &["resolve"],
        (_, _) => &["operate"],
    }
}

#[actix_web::test]
async fn each_scope_opens_its_own_routes_and_no_other() {
    let api = Api::start();
    let places = places(&api).await;
    let (mut keys, mut refused, mut opened) = (Vec::new(), 0, 0);
    for scope in all() {
        keys.push((scope, api.key(Some(DEFAULT), &[scope]).await.1));
    }
    for &(method, path, body, _, _) in TABLE {
        if path.starts_with("/admin/") {
            continue;
        }
        for (scope, credentials) in &keys {
            // Whatever it would do, it is asked of what is not there: only who asks is looked at.
            let path = format!("/v1{}", filled(path, &nowhere(&places)));
            let reply = ask(&api, credentials, method, &path, body).await;
            if opened_by(method, path.trim_start_matches("/v1"), body).contains(scope) {
                opened += 1;
                assert!(![401, 403].contains(&reply.status), "{scope}: {method} {path}");
            } else if reply.status != 400 {
                refused += 1;
                let problem = reply.problem(403, "scope_missing");
                assert!(text(&problem["detail"]).contains("scope"), "{problem}");
            }
        }
    }
    assert!(refused > 200 && opened > 60, "{refused} refused, {opened} opened");
}

/// Ids of the same kinds that name nothing.
fn nowhere(places: &Places) -> Places {
    let unknown = |number: usize, id: &String| match id.split_once('_').unwrap() {
        ("call", _) => format!("call_00000000-0000-0000-0000-{number:012}_1"),
        (prefix, _) => format!("{prefix}_00000000-0000-0000-0000-{number:012}"),
    };
    (900..).zip(places).map(|(number, (name, id))| (*name, unknown(number, id))).collect()
}

/// A body without what is different in any two answers: the ids that were asked for.
fn without_ids(body: &Value, places: &Places) -> String {
    places.iter().fold(body.to_string(), |text, (name, id)| text.replace(id.as_str(), name))
}

#[actix_web::test]
async fn what_another_organisation_has_is_not_there_word_for_word() {
    let api = Api::start();
    let places = places(&api).await;
    let (own, _) = api.key(Some(DEFAULT), &all()).await;
    assert_eq!(own, DEFAULT);
    let (stranger, credentials) = api.key(None, &all()).await;
    assert_ne!(stranger, DEFAULT);
    let nowhere = nowhere(&places);
    let mut looked = 0;
    for &(method, path, body, status, _) in TABLE {
        let named = path.split('?').next().unwrap();
        if !named.contains('{') || path.starts_with("/admin/") || status == 400 {
            continue;
        }
        looked += 1;
        let theirs = format!("/v1{}", filled(path, &places));
        let theirs = ask(&api, &credentials, method, &theirs, &filled(body, &places)).await;
        let nobodys = format!("/v1{}", filled(path, &nowhere));
        let nobodys = ask(&api, &credentials, method, &nobodys, &filled(body, &nowhere)).await;
        assert_eq!((theirs.status, nobodys.status), (404, 404), "{method} {path}");
        let told = (theirs.expect(404), nobodys.expect(404));
        let told = (without_ids(&told.0, &places), without_ids(&told.1, &nowhere));
        assert_eq!(told.0, told.1, "{method} {path}");
    }
    assert!(looked > 40, "{looked} routes");
}

#[actix_web::test]
async fn lists_searches_claims_events_and_counts_know_one_organisation() {
    let api = Api::start();
    let (workflow, _, call) = api.with_call().await;
    api.enrol_one(&workflow.path, "+919876543217").await;
    let (_, own) = api.key(Some(DEFAULT), &all()).await;
    let (_, stranger) = api.key(None, &all()).await;
    let lists = [
        "/v1/workflows",
        "/v1/call-logs",
        "/v1/leads?phone_number=%2B919876543210",
        "/v1/refused-actions",
    ];
    for path in lists {
        let theirs = get(&api, &stranger, path).await.expect(200);
        assert_eq!(theirs["meta"]["total"], 0, "{path}");
    }
    let events = get(&api, &stranger, "/v1/events?limit=1000").await.expect(200);
    let told: Vec<_> = events["data"].as_array().unwrap().iter().map(|one| &one["type"]).collect();
    assert_eq!(told, ["organisation.api_key_created"], "their own key, and nothing else");
    let claim = json!({ "max": 100, "lease_s": 60 }).to_string();
    let claimed = ask(&api, &stranger, "POST", "/v1/call-logs/claim", &claim).await.expect(200);
    assert_eq!(claimed["calls"], json!([]));
    let item = json!({ "items": [{ "call_id": call, "status": "completed" }] }).to_string();
    let told = ask(&api, &stranger, "POST", "/v1/call-logs/status", &item).await.expect(200);
    assert!(told.to_string().contains("call_not_found"), "{told}");
    // Whoever has it sees it, and the stranger's report did nothing.
    let log = get(&api, &own, &format!("/v1/call-logs/{call}")).await.expect(200);
    assert_ne!(log["status"], "completed");
    let keys = get(&api, &own, "/v1/keys").await.expect(200);
    assert_eq!(keys["meta"]["total"], 1);
    // The same idempotency key of two organisations is two.
    let body = json!({ "title": "Spring" }).to_string();
    let made = |credentials: String| {
        let request = TestRequest::post()
            .uri("/v1/workflows")
            .insert_header(("authorization", format!("Bearer {credentials}")))
            .insert_header(("idempotency-key", "k-1"))
            .insert_header((CONTENT_TYPE, "application/json"))
            .set_payload(body.clone());
        api.send(request)
    };
    let (first, second) = (made(own).await.expect(201), made(stranger).await.expect(201));
    assert_ne!(first["id"], second["id"]);
}

#[actix_web::test]
async fn from_the_first_key_on_nobody_asks_without_one_and_every_bad_key_is_told_the_same() {
    let (api, clock) = timed();
    api.get("/v1/workflows").await.expect(200);
    let (_, admin) = api.key(Some(DEFAULT), &["admin", "read"]).await;
    let (_, revoked) = api.key(Some(DEFAULT), &["read"]).await;
    let path = format!("/v1/keys/{}", id_of(&revoked));
    let ended = ask(&api, &admin, "DELETE", &path, "").await.expect(200);
    assert_eq!((&ended["status"], ended["revoked_at"].is_string()), (&json!("revoked"), true));
    let expires_at = clock.now().plus_seconds(60);
    let body = json!({ "name": "short", "scopes": ["read"], "expires_at": expires_at });
    let made = ask(&api, &admin, "POST", "/v1/keys", &body.to_string()).await.expect(201);
    let expired = text(&made["credentials"]);
    get(&api, &expired, "/v1/workflows").await.expect(200);
    clock.advance(Duration::from_mins(1));
    let unknown = format!("key_{}:bls_0", "00000000-0000-0000-0000-000000000009");
    let wrong = format!("{}0", &admin[..admin.len() - 1]);
    let mut told = Vec::new();
    for bad in [unknown.as_str(), &wrong, &expired, &revoked, TOKEN, "", "key_1", &admin[1..]] {
        if *bad == *admin {
            continue;
        }
        let reply = get(&api, bad, "/v1/workflows").await;
        assert_eq!(reply.header("www-authenticate"), "Bearer", "{bad}");
        told.push(reply.problem(401, "unauthorized"));
    }
    let without = api.get("/v1/workflows").await.problem(401, "unauthorized");
    assert!(told.iter().all(|problem| *problem == without), "{told:?}");
    api.get("/v1/nothing").await.problem(401, "unauthorized");
    get(&api, &admin, "/v1/nothing").await.problem(404, "route_not_found");
    let reply = ask(&api, &admin, "PUT", "/v1/workflows", "").await;
    assert_eq!(reply.header("allow"), "GET, HEAD, POST");
    reply.problem(405, "method_not_allowed");
    // The last live key may be revoked; the door stays shut.
    let path = format!("/v1/keys/{}", id_of(&admin));
    ask(&api, &admin, "DELETE", &path, "").await.expect(200);
    api.get("/v1/workflows").await.problem(401, "unauthorized");
    for open in ["/healthz", "/readyz", "/metrics", "/openapi.json", "/docs/"] {
        assert_eq!(api.get(open).await.status, 200, "{open} tells this machine");
    }
}

#[actix_web::test]
async fn a_rotated_key_goes_on_for_the_overlap_beside_its_successor() {
    let (api, clock) = timed();
    let (_, admin) = api.key(Some(DEFAULT), &["admin"]).await;
    let (_, old) = api.key(Some(DEFAULT), &["read"]).await;
    let path = format!("/v1/keys/{}/rotate", id_of(&old));
    let body = json!({ "overlap_s": 3_600 }).to_string();
    let made = ask(&api, &admin, "POST", &path, &body).await.expect(201);
    let new = text(&made["credentials"]);
    assert_eq!((&made["key"]["scopes"], &made["key"]["name"]), (&json!(["read"]), &json!("test")));
    for credentials in [&old, &new] {
        get(&api, credentials, "/v1/workflows").await.expect(200);
    }
    clock.advance(Duration::from_hours(1));
    get(&api, &old, "/v1/workflows").await.problem(401, "unauthorized");
    get(&api, &new, "/v1/workflows").await.expect(200);
    let ended = ask(&api, &admin, "POST", &path, &body).await.problem(409, "key_ended");
    assert_eq!(ended["current_status"], "expired");
    let keys = get(&api, &admin, "/v1/keys?sort=-created_at&limit=1").await.expect(200);
    let newest = &keys["data"][0];
    assert_eq!(newest["id"], id_of(&new));
    assert_eq!(text(&newest["last_used_at"]), clock.now().to_string());
    assert!(!keys.to_string().contains("bls_") && !keys.to_string().contains("sha256"));
}

#[actix_web::test]
async fn what_is_refused_to_a_key_is_in_the_journal_and_shown_to_whoever_audits() {
    let api = Api::start();
    let workflow = api.calling().await.path;
    let (_, reader) = api.key(Some(DEFAULT), &["read"]).await;
    let (_, operator) = api.key(Some(DEFAULT), &["operate"]).await;
    let (_, auditor) = api.key(Some(DEFAULT), &["audit"]).await;
    let id = workflow.rsplit('/').next().unwrap();
    ask(&api, &reader, "POST", &format!("{workflow}/activate"), "").await.expect(403);
    ask(&api, &operator, "POST", &format!("{workflow}/pause"), "").await.expect(409);
    // Neither steering: a read that is refused, and what is not there.
    get(&api, &operator, &workflow).await.expect(403);
    let nowhere = "/v1/workflows/+4915112345678/pause";
    ask(&api, &operator, "POST", nowhere, "").await.expect(404);
    let mut told = Value::Null;
    for _ in 0..300 {
        told = get(&api, &auditor, "/v1/refused-actions").await.expect(200);
        if told["meta"]["total"] == 2 {
            break;
        }
        actix_web::rt::time::sleep(Duration::from_millis(1)).await;
    }
    let seen: Vec<_> = told["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| [&one["action"], &one["code"], &one["target"], &one["principal"]].map(text))
        .collect();
    let by = |credentials: &str| format!("key:{}", id_of(credentials));
    let wanted = [
        ["workflow.activate".into(), "scope_missing".into(), id.to_owned(), by(&reader)],
        ["workflow.pause".into(), "wrong_status".into(), id.to_owned(), by(&operator)],
    ];
    assert_eq!(seen, wanted);
    let events = get(&api, &auditor, "/v1/events?limit=1000").await;
    let events = String::from_utf8_lossy(&events.body).into_owned();
    assert!(events.contains("organisation.action_refused") && !events.contains("bls_"));
    assert!(!events.contains("4915112345678"));
    // Who reads workflows sees no keys.
    let events = get(&api, &reader, "/v1/events?limit=1000").await;
    let events = String::from_utf8_lossy(&events.body).into_owned();
    assert!(events.contains("workflow.created") && !events.contains("organisation."), "{events}");
}

#[actix_web::test]
async fn the_principal_of_a_write_is_its_key() {
    let api = Api::start();
    let (_, operator) = api.key(Some(DEFAULT), &["operate", "read"]).await;
    api.ask_with(&operator);
    api.draft().await;
    let events = api.get("/v1/events?limit=1000").await.expect(200);
    let by: Vec<_> =
        events["data"].as_array().unwrap().iter().map(|one| &one["principal"]).collect();
    assert_eq!(by, [&json!(format!("key:{}", id_of(&operator)))]);
}

#[actix_web::test]
async fn others_see_metrics_and_documents_only_with_a_key_that_reads() {
    let api = Api::start();
    let (_, reader) = api.key(Some(DEFAULT), &["read"]).await;
    let (_, worker) = api.key(Some(DEFAULT), &["ingest"]).await;
    let open = api.state.clone().behind_proxy(true);
    // A path may be spelled in many ways, and the router knows them all.
    let spelled_otherwise = ["/%6detrics", "/openapi%2Ejson", "/d%6fcs/"];
    for path in ["/metrics", "/openapi.json", "/docs/"].into_iter().chain(spelled_otherwise) {
        let asked = |bearer: Option<&str>| {
            let mut request = TestRequest::get().uri(path);
            if let Some(bearer) = bearer {
                request = request.insert_header(("authorization", format!("Bearer {bearer}")));
            }
            crate::common::send(open.clone(), request)
        };
        assert_eq!(asked(None).await.status, 401, "{path}");
        assert_eq!(asked(Some(&worker)).await.status, 403, "{path}");
        assert_eq!(asked(Some(&reader)).await.status, 200, "{path}");
    }
    for path in ["/healthz", "/readyz"] {
        let request = TestRequest::get().uri(path);
        assert_eq!(crate::common::send(open.clone(), request).await.status, 200, "{path}");
    }
}

#[actix_web::test]
async fn with_a_key_the_name_of_the_host_and_the_page_that_asks_do_not_matter() {
    let api = Api::start();
    let foreign = || {
        TestRequest::post()
            .uri("/v1/workflows")
            .insert_header(("host", "api.example.com"))
            .insert_header(("origin", "https://app.example.com"))
            .insert_header(("sec-fetch-site", "cross-site"))
            .set_json(json!({ "title": "Spring" }))
    };
    api.send(foreign()).await.problem(403, "foreign_host");
    let (_, operator) = api.key(Some(DEFAULT), &["operate"]).await;
    // Without the key it may come from a page of another site, with what a browser sends by itself.
    api.send(foreign()).await.problem(403, "foreign_host");
    api.ask_with(&operator);
    api.send(foreign()).await.expect(201);
    let page = TestRequest::get().uri("/docs/").insert_header(("host", "evil.example"));
    api.send(page).await.problem(403, "foreign_host");
}

#[actix_web::test]
async fn a_key_is_made_with_every_fault_named_and_its_time_can_be_changed() {
    let api = Api::start();
    let (_, admin) = api.key(Some(DEFAULT), &["admin"]).await;
    api.ask_with(&admin);
    let wrong = json!({ "scopes": ["write"], "colour": 1, "expires_at": "soon" });
    let problem = api.post("/v1/keys", wrong).await.problem(400, "invalid_body");
    let faults = problem["errors"].as_array().unwrap().len();
    assert_eq!(faults, 4, "{problem}");
    api.post("/v1/keys", json!({ "name": "", "scopes": ["read"] }))
        .await
        .problem(400, "invalid_value");
    api.post("/v1/keys", json!({ "name": "x", "scopes": [] })).await.problem(400, "invalid_value");
    let made = api.post("/v1/keys", json!({ "name": "x", "scopes": ["read"] })).await.expect(201);
    let path = format!("/v1/keys/{}", text(&made["key"]["id"]));
    api.patch(&path, json!({})).await.problem(400, "invalid_body");
    let later = json!({ "expires_at": "2199-01-01T00:00:00Z" });
    assert!(api.patch(&path, later).await.expect(200)["expires_at"].is_string());
    let never = api.patch(&path, json!({ "expires_at": null })).await.expect(200);
    assert_eq!(never["expires_at"], Value::Null);
    api.delete(&path).await.expect(200);
    api.delete(&path).await.expect(200);
    api.patch(&path, json!({ "expires_at": null })).await.problem(409, "key_ended");
}

#[actix_web::test]
async fn the_operator_makes_organisations_and_sees_them_all() {
    let api = Api::start();
    let (first, credentials) = api.key(None, &["admin", "operate"]).await;
    let listed = api.admin_get("/v1/admin/organisations").await.expect(200);
    assert_eq!(listed["data"], json!([{ "id": first, "keys": 1, "live_keys": 1 }]));
    let keys = api.admin_get(&format!("/v1/admin/organisations/{first}/keys")).await.expect(200);
    assert_eq!(keys["data"][0]["id"], id_of(&credentials));
    let other = "/v1/admin/organisations/org_00000000-0000-0000-0000-000000000009/keys";
    api.admin_get(other).await.problem(404, "organisation_not_found");
    let path = format!("/v1/admin/organisations/{first}/keys/{}", id_of(&credentials));
    let bearer = ("authorization", format!("Bearer {TOKEN}"));
    let revoke = TestRequest::delete().uri(&path).insert_header(bearer);
    assert_eq!(api.send(revoke).await.expect(200)["status"], "revoked");
    // A key does not open what is the operator's.
    let refused = get(&api, &credentials, "/v1/admin/organisations").await;
    refused.problem(401, "unauthorized");
}
