//! What is noted about requests besides their answers: log lines, traces, readiness.

use std::{cell::RefCell, io::Write, sync::Once};

use actix_web::test::TestRequest;
use branchline_domain::id::OrganisationId;
use branchline_http_api::{OpenedSpan, Readiness, RequestLog, RequestSpans};
use serde_json::{Value, json};

use crate::common::{Api, send};

const GIVEN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

thread_local! {
    /// What the server of this thread's test has said, as JSON lines.
    static SAID: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The log of this thread.
struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        SAID.with_borrow_mut(|said| said.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Begins to listen. One subscriber for all threads: what a thread without one logs first is
    /// taken for uninteresting everywhere else, now and then.
    fn listen() -> Self {
        static STARTED: Once = Once::new();
        STARTED.call_once(|| {
            tracing_subscriber::fmt().json().with_writer(|| Self).init();
        });
        SAID.with_borrow_mut(Vec::clear);
        Self
    }

    #[expect(clippy::unused_self, reason = "nobody reads who does not listen")]
    fn text(&self) -> String {
        SAID.with_borrow(|said| String::from_utf8(said.clone()).unwrap())
    }

    /// What is told of requests: the fields of each line.
    fn requests(&self) -> Vec<Value> {
        let lines = self.text();
        let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let ours = lines.filter(|line| line["target"] == "branchline::requests");
        ours.map(|line| line["fields"].clone()).collect()
    }
}

#[actix_web::test]
async fn a_line_names_request_route_and_who_asked_and_nothing_that_is_somebodys() {
    let (api, log) = (Api::start(), Log::listen());
    let state = api.state.clone().with_request_log(RequestLog::All);
    let request = TestRequest::get()
        .uri("/v1/leads?phone_number=%2B919876543210")
        .insert_header(("x-request-id", "crm-7"))
        .insert_header(("traceparent", GIVEN))
        .insert_header(("authorization", "Bearer key_1:planted"));
    send(state.clone(), request).await;
    send(state, TestRequest::get().uri("/wp-admin/+919876543210?x=planted")).await;
    let lines = log.requests();
    assert_eq!(lines.len(), 2, "{}", log.text());
    let line = &lines[0];
    assert_eq!(line["request_id"], "crm-7");
    assert_eq!(line["trace_id"], GIVEN[3..35]);
    assert_eq!((&line["method"], &line["route"]), (&json!("GET"), &json!("/v1/leads")));
    assert_eq!((&line["status"], &line["principal"]), (&json!(200), &json!("api")));
    assert!(line["organisation"].as_str().unwrap().len() > 8, "{line}");
    assert!(line["duration_us"].is_u64(), "{line}");
    assert_eq!((&lines[1]["route"], &lines[1]["status"]), (&json!("none"), &json!(404)));
    for secret in ["9876543210", "planted"] {
        assert!(!log.text().contains(secret), "{}", log.text());
    }
}

#[actix_web::test]
async fn who_asks_for_health_and_metrics_is_named_as_far_as_a_key_proves_it() {
    let (api, log) = (Api::start(), Log::listen());
    let state = api.state.clone().with_request_log(RequestLog::All);
    send(state.clone(), TestRequest::get().uri("/readyz")).await;
    let (_, credentials) = api.key(Some(&OrganisationId::DEFAULT.to_string()), &["read"]).await;
    let key = format!("key:{}", credentials.split(':').next().unwrap());
    for path in ["/readyz", "/metrics", "/healthz", "/wp-login"] {
        let bearers = [credentials.clone(), format!("{credentials}x")];
        for bearer in bearers.map(|bearer| ("authorization", format!("Bearer {bearer}"))) {
            send(state.clone(), TestRequest::get().uri(path).insert_header(bearer)).await;
        }
    }
    let lines = log.requests();
    let asked = |line: &Value| line["principal"].clone();
    assert_eq!(asked(&lines[0]), "api", "there was no key yet");
    let told: Vec<_> = lines[1..].iter().map(asked).collect();
    let (proved, nobody) = (json!(key), Value::Null);
    let pair = [proved, nobody.clone()];
    let expected = [&pair[..], &pair, &pair, &[nobody.clone(), nobody]].concat();
    assert_eq!(told, expected, "{lines:?}");
    assert!(lines[1]["organisation"].is_string() && lines[2]["organisation"].is_null());
}

#[actix_web::test]
async fn only_failures_of_the_server_are_told_unless_somebody_wants_more() {
    let (api, log) = (Api::start(), Log::listen());
    let full = Readiness { disk_free_min_bytes: u64::MAX, ..Readiness::default() };
    let state = api.state.clone().with_readiness(full);
    send(state.clone(), TestRequest::get().uri("/healthz")).await;
    send(state.clone(), TestRequest::get().uri("/v1/workflows/wf_nobody")).await;
    assert_eq!(log.requests(), Vec::<Value>::new());
    send(state.clone(), TestRequest::get().uri("/readyz")).await;
    let lines = log.requests();
    assert_eq!((lines.len(), &lines[0]["status"]), (1, &json!(503)));
    assert!(log.text().contains("\"level\":\"WARN\""), "{}", log.text());
    let silent = state.with_request_log(RequestLog::None);
    send(silent, TestRequest::get().uri("/readyz")).await;
    assert_eq!(log.requests().len(), 1);
}

#[actix_web::test]
async fn a_request_goes_on_in_its_trace_and_the_journal_leads_to_it() {
    let api = Api::start();
    let make = |headers: &[(&'static str, &'static str)]| {
        let mut request = TestRequest::post().uri("/v1/workflows").set_json(json!({"title": "x"}));
        for header in headers {
            request = request.insert_header(*header);
        }
        request
    };
    let traced = api.send(make(&[("traceparent", GIVEN)])).await;
    let told = traced.header("traceparent").to_owned();
    assert!(told.starts_with(&GIVEN[..36]) && told.ends_with("-01") && told != GIVEN, "{told}");
    assert_eq!(traced.header("x-request-id"), &told[3..52]);
    let both = api.send(make(&[("traceparent", GIVEN), ("x-request-id", "mine")])).await;
    assert_eq!(both.header("x-request-id"), "mine");
    for malformed in [vec![], vec![("traceparent", "00-xyz-1-01")]] {
        let fresh = api.send(make(&malformed)).await;
        assert_eq!(fresh.status, 201);
        assert!(fresh.header("traceparent").starts_with("00-"));
        assert!(!fresh.header("traceparent").contains(&GIVEN[3..35]));
        assert!(fresh.header("x-request-id").starts_with("req-"));
    }
    let events = api.get("/v1/events?limit=10").await.expect(200);
    let ids: Vec<_> = events["data"].as_array().unwrap().iter().map(|e| &e["request_id"]).collect();
    assert_eq!((ids[0], ids[1]), (&json!(told[3..52]), &json!("mine")));
}

#[actix_web::test]
async fn a_host_that_exports_traces_says_where_the_request_stands() {
    let (api, _log) = (Api::start(), Log::listen());
    let spans = RequestSpans::new(|span, trace| {
        assert!(!span.is_disabled());
        OpenedSpan { trace_id: trace.trace_id, span_id: 0xabc, sampled: false }
    });
    let state = api.state.clone().with_spans(spans);
    let request = TestRequest::get().uri("/healthz").insert_header(("traceparent", GIVEN));
    let reply = send(state, request).await;
    let expected = format!("{}0000000000000abc-00", &GIVEN[..36]);
    assert_eq!(reply.header("traceparent"), expected);
}

#[actix_web::test]
async fn a_server_that_stops_or_runs_out_of_room_says_so() {
    let api = Api::start();
    let ready = api.get("/readyz").await.expect(200);
    assert_eq!((&ready["ready"], &ready["reasons"]), (&json!(true), &json!([])));
    let full = Readiness { disk_free_min_bytes: u64::MAX, ..Readiness::default() };
    let state = api.state.clone().with_readiness(full);
    state.shutdown.cancel();
    let reply = send(state.clone(), TestRequest::get().uri("/readyz")).await;
    let told = reply.expect(503);
    let codes: Vec<_> = told["reasons"].as_array().unwrap().iter().map(|r| &r["code"]).collect();
    assert_eq!(codes, ["shutting_down", "disk_nearly_full"]);
    assert_eq!(told["ready"], false);
    send(state, TestRequest::get().uri("/healthz")).await.expect(200);
}
