//! What the canvas asks while somebody draws: what is wrong, what each node does in words, and where
//! its nodes would stand if they were tidy. Nothing is changed by that.

use actix_web::{HttpRequest, HttpResponse, web};
use branchline_domain::graph::{Fault as GraphFault, validate};
use branchline_http_api::pages::{self, Fault, Visitor};
use serde_json::{Map, Value, json};

use super::{
    Subject,
    drawn::{Drawn, body, refused},
};
use crate::{
    drawing::{
        geometry::Size,
        graph::{CARD, GraphPicture},
        layout::arrange,
        words::config_in_words,
    },
    shell::PageAnswer,
};

/// Height of the ways out below a card of the canvas. Unit: pixels.
const PORTS: f64 = 36.0;

/// Distance of the lines that nodes stand on. Unit: pixels.
const GRID: f64 = 10.0;

/// `POST /workflows/{id}/edit/check`
pub(crate) async fn check(request: HttpRequest, payload: web::Payload) -> PageAnswer {
    let visitor = Visitor::of(&request)?;
    let subject = Subject::of(&request, &visitor).await?;
    let body = body(payload).await?;
    let draft = match pages::drawn_graph(&body) {
        Ok(draft) => draft,
        Err(fault) => return Ok(unreadable(&fault, &body)),
    };
    let drawn = Drawn::of(draft);
    let report = validate(&drawn.graph, &subject.variable_keys);
    let shape = |kind: &str, fault: &GraphFault| {
        let edge = fault.edge_id.and_then(|id| drawn.graph.edge(id));
        let node = fault.node_id.or_else(|| edge.map(|edge| edge.from_node_id));
        json!({
            "kind": kind,
            "node": node.and_then(|id| drawn.name(id)),
            "message": fault.message,
            "fix": fault.fix,
        })
    };
    let faults = report.faults.iter().map(|fault| shape("fault", fault));
    let warnings = report.warnings.iter().map(|fault| shape("warning", fault));
    let problems: Vec<Value> = faults.chain(warnings).collect();
    let nodes: Map<String, Value> = drawn
        .graph
        .nodes()
        .iter()
        .filter_map(|node| {
            let name = drawn.name(node.id)?.to_owned();
            Some((name, json!({ "words": config_in_words(&node.config) })))
        })
        .collect();
    let answer = json!({ "valid": report.valid, "problems": problems, "nodes": nodes });
    Ok(HttpResponse::Ok().json(answer))
}

/// What stands in the way of reading a graph at all, by the nodes that are at fault.
fn unreadable(fault: &Fault, body: &[u8]) -> HttpResponse {
    let sent: Value = serde_json::from_slice(body).unwrap_or_default();
    let node = |pointer: &str| {
        let index: usize = pointer.strip_prefix("/nodes/")?.split('/').next()?.parse().ok()?;
        sent.get("nodes")?.get(index)?.get("id")?.as_str().map(ToOwned::to_owned)
    };
    let problems: Vec<Value> = fault
        .places()
        .map(|(pointer, detail)| {
            let node = pointer.and_then(node);
            json!({ "kind": "fault", "node": node, "message": detail, "fix": "" })
        })
        .collect();
    HttpResponse::Ok().json(json!({ "valid": false, "problems": problems, "nodes": {} }))
}

/// `POST /workflows/{id}/edit/tidy`
pub(crate) async fn tidy(request: HttpRequest, payload: web::Payload) -> PageAnswer {
    let visitor = Visitor::of(&request)?;
    Subject::of(&request, &visitor).await?;
    let draft = match pages::drawn_graph(&body(payload).await?) {
        Ok(draft) => draft,
        Err(fault) => return Ok(refused(&fault)),
    };
    let drawn = Drawn::of(draft);
    let picture = GraphPicture::of(&drawn.graph, "");
    let mut input = picture.layout_input();
    for one in &mut input.boxes {
        one.size = Size::new(CARD.width, CARD.height + PORTS);
    }
    for arrow in &mut input.arrows {
        // The canvas writes on the ports.
        arrow.label = Size::default();
    }
    let layout = arrange(&input);
    let on_grid = |at: f64| (at / GRID).round() * GRID;
    let places: Map<String, Value> = picture
        .steps
        .iter()
        .zip(&layout.boxes)
        .filter_map(|(step, place)| {
            let name = drawn.name(step.id)?.to_owned();
            Some((name, json!({ "x": on_grid(place.left()), "y": on_grid(place.top()) })))
        })
        .collect();
    Ok(HttpResponse::Ok().json(json!({ "nodes": places })))
}
