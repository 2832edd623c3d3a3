//! Where the boxes and arrows of a graph are drawn.
//!
//! [`arrange`] is total: it always answers, in bounded time, with finite numbers. Boxes are placed
//! by dagre's algorithm (crate dugong); should that give up, on a plain layered grid; or they stay
//! where a person put them. The same input gives the same picture everywhere.
//!
//! All of it is worked out as if arrows ran downwards. A picture that runs to the right is the same
//! with its axes swapped.

mod cache;
mod dagre;
mod free;
mod grid;
mod guided;
mod ports;
mod span;

use serde::{Deserialize, Serialize};

pub use cache::LayoutCache;

use super::geometry::{Curve, Point, Rect, Size};

/// Room around the whole picture. Unit: pixels.
const MARGIN: f64 = 16.0;

/// Distance between the side of a box and the lane of an arrow that passes it. Unit: pixels.
const CLEARANCE: f64 = 18.0;

/// Largest size of a box or label, and farthest place a person can choose. Unit: pixels.
const FARTHEST: f64 = 100_000.0;

/// Which way the arrows run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From top to bottom: narrow, fits beside other things.
    #[default]
    Down,
    /// From left to right: wide.
    Right,
}

/// Who places the boxes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Placement {
    /// The layout does.
    #[default]
    Tidy,
    /// Each stays where a person put it.
    Chosen,
}

/// A box to be placed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BoxToPlace {
    /// Its size.
    pub size: Size,
    /// Where a person put its top left corner; read for [`Placement::Chosen`] only.
    pub chosen: Point,
}

/// An arrow to be routed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ArrowToRoute {
    /// Index of the box where it starts.
    pub from: usize,
    /// Index of the box where it ends. An arrow from or to no box is not drawn.
    pub to: usize,
    /// Size of what is written on it; zero when nothing is.
    pub label: Size,
}

/// A graph to be laid out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayoutInput {
    /// The boxes; leads start at the first one.
    pub boxes: Vec<BoxToPlace>,
    /// The arrows.
    pub arrows: Vec<ArrowToRoute>,
    /// Which way the arrows run.
    pub direction: Direction,
    /// Who places the boxes.
    pub placement: Placement,
}

/// Where an arrow runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Route {
    /// Its line, from the side of one box to the side of the other.
    pub curve: Curve,
    /// The place of what is written on it.
    pub label: Rect,
}

/// A graph laid out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// Places of the boxes, in the order of the input.
    pub boxes: Vec<Rect>,
    /// Routes of the arrows, in the order of the input; `None` for one from or to no box.
    pub routes: Vec<Option<Route>>,
    /// How much room all of it takes, from the origin.
    pub size: Size,
    /// Which way the arrows run.
    pub direction: Direction,
}

/// Boxes that have their places, and what is known of the ways between them.
struct Skeleton {
    rects: Vec<Rect>,
    ways: Ways,
}

/// How arrows find their way.
enum Ways {
    /// Past these places, one list for each arrow.
    Guided(Vec<Guide>),
    /// As they can.
    Free,
}

/// What an arrow passes on its way.
#[derive(Clone, Debug, Default)]
struct Guide {
    /// In order, without its ends.
    through: Vec<Point>,
    /// Centre of what is written on it.
    label: Point,
}

/// Lays a graph out.
pub fn arrange(input: &LayoutInput) -> Layout {
    let boxes: Vec<BoxToPlace> =
        input.boxes.iter().map(|placed| oriented(placed, input.direction)).collect();
    let arrows: Vec<ArrowToRoute> = input
        .arrows
        .iter()
        .map(|arrow| {
            let label = bounded(arrow.label, 0.0);
            let label = match input.direction {
                Direction::Down => label,
                Direction::Right => label.transposed(),
            };
            ArrowToRoute { label, ..*arrow }
        })
        .collect();
    let skeleton = match input.placement {
        Placement::Chosen => Skeleton {
            rects: boxes.iter().map(|one| Rect { origin: one.chosen, size: one.size }).collect(),
            ways: Ways::Free,
        },
        Placement::Tidy => dagre::place(&boxes, &arrows)
            .unwrap_or_else(|| Skeleton { rects: grid::place(&boxes, &arrows), ways: Ways::Free }),
    };
    let routes = match &skeleton.ways {
        Ways::Guided(guides) => guided::routes(&skeleton.rects, &arrows, guides),
        Ways::Free => free::routes(&skeleton.rects, &arrows),
    };
    framed(skeleton.rects, routes, input.direction)
}

fn bounded(size: Size, least: f64) -> Size {
    let side = |length: f64| if length.is_finite() { length.clamp(least, FARTHEST) } else { least };
    Size::new(side(size.width), side(size.height))
}

fn oriented(one: &BoxToPlace, direction: Direction) -> BoxToPlace {
    let along = |at: f64| if at.is_finite() { at.clamp(-FARTHEST, FARTHEST) } else { 0.0 };
    let size = bounded(one.size, 1.0);
    let chosen = Point::new(along(one.chosen.x), along(one.chosen.y));
    match direction {
        Direction::Down => BoxToPlace { size, chosen },
        Direction::Right => BoxToPlace { size: size.transposed(), chosen: chosen.transposed() },
    }
}

/// Moves everything next to the origin, turns it, and measures it.
fn framed(rects: Vec<Rect>, routes: Vec<Option<Route>>, direction: Direction) -> Layout {
    let mut parts = rects.clone();
    for route in routes.iter().flatten() {
        if route.label.size.width > 0.0 {
            parts.push(route.label);
        }
        let curve = route.curve.samples(8);
        parts.extend(curve.into_iter().map(|origin| Rect { origin, size: Size::default() }));
    }
    let bounds = parts.into_iter().reduce(|all, part| all.united(&part)).unwrap_or_default();
    let by = Point::new(MARGIN - bounds.left(), MARGIN - bounds.top());
    let turned = |rect: Rect| match direction {
        Direction::Down => rect.moved(by),
        Direction::Right => rect.moved(by).transposed(),
    };
    let turned_point = |point: Point| match direction {
        Direction::Down => point.moved(by),
        Direction::Right => point.moved(by).transposed(),
    };
    let size = bounds.grown(MARGIN).size;
    Layout {
        boxes: rects.into_iter().map(turned).collect(),
        routes: routes
            .into_iter()
            .map(|route| {
                route.map(|route| Route {
                    curve: route.curve.map(turned_point),
                    label: turned(route.label),
                })
            })
            .collect(),
        size: match direction {
            Direction::Down => size,
            Direction::Right => size.transposed(),
        },
        direction,
    }
}

/// An arrow from a box to itself: a loop at its right side, around what is written on it.
/// `nth` counts the loops of this box.
fn self_loop(rect: &Rect, label: Rect, nth: u32) -> Route {
    let centre = rect.centre();
    let half = (10.0 + 6.0 * f64::from(nth)).min(rect.size.height / 2.0 - 2.0).max(0.5);
    let far = label.centre().x.max(rect.right() + CLEARANCE);
    // A cubic reaches three quarters of the way to its controls.
    let pull = rect.right() + (far - rect.right()) * 4.0 / 3.0;
    let mut curve = Curve::from(Point::new(rect.right(), centre.y - half));
    curve.parts.push(super::geometry::Cubic {
        first_control: Point::new(pull, centre.y - half),
        second_control: Point::new(pull, centre.y + half),
        end: Point::new(rect.right(), centre.y + half),
    });
    Route { curve, label }
}

#[cfg(test)]
mod tests;
