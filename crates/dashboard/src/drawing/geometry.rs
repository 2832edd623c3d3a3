//! Points, sizes and curves. Unit: SVG user units, which are CSS pixels at zoom 1; y grows down.

use std::fmt::Write as _;

/// A place.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Down.
    pub y: f64,
}

impl Point {
    /// A place from its coordinates.
    pub const fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }

    /// The same place in a picture whose axes are swapped.
    #[must_use]
    pub const fn transposed(self) -> Self {
        Self { x: self.y, y: self.x }
    }

    /// The same place after a move.
    #[must_use]
    pub const fn moved(self, by: Self) -> Self {
        Self { x: self.x + by.x, y: self.y + by.y }
    }

    /// Whether both coordinates are numbers that can be drawn.
    pub const fn is_finite(self) -> bool {
        self.x.is_finite() && self.y.is_finite()
    }
}

/// Width and height.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Size {
    /// Across.
    pub width: f64,
    /// Down.
    pub height: f64,
}

impl Size {
    /// A size from its sides.
    pub const fn new(width: f64, height: f64) -> Self {
        Self { width, height }
    }

    /// The same size in a picture whose axes are swapped.
    #[must_use]
    pub const fn transposed(self) -> Self {
        Self { width: self.height, height: self.width }
    }
}

/// A rectangle with sides along the axes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// Its top left corner.
    pub origin: Point,
    /// Its size.
    pub size: Size,
}

impl Rect {
    /// The rectangle of this size around a centre.
    pub const fn around(centre: Point, size: Size) -> Self {
        let origin = Point::new(centre.x - size.width / 2.0, centre.y - size.height / 2.0);
        Self { origin, size }
    }

    /// Its left side.
    pub const fn left(&self) -> f64 {
        self.origin.x
    }

    /// Its right side.
    pub const fn right(&self) -> f64 {
        self.origin.x + self.size.width
    }

    /// Its upper side.
    pub const fn top(&self) -> f64 {
        self.origin.y
    }

    /// Its lower side.
    pub const fn bottom(&self) -> f64 {
        self.origin.y + self.size.height
    }

    /// Its centre.
    pub const fn centre(&self) -> Point {
        Point::new(self.origin.x + self.size.width / 2.0, self.origin.y + self.size.height / 2.0)
    }

    /// The same rectangle, wider on every side.
    #[must_use]
    pub const fn grown(&self, by: f64) -> Self {
        Self {
            origin: Point::new(self.origin.x - by, self.origin.y - by),
            size: Size::new(self.size.width + 2.0 * by, self.size.height + 2.0 * by),
        }
    }

    /// Whether the two have an area in common; touching sides do not count.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.left() < other.right()
            && other.left() < self.right()
            && self.top() < other.bottom()
            && other.top() < self.bottom()
    }

    /// Whether a place is inside; the sides do not count.
    pub fn contains(&self, place: Point) -> bool {
        self.left() < place.x
            && place.x < self.right()
            && self.top() < place.y
            && place.y < self.bottom()
    }

    /// The smallest rectangle around both.
    #[must_use]
    pub fn united(&self, other: &Self) -> Self {
        let origin = Point::new(self.left().min(other.left()), self.top().min(other.top()));
        let right = self.right().max(other.right());
        let bottom = self.bottom().max(other.bottom());
        Self { origin, size: Size::new(right - origin.x, bottom - origin.y) }
    }

    pub(super) const fn transposed(self) -> Self {
        Self { origin: self.origin.transposed(), size: self.size.transposed() }
    }

    pub(super) const fn moved(self, by: Point) -> Self {
        Self { origin: self.origin.moved(by), size: self.size }
    }
}

/// One cubic Bézier curve that goes on where the one before it ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cubic {
    /// Pulls at its beginning.
    pub first_control: Point,
    /// Pulls at its end.
    pub second_control: Point,
    /// Where it ends.
    pub end: Point,
}

impl Cubic {
    fn map(self, change: impl Fn(Point) -> Point) -> Self {
        Self {
            first_control: change(self.first_control),
            second_control: change(self.second_control),
            end: change(self.end),
        }
    }

    /// The place at a share of its way, 0 to 1, when it begins at `start`.
    fn at(&self, start: Point, share: f64) -> Point {
        let rest = 1.0 - share;
        let blend = |a: f64, b: f64, c: f64, d: f64| {
            a * rest.powi(3)
                + 3.0 * b * rest.powi(2) * share
                + 3.0 * c * rest * share.powi(2)
                + d * share.powi(3)
        };
        let (b, c, d) = (self.first_control, self.second_control, self.end);
        Point::new(blend(start.x, b.x, c.x, d.x), blend(start.y, b.y, c.y, d.y))
    }
}

/// A smooth line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// Where it begins.
    pub start: Point,
    /// Its parts, one after the other.
    pub parts: Vec<Cubic>,
}

impl Curve {
    /// Begins a line.
    pub const fn from(start: Point) -> Self {
        Self { start, parts: Vec::new() }
    }

    /// Where it ends.
    pub fn end(&self) -> Point {
        self.parts.last().map_or(self.start, |part| part.end)
    }

    /// Goes on downwards or upwards to a place, leaving and arriving along the y axis.
    pub(super) fn sweep_to(&mut self, end: Point) {
        let start = self.end();
        let middle = f64::midpoint(start.y, end.y);
        self.parts.push(Cubic {
            first_control: Point::new(start.x, middle),
            second_control: Point::new(end.x, middle),
            end,
        });
    }

    /// Goes on to a place by a turn whose far end lies at `depth` on the y axis.
    pub(super) fn turn_to(&mut self, end: Point, depth: f64) {
        let start = self.end();
        self.parts.push(Cubic {
            first_control: Point::new(start.x, depth),
            second_control: Point::new(end.x, depth),
            end,
        });
    }

    /// Places along it, `steps` for each part, the first at its start and the last at its end.
    pub fn samples(&self, steps: u32) -> Vec<Point> {
        let steps = steps.max(1);
        let mut places = vec![self.start];
        let mut start = self.start;
        for part in &self.parts {
            places
                .extend((1..=steps).map(|step| part.at(start, f64::from(step) / f64::from(steps))));
            start = part.end;
        }
        places
    }

    pub(super) fn map(&self, change: impl Fn(Point) -> Point) -> Self {
        let parts = self.parts.iter().map(|part| part.map(&change)).collect();
        Self { start: change(self.start), parts }
    }

    /// The `d` attribute of a `<path>`.
    pub fn path(&self) -> String {
        let mut path = format!("M{} {}", short(self.start.x), short(self.start.y));
        for part in &self.parts {
            let (b, c, d) = (part.first_control, part.second_control, part.end);
            // A `String` takes everything.
            let _ = write!(
                path,
                "C{} {} {} {} {} {}",
                short(b.x),
                short(b.y),
                short(c.x),
                short(c.y),
                short(d.x),
                short(d.y)
            );
        }
        path
    }
}

/// A coordinate as it is written into an attribute: at most one digit after the point, 0 for what
/// is no number.
pub fn short(coordinate: f64) -> String {
    if !coordinate.is_finite() {
        return "0".into();
    }
    let tenths = (coordinate * 10.0).round();
    // Not `-0`.
    let rounded = if tenths == 0.0 { 0.0 } else { tenths / 10.0 };
    rounded.to_string()
}

/// A count as a coordinate. Above 2^32 it stays there: nothing is drawn that far.
pub(super) fn coordinate(count: impl TryInto<u32>) -> f64 {
    f64::from(count.try_into().unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coordinate_is_written_shortly_and_is_always_a_number() {
        for (number, text) in
            [(0.0, "0"), (-0.01, "0"), (12.34, "12.3"), (-7.25, "-7.3"), (f64::NAN, "0")]
        {
            assert_eq!(short(number), text);
        }
    }

    #[test]
    fn a_curve_passes_through_its_ends() {
        let mut curve = Curve::from(Point::new(0.0, 0.0));
        curve.sweep_to(Point::new(40.0, 20.0));
        curve.turn_to(Point::new(80.0, 20.0), 50.0);
        let samples = curve.samples(8);
        assert_eq!(samples.len(), 17);
        assert_eq!(samples.first(), Some(&Point::new(0.0, 0.0)));
        assert_eq!(samples.get(8), Some(&Point::new(40.0, 20.0)));
        assert_eq!(samples.last(), Some(&curve.end()));
        assert_eq!(curve.path(), "M0 0C0 10 40 10 40 20C40 50 80 50 80 20");
    }

    #[test]
    fn rectangles_that_touch_do_not_overlap() {
        let square = |x: f64| Rect { origin: Point::new(x, 0.0), size: Size::new(10.0, 10.0) };
        assert!(!square(0.0).overlaps(&square(10.0)));
        assert!(square(0.0).overlaps(&square(9.9)));
        assert_eq!(square(0.0).united(&square(30.0)).size, Size::new(40.0, 10.0));
    }
}
