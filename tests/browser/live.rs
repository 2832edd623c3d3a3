//! Pages that stay fresh by themselves.

use crate::{
    browser::Browser,
    campaign,
    server::Server,
    tab::{Tab, number},
};

async fn count(tab: &Tab, key: &str) -> u64 {
    tab.ask(&number(key)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_runs_and_its_counts_move_without_a_reload() {
    let server = Server::demo(&["--leads", "1000", "--speed", "3600"]).await;
    let browser = Browser::open().await;
    let tab = browser.tab(&server, "/").await;
    tab.until(&format!("{} > 0", number("all.active"))).await;
    tab.mark().await;
    let before = count(&tab, "all.completed").await;
    tab.until(&format!("{} > {before} + 5", number("all.completed"))).await;
    assert!(tab.is_marked().await, "the page was loaded again");

    // The workflow's page, by the way that people go.
    tab.press_at_to("#workflows tbody a").await;
    assert!(tab.path().await.starts_with("/workflows/"));
    tab.mark().await;
    let numbers =
        "[...document.querySelectorAll('[data-live]')].map((one) => one.textContent).join()";
    let before: serde_json::Value = tab.ask(numbers).await;
    tab.until(&format!("{numbers} !== {before}")).await;
    assert!(tab.is_marked().await, "the page was loaded again");
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_tabs_are_fresh_at_once() {
    let server = Server::serve().await;
    let (workflow, _) = campaign::draft(&server, "Spring offer", &["Asha", "Bo", "Cem"]).await;
    let path = format!("/workflows/{workflow}");
    let browser = Browser::open().await;
    let mut tabs = Vec::new();
    // A browser opens six connections to a server: with a stream each, the seventh tab would hang.
    for path in ["/", &path].into_iter().cycle().take(8) {
        let tab = browser.tab(&server, path).await;
        tab.until("document.getElementById('live-state').innerText === 'live'").await;
        tab.mark().await;
        tabs.push(tab);
    }
    let key = format!("{workflow}.calls");
    for tab in &tabs {
        assert_eq!(count(tab, &key).await, 0);
    }
    server.act(&format!("/v1/workflows/{workflow}/activate")).await;
    campaign::claim(&server, 3).await;
    for tab in &tabs {
        tab.until(&format!("{} === 3", number(&key))).await;
        assert!(tab.is_marked().await, "the page was loaded again");
    }
    assert_eq!(browser.shared_workers().await.len(), 1);

    // Those that stay are fresh when others go.
    let last = tabs.pop().expect("eight tabs");
    for tab in tabs {
        tab.close().await;
    }
    server.act(&format!("/v1/workflows/{workflow}/cancel")).await;
    last.until("/cancelled/i.test(document.getElementById('workflow-head').innerText)").await;
    assert!(last.is_marked().await, "the page was loaded again");
}
