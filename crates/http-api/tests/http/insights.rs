//! What happened in a workflow, as JSON and as tables.

use serde_json::{Value, json};

use crate::common::{Api, Reply};

fn table(reply: &Reply) -> (Vec<String>, Vec<Vec<String>>) {
    assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    assert!(reply.header("content-type").starts_with("text/csv; charset=utf-8"));
    let mut table = csv::Reader::from_reader(&reply.body[..]);
    let row = |row: &csv::StringRecord| row.iter().map(str::to_owned).collect::<Vec<_>>();
    let names = row(table.headers().unwrap());
    (names, table.records().map(|record| row(&record.unwrap())).collect())
}

#[actix_web::test]
async fn a_call_is_told_by_its_node_its_hour_and_its_attempt() {
    let api = Api::start();
    let (workflow, lead, call) = api.with_call().await;
    let zone = json!({ "settings": { "default_timezone": "Asia/Kolkata" } });
    api.patch(&workflow.path, zone).await.expect(200);
    api.claim().await;
    let report = json!({ "status": "completed" });
    api.post(&format!("/v1/call-logs/{call}/status"), report).await.expect(200);
    // Erased or not, it did happen.
    api.delete(&lead).await;

    let told = api.get(&format!("{}/insights", workflow.path)).await.expect(200);
    assert_eq!(
        told["funnel"],
        json!({ "enrolled": 1, "started": 1, "dialled": 1, "answered": 1, "converted": 1, "dropped": 0 })
    );
    let once = json!([{ "dialled": 1, "answered": 1 }]);
    assert_eq!(told["attempts"], once);
    let node = &told["by_node"][&workflow.call];
    assert_eq!((&node["entered"], &node["calls"]), (&json!(1), &json!({ "completed": 1 })));
    assert_eq!((&node["attempts"], &node["stay"]["visits"]), (&once, &json!(1)));
    assert_eq!(node["branches"][0]["output"], "COMPLETED");
    let taken: u64 = told["by_edge"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
    assert_eq!(taken, 1);
    assert_eq!(told["timezone"], "Asia/Kolkata");
    let hours = told["hours"].as_array().unwrap();
    let dialled: Vec<_> = hours.iter().filter(|hour| hour["dialled"] != 0).collect();
    assert_eq!((hours.len(), dialled.len(), &dialled[0]["answered"]), (168, 1, &json!(1)));
    let minutes = told["throughput"].as_array().unwrap();
    assert_eq!((minutes.len(), &minutes[59]["positive"]), (60, &json!(1)));

    let file = format!("{}/insights.csv?table=", workflow.path);
    let (names, rows) = table(&api.get(&format!("{file}calls")).await);
    assert_eq!(names, ["node_id", "node_label", "status", "calls"]);
    assert_eq!(rows, [[workflow.call.as_str(), "Intro", "completed", "1"]]);
    let (_, rows) = table(&api.get(&format!("{file}funnel")).await);
    assert_eq!(rows[0], ["enrolled", "1"]);
    for (name, rows) in
        [("nodes", 3), ("branches", 1), ("attempts", 2), ("hours", 168), ("throughput", 60)]
    {
        assert_eq!(table(&api.get(&format!("{file}{name}")).await).1.len(), rows, "{name}");
    }
}

#[actix_web::test]
async fn labels_that_a_spreadsheet_would_run_are_made_harmless() {
    let api = Api::start();
    let path = api.draft().await;
    let label = "=HYPERLINK(\"http://x\")";
    api.node(&path, json!({ "node_type": "TIME", "label": label })).await;
    for (raw, shown) in [("", format!("'{label}")), ("&raw=true", label.to_owned())] {
        let (_, rows) = table(&api.get(&format!("{path}/insights.csv?table=nodes{raw}")).await);
        assert_eq!(rows[0][1], shown);
    }
}

#[actix_web::test]
async fn a_table_that_there_is_not_is_told_the_nearest() {
    let api = Api::start();
    let path = api.draft().await;
    let refused =
        api.get(&format!("{path}/insights.csv?table=hour")).await.problem(400, "invalid_query");
    assert!(refused.to_string().contains("did you mean `hours`?"), "{refused}");
    let refused = api.get(&format!("{path}/insights.csv")).await.problem(400, "invalid_query");
    assert!(refused.to_string().contains("table: is missing"), "{refused}");
    api.get("/v1/workflows/wf_00000000-0000-0000-0000-000000000009/insights")
        .await
        .problem(404, "workflow_not_found");
}
