//! How the engine is, and the keys of the organisation.

use serde_json::Value;

use crate::house::House;

/// What the one page that shows a secret shows.
fn credentials(page: &str) -> String {
    let part = page.split("id=\"credentials\" value=\"").nth(1);
    part.unwrap_or_else(|| panic!("no secret in {page}")).split('"').next().unwrap().to_owned()
}

#[actix_web::test]
async fn whoever_needs_no_key_sees_the_whole_machine() {
    let house = House::open();
    house.draft("Spring").await;
    let page = house.get("/system").await.expect(200);
    for part in ["ready", "Root of its hash tree", "Memory", "no key to sign with", "1 draft"] {
        assert!(page.contains(part), "{part} in {page}");
    }
}

#[actix_web::test]
async fn the_newest_records_are_checked_by_a_button() {
    let house = House::open();
    house.draft("Spring").await;
    assert!(house.get("/system").await.expect(200).contains("were not checked since the start"));
    let answer = house.post("/system/check", &[]).await;
    assert_eq!(answer.leads_to(), "/system?notice=checked");
    let page = house.get("/system").await.expect(200);
    assert!(page.contains("sound</span> records 1 to 1"), "{page}");
}

#[actix_web::test]
async fn one_of_several_organisations_sees_only_its_own() {
    let house = House::open();
    let ours = house.key(false, &["read", "audit", "admin"]).await;
    house.log_in(&ours).await;
    let page = house.get("/system").await.expect(200);
    assert!(page.contains("Root of its hash tree"), "it has the machine to itself: {page}");
    house.forget();

    let theirs = house.key(true, &["read", "audit", "admin"]).await;
    house.log_in(&theirs).await;
    let page = house.get("/system").await.expect(200);
    assert!(page.contains("ready") && page.contains("Leads under way"), "{page}");
    for part in ["Root of its hash tree", "Memory", "On disk", "Next wait ends", "/system/check"] {
        assert!(!page.contains(part), "{part} in {page}");
    }
    house.post("/system/check", &[]).await.expect(404);
    let key = ours.split(':').next().unwrap();
    assert!(!page.contains(key));
    house.post(&format!("/system/keys/{key}/revoke"), &[]).await.expect(404);
    house.post(&format!("/system/keys/{key}/rotate"), &[]).await.expect(404);
}

#[actix_web::test]
async fn a_key_is_made_once_shown_once_rotated_and_revoked() {
    let house = House::open();
    let admin = house.key(false, &["read", "admin"]).await;
    house.log_in(&admin).await;
    let form =
        [("name", "<b>dialler"), ("scope-read", "on"), ("scope-ingest", "on"), ("once", "one")];
    let made = house.post("/system/keys", &form).await;
    assert_eq!(made.header("cache-control"), "no-store");
    let made = credentials(&made.expect(200));
    let again = house.post("/system/keys", &form).await.expect(200);
    assert!(!again.contains("id=\"credentials\"") && again.contains("made by this form before"));

    let page = house.get("/system").await.expect(200);
    let (id, secret) = made.split_once(':').unwrap();
    assert!(page.contains(id) && page.contains("read, ingest") && !page.contains(secret));
    assert!(page.contains("&lt;b&gt;dialler") && !page.contains("<b>dialler"), "{page}");
    let keys: Value = house.api("GET", "/v1/keys", &admin, Value::Null).await;
    assert_eq!(keys["data"].as_array().unwrap().len(), 2);
    house.api("GET", "/v1/workflows", &made, Value::Null).await;

    let next = house.post(&format!("/system/keys/{id}/rotate"), &[("once", "two")]).await;
    let next = credentials(&next.expect(200));
    house.api("GET", "/v1/workflows", &next, Value::Null).await;

    let next_id = next.split(':').next().unwrap();
    let revoked = house.post(&format!("/system/keys/{next_id}/revoke"), &[]).await;
    assert_eq!(revoked.leads_to(), "/system?notice=key-revoked");
    let keys: Value = house.api("GET", "/v1/keys", &admin, Value::Null).await;
    let status = |id: &str| {
        let key = keys["data"].as_array().unwrap().iter().find(|key| key["id"] == id);
        key.unwrap()["status"].as_str().unwrap().to_owned()
    };
    assert_eq!((status(id), status(next_id)), ("live".into(), "revoked".into()));
}

#[actix_web::test]
async fn what_is_wrong_with_a_new_key_stands_beside_its_form() {
    let house = House::open();
    let page = house.post("/system/keys", &[("name", "dialler"), ("days", "soon")]).await;
    let page = page.expect(400);
    assert!(page.contains("value=\"dialler\"") && page.contains("value=\"soon\""), "{page}");
    assert!(page.contains("a whole number from 1 to 3650"), "{page}");
    house.post("/system/keys", &[("scope-read", "on")]).await.expect(400);
    // Without a scope it could do nothing: the rules say so, not the page.
    let page = house.post("/system/keys", &[("name", "nothing")]).await;
    assert!((400..500).contains(&page.status), "{} {}", page.status, page.text);
}

#[actix_web::test]
async fn who_may_not_change_keys_sees_no_button_and_is_refused() {
    let house = House::open();
    let auditor = house.key(false, &["read", "audit"]).await;
    let reader = house.key(false, &["read"]).await;
    house.log_in(&auditor).await;
    let page = house.get("/system").await.expect(200);
    assert!(page.contains("API keys") && !page.contains("Make the key"), "{page}");
    assert!(!page.contains("/revoke"));
    let id = reader.split(':').next().unwrap();
    house.post(&format!("/system/keys/{id}/revoke"), &[]).await.expect(403);
    house.forget();
    house.log_in(&reader).await;
    let page = house.get("/system").await.expect(200);
    assert!(!page.contains("API keys") && !page.contains("/system/check"), "{page}");
    house.post("/system/check", &[]).await.expect(403);
}

#[actix_web::test]
async fn the_first_key_closes_the_door_and_says_so() {
    let house = House::open();
    let form = [("name", "first"), ("scope-read", "on"), ("scope-admin", "on")];
    let page = house.post("/system/keys", &form).await.expect(200);
    assert!(page.contains("It is the first key"), "{page}");
    assert!(house.get("/system").await.leads_to().starts_with("/login"));
    house.log_in(&credentials(&page)).await;
    assert!(house.get("/system").await.expect(200).contains("(you)"));
}
