//! A plain layered grid: rows by the number of steps from a start. What is drawn when the better
//! layout gives up.

use std::collections::VecDeque;

use super::{ArrowToRoute, BoxToPlace};
use crate::drawing::geometry::{Point, Rect};

/// Distance between boxes of one row. Unit: pixels.
const COLUMN_GAP: f64 = 72.0;
/// Distance between rows. Unit: pixels.
const ROW_GAP: f64 = 96.0;

/// Places boxes row by row. Boxes that no start leads to start rows of their own.
pub(super) fn place(boxes: &[BoxToPlace], arrows: &[ArrowToRoute]) -> Vec<Rect> {
    let rows = rows(boxes.len(), arrows);
    let mut rects = vec![Rect::default(); boxes.len()];
    let mut top = 0.0;
    for row in rows {
        let members = || row.iter().filter_map(|&index| Some((index, boxes.get(index)?.size)));
        let height = members().map(|(_, size)| size.height).fold(0.0, f64::max);
        let width: f64 = members().map(|(_, size)| size.width + COLUMN_GAP).sum();
        let mut left = -width / 2.0;
        for (index, size) in members() {
            if let Some(rect) = rects.get_mut(index) {
                *rect = Rect { origin: Point::new(left, top), size };
            }
            left += size.width + COLUMN_GAP;
        }
        top += height + ROW_GAP;
    }
    rects
}

/// Indices of the boxes by row, each box once.
fn rows(count: usize, arrows: &[ArrowToRoute]) -> Vec<Vec<usize>> {
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut arrived: Vec<bool> = vec![false; count];
    for arrow in arrows.iter().filter(|arrow| arrow.from != arrow.to) {
        if let (Some(list), Some(flag)) = (next.get_mut(arrow.from), arrived.get_mut(arrow.to)) {
            list.push(arrow.to);
            *flag = true;
        }
    }
    let mut rows: Vec<Vec<usize>> = Vec::new();
    let mut placed = vec![false; count];
    let mut waiting = VecDeque::new();
    // Those without an arrow to them first; of a circle without an entry, its first box.
    let starts = arrived.iter().enumerate().filter(|(_, arrived)| !**arrived).map(|(at, _)| at);
    for start in starts.chain(0..count) {
        waiting.push_back((start, 0));
        while let Some((index, row)) = waiting.pop_front() {
            match placed.get_mut(index) {
                Some(placed) if !*placed => *placed = true,
                Some(_) | None => continue,
            }
            if rows.len() <= row {
                rows.resize_with(row + 1, Vec::new);
            }
            if let Some(members) = rows.get_mut(row) {
                members.push(index);
            }
            waiting.extend(next.get(index).into_iter().flatten().map(|&to| (to, row + 1)));
        }
    }
    rows
}
