//! Arrows along the lanes that the layout left for them.
//!
//! Between two rows an arrow sweeps from one lane to the next; beside the boxes of a row it runs
//! straight, so it never cuts one.

use super::{
    ArrowToRoute, Guide, Route, ports,
    ports::{End, Side},
    self_loop,
};
use crate::drawing::geometry::{Curve, Point, Rect};

/// The height that the boxes of one row take.
struct Band {
    centre: f64,
    top: f64,
    bottom: f64,
}

/// Places of one row have the same centre, but for rounding. Unit: pixels.
const SAME_ROW: f64 = 0.5;

fn bands(rects: &[Rect]) -> Vec<Band> {
    let mut by_centre: Vec<&Rect> = rects.iter().collect();
    by_centre.sort_by(|a, b| a.centre().y.total_cmp(&b.centre().y));
    let mut bands: Vec<Band> = Vec::new();
    for rect in by_centre {
        let (centre, top, bottom) = (rect.centre().y, rect.top(), rect.bottom());
        match bands.last_mut() {
            Some(band) if centre - band.centre < SAME_ROW => {
                band.top = band.top.min(top);
                band.bottom = band.bottom.max(bottom);
            }
            Some(_) | None => bands.push(Band { centre, top, bottom }),
        }
    }
    bands
}

fn band_at(bands: &[Band], y: f64) -> Option<&Band> {
    let after = bands.partition_point(|band| band.centre < y - SAME_ROW);
    bands.get(after).filter(|band| (band.centre - y).abs() <= SAME_ROW)
}

/// The side at which an arrow meets a box, when the next place on its way is this one.
fn side(rect: &Rect, next: Point) -> Side {
    if next.y < rect.centre().y { Side::Top } else { Side::Bottom }
}

pub(super) fn routes(
    rects: &[Rect],
    arrows: &[ArrowToRoute],
    guides: &[Guide],
) -> Vec<Option<Route>> {
    let bands = bands(rects);
    let mut ends = Vec::with_capacity(2 * arrows.len());
    for (arrow, guide) in arrows.iter().zip(guides) {
        let (Some(from), Some(to)) = (rects.get(arrow.from), rects.get(arrow.to)) else { continue };
        if arrow.from == arrow.to {
            continue;
        }
        let first = guide.through.first().copied().unwrap_or_else(|| to.centre());
        let last = guide.through.last().copied().unwrap_or_else(|| from.centre());
        ends.push(End { rect: arrow.from, side: side(from, first), towards: first.x });
        ends.push(End { rect: arrow.to, side: side(to, last), towards: last.x });
    }
    let mut ports = ports::spread(rects, &ends).into_iter();
    let mut loops = std::collections::BTreeMap::<usize, u32>::new();
    arrows
        .iter()
        .zip(guides)
        .map(|(arrow, guide)| {
            let (from, _) = (rects.get(arrow.from)?, rects.get(arrow.to)?);
            let label = Rect::around(guide.label, arrow.label);
            if arrow.from == arrow.to {
                let nth = loops.entry(arrow.from).or_default();
                *nth += 1;
                return Some(self_loop(from, label, *nth - 1));
            }
            let (start, end) = (ports.next()?, ports.next()?);
            Some(Route { curve: curve(&bands, start, &guide.through, end), label })
        })
        .collect()
}

fn curve(bands: &[Band], start: Point, through: &[Point], end: Point) -> Curve {
    let downwards = through.first().copied().unwrap_or(end).y > start.y;
    let mut curve = Curve::from(start);
    // A box may be lower than its neighbours: out of the row first.
    curve.sweep_to(out_of_row(bands, start, downwards));
    for &place in through {
        match band_at(bands, place.y) {
            Some(band) => {
                let (near, far) =
                    if downwards { (band.top, band.bottom) } else { (band.bottom, band.top) };
                curve.sweep_to(Point::new(place.x, near));
                curve.sweep_to(Point::new(place.x, far));
            }
            None => curve.sweep_to(place),
        }
    }
    curve.sweep_to(out_of_row(bands, end, !downwards));
    curve.sweep_to(end);
    let mut before = curve.start;
    curve.parts.retain(|part| {
        let moves = part.end != before;
        before = part.end;
        moves
    });
    curve
}

/// The edge of the row that a port belongs to, straight above or below it.
fn out_of_row(bands: &[Band], port: Point, downwards: bool) -> Point {
    let band = bands.iter().find(|band| band.top <= port.y && port.y <= band.bottom);
    let y = match band {
        Some(band) if downwards => band.bottom,
        Some(band) => band.top,
        None => port.y,
    };
    Point::new(port.x, y)
}
