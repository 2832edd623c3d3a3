//! Making workflows: a new one, its graph by forms, what the canvas asks, and bringing leads in.

use actix_web::test::TestRequest;
use serde_json::{Value, json};

use crate::house::{House, Reply};

/// Follows to where a form led, and gives the workflow's path.
fn path_of(reply: &Reply) -> String {
    reply.leads_to().split('/').take(3).collect::<Vec<_>>().join("/")
}

async fn graph(house: &House, path: &str) -> Value {
    house.api("GET", &format!("/v1{path}/graph"), "", Value::Null).await
}

/// A form with a file, as browsers send it.
async fn send_file(house: &House, path: &str, csv: &str) -> Reply {
    let body = format!(
        "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"leads.csv\"\r\n\
         Content-Type: text/csv\r\n\r\n{csv}\r\n--x\r\n\
         Content-Disposition: form-data; name=\"duplicates\"\r\n\r\nskip\r\n--x--\r\n"
    );
    let request = TestRequest::post()
        .uri(path)
        .insert_header(("content-type", "multipart/form-data; boundary=x"))
        .set_payload(body);
    house.send(request).await
}

#[actix_web::test]
async fn a_form_makes_a_workflow_once() {
    let house = House::open();
    let page = house.get("/workflows/new").await.expect(200);
    assert!(page.contains("name=\"title\"") && page.contains("Create the demo workflow"), "{page}");
    let fields =
        [("once", "a"), ("title", "Spring"), ("default_country", "us"), ("start_on_enrol", "on")];
    let made = house.post("/workflows/new", &fields).await;
    assert!(made.leads_to().ends_with("/edit?notice=created"), "{}", made.leads_to());
    let again = house.post("/workflows/new", &fields).await;
    assert_eq!(again.leads_to(), made.leads_to(), "sent twice, it is one");
    let shown = house.api("GET", &format!("/v1{}", path_of(&made)), "", Value::Null).await;
    assert_eq!(shown["title"], "Spring");
    assert_eq!(shown["settings"]["default_country"], "US");
    assert_eq!(shown["settings"]["auto_complete"], false);
    house.get(made.leads_to()).await.expect(200);
}

#[actix_web::test]
async fn what_was_typed_comes_back_with_what_is_wrong() {
    let house = House::open();
    let fields = [("title", "Spring <b>"), ("default_timezone", "Mars/Olympus")];
    let page = house.post("/workflows/new", &fields).await.expect(400);
    assert!(page.contains("class=\"fault\"") && page.contains("Mars/Olympus"), "{page}");
    assert!(page.contains("Spring &lt;b&gt;") && !page.contains("<b>"), "{page}");
    let page = house.post("/workflows/new", &[("title", " ")]).await.expect(400);
    assert!(page.contains("title is missing"), "{page}");
}

#[actix_web::test]
async fn the_demo_is_a_draft_of_ones_own() {
    let house = House::open();
    assert!(house.get("/").await.expect(200).contains("/workflows/demo"));
    let made = house.post("/workflows/demo", &[("once", "a")]).await;
    let again = house.post("/workflows/demo", &[("once", "a")]).await;
    assert_eq!(again.leads_to(), made.leads_to());
    let path = path_of(&made);
    let shown = house.api("GET", &format!("/v1{path}"), "", Value::Null).await;
    assert_eq!((&shown["status"], &shown["enrolled_leads"]), (&json!("draft"), &json!(100)));
    let judged = house.api("POST", &format!("/v1{path}/validate"), "", Value::Null).await;
    assert_eq!((&judged["valid"], &judged["warnings"]), (&json!(true), &json!([])));
}

#[actix_web::test]
async fn a_graph_can_be_made_with_forms_alone() {
    let house = House::open();
    let path = format!("/workflows/{}", house.draft("Forms").await);
    let edit = format!("{path}/edit");
    let add = |kind: &'static str, label: &'static str| {
        let address = format!("{edit}/nodes");
        let house = &house;
        async move { house.post(&address, &[("node_type", kind), ("label", label)]).await }
    };
    let call = add("VOICE_CALL", "First <call>").await;
    let call_page = call.leads_to().to_owned();
    let call_id = call_page.split("node=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    add("CONVERTED", "Won").await.leads_to();
    let page = house.get(&call_page).await.expect(200);
    assert!(
        page.contains("First &lt;call&gt;") && page.contains("name=\"retry.max_attempts\""),
        "{page}"
    );
    let change = format!("{edit}/nodes/{call_id}");
    let fields = [
        ("label", "First"),
        ("entry", "on"),
        ("from_phone_number", "+12025550100"),
        ("retry.max_attempts", "3"),
        ("retry.delay_minutes", "30"),
        ("retry.statuses.busy", "on"),
        ("calling_window.from", "09:00"),
        ("calling_window.days.monday", "on"),
    ];
    house.post(&change, &fields).await.leads_to();
    let drawn = graph(&house, &path).await;
    let expected = json!({
        "from_phone_number": "+12025550100",
        "retry": {"max_attempts": 3, "delay_minutes": 30, "statuses": ["busy"]},
        "calling_window": {"days": ["monday"], "from": "09:00"},
    });
    assert_eq!(drawn["nodes"][0]["config"], expected);
    assert_eq!(drawn["nodes"][0]["entry"], true);
    // What was saved is what the form shows and would save again.
    let page = house.get(&call_page).await.expect(200);
    for shown in ["value=\"3\"", "value=\"09:00\"", "value=\"+12025550100\""] {
        assert!(page.contains(shown), "{shown} {page}");
    }
    let won = drawn["nodes"][1]["id"].as_str().unwrap().to_owned();
    let edge = [("from", call_id.as_str()), ("to", won.as_str()), ("label", "COMPLETED")];
    house.post(&format!("{edit}/edges"), &edge).await.leads_to();
    let drawn = graph(&house, &path).await;
    assert_eq!(drawn["edges"][0]["label"], "COMPLETED");
    let edge = drawn["edges"][0]["id"].as_str().unwrap().to_owned();
    house.post(&format!("{edit}/edges/{edge}/delete"), &[]).await.leads_to();
    house.post(&format!("{edit}/nodes/{won}/delete"), &[]).await.leads_to();
    let drawn = graph(&house, &path).await;
    assert_eq!((drawn["nodes"].as_array().unwrap().len(), &drawn["edges"]), (1, &json!([])));
}

#[actix_web::test]
async fn a_form_that_is_late_or_wrong_loses_nothing() {
    let house = House::open();
    let path = format!("/workflows/{}", house.draft("Late").await);
    let add = [("node_type", "TIME"), ("label", "Wait"), ("revision", "0")];
    let made = house.post(&format!("{path}/edit/nodes"), &add).await;
    let node = made.leads_to().split("node=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let change = format!("{path}/edit/nodes/{node}");
    let page = house.post(&change, &[("duration", "soon"), ("label", "Typed")]).await.expect(400);
    assert!(page.contains("must be a whole number") && page.contains("value=\"Typed\""), "{page}");
    assert!(page.contains("value=\"soon\""), "{page}");
    let late = [("label", "Mine"), ("duration", "2"), ("unit", "hours"), ("revision", "0")];
    let page = house.post(&change, &late).await.expect(412);
    assert!(page.contains("value=\"Mine\"") && page.contains("revision"), "{page}");
    assert_eq!(graph(&house, &path).await["nodes"][0]["label"], "Wait");
    // Whoever draws is told who was faster.
    let newest = house.get(&format!("{path}/edit/newest")).await.expect(200);
    let newest: Value = serde_json::from_str(&newest).unwrap();
    assert_eq!((&newest["revision"], &newest["by"]), (&json!(1), &json!("api")), "{newest}");
}

#[actix_web::test]
async fn the_canvas_is_told_what_is_wrong_and_what_is_tidy() {
    let house = House::open();
    let path = format!("/workflows/{}", house.draft("Canvas").await);
    let page = house.get(&format!("{path}/edit")).await.expect(200);
    assert!(page.contains("id=\"builder\"") && page.contains("builder.js"), "{page}");
    let drawn = json!({
        "nodes": [
            {"id": "new-1", "node_type": "VOICE_CALL", "label": "Call", "entry": true, "config": {}},
            {"id": "new-2", "node_type": "TIME", "label": "Wait", "config": {"duration": 2, "unit": "hours"}},
        ],
        "edges": [{"from_node_id": "new-1", "to_node_id": "new-2", "label": "DNP"}],
    });
    let check = house.api("POST", &format!("{path}/edit/check"), "", drawn.clone()).await;
    assert_eq!(check["valid"], false);
    assert_eq!(check["nodes"]["new-2"]["words"], "Wait 2 hours");
    let number = check["problems"].as_array().unwrap().iter().find(|problem| {
        problem["node"] == "new-1"
            && problem["message"].as_str().unwrap().contains("no number to call from")
    });
    assert_eq!(number.unwrap()["kind"], "fault");
    let unknown = json!({"nodes": [{"id": "new-7", "node_type": "TIME", "label": "", "config": {"hours": 2}}], "edges": []});
    let check = house.api("POST", &format!("{path}/edit/check"), "", unknown).await;
    assert_eq!(check["problems"][0]["node"], "new-7", "{check}");
    let tidy = house.api("POST", &format!("{path}/edit/tidy"), "", drawn.clone()).await;
    let y = |name: &str| tidy["nodes"][name]["y"].as_f64().unwrap();
    assert!(y("new-1") + 64.0 < y("new-2"), "{tidy}");
    let supposed = json!({"graph": drawn, "values": {}, "outcomes": {"new-1": ["DNP"]}});
    let walk = house.api("POST", &format!("{path}/edit/walk"), "", supposed).await;
    assert!(walk["end"].as_str().unwrap().contains("lacks what it needs"), "{walk}");
    // Nothing of this is kept.
    assert_eq!(graph(&house, &path).await["revision"], 0);
}

#[actix_web::test]
async fn leads_come_in_by_a_file_and_faulty_rows_are_told() {
    let house = House::open();
    let path = format!("/workflows/{}/import", house.draft("Import").await);
    house.post(&format!("{path}/country"), &[("default_country", "us")]).await.leads_to();
    let faulty = "phone_number,name\n2025550143,Ada\nnonsense,Bob\n12,Cy\n";
    let page = send_file(&house, &path, faulty).await.expect(400);
    assert!(page.contains("Nobody was enrolled") && page.contains("refused"), "{page}");
    let download = page.split('"').find(|text| text.ends_with("/faults.csv")).unwrap().to_owned();
    let csv = house.get(&download).await;
    assert!(csv.header("content-disposition").contains("attachment"));
    let csv = csv.expect(200);
    assert!(csv.starts_with("row,problem\r\n3,\"") && csv.contains("\r\n4,\""), "{csv}");
    let good = "phone_number,name\n2025550143,Ada\n2025550144,<script>Bob\n";
    let done = send_file(&house, &path, good).await;
    assert!(done.leads_to().ends_with("/import?notice=imported"));
    let page = house.get(&path).await.expect(200);
    assert!(page.contains("leads.csv") && page.contains(">done<"), "{page}");
    // The same file once more enrols nobody.
    send_file(&house, &path, good).await.leads_to();
    let workflow = path.trim_end_matches("/import");
    let shown = house.api("GET", &format!("/v1{workflow}"), "", Value::Null).await;
    assert_eq!(shown["enrolled_leads"], 2);
}

#[actix_web::test]
async fn a_key_that_reads_builds_nothing_and_others_see_nothing() {
    let house = House::open();
    let path = format!("/workflows/{}", house.draft("Ours").await);
    let reads = house.key(false, &["read"]).await;
    house.log_in(&reads).await;
    let page = house.get(&format!("{path}/edit")).await.expect(200);
    assert!(!page.contains("id=\"builder\"") && !page.contains("/edit/nodes\""), "{page}");
    let page = house.get(&format!("{path}/import")).await.expect(200);
    assert!(!page.contains("multipart/form-data"), "{page}");
    assert!(!house.get("/workflows/new").await.expect(200).contains("name=\"title\""));
    house.post("/workflows/new", &[("title", "No")]).await.expect(403);
    house.post("/workflows/demo", &[]).await.expect(403);
    house
        .post(&format!("{path}/edit/nodes"), &[("node_type", "TIME"), ("label", "W")])
        .await
        .expect(403);
    send_file(&house, &format!("{path}/import"), "phone_number\n+12025550143\n").await.expect(403);
    let other = house.key(true, &["read", "operate"]).await;
    house.forget();
    house.log_in(&other).await;
    for page in ["edit", "import"] {
        house.get(&format!("{path}/{page}")).await.expect(404);
    }
    house
        .post(&format!("{path}/edit/nodes"), &[("node_type", "TIME"), ("label", "W")])
        .await
        .expect(404);
    send_file(&house, &format!("{path}/import"), "phone_number\n+12025550143\n").await.expect(404);
}
