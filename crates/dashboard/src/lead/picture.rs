//! The graph with the way that a lead went.

use std::sync::LazyLock;

use branchline_domain::{graph::Graph, id::EdgeId};
use branchline_projections::history::{Transition, lead_history};
use maud::{Markup, html};

use super::story::Story;
use crate::{
    drawing::{
        graph::GraphPicture,
        layout::{Direction, LayoutCache, Placement},
    },
    shell::plural,
};

static LAYOUTS: LazyLock<LayoutCache> = LazyLock::new(LayoutCache::default);

/// The graph with the travelled path numbered, and the node marked where the lead is.
pub(super) fn picture(story: &Story) -> Markup {
    let graph = story.graph();
    if graph.nodes().is_empty() {
        return html! { p.muted { "The workflow has no graph yet." } };
    }
    let mut picture = GraphPicture::of(graph, format!("The way of {}", story.name()));
    let way = lead_history(story.lead, story.facts().iter().map(|fact| fact.as_fact()));
    let mut gone = 0;
    for visit in way.visits {
        match picture.step_mut(visit.node_id) {
            Some(step) => step.visits.push(visit.visit),
            None => gone += 1,
        }
    }
    // The entry is no move; one that a person made went no way of the graph, and has its number.
    for (moves, transition) in (1..).zip(way.history.iter().skip(1)) {
        let edge = edge(graph, transition);
        if let Some(way) = edge.and_then(|edge| picture.way_mut(edge)) {
            way.travels.push(moves);
        }
    }
    let here = story.state.node.filter(|_| !story.state.removed);
    if let Some(step) = here.and_then(|node| picture.step_mut(node)) {
        step.current = true;
    }
    let placement = if picture.has_chosen_places() { Placement::Chosen } else { Placement::Tidy };
    let revision = (story.workflow, graph.revision());
    let layout = picture.layout(&LAYOUTS, revision, Direction::Down, placement);
    html! {
        div.picture tabindex="0" role="region" aria-label="The graph; it can be scrolled" { (picture.draw(&layout)) }
        @if gone > 0 {
            p.hint { (plural(gone, "stay")) " at steps that are not in this revision of the graph." }
        }
        details { summary { "The same as a table" } (picture.as_table()) }
    }
}

/// The edge that a move went: the one of its output, or the one that serves every output.
fn edge(graph: &Graph, transition: &Transition) -> Option<EdgeId> {
    let output = transition.output.as_ref()?;
    let between = || {
        graph.edges().iter().filter(|edge| {
            Some(edge.from_node_id) == transition.from_node && edge.to_node_id == transition.to_node
        })
    };
    let labelled = between().find(|edge| edge.label.as_ref() == Some(output));
    labelled.or_else(|| between().find(|edge| edge.label.is_none())).map(|edge| edge.id)
}
