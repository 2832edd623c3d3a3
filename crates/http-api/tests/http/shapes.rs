//! Every field that the contract names is always there. The lists are written by hand.

use crate::common::{Api, keys, sorted, text};
use serde_json::{Value, json};

const WORKFLOW: &str = "id title description status settings revision node_count edge_count \
    enrolled_leads can_process_leads control control_reason created_at updated_at";
const NODE: &str = "id node_type label position_x position_y config entry";
const EDGE: &str = "id from_node_id to_node_id label";
const LEAD: &str = "id workflow_id phone_number variables notes status current_node_id entered_at \
    release_at call_id hold removed erased_at enrolled_at";
const EXECUTION: &str = "current_node_id visit entered_at release_at call_id hold";
const TRANSITION: &str = "from_node output to_node cause at call_id revision position";
const VISIT: &str = "node_id node_label node_type visit revision status call_id entered_at \
    release_at exited_at hold tries";
const CALL: &str = "id workflow_id lead_id node_id to from agent_id status dispatch refusal \
    end_reason attributes provider_ref conflicts heard timeline created_at ended_at";
const CLAIMED: &str = "call_id workflow_id organisation_id node_id to from agent_id \
    ring_timeout_s variables lease_until";
const EVENT: &str = "cursor position at type workflow_id lead_id call_id principal request_id \
    cause_position payload";

#[actix_web::test]
async fn a_new_workflow_has_every_field() {
    let api = Api::start();
    let made = api.post("/v1/workflows", json!({ "title": "Spring" })).await.expect(201);
    assert_eq!(keys(&made), sorted(WORKFLOW));
    let expected = json!({
        "id": made["id"], "title": "Spring", "description": null, "status": "draft",
        "settings": { "default_country": null, "default_timezone": "UTC", "start_on_enrol": true,
                      "auto_complete": false, "late_final_resolves_review": false,
                      "call_deadline_s": 7200, "analysis_timeout_s": 60 },
        "revision": 0, "node_count": 0, "edge_count": 0, "enrolled_leads": 0,
        "can_process_leads": false, "control": "activate",
        "control_reason": "The workflow is a draft: activate it to start its leads.",
        "created_at": made["created_at"], "updated_at": made["created_at"],
    });
    assert_eq!(made, expected);
    let at = text(&made["created_at"]);
    assert!(at.ends_with('Z') && at.contains('T'), "{at}");
}

#[actix_web::test]
async fn lists_have_data_and_the_same_meta() {
    let api = Api::start();
    let workflow = api.calling().await;
    api.enrol_one(&workflow.path, "+919876543210").await;
    for list in [
        "/v1/workflows".into(),
        "/v1/call-logs".into(),
        "/v1/leads?phone_number=%2B919876543210".into(),
        format!("{}/nodes", workflow.path),
        format!("{}/edges", workflow.path),
        format!("{}/leads", workflow.path),
        format!("{}/imports", workflow.path),
    ] {
        let found = api.get(&list).await.expect(200);
        assert_eq!(keys(&found), ["data", "meta"], "{list}");
        assert_eq!(keys(&found["meta"]), sorted("page limit total total_pages next_cursor"));
    }
    let nodes = api.get(&format!("{}/nodes", workflow.path)).await.expect(200);
    assert_eq!(keys(&nodes["data"][0]), sorted(NODE));
    let edges = api.get(&format!("{}/edges", workflow.path)).await.expect(200);
    assert_eq!(keys(&edges["data"][0]), sorted(EDGE));
}

#[actix_web::test]
async fn a_pending_lead_has_every_field() {
    let api = Api::start();
    let workflow = api.calling().await;
    let lead = api.enrol_one(&workflow.path, "+919876543210").await;
    let found = api.get(&lead).await.expect(200);
    let expected = json!({
        "id": found["id"], "workflow_id": found["workflow_id"], "phone_number": "+919876543210",
        "variables": { "name": "Asha" }, "notes": null, "status": "pending",
        "current_node_id": null, "entered_at": null, "release_at": null, "call_id": null,
        "hold": null, "removed": false, "erased_at": null, "enrolled_at": found["enrolled_at"],
    });
    assert_eq!(found, expected);
    assert!(found["enrolled_at"].is_string());
    let history = api.get(&format!("{lead}/history")).await.expect(200);
    assert_eq!(keys(&history), sorted("lead execution history visits nodes edges"));
    assert_eq!(history["execution"], Value::Null);
    assert_eq!((&history["history"], &history["visits"]), (&json!([]), &json!([])));
}

#[actix_web::test]
async fn the_way_of_a_lead_has_every_field() {
    let api = Api::start();
    let (workflow, lead, call) = api.with_call().await;
    let status = json!({ "status": "no_answer" });
    api.post(&format!("/v1/call-logs/{call}/status"), status).await.expect(200);
    let told = api.get(&format!("{lead}/history")).await.expect(200);
    assert_eq!(keys(&told["lead"]), sorted(LEAD));
    assert_eq!(keys(&told["execution"]), sorted(EXECUTION));
    assert_eq!(told["execution"]["current_node_id"], workflow.lost);
    let (entry, branch) = (&told["history"][0], &told["history"][1]);
    assert_eq!(keys(entry), sorted(TRANSITION));
    assert_eq!((&entry["from_node"], &entry["to_node"]), (&json!(null), &json!(workflow.call)));
    assert_eq!(
        (&branch["from_node"], &branch["output"], &branch["to_node"], &branch["call_id"]),
        (&json!(workflow.call), &json!("FAILED"), &json!(workflow.lost), &json!(call))
    );
    assert_eq!(told["history"].as_array().unwrap().len(), 2);
    let visit = &told["visits"][0];
    assert_eq!(keys(visit), sorted(VISIT));
    assert_eq!(
        (&visit["node_label"], &visit["node_type"], &visit["status"]),
        (&json!("Intro"), &json!("VOICE_CALL"), &json!("no_answer"))
    );
    assert_eq!(keys(&told["nodes"][0]), sorted(NODE));
    assert_eq!(keys(&told["edges"][0]), sorted(EDGE));
}

#[actix_web::test]
async fn explanations_and_counts_have_every_field() {
    let api = Api::start();
    let (workflow, lead, _) = api.with_call().await;
    let explained = api.get(&format!("{lead}/explain")).await.expect(200);
    assert_eq!(keys(&explained), sorted("lead_id status current_node_id erased_at guards next"));
    let guard = &explained["guards"][0];
    assert_eq!(keys(guard), sorted("code message evidence clears_at clears_by remedies"));
    assert_eq!(guard["code"], "waiting_for_call");
    let counts = api.get(&format!("{}/counts", workflow.path)).await.expect(200);
    assert_eq!(keys(&counts), sorted("as_of by_status by_node"));
    let statuses = "pending active completed dropped removed";
    assert_eq!(keys(&counts["by_status"]), sorted(statuses));
    assert_eq!(keys(&counts["by_node"][&workflow.call]), sorted("here passed held"));
}

#[actix_web::test]
async fn a_fault_of_a_graph_has_every_field() {
    let api = Api::start();
    let path = api.draft().await;
    api.node(&path, json!({ "node_type": "TIME", "label": "x" })).await;
    let report = api.act(&format!("{path}/validate")).await.expect(200);
    assert_eq!(keys(&report), sorted("valid faults warnings"));
    assert_eq!(keys(&report["faults"][0]), sorted("code node_id edge_id message fix"));
}

#[actix_web::test]
async fn calls_and_claims_have_every_field() {
    let api = Api::start();
    let workflow = api.calling().await;
    api.act(&format!("{}/activate", workflow.path)).await.expect(200);
    let lead = api.enrol_one(&workflow.path, "+919876543210").await;
    api.call_of(&lead).await;
    let wanted = json!({ "max": 1, "lease_s": 60 });
    let claimed = api.post("/v1/call-logs/claim", wanted).await.expect(200);
    assert_eq!(keys(&claimed["calls"][0]), sorted(CLAIMED));
    let path = format!("/v1/call-logs/{}", text(&claimed["calls"][0]["call_id"]));
    let log = api.get(&path).await.expect(200);
    assert_eq!(keys(&log), sorted(CALL));
    assert_eq!(log["timeline"], json!([{ "status": "created", "at": log["created_at"] }]));
    let nothing = ["end_reason", "provider_ref", "ended_at", "refusal"];
    assert!(nothing.iter().all(|field| log[field].is_null()), "{log}");
    let told = api.post(&format!("{path}/status"), json!({ "status": "busy" })).await.expect(200);
    assert_eq!(keys(&told), sorted(&format!("accepted {CALL}")));
}

#[actix_web::test]
async fn events_have_every_field() {
    let api = Api::start();
    api.draft().await;
    let events = api.get("/v1/events?limit=1").await.expect(200);
    assert_eq!(keys(&events["data"][0]), sorted(EVENT));
    assert_eq!(keys(&events["meta"]), sorted("limit next_cursor more"));
}
