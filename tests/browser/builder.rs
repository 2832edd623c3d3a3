//! A workflow from nothing, with the mouse: nine steps, their ways, their settings; then it runs.

use serde_json::{Value, json};

use crate::{
    browser::Browser,
    campaign,
    server::Server,
    tab::{Tab, Theme},
};

/// Steps in the order in which they are put down, with their place as parts of the canvas.
const STEPS: [(&str, f64, f64); 9] = [
    ("VOICE_CALL", 0.50, 0.07),
    ("CONDITIONAL", 0.20, 0.27),
    ("TIME", 0.50, 0.27),
    ("VOICE_CALL", 0.50, 0.47),
    ("TIME", 0.20, 0.50),
    ("TIME", 0.50, 0.65),
    ("VOICE_CALL", 0.50, 0.82),
    ("CONVERTED", 0.20, 0.82),
    ("DROPPED", 0.82, 0.82),
];

/// From which step, out of which port, to which step.
const WAYS: [(usize, &str, usize); 14] = [
    (1, "COMPLETED", 2),
    (1, "DNP", 3),
    (1, "FAILED", 9),
    (2, "true", 8),
    (2, "false", 5),
    (3, "next", 4),
    (4, "COMPLETED", 2),
    (4, "DNP", 6),
    (4, "FAILED", 9),
    (5, "next", 7),
    (6, "next", 7),
    (7, "COMPLETED", 8),
    (7, "DNP", 9),
    (7, "FAILED", 9),
];

#[tokio::test(flavor = "multi_thread")]
async fn nine_steps_are_drawn_with_the_mouse_and_run() {
    let server = Server::serve().await;
    let browser = Browser::open().await;
    let tab = browser.tab(&server, "/").await;
    tab.look(1400, 950, Theme::Light).await;
    tab.press_to("New workflow").await;
    tab.type_into("#title", "Drawn by hand").await;
    tab.press_to("Create, and draw its graph").await;
    tab.until("!document.getElementById('builder').hidden").await;
    let path = tab.path().await;
    let workflow = path.split('/').nth(2).expect("the address names the workflow").to_owned();

    draw(&tab).await;
    configure(&tab).await;
    tab.until("document.querySelector('#problems h2')?.innerText.startsWith('No problems')").await;
    let place = "document.querySelector('.b-node').getAttribute('transform')";
    let before: Value = tab.ask(place).await;
    tab.press_at("#tidy").await;
    tab.until(&format!("{place} !== {before}")).await;
    tab.press_at("#save").await;
    tab.until("document.getElementById('state').innerText === 'Revision 1'").await;
    let graph = server.get(&format!("/v1/workflows/{workflow}/graph")).await;
    assert_eq!(graph["nodes"].as_array().map(Vec::len), Some(STEPS.len()));
    assert_eq!(graph["edges"].as_array().map(Vec::len), Some(WAYS.len()));

    // It runs: who is offered more than 499 and listens to the end is won.
    let lead = json!({ "phone_number": "+12025550123", "variables": { "budget": 500 } });
    server.post(&format!("/v1/workflows/{workflow}/leads"), json!({ "leads": [lead] })).await;
    tab.open(&format!("/workflows/{workflow}/activate")).await;
    tab.press_to("Activate now").await;
    tab.until_says("The workflow is active").await;
    tab.mark().await;
    let (call, lead) = campaign::claim(&server, 1).await.remove(0);
    campaign::report(&server, &call, "completed").await;
    let won = crate::tab::number(&format!("{workflow}.completed"));
    tab.until(&format!("{won} === 1")).await;
    assert!(tab.is_marked().await, "the page was loaded again");
    assert_eq!(
        server.get(&format!("/v1/workflows/{workflow}/leads/{lead}")).await["status"],
        "completed"
    );
}

async fn draw(tab: &Tab) {
    for _ in 0..3 {
        tab.press_at("#zoom-out").await;
    }
    let drawn =
        "new Set([...document.querySelectorAll('.b-node')].map((one) => one.dataset.step)).size";
    for (number, (kind, across, down)) in (1..).zip(STEPS) {
        let from = tab.middle_of(&format!(".b-kind[data-kind={kind}]")).await;
        let canvas = "document.getElementById('canvas').getBoundingClientRect()";
        let (x, y, width, height): (f64, f64, f64, f64) = tab
            .ask(&format!("(({{ x, y, width, height }}) => [x, y, width, height])({canvas})"))
            .await;
        tab.drag(from, (x + width * across, y + height * down)).await;
        tab.until(&format!("{drawn} === {number}")).await;
    }
    for (number, (from, port, to)) in (1..).zip(WAYS) {
        let port = format!(".b-port[data-from=new-{from}][data-port={}]", json!(port));
        let (start, end) = (tab.middle_of(&port).await, tab.middle_of(&step(to)).await);
        tab.drag(start, end).await;
        tab.until(&format!("document.querySelectorAll('.b-wire').length === {number}")).await;
    }
}

fn step(number: usize) -> String {
    format!(".b-node[data-step=new-{number}]")
}

/// Says what each step needs to know.
async fn configure(tab: &Tab) {
    for call in [1, 4, 7] {
        tab.press_at(&step(call)).await;
        tab.type_into("#config-from_phone_number", "+12025550100").await;
    }
    tab.press_at(&step(2)).await;
    tab.type_into(".b-condition [name$='.field']", "lead.budget").await;
    tab.choose(".b-condition [name$='.operator']", "greater_than").await;
    tab.type_into(".b-condition [name$='.value']", "499").await;
    for wait in [3, 5, 6] {
        tab.press_at(&step(wait)).await;
        tab.type_into("#config-duration", "2").await;
        tab.choose("#config-unit", "hours").await;
    }
    let _: Value = tab.ask("document.activeElement.blur()").await;
}
