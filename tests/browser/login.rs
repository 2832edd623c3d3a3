//! Who may see the pages, and who may press.

use crate::{browser::Browser, campaign, server::Server};

const KEY: &str = "#key";

/// All that pages ask for.
const SCOPES: [&str; 4] = ["read", "operate", "resolve", "ingest"];

#[tokio::test(flavor = "multi_thread")]
async fn a_key_opens_the_pages_until_its_holder_logs_out() {
    let mut server = Server::serve().await;
    let key = server.make_key("operator", &SCOPES).await;
    server.use_key(&key);
    let (workflow, _) = campaign::draft(&server, "Spring offer", &["Asha"]).await;
    let browser = Browser::open().await;

    let there = format!("/workflows/{workflow}/insights");
    let tab = browser.tab(&server, &there).await;
    assert!(tab.path().await.starts_with("/login?next="));
    tab.type_into(KEY, "key_00000000-0000-7000-8000-000000000009:bls_wrong").await;
    tab.press_to("Log in").await;
    tab.until("document.querySelector('[role=alert]')").await;
    // The browser itself notes that the answer was 401.
    browser.hears("401").await;

    tab.type_into(KEY, &key).await;
    tab.press_to("Log in").await;
    assert_eq!(tab.path().await, there);
    tab.open("/").await;
    tab.until_says("Spring offer").await;
    assert_eq!(tab.count("a[href='/workflows/new']").await, 1);

    tab.press_to("Log out").await;
    assert!(tab.path().await.starts_with("/login"));
    tab.open("/").await;
    assert!(tab.path().await.starts_with("/login"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_only_reads_has_no_buttons() {
    let mut server = Server::serve().await;
    let reads = server.make_key("reader", &["read"]).await;
    let writes = server.make_key("operator", &SCOPES).await;
    server.use_key(&writes);
    let (workflow, leads) = campaign::draft(&server, "Spring offer", &["Asha"]).await;
    let paths = [
        "/".into(),
        format!("/workflows/{workflow}"),
        format!("/leads/{}", leads[0]),
        "/calls".into(),
    ];
    let browser = Browser::open().await;
    let tab = browser.tab(&server, "/").await;
    tab.type_into(KEY, &reads).await;
    tab.press_to("Log in").await;
    for path in &paths {
        tab.open(path).await;
        assert_eq!(tab.path().await, *path);
        let buttons = "main form[method=post], main a.button.primary";
        assert_eq!(tab.count(buttons).await, 0, "{path}");
    }
    // Who forces it is refused, and nothing has happened.
    let forced = format!(
        "fetch('/workflows/{workflow}/activate', {{ method: 'POST', \
         headers: {{ 'content-type': 'application/x-www-form-urlencoded' }}, body: 'once=1' }})\
         .then((answer) => answer.status)"
    );
    assert_eq!(tab.ask::<u16>(&forced).await, 403);
    browser.hears("403").await;
    let told = server.get(&format!("/v1/workflows/{workflow}")).await;
    assert_eq!(told["status"], "draft");

    // The same pages have buttons for who may press them.
    tab.press_to("Log out").await;
    tab.type_into(KEY, &writes).await;
    tab.press_to("Log in").await;
    tab.open(&paths[1]).await;
    assert!(tab.count("main a.button.primary").await > 0);
}
