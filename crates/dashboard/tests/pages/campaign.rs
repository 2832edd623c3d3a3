//! A small campaign to look at: a call, a condition, a wait, two ends.

use std::time::Duration;

use actix_web::{rt::time::sleep, test::TestRequest};
use serde_json::{Value, json};

use crate::house::House;

pub(crate) const NUMBER: &str = "+919876543210";

/// An active workflow with one lead: the ids of both. `key` opens where keys are needed.
pub(crate) async fn open(house: &House, key: &str) -> (String, String) {
    let made = house.api("POST", "/v1/workflows", key, json!({ "title": "<i>Spring</i>" })).await;
    let flow = made["id"].as_str().unwrap().to_owned();
    let graph = json!({
        "nodes": [
            { "id": "call", "node_type": "VOICE_CALL", "label": "Intro <1>", "entry": true,
              "config": { "from_phone_number": "+12025550100" } },
            { "id": "rich", "node_type": "CONDITIONAL", "label": "Budget?",
              "config": { "conditions": [
                  { "field": "lead.budget", "operator": "greater_than", "value": 500 }] } },
            { "id": "later", "node_type": "TIME", "label": "Tomorrow",
              "config": { "duration": 1, "unit": "days" } },
            { "id": "won", "node_type": "CONVERTED", "label": "Won" },
            { "id": "lost", "node_type": "DROPPED", "label": "Lost" }],
        "edges": [
            { "from_node_id": "call", "to_node_id": "rich", "label": "COMPLETED" },
            { "from_node_id": "call", "to_node_id": "later", "label": "DNP" },
            { "from_node_id": "rich", "to_node_id": "won", "label": "true" },
            { "from_node_id": "rich", "to_node_id": "lost", "label": "false" },
            { "from_node_id": "later", "to_node_id": "call" }],
    });
    let put = TestRequest::put().uri(&format!("/v1/workflows/{flow}/graph"));
    let put = put.insert_header(("authorization", format!("Bearer {key}")));
    house.send(put.insert_header(("if-match", "\"0\"")).set_json(graph)).await.expect(200);
    house.api("POST", &format!("/v1/workflows/{flow}/activate"), key, json!(null)).await;
    let variables = json!({ "name": "Asha <b>Rao</b>", "budget": 700, "pin": "0042" });
    let lead = json!({ "phone_number": NUMBER, "variables": variables });
    let path = format!("/v1/workflows/{flow}/leads");
    let made = house.api("POST", &path, key, json!({ "leads": [lead] })).await;
    (flow, made["lead_ids"][0].as_str().unwrap().to_owned())
}

/// The first call that there is to make, once the engine has come to it.
pub(crate) async fn claim(house: &House, key: &str) -> String {
    for _ in 0..20_000 {
        let wanted = json!({ "max": 1, "lease_s": 3_600 });
        let claimed = house.api("POST", "/v1/call-logs/claim", key, wanted).await;
        if let Some(call) = claimed["calls"][0]["call_id"].as_str() {
            return call.to_owned();
        }
        sleep(Duration::from_millis(1)).await;
    }
    String::new()
}

/// Reports a status of a call.
pub(crate) async fn report(house: &House, key: &str, call: &str, report: Value) {
    house.api("POST", &format!("/v1/call-logs/{call}/status"), key, report).await;
}

/// A lead that waits for a person: its call was called off.
pub(crate) async fn held(house: &House, key: &str) -> (String, String) {
    let (flow, lead) = open(house, key).await;
    let call = claim(house, key).await;
    report(house, key, &call, json!({ "status": "cancelled" })).await;
    (flow, lead)
}
