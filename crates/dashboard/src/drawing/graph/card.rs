//! One step as a card.

use maud::{Markup, html};

use super::{Change, GraphPicture, StepPicture, icon, mark, orders, orders_in_words};
use crate::drawing::{
    geometry::{Rect, Size, short},
    text::{Weight, fitted, grouped, width},
    words::node_type_in_words,
};

/// Size of a card.
pub const CARD: Size = Size::new(232.0, 64.0);

/// Where its texts begin. Unit: pixels from its left side.
const TEXT_LEFT: f64 = 56.0;
/// Room for its texts. Unit: pixels.
const TEXT_ROOM: f64 = CARD.width - TEXT_LEFT - 12.0;
/// Unit: pixels.
const TITLE_SIZE: f64 = 14.0;
/// Unit: pixels. Also that of badges.
const SMALL_SIZE: f64 = 13.0;
/// Height of a badge. Unit: pixels.
const BADGE: f64 = 22.0;
/// Least width of a badge whose number may grow while the page is open. Unit: pixels.
const LIVE_BADGE: f64 = 48.0;

/// What a step is, for whoever hovers or listens.
fn in_words(step: &StepPicture) -> String {
    let kind = node_type_in_words(step.node_type);
    let mut sentences = vec![format!("{kind}: {}", step.label), step.config.clone()];
    if step.entry {
        sentences.push("Leads start here".into());
    }
    if let Some(counts) = step.counts {
        sentences.push(format!(
            "{} here, {} held, {} passed",
            grouped(counts.here),
            grouped(counts.held),
            grouped(counts.passed)
        ));
    }
    if !step.visits.is_empty() {
        sentences.push(format!("Step {} of the lead", orders_in_words(&step.visits)));
    }
    if step.current {
        sentences.push("The lead is here".into());
    }
    if let Some(fault) = &step.fault {
        sentences.push(format!("Fault: {fault}"));
    }
    sentences.extend(step.change.map(|change| change.in_words().to_owned()));
    sentences.join(". ")
}

pub(super) fn card(picture: &GraphPicture, step: &StepPicture, place: &Rect) -> Markup {
    let mut class = format!("g-card {}", icon::kind_class(step.node_type));
    for (is, name) in [
        (step.current, " is-current"),
        (!step.visits.is_empty(), " is-visited"),
        (step.fault.is_some(), " is-faulty"),
        (step.counts.is_some_and(|counts| counts.held > 0), " has-held"),
    ] {
        if is {
            class.push_str(name);
        }
    }
    class.push_str(step.change.map_or("", Change::class));
    let title = fitted(&step.label, TEXT_ROOM, TITLE_SIZE, Weight::Bold);
    let config = fitted(&step.config, TEXT_ROOM, SMALL_SIZE, Weight::Regular);
    let (card_width, card_height) = (short(CARD.width), short(CARD.height));
    let inside = html! {
        @if step.current {
            rect.g-halo x="-5" y="-5" rx="14" width=(short(CARD.width + 10.0)) height=(short(CARD.height + 10.0)) {}
        }
        rect.g-body width=(card_width) height=(card_height) rx="10" {}
        rect.g-tile x="10" y="14" width="36" height="36" rx="9" {}
        g.g-icon transform="translate(18 22)" { (icon::strokes(step.node_type)) }
        text.g-title x=(short(TEXT_LEFT)) y="28" { (title) }
        text.g-config x=(short(TEXT_LEFT)) y="48" { (config) }
        (badges(picture, step))
    };
    let at = format!("translate({} {})", short(place.left()), short(place.top()));
    html! {
        g role="listitem" transform=(at) {
            (mark(step.href.as_deref(), &class, &in_words(step), &inside))
        }
    }
}

fn badges(picture: &GraphPicture, step: &StepPicture) -> Markup {
    let live = |what: &str| picture.live.then(|| format!("{}.{what}", step.id));
    let right = |class, text: &str, symbol, live: Option<String>, y| {
        let width = badge_width(text, symbol, live.is_some());
        badge(class, (CARD.width - 8.0 - width, y, width), symbol, text, live)
    };
    let (above, below) = (-BADGE / 2.0, CARD.height - BADGE / 2.0);
    html! {
        @if let Some(counts) = step.counts {
            @if counts.here > 0 || picture.live {
                (right("g-badge g-here", &grouped(counts.here), Symbol::None, live("here"), above))
            }
            @if counts.held > 0 || picture.live {
                (right("g-badge g-held", &grouped(counts.held), Symbol::Warning, live("held"), below))
            }
            @if counts.passed > 0 || picture.live {
                @let text = grouped(counts.passed);
                @let width = badge_width(&text, Symbol::Passed, picture.live);
                (badge("g-badge g-passed", (8.0, below, width), Symbol::Passed, &text, live("passed")))
            }
        } @else if step.current {
            (right("g-badge g-here", "Here", Symbol::None, None, above))
        }
        @if let Some(change) = step.change {
            @let text = change.in_words();
            (right("g-badge g-change", text, Symbol::None, None, above))
        }
        @if step.fault.is_some() {
            (badge("g-badge g-held", (8.0, above, 24.0), Symbol::Warning, "", None))
        } @else if !step.visits.is_empty() {
            @let text = orders(&step.visits);
            (badge("g-badge g-order", (8.0, above, badge_width(&text, Symbol::None, false)), Symbol::None, &text, None))
        } @else if step.entry {
            (badge("g-badge g-entry", (8.0, above, badge_width("Start", Symbol::None, false)), Symbol::None, "Start", None))
        }
    }
}

/// What stands before a badge's number, so that its colour is not all there is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Symbol {
    None,
    Warning,
    Passed,
}

fn badge_width(text: &str, symbol: Symbol, live: bool) -> f64 {
    let symbol = if symbol == Symbol::None { 0.0 } else { 14.0 };
    let width = width(text, SMALL_SIZE, Weight::Bold) + symbol + 14.0;
    width.max(if live { LIVE_BADGE } else { BADGE }).ceil()
}

fn badge(
    class: &str,
    (x, y, width): (f64, f64, f64),
    symbol: Symbol,
    text: &str,
    live: Option<String>,
) -> Markup {
    let shift = if symbol == Symbol::None { 0.0 } else { 7.0 };
    // A zero that may grow is there, and not seen.
    let count = live.as_ref().map(|_| text);
    html! {
        g class=(class) transform={ "translate(" (short(x)) " " (short(y)) ")" } {
            rect width=(short(width)) height=(short(BADGE)) rx=(short(BADGE / 2.0)) {}
            @match symbol {
                Symbol::None => {}
                Symbol::Warning => path.g-symbol d="M12 5.5 17.5 15.500h-11zM12 9v3M12 13.800v.300" {}
                Symbol::Passed => path.g-symbol d="m7.5 11.3 2.7 2.7 5-6" {}
            }
            @if !text.is_empty() {
                text x=(short(width / 2.0 + shift)) y="15.5" data-live=[live] data-count=[count] { (text) }
            }
        }
    }
}
