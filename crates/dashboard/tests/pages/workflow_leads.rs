//! The leads of a workflow: found, and acted on many at a time.

use serde_json::{Value, json};

use crate::{house::House, workflow::ready};

async fn enrol(house: &House, workflow: &str, numbers: std::ops::Range<u32>) {
    let leads: Vec<Value> =
        numbers.map(|number| json!({ "phone_number": format!("+1212555{number:04}") })).collect();
    let path = format!("/v1/workflows/{workflow}/leads");
    house.api("POST", &path, "", json!({ "leads": leads })).await;
}

async fn node(house: &House, workflow: &str, label: &str) -> String {
    let nodes = house.api("GET", &format!("/v1/workflows/{workflow}/nodes"), "", Value::Null).await;
    let list = nodes["data"].as_array().or_else(|| nodes.as_array()).unwrap();
    let found = list.iter().find(|node| node["label"] == label).unwrap();
    found["id"].as_str().unwrap().to_owned()
}

/// The words of a tag with this text before it are not of interest: how often a lead is linked.
fn rows(page: &str) -> usize {
    page.matches("href=\"/leads/lead_").count()
}

#[actix_web::test]
async fn leads_are_filtered_sorted_and_come_in_pages() {
    let house = House::open();
    let (id, lead) = ready(&house).await;
    enrol(&house, &id, 200..260).await;
    let path = format!("/workflows/{id}/leads");
    let first = house.get(&path).await.expect(200);
    assert!(first.contains("61 leads") && first.contains("+12125550123"), "{first}");
    assert!(first.contains(&format!("/leads/{lead}")), "{first}");
    assert_eq!(rows(&first), 50);
    let next = first.split("rel=\"next\"").next().unwrap();
    let next = next.rsplit("href=\"").next().unwrap().split('"').next().unwrap();
    let second = house.get(&next.replace("&amp;", "&")).await.expect(200);
    assert_eq!(rows(&second), 11);
    let last_first = house.get(&format!("{path}?sort=-enrolled_at")).await.expect(200);
    assert!(!last_first.contains(&format!("/leads/{lead}")), "{last_first}");

    house.post(&format!("/workflows/{id}/activate"), &[]).await.leads_to();
    let call = node(&house, &id, "First call").await;
    let at_call = house.get(&format!("{path}?node={call}&status=active")).await.expect(200);
    assert!(
        at_call.contains("61 leads") && at_call.contains("leads.csv?status=active"),
        "{at_call}"
    );
    assert_eq!(rows(&house.get(&format!("{path}?status=pending")).await.expect(200)), 0);
    let held = house.get(&format!("{path}?hold=missing_output")).await.expect(200);
    assert!(held.contains("There are no leads without a way on"), "{held}");
    for wrong in ["status=tired", "node=x", "hold=maybe"] {
        house.get(&format!("{path}?{wrong}")).await.expect(400);
    }
    let csv = house.get(&format!("/v1/workflows/{id}/leads.csv?status=active")).await.expect(200);
    assert_eq!(csv.lines().count(), 62);
}

#[actix_web::test]
async fn a_person_is_found_by_their_number() {
    let house = House::open();
    let (id, lead) = ready(&house).await;
    let (other, _) = ready(&house).await;
    let path = format!("/workflows/{id}/leads?phone=");
    for number in ["%2B12125550123", "+1+212+555-0123"] {
        let page = house.get(&format!("{path}{number}")).await.expect(200);
        assert!(page.contains(&format!("/leads/{lead}")), "{number}: {page}");
        assert!(page.contains(&format!("/workflows/{other}")), "{number}: {page}");
        assert_eq!(rows(&page), 2, "{number}: {page}");
    }
    let nobody = house.get(&format!("{path}%2B12125559999")).await.expect(200);
    assert!(nobody.contains("Nobody in this workflow"), "{nobody}");
    let none = house.get(&format!("{path}%3Cscript%3E")).await.expect(200);
    assert!(none.contains("role=\"alert\"") && !none.contains("<script>"), "{none}");
}

#[actix_web::test]
async fn many_leads_are_acted_on_after_a_look() {
    let house = House::open();
    let (id, lead) = ready(&house).await;
    enrol(&house, &id, 200..205).await;
    let path = format!("/workflows/{id}/leads/act");
    house.post(&format!("/workflows/{id}/activate"), &[]).await.leads_to();
    let page = house.get(&format!("{path}?status=active")).await.expect(200);
    assert!(page.contains("All leads that are active: 6") && page.contains("COMPLETED"), "{page}");

    // Nothing holds them: to decide is refused, and the look says so.
    let look =
        house.get(&format!("{path}?status=active&action=resolve&output=DNP")).await.expect(200);
    assert!(look.contains("would be refused") && look.contains("not held"), "{look}");
    let unknown = house.get(&format!("{path}?status=active&action=resolve&output=MAYBE")).await;
    assert!(unknown.status == 400 && unknown.text.contains("role=\"alert\""), "{}", unknown.text);

    let won = node(&house, &id, "Won").await;
    let fields = [("status", "active"), ("action", "move_to"), ("to", won.as_str()), ("once", "1")];
    let look =
        house.get(&format!("{path}?status=active&action=move_to&to={won}")).await.expect(200);
    assert!(look.contains("would be done") && look.contains("Do it with 6 leads"), "{look}");
    for _ in 0..2 {
        let done = house.post(&path, &fields).await;
        let to = done.leads_to().to_owned();
        assert!(to.contains("done=6&unchanged=0&refused=0") && !to.contains("after="), "{to}");
        let page = house.get(&to).await.expect(200);
        assert!(page.contains("6 leads done") && page.contains("That was all"), "{page}");
    }
    let shown =
        house.api("GET", &format!("/v1/workflows/{id}/leads/{lead}"), "", Value::Null).await;
    assert_eq!(shown["status"], "completed");

    // Every lead takes a tick.
    house.post(&path, &[("action", "remove")]).await.expect(400);
    house
        .post(&path, &[("action", "remove"), ("status", "removed"), ("all", "true")])
        .await
        .expect(400);
    let counts = house.api("GET", &format!("/v1/workflows/{id}/counts"), "", Value::Null).await;
    assert_eq!(counts["by_status"]["removed"], 0);
    enrol(&house, &id, 300..302).await;
    let done = house.post(&path, &[("action", "remove"), ("status", "active")]).await;
    assert!(done.leads_to().contains("done=2"), "{}", done.leads_to());
}

#[actix_web::test]
async fn many_leads_are_acted_on_by_whoever_may() {
    let house = House::open();
    let (id, _) = ready(&house).await;
    let path = format!("/workflows/{id}/leads");
    let reader = house.key(false, &["read"]).await;
    let operator = house.key(false, &["read", "operate"]).await;
    let foreign = house.key(true, &["read", "operate", "resolve"]).await;
    house.log_in(&reader).await.leads_to();
    assert!(!house.get(&path).await.expect(200).contains("Do something"));
    let fields = [("action", "remove"), ("all", "true")];
    house.post(&format!("{path}/act"), &fields).await.expect(403);
    house.forget();
    house.log_in(&operator).await.leads_to();
    let page = house.get(&format!("{path}/act")).await.expect(200);
    assert!(page.contains("Remove all") && !page.contains("Move all"), "{page}");
    house.post(&format!("{path}/act"), &[("action", "redial"), ("all", "true")]).await.expect(403);
    house.forget();
    house.log_in(&foreign).await.leads_to();
    house.get(&path).await.expect(404);
    house.get(&format!("{path}/act")).await.expect(404);
    house.post(&format!("{path}/act"), &fields).await.expect(404);
    house.forget();
    house.log_in(&operator).await.leads_to();
    let sent = house.post(&format!("{path}/act"), &fields).await;
    assert!(sent.leads_to().contains("done=1"), "{}", sent.leads_to());
}
