//! The places that dagre's algorithm gives, by the crate dugong, behind a guard.
//!
//! Its work is counted and bounded, a panic inside it is caught, and numbers that cannot be drawn
//! are refused: whoever asks then draws a grid instead.

use std::panic::{AssertUnwindSafe, catch_unwind};

use dugong::{
    EdgeLabel, GraphLabel, NodeLabel, WorkControl, WorkError,
    graphlib::{Graph, GraphOptions},
};

use super::{ArrowToRoute, BoxToPlace, Guide, Skeleton, Ways, span::rows_passed};
use crate::drawing::geometry::{Point, Rect};

/// Distance between boxes of one row. Unit: pixels.
const NODE_GAP: f64 = 44.0;
/// Distance between rows. What is written on arrows gets a row of its own in the middle of it.
/// Unit: pixels.
const RANK_GAP: f64 = 44.0;
/// Distance between arrows that pass each other. Unit: pixels.
const EDGE_GAP: f64 = 22.0;

/// Work after which the algorithm is stopped. Unit: its own. A large graph as people draw them,
/// 500 boxes and 660 arrows, takes a fifth of it and some 20 ms.
const WORK_MAX: usize = 10_000_000;
/// Rows that all arrows pass together at most: it counts its work only after it has made a place
/// in each. Unit: rows.
const ROWS_PASSED_MAX: usize = 12_000;

struct Budget(usize);

impl WorkControl for Budget {
    fn charge(&mut self, units: usize) -> Result<(), WorkError> {
        self.0 = self.0.checked_sub(units).ok_or(WorkError::Interrupted)?;
        Ok(())
    }
}

/// Places boxes in rows along the arrows. `None` when the algorithm gives up.
pub(super) fn place(boxes: &[BoxToPlace], arrows: &[ArrowToRoute]) -> Option<Skeleton> {
    place_within(boxes, arrows, WORK_MAX)
}

pub(super) fn place_within(
    boxes: &[BoxToPlace],
    arrows: &[ArrowToRoute],
    work_max: usize,
) -> Option<Skeleton> {
    if rows_passed(boxes.len(), arrows) > ROWS_PASSED_MAX {
        return None;
    }
    // The graph is thrown away after a panic, so nobody sees it half changed.
    let placed = catch_unwind(AssertUnwindSafe(|| {
        let mut graph = graph_of(boxes, arrows);
        dugong::layout_controlled(&mut graph, &mut Budget(work_max)).ok()?;
        read(&graph, boxes, arrows)
    }));
    let Ok(skeleton) = placed else {
        tracing::warn!(
            boxes = boxes.len(),
            arrows = arrows.len(),
            "the layout of a graph failed; it is drawn on a grid"
        );
        return None;
    };
    skeleton
}

/// A name that is no array index: those are put in an order of their own.
fn name(index: usize) -> String {
    format!("n{index}")
}

fn graph_of(
    boxes: &[BoxToPlace],
    arrows: &[ArrowToRoute],
) -> Graph<NodeLabel, EdgeLabel, GraphLabel> {
    let mut graph = Graph::new(GraphOptions { multigraph: true, compound: false, directed: true });
    graph.set_graph(GraphLabel {
        nodesep: NODE_GAP,
        ranksep: RANK_GAP,
        edgesep: EDGE_GAP,
        ..GraphLabel::default()
    });
    for (index, one) in boxes.iter().enumerate() {
        let (width, height) = (one.size.width, one.size.height);
        graph.set_node(name(index), NodeLabel { width, height, ..NodeLabel::default() });
    }
    for (index, arrow) in arrows.iter().enumerate() {
        if arrow.from < boxes.len() && arrow.to < boxes.len() {
            let (width, height) = (arrow.label.width, arrow.label.height);
            let label = EdgeLabel { width, height, weight: 1.0, ..EdgeLabel::default() };
            graph.set_edge_named(name(arrow.from), name(arrow.to), Some(name(index)), Some(label));
        }
    }
    graph
}

fn read(
    graph: &Graph<NodeLabel, EdgeLabel, GraphLabel>,
    boxes: &[BoxToPlace],
    arrows: &[ArrowToRoute],
) -> Option<Skeleton> {
    let mut rects = Vec::with_capacity(boxes.len());
    for (index, one) in boxes.iter().enumerate() {
        let node = graph.node(&name(index))?;
        let centre = Point::new(node.x?, node.y?);
        rects.push(centre.is_finite().then(|| Rect::around(centre, one.size))?);
    }
    let mut guides = Vec::with_capacity(arrows.len());
    for (index, arrow) in arrows.iter().enumerate() {
        if arrow.from >= boxes.len() || arrow.to >= boxes.len() {
            guides.push(Guide::default());
            continue;
        }
        let edge = graph.edge(&name(arrow.from), &name(arrow.to), Some(&name(index)))?;
        let points = edge.points.iter().map(|point| Point::new(point.x, point.y));
        let points: Vec<Point> = points.collect();
        // The first and the last are where the arrow meets its boxes: we have ports for that.
        let inner = points.len().checked_sub(2)?;
        let through: Vec<Point> = points.iter().copied().skip(1).take(inner).collect();
        let label = match (edge.x, edge.y) {
            (Some(x), Some(y)) => Point::new(x, y),
            // It has a place for what is written on it only when something is.
            (None, _) | (_, None) => through.get(through.len() / 2).copied()?,
        };
        let drawable = label.is_finite() && through.iter().all(|point| point.is_finite());
        guides.push(drawable.then_some(Guide { through, label })?);
    }
    Some(Skeleton { rects, ways: Ways::Guided(guides) })
}
