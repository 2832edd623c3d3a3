//! What the API counts, as Prometheus reads it.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::test::TestRequest;
use serde_json::{Value, json};

use crate::common::Api;

/// Every metric has a row here; a row without a metric is a promise that nobody keeps.
const DOCUMENT: &str = include_str!("../../../../docs/operations.md");

/// What Grafana shows.
const DASHBOARD: &str = include_str!("../../../../deploy/grafana/branchline.json");

/// One scrape, checked line by line against the text format.
struct Scrape {
    /// Kind of each family.
    kinds: BTreeMap<String, String>,
    /// Values as they are written.
    series: BTreeMap<String, String>,
}

impl Scrape {
    async fn of(api: &Api) -> Self {
        let reply = api.get("/metrics").await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
        Self::parse(std::str::from_utf8(&reply.body).unwrap())
    }

    fn parse(text: &str) -> Self {
        let (mut kinds, mut series) = (BTreeMap::new(), BTreeMap::new());
        let mut helped = BTreeSet::new();
        for line in text.lines() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, help) = help.split_once(' ').unwrap();
                assert!(help.len() > 5 && helped.insert(name.to_owned()), "{line}");
            } else if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').unwrap();
                assert!(helped.contains(name), "{line}: no HELP before it");
                kinds.insert(name.to_owned(), kind.to_owned());
            } else {
                let (name, value) = line.rsplit_once(' ').unwrap();
                assert!(value.parse::<f64>().unwrap() >= 0.0, "{line}");
                let twice = series.insert(name.to_owned(), value.to_owned());
                assert_eq!(twice, None, "{line}");
            }
        }
        Self { kinds, series }
    }

    #[track_caller]
    fn value(&self, series: &str) -> &str {
        self.series.get(series).unwrap_or_else(|| panic!("no {series} in {:#?}", self.series))
    }

    /// Of something that is counted.
    #[track_caller]
    fn number(&self, series: &str) -> u64 {
        self.value(series).parse().unwrap()
    }

    /// The family of a series: its name without labels and what a histogram adds.
    fn family(&self, series: &str) -> String {
        let name = series.split('{').next().unwrap();
        let parts = ["_bucket", "_sum", "_count"];
        let family = parts.iter().filter_map(|part| name.strip_suffix(part));
        let histogram = |family: &&str| self.kinds.get(*family).is_some_and(|k| k == "histogram");
        family.into_iter().find(histogram).unwrap_or(name).to_owned()
    }
}

#[actix_web::test]
async fn what_a_call_brought_about_is_counted_where_it_happened() {
    let api = Api::start();
    let (workflow, lead, call) = api.with_call().await;
    let status = format!("/v1/call-logs/{call}/status");
    api.post(&status, json!({ "status": "completed" })).await.expect(200);
    api.post(&status, json!({ "status": "completed" })).await.expect(200);
    api.post(&status, json!({ "status": "sleeping" })).await.problem(400, "invalid_body");
    api.get(&format!("{}/leads/lead_nobody", workflow.path)).await.problem(404, "lead_not_found");
    api.get("/no/such/place").await.problem(404, "route_not_found");
    let body = json!({ "status": "busy" });
    let unknown = "/v1/call-logs/call_00000000-0000-0000-0000-000000000009_1/status";
    api.post(unknown, body).await.problem(404, "call_not_found");
    api.get(&lead).await.expect(200);

    let scrape = Scrape::of(&api).await;
    for (series, value) in [
        ("branchline_transitions_total{output=\"COMPLETED\"}", 1),
        ("branchline_transitions_total{output=\"branch\"}", 0),
        ("branchline_commands_total{kind=\"report_call\",outcome=\"recorded\"}", 1),
        ("branchline_commands_total{kind=\"report_call\",outcome=\"unchanged\"}", 1),
        ("branchline_commands_total{kind=\"report_call\",outcome=\"not_found\"}", 1),
        ("branchline_commands_total{kind=\"claim_calls\",outcome=\"recorded\"}", 1),
        ("branchline_commands_total{kind=\"enrol\",outcome=\"recorded\"}", 1),
        ("branchline_calls_requested_total", 1),
        ("branchline_calls_concluded_total{status=\"completed\"}", 1),
        ("branchline_leads_enrolled_total", 1),
        ("branchline_leads{status=\"completed\"}", 1),
        ("branchline_workflows{status=\"active\"}", 1),
        ("branchline_calls{stage=\"in_progress\"}", 0),
        ("branchline_lead_mailbox_messages", 0),
        ("branchline_projection_lag_records", 0),
        ("branchline_event_streams", 0),
        ("branchline_ready", 1),
    ] {
        assert_eq!(scrape.number(series), value, "{series}");
    }
    assert_eq!(scrape.value("branchline_timer_lag_seconds{timer=\"release\"}"), "0.0");
    let requests = |route: &str, method: &str, status: u16| {
        scrape.number(&format!(
            "branchline_http_requests_total{{route=\"{route}\",method=\"{method}\",\
             status=\"{status}\"}}"
        ))
    };
    let report = "/v1/call-logs/{call}/status";
    let counts = [200, 400, 404].map(|status| requests(report, "POST", status));
    assert_eq!(counts, [2, 1, 1]);
    assert_eq!(requests("none", "GET", 404), 1);
    assert_eq!(requests("/v1/workflows/{workflow}/leads/{lead}", "GET", 404), 1);
    let took = "branchline_http_request_duration_seconds_count";
    let took = format!("{took}{{route=\"{report}\",method=\"POST\"}}");
    assert_eq!(scrape.number(&took), 4);
    let acknowledged = scrape.number("branchline_acknowledge_seconds_count");
    let recorded = scrape.series.keys().filter(|name| name.contains("outcome=\"recorded\""));
    assert_eq!(acknowledged, recorded.map(|name| scrape.number(name)).sum::<u64>());
}

#[actix_web::test]
async fn held_leads_and_waiting_calls_are_told_by_reason_and_stage() {
    let api = Api::start();
    let (workflow, _, call) = api.with_call().await;
    let waiting = api.enrol_one(&workflow.path, "+919876543211").await;
    api.call_of(&waiting).await;
    let status = format!("/v1/call-logs/{call}/status");
    api.post(&status, json!({ "status": "cancelled" })).await.expect(200);
    let scrape = Scrape::of(&api).await;
    let held =
        |reason: &str| scrape.number(&format!("branchline_leads_held{{reason=\"{reason}\"}}"));
    assert_eq!((held("review_required"), held("call_overdue")), (1, 0));
    assert_eq!(scrape.number("branchline_calls{stage=\"requested\"}"), 1);
    api.act(&format!("{}/cancel", workflow.path)).await.expect(200);
    let scrape = Scrape::of(&api).await;
    let held = scrape.number("branchline_leads_held{reason=\"review_required\"}");
    assert_eq!(held, 0, "nobody decides about the leads of a workflow that has ended");
}

#[actix_web::test]
async fn names_kinds_and_units_are_those_that_prometheus_asks_for() {
    let api = Api::start();
    let (_, _, call) = api.with_call().await;
    let status = format!("/v1/call-logs/{call}/status");
    api.post(&status, json!({ "status": "completed" })).await.expect(200);
    let scrape = Scrape::of(&api).await;
    for (name, kind) in &scrape.kinds {
        assert!(name.starts_with("branchline_") || name.starts_with("process_"), "{name}");
        assert_eq!(name.ends_with("_total"), kind == "counter", "{name} is a {kind}");
        assert!(!name.contains("_ms") && !name.contains("micro"), "{name}: base units only");
    }
    for (series, value) in &scrape.series {
        assert!(scrape.kinds.contains_key(&scrape.family(series)), "{series} has no TYPE");
        for id in ["wf_", "lead_0", "call_0", "req-", "+91"] {
            assert!(!series.contains(id), "{series}: a label names somebody");
        }
        if let Some((name, bound)) = series.split_once("_bucket{")
            && bound.ends_with("le=\"+Inf\"}")
        {
            let labels = bound.trim_end_matches("le=\"+Inf\"}").trim_end_matches(',');
            let count = match labels {
                "" => format!("{name}_count"),
                labels => format!("{name}_count{{{labels}}}"),
            };
            assert_eq!(scrape.value(&count), value, "{series}");
        }
    }
}

#[actix_web::test]
async fn every_metric_is_documented_and_every_documented_one_is_there() {
    let api = Api::start();
    api.get("/healthz").await.expect(200);
    let scrape = Scrape::of(&api).await;
    // A first scrape has not been counted when it is rendered: another route has.
    let shown: BTreeSet<&str> = scrape.kinds.keys().map(String::as_str).collect();
    let documented: BTreeSet<&str> = DOCUMENT
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .filter(|name| name.starts_with("branchline_") || name.starts_with("process_"))
        .collect();
    assert_eq!(shown, documented);
}

/// Every query of a dashboard, wherever it is.
fn queries(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if name == "expr" || name == "query" {
                    found.extend(value.as_str().map(Into::into));
                }
                queries(value, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| queries(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Names of ours in a query of Prometheus.
fn metrics_of(query: &str) -> impl Iterator<Item = &str> {
    let words = query.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|word| word.starts_with("branchline_") || word.starts_with("process_"))
}

#[actix_web::test]
async fn every_metric_of_the_dashboard_and_of_the_alerts_is_there_and_every_metric_is_on_it() {
    let api = Api::start();
    let scrape = Scrape::of(&api).await;
    let mut on_it = Vec::new();
    queries(&serde_json::from_str(DASHBOARD).unwrap(), &mut on_it);
    assert!(on_it.len() > 40, "{on_it:#?}");
    let shown: BTreeSet<String> =
        on_it.iter().flat_map(|query| metrics_of(query)).map(|name| scrape.family(name)).collect();
    let there: BTreeSet<String> = scrape.kinds.keys().cloned().collect();
    assert_eq!(shown, there);
    let (_, alerts) = DOCUMENT.split_once("### Alerts").unwrap();
    let (alerts, _) = alerts.split_once("\n## ").unwrap();
    for name in metrics_of(alerts) {
        assert!(there.contains(&scrape.family(name)), "{name}");
    }
}

#[actix_web::test]
async fn a_scrape_by_another_method_is_refused() {
    let api = Api::start();
    api.act("/metrics").await.problem(405, "method_not_allowed");
    let head =
        api.send(TestRequest::default().method(actix_web::http::Method::HEAD).uri("/metrics"));
    assert_eq!(head.await.status, 200);
}
