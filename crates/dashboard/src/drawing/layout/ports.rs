//! Where on the side of a box an arrow begins or ends.
//!
//! Several arrows at one side are spread over it, in the order of the places that they come from
//! or go to, so that they do not cross right at the box.

use std::collections::BTreeMap;

use crate::drawing::geometry::{Point, Rect, coordinate};

/// Largest distance between two ports. Unit: pixels.
const PORT_GAP_MAX: f64 = 40.0;

/// A side of a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    Top,
    Bottom,
}

/// One end of an arrow.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    /// Index of its box.
    pub(super) rect: usize,
    pub(super) side: Side,
    /// Where the arrow comes from or goes to, across.
    pub(super) towards: f64,
}

/// The port of each end.
pub(super) fn spread(rects: &[Rect], ends: &[End]) -> Vec<Point> {
    let mut sides: BTreeMap<(usize, Side), Vec<(f64, usize)>> = BTreeMap::new();
    for (index, end) in ends.iter().enumerate() {
        sides.entry((end.rect, end.side)).or_default().push((end.towards, index));
    }
    let mut ports = vec![Point::default(); ends.len()];
    for ((rect, side), mut at_side) in sides {
        let Some(rect) = rects.get(rect) else { continue };
        at_side.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let count = coordinate(at_side.len());
        let gap = (rect.size.width / (count + 1.0)).min(PORT_GAP_MAX);
        let first = rect.centre().x - gap * (count - 1.0) / 2.0;
        let y = match side {
            Side::Top => rect.top(),
            Side::Bottom => rect.bottom(),
        };
        for (nth, (_, index)) in at_side.into_iter().enumerate() {
            if let Some(port) = ports.get_mut(index) {
                *port = Point::new(first + gap * coordinate(nth), y);
            }
        }
    }
    ports
}
