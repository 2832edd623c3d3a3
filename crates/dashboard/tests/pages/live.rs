//! What keeps pages fresh.

use crate::house::House;

#[actix_web::test]
async fn the_workflows_that_the_first_page_shows_are_those_that_are_told_of() {
    let house = House::open();
    let oldest = house.draft("Oldest").await;
    for number in 2..=50 {
        house.draft(&format!("Number {number}")).await;
    }
    let newest = house.draft("Newest").await;
    let page = house.get("/").await.expect(200);
    let told = house.beginning("/live?topic=overview", "event: counts").await;
    for (id, shown) in [(&newest, true), (&oldest, false)] {
        let key = format!("{id}.active");
        assert_eq!(page.contains(&key), shown, "{id}");
        assert_eq!(told.contains(&key), shown, "{id}: {told}");
    }
    // A page of others names them itself.
    let drafts = house.get("/?status=draft").await.expect(200);
    assert!(drafts.contains(&format!("workflow:{newest}")), "{drafts}");
}
