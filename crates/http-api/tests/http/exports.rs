//! Leads and calls as CSV files.

use serde_json::{Value, json};

use crate::common::{Api, Reply, text};

/// The rows of a CSV answer, read by another reader than ours, each with its columns' names.
fn rows(reply: &Reply) -> Vec<Value> {
    assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    assert!(reply.header("content-type").starts_with("text/csv; charset=utf-8"));
    assert!(reply.body.ends_with(b"\r\n"));
    let mut table = csv::Reader::from_reader(&reply.body[..]);
    let names = table.headers().unwrap().clone();
    let row = |row: csv::StringRecord| {
        names.iter().zip(&row).map(|(name, cell)| (name.to_owned(), json!(cell))).collect()
    };
    table.records().map(|record| row(record.unwrap())).collect()
}

const LEAD_COLUMNS: &str = "phone_number,city,formula,name,branchline.notes,branchline.id,\
    branchline.workflow_id,branchline.status,branchline.removed,branchline.current_node_id,\
    branchline.current_node_label,branchline.entered_at,branchline.release_at,branchline.call_id,\
    branchline.hold,branchline.enrolled_at,branchline.erased_at,branchline.other_variables";

async fn enrol(api: &Api, path: &str, leads: Value) -> Vec<String> {
    let enrolled = api.post(&format!("{path}/leads"), json!({ "leads": leads })).await.expect(201);
    enrolled["lead_ids"].as_array().unwrap().iter().map(text).collect()
}

#[actix_web::test]
async fn leads_come_with_a_column_for_each_variable() {
    let api = Api::start();
    let workflow = api.calling().await;
    let ids = enrol(
        &api,
        &workflow.path,
        json!([
            { "phone_number": "+919876543210", "notes": "first, \"best\"",
              "variables": { "name": "Asha", "city": "Pune\nIndia" } },
            { "phone_number": "+919876543211",
              "variables": { "name": "-2", "formula": "=HYPERLINK(\"x\")" } },
        ]),
    )
    .await;
    let later = json!({ "variables": { "age": 41 } });
    api.patch(&format!("{}/leads/{}", workflow.path, ids[1]), later).await.expect(200);
    api.delete(&format!("{}/leads/{}", workflow.path, ids[1])).await.expect(200);

    let file = format!("{}/leads.csv", workflow.path);
    let reply = api.get(&file).await;
    let first_line = std::str::from_utf8(&reply.body).unwrap().lines().next().unwrap().to_owned();
    assert_eq!(first_line, LEAD_COLUMNS);
    let name = workflow.path.rsplit('/').next().unwrap();
    let disposition = format!("attachment; filename=\"leads-{name}.csv\"");
    assert_eq!(reply.header("content-disposition"), disposition);
    let head = api.get("/v1/workflows").await;
    assert_eq!(reply.header("branchline-position"), head.header("branchline-position"));
    let found = rows(&reply);
    assert_eq!(found.len(), 2);
    assert_eq!(found[0]["phone_number"], "+919876543210");
    assert_eq!((&found[0]["city"], &found[0]["formula"]), (&json!("Pune\nIndia"), &json!("")));
    assert_eq!(found[0]["branchline.notes"], "first, \"best\"");
    assert_eq!(
        (&found[1]["name"], &found[1]["formula"]),
        // What a spreadsheet would run has a sign that keeps it from that; a number is none of it.
        (&json!("-2"), &json!("'=HYPERLINK(\"x\")"))
    );
    assert_eq!(found[1]["branchline.other_variables"], "{\"age\":41}");
    assert_eq!(found[1]["branchline.removed"], "true");
    let raw = rows(&api.get(&format!("{file}?raw=true")).await);
    assert_eq!(raw[1]["formula"], "=HYPERLINK(\"x\")");
    assert_eq!(raw[0]["phone_number"], "+919876543210");

    let ids_of = |found: &[Value]| -> Vec<String> {
        found.iter().map(|row| text(&row["branchline.id"])).collect()
    };
    assert_eq!(ids_of(&found), ids);
    let removed = rows(&api.get(&format!("{file}?status=removed")).await);
    assert_eq!(ids_of(&removed), ids[1..]);
    let pending = rows(&api.get(&format!("{file}?status=pending")).await);
    assert_eq!(ids_of(&pending), ids[..1]);
    api.get(&format!("{file}?status=gone")).await.problem(400, "invalid_query");
    api.get("/v1/workflows/wf_00000000-0000-0000-0000-000000000009/leads.csv")
        .await
        .problem(404, "workflow_not_found");
}

#[actix_web::test]
async fn what_was_erased_is_empty() {
    let api = Api::start();
    let workflow = api.calling().await;
    let lead = api.enrol_one(&workflow.path, "+919876543210").await;
    api.delete(&lead).await.expect(200);
    let id = lead.rsplit('/').next().unwrap();
    api.admin_act(&format!("/v1/admin/leads/{id}/erase")).await.expect(200);
    let found = rows(&api.get(&format!("{}/leads.csv", workflow.path)).await);
    assert_eq!((&found[0]["phone_number"], &found[0]["name"]), (&json!(""), &json!("")));
    assert_ne!(found[0]["branchline.erased_at"], "");
}

/// Source: CONTRACT.md 9.
#[actix_web::test]
async fn a_raw_export_is_enrolled_again_as_it_was() {
    let api = Api::start();
    let first = api.draft().await;
    enrol(
        &api,
        &first,
        json!([
            { "phone_number": "+919876543210", "notes": "n", "variables": { "name": "=1", "b": "x,\"y\"" } },
            { "phone_number": "+919876543211", "variables": { "name": "Zoë", "b": "\ttab" } },
        ]),
    )
    .await;
    let file = format!("{first}/leads.csv?raw=true");
    let exported = api.get(&file).await;
    let second = api.draft().await;
    let csv = std::str::from_utf8(&exported.body).unwrap();
    let enrolled = api.upload(&format!("{second}/leads"), csv).await.expect(201);
    assert_eq!(enrolled["leads_enrolled"], 2);
    let own = async |path: &str| {
        let leads = api.get(&format!("{path}/leads")).await.expect(200);
        let rows = leads["data"].as_array().unwrap().iter();
        let kept = ["phone_number", "variables", "notes"];
        rows.map(|row| kept.map(|name| row[name].clone())).collect::<Vec<_>>()
    };
    assert_eq!(own(&first).await, own(&second).await);
    let keys = api.get(&format!("{second}/leads/variable-keys")).await.expect(200);
    assert_eq!(keys["keys"], json!(["b", "name"]));
}

#[actix_web::test]
async fn calls_come_as_their_logs_have_them() {
    let api = Api::start();
    let (workflow, _, call) = api.with_call().await;
    let second = api.enrol_one(&workflow.path, "+919876543211").await;
    let open = api.call_of(&second).await;
    let done = json!({ "status": "completed", "end_reason": "-hung up", "provider_ref": "p1",
                       "attributes": { "mood": "good" } });
    api.post(&format!("/v1/call-logs/{call}/status"), done).await.expect(200);
    let found = rows(&api.get("/v1/call-logs.csv").await);
    assert_eq!(found.len(), 2);
    let log = api.get(&format!("/v1/call-logs/{call}")).await.expect(200);
    for name in [
        "id",
        "workflow_id",
        "lead_id",
        "node_id",
        "status",
        "dispatch",
        "provider_ref",
        "created_at",
        "ended_at",
    ] {
        assert_eq!(found[0][name], log[name], "{name}");
    }
    assert_eq!(found[0]["end_reason"], "'-hung up");
    assert_eq!(found[0]["attributes"], "{\"mood\":\"good\"}");
    assert_eq!((&found[1]["id"], &found[1]["ended_at"]), (&json!(open), &json!("")));
    let one = rows(&api.get("/v1/call-logs.csv?status=completed&raw=true").await);
    assert_eq!((one.len(), &one[0]["to"]), (1, &json!("+919876543210")));
    let none = rows(&api.get("/v1/call-logs.csv?status=busy").await);
    assert_eq!(none.len(), 0);
}
