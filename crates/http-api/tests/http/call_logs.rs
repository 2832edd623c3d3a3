//! Calls over HTTP: claims, reports, logs.

use crate::common::{Api, pointers, text};
use serde_json::{Value, json};

#[actix_web::test]
async fn a_call_is_handed_out_once_and_its_final_status_moves_the_lead() {
    let api = Api::start();
    let workflow = api.calling().await;
    api.act(&format!("{}/activate", workflow.path)).await.expect(200);
    let lead = api.enrol_one(&workflow.path, "+919876543210").await;
    api.call_of(&lead).await;
    let wanted = json!({ "max": 10, "lease_s": 60 });
    let claimed = api.post("/v1/call-logs/claim", wanted.clone()).await.expect(200);
    let call = &claimed["calls"][0];
    assert_eq!((&call["to"], &call["from"]), (&json!("+919876543210"), &json!("+12025550100")));
    assert_eq!(call["variables"], json!({ "name": "Asha" }));
    assert_eq!(api.post("/v1/call-logs/claim", wanted).await.expect(200), json!({ "calls": [] }));
    let path = format!("/v1/call-logs/{}", text(&call["call_id"]));
    let taken = api.post(&format!("{path}/dispatched"), json!({ "provider_ref": "p-1" })).await;
    assert_eq!(taken.expect(200)["provider_ref"], "p-1");
    let status = format!("{path}/status");
    let going = api.post(&status, json!({ "status": "connected" })).await.expect(200);
    assert_eq!((&going["status"], &going["accepted"]), (&json!("connected"), &json!(true)));
    assert_eq!(api.get(&lead).await.expect(200)["status"], "active");
    let body = json!({ "status": "completed", "end_reason": "user_disconnected",
                       "occurred_at": "2026-11-24T10:00:00Z", "attributes": { "mood": "good" } });
    let done = api.post(&status, body.clone()).await.expect(200);
    assert_eq!((&done["status"], &done["accepted"]), (&json!("completed"), &json!(true)));
    assert_eq!(done["end_reason"], "user_disconnected");
    assert_eq!(done["attributes"], json!({ "mood": "good" }));
    let ended = api.get(&lead).await.expect(200);
    assert_eq!(
        (&ended["status"], &ended["current_node_id"]),
        (&json!("completed"), &json!(workflow.won))
    );
    assert_eq!(api.post(&status, body).await.expect(200)["accepted"], true);
    let conflict = api.post(&status, json!({ "status": "busy" })).await.expect(200);
    assert_eq!((&conflict["accepted"], &conflict["status"]), (&json!(false), &json!("completed")));
    assert_eq!(conflict["conflicts"][0]["status"], "busy");
    let log = api.get(&path).await.expect(200);
    assert_eq!(log["conflicts"], conflict["conflicts"]);
    for nothing in [json!({}), json!({ "attributes": null })] {
        let refused = api.post(&format!("{path}/attributes"), nothing).await;
        assert_eq!(pointers(&refused.problem(400, "invalid_body")), ["/attributes"]);
    }
    let late = api
        .post(&format!("{path}/attributes"), json!({ "attributes": { "n": 2, "x": null } }))
        .await;
    assert_eq!(late.expect(200)["attributes"], json!({ "mood": "good", "n": 2 }));
}

#[actix_web::test]
async fn a_refused_call_holds_its_lead() {
    let api = Api::start();
    let (_, lead, call) = api.with_call().await;
    let path = format!("/v1/call-logs/{call}/refused");
    api.post(&path, json!({})).await.problem(400, "invalid_body");
    let log = api.post(&path, json!({ "reason": "number blocked" })).await.expect(200);
    assert_eq!(log["refusal"], "number blocked");
    assert_eq!(api.get(&lead).await.expect(200)["hold"], "dial_refused");
    let late = api.post(&format!("/v1/call-logs/{call}/dispatched"), json!({})).await;
    late.problem(409, "call_not_requested");
}

#[actix_web::test]
async fn an_unknown_call_is_404_and_an_unknown_status_400() {
    let api = Api::start();
    let (_, _, call) = api.with_call().await;
    let second = format!("{}_2", call.rsplit_once('_').unwrap().0);
    let nobody = "call_0192f3a1-0000-7000-8000-000000000007_1";
    for unknown in [nobody, "call_7", "7", &second] {
        let path = format!("/v1/call-logs/{unknown}");
        api.get(&path).await.problem(404, "call_not_found");
        let report = api.post(&format!("{path}/status"), json!({ "status": "busy" })).await;
        report.problem(404, "call_not_found");
    }
    let path = format!("/v1/call-logs/{call}/status");
    let problem = api.post(&path, json!({ "status": "ended" })).await.problem(400, "invalid_body");
    assert!(text(&problem["detail"]).contains("did_not_pick"), "{problem}");
    let wrong = json!({ "status": "busy", "occurred_at": "yesterday", "reason": "x" });
    api.post(&path, wrong).await.problem(400, "invalid_body");
}

#[actix_web::test]
async fn many_reports_have_an_answer_each_in_order() {
    let api = Api::start();
    let workflow = api.calling().await;
    api.act(&format!("{}/activate", workflow.path)).await.expect(200);
    let mut calls = Vec::new();
    for number in ["+919876543210", "+919876543211"] {
        let lead = api.enrol_one(&workflow.path, number).await;
        calls.push(api.call_of(&lead).await);
    }
    let body = json!({ "items": [
        { "call_id": calls[0], "status": "completed" },
        { "call_id": "call_0192f3a1-0000-7000-8000-000000000007_1", "status": "completed" },
        { "call_id": calls[1], "status": "ended" },
        { "call_id": calls[1], "status": "connected" },
        7,
        { "call_id": calls[0], "status": "busy" },
    ] });
    let answer = api.post("/v1/call-logs/status", body).await.expect(200);
    let items = answer["items"].as_array().unwrap();
    let told: Vec<_> = items
        .iter()
        .map(|item| (item["http_status"].as_u64().unwrap(), item["accepted"].as_bool()))
        .collect();
    assert_eq!(
        told,
        [
            (200, Some(true)),
            (404, None),
            (400, None),
            (200, Some(true)),
            (400, None),
            (200, Some(false))
        ]
    );
    assert_eq!(
        items[0],
        json!({ "call_id": calls[0], "http_status": 200, "accepted": true,
                                 "status": "completed", "problem": null })
    );
    assert_eq!(items[1]["problem"]["code"], "call_not_found");
    assert_eq!(items[3]["status"], "connected");
    api.post("/v1/call-logs/status", json!([])).await.problem(400, "invalid_body");
}

#[actix_web::test]
async fn call_logs_are_listed_by_workflow_lead_and_status() {
    let api = Api::start();
    let (workflow, lead, call) = api.with_call().await;
    let list = api.get("/v1/call-logs").await.expect(200);
    assert_eq!(list["data"][0], api.get(&format!("/v1/call-logs/{call}")).await.expect(200));
    let workflow = workflow.path.rsplit('/').next().unwrap();
    let lead = lead.rsplit('/').next().unwrap();
    for (query, total) in [
        (format!("workflow={workflow}"), 1),
        (format!("lead={lead}"), 1),
        ("status=created".into(), 1),
        ("status=completed".into(), 0),
    ] {
        let list = api.get(&format!("/v1/call-logs?{query}")).await.expect(200);
        assert_eq!(list["meta"]["total"], total, "{query}");
    }
    api.get("/v1/call-logs?status=ended").await.problem(400, "invalid_query");
}

#[actix_web::test]
async fn a_claim_says_how_many_and_for_how_long() {
    let api = Api::start();
    let problem = api.post("/v1/call-logs/claim", json!({})).await.problem(400, "invalid_body");
    assert_eq!(pointers(&problem), ["/max", "/lease_s"]);
    let long = json!({ "max": 1, "lease_s": 4_000_000 });
    api.post("/v1/call-logs/claim", long).await.problem(400, "invalid_value");
}

#[actix_web::test]
async fn statuses_in_any_order_and_twice_come_to_the_branch_of_the_first_end() {
    const STREAM: [&str; 8] =
        ["created", "initiated", "sent", "received", "connected", "waiting", "completed", "busy"];
    let api = Api::start();
    let workflow = api.calling().await;
    api.act(&format!("{}/activate", workflow.path)).await.expect(200);
    let mut calls = Vec::new();
    let mut items: Vec<Vec<Value>> = Vec::new();
    for turn in 0..16 {
        let lead = api.enrol_one(&workflow.path, &format!("+9198765432{turn:02}")).await;
        let call = api.call_of(&lead).await;
        let mut order = STREAM;
        order.rotate_left(turn % 8);
        if turn >= 8 {
            order.reverse();
        }
        // Each status is told twice in a row, and all of them once more at the end.
        let told = order.iter().flat_map(|status| [status, status]).chain(&order);
        items.push(told.map(|status| json!({ "call_id": call, "status": status })).collect());
        let first = order.iter().find(|status| ["completed", "busy"].contains(status)).unwrap();
        calls.push((lead, call, *first));
    }
    // One status of each call, then the next one of each.
    let mut mixed: Vec<Value> = Vec::new();
    for place in 0..items[0].len() {
        mixed.extend(items.iter().map(|told| told[place].clone()));
    }
    let answer = api.post("/v1/call-logs/status", json!({ "items": mixed })).await.expect(200);
    for (asked, told) in mixed.iter().zip(answer["items"].as_array().unwrap()) {
        let (_, _, first) = calls.iter().find(|(_, call, _)| asked["call_id"] == **call).unwrap();
        let status = asked["status"].as_str().unwrap();
        let conflicts = ["completed", "busy"].contains(&status) && status != *first;
        assert_eq!((&told["http_status"], &told["accepted"]), (&json!(200), &json!(!conflicts)));
    }
    for (lead, call, first) in &calls {
        let end = if *first == "completed" { "completed" } else { "dropped" };
        assert_eq!(api.get(lead).await.expect(200)["status"], end, "after {first}");
        let log = api.get(&format!("/v1/call-logs/{call}")).await.expect(200);
        let other = if *first == "completed" { "busy" } else { "completed" };
        assert_eq!(
            (&log["status"], &log["conflicts"][0]["status"]),
            (&json!(first), &json!(other))
        );
        assert_eq!(log["conflicts"].as_array().unwrap().len(), 1);
    }
}
