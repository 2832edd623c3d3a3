//! Leads over HTTP.

use crate::common::{Api, pointers, text};
use actix_web::http::Method;
use serde_json::json;

/// Source: CONTRACT.md 7-csv, 7-keys.
#[actix_web::test]
async fn a_file_is_enrolled_and_its_columns_become_variables() {
    let api = Api::start();
    let workflow = api.calling().await;
    let leads = format!("{}/leads", workflow.path);
    let file = "phone_number;name;city\r\n+919876543210;\"Rao\r\nA.\";Pune\r\n+12025550123;Bo;\r\n";
    let enrolled = api.upload(&leads, file).await.expect(201);
    assert_eq!(enrolled["leads_enrolled"], 2);
    assert_eq!(enrolled["lead_ids"].as_array().unwrap().len(), 2);
    let keys = api.get(&format!("{leads}/variable-keys")).await.expect(200);
    assert_eq!(keys, json!({ "keys": ["city", "name"] }));
    let list = api.get(&leads).await.expect(200);
    assert_eq!(list["data"][0]["variables"], json!({ "city": "Pune", "name": "Rao\r\nA." }));
    let imports = api.get(&format!("{}/imports", workflow.path)).await.expect(200);
    let import = &imports["data"][0];
    assert_eq!(
        import,
        &json!({ "id": import["id"], "file_name": "leads.csv", "at": import["at"],
                 "status": "done", "rows": 2, "leads_enrolled": 2, "duplicates_skipped": 0,
                 "faults": [] })
    );
    let path = format!("{}/imports/{}", workflow.path, text(&import["id"]));
    assert_eq!(&api.get(&path).await.expect(200), import);
    assert_eq!(enrolled["import_id"], import["id"]);
}

/// Source: CONTRACT.md 7-faults.
#[actix_web::test]
async fn a_file_with_faulty_rows_enrols_nobody_and_names_them() {
    let api = Api::start();
    let workflow = api.calling().await;
    let leads = format!("{}/leads", workflow.path);
    let ragged = api.upload(&leads, "phone_number,a\n+919876543210,1\n+12025550123\n").await;
    assert_eq!(ragged.problem(400, "faulty_rows")["faults"][0]["rows"], json!([3]));
    let number = api.upload(&leads, "phone_number\n+919876543210\n12\n\n\"x\n y\"\n").await;
    let problem = number.problem(400, "faulty_rows");
    let rows: Vec<_> = problem["faults"].as_array().unwrap().iter().map(|f| &f["rows"]).collect();
    assert!(rows.contains(&&json!([3])) && rows.contains(&&json!([5])), "{problem}");
    let nameless = api.upload(&leads, "phone\n1\n").await.problem(400, "faulty_rows");
    assert!(text(&nameless["faults"][0]["reason"]).contains("phone_number"), "{nameless}");
    assert_eq!(api.get(&leads).await.expect(200)["meta"]["total"], 0);
}

#[actix_web::test]
async fn a_form_is_one_file_and_nothing_else() {
    let api = Api::start();
    let leads = format!("{}/leads", api.draft().await);
    let form = "multipart/form-data; boundary=b";
    let part = |name: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\nphone_number\r\n")
    };
    for body in [
        "--b--\r\n".to_owned(),
        format!("{}--b--\r\n", part("leads")),
        format!("{}{}--b--\r\n", part("file"), part("file")),
        "no form at all".to_owned(),
    ] {
        api.raw(Method::POST, &leads, form, &body).await.problem(400, "invalid_form");
    }
    let boundless = api.raw(Method::POST, &leads, "multipart/form-data", "x").await;
    boundless.problem(400, "invalid_form");
    let large = "x".repeat(300 * 1024);
    api.upload(&leads, &large).await.problem(413, "body_too_large");
    api.raw(Method::POST, &leads, "text/csv", &large).await.problem(413, "body_too_large");
    let csv = api.raw(Method::POST, &leads, "text/csv", "phone_number\n+919876543210").await;
    assert_eq!(csv.expect(201)["leads_enrolled"], 1);
}

/// Source: CONTRACT.md 7-skip, 7-reject, 7-allow.
#[actix_web::test]
async fn duplicates_are_skipped_refused_or_allowed() {
    let api = Api::start();
    let leads = format!("{}/leads", api.draft().await);
    let twice = json!({ "leads": [{ "phone_number": "+919876543210" },
                                  { "phone_number": "+91 98765 43210" }] });
    let skipped = api.post(&leads, twice.clone()).await.expect(201);
    assert_eq!(
        (&skipped["leads_enrolled"], &skipped["duplicates_skipped"]),
        (&json!(1), &json!(1))
    );
    let rejected = api.post(&format!("{leads}?duplicates=reject"), twice.clone()).await;
    rejected.problem(400, "faulty_rows");
    let allowed = api.post(&format!("{leads}?duplicates=allow"), twice.clone()).await.expect(201);
    assert_eq!(allowed["leads_enrolled"], 2);
    api.post(&format!("{leads}?duplicates=merge"), twice).await.problem(400, "invalid_query");
    let person = api.get("/v1/leads?phone_number=%2B919876543210").await.expect(200);
    assert_eq!(person["meta"]["total"], 3);
}

/// Source: CONTRACT.md 7-json.
#[actix_web::test]
async fn wrong_fields_of_a_list_of_leads_are_all_named() {
    let api = Api::start();
    let leads = format!("{}/leads", api.draft().await);
    let body = json!({ "leads": [{ "phone": "1" }, { "phone_number": "+919876543210",
                                   "variables": { "a": [] } }], "x": 1 });
    let problem = api.post(&leads, body).await.problem(400, "invalid_body");
    assert_eq!(
        pointers(&problem),
        ["/leads/0/phone_number", "/leads/0/phone", "/leads/1/variables/a", "/x"]
    );
    api.post(&leads, json!({})).await.problem(400, "invalid_body");
    api.raw(Method::POST, &leads, "text/plain", "x").await.problem(415, "unsupported_media_type");
}

#[actix_web::test]
async fn leads_are_listed_by_status_node_and_hold() {
    let api = Api::start();
    let (workflow, lead, call) = api.with_call().await;
    let other = api.enrol_one(&workflow.path, "+919876543211").await;
    api.delete(&other).await.expect(200);
    let status = json!({ "status": "cancelled" });
    api.post(&format!("/v1/call-logs/{call}/status"), status).await.expect(200);
    let leads = format!("{}/leads", workflow.path);
    let total = |query: String| {
        let (api, path) = (&api, format!("{leads}?{query}"));
        async move { api.get(&path).await.expect(200)["meta"]["total"].clone() }
    };
    assert_eq!(total("status=active".into()).await, 1);
    assert_eq!(total("status=removed".into()).await, 1);
    assert_eq!(total("status=pending".into()).await, 0);
    assert_eq!(total(format!("node={}&status=active", workflow.call)).await, 1);
    assert_eq!(total(format!("node={}", workflow.won)).await, 0);
    assert_eq!(total("held=true".into()).await, 1);
    assert_eq!(total("held=review_required".into()).await, 1);
    assert_eq!(total("held=missing_output".into()).await, 0);
    assert_eq!(api.get(&lead).await.expect(200)["hold"], "review_required");
    for query in ["status=gone", "held=maybe", "node=7"] {
        api.get(&format!("{leads}?{query}")).await.problem(400, "invalid_query");
    }
}

#[actix_web::test]
async fn a_lead_is_edited_and_removed() {
    let api = Api::start();
    let workflow = api.calling().await;
    let lead = api.enrol_one(&workflow.path, "+919876543210").await;
    let edit = json!({ "variables": { "name": null, "age": 31 }, "notes": "call late" });
    let edited = api.patch(&lead, edit).await.expect(200);
    assert_eq!(edited["variables"], json!({ "age": 31 }));
    assert_eq!(edited["notes"], "call late");
    let cleared = api.patch(&lead, json!({ "notes": null })).await.expect(200);
    assert_eq!((&cleared["notes"], &cleared["variables"]["age"]), (&json!(null), &json!(31)));
    let wrong = api.patch(&lead, json!({ "phone_number": "1" })).await;
    assert_eq!(pointers(&wrong.problem(400, "invalid_body")), ["/phone_number"]);
    assert_eq!(api.delete(&lead).await.expect(200)["removed"], true);
    let again = api.delete(&lead).await.problem(409, "lead_ended");
    assert_eq!(again["current_status"], "removed");
    assert_eq!(api.get(&lead).await.expect(200)["removed"], true);
}

#[actix_web::test]
async fn a_lead_belongs_to_the_workflow_of_its_path() {
    let api = Api::start();
    let workflow = api.calling().await;
    let lead = api.enrol_one(&workflow.path, "+919876543210").await;
    let id = lead.rsplit('/').next().unwrap();
    let elsewhere = format!("{}/leads/{id}", api.draft().await);
    for path in [elsewhere.as_str(), &format!("{}/leads/7", workflow.path)] {
        for route in ["", "/history", "/explain"] {
            api.get(&format!("{path}{route}")).await.problem(404, "lead_not_found");
        }
        api.patch(path, json!({})).await.problem(404, "lead_not_found");
        api.delete(path).await.problem(404, "lead_not_found");
        let resolve = api.post(&format!("{path}/resolve"), json!({ "output": "DNP" })).await;
        resolve.problem(404, "lead_not_found");
    }
    let bare = id.trim_start_matches("lead_");
    api.get(&format!("{}/leads/{bare}", workflow.path)).await.expect(200);
}

#[actix_web::test]
async fn explain_names_the_guard_that_holds() {
    let api = Api::start();
    let workflow = api.calling().await;
    let lead = api.enrol_one(&workflow.path, "+919876543210").await;
    let explained = api.get(&format!("{lead}/explain")).await.expect(200);
    assert_eq!(explained["status"], "pending");
    assert_eq!(explained["guards"][0]["code"], "workflow_not_active");
    assert!(explained["next"].is_string(), "{explained}");
}

#[actix_web::test]
async fn a_person_resolves_a_hold() {
    let api = Api::start();
    let (workflow, lead, call) = api.with_call().await;
    let resolve = format!("{lead}/resolve");
    let early = api.post(&resolve, json!({ "output": "DNP" })).await;
    early.problem(409, "lead_not_held");
    let status = json!({ "status": "retry_expired" });
    api.post(&format!("/v1/call-logs/{call}/status"), status).await.expect(200);
    let wrong = api.post(&resolve, json!({ "output": "true" })).await;
    wrong.problem(400, "wrong_resolution");
    api.post(&resolve, json!({ "output": "DNP", "action": "redial" }))
        .await
        .problem(400, "invalid_body");
    let resolved = api.post(&resolve, json!({ "output": "COMPLETED" })).await.expect(200);
    assert_eq!(resolved["status"], "completed");
    assert_eq!(resolved["current_node_id"], workflow.won);
}

#[actix_web::test]
async fn a_person_is_found_by_number_over_all_workflows() {
    let api = Api::start();
    let (first, second) = (api.draft().await, api.draft().await);
    api.enrol_one(&first, "+919876543210").await;
    api.enrol_one(&second, "+919876543210").await;
    let found = api.get("/v1/leads?phone_number=%2B91%2098765%2043210&limit=1").await.expect(200);
    assert_eq!(found["meta"]["total"], 2);
    assert!(first.ends_with(&text(&found["data"][0]["workflow_id"])));
    let plus = api.get("/v1/leads?phone_number=+919876543210").await.expect(200);
    assert_eq!(plus["meta"]["total"], 2);
    let nobody = api.get("/v1/leads?phone_number=%2B12025550123").await.expect(200);
    assert_eq!(nobody["data"], json!([]));
    api.get("/v1/leads").await.problem(400, "invalid_query");
    api.get("/v1/leads?phone_number=98765").await.problem(400, "invalid_query");
}
