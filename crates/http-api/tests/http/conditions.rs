//! Conditions and places: `ETag`, `If-Match`, `If-None-Match`, `Branchline-Position`.

use actix_web::{http::Method, test::TestRequest};
use serde_json::{Value, json};

use crate::common::{Api, Reply, text};

async fn with(api: &Api, method: Method, path: &str, header: (&str, &str), body: &Value) -> Reply {
    let mut request = TestRequest::default().method(method).uri(path).insert_header(header);
    if !body.is_null() {
        request = request.set_json(body);
    }
    api.send(request).await
}

#[actix_web::test]
async fn whoever_has_the_revision_gets_no_body_again() {
    let api = Api::start();
    let workflow = api.calling().await;
    for part in ["graph", "nodes", "edges", &format!("nodes/{}", workflow.call)] {
        let path = format!("{}/{part}", workflow.path);
        let first = api.get(&path).await;
        let tag = first.header("etag").to_owned();
        assert_eq!(tag, "\"6\"", "{part}");
        let again = with(&api, Method::GET, &path, ("if-none-match", &tag), &Value::Null).await;
        assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, &*tag));
        let other = with(&api, Method::GET, &path, ("if-none-match", "\"5\""), &Value::Null).await;
        assert_eq!(other.expect(200), first.json(), "{part}");
    }
}

#[actix_web::test]
async fn an_edit_of_an_older_revision_is_refused_and_so_is_an_activation() {
    let api = Api::start();
    let workflow = api.calling().await;
    let node = format!("{}/nodes/{}", workflow.path, workflow.call);
    let label = json!({ "label": "Hello" });
    let old = ("if-match", "\"5\"");
    let refused =
        with(&api, Method::PATCH, &node, old, &label).await.problem(412, "stale_revision");
    assert_eq!(refused["current_revision"], 6);
    let added = json!({ "node_type": "DROPPED", "label": "Out" });
    let nodes = format!("{}/nodes", workflow.path);
    with(&api, Method::POST, &nodes, old, &added).await.problem(412, "stale_revision");
    let activate = format!("{}/activate", workflow.path);
    with(&api, Method::POST, &activate, old, &Value::Null).await.problem(412, "stale_revision");
    with(&api, Method::DELETE, &node, old, &Value::Null).await.problem(412, "stale_revision");
    with(&api, Method::PATCH, &node, ("if-match", "6"), &label)
        .await
        .problem(400, "invalid_header");

    let newest = ("if-match", "\"6\"");
    let patched = with(&api, Method::PATCH, &node, newest, &label).await;
    assert_eq!((patched.status, patched.header("etag")), (200, "\"7\""));
    with(&api, Method::POST, &activate, newest, &Value::Null).await.problem(412, "stale_revision");
    with(&api, Method::POST, &activate, ("if-match", "*"), &Value::Null).await.expect(200);
    // A copy is another workflow: the condition is not about it.
    let copy = format!("{}/duplicate", workflow.path);
    with(&api, Method::POST, &copy, ("if-match", "\"7\""), &Value::Null).await.expect(201);
}

fn position(reply: &Reply) -> u64 {
    reply.header("branchline-position").parse().unwrap()
}

#[actix_web::test]
async fn every_write_says_where_it_is_recorded_and_a_read_from_where_to_follow() {
    let api = Api::start();
    let made = api.post("/v1/workflows", json!({ "title": "Spring" })).await;
    assert_eq!(position(&made), 1);
    let path = format!("/v1/workflows/{}", text(&made.expect(201)["id"]));
    let node = json!({ "node_type": "CONVERTED", "label": "Won", "entry": true });
    assert_eq!(position(&api.post(&format!("{path}/nodes"), node).await), 2);
    let refused = api.act(&format!("{path}/pause")).await;
    assert_eq!((refused.status, refused.header("branchline-position")), (409, ""));
    let enrol = |key: &str| {
        TestRequest::post()
            .uri(&format!("{path}/leads"))
            .insert_header(("idempotency-key", key))
            .set_json(json!({ "leads": [{ "phone_number": "+919876543210" }] }))
    };
    let first = api.send(enrol("k")).await;
    let at = position(&first);
    let read = api.get(&format!("{path}/leads")).await;
    assert!(position(&read) >= at);
    // The event at the position is the one that the write made; a repeat finds the same.
    let events = api.get(&format!("/v1/events?after=0-{}&limit=1", at - 1)).await.expect(200);
    assert_eq!(events["data"][0]["position"], at);
    assert_eq!(events["data"][0]["lead_id"], first.expect(201)["lead_ids"][0]);
    api.post("/v1/workflows", json!({ "title": "Fall" })).await.expect(201);
    let repeat = api.send(enrol("k")).await;
    assert_eq!(position(&repeat), position(&first));
    // Nothing new was recorded: what is asked for is there already.
    let newest = position(&api.get("/v1/workflows").await);
    let unchanged = api.patch(&path, json!({ "title": "Spring" })).await;
    assert_eq!((unchanged.status, position(&unchanged)), (200, newest));
}

#[actix_web::test]
async fn a_read_of_what_the_journal_does_not_have_is_told_to_come_later() {
    let api = Api::start();
    let at = position(&api.post("/v1/workflows", json!({ "title": "Spring" })).await);
    let ask = async |wanted: &str| {
        let header = ("branchline-at-least", wanted);
        with(&api, Method::GET, "/v1/workflows", header, &Value::Null).await
    };
    ask(&at.to_string()).await.expect(200);
    let later = ask(&(at + 1).to_string()).await;
    later.problem(503, "reads_behind");
    assert_eq!(later.header("retry-after"), "1");
    ask("soon").await.problem(400, "invalid_header");
    ask("-1").await.problem(400, "invalid_header");
}
