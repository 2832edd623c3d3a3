//! What happened in a workflow.

use std::time::Duration;

use actix_web::{rt::time::sleep, test::TestRequest};
use serde_json::json;

use crate::house::House;

/// The first call that there is to make, once the engine has come to it.
async fn call_of(house: &House) -> String {
    let mut call = None;
    for _ in 0..20_000 {
        let wanted = json!({ "max": 1, "lease_s": 3_600 });
        let claimed = house.api("POST", "/v1/call-logs/claim", "", wanted).await;
        call = claimed["calls"][0]["call_id"].as_str().map(str::to_owned);
        if call.is_some() {
            break;
        }
        sleep(Duration::from_millis(1)).await;
    }
    call.unwrap()
}

#[actix_web::test]
async fn a_workflow_without_calls_says_so_and_names_its_zone() {
    let house = House::open();
    let made = house.api("POST", "/v1/workflows", "", json!({ "title": "<b>Spring</b>" })).await;
    let path = format!("/workflows/{}/insights", made["id"].as_str().unwrap());
    let page = house.get(&path).await.expect(200);
    assert!(page.contains("&lt;b&gt;Spring&lt;/b&gt;") && !page.contains("<b>Spring"), "{page}");
    for empty in ["No lead is enrolled yet.", "Nobody was dialled yet.", "No call has ended yet."] {
        assert!(page.contains(empty), "{empty}: {page}");
    }
    assert!(page.contains("on the clock of UTC"), "{page}");
}

#[actix_web::test]
async fn a_call_is_in_every_chart_and_each_has_its_file() {
    let house = House::open();
    let zone = json!({ "title": "Spring", "settings": { "default_timezone": "Asia/Kolkata" } });
    let made = house.api("POST", "/v1/workflows", "", zone).await;
    let flow = made["id"].as_str().unwrap().to_owned();
    let graph = json!({
        "nodes": [
            { "id": "call", "node_type": "VOICE_CALL", "label": "Intro <1>", "entry": true,
              "config": { "from_phone_number": "+12025550100" } },
            { "id": "won", "node_type": "CONVERTED", "label": "Won" }],
        "edges": [{ "from_node_id": "call", "to_node_id": "won" }],
    });
    let put = TestRequest::put().uri(&format!("/v1/workflows/{flow}/graph"));
    house.send(put.insert_header(("if-match", "\"0\"")).set_json(graph)).await.expect(200);
    house.api("POST", &format!("/v1/workflows/{flow}/activate"), "", json!(null)).await;
    let leads = json!({ "leads": [{ "phone_number": "+919876543210" }] });
    house.api("POST", &format!("/v1/workflows/{flow}/leads"), "", leads).await;
    let call = call_of(&house).await;
    let report = json!({ "status": "completed" });
    house.api("POST", &format!("/v1/call-logs/{call}/status"), "", report).await;

    let page = house.get(&format!("/workflows/{flow}/insights")).await.expect(200);
    assert!(page.contains("Intro &lt;1&gt;") && !page.contains("Intro <1>"), "{page}");
    for told in ["1 of 1 call<", "1.0 a lead", "on the clock of Asia/Kolkata", "1 of 1 answered"] {
        assert!(page.contains(told), "{told}: {page}");
    }
    for table in ["funnel", "throughput", "calls", "hours", "attempts", "nodes"] {
        let file = format!("/v1/workflows/{flow}/insights.csv?table={table}");
        assert!(page.contains(&format!("href=\"{file}\"")), "{table}: {page}");
        let rows = house.get(&file).await.expect(200);
        assert!(rows.lines().count() > 1, "{table}: {rows}");
    }
}

#[actix_web::test]
async fn what_is_not_there_or_anothers_is_not_found() {
    let house = House::open();
    house.get("/workflows/wf_00000000-0000-0000-0000-000000000009/insights").await.expect(404);
    house.get("/workflows/nonsense/insights").await.expect(404);
    let path = format!("/workflows/{}/insights", house.draft("Spring").await);
    house.get(&path).await.expect(200);
    let stranger = house.key(true, &["read"]).await;
    house.log_in(&stranger).await.leads_to();
    house.get(&path).await.expect(404);
}
