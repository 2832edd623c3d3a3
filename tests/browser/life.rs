//! The life of a workflow by its buttons, with a carrier that claims and reports over the API.

use serde_json::json;

use crate::{browser::Browser, campaign, server::Server, tab::number};

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_is_activated_paused_resumed_cancelled_and_duplicated() {
    let server = Server::serve().await;
    let (workflow, leads) = campaign::draft(&server, "Spring offer", &["Asha", "Bo", "Cem"]).await;
    let counted =
        |key: &str, count: u64| format!("{} === {count}", number(&format!("{workflow}.{key}")));
    let browser = Browser::open().await;
    let tab = browser.tab(&server, &format!("/workflows/{workflow}")).await;

    // Before the button is pressed the page says what it does.
    tab.press_to("Activate…").await;
    tab.until_says("3 leads that have not started").await;
    tab.press_to("Activate now").await;
    tab.until_says("The workflow is active").await;
    tab.mark().await;
    let calls = campaign::claim(&server, 3).await;
    tab.until(&counted("calls", 3)).await;
    assert!(tab.is_marked().await, "the page was loaded again");

    // Calls in progress finish; what they decide waits.
    tab.press_to("Deactivate…").await;
    tab.until_says("3 calls in progress").await;
    tab.press_to("Pause now").await;
    tab.until_says("The workflow is paused").await;
    tab.mark().await;
    let (call, called) = &calls[0];
    campaign::report(&server, call, "completed").await;
    tab.until(&counted("calls", 2)).await;
    tab.until(&counted("held.workflow_paused", 1)).await;
    tab.until(&counted("completed", 0)).await;
    assert!(tab.is_marked().await, "the page was loaded again");
    assert!(leads.contains(called));
    assert_eq!(
        server.get(&format!("/v1/workflows/{workflow}/leads/{called}")).await["status"],
        "active"
    );

    tab.press_to("Resume").await;
    tab.until_says("The workflow goes on").await;
    tab.until(&counted("completed", 1)).await;

    tab.press("More").await;
    tab.press_to("Cancel for good…").await;
    tab.until_says("2 calls in progress").await;
    tab.press_to("Cancel for good").await;
    tab.until_says("The workflow is cancelled for good").await;

    tab.press_to("Duplicate").await;
    tab.until_says("This is the copy").await;
    let copy = tab.path().await;
    let copy = copy.trim_start_matches("/workflows/").split('?').next().unwrap_or_default();
    assert_ne!(copy, workflow);
    let told = server.get(&format!("/v1/workflows/{copy}")).await;
    assert_eq!(told["status"], "draft");
    let nobody = server.get(&format!("/v1/workflows/{copy}/leads")).await;
    assert_eq!(nobody["data"], json!([]));
    let nodes = |graph: serde_json::Value| graph["nodes"].as_array().map(Vec::len);
    let graph = server.get(&format!("/v1/workflows/{copy}/graph")).await;
    assert_eq!(nodes(graph), nodes(campaign::short_graph()));
}
