//! Names that look like scripts, and whether these tests would notice what they look for.

use serde_json::json;

use crate::{
    browser::Browser,
    campaign,
    every_page::{Names, patterns},
    server::Server,
};

const HOSTILE: [&str; 4] = [
    "<script>window.branchlineBroken = 1; alert(1)</script>",
    "\"><img src=x onerror=\"window.branchlineBroken = 1; alert(2)\">",
    "'-window.branchlineBroken=1-'{{7*7}}${7*7}</title></textarea></svg><svg onload=alert(3)>",
    "javascript:alert(4)",
];

#[tokio::test(flavor = "multi_thread")]
async fn names_that_look_like_scripts_stay_text() {
    let server = Server::serve().await;
    let title = HOSTILE[0];
    let made =
        server.post("/v1/workflows", json!({ "title": title, "description": HOSTILE[1] })).await;
    let workflow = campaign::word(&made["id"]);
    let mut graph = campaign::short_graph();
    for (node, name) in graph["nodes"].as_array_mut().expect("nodes").iter_mut().zip(HOSTILE) {
        node["label"] = json!(name);
    }
    server.put_graph(&workflow, &graph).await;
    let leads = HOSTILE.iter().enumerate().map(|(number, name)| {
        json!({ "phone_number": format!("+9198765{number:05}"), "variables": { "name": name, "x": name } })
    });
    let enrolled = server
        .post(
            &format!("/v1/workflows/{workflow}/leads"),
            json!({ "leads": leads.collect::<Vec<_>>() }),
        )
        .await;
    server.act(&format!("/v1/workflows/{workflow}/activate")).await;
    let calls = campaign::claim(&server, HOSTILE.len()).await;
    let (call, _) = &calls[0];
    let attributes = json!({ "status": "completed", "attributes": { "note": HOSTILE[1] } });
    server.post(&format!("/v1/call-logs/{call}/status"), attributes).await;
    let lead = campaign::word(&enrolled["lead_ids"][1]);

    let browser = Browser::open().await;
    let tab = browser.tab(&server, "/").await;
    tab.until_says(title).await;
    let names = Names { workflow, lead, call: call.clone() };
    let mut paths: Vec<String> =
        patterns().into_iter().map(|pattern| names.fill(pattern)).collect();
    paths.push(format!("/workflows/{}/edit?forms=1", names.workflow));
    paths.retain(|path| path != "/login");
    for path in paths {
        tab.open(&path).await;
        assert_eq!(tab.path().await, path);
        assert!(!tab.ask::<bool>("'branchlineBroken' in window").await, "{path} ran a name");
        let made = "img[src=x], svg[onload], a[href^='javascript:' i], [onerror]";
        assert_eq!(tab.count(made).await, 0, "{path} made an element of a name");
    }
    tab.open(&format!("/leads/{}", names.lead)).await;
    tab.until_says(HOSTILE[1]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_pages_complain_of_is_heard() {
    let server = Server::serve().await;
    let browser = Browser::open().await;
    let tab = browser.tab(&server, "/").await;
    let planted: [(&str, &str); 5] = [
        ("console.error('planted'), true", "planted"),
        ("setTimeout(() => { throw new Error('thrown') }), true", "thrown"),
        (
            "document.body.append(Object.assign(document.createElement('script'), { text: '1' })), true",
            "Content Security Policy",
        ),
        ("fetch('https://example.com/').catch(() => true)", "Content Security Policy"),
        ("setTimeout(() => alert('asked')), true", "dialog: asked"),
    ];
    for (script, expected) in planted {
        let _: bool = tab.ask(script).await;
        browser.hears(expected).await;
    }
}
