//! Workflows that tests begin with.

use std::time::Duration;

use serde_json::{Value, json};

use crate::server::Server;

/// How often a carrier asks for calls before it gives up: half a minute in all.
const ASKED_MAX: u32 = 300;

/// A call, a wait after nobody picked up, and two ends.
pub(crate) fn short_graph() -> Value {
    json!({
        "nodes": [
            { "id": "call", "node_type": "VOICE_CALL", "label": "Intro", "entry": true,
              "config": { "from_phone_number": "+12025550100" } },
            { "id": "wait", "node_type": "TIME", "label": "Later",
              "config": { "duration": 2, "unit": "hours" } },
            { "id": "won", "node_type": "CONVERTED", "label": "Won" },
            { "id": "lost", "node_type": "DROPPED", "label": "Lost" },
        ],
        "edges": [
            { "from_node_id": "call", "to_node_id": "won", "label": "COMPLETED" },
            { "from_node_id": "call", "to_node_id": "wait", "label": "DNP" },
            { "from_node_id": "call", "to_node_id": "lost", "label": "FAILED" },
            { "from_node_id": "wait", "to_node_id": "lost" },
        ],
    })
}

/// A draft with the short graph and leads of these names: its id, and theirs.
pub(crate) async fn draft(server: &Server, title: &str, names: &[&str]) -> (String, Vec<String>) {
    let made = server.post("/v1/workflows", json!({ "title": title })).await;
    let workflow = word(&made["id"]);
    server.put_graph(&workflow, &short_graph()).await;
    let leads = names.iter().enumerate().map(|(number, name)| {
        json!({ "phone_number": format!("+9198765{number:05}"), "variables": { "name": name } })
    });
    let rows = json!({ "leads": leads.collect::<Vec<_>>() });
    let enrolled = server.post(&format!("/v1/workflows/{workflow}/leads"), rows).await;
    let ids = enrolled["lead_ids"].as_array().expect("ids of leads");
    (workflow, ids.iter().map(word).collect())
}

/// Takes as many calls as that to dial, as a carrier does: each with its lead.
pub(crate) async fn claim(server: &Server, max: usize) -> Vec<(String, String)> {
    let mut claimed: Vec<(String, String)> = Vec::new();
    for _ in 0..ASKED_MAX {
        let wanted = json!({ "max": max - claimed.len(), "lease_s": 3_600 });
        let answer = server.post("/v1/call-logs/claim", wanted).await;
        let calls = answer["calls"].as_array().expect("calls");
        for call in calls.iter().map(|call| word(&call["call_id"])) {
            let log = server.get(&format!("/v1/call-logs/{call}")).await;
            claimed.push((call, word(&log["lead_id"])));
        }
        if claimed.len() == max {
            return claimed;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("only these calls were to be dialled: {claimed:?}");
}

/// Reports how a call stands.
pub(crate) async fn report(server: &Server, call: &str, status: &str) {
    server.post(&format!("/v1/call-logs/{call}/status"), json!({ "status": status })).await;
}

/// A text in JSON.
#[track_caller]
pub(crate) fn word(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
