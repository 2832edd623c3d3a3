//! Who sees pages: everybody as long as there is no key, then who logs in with one.

use actix_web::test::TestRequest;
use serde_json::json;

use crate::house::House;

#[actix_web::test]
async fn without_keys_everybody_sees_the_pages() {
    let house = House::open();
    assert_eq!(house.get("/login").await.leads_to(), "/");
    let page = house.get("/").await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'self'") && !policy.contains("unsafe"), "{policy}");
    assert!(page.expect(200).contains("no key needed"));
}

#[actix_web::test]
async fn with_keys_a_login_is_needed_and_opens_the_api_to_the_scripts_of_the_page() {
    let house = House::open();
    house.draft("Spring").await;
    let key = house.key(false, &["read"]).await;
    let away = house.get("/?status=draft").await;
    assert_eq!(away.leads_to(), "/login?next=/%3Fstatus%3Ddraft");
    assert!(!away.text.contains("Spring"));
    let form = house.get("/login?next=/%3Fstatus%3Ddraft").await.expect(200);
    assert!(form.contains("value=\"/?status=draft\""), "{form}");

    let refused = house.log_in(&key.replace("bls_", "bls_0")).await;
    assert!(refused.header("set-cookie").is_empty());
    assert!(refused.expect(401).contains("API key that is live"));

    let opened = house.post("/login", &[("key", &key), ("next", "/?status=draft")]).await;
    assert_eq!(opened.leads_to(), "/?status=draft");
    let cookie = opened.header("set-cookie");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite"), "{cookie}");
    assert!(!cookie.contains("bls_"), "{cookie}");
    assert!(house.get("/").await.expect(200).contains("Spring"));
    house.get("/v1/workflows").await.expect(200);

    assert_eq!(house.post("/logout", &[]).await.leads_to(), "/login?notice=logged-out");
    assert_eq!(house.get("/").await.leads_to(), "/login");
    house.get("/v1/workflows").await.expect(401);
}

#[actix_web::test]
async fn a_session_is_worth_its_key_and_no_more() {
    let house = House::open();
    let admin = house.key(false, &["admin"]).await;
    let ingest = house.key(false, &["ingest"]).await;
    assert!(house.log_in(&ingest).await.expect(403).contains("read"));
    let reader = house.key(false, &["read"]).await;
    house.log_in(&reader).await.leads_to();
    // It cannot write by the API either.
    let request = TestRequest::post().uri("/v1/workflows").set_json(json!({ "title": "x" }));
    house.send(request).await.expect(403);
    assert!(!house.get("/").await.expect(200).contains("New workflow"));
    // A key of its own counts, not the session.
    let wrong =
        TestRequest::get().uri("/v1/workflows").insert_header(("authorization", "Bearer x"));
    house.send(wrong).await.expect(401);
    let id = reader.split(':').next().unwrap();
    house.api("DELETE", &format!("/v1/keys/{id}"), &admin, json!(null)).await;
    assert_eq!(house.get("/").await.leads_to(), "/login");
    house.get("/v1/workflows").await.expect(401);
}

#[actix_web::test]
async fn a_page_of_another_site_does_nothing_with_the_session() {
    let house = House::open();
    let key = house.key(false, &["read", "operate"]).await;
    house.log_in(&key).await.leads_to();
    for origin in ["https://evil.example", "null"] {
        for path in ["/v1/workflows", "/logout", "/login"] {
            let request = TestRequest::post()
                .uri(path)
                .insert_header(("host", "127.0.0.1:8080"))
                .insert_header(("origin", origin))
                .set_json(json!({ "title": "x" }));
            let refused = house.send(request).await.expect(403);
            assert!(refused.contains("cross_site"), "{path}: {refused}");
        }
    }
    let rebound = TestRequest::get().uri("/v1/workflows").insert_header(("host", "evil.example"));
    assert!(house.send(rebound).await.expect(403).contains("foreign_host"));
    house.get("/").await.expect(200);
}

#[actix_web::test]
async fn nothing_of_another_organisation_is_on_a_page() {
    let house = House::open();
    house.draft("Ours alone").await;
    let foreign = house.key(true, &["read", "operate"]).await;
    house.log_in(&foreign).await.leads_to();
    let page = house.get("/").await.expect(200);
    assert!(!page.contains("Ours alone") && page.contains("No workflow yet"), "{page}");
    house.forget();
    assert_eq!(house.get("/").await.leads_to(), "/login");
}
