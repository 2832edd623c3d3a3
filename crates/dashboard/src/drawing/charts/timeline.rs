//! What happened to a lead, one row after the other, on an axis of time since it came in.

use maud::{Markup, html};

use super::{
    Figure,
    axis::time_marks,
    figure::{Table, across, cell, figure, share},
};
use crate::drawing::text::duration;

/// Height of a row. Unit: pixels.
const ROW: &str = "28";

/// What a row stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKind {
    /// A wait.
    Wait,
    /// A call.
    Call,
    /// A try of an application.
    Application,
    /// A decision, which takes no time.
    Decision,
    /// Held: a person must act.
    Held,
    /// Won.
    Converted,
    /// Lost, or taken out.
    Dropped,
}

impl RowKind {
    const fn class(self) -> &'static str {
        match self {
            Self::Wait => "row-wait",
            Self::Call => "row-call",
            Self::Application => "row-application",
            Self::Decision => "row-decision",
            Self::Held => "row-held",
            Self::Converted => "row-converted",
            Self::Dropped => "row-dropped",
        }
    }

    /// What people call it.
    const fn in_words(self) -> &'static str {
        match self {
            Self::Wait => "Wait",
            Self::Call => "Call",
            Self::Application => "Application",
            Self::Decision => "Decision",
            Self::Held => "Held",
            Self::Converted => "Converted",
            Self::Dropped => "Dropped",
        }
    }

    /// Whether it is a moment and not a stretch.
    const fn is_moment(self) -> bool {
        matches!(self, Self::Decision | Self::Converted | Self::Dropped)
    }
}

/// Something that happened, or is going on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row<'a> {
    /// What it stands for.
    pub kind: RowKind,
    /// What people call it: the name of the step.
    pub name: &'a str,
    /// How it ended, or what decided.
    pub detail: String,
    /// When it began. Unit: milliseconds since 1970.
    pub from_ms: i64,
    /// When it ended; still going on without it. Unit: milliseconds since 1970.
    pub to_ms: Option<i64>,
    /// Where a click leads.
    pub href: Option<String>,
}

/// All of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline<'a> {
    /// In the order in which they began.
    pub rows: Vec<Row<'a>>,
    /// When the page was made. Unit: milliseconds since 1970.
    pub now_ms: i64,
    /// When the wait that is going on ends. Unit: milliseconds since 1970.
    pub planned_ms: Option<i64>,
}

/// The axis from the first row to the last thing known or planned.
struct Axis {
    start_ms: i64,
    length_ms: u64,
}

impl Axis {
    fn of(timeline: &Timeline<'_>) -> Option<Self> {
        let start_ms = timeline.rows.iter().map(|row| row.from_ms).min()?;
        let ends = timeline.rows.iter().map(|row| row.to_ms.unwrap_or(timeline.now_ms));
        let end_ms = ends.chain(timeline.planned_ms).max()?.max(start_ms);
        Some(Self { start_ms, length_ms: end_ms.abs_diff(start_ms).max(1) })
    }

    /// Where a moment is, 0 to 1.
    fn place(&self, at_ms: i64) -> f64 {
        share(at_ms.max(self.start_ms).abs_diff(self.start_ms), self.length_ms).min(1.0)
    }
}

/// A bar for each stretch, a mark for each moment, a line for now. `time` writes a moment as the
/// shell does, for the table.
pub fn timeline(about: &Figure<'_>, shown: &Timeline<'_>, time: impl Fn(i64) -> Markup) -> Markup {
    let table = Table {
        head: ["Step", "What", "From", "To", "How long", "Outcome"].map(String::from).into(),
        rows: shown
            .rows
            .iter()
            .map(|row| {
                vec![
                    cell(row.name),
                    cell(row.kind.in_words()),
                    time(row.from_ms),
                    row.to_ms.map_or_else(|| cell("still going on"), &time),
                    cell(length(row, shown.now_ms)),
                    cell(&row.detail),
                ]
            })
            .collect(),
    };
    let picture = Axis::of(shown).map(|axis| {
        html! {
            ul.chart-bars.chart-timeline {
                @for row in &shown.rows { (row_of(&axis, shown, row)) }
                li.chart-foot aria-hidden="true" {
                    span.chart-label { "time since the start" }
                    svg width="100%" height="18" { (marks(&axis)) }
                    span.chart-value {}
                }
            }
        }
    });
    figure(about, picture, &table)
}

fn length(row: &Row<'_>, now_ms: i64) -> String {
    if row.kind.is_moment() {
        return String::new();
    }
    let to = row.to_ms.unwrap_or(now_ms).max(row.from_ms);
    duration(to.abs_diff(row.from_ms))
}

fn row_of(axis: &Axis, shown: &Timeline<'_>, row: &Row<'_>) -> Markup {
    let length = length(row, shown.now_ms);
    html! {
        li class=(row.kind.class()) {
            span.chart-label {
                @if let Some(href) = &row.href { a href=(href) { (row.name) } } @else { (row.name) }
            }
            svg width="100%" height=(ROW) aria-hidden="true" {
                title { (row.kind.in_words()) ": " (row.name) @if !length.is_empty() { ", " (length) } ". " (row.detail) }
                @for mark in time_marks(axis.length_ms) {
                    @let x = across(share(mark, axis.length_ms));
                    line.chart-grid x1=(x) x2=(x) y1="0" y2=(ROW) {}
                }
                (mark(axis, shown, row))
                @let now = across(axis.place(shown.now_ms));
                line.chart-now x1=(now) x2=(now) y1="0" y2=(ROW) {}
            }
            span.chart-value { @if !length.is_empty() { b { (length) } " " } span.chart-note { (row.detail) } }
        }
    }
}

fn mark(axis: &Axis, shown: &Timeline<'_>, row: &Row<'_>) -> Markup {
    let from = axis.place(row.from_ms);
    if row.kind.is_moment() {
        // A square on its corner cannot be placed in percent: a nested picture can.
        return html! {
            svg.chart-moment x=(across(from)) y="7" width="14" height="14" overflow="visible" {
                path.chart-mark d="M0 0 7 7 0 14-7 7z" {}
            }
        };
    }
    let to = axis.place(row.to_ms.unwrap_or(shown.now_ms));
    // A bar that is too short to be seen gets six pixels, at the left of the end of the axis.
    let shortest = if from > 0.98 { "-6" } else { "0" };
    html! {
        @if let (None, Some(planned)) = (row.to_ms, shown.planned_ms) {
            @let end = axis.place(planned);
            rect.chart-planned x=(across(to)) width=(across(end - to)) y="8.5" height="11" rx="3" {}
        }
        svg x=(across(from)) overflow="visible" {
            rect.chart-mark x=(shortest) y="7" width="6" height="14" rx="3" {}
        }
        rect.chart-mark x=(across(from)) width=(across(to - from)) y="7" height="14" rx="3" {}
    }
}

fn marks(axis: &Axis) -> Markup {
    let marks = time_marks(axis.length_ms);
    html! {
        @for (nth, mark) in marks.iter().enumerate() {
            @let at = share(*mark, axis.length_ms);
            @let class = if nth == 0 { "chart-tick" } else if at > 0.95 { "chart-tick end" } else { "chart-tick middle" };
            text class=(class) x=(across(at)) y="13" { (if *mark == 0 { "0".to_owned() } else { duration(*mark) }) }
        }
    }
}
