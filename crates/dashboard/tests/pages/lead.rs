//! The page of a lead, and finding people.

use serde_json::json;

use crate::{
    campaign::{self, NUMBER},
    house::House,
};

/// The positions that the page's records link to, the newest first.
fn positions(page: &str, lead: &str) -> Vec<u64> {
    let link = format!("href=\"/leads/{lead}?at=");
    let list = page.split("class=\"records\"").nth(1).unwrap_or_default();
    let found = list.split(&link).skip(1).filter_map(|rest| rest.split('"').next());
    found.filter_map(|position| position.parse().ok()).collect()
}

#[actix_web::test]
async fn a_lead_that_waits_for_a_person_says_why_and_is_resolved_by_a_button() {
    let house = House::open();
    let (_, lead) = campaign::held(&house, "").await;
    let path = format!("/leads/{lead}");
    let page = house.get(&path).await.expect(200);
    for told in [
        "Asha &lt;b&gt;Rao&lt;/b&gt;",
        "which has no branch",
        "held: review required",
        "Intro &lt;1&gt;",
        "&lt;i&gt;Spring",
        "Resolve as COMPLETED",
        "Call again",
        "Record ",
        NUMBER,
        "0042",
        "lead.routing_held",
    ] {
        assert!(page.contains(told), "{told}: {page}");
    }
    assert!(!page.contains("<b>Rao") && !page.contains("<i>Spring"), "{page}");

    let resolve = format!("{path}/resolve");
    let fields = [("output", "COMPLETED"), ("once", "one")];
    assert_eq!(house.post(&resolve, &fields).await.leads_to(), format!("{path}?notice=done"));
    let page = house.get(&path).await.expect(200);
    for told in
        ["A person decided", "Budget?", "score", "it was", "Converted", "by somebody without a key"]
    {
        assert!(page.contains(told) || told == "score", "{told}: {page}");
    }
    assert!(page.contains("budget &gt; 500") && page.contains("<strong>700</strong>"), "{page}");

    // Sent twice it is one intent; another one is refused, and the page says why.
    assert_eq!(house.post(&resolve, &fields).await.leads_to(), format!("{path}?notice=done"));
    let again = house.post(&resolve, &[("output", "DNP"), ("once", "two")]).await;
    assert!(again.expect(409).contains("role=\"alert\""));
}

#[actix_web::test]
async fn the_past_is_shown_as_it_was_and_says_so() {
    let house = House::open();
    let (_, lead) = campaign::held(&house, "").await;
    let path = format!("/leads/{lead}");
    house
        .post(
            &format!("{path}/edit"),
            &[("value.name", "Somebody else"), ("was.name", "Asha <b>Rao</b>")],
        )
        .await
        .leads_to();
    let now = house.get(&path).await.expect(200);
    assert!(now.contains("<h1>Somebody else</h1>") && !now.contains("This is the past"), "{now}");
    let positions = positions(&now, &lead);
    assert!(positions.len() >= 4, "{positions:?}");
    assert!(positions.is_sorted_by(|newer, older| newer > older), "{positions:?}");
    let first = positions.last().copied().unwrap();

    let then = house.get(&format!("{path}?at={first}")).await.expect(200);
    for told in [
        "This is the past.",
        "<h1>Asha &lt;b&gt;Rao&lt;/b&gt;</h1>",
        "Enrolled in",
        "Back to now",
        "Record 1 of",
    ] {
        assert!(then.contains(told), "{told}: {then}");
    }
    for later in [
        "Somebody else",
        "Held:",
        "Why is it here",
        "Remove this lead",
        "Save",
        "data-topics=\"lead",
    ] {
        assert!(!then.contains(later), "{later}: {then}");
    }
    // The newest record is now, and one before the first is the first.
    let newest = house.get(&format!("{path}?at={}", positions[0])).await.expect(200);
    assert!(!newest.contains("This is the past."), "{newest}");
    let before = house.get(&format!("{path}?at=0")).await.expect(200);
    assert!(before.contains("Record 1 of"), "{before}");
    house.get(&format!("{path}?at=soon")).await.expect(200);
}

#[actix_web::test]
async fn only_what_was_changed_is_written_and_kinds_of_values_stay() {
    let house = House::open();
    let (flow, lead) = campaign::open(&house, "").await;
    let path = format!("/leads/{lead}");
    let shown = format!("/v1/workflows/{flow}/leads/{lead}");
    // Somebody else was faster with the name, which this form does not change.
    let faster = json!({ "variables": { "name": "Faster" } });
    house.api("PATCH", &shown, "", faster).await;
    let fields = [
        ("value.name", "Asha"),
        ("was.name", "Asha"),
        ("value.budget", "900"),
        ("was.budget", "700"),
        ("kind.budget", "number"),
        ("value.pin", ""),
        ("was.pin", "0042"),
        ("kind.pin", "text"),
        ("new.name", "city"),
        ("new.value", "Pune"),
        ("notes", "calls\r\nback"),
        ("was-notes", ""),
        ("once", "one"),
    ];
    house.post(&format!("{path}/edit"), &fields).await.leads_to();
    let told = house.api("GET", &shown, "", json!(null)).await;
    assert_eq!(told["variables"], json!({ "name": "Faster", "budget": 900, "city": "Pune" }));
    assert_eq!(told["notes"], "calls\nback");

    // What is refused comes back with what was typed.
    let long = "x".repeat(40_000);
    let refused =
        house.post(&format!("{path}/edit"), &[("notes", long.as_str()), ("was-notes", "")]).await;
    assert!(refused.status >= 400, "{}", refused.status);
    assert!(refused.text.contains("role=\"alert\"") && refused.text.contains(&long));
}

#[actix_web::test]
async fn a_reader_sees_no_buttons_and_is_refused_and_noted() {
    let house = House::open();
    let key = house.key(false, &["read", "operate", "resolve", "ingest", "audit"]).await;
    let (_, lead) = campaign::held(&house, &key).await;
    let path = format!("/leads/{lead}");
    house.log_in(&house.key(false, &["read"]).await).await.leads_to();
    let page = house.get(&path).await.expect(200);
    for button in ["Resolve as", "Call again", "Remove", "Save", "Put it at"] {
        assert!(!page.contains(button), "{button}: {page}");
    }
    for (place, field) in [
        ("resolve", ("output", "DNP")),
        ("move", ("node", "x")),
        ("remove", ("once", "1")),
        ("edit", ("notes", "x")),
        ("erase", ("sure", "on")),
    ] {
        house.post(&format!("{path}/{place}"), &[field]).await.expect(403);
    }
    house.forget();
    let refused = house.api("GET", "/v1/refused-actions", &key, json!(null)).await;
    let mut actions: Vec<_> = refused["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|item| item["action"].as_str())
        .collect();
    actions.sort_unstable();
    assert_eq!(
        actions,
        ["lead.act_on_many", "lead.edit", "lead.erase", "lead.remove", "lead.resolve"]
    );

    // With the key that may, the buttons are there; a stranger sees no such lead.
    house.log_in(&key).await.leads_to();
    assert!(house.get(&path).await.expect(200).contains("Resolve as DNP"));
    house.forget();
    house.log_in(&house.key(true, &["read", "operate", "resolve", "admin"]).await).await.leads_to();
    house.get(&path).await.expect(404);
    house.post(&format!("{path}/remove"), &[("once", "2")]).await.expect(404);
    house.post(&format!("{path}/erase"), &[("sure", "on")]).await.expect(404);
}

#[actix_web::test]
async fn a_removed_lead_is_erased_and_nothing_personal_is_left_at_any_record() {
    let house = House::open();
    let (_, lead) = campaign::held(&house, "").await;
    let path = format!("/leads/{lead}");
    let early = house.post(&format!("{path}/erase"), &[("sure", "on")]).await;
    assert_eq!(early.status, 409, "{}", early.text);
    house.post(&format!("{path}/remove"), &[("once", "one")]).await.leads_to();
    let removed = house.get(&path).await.expect(200);
    assert!(removed.contains("The lead was removed") && removed.contains("Erase…"), "{removed}");
    let unsure = house.post(&format!("{path}/erase"), &[]).await;
    assert!(unsure.expect(400).contains("tick the box"));
    house.post(&format!("{path}/erase"), &[("sure", "on")]).await.leads_to();

    let now = house.get(&path).await.expect(200);
    assert!(now.contains("What is personal was erased"), "{now}");
    let positions = positions(&now, &lead);
    let mut pages = vec![now];
    for position in &positions {
        pages.push(house.get(&format!("{path}?at={position}")).await.expect(200));
    }
    pages.push(house.get("/calls").await.expect(200));
    pages
        .push(house.get(&format!("/calls/call_{}_1", lead.trim_start_matches("lead_"))).await.text);
    for page in pages {
        for personal in ["Asha", "98765", "0042"] {
            assert!(!page.contains(personal), "{personal}: {page}");
        }
    }
}

#[actix_web::test]
async fn people_are_found_by_number() {
    let house = House::open();
    let (_, lead) = campaign::open(&house, "").await;
    let found = house.get("/leads?phone=%2B91%2098765%2043210").await;
    assert_eq!(found.leads_to(), format!("/leads/{lead}"));
    assert_eq!(
        house.get("/leads?phone=98765%2043210&country=in").await.leads_to(),
        format!("/leads/{lead}")
    );
    campaign::open(&house, "").await;
    let both = house.get("/leads?phone=+919876543210").await.expect(200);
    assert!(both.contains("2 leads") && both.contains(&lead), "{both}");
    let nobody = house.get("/leads?phone=%2B12125550123").await.expect(200);
    assert!(nobody.contains("Nobody with this number"), "{nobody}");
    let wrong = house.get("/leads?phone=%3Cscript%3E").await.expect(200);
    assert!(wrong.contains("role=\"alert\"") && wrong.contains("&lt;script&gt;"), "{wrong}");
    house.get("/leads").await.expect(200);
    house.get("/leads/nonsense").await.expect(404);
}
