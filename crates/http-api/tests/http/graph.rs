//! Nodes and edges over HTTP.

use crate::common::{Api, pointers, text};
use serde_json::json;

#[actix_web::test]
async fn a_node_is_stored_even_if_incomplete() {
    let api = Api::start();
    let nodes = format!("{}/nodes", api.draft().await);
    let body = json!({ "node_type": "VOICE_CALL", "label": "Intro", "position_x": 10,
                       "position_y": -2.5, "config": {}, "entry": true });
    let made = api.post(&nodes, body).await.expect(201);
    assert_eq!(
        made,
        json!({ "id": made["id"], "node_type": "VOICE_CALL", "label": "Intro", "position_x": 10,
                "position_y": -2.5, "config": {}, "entry": true })
    );
    let path = format!("{nodes}/{}", text(&made["id"]));
    assert_eq!(api.get(&path).await.expect(200), made);
    assert_eq!(api.get(&nodes).await.expect(200)["data"], json!([made]));
}

#[actix_web::test]
async fn unknown_types_fields_and_wrong_json_types_are_refused_with_their_place() {
    let api = Api::start();
    let nodes = format!("{}/nodes", api.draft().await);
    let unknown = json!({ "node_type": "EMAIL", "label": "x" });
    let problem = api.post(&nodes, unknown).await.problem(400, "invalid_body");
    assert!(text(&problem["detail"]).contains("VOICE_CALL"), "{problem}");
    let wrong = json!({ "node_type": "CONDITIONAL", "label": "x", "position_x": "left", "colour": 1,
                        "config": { "conditions": [{}, { "operator": "like" }] } });
    let problem = api.post(&nodes, wrong).await.problem(400, "invalid_body");
    assert_eq!(pointers(&problem), ["/position_x", "/config/conditions/1/operator", "/colour"]);
    let field = json!({ "node_type": "TIME", "label": "x", "config": { "minutes": 3 } });
    let problem = api.post(&nodes, field).await.problem(400, "invalid_body");
    assert!(text(&problem["detail"]).contains("duration"), "{problem}");
}

#[actix_web::test]
async fn a_node_changes_but_for_its_type() {
    let api = Api::start();
    let path = api.draft().await;
    let node = api.node(&path, json!({ "node_type": "TIME", "label": "Wait" })).await;
    let node = format!("{path}/nodes/{node}");
    let body = json!({ "label": "Pause", "position_x": 1.5, "node_type": "TIME",
                       "config": { "duration": 2, "unit": "hours" } });
    let changed = api.patch(&node, body).await.expect(200);
    assert_eq!(changed["config"], json!({ "duration": 2, "unit": "hours" }));
    assert_eq!((&changed["label"], &changed["position_x"]), (&json!("Pause"), &json!(1.5)));
    let other = api.patch(&node, json!({ "node_type": "DROPPED" })).await;
    assert_eq!(pointers(&other.problem(400, "invalid_body")), ["/node_type"]);
    assert_eq!(api.delete(&node).await.status, 204);
    api.get(&node).await.problem(404, "node_not_found");
    api.delete(&node).await.problem(404, "node_not_found");
    api.patch(&node, json!({})).await.problem(404, "node_not_found");
}

#[actix_web::test]
async fn an_edge_leads_from_one_node_to_another_once() {
    let api = Api::start();
    let workflow = api.calling().await;
    let edges = format!("{}/edges", workflow.path);
    let edge = json!({ "from_node_id": workflow.call, "to_node_id": workflow.lost });
    let made = api.post(&edges, edge.clone()).await.expect(201);
    assert_eq!(
        made,
        json!({ "id": made["id"], "from_node_id": workflow.call, "to_node_id": workflow.lost,
                "label": null })
    );
    api.post(&edges, edge).await.problem(409, "edge_exists");
    let wrong = json!({ "from_node_id": "x", "label": 7 });
    let problem = api.post(&edges, wrong).await.problem(400, "invalid_body");
    assert_eq!(pointers(&problem), ["/from_node_id", "/to_node_id", "/label"]);
    let path = format!("{edges}/{}", text(&made["id"]));
    assert_eq!(api.get(&path).await.expect(200), made);
    assert_eq!(api.delete(&path).await.status, 204);
    api.delete(&path).await.problem(404, "edge_not_found");
    assert_eq!(api.get(&edges).await.expect(200)["meta"]["total"], 3);
}

#[actix_web::test]
async fn the_whole_graph_says_its_revision() {
    let api = Api::start();
    let workflow = api.calling().await;
    let reply = api.get(&format!("{}/graph", workflow.path)).await;
    let graph = reply.expect(200);
    assert_eq!(graph["revision"], 6);
    assert_eq!(reply.header("etag"), "\"6\"");
    assert_eq!(graph["nodes"].as_array().unwrap().len(), 3);
    assert_eq!(graph["edges"].as_array().unwrap().len(), 3);
    assert_eq!(api.get(&workflow.path).await.expect(200)["revision"], 6);
}

#[actix_web::test]
async fn a_node_where_leads_stand_stays() {
    let api = Api::start();
    let (workflow, ..) = api.with_call().await;
    let node = format!("{}/nodes/{}", workflow.path, workflow.call);
    let problem = api.delete(&node).await.problem(409, "leads_at_node");
    assert!(text(&problem["detail"]).contains("1 lead"), "{problem}");
}

#[actix_web::test]
async fn a_valid_graph_is_told_so() {
    let api = Api::start();
    let workflow = api.calling().await;
    let report = api.act(&format!("{}/validate", workflow.path)).await.expect(200);
    assert_eq!(report, json!({ "valid": true, "faults": [], "warnings": [] }));
}
