//! Workflows over HTTP.

use crate::common::{Api, pointers, text};
use serde_json::json;

#[actix_web::test]
async fn a_workflow_is_created_as_a_draft_whatever_status_is_asked_for() {
    let api = Api::start();
    let body = json!({ "title": "Spring", "description": "calls", "status": "active",
                       "settings": { "auto_complete": true } });
    let made = api.post("/v1/workflows", body).await.expect(201);
    assert_eq!(made["status"], "draft");
    assert_eq!(made["description"], "calls");
    assert_eq!(made["settings"]["auto_complete"], true);
    assert_eq!(made["settings"]["start_on_enrol"], true);
    let path = format!("/v1/workflows/{}", text(&made["id"]));
    assert_eq!(api.get(&path).await.expect(200), made);
}

#[actix_web::test]
async fn everything_wrong_with_a_new_workflow_is_named() {
    let api = Api::start();
    let body = json!({ "title": 7, "settings": { "call_deadline_s": -1 }, "owner": "me" });
    let problem = api.post("/v1/workflows", body).await.problem(400, "invalid_body");
    assert_eq!(pointers(&problem), ["/title", "/settings/call_deadline_s", "/owner"]);
    let missing = api.post("/v1/workflows", json!({})).await.problem(400, "invalid_body");
    assert_eq!(pointers(&missing), ["/title"]);
    let empty = api.post("/v1/workflows", json!({ "title": "" })).await;
    assert_eq!(pointers(&empty.problem(400, "invalid_value")), ["/title"]);
}

/// Source: CONTRACT.md 2-running.
#[actix_web::test]
async fn workflows_are_listed_by_status_and_running_means_active() {
    let api = Api::start();
    let (first, second) = (api.calling().await, api.draft().await);
    api.act(&format!("{}/activate", first.path)).await.expect(200);
    for status in ["running", "active"] {
        let list = api.get(&format!("/v1/workflows?status={status}")).await.expect(200);
        assert_eq!(list["meta"]["total"], 1);
        assert!(first.path.ends_with(&text(&list["data"][0]["id"])));
    }
    let drafts = api.get("/v1/workflows?status=draft").await.expect(200);
    assert!(second.ends_with(&text(&drafts["data"][0]["id"])));
    let wrong = api.get("/v1/workflows?status=busy").await.problem(400, "invalid_query");
    assert!(text(&wrong["detail"]).contains("draft, active, paused"), "{wrong}");
}

#[actix_web::test]
async fn pages_and_cursors_walk_all_workflows() {
    let api = Api::start();
    for _ in 0..5 {
        api.draft().await;
    }
    let first = api.get("/v1/workflows?limit=2").await.expect(200);
    assert_eq!(
        first["meta"],
        json!({ "page": 1, "limit": 2, "total": 5, "total_pages": 3,
                "next_cursor": first["meta"]["next_cursor"] })
    );
    let cursor = text(&first["meta"]["next_cursor"]);
    let by_cursor = api.get(&format!("/v1/workflows?limit=2&cursor={cursor}")).await.expect(200);
    let by_page = api.get("/v1/workflows?limit=2&page=2").await.expect(200);
    assert_eq!(by_cursor["data"], by_page["data"]);
    assert_ne!(by_page["data"], first["data"]);
    let last = api.get("/v1/workflows?limit=2&page=3").await.expect(200);
    assert_eq!(last["data"].as_array().unwrap().len(), 1);
    assert!(last["meta"]["next_cursor"].is_null());
    for query in ["limit=101", "limit=0", "page=0", "cursor=!", "colour=red"] {
        api.get(&format!("/v1/workflows?{query}")).await.problem(400, "invalid_query");
    }
}

#[actix_web::test]
async fn an_edit_changes_what_it_names_and_never_the_status() {
    let api = Api::start();
    let path = api.draft().await;
    let settings = json!({ "settings": { "auto_complete": true } });
    api.patch(&path, settings).await.expect(200);
    let body = json!({ "title": "Autumn", "settings": { "default_country": "IN" } });
    let edited = api.patch(&path, body).await.expect(200);
    assert_eq!(edited["title"], "Autumn");
    assert_eq!(edited["settings"]["auto_complete"], true);
    assert_eq!(edited["settings"]["default_country"], "IN");
    let refused = api.patch(&path, json!({ "status": "active" })).await;
    assert_eq!(refused.problem(409, "status_not_editable")["current_status"], "draft");
    let unknown = api.patch(&path, json!({ "settings": { "speed": 1 } })).await;
    unknown.problem(400, "invalid_body");
}

#[actix_web::test]
async fn the_lifecycle_goes_its_way_and_says_where_it_stands_otherwise() {
    let api = Api::start();
    let path = api.calling().await.path;
    let act = |action: &'static str| {
        let path = format!("{path}/{action}");
        let api = &api;
        async move { api.act(&path).await }
    };
    assert_eq!(act("pause").await.problem(409, "wrong_status")["current_status"], "draft");
    let active = act("activate").await.expect(200);
    assert_eq!((&active["status"], &active["control"]), (&json!("active"), &json!("deactivate")));
    assert_eq!(active["can_process_leads"], true);
    let paused = act("pause").await.expect(200);
    assert_eq!((&paused["status"], &paused["control"]), (&json!("paused"), &json!("activate")));
    assert_eq!(act("resume").await.expect(200)["status"], "active");
    assert_eq!(api.delete(&path).await.problem(409, "wrong_status")["current_status"], "active");
    let completed = act("complete").await.expect(200);
    assert_eq!((&completed["status"], &completed["control"]), (&json!("completed"), &json!(null)));
    assert_eq!(act("cancel").await.problem(409, "wrong_status")["current_status"], "completed");
    assert_eq!(api.delete(&path).await.status, 204);
    api.get(&path).await.problem(404, "workflow_not_found");
}

#[actix_web::test]
async fn an_invalid_graph_is_refused_with_every_fault() {
    let api = Api::start();
    let path = api.draft().await;
    api.node(&path, json!({ "node_type": "VOICE_CALL", "label": "a" })).await;
    api.node(&path, json!({ "node_type": "TIME", "label": "b" })).await;
    let problem = api.act(&format!("{path}/activate")).await.problem(400, "invalid_graph");
    let report = api.act(&format!("{path}/validate")).await.expect(200);
    assert_eq!(report["valid"], false);
    assert_eq!(problem["faults"], report["faults"]);
    assert!(report["faults"].as_array().unwrap().len() > 2, "{report}");
}

#[actix_web::test]
async fn completing_waits_for_leads_unless_forced() {
    let api = Api::start();
    let workflow = api.calling().await;
    api.act(&format!("{}/activate", workflow.path)).await.expect(200);
    api.enrol_one(&workflow.path, "+919876543210").await;
    let path = format!("{}/complete", workflow.path);
    api.act(&path).await.problem(409, "leads_under_way");
    api.act(&format!("{path}?force=maybe")).await.problem(400, "invalid_query");
    assert_eq!(api.act(&format!("{path}?force=true")).await.expect(200)["status"], "completed");
    let leads = json!({ "leads": [{ "phone_number": "+919876543211" }] });
    let refused = api.post(&format!("{}/leads", workflow.path), leads).await;
    assert_eq!(refused.problem(409, "workflow_ended")["current_status"], "completed");
}

#[actix_web::test]
async fn a_copy_has_the_graph_and_none_of_the_leads() {
    let api = Api::start();
    let workflow = api.calling().await;
    api.enrol_one(&workflow.path, "+919876543210").await;
    let copy = api.act(&format!("{}/duplicate", workflow.path)).await.expect(201);
    assert_eq!(copy["title"], "Spring (Copy)");
    assert_eq!(
        (&copy["status"], &copy["node_count"], &copy["edge_count"], &copy["enrolled_leads"]),
        (&json!("draft"), &json!(3), &json!(3), &json!(0))
    );
}

#[actix_web::test]
async fn counts_are_there_from_the_first_lead_on() {
    let api = Api::start();
    let workflow = api.calling().await;
    let path = format!("{}/counts", workflow.path);
    let none = json!({ "pending": 0, "active": 0, "completed": 0, "dropped": 0, "removed": 0 });
    assert_eq!(api.get(&path).await.expect(200)["by_status"], none);
    let lead = api.enrol_one(&workflow.path, "+919876543210").await;
    assert_eq!(api.get(&path).await.expect(200)["by_status"]["pending"], 1);
    api.act(&format!("{}/activate", workflow.path)).await.expect(200);
    api.call_of(&lead).await;
    let counts = api.get(&path).await.expect(200);
    assert_eq!(counts["by_status"]["active"], 1);
    assert_eq!(counts["by_node"][&workflow.call], json!({ "here": 1, "passed": 0, "held": 0 }));
    assert_eq!(counts["by_node"][&workflow.won], json!({ "here": 0, "passed": 0, "held": 0 }));
}

#[actix_web::test]
async fn what_is_not_there_is_404_on_every_route() {
    let api = Api::start();
    let nobody = "/v1/workflows/wf_0192f3a1-0000-7000-8000-000000000007";
    for base in
        [nobody, "/v1/workflows/7", "/v1/workflows/lead_0192f3a1-0000-7000-8000-000000000007"]
    {
        for route in [
            "",
            "/nodes",
            "/edges",
            "/graph",
            "/counts",
            "/leads",
            "/imports",
            "/leads/variable-keys",
        ] {
            let found = api.get(&format!("{base}{route}")).await;
            found.problem(404, "workflow_not_found");
        }
        for action in ["activate", "pause", "resume", "cancel", "complete", "duplicate", "validate"]
        {
            let found = api.act(&format!("{base}/{action}")).await;
            found.problem(404, "workflow_not_found");
        }
        api.patch(base, json!({})).await.problem(404, "workflow_not_found");
        api.delete(base).await.problem(404, "workflow_not_found");
    }
}
