//! The graph as a whole over HTTP.

use actix_web::test::TestRequest;
use serde_json::{Value, json};

use crate::common::{Api, Calling, Reply, pointers, text};

async fn put(api: &Api, workflow: &str, revision: &str, body: Value) -> Reply {
    let request = TestRequest::put().uri(&format!("{workflow}/graph")).set_json(body);
    api.send(request.insert_header(("if-match", revision))).await
}

/// The graph of a workflow as its own body, and its tag.
async fn got(api: &Api, workflow: &str) -> (Value, String) {
    let reply = api.get(&format!("{workflow}/graph")).await;
    (reply.expect(200), reply.header("etag").to_owned())
}

#[actix_web::test]
async fn a_drawn_graph_gets_ids_for_its_names_and_keeps_the_order_of_its_edges() {
    let api = Api::start();
    let path = api.draft().await;
    let body = json!({
        "nodes": [
            { "id": "intro", "node_type": "VOICE_CALL", "label": "Intro", "entry": true,
              "config": { "from_phone_number": "+12025550100" } },
            { "id": "score", "node_type": "CONDITIONAL", "label": "Score",
              "config": { "conditions": [{ "field": "application.intro.x", "operator": "exists" }] } },
            { "node_type": "DROPPED", "label": "Lost" },
            { "id": "won", "node_type": "CONVERTED", "label": "Won", "position_x": 1.5 },
        ],
        "edges": [
            { "from_node_id": "intro", "to_node_id": "score", "label": "DNP" },
            { "from_node_id": "intro", "to_node_id": "won", "label": "" },
        ],
    });
    let reply = put(&api, &path, "\"0\"", body).await;
    let made = reply.expect(200);
    assert_eq!(reply.header("etag"), "\"1\"");
    let ids = &made["node_ids"];
    assert_eq!(ids.as_object().unwrap().len(), 3, "{ids}");
    let nodes = made["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), 4);
    assert_eq!(nodes[0]["id"], ids["intro"]);
    assert_eq!(nodes[3]["position_x"], json!(1.5));
    let field = format!("application.{}.x", text(&ids["intro"]));
    assert_eq!(nodes[1]["config"]["conditions"][0]["field"], field);
    let ways: Vec<_> =
        made["edges"].as_array().unwrap().iter().map(|edge| &edge["to_node_id"]).collect();
    assert_eq!(ways, [&ids["score"], &ids["won"]]);
    assert_eq!(made["edges"][1]["label"], Value::Null);

    let (mut graph, tag) = got(&api, &path).await;
    assert_eq!(tag, "\"1\"");
    graph["node_ids"] = ids.clone();
    assert_eq!(graph, made);
}

#[actix_web::test]
async fn a_graph_that_was_got_is_put_back_without_a_new_revision() {
    let api = Api::start();
    let workflow = api.calling().await;
    let (graph, tag) = got(&api, &workflow.path).await;
    for _ in 0..2 {
        let reply = put(&api, &workflow.path, &tag, graph.clone()).await;
        assert_eq!(reply.expect(200)["revision"], graph["revision"]);
        assert_eq!(reply.header("etag"), tag);
    }
    assert_eq!(got(&api, &workflow.path).await, (graph, tag));
}

#[actix_web::test]
async fn a_put_names_the_revision_that_it_was_made_from() {
    let api = Api::start();
    let workflow = api.calling().await;
    let (graph, _) = got(&api, &workflow.path).await;
    let bare = TestRequest::put().uri(&format!("{}/graph", workflow.path)).set_json(&graph);
    api.send(bare).await.problem(428, "precondition_required");
    for wrong in ["6", "*", "\"x\"", "W/\"6\"", "\"5\", \"6\"", "\"\"", "\"99999999999\""] {
        put(&api, &workflow.path, wrong, graph.clone()).await.problem(400, "invalid_header");
    }
    let mut body = graph.clone();
    body["revision"] = Value::Null;
    let stale = put(&api, &workflow.path, "\"5\"", body).await.problem(412, "stale_revision");
    assert_eq!(stale["current_revision"], 6);
    assert!(text(&stale["detail"]).contains("newest one is 6"), "{stale}");
    let contradiction = put(&api, &workflow.path, "\"5\"", graph).await;
    assert_eq!(pointers(&contradiction.problem(400, "invalid_body")), ["/revision"]);
}

#[actix_web::test]
async fn everything_that_is_wrong_with_a_graph_is_told_with_its_place() {
    let api = Api::start();
    let path = api.draft().await;
    let body = json!({
        "nodes": [
            { "id": "a", "node_type": "TIME", "label": "Wait" },
            { "id": "a", "node_type": "TIME", "label": "Again" },
        ],
        "edges": [{ "from_node_id": "a", "to_node_id": "b" }, { "to_node_id": "a", "color": 1 }],
        "move": { "a": "nobody" },
    });
    let problem = put(&api, &path, "\"0\"", body).await.problem(400, "invalid_body");
    assert!(pointers(&problem).contains(&"/nodes/1/id".to_owned()), "{problem}");
    let body = json!({
        "nodes": [{ "id": "a", "node_type": "TIME", "label": "Wait" }],
        "edges": [{ "from_node_id": "a", "to_node_id": "b" }, { "to_node_id": "a", "color": 1 }],
        "move": { "a": "nobody" },
    });
    let problem = put(&api, &path, "\"0\"", body).await.problem(400, "invalid_body");
    assert_eq!(
        pointers(&problem),
        ["/edges/0/to_node_id", "/edges/1/from_node_id", "/edges/1/color", "/move"]
    );
    let nowhere = json!({ "nodes": [{ "id": "a", "node_type": "TIME", "label": "Wait" }],
        "edges": [{ "from_node_id": "a", "to_node_id": "node_01920000-0000-7000-8000-000000000009" }] });
    put(&api, &path, "\"0\"", nowhere).await.expect(200);
    let report = api.act(&format!("{path}/validate")).await.expect(200);
    assert!(report["faults"].to_string().contains("edge_to_nowhere"), "{report}");
}

#[actix_web::test]
async fn the_same_edge_twice_and_another_type_are_refused() {
    let api = Api::start();
    let workflow = api.calling().await;
    let (graph, tag) = got(&api, &workflow.path).await;
    let mut twice = graph.clone();
    let mut again = graph["edges"][0].clone();
    again["id"] = json!("new");
    twice["edges"].as_array_mut().unwrap().push(again);
    put(&api, &workflow.path, &tag, twice).await.problem(409, "edge_exists");
    let mut other = graph;
    other["nodes"][1]["node_type"] = json!("DROPPED");
    put(&api, &workflow.path, &tag, other).await.problem(400, "node_type_differs");
}

#[actix_web::test]
async fn leads_at_a_node_that_goes_are_told_of_and_moved_where_the_put_says() {
    let api = Api::start();
    let (workflow, ..) = api.with_call().await;
    let Calling { path, call, won, .. } = &workflow;
    let (mut graph, tag) = got(&api, path).await;
    graph["nodes"].as_array_mut().unwrap().remove(0);
    graph["edges"] = json!([]);
    let problem = put(&api, path, &tag, graph.clone()).await.problem(409, "leads_at_node");
    let detail = text(&problem["detail"]);
    assert!(detail.contains("1 lead ") && detail.contains("move"), "{detail}");
    graph["move"] = json!({ call: won });
    let made = put(&api, path, &tag, graph).await.expect(200);
    assert_eq!(made["nodes"].as_array().unwrap().len(), 2);
    let events = api.get("/v1/events?after=0-0&limit=100").await.expect(200);
    let replaced: Vec<_> = events["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["type"] == "workflow.node_replaced")
        .map(|event| &event["payload"])
        .collect();
    assert_eq!(replaced, [&json!({ "node_id": call, "by_node_id": won })]);
}

#[actix_web::test]
async fn a_deleted_node_says_where_its_leads_go() {
    let api = Api::start();
    let (workflow, ..) = api.with_call().await;
    let node = format!("{}/nodes/{}", workflow.path, workflow.call);
    for wrong in [&workflow.call, "node_01920000-0000-7000-8000-000000000009"] {
        let problem = api.delete(&format!("{node}?move_to={wrong}")).await;
        assert_eq!(pointers(&problem.problem(400, "invalid_value")), ["/move_to"]);
    }
    api.delete(&format!("{node}?move_to=x")).await.problem(400, "invalid_query");
    assert_eq!(api.delete(&format!("{node}?move_to={}", workflow.won)).await.status, 204);
    api.get(&node).await.problem(404, "node_not_found");
}

#[actix_web::test]
async fn a_repeated_put_is_answered_as_the_first_was() {
    let api = Api::start();
    let path = api.draft().await;
    let body = json!({ "nodes": [{ "id": "a", "node_type": "CONVERTED", "label": "" },
                                 { "id": "b", "node_type": "DROPPED", "label": "" }],
                       "edges": [] });
    let ask = |body: Value| {
        let request = TestRequest::put().uri(&format!("{path}/graph")).set_json(body);
        api.send(
            request.insert_header(("if-match", "\"0\"")).insert_header(("idempotency-key", "k")),
        )
    };
    let first = ask(body.clone()).await.expect(200);
    let later = json!({ "node_type": "TIME", "label": "Wait" });
    api.node(&path, later).await;
    assert_eq!(ask(body).await.expect(200), first);
    let other = json!({ "nodes": [], "edges": [] });
    ask(other).await.problem(422, "idempotency_key_reused");
}

#[actix_web::test]
async fn a_template_that_reads_what_no_lead_has_is_a_fault_once_leads_are_there() {
    let api = Api::start();
    let path = api.draft().await;
    let http = json!({
        "method": "POST", "url": "https://crm.example/leads", "body": { "to": "{{emial}}" },
    });
    let body = json!({
        "nodes": [
            { "id": "push", "node_type": "APPLICATION", "label": "Push", "config": { "http": http } },
            { "id": "won", "node_type": "CONVERTED", "label": "Won" },
        ],
        "edges": [{ "from_node_id": "push", "to_node_id": "won" }],
    });
    put(&api, &path, "\"0\"", body).await.expect(200);
    let judged = api.act(&format!("{path}/validate")).await.expect(200);
    assert_eq!(judged["valid"], true, "without a lead nobody can tell: {judged}");
    let file = "phone_number,email\n+12025550123,ann@example.com\n";
    api.upload(&format!("{path}/leads"), file).await.expect(201);
    let judged = api.act(&format!("{path}/validate")).await.expect(200);
    assert_eq!(judged["faults"][0]["code"], "bad_template");
    assert!(text(&judged["faults"][0]["fix"]).contains("email"), "{judged}");
    let refused = api.act(&format!("{path}/activate")).await.problem(400, "invalid_graph");
    assert_eq!(refused["faults"], judged["faults"]);
}
