//! Lists in an order, by pages and by cursors.

use serde_json::{Value, json};

use crate::common::{Api, text};

/// One field of every row, page after page by cursor.
async fn walked(api: &Api, list: &str, field: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut next = String::new();
    loop {
        let page = api.get(&format!("{list}{next}")).await.expect(200);
        assert!(page["data"].as_array().unwrap().len() <= 2, "{page}");
        found.extend(page["data"].as_array().unwrap().iter().map(|row| row[field].clone()));
        let Some(cursor) = page["meta"]["next_cursor"].as_str() else { return found };
        next = format!("&cursor={cursor}");
    }
}

#[actix_web::test]
async fn workflows_come_by_title_either_way() {
    let api = Api::start();
    for title in ["beta", "Alpha", "gamma", "ALPHA 2", "delta"] {
        api.post("/v1/workflows", json!({ "title": title })).await.expect(201);
    }
    let titles = walked(&api, "/v1/workflows?limit=2&sort=title", "title").await;
    assert_eq!(titles, ["Alpha", "ALPHA 2", "beta", "delta", "gamma"]);
    let titles = walked(&api, "/v1/workflows?limit=2&sort=-title", "title").await;
    assert_eq!(titles, ["gamma", "delta", "beta", "ALPHA 2", "Alpha"]);
    let newest = api.get("/v1/workflows?limit=1&sort=-created_at").await.expect(200);
    assert_eq!(newest["data"][0]["title"], "delta");
}

#[actix_web::test]
async fn leads_that_came_to_their_node_last_come_first() {
    let api = Api::start();
    let (flow, first, call) = api.with_call().await;
    let second = api.enrol_one(&flow.path, "+919876543211").await;
    api.call_of(&second).await;
    let removed = api.enrol_one(&flow.path, "+919876543212").await;
    api.delete(&removed).await.expect(200);
    let done = json!({ "status": "completed" });
    api.post(&format!("/v1/call-logs/{call}/status"), done).await.expect(200);
    let id = |path: &str| json!(path.rsplit('/').next().unwrap());
    let list = |sort| format!("{}/leads?limit=2&sort={sort}", flow.path);
    let entered = walked(&api, &list("-entered_at"), "id").await;
    // Whether the removed one came to a node first is the engine's business; it was after the second.
    let of_two: Vec<_> = entered.iter().filter(|found| **found != id(&removed)).cloned().collect();
    assert_eq!((of_two, entered.len()), (vec![id(&first), id(&second)], 3));
    let by_status = walked(&api, &list("status"), "id").await;
    assert_eq!(by_status, [id(&second), id(&first), id(&removed)]);
    let enrolled = walked(&api, &list("-enrolled_at"), "id").await;
    assert_eq!(enrolled, [id(&removed), id(&second), id(&first)]);
}

#[actix_web::test]
async fn another_order_and_its_cursor_are_refused_with_what_would_be_right() {
    let api = Api::start();
    for title in ["a", "b", "c"] {
        api.post("/v1/workflows", json!({ "title": title })).await.expect(201);
    }
    let unknown = api.get("/v1/workflows?sort=-titel").await.problem(400, "invalid_query");
    assert!(text(&unknown["detail"]).contains("did you mean `title`?"), "{unknown}");
    assert_eq!(unknown["errors"][0]["parameter"], "sort");
    let page = api.get("/v1/workflows?sort=title&limit=1").await.expect(200);
    let cursor = text(&page["meta"]["next_cursor"]);
    for sort in ["", "&sort=-title", "&sort=updated_at"] {
        let list = format!("/v1/workflows?limit=1&cursor={cursor}{sort}");
        let refused = api.get(&list).await.problem(400, "invalid_query");
        assert_eq!(refused["errors"][0]["parameter"], "cursor", "{sort}");
    }
    let unknown = api.get("/v1/workflows?statsu=draft").await.problem(400, "invalid_query");
    assert!(text(&unknown["detail"]).contains("did you mean `status`?"), "{unknown}");
}
