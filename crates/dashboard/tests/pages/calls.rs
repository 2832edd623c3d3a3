//! Calls: the list, and one of them.

use serde_json::json;

use crate::{campaign, house::House};

#[actix_web::test]
async fn a_call_is_told_with_everything_that_was_reported() {
    let house = House::open();
    let (_, lead) = campaign::open(&house, "").await;
    let call = campaign::claim(&house, "").await;
    let report = json!({ "status": "connected", "occurred_at": "2026-01-01T00:00:00Z",
                         "provider_ref": "<CA1>" });
    campaign::report(&house, "", &call, report).await;
    let end = json!({ "status": "did_not_pick", "end_reason": "rang <out>", "attributes": {
        "recording": "https://rec.example/1.mp3", "transcript": "javascript:alert(1)" } });
    campaign::report(&house, "", &call, end).await;
    campaign::report(&house, "", &call, json!({ "status": "completed" })).await;
    let page = house.get(&format!("/calls/{call}")).await.expect(200);
    for told in [
        "&lt;CA1&gt;",
        "rang &lt;out&gt;",
        " later</span>",
        "conflict",
        "moved nothing",
        "href=\"https://rec.example/1.mp3\" rel=\"noopener noreferrer\"",
        "javascript:alert(1)",
        "What was known when it was dialled",
        "+12025550100",
        "DNP",
        &format!("/leads/{lead}?at="),
    ] {
        assert!(page.contains(told), "{told}: {page}");
    }
    assert!(!page.contains("href=\"javascript") && !page.contains("<CA1>"), "{page}");
    house.get("/calls/nonsense").await.expect(404);
    house.get(&format!("/calls/{}", call.replace("_1", "_2"))).await.expect(404);
}

#[actix_web::test]
async fn calls_are_filtered_sorted_and_downloaded() {
    let house = House::open();
    let (flow, _) = campaign::open(&house, "").await;
    let call = campaign::claim(&house, "").await;
    campaign::report(&house, "", &call, json!({ "status": "did_not_pick" })).await;
    let link = format!("href=\"/calls/{call}\"");
    let all = house.get("/calls").await.expect(200);
    assert!(all.contains(&link) && all.contains("&lt;i&gt;Spring"), "{all}");
    assert!(
        all.contains("aria-sort=\"descending\"") && all.contains("/v1/call-logs.csv?"),
        "{all}"
    );
    for (query, is_there) in [
        ("status=did_not_pick", true),
        ("status=completed", false),
        ("sort=ended_at", true),
        ("sort=-status", true),
        ("sort=nonsense", true),
        ("cursor=nonsense", true),
    ] {
        let page = house.get(&format!("/calls?{query}")).await.expect(200);
        assert_eq!(page.contains(&link), is_there, "{query}: {page}");
    }
    let tab = house.get(&format!("/workflows/{flow}/calls?status=did_not_pick")).await.expect(200);
    assert!(tab.contains(&link) && tab.contains("About the workflow"), "{tab}");
    assert!(
        tab.contains(&format!("call-logs.csv?status=did_not_pick&amp;workflow={flow}")),
        "{tab}"
    );
    let other = house.draft("Another").await;
    assert!(!house.get(&format!("/calls?workflow={other}")).await.expect(200).contains(&link));
    let stranger = house.key(true, &["read"]).await;
    house.log_in(&stranger).await.leads_to();
    house.get(&format!("/calls/{call}")).await.expect(404);
    house.get(&format!("/workflows/{flow}/calls")).await.expect(404);
    assert!(!house.get("/calls").await.expect(200).contains(&link));
}
