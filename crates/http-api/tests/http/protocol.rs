//! What holds for every route: methods, media types, limits, keys, headers, sites.

use branchline_domain::workflow::Settings;
use branchline_engine::{EngineConfig, EngineError, command::Caller};

use crate::common::{Api, limits, send, text};
use actix_web::{http::Method, test::TestRequest};
use serde_json::json;

#[actix_web::test]
async fn malformed_json_is_refused_with_line_and_column() {
    let api = Api::start();
    let body = "{\n  \"title\": \"x\",\n}";
    let reply = api.raw(Method::POST, "/v1/workflows", "application/json", body).await;
    let problem = reply.problem(400, "malformed_json");
    assert_eq!(
        (&problem["errors"][0]["line"], &problem["errors"][0]["column"]),
        (&json!(3), &json!(1))
    );
    let list = api.raw(Method::POST, "/v1/workflows", "application/json", "[]").await;
    list.problem(400, "invalid_body");
}

#[actix_web::test]
async fn a_body_says_that_it_is_json() {
    let api = Api::start();
    for content_type in ["text/plain", "application/x-www-form-urlencoded"] {
        let reply = api.raw(Method::POST, "/v1/workflows", content_type, "{}").await;
        reply.problem(415, "unsupported_media_type");
    }
    let silent = TestRequest::post().uri("/v1/workflows").set_payload("{\"title\":\"x\"}");
    api.send(silent).await.problem(415, "unsupported_media_type");
    let charset = "Application/JSON; charset=utf-8";
    let reply = api.raw(Method::POST, "/v1/workflows", charset, "{\"title\":\"x\"}").await;
    reply.expect(201);
}

#[actix_web::test]
async fn a_body_beyond_the_limit_is_413() {
    let api = Api::start();
    let title = "x".repeat(limits().json_body_max_bytes);
    let problem = api.post("/v1/workflows", json!({ "title": title })).await;
    let problem = problem.problem(413, "body_too_large");
    assert!(text(&problem["detail"]).contains("65536"), "{problem}");
}

#[actix_web::test]
async fn another_method_is_405_and_says_which_are_taken() {
    let api = Api::start();
    for (method, path, allow) in [
        (Method::PUT, "/v1/workflows", "GET, HEAD, POST"),
        (Method::GET, "/v1/workflows/7/activate", "POST"),
        (Method::POST, "/v1/workflows/7/counts", "GET, HEAD"),
        (Method::GET, "/v1/call-logs/status", "POST"),
        (Method::DELETE, "/v1/events", "GET"),
        (Method::HEAD, "/v1/events", "GET"),
        (Method::HEAD, "/v1/%65vents", "GET"),
        (Method::POST, "/healthz", "GET, HEAD"),
    ] {
        let reply = api.send(TestRequest::default().method(method).uri(path)).await;
        reply.problem(405, "method_not_allowed");
        assert_eq!(reply.header("allow"), allow, "{path}");
    }
}

#[actix_web::test]
async fn an_unknown_route_is_404() {
    let api = Api::start();
    for path in ["/v1", "/v1/nothing", "/nothing", "/v2/workflows"] {
        api.get(path).await.problem(404, "route_not_found");
    }
}

#[actix_web::test]
async fn an_action_takes_no_body_but_an_empty_one() {
    let api = Api::start();
    let path = format!("{}/cancel", api.draft().await);
    let problem = api.post(&path, json!({ "force": true })).await;
    assert_eq!(crate::common::pointers(&problem.problem(400, "invalid_body")), ["/force"]);
    api.post(&path, json!({})).await.expect(200);
}

#[actix_web::test]
async fn the_same_key_and_body_give_the_same_answer_and_another_body_422() {
    let api = Api::start();
    let create = |title: &str| {
        TestRequest::post()
            .uri("/v1/workflows")
            .insert_header(("idempotency-key", "k-1"))
            .set_json(json!({ "title": title }))
    };
    let first = api.send(create("Spring")).await.expect(201);
    assert_eq!(api.send(create("Spring")).await.expect(201), first);
    assert_eq!(api.get("/v1/workflows").await.expect(200)["meta"]["total"], 1);
    api.send(create("Autumn")).await.problem(422, "idempotency_key_reused");
    let long = create("Spring").insert_header(("idempotency-key", "k".repeat(129)));
    api.send(long).await.problem(400, "invalid_header");
}

#[actix_web::test]
async fn nodes_and_edges_are_added_once_for_one_key() {
    let api = Api::start();
    let workflow = api.calling().await;
    let add = |what: &str, body: serde_json::Value| {
        TestRequest::post()
            .uri(&format!("{}/{what}", workflow.path))
            .insert_header(("idempotency-key", format!("{what}-1")))
            .set_json(body)
    };
    let node = json!({ "node_type": "DROPPED", "label": "Out" });
    let first = api.send(add("nodes", node.clone())).await.expect(201);
    assert_eq!(api.send(add("nodes", node)).await.expect(201), first);
    let edge = json!({ "from_node_id": workflow.call, "to_node_id": first["id"] });
    let first = api.send(add("edges", edge.clone())).await.expect(201);
    assert_eq!(api.send(add("edges", edge)).await.expect(201), first);
    let found = api.get(&workflow.path).await.expect(200);
    assert_eq!((&found["node_count"], &found["edge_count"]), (&json!(4), &json!(4)));
}

#[actix_web::test]
async fn lists_of_leads_are_enrolled_once_for_one_key() {
    let api = Api::start();
    let path = format!("{}/leads?duplicates=allow", api.draft().await);
    let enrol = |numbers: &[&str]| {
        let leads: Vec<_> =
            numbers.iter().map(|number| json!({ "phone_number": number })).collect();
        TestRequest::post()
            .uri(&path)
            .insert_header(("idempotency-key", numbers.len().to_string()))
            .set_json(json!({ "leads": leads }))
    };
    for numbers in [&["+919876543210"][..], &["+919876543211", "+919876543212"]] {
        let first = api.send(enrol(numbers)).await.expect(201);
        assert_eq!(first["leads_enrolled"], numbers.len());
        assert_eq!(api.send(enrol(numbers)).await.expect(201), first);
    }
    let other = api.send(enrol(&["+919876543211", "+919876543213"])).await;
    other.problem(422, "idempotency_key_reused");
    let list = path.trim_end_matches("?duplicates=allow");
    assert_eq!(api.get(list).await.expect(200)["meta"]["total"], 3);
}

#[actix_web::test]
async fn a_request_keeps_its_id_or_gets_one_and_the_journal_names_it() {
    let api = Api::start();
    let request = TestRequest::post()
        .uri("/v1/workflows")
        .insert_header(("x-request-id", "r-7"))
        .set_json(json!({ "title": "Spring" }));
    assert_eq!(api.send(request).await.header("x-request-id"), "r-7");
    let events = api.get("/v1/events?limit=10").await;
    assert!(events.header("x-request-id").starts_with("req-"));
    let event = &events.expect(200)["data"][0];
    assert_eq!((&event["request_id"], &event["principal"]), (&json!("r-7"), &json!("api")));
}

#[actix_web::test]
async fn pages_of_other_sites_and_other_hosts_are_refused() {
    let api = Api::start();
    let create = || TestRequest::post().uri("/v1/workflows").set_json(json!({ "title": "x" }));
    let host = ("host", "127.0.0.1:8080");
    let foreign = create().insert_header(host).insert_header(("origin", "https://evil.example"));
    api.send(foreign).await.problem(403, "cross_site");
    let own = create().insert_header(host).insert_header(("origin", "http://127.0.0.1:8080"));
    let reply = api.send(own).await;
    reply.expect(201);
    assert!(!reply.headers.contains_key("access-control-allow-origin"));
    let rebound = TestRequest::get().uri("/v1/workflows").insert_header(("host", "evil.example"));
    api.send(rebound).await.problem(403, "foreign_host");
}

#[actix_web::test]
async fn a_full_queue_is_429_and_a_stopped_engine_503_and_both_say_when_to_try_again() {
    let api = Api::with(EngineConfig { host_channel_capacity: 1, ..EngineConfig::embedded() });
    let create = || api.post("/v1/workflows", json!({ "title": "Spring" }));
    let place = api.engine.handle().commands();
    let taken = place.reserve().await.unwrap();
    let busy = create().await;
    busy.problem(429, "busy");
    assert_eq!(busy.header("retry-after"), "1");
    drop(taken);
    create().await.expect(201);
    let Api { state, engine, .. } = api;
    engine.shutdown();
    let stopped = state.engine.create_workflow(&Caller::host(), "x", "", Settings::default()).await;
    assert_eq!(stopped, Err(EngineError::ShuttingDown));
    let create = TestRequest::post().uri("/v1/workflows").set_json(json!({ "title": "Spring" }));
    let refused = send(state.clone(), create).await;
    refused.problem(503, "shutting_down");
    assert_eq!(refused.header("retry-after"), "5");
    let ready = send(state, TestRequest::get().uri("/readyz")).await;
    assert_eq!(ready.expect(503)["ready"], false);
}

#[actix_web::test]
async fn health_and_readiness_are_told() {
    let api = Api::start();
    assert_eq!(api.get("/healthz").await.expect(200)["status"], "ok");
    let ready = api.get("/readyz").await.expect(200);
    assert_eq!((&ready["ready"], &ready["failure"]), (&json!(true), &json!(null)));
}

#[actix_web::test]
async fn what_lies_beside_the_routes_of_calls_is_no_route() {
    let api = Api::start();
    for path in ["/v1/call-logs/", "/v1/call-logsx", "/v1/call-logs/a/b", "/v1/call-logs/a/status/"]
    {
        api.get(path).await.problem(404, "route_not_found");
        api.post(path, json!({})).await.problem(404, "route_not_found");
    }
    // Their own words are routes, not ids of calls.
    for path in ["/v1/call-logs/status", "/v1/call-logs/claim"] {
        api.get(path).await.problem(405, "method_not_allowed");
    }
}

#[actix_web::test]
async fn json_that_is_too_deep_and_too_many_parameters_are_400() {
    let api = Api::start();
    let deep = format!("{{\"title\": {}{}}}", "[".repeat(40), "]".repeat(40));
    let told = api.raw(Method::POST, "/v1/workflows", "application/json", &deep).await;
    let told = told.problem(400, "json_too_deep");
    assert_eq!(told["errors"][0]["pointer"], format!("/title{}", "/0".repeat(31)));
    let many = vec!["a=1"; 65].join("&");
    let told = api.get(&format!("/v1/workflows?{many}")).await.problem(400, "invalid_query");
    assert!(text(&told["detail"]).contains("64"), "{told}");
}
