//! The workflow's page, and what is done with it by forms.

use serde_json::{Value, json};

use crate::house::House;

/// A workflow of a call and two ends, with a lead that has not started: the ids.
pub(crate) async fn ready(house: &House) -> (String, String) {
    let id = house.draft("Spring <b>offer</b>").await;
    let graph = json!({
        "nodes": [
            { "id": "call", "node_type": "VOICE_CALL", "label": "First call", "entry": true,
              "config": { "from_phone_number": "+12125550100" } },
            { "id": "won", "node_type": "CONVERTED", "label": "Won" },
            { "id": "lost", "node_type": "DROPPED", "label": "Lost" },
        ],
        "edges": [
            { "from_node_id": "call", "to_node_id": "won", "label": "COMPLETED" },
            { "from_node_id": "call", "to_node_id": "lost", "label": "DNP" },
            { "from_node_id": "call", "to_node_id": "lost", "label": "FAILED" },
        ],
    });
    house.put_graph(&id, 0, graph).await;
    let lead = json!({ "phone_number": "+12125550123", "variables": { "name": "<i>Ann</i>" } });
    let leads = format!("/v1/workflows/{id}/leads");
    house.api("POST", &leads, "", json!({ "leads": [lead] })).await;
    let found = house.api("GET", &leads, "", Value::Null).await;
    (id, found["data"][0]["id"].as_str().unwrap().to_owned())
}

async fn status(house: &House, id: &str) -> String {
    let found = house.api("GET", &format!("/v1/workflows/{id}"), "", Value::Null).await;
    found["status"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn the_page_shows_the_graph_and_where_everybody_is() {
    let house = House::open();
    let (id, _) = ready(&house).await;
    let page = house.get(&format!("/workflows/{id}")).await.expect(200);
    assert!(page.contains("Spring &lt;b&gt;offer") && !page.contains("<b>offer"), "{page}");
    for part in ["First call", "draft", "Activate…", "leads?node=node_", "The same as a table"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(page.contains(&format!("data-topics=\"workflow:{id}\"")), "{page}");
    house.get("/workflows/workflow_x").await.expect(404);
    let none = branchline_domain::id::WorkflowId::from_u128(9);
    assert!(house.get(&format!("/workflows/{none}")).await.expect(404).contains("no such page"));
}

#[actix_web::test]
async fn a_graph_with_faults_is_told_before_it_is_activated() {
    let house = House::open();
    let id = house.draft("Bare").await;
    let path = format!("/workflows/{id}/activate");
    let page = house.get(&path).await.expect(200);
    assert!(page.contains("Not yet") && !page.contains("Activate now"), "{page}");
    let refused = house.post(&path, &[("once", "a")]).await;
    assert!(refused.status >= 400 && refused.status < 500, "{}", refused.status);
    assert!(refused.text.contains("role=\"alert\"") && refused.text.contains("Not yet"));
    assert_eq!(status(&house, &id).await, "draft");
}

#[actix_web::test]
async fn a_workflow_lives_by_its_buttons() {
    let house = House::open();
    let (id, _) = ready(&house).await;
    let path = format!("/workflows/{id}");
    let before = house.get(&format!("{path}/activate")).await.expect(200);
    assert!(
        before.contains("Ready") && before.contains("1 lead that have not started"),
        "{before}"
    );
    assert!(before.contains("at once, at <strong>First call</strong>"), "{before}");
    // Sent twice, it is one intent.
    for _ in 0..2 {
        let sent = house.post(&format!("{path}/activate"), &[("once", "1")]).await;
        assert_eq!(sent.leads_to(), format!("{path}?notice=activated"));
    }
    assert_eq!(status(&house, &id).await, "active");
    let again = house.post(&format!("{path}/activate"), &[("once", "2")]).await.expect(409);
    assert!(again.contains("cannot activate a workflow that is active"), "{again}");

    let before = house.get(&format!("{path}/pause")).await.expect(200);
    assert!(before.contains("1 lead under way stay where they are"), "{before}");
    assert!(before.contains("1 call asked for and not dialled yet"), "{before}");
    let sent = house.post(&format!("{path}/pause"), &[("once", "3")]).await;
    assert_eq!(sent.leads_to(), format!("{path}?notice=paused"));
    let page = house.get(&path).await.expect(200);
    assert!(page.contains("Activate…") && page.contains(">Resume<"), "{page}");
    let sent = house.post(&format!("{path}/resume"), &[("once", "4")]).await;
    assert_eq!(sent.leads_to(), format!("{path}?notice=resumed"));
    let again = house.post(&format!("{path}/resume"), &[("once", "5")]).await.expect(409);
    assert!(again.contains("role=\"alert\"") && again.contains("Deactivate…"), "{again}");

    let early = house.post(&format!("{path}/complete"), &[("once", "6")]).await.expect(409);
    assert!(early.contains("force") && early.contains("type=\"checkbox\""), "{early}");
    house.post(&format!("{path}/delete"), &[("once", "7")]).await.expect(409);
    let sent = house.post(&format!("{path}/cancel"), &[("once", "8")]).await;
    assert_eq!(sent.leads_to(), format!("{path}?notice=cancelled"));
    let page = house.get(&path).await.expect(200);
    assert!(page.contains("Duplicate") && !page.contains("Activate…"), "{page}");
    let copy = house.post(&format!("{path}/duplicate"), &[("once", "9")]).await;
    let copy = copy.leads_to().split('?').next().unwrap_or_default().to_owned();
    assert_ne!(copy, path);
    assert!(house.get(&copy).await.expect(200).contains("First call"));
    let sent = house.post(&format!("{path}/delete"), &[("once", "10")]).await;
    assert_eq!(sent.leads_to(), "/?notice=deleted");
    house.get(&path).await.expect(404);
}

#[actix_web::test]
async fn a_box_completes_a_workflow_with_leads_under_way() {
    let house = House::open();
    let (id, _) = ready(&house).await;
    let path = format!("/workflows/{id}");
    house.post(&format!("{path}/activate"), &[]).await.leads_to();
    let sent = house.post(&format!("{path}/complete"), &[("force", "true")]).await;
    assert_eq!(sent.leads_to(), format!("{path}?notice=completed"));
    assert_eq!(status(&house, &id).await, "completed");
}

#[actix_web::test]
async fn settings_are_saved_or_come_back_as_they_were_typed() {
    let house = House::open();
    let id = house.draft("Old").await;
    let path = format!("/workflows/{id}/settings");
    let form = house.get(&path).await.expect(200);
    assert!(form.contains("value=\"Old\"") && form.contains("value=\"7200\""), "{form}");
    let mut fields = vec![
        ("title", "New"),
        ("description", "For <spring>"),
        ("default_country", "de"),
        ("default_timezone", "Europe/Berlin"),
        ("call_deadline_s", "600"),
        ("analysis_timeout_s", "0"),
        ("auto_complete", "true"),
    ];
    assert_eq!(house.post(&path, &fields).await.leads_to(), format!("{path}?notice=saved"));
    assert_eq!(house.post(&path, &fields).await.leads_to(), format!("{path}?notice=unchanged"));
    let now = house.api("GET", &format!("/v1/workflows/{id}"), "", Value::Null).await;
    assert_eq!(now["title"], "New");
    assert_eq!(now["settings"]["default_country"], "DE");
    assert_eq!(now["settings"]["auto_complete"], true);
    assert_eq!(now["settings"]["start_on_enrol"], false);
    for (name, wrong) in [("call_deadline_s", "soon"), ("default_timezone", "Berlin")] {
        let place = fields.iter().position(|(field, _)| *field == name).unwrap();
        let right = std::mem::replace(&mut fields[place], (name, wrong));
        fields[0].1 = "Newer";
        let back = house.post(&path, &fields).await;
        assert!((400..500).contains(&back.status), "{}", back.status);
        assert!(back.text.contains("role=\"alert\"") && back.text.contains("value=\"Newer\""));
        assert!(back.text.contains(&format!("value=\"{wrong}\"")), "{}", back.text);
        fields[place] = right;
    }
    let now = house.api("GET", &format!("/v1/workflows/{id}"), "", Value::Null).await;
    assert_eq!(now["title"], "New");
}

#[actix_web::test]
async fn who_may_only_read_sees_no_button_and_presses_none() {
    let house = House::open();
    let (id, _) = ready(&house).await;
    let path = format!("/workflows/{id}");
    let admin = house.key(false, &["read", "operate", "audit"]).await;
    let reader = house.key(false, &["read"]).await;
    house.log_in(&reader).await.leads_to();
    let page = house.get(&path).await.expect(200);
    assert!(page.contains("First call") && !page.contains("Activate…"), "{page}");
    assert!(!house.get(&format!("{path}/activate")).await.expect(200).contains("Activate now"));
    assert!(
        !house.get(&format!("{path}/settings")).await.expect(200).contains("type=\"submit\">Save")
    );
    for action in
        ["activate", "pause", "resume", "cancel", "complete", "delete", "duplicate", "settings"]
    {
        house.post(&format!("{path}/{action}"), &[("title", "x")]).await.expect(403);
    }
    house.forget();
    let refused = house.api("GET", "/v1/refused-actions", &admin, Value::Null).await;
    let actions: Vec<&str> = refused["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["action"].as_str())
        .collect();
    assert!(
        actions.contains(&"workflow.activate") && actions.contains(&"workflow.delete"),
        "{refused}"
    );

    let foreign = house.key(true, &["read", "operate"]).await;
    house.log_in(&foreign).await.leads_to();
    house.get(&path).await.expect(404);
    for page in ["activate", "pause", "cancel", "complete", "delete", "settings"] {
        house.get(&format!("{path}/{page}")).await.expect(404);
        house.post(&format!("{path}/{page}"), &[("title", "x")]).await.expect(404);
    }
    house.forget();
    let mine =
        house.api("GET", &path.replace("/workflows", "/v1/workflows"), &admin, Value::Null).await;
    assert_eq!(mine["status"], "draft");
}
