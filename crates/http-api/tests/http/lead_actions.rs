//! One action on many leads over HTTP.

use crate::common::{Api, Calling, keys, pointers, sorted, text};
use actix_web::test::TestRequest;
use serde_json::{Value, json};

/// An active workflow whose leads wait for a person: it, and their ids in order.
async fn in_review(api: &Api, count: u32) -> (Calling, Vec<String>) {
    let workflow = api.calling().await;
    api.act(&format!("{}/activate", workflow.path)).await.expect(200);
    let mut leads = Vec::new();
    for number in 0..count {
        let lead = api.enrol_one(&workflow.path, &format!("+9198765432{number:02}")).await;
        let call = api.call_of(&lead).await;
        let cancelled = json!({ "status": "cancelled" });
        api.post(&format!("/v1/call-logs/{call}/status"), cancelled).await.expect(200);
        leads.push(lead.rsplit('/').next().unwrap().to_owned());
    }
    leads.sort_unstable();
    (workflow, leads)
}

fn ids(results: &Value) -> Vec<&str> {
    results.as_array().unwrap().iter().map(|one| one["lead_id"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn a_dry_run_tells_what_a_batch_would_do_and_the_batch_does_it() {
    let api = Api::start();
    let (workflow, leads) = in_review(&api, 3).await;
    let waiting = api.enrol_one(&workflow.path, "+919876543299").await;
    let path = format!("{}/leads/actions", workflow.path);
    let resolve = |dry_run: bool| {
        json!({ "filter": { "all": true }, "action": "resolve", "output": "DNP",
                "dry_run": dry_run })
    };
    let forecast = api.post(&path, resolve(true)).await.expect(200);
    assert_eq!(keys(&forecast), sorted("matched by_hold"));
    assert_eq!(forecast["matched"], 4);
    let [free, review] = forecast["by_hold"].as_array().unwrap().as_slice() else { panic!() };
    assert_eq!(keys(free), sorted("hold leads examples"));
    assert_eq!((&free["hold"], &free["leads"]), (&json!(null), &json!(1)));
    assert_eq!((&review["hold"], &review["leads"]), (&json!("review_required"), &json!(3)));
    assert_eq!(ids(&review["examples"]), leads);
    assert!(api.get(&waiting).await.expect(200)["hold"].is_null());

    let done = api.post(&path, resolve(false)).await.expect(200);
    assert_eq!(keys(&done), sorted("matched results next_cursor"));
    assert_eq!((&done["matched"], &done["next_cursor"]), (&json!(4), &json!(null)));
    for example in review["examples"].as_array().unwrap() {
        assert!(done["results"].as_array().unwrap().contains(example), "{done}");
        assert_eq!(
            example,
            &json!({ "lead_id": example["lead_id"], "result": "done", "code": null,
                     "problem": null })
        );
    }
    let results = done["results"].as_array().unwrap();
    let refused = results.iter().find(|one| one["result"] == "refused").unwrap();
    assert_eq!(refused, &free["examples"][0]);
    assert_eq!(refused["code"], "lead_not_held");
    assert_eq!(
        (&refused["problem"]["status"], &refused["problem"]["code"]),
        (&json!(409), &refused["code"])
    );
    let counts = api.get(&format!("{}/counts", workflow.path)).await.expect(200);
    assert_eq!(
        (&counts["by_status"]["dropped"], &counts["by_status"]["active"]),
        (&json!(3), &json!(1))
    );
}

#[actix_web::test]
async fn a_batch_goes_on_from_its_cursor_and_a_second_sending_does_nothing_twice() {
    let api = Api::start();
    let (workflow, leads) = in_review(&api, 3).await;
    let path = format!("{}/leads/actions", workflow.path);
    let redial = |cursor: Value| {
        let body = json!({ "filter": { "held": "review_required" }, "action": "redial",
                           "dry_run": false, "limit": 2, "cursor": cursor });
        TestRequest::post()
            .uri(&path)
            .insert_header(("idempotency-key", format!("redial {cursor}")))
            .set_json(body)
    };
    let first = api.send(redial(json!(null))).await.expect(200);
    assert_eq!(ids(&first["results"]), leads[..2]);
    assert_eq!(first["next_cursor"], leads[1]);
    assert_eq!(api.send(redial(json!(null))).await.expect(200), first);
    let rest = api.send(redial(first["next_cursor"].clone())).await.expect(200);
    assert_eq!(
        (ids(&rest["results"]), &rest["next_cursor"]),
        (vec![leads[2].as_str()], &json!(null))
    );
    let calls = api.get(&format!("/v1/call-logs?lead={}", leads[0])).await.expect(200);
    assert_eq!(calls["meta"]["total"], 2, "it was called again once");
    let other = json!({ "filter": { "all": true }, "action": "remove", "dry_run": false });
    let other = TestRequest::post()
        .uri(&path)
        .insert_header(("idempotency-key", "redial null"))
        .set_json(other);
    api.send(other).await.problem(422, "idempotency_key_reused");
}

#[actix_web::test]
async fn leads_are_removed_in_one_go() {
    let api = Api::start();
    let (workflow, leads) = in_review(&api, 2).await;
    let path = format!("{}/leads/actions", workflow.path);
    let remove = json!({ "filter": { "node": workflow.call, "status": "active", "held": true },
                         "action": "remove", "dry_run": false });
    let removed = api.post(&path, remove.clone()).await.expect(200);
    assert_eq!(ids(&removed["results"]), leads);
    let list = api.get(&format!("{}/leads?status=removed", workflow.path)).await.expect(200);
    assert_eq!(list["meta"]["total"], 2);
    assert_eq!(api.post(&path, remove).await.expect(200)["matched"], 0);
}

#[actix_web::test]
async fn leads_are_moved_in_one_go() {
    let api = Api::start();
    let (workflow, leads) = in_review(&api, 2).await;
    let path = format!("{}/leads/actions", workflow.path);
    let lost = json!({ "filter": { "held": true }, "action": "move_to", "node": workflow.lost,
                       "dry_run": false });
    let moved = api.post(&path, lost).await.expect(200);
    assert_eq!(ids(&moved["results"]), leads);
    assert!(moved["results"].as_array().unwrap().iter().all(|one| one["result"] == "done"));
    let list = api.get(&format!("{}/leads?status=dropped", workflow.path)).await.expect(200);
    assert_eq!(list["meta"]["total"], 2);
}

#[actix_web::test]
async fn what_the_workflow_does_not_have_is_refused_at_its_place() {
    let api = Api::start();
    let (workflow, _) = in_review(&api, 1).await;
    let path = format!("{}/leads/actions", workflow.path);
    let held = json!({ "held": true });
    for (filter, action, place) in [
        (json!({}), json!({ "action": "remove" }), "/filter"),
        (json!({ "all": false }), json!({ "action": "remove" }), "/filter"),
        (
            json!({ "node": "node_00000000-0000-0000-0000-000000000009" }),
            json!({ "action": "remove" }),
            "/filter/node",
        ),
        (held.clone(), json!({ "action": "resolve", "output": "DPN" }), "/output"),
        (
            held.clone(),
            json!({ "action": "resolve", "release_at": "2026-11-24T10:00:00Z" }),
            "/release_at",
        ),
        (json!({ "node": workflow.won }), json!({ "action": "redial" }), "/action"),
        (held.clone(), json!({ "action": "redial", "limit": 1001 }), "/limit"),
    ] {
        for dry_run in [true, false] {
            let mut body = json!({ "filter": filter, "dry_run": dry_run });
            body.as_object_mut().unwrap().extend(action.as_object().unwrap().clone());
            let problem = api.post(&path, body).await.problem(400, "invalid_value");
            assert_eq!(pointers(&problem), [place], "{problem}");
        }
    }
    let wrong = json!({ "filter": held, "action": "resolve", "output": "DPN", "dry_run": true });
    let problem = api.post(&path, wrong.clone()).await.problem(400, "invalid_value");
    assert!(text(&problem["detail"]).contains("COMPLETED, DNP, FAILED"), "{problem}");
    let removed = json!({ "filter": { "status": "removed" }, "action": "remove", "dry_run": true });
    let problem = api.post(&path, removed).await.problem(400, "invalid_body");
    assert_eq!(pointers(&problem), ["/filter/status"]);
    let nowhere = "/v1/workflows/wf_00000000-0000-0000-0000-000000000009/leads/actions";
    api.post(nowhere, wrong).await.problem(404, "workflow_not_found");
    api.get(&path).await.problem(405, "method_not_allowed");
}
