//! What all charts have around them.

use maud::{Markup, html};

use crate::drawing::geometry::short;

/// What a chart is called and how its numbers are to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figure<'a> {
    /// Its title.
    pub title: &'a str,
    /// Unit, period, time zone: what the axes do not say by themselves.
    pub note: &'a str,
    /// What to read when there is nothing to show.
    pub empty: &'a str,
    /// Where the numbers are as CSV.
    pub csv: Option<&'a str>,
}

/// The colour of a mark, by its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Reached what it was for.
    Good,
    /// Not yet.
    Warn,
    /// Failed.
    Bad,
    /// Neither.
    Plain,
    /// The subject of the chart.
    Accent,
    /// A second subject.
    Violet,
}

impl Tone {
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Good => "fill-good",
            Self::Warn => "fill-warn",
            Self::Bad => "fill-bad",
            Self::Plain => "fill-plain",
            Self::Accent => "fill-accent",
            Self::Violet => "fill-violet",
        }
    }
}

/// The numbers of a chart: the first cell of a row names it.
pub(super) struct Table {
    pub(super) head: Vec<String>,
    pub(super) rows: Vec<Vec<Markup>>,
}

/// A cell.
pub(super) fn cell(text: impl std::fmt::Display) -> Markup {
    html! { (text.to_string()) }
}

/// A figure around a picture. Without a picture it says that there is nothing to show.
pub(super) fn figure(figure: &Figure<'_>, picture: Option<Markup>, table: &Table) -> Markup {
    html! {
        figure.chart {
            figcaption {
                strong { (figure.title) }
                @if !figure.note.is_empty() { span.chart-note { (figure.note) } }
            }
            @match picture {
                None => p.chart-empty { (figure.empty) },
                Some(picture) => {
                    (picture)
                    details.chart-table {
                        summary { "Numbers" }
                        @if let Some(csv) = figure.csv { a href=(csv) download { "Download as CSV" } }
                        div.table-scroll { (rows(figure.title, table)) }
                    }
                }
            }
        }
    }
}

fn rows(caption: &str, table: &Table) -> Markup {
    html! {
        table {
            caption { (caption) }
            thead { tr { @for name in &table.head { th scope="col" { (name) } } } }
            tbody {
                @for row in &table.rows {
                    tr {
                        @for (nth, cell) in row.iter().enumerate() {
                            @if nth == 0 { th scope="row" { (cell) } } @else { td.num { (cell) } }
                        }
                    }
                }
            }
        }
    }
}

/// What the colours mean.
pub(super) fn legend<'a>(entries: impl IntoIterator<Item = (Tone, &'a str)>) -> Markup {
    html! {
        ul.chart-legend {
            @for (tone, name) in entries {
                li {
                    svg width="10" height="10" aria-hidden="true" {
                        rect class=(tone.class()) width="10" height="10" rx="2" {}
                    }
                    (name)
                }
            }
        }
    }
}

/// A share of the width, as an attribute: `12.5%`, never below 0 or above 100.
pub(super) fn across(share: f64) -> String {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    let percent = (share * 10_000.0).round() / 100.0;
    format!("{percent}%")
}

/// A part of a whole, 0 to 1; 0 when there is no whole.
#[expect(clippy::cast_precision_loss, reason = "a share of a width")]
pub(super) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// A length in a picture of this height. Unit: pixels.
pub(super) fn down(share: f64, height: f64) -> String {
    short(share.clamp(0.0, 1.0) * height)
}
