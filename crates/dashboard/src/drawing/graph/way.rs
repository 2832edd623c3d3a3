//! One way as a curve with its output on it.

use branchline_domain::output::Output;
use maud::{Markup, html};

use super::{Change, GraphPicture, WayPicture, mark, orders, orders_in_words};
use crate::drawing::{
    geometry::{Curve, Point, Rect, Size, short},
    layout::Route,
    text::{Weight, compact, fitted, grouped, percent, width},
};

/// Height of what is written on a way. Unit: pixels.
const PILL: f64 = 20.0;
/// Unit: pixels.
const TEXT_SIZE: f64 = 13.0;
/// Longest output that is written out. Unit: pixels.
const TEXT_ROOM: f64 = 130.0;
/// Between text and the ends of its pill, both sides together. Unit: pixels.
const PADDING: f64 = 16.0;
/// Room for a number beside the output, there whether one is shown or not. Unit: pixels.
const NUMBER_ROOM: f64 = 56.0;
/// Length of an arrow's head. Unit: pixels.
const HEAD: f64 = 9.0;
/// Steps of the scale of traffic above zero.
const LEVELS: f64 = 5.0;

/// What a way says by its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tone {
    Plain,
    Good,
    Warn,
    Bad,
    Travelled,
}

impl Tone {
    const ALL: [Self; 5] = [Self::Plain, Self::Good, Self::Warn, Self::Bad, Self::Travelled];

    fn of(way: &WayPicture) -> Self {
        if !way.travels.is_empty() {
            return Self::Travelled;
        }
        match &way.output {
            Some(Output::Completed | Output::True | Output::Success) => Self::Good,
            Some(Output::Dnp) => Self::Warn,
            Some(Output::Failed | Output::False | Output::Failure) => Self::Bad,
            Some(Output::Next | Output::Branch(_)) | None => Self::Plain,
        }
    }

    const fn class(self) -> &'static str {
        match self {
            Self::Plain => "tone-plain",
            Self::Good => "tone-good",
            Self::Warn => "tone-warn",
            Self::Bad => "tone-bad",
            Self::Travelled => "tone-travelled",
        }
    }
}

/// The heads of arrows, one for each colour.
pub(super) fn markers(id: &str) -> Markup {
    html! {
        defs {
            @for tone in Tone::ALL {
                marker id={ (id) "-" (tone.class()) } class=(tone.class()) markerWidth="11" markerHeight="12"
                    refX="1" refY="6" orient="auto" markerUnits="userSpaceOnUse" {
                    path d="M0 0 10 6 0 12z" {}
                }
            }
        }
    }
}

/// How much room to leave on a way.
pub(super) fn label_room(way: &WayPicture) -> Size {
    if way.text.is_empty() {
        return Size::new(NUMBER_ROOM, PILL);
    }
    Size::new(text_width(way).ceil() + PADDING + NUMBER_ROOM, PILL)
}

fn text_width(way: &WayPicture) -> f64 {
    width(&way.text, TEXT_SIZE, Weight::Regular).min(TEXT_ROOM)
}

/// The curve without the room that the head takes.
fn without_head(curve: &Curve) -> Curve {
    let mut curve = curve.clone();
    if let Some(last) = curve.parts.last_mut() {
        let (end, from) = (last.end, last.second_control);
        let (x, y) = (end.x - from.x, end.y - from.y);
        let length = x.hypot(y).max(0.1);
        let back = HEAD.min(length);
        last.end = Point::new(end.x - x / length * back, end.y - y / length * back);
    }
    curve
}

/// From 0 for nobody to [`LEVELS`] for the most travelled way, by the logarithm.
fn level(traffic: Option<u64>, most: u64) -> u8 {
    #[expect(clippy::cast_precision_loss, reason = "a width on a scale of six")]
    let log = |count: u64| (count as f64).ln_1p();
    let share = match traffic {
        None | Some(0) => return 0,
        Some(traffic) => log(traffic) / log(most.max(traffic)),
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 1 and LEVELS"
    )]
    let level = (share * LEVELS).ceil().clamp(1.0, LEVELS) as u8;
    level
}

pub(super) fn line(picture: &GraphPicture, way: &WayPicture, route: &Route, most: u64) -> Markup {
    let tone = Tone::of(way).class();
    let mut class = format!("g-line {tone} traffic-{}", level(way.traffic, most));
    if way.fault.is_some() {
        class.push_str(" is-faulty");
    }
    class.push_str(way.change.map_or("", Change::class));
    html! {
        path class=(class) d=(without_head(&route.curve).path())
            marker-end={ "url(#" (picture.id) "-" (tone) ")" } {}
    }
}

/// What a way is, for whoever hovers or listens.
fn in_words(picture: &GraphPicture, way: &WayPicture) -> String {
    let name = |index: Option<usize>| {
        let step = index.and_then(|index| picture.steps.get(index));
        step.map_or("a step that is not there", |step| step.label.as_str()).to_owned()
    };
    let output = if way.text.is_empty() { String::new() } else { format!(" on {}", way.text) };
    let mut sentences = vec![format!("From {}{output} to {}", name(way.from), name(way.to))];
    if let Some(traffic) = way.traffic {
        let leads = if traffic == 1 { "lead" } else { "leads" };
        let all: u64 = picture
            .ways
            .iter()
            .filter(|other| other.from == way.from)
            .filter_map(|other| other.traffic)
            .sum();
        sentences.push(match all {
            0 => "No lead went this way".into(),
            all => format!(
                "{} {leads} went this way, {} of those that went on",
                grouped(traffic),
                percent(traffic, all)
            ),
        });
    }
    if !way.travels.is_empty() {
        sentences.push(format!("Way {} of the lead", orders_in_words(&way.travels)));
    }
    sentences.extend(way.fault.as_ref().map(|fault| format!("Fault: {fault}")));
    sentences.extend(way.change.map(|change| change.in_words().to_owned()));
    sentences.join(". ")
}

pub(super) fn label(picture: &GraphPicture, way: &WayPicture, route: &Route) -> Markup {
    let change = way.change.map_or("", Change::class);
    let class = format!("g-way {}{change}", Tone::of(way).class());
    let text = fitted(&way.text, TEXT_ROOM, TEXT_SIZE, Weight::Regular);
    let number = match (way.travels.as_slice(), way.traffic) {
        ([], traffic) => traffic.map(compact),
        (travels, _) => Some(orders(travels)),
    };
    let traffic = way.travels.is_empty() && way.traffic.is_some();
    let live = (picture.live && traffic).then(|| format!("{}.traffic", way.id));
    let number_width = match &number {
        // A number that may grow has all of its room.
        Some(_) if live.is_some() => NUMBER_ROOM,
        Some(number) => (width(number, TEXT_SIZE, Weight::Bold)
            + if text.is_empty() { 0.0 } else { 6.0 })
        .min(NUMBER_ROOM),
        None => 0.0,
    };
    let written = if text.is_empty() { 0.0 } else { text_width(way) };
    let pill =
        Size::new((written + number_width + PADDING).min(route.label.size.width.max(PILL)), PILL);
    let place = Rect::around(route.label.centre(), pill);
    let (left, middle) = (place.left() + PADDING / 2.0, place.centre().y + 4.5);
    let inside = html! {
        // Easier to hit than a thin line.
        path.g-reach d=(route.curve.path()) {}
        @if !text.is_empty() || number.is_some() {
            rect.g-pill x=(short(place.left())) y=(short(place.top())) rx=(short(PILL / 2.0))
                width=(short(pill.width)) height=(short(PILL)) {}
        }
        @if !text.is_empty() {
            text x=(short(left)) y=(short(middle)) { (text) }
        }
        @if let Some(number) = &number {
            @let class = match (traffic, text.is_empty()) {
                (true, false) => "g-traffic at-end",
                (true, true) => "g-traffic",
                (false, false) => "g-order at-end",
                (false, true) => "g-order",
            };
            @let right =
                if text.is_empty() { place.centre().x } else { place.right() - PADDING / 2.0 };
            text class=(class) x=(short(right)) y=(short(middle))
                data-live=[live.as_ref()] data-compact { (number) }
        }
    };
    html! {
        g role="listitem" { (mark(way.href.as_deref(), &class, &in_words(picture, way), &inside)) }
    }
}
