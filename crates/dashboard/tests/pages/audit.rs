//! What was done, by whom.

use serde_json::{Value, json};

use crate::house::House;

/// A workflow with some history: named, renamed often.
async fn renamed(house: &House, times: usize) -> String {
    let id = house.draft("Spring").await;
    for number in 0..times {
        let body = json!({ "title": format!("Spring {number}.") });
        house.api("PATCH", &format!("/v1/workflows/{id}"), "", body).await;
    }
    id
}

fn older(page: &str) -> String {
    let link = page.split("href=\"").filter_map(|part| part.split('"').next());
    let found = link.filter(|link| link.contains("before=")).last();
    found.unwrap().replace("&amp;", "&")
}

#[actix_web::test]
async fn what_was_done_is_told_in_words_the_newest_first() {
    let house = House::open();
    let id = renamed(&house, 2).await;
    let page = house.get("/audit").await.expect(200);
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text} in {page}"));
    assert!(at("Spring 1.</strong> from now on") < at("Spring 0.</strong> from now on"));
    assert!(at("Spring 0.</strong> from now on") < at("Created as "));
    assert!(page.contains("somebody without a key") && page.contains("asked for by request"));
    assert!(page.contains(&format!("href=\"/workflows/{id}\"")));
}

#[actix_web::test]
async fn older_records_are_on_older_pages_each_once() {
    let house = House::open();
    renamed(&house, 130).await;
    let (mut path, mut seen, mut pages) = ("/audit".to_owned(), Vec::new(), 0);
    loop {
        let page = house.get(&path).await.expect(200);
        let titles = page.split("Called <strong>").skip(1);
        seen.extend(titles.map(|part| part.split('<').next().unwrap().to_owned()));
        pages += 1;
        if !page.contains(">Older</a>") {
            break;
        }
        path = older(&page);
    }
    let expected: Vec<String> = (0..130).rev().map(|number| format!("Spring {number}.")).collect();
    assert_eq!((seen, pages), (expected, 3));
}

#[actix_web::test]
async fn records_are_found_by_what_who_and_when() {
    let house = House::open();
    let (one, two) = (renamed(&house, 1).await, house.draft("Autumn").await);
    let shown = async |query: &str| {
        let page = house.get(&format!("/audit?{query}")).await.expect(200);
        (page.contains("Created as <strong>Spring"), page.contains("Created as <strong>Autumn"))
    };
    assert_eq!(shown("kind=workflow").await, (true, true));
    assert_eq!(shown("kind=call").await, (false, false));
    assert_eq!(shown(&format!("workflow={one}")).await, (true, false));
    assert_eq!(shown(&format!("workflow={two}&by=api")).await, (false, true));
    assert_eq!(shown("by=engine").await, (false, false));
    assert_eq!(shown("from=2020-01-01").await, (true, true));
    assert_eq!(shown("until=2020-01-01+10:00").await, (false, false));
    assert_eq!(shown("from=2999-01-01").await, (false, false));
    let lead = "lead_00000000-0000-0000-0000-000000000001";
    assert_eq!(shown(&format!("lead={lead}")).await, (false, false));
}

#[actix_web::test]
async fn what_cannot_be_read_comes_back_with_what_was_typed() {
    let house = House::open();
    let page = house.get("/audit?from=yesterday&by=%3Cb%3E").await.expect(400);
    assert!(page.contains("value=\"yesterday\"") && page.contains("this is no time"), "{page}");
    assert!(page.contains("&lt;b&gt;") && !page.contains("<b>"), "{page}");
    house.get("/audit?workflow=spring").await.expect(400);
}

#[actix_web::test]
async fn names_that_look_like_scripts_are_text_in_the_audit() {
    let house = House::open();
    house.draft("<script>alert(1)</script>").await;
    let page = house.get("/audit").await.expect(200);
    assert!(page.contains("&lt;script&gt;alert") && !page.contains("<script>alert"), "{page}");
}

#[actix_web::test]
async fn others_and_keys_are_seen_by_whom_they_are_for() {
    let house = House::open();
    house.draft("Ours").await;
    let (reader, auditor) =
        (house.key(false, &["read"]).await, house.key(false, &["read", "audit"]).await);
    let stranger = house.key(true, &["read", "audit"]).await;

    house.log_in(&reader).await;
    let page = house.get("/audit").await.expect(200);
    assert!(page.contains("Ours") && !page.contains("/audit/refused"), "{page}");
    assert!(!page.contains("for read"), "what happens to keys is for who may see keys: {page}");
    let refused = house.post("/system/keys", &[("name", "mine")]).await;
    refused.expect(403);
    house.get("/audit/refused").await.expect(403);
    house.forget();

    house.log_in(&auditor).await;
    let page = house.get("/audit").await.expect(200);
    assert!(page.contains("Ours") && page.contains("made, for read"), "{page}");
    let page = house.get("/audit/refused").await.expect(200);
    assert!(page.contains("key.create") && page.contains("scope_missing"), "{page}");
    house.forget();

    house.log_in(&stranger).await;
    let page = house.get("/audit").await.expect(200);
    assert!(!page.contains("Ours") && page.contains("made, for read, audit"), "{page}");
    let page = house.get("/audit/refused").await.expect(200);
    assert!(!page.contains("key.create"), "{page}");
    let all: Value = house.api("GET", "/v1/keys", &stranger, Value::Null).await;
    assert_eq!(all["data"].as_array().unwrap().len(), 1);
}
