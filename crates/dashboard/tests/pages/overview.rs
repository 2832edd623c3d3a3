//! The first page, and what all pages have.

use crate::house::House;

#[actix_web::test]
async fn an_empty_house_says_what_to_do() {
    let house = House::open();
    let page = house.get("/").await.expect(200);
    assert!(page.contains("No workflow yet") && page.contains("/workflows/new"), "{page}");
}

#[actix_web::test]
async fn names_are_text_whatever_they_look_like() {
    let house = House::open();
    house.draft("<script>alert(1)</script>").await;
    let page = house.get("/").await.expect(200);
    assert!(page.contains("&lt;script&gt;alert") && !page.contains("<script>alert"), "{page}");
}

#[actix_web::test]
async fn workflows_are_told_apart_by_status_and_come_in_pages() {
    let house = House::open();
    for number in 1..=51 {
        house.draft(&format!("Number {number}.")).await;
    }
    let first = house.get("/").await.expect(200);
    assert!(first.contains("Number 51.") && !first.contains("Number 1."));
    let next = first.split("href=\"/?cursor=").nth(1).unwrap().split('"').next().unwrap();
    let second = house.get(&format!("/?cursor={next}")).await.expect(200);
    assert!(second.contains("Number 1.") && !second.contains("Number 51."), "{second}");
    let none = house.get("/?status=active").await.expect(200);
    assert!(!none.contains("Number 51."), "{none}");
}

#[actix_web::test]
async fn what_a_page_loads_is_there_and_is_kept_by_browsers() {
    let house = House::open();
    let page = house.get("/").await.expect(200);
    let addresses = page.split('"').filter(|text| text.starts_with("/assets/"));
    let mut asked = 0;
    for address in addresses {
        let reply = house.get(address).await;
        assert!(reply.header("cache-control").contains("immutable"), "{address}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        reply.expect(200);
        asked += 1;
    }
    assert!(asked >= 4, "{page}");
    let old = house.get("/assets/0000/base.css").await;
    assert_eq!(old.header("cache-control"), "no-store");
    house.get("/assets/0000/nothing.css").await.expect(404);
    house.get("/assets/0000/..%2fCargo.toml").await.expect(404);
}

#[actix_web::test]
async fn what_is_no_page_is_told_as_before() {
    let house = House::open();
    let nothing = house.get("/nothing").await;
    assert_eq!(nothing.header("content-type"), "application/problem+json");
    nothing.expect(404);
    let other = house.post("/", &[]).await;
    assert_eq!(other.header("allow"), "GET, HEAD");
    other.expect(405);
}

#[actix_web::test]
async fn a_page_says_up_to_where_it_knows_everything() {
    let house = House::open();
    let read_from = |page: &str| {
        let digits = page.split("data-read-from=\"").nth(1).unwrap().split('"').next().unwrap();
        digits.parse::<u64>().unwrap()
    };
    let before = read_from(&house.get("/").await.expect(200));
    house.draft("Spring offer").await;
    let page = house.get("/").await.expect(200);
    assert!(page.contains("Spring offer") && read_from(&page) > before, "{page}");
}
