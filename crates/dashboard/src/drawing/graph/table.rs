//! The same graph as a table.

use maud::{Markup, html};

use super::{GraphPicture, StepPicture, WayPicture, orders_in_words};
use crate::drawing::{text::grouped, words::node_type_in_words};

pub(super) fn table(picture: &GraphPicture) -> Markup {
    let counted = picture.steps.iter().any(|step| step.counts.is_some());
    let travelled = picture.steps.iter().any(|step| !step.visits.is_empty());
    html! {
        div.table-scroll {
            table.graph-table {
                caption { (picture.title) }
                thead {
                    tr {
                        th scope="col" { "Step" }
                        th scope="col" { "What it does" }
                        @if counted {
                            th.num scope="col" { "Here" }
                            th.num scope="col" { "Held" }
                            th.num scope="col" { "Passed" }
                        }
                        @if travelled { th scope="col" { "The lead" } }
                        th scope="col" { "Ways on" }
                    }
                }
                tbody {
                    @for (index, step) in picture.steps.iter().enumerate() {
                        (row(picture, index, step, (counted, travelled)))
                    }
                }
            }
        }
    }
}

fn row(
    picture: &GraphPicture,
    index: usize,
    step: &StepPicture,
    (counted, travelled): (bool, bool),
) -> Markup {
    let ways: Vec<&WayPicture> =
        picture.ways.iter().filter(|way| way.from == Some(index)).collect();
    let counts = step.counts.unwrap_or_default();
    let numbers = [("here", counts.here), ("held", counts.held), ("passed", counts.passed)];
    html! {
        tr {
            th scope="row" {
                @if let Some(href) = &step.href { a href=(href) { (step.label) } }
                @else { (step.label) }
                @if step.entry { " (start)" }
            }
            td {
                (node_type_in_words(step.node_type)) ": " (step.config)
                @if let Some(fault) = &step.fault { strong { " Fault: " (fault) } }
                @if let Some(change) = step.change { strong { " " (change.in_words()) } }
            }
            @if counted {
                @for (what, count) in numbers {
                    @let live = picture.live.then(|| format!("{}.{what}", step.id));
                    td.num data-live=[live] { (grouped(count)) }
                }
            }
            @if travelled {
                td {
                    @if !step.visits.is_empty() { "step " (orders_in_words(&step.visits)) }
                    @if step.current { " is here" }
                }
            }
            td {
                @if ways.is_empty() { "none" }
                @else { ul { @for way in ways { li { (way_on(picture, way)) } } } }
            }
        }
    }
}

fn way_on(picture: &GraphPicture, way: &WayPicture) -> Markup {
    let to = way.to.and_then(|to| picture.steps.get(to));
    let to = to.map_or("a step that is not there", |step| step.label.as_str());
    let live = picture.live.then(|| format!("{}.traffic", way.id));
    html! {
        @if !way.text.is_empty() { (way.text) " " }
        "→ "
        @if let Some(href) = &way.href { a href=(href) { (to) } } @else { (to) }
        @if let Some(traffic) = way.traffic { " (" span data-live=[live] { (grouped(traffic)) } ")" }
        @if !way.travels.is_empty() { ", the lead's way " (orders_in_words(&way.travels)) }
        @if let Some(fault) = &way.fault { strong { " Fault: " (fault) } }
        @if let Some(change) = way.change { strong { " " (change.in_words()) } }
    }
}
