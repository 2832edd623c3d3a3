//! One lead, from what needs attention to what helps.

use crate::{browser::Browser, campaign, server::Server};

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_that_is_held_is_found_explained_and_helped() {
    let server = Server::serve().await;
    let (workflow, _) = campaign::draft(&server, "Spring offer", &["Asha", "Bo"]).await;
    server.act(&format!("/v1/workflows/{workflow}/activate")).await;
    let calls = campaign::claim(&server, 2).await;
    let (call, held) = &calls[1];
    // Which of the outcomes it was, nobody can say but a person.
    campaign::report(&server, call, "cancelled").await;

    let browser = Browser::open().await;
    let tab = browser.tab(&server, "/").await;
    tab.until("document.querySelector('#attention a')").await;
    tab.press_at_to("#attention a").await;
    assert!(tab.path().await.starts_with(&format!("/workflows/{workflow}/leads?hold=")));
    assert_eq!(tab.count("tbody tr").await, 1);
    tab.press_at_to("tbody a[href^='/leads/']").await;
    assert_eq!(tab.path().await, format!("/leads/{held}"));

    tab.until_says("Why is it here").await;
    let told = server.get(&format!("/v1/workflows/{workflow}/leads/{held}/explain")).await;
    assert_eq!(told["guards"][0]["code"], "review_required", "{told}");
    tab.press_to("Resolve as COMPLETED").await;
    tab.until("document.body.innerText.includes('Converted')").await;
    assert_eq!(
        server.get(&format!("/v1/workflows/{workflow}/leads/{held}")).await["status"],
        "completed"
    );

    // Back where it began, nobody needs anything.
    tab.open("/").await;
    tab.until("!document.querySelector('#attention a')").await;
}
