//! Writes every picture of the dashboard into one page, to be looked at:
//! `cargo run -p branchline-dashboard --example gallery > gallery.html`.
//! With `dark` behind it, in the dark.

#![expect(clippy::print_stdout, reason = "the page goes to the standard output")]
#![expect(clippy::indexing_slicing, reason = "JSON that is not there is `null`")]

use std::error::Error;

use branchline_dashboard::drawing::{
    charts::{
        Attempt, Figure, Hours, OutcomeRow, Row, RowKind, Series, Share, Stage, StayRow, Timeline,
        Tone, attempts, funnel, heatmap, outcomes, stays, throughput, timeline,
    },
    graph::{GraphPicture, StepCounts},
    layout::{Direction, Placement, arrange},
};
use branchline_domain::{
    graph::{CanvasPosition, Edge, Graph, GraphChange, Node, NodeConfig, NodeType},
    id::{EdgeId, NodeId},
    output::Output,
};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::{Value, json};

type Answer<T> = Result<T, Box<dyn Error>>;

/// The demo's campaign, and what else a workflow can have.
fn campaign(extra: bool) -> Answer<Graph> {
    let file: Value = serde_json::from_str(include_str!("../../../config/demo/workflow.json"))?;
    let empty = Vec::new();
    let mut nodes = file["nodes"].as_array().unwrap_or(&empty).clone();
    let mut edges = file["edges"].as_array().unwrap_or(&empty).clone();
    if extra {
        nodes.push(json!({"key": "crm", "label": "Tell the <b>CRM</b> & everybody else", "node_type": "APPLICATION",
            "config": {"http": {"method": "POST", "url": "https://crm.example/leads"}, "retry": {"max_attempts": 3}},
            "position_x": 800, "position_y": 360}));
        nodes.push(json!({"key": "city", "label": "Which city?", "node_type": "CONDITIONAL",
            "config": {"condition_field": "lead.city", "branches": ["Pune", "New Delhi and around"]},
            "position_x": 800, "position_y": 480}));
        edges.push(json!({"from": "budget", "to": "crm", "label": "true"}));
        edges.push(json!({"from": "crm", "to": "city", "label": "success"}));
        edges.push(json!({"from": "crm", "to": "crm", "label": "failure"}));
        edges.push(json!({"from": "city", "to": "later", "label": "Pune"}));
        edges.push(json!({"from": "city", "to": "lost", "label": "New Delhi and around"}));
    }
    let at = |key: &Value| nodes.iter().position(|node| node["key"] == *key).unwrap_or_default();
    let mut changes = Vec::new();
    for (index, node) in nodes.iter().enumerate() {
        let node_type: NodeType = serde_json::from_value(node["node_type"].clone())?;
        let config = &node["config"];
        let config = if config.is_null() {
            NodeConfig::empty(node_type)
        } else {
            NodeConfig::read(node_type, config)?
        };
        let milli = |axis: &str| node[axis].as_i64().unwrap_or_default() * 1_000;
        changes.push(GraphChange::NodePut(Node {
            id: NodeId::from_u128(u128::try_from(index)? + 1),
            label: node["label"].as_str().unwrap_or_default().into(),
            position: CanvasPosition { x_milli: milli("position_x"), y_milli: milli("position_y") },
            config,
            entry: node["entry"] == true,
        }));
    }
    for (index, edge) in edges.iter().enumerate() {
        changes.push(GraphChange::EdgeAdded(Edge {
            id: EdgeId::from_u128(u128::try_from(index)? + 1),
            from_node_id: NodeId::from_u128(u128::try_from(at(&edge["from"]))? + 1),
            to_node_id: NodeId::from_u128(u128::try_from(at(&edge["to"]))? + 1),
            label: edge["label"].as_str().map(Output::from),
        }));
    }
    Ok(Graph::default().revised(1, &changes))
}

fn counted(graph: &Graph) -> GraphPicture {
    let mut picture = GraphPicture::of(graph, "Spring offer");
    picture.id = "counted";
    picture.live = true;
    picture.by_traffic = true;
    for (nth, step) in (0_u64..).zip(&mut picture.steps) {
        let held = if nth == 3 { 12 } else { 0 };
        step.counts =
            Some(StepCounts { here: nth * nth * 31 % 400, passed: 1_000 / (nth + 1), held });
        step.href = Some(format!("?node={}", step.id));
    }
    for (nth, way) in (0_u64..).zip(&mut picture.ways) {
        way.traffic = Some(1_000 / (nth * nth + 1) * u64::from(nth != 4));
        way.href = Some(format!("?edge={}", way.id));
    }
    picture
}

fn travelled(graph: &Graph) -> GraphPicture {
    let mut picture = GraphPicture::of(graph, "The way of +1 212 555 0123");
    picture.id = "travelled";
    for (step, visits) in [(0, vec![1]), (2, vec![2, 9, 12]), (3, vec![3]), (4, vec![4])] {
        if let Some(step) = picture.steps.get_mut(step) {
            step.visits = visits;
        }
    }
    for (way, travels) in [(1, vec![1]), (5, vec![2]), (7, vec![3])] {
        if let Some(way) = picture.ways.get_mut(way) {
            way.travels = travels;
        }
    }
    if let Some(step) = picture.steps.get_mut(4) {
        step.current = true;
    }
    picture
}

fn faulty(graph: &Graph) -> GraphPicture {
    let mut picture = GraphPicture::of(graph, "Spring offer, in the builder");
    picture.id = "faulty";
    if let Some(step) = picture.steps.get_mut(3) {
        step.fault = Some("it has no number to call from".into());
    }
    if let Some(way) = picture.ways.get_mut(5) {
        way.fault = Some("it goes round without a wait".into());
    }
    picture
}

fn graphs() -> Answer<Markup> {
    let (plain, full) = (campaign(false)?, campaign(true)?);
    let (counted, travelled, faulty) = (counted(&full), travelled(&plain), faulty(&plain));
    let chosen = |picture: &GraphPicture, direction| {
        let mut input = picture.layout_input();
        (input.placement, input.direction) = (Placement::Chosen, direction);
        picture.draw(&arrange(&input))
    };
    let right = |picture: &GraphPicture| {
        let mut input = picture.layout_input();
        input.direction = Direction::Right;
        picture.draw(&arrange(&input))
    };
    Ok(html! {
        section.g-panel { (counted.draw(&arrange(&counted.layout_input()))) }
        section.g-panel { (travelled.draw(&arrange(&travelled.layout_input()))) }
        section.g-panel { (chosen(&faulty, Direction::Down)) }
        section.g-panel { (chosen(&counted, Direction::Down)) }
        section.g-panel { (right(&counted)) }
        section.g-panel { (counted.as_table()) }
        section.g-panel { (travelled.as_table()) }
    })
}

/// Numbers that look like some, always the same.
fn numbers(seed: u64) -> impl Iterator<Item = u64> {
    let mut state = seed;
    std::iter::repeat_with(move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 40
    })
}

fn figure<'a>(title: &'a str, note: &'a str) -> Figure<'a> {
    Figure { title, note, empty: "No call was made yet.", csv: Some("?format=csv") }
}

const ENDS: [(&str, Tone); 4] = [
    ("completed", Tone::Good),
    ("not picked up", Tone::Warn),
    ("failed", Tone::Bad),
    ("other", Tone::Plain),
];

fn counts() -> Markup {
    let series = ENDS.into_iter().zip([80_u64, 50, 12, 30]).map(|((name, tone), most)| Series {
        name,
        tone,
        minutes: numbers(most).map(|number| number % most).take(60).collect(),
    });
    let series: Vec<_> = series.collect();
    let stages = [
        ("Enrolled", 1_000, Tone::Accent),
        ("Started", 1_000, Tone::Accent),
        ("Dialled", 940, Tone::Accent),
        ("Answered", 512, Tone::Accent),
        ("Converted", 87, Tone::Good),
    ];
    let stages = stages.map(|(name, count, tone)| Stage { name, count, tone, href: None });
    let rows = ["Introduce the offer", "Call a second time", "Call a last time"];
    let rows = rows.into_iter().zip(1_u64..).map(|(name, nth)| OutcomeRow {
        name,
        shares: ENDS
            .into_iter()
            .zip(numbers(nth))
            .map(|((name, tone), number)| Share { name, tone, count: number % 400 / nth })
            .collect(),
        href: Some("?node=1".into()),
    });
    let rows: Vec<_> = rows.collect();
    html! {
        section { (throughput(&figure("Throughput", "branches taken, by minute"), &series)) }
        section { (funnel(&figure("Funnel", "leads"), &stages)) }
        section { (outcomes(&figure("How calls ended", "calls, by step"), &rows)) }
        section { (throughput(&figure("Throughput", "branches taken, by minute"), &[])) }
    }
}

fn times() -> Markup {
    let mut hours = Hours::default();
    let mut number = numbers(5);
    for (weekday, row) in hours.iter_mut().enumerate() {
        for (hour, calls) in row.iter_mut().enumerate() {
            let dialled = number.next().unwrap_or_default() % 200
                * u64::from((8..20).contains(&hour) && weekday < 6);
            let share = 20 + 60 * u64::from(hour > 16) + number.next().unwrap_or_default() % 20;
            *calls = (dialled, dialled * share / 100);
        }
    }
    hours[6][12] = (1, 1);
    let list = [(940, 310), (520, 140), (300, 60), (120, 9), (30, 1)];
    let list = list.map(|(dialled, answered)| Attempt { dialled, answered });
    let rows = [
        ("Introduce the offer", 61_000, 240_000),
        ("Try again in two hours", 7_200_000, 7_210_000),
        ("Budget of 500 or more?", 1, 4),
        ("Wait for the next day", 86_400_000, 190_000_000),
    ];
    let rows = rows.map(|(name, p50_ms, p95_ms)| StayRow {
        name,
        visits: 400,
        p50_ms,
        p95_ms,
        href: None,
    });
    html! {
        section { (heatmap(&figure("When people pick up", "lead's own time"), &hours, |_, hour| (9..18).contains(&hour))) }
        section { (attempts(&figure("Attempts", "calls"), &list, true)) }
        section { (stays(&figure("Time in step", "p50 and p95"), &rows)) }
    }
}

fn history() -> Markup {
    const MINUTE: i64 = 60_000;
    let row = |kind, name, detail: &str, from, to: Option<i64>| Row {
        kind,
        name,
        detail: detail.into(),
        from_ms: from * MINUTE,
        to_ms: to.map(|to| to * MINUTE),
        href: Some("?event=1".into()),
    };
    let rows = vec![
        row(RowKind::Call, "Introduce the offer", "did_not_pick", 0, Some(1)),
        row(RowKind::Wait, "Try again in two hours", "", 1, Some(121)),
        row(RowKind::Call, "Call a second time", "completed", 121, Some(133)),
        row(RowKind::Decision, "Budget of 500 or more?", "false: budget = 300", 133, Some(133)),
        row(RowKind::Held, "Tell the CRM", "failure: 503", 134, Some(240)),
        row(RowKind::Wait, "Wait for the next day", "", 240, None),
    ];
    let shown = Timeline { rows, now_ms: 700 * MINUTE, planned_ms: Some(1_680 * MINUTE) };
    html! {
        section { (timeline(&figure("What happened", ""), &shown, |ms| html! { (ms / MINUTE) " min" })) }
    }
}

fn main() -> Answer<()> {
    let dark = std::env::args().nth(1).as_deref() == Some("dark");
    let sheet = |name: &str| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/");
        std::fs::read_to_string(format!("{folder}{name}"))
    };
    let scheme = if dark { "@media all" } else { "@media not all" };
    let base = sheet("base.css")?.replace("@media (prefers-color-scheme: dark)", scheme);
    let own = "section { background: var(--surface); border: 1px solid var(--line); border-radius: 10px; margin: 16px; padding: 16px; } .two { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 560px), 1fr)); }";
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { "Pictures of the dashboard" }
                @for sheet in [&base, &sheet("graph.css")?, &sheet("charts.css")?, own] {
                    style { (PreEscaped(sheet)) }
                }
            }
            body { div.two { (counts()) (times()) (history()) } (graphs()?) }
        }
    };
    println!("{}", page.into_string());
    Ok(())
}
