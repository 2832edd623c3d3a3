//! What is recorded of a workflow: its revisions, and what was done with it.

use serde_json::json;

use crate::{house::House, workflow::ready};

#[actix_web::test]
async fn two_revisions_are_compared_in_words_and_as_a_drawing() {
    let house = House::open();
    let (id, _) = ready(&house).await;
    let path = format!("/workflows/{id}/revisions");
    let graph = json!({
        "nodes": [
            { "id": "wait", "node_type": "TIME", "label": "Rest <now>", "entry": true,
              "config": { "delay_hours": 2 } },
            { "id": "end", "node_type": "DROPPED", "label": "End" },
        ],
        "edges": [{ "from_node_id": "wait", "to_node_id": "end" }],
    });
    house.put_graph(&id, 1, graph).await;
    let list = house.get(&path).await.expect(200);
    assert!(list.contains("newest") && list.contains("from=1&amp;to=2"), "{list}");
    assert!(list.contains("3 steps added, 3 ways added"), "{list}");
    let both = house.get(&format!("{path}?from=1&to=2")).await.expect(200);
    for part in ["Rest &lt;now&gt;", "First call", "is-removed", "is-added", "Way from"] {
        assert!(both.contains(part), "{part}: {both}");
    }
    assert!(!both.contains("Rest <now>"), "{both}");
    house.get(&format!("{path}?from=1&to=7")).await.expect(404);
    let same = house.get(&format!("{path}?from=2&to=2")).await.expect(200);
    assert!(same.contains("Nothing that leads notice"), "{same}");
}

#[actix_web::test]
async fn what_was_done_is_told_with_who_did_it() {
    let house = House::open();
    let (id, _) = ready(&house).await;
    house.api("PATCH", &format!("/v1/workflows/{id}"), "", json!({ "title": "<script>x" })).await;
    let key = house.key(false, &["read", "operate"]).await;
    house.log_in(&key).await.leads_to();
    house.post(&format!("/workflows/{id}/activate"), &[]).await.leads_to();
    house.post(&format!("/workflows/{id}/pause"), &[]).await.leads_to();
    let page = house.get(&format!("/workflows/{id}/audit")).await.expect(200);
    let places: Vec<Option<usize>> =
        ["Paused", "Activated", "Revision 1 of the graph", "Created as"]
            .map(|words| page.find(words))
            .into();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?} {page}");
    assert!(page.contains("&lt;script&gt;x") && !page.contains("<script>x"), "{page}");
    // Who did it is the key that the browser's session was opened with.
    let who = key.split(':').next().unwrap();
    assert!(page.contains(who), "{who}: {page}");
    house.forget();

    let foreign = house.key(true, &["read"]).await;
    house.log_in(&foreign).await.leads_to();
    for tab in ["audit", "revisions"] {
        house.get(&format!("/workflows/{id}/{tab}")).await.expect(404);
    }
}
