//! Arrows between boxes that stand anywhere: where a person put them, or on the grid.
//!
//! An arrow leaves at the lower side and arrives at the upper one. It runs straight when nothing is
//! in between; or else down a lane beside a box, the nearest that is free.

use std::collections::BTreeMap;

use super::{
    ArrowToRoute, CLEARANCE, Route, ports,
    ports::{End, Side},
    self_loop,
};
use crate::drawing::geometry::{Curve, Point, Rect, Size, coordinate};

/// Room that an arrow needs to turn. Unit: pixels.
const TURN: f64 = 34.0;
/// Lanes that are tried for one arrow, the nearest first: a picture must not take long.
const LANES_MAX: usize = 16;
/// Distance between two arrows that run side by side. Unit: pixels.
const LANE_GAP: f64 = 12.0;
/// What sharing a lane costs. Unit: pixels of detour.
const SHARED_LANE: f64 = 60.0;
/// What a place inside a box costs. Unit: pixels of detour.
const INSIDE_BOX: f64 = 1_000.0;
/// Into how many pieces each part of a curve is cut to see what it meets.
const STEPS: u32 = 12;

/// A stretch of a lane that an arrow runs along.
struct Taken {
    x: f64,
    top: f64,
    bottom: f64,
}

pub(super) fn routes(rects: &[Rect], arrows: &[ArrowToRoute]) -> Vec<Option<Route>> {
    let mut ends = Vec::with_capacity(2 * arrows.len());
    for arrow in arrows.iter().filter(|arrow| arrow.from != arrow.to) {
        if let (Some(from), Some(to)) = (rects.get(arrow.from), rects.get(arrow.to)) {
            ends.push(End { rect: arrow.from, side: Side::Bottom, towards: to.centre().x });
            ends.push(End { rect: arrow.to, side: Side::Top, towards: from.centre().x });
        }
    }
    let mut ports = ports::spread(rects, &ends).into_iter();
    let mut taken = Vec::new();
    let mut labels: Vec<Rect> = Vec::new();
    let mut loops = BTreeMap::<usize, u32>::new();
    arrows
        .iter()
        .map(|arrow| {
            let (from, to) = (rects.get(arrow.from)?, rects.get(arrow.to)?);
            if arrow.from == arrow.to {
                let nth = loops.entry(arrow.from).or_default();
                *nth += 1;
                let away = CLEARANCE * f64::from(*nth) + arrow.label.width / 2.0;
                let centre = Point::new(from.right() + away, from.centre().y);
                let route = self_loop(from, Rect::around(centre, arrow.label), *nth - 1);
                labels.push(route.label);
                return Some(route);
            }
            let (start, end) = (ports.next()?, ports.next()?);
            let curve = best(rects, start, end, from, to, &mut taken);
            let label = label_place(&curve, arrow.label, rects, &labels);
            labels.push(label);
            Some(Route { curve, label })
        })
        .collect()
}

/// The cheapest way: short, through no box, in no lane of another.
fn best(
    rects: &[Rect],
    start: Point,
    end: Point,
    from: &Rect,
    to: &Rect,
    taken: &mut Vec<Taken>,
) -> Curve {
    let forward = end.y - start.y >= TURN;
    let mut candidates: Vec<(f64, Curve, Option<Taken>)> = Vec::new();
    if forward {
        let mut curve = Curve::from(start);
        curve.sweep_to(end);
        let cost = INSIDE_BOX * met(&curve, rects);
        if cost == 0.0 {
            return curve;
        }
        candidates.push((cost, curve, None));
    }
    for lane in lanes(rects, start, end, from, to) {
        let curve = by_lane(start, end, lane, forward);
        let (top, bottom) = (start.y.min(end.y), start.y.max(end.y));
        let shared = taken.iter().any(|other| {
            (other.x - lane).abs() < LANE_GAP - 1.0 && other.top < bottom && top < other.bottom
        });
        let detour = (lane - start.x).abs() + (lane - end.x).abs();
        let cost =
            detour + if shared { SHARED_LANE } else { 0.0 } + INSIDE_BOX * met(&curve, rects);
        candidates.push((cost, curve, Some(Taken { x: lane, top, bottom })));
    }
    let cheapest = candidates.into_iter().min_by(|a, b| a.0.total_cmp(&b.0));
    let Some((_, curve, lane)) = cheapest else {
        let mut straight = Curve::from(start);
        straight.sweep_to(end);
        return straight;
    };
    taken.extend(lane);
    curve
}

/// Lanes beside boxes that stand in between, and outside of both ends; the nearest first.
fn lanes(rects: &[Rect], start: Point, end: Point, from: &Rect, to: &Rect) -> Vec<f64> {
    let (top, bottom) = (start.y.min(end.y) - TURN, start.y.max(end.y) + TURN);
    let between = rects.iter().filter(|rect| rect.top() < bottom && rect.bottom() > top);
    let mut lanes: Vec<f64> = between
        .chain([from, to])
        .flat_map(|rect| [rect.left() - CLEARANCE, rect.right() + CLEARANCE])
        .flat_map(|lane| [lane, lane - LANE_GAP, lane + LANE_GAP, lane + 2.0 * LANE_GAP])
        .collect();
    let detour = |lane: f64| (lane - start.x).abs() + (lane - end.x).abs();
    lanes.sort_by(|a, b| detour(*a).total_cmp(&detour(*b)).then(a.total_cmp(b)));
    lanes.dedup();
    lanes.truncate(LANES_MAX);
    // Outside of everything there is always room.
    let edge = rects.iter().map(Rect::right).fold(end.x.max(start.x), f64::max);
    lanes.push(edge + CLEARANCE);
    lanes
}

fn by_lane(start: Point, end: Point, lane: f64, forward: bool) -> Curve {
    let mut curve = Curve::from(start);
    if forward {
        let turn = TURN.min((end.y - start.y) / 2.0);
        curve.sweep_to(Point::new(lane, start.y + turn));
        curve.sweep_to(Point::new(lane, end.y - turn));
        curve.sweep_to(end);
    } else {
        curve.turn_to(Point::new(lane, start.y), start.y + TURN);
        curve.sweep_to(Point::new(lane, end.y));
        curve.turn_to(end, end.y - TURN);
    }
    curve
}

/// How many of its places are inside a box.
fn met(curve: &Curve, rects: &[Rect]) -> f64 {
    let samples = curve.samples(STEPS);
    let bounds = samples
        .iter()
        .map(|&origin| Rect { origin, size: Size::default() })
        .reduce(|all, place| all.united(&place))
        .unwrap_or_default()
        .grown(1.0);
    let near: Vec<Rect> =
        rects.iter().filter(|rect| rect.overlaps(&bounds)).map(|rect| rect.grown(-1.0)).collect();
    let inside =
        samples.iter().filter(|&&place| near.iter().any(|rect| rect.contains(place))).count();
    coordinate(inside)
}

/// A place on the line that covers no box and no other label: the nearest to its middle.
fn label_place(curve: &Curve, size: Size, rects: &[Rect], labels: &[Rect]) -> Rect {
    let samples = curve.samples(STEPS);
    let middle = samples.len() / 2;
    let mut order: Vec<usize> = (0..samples.len()).collect();
    order.sort_by_key(|&index| index.abs_diff(middle));
    let at = |index: usize| samples.get(index).map(|&place| Rect::around(place, size));
    let free =
        |rect: &Rect| !rects.iter().chain(labels).any(|other| other.grown(2.0).overlaps(rect));
    let places = || order.iter().filter_map(|&index| at(index));
    places().find(free).or_else(|| places().next()).unwrap_or_default()
}
