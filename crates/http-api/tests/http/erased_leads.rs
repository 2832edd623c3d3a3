//! An erased lead over HTTP: nulls where something personal was, and no route that fails for it.

use crate::common::{Api, text};
use branchline_engine::command::Caller;
use serde_json::{Value, json};

/// Texts of the lead that the stories here are about.
const PERSONAL: [&str; 4] = ["9876543210", "Asha", "worried about rent", "spoke to her"];

fn says_nothing_personal(shown: &Value) {
    let shown = shown.to_string();
    for word in PERSONAL {
        assert!(!shown.contains(word), "`{word}` is in {shown}");
    }
}

/// Source: CONTRACT.md 3-erased.
#[actix_web::test]
async fn an_erased_lead_is_shown_with_nulls_on_every_route() {
    let api = Api::start();
    let (workflow, lead, call) = api.with_call().await;
    let log = format!("/v1/call-logs/{call}");
    let report = json!({ "status": "completed", "attributes": { "mood": "worried about rent" } });
    api.post(&format!("{log}/status"), report.clone()).await.expect(200);
    assert_eq!(api.get(&lead).await.expect(200)["phone_number"], "+919876543210");
    let id = text(&api.get(&lead).await.expect(200)["id"]).parse().unwrap();
    let erased = api.engine.handle().erase_lead(&Caller::host(), id).await.unwrap();

    let shown = api.get(&lead).await.expect(200);
    for field in ["phone_number", "variables", "notes"] {
        assert_eq!(shown[field], Value::Null, "{field}");
    }
    assert_eq!(shown["erased_at"], json!(erased.erased_at));
    assert_eq!(
        (&shown["status"], &shown["current_node_id"]),
        (&json!("completed"), &json!(workflow.won))
    );
    let listed = api.get(&format!("{}/leads", workflow.path)).await.expect(200);
    assert_eq!(listed["data"], json!([shown]));
    let person = api.get("/v1/leads?phone_number=%2B919876543210").await.expect(200);
    assert_eq!(person["data"], json!([shown]), "the tag of the number outlives the erasure");
    let history = api.get(&format!("{lead}/history")).await.expect(200);
    assert_eq!(history["lead"], shown);
    assert_eq!(history["history"].as_array().unwrap().len(), 2);
    let explained = api.get(&format!("{lead}/explain")).await.expect(200);
    assert_eq!(explained["erased_at"], shown["erased_at"]);
    assert_eq!(explained["guards"][0]["code"], "final");
    let told = api.get(&log).await.expect(200);
    assert_eq!((&told["to"], &told["attributes"]), (&Value::Null, &Value::Null));
    assert_eq!(told["status"], "completed");
    let events = api.get("/v1/events?limit=100").await.expect(200);
    let last = events["data"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["type"], &last["payload"]), (&json!("lead.erased"), &json!({})));
    for shown in [&shown, &listed, &history, &explained, &told, &events] {
        says_nothing_personal(shown);
    }
}

/// Source: CONTRACT.md 3-erased.
#[actix_web::test]
async fn nothing_personal_is_taken_of_an_erased_lead_and_its_late_reports_are() {
    let api = Api::start();
    let (_, lead, call) = api.with_call().await;
    let id = text(&api.get(&lead).await.expect(200)["id"]).parse().unwrap();
    let log = format!("/v1/call-logs/{call}");
    api.post(&format!("{log}/status"), json!({ "status": "completed" })).await.expect(200);
    api.engine.handle().erase_lead(&Caller::host(), id).await.unwrap();
    let edit = json!({ "variables": { "name": "Asha" } });
    let problem = api.patch(&lead, edit).await.problem(409, "lead_erased");
    assert!(text(&problem["detail"]).contains("enrol the person as a new lead"), "{problem}");
    let attributes = json!({ "attributes": { "mood": "worried about rent" } });
    api.post(&format!("{log}/attributes"), attributes).await.problem(409, "lead_erased");
    let late = json!({ "status": "busy", "end_reason": "spoke to her", "provider_ref": "p-9",
                       "attributes": { "mood": "worried about rent" } });
    let told = api.post(&format!("{log}/status"), late).await.expect(200);
    assert_eq!((&told["accepted"], &told["provider_ref"]), (&json!(false), &json!("p-9")));
    assert_eq!(told["conflicts"][0]["end_reason"], Value::Null);
    says_nothing_personal(&told);
}

#[actix_web::test]
async fn ready_tells_of_keys_that_were_kept() {
    let api = Api::start();
    let ready = api.get("/readyz").await.expect(200);
    assert_eq!(ready["keys_kept"], json!([]));
}
