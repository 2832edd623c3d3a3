//! How long leads stay at each step: from the median to the 95th percentile, on a logarithmic axis,
//! because a call takes a minute and a wait takes a week.

use maud::{Markup, html};

use super::{
    Figure, Tone,
    axis::LogTime,
    figure::{Table, across, cell, figure, legend},
};
use crate::drawing::text::{duration, grouped};

/// A step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StayRow<'a> {
    /// What people call it.
    pub name: &'a str,
    /// How many visits ended.
    pub visits: u64,
    /// Half of the visits took no longer. Unit: milliseconds.
    pub p50_ms: u64,
    /// 95 of 100 took no longer. Unit: milliseconds.
    pub p95_ms: u64,
    /// Where a click leads.
    pub href: Option<String>,
}

/// A bar from p50 to p95 for each step that anybody left.
pub fn stays(about: &Figure<'_>, rows: &[StayRow<'_>]) -> Markup {
    let rows: Vec<&StayRow<'_>> = rows.iter().filter(|row| row.visits > 0).collect();
    let table = Table {
        head: ["Step", "Visits", "p50", "p95"].map(String::from).into(),
        rows: rows
            .iter()
            .map(|row| {
                vec![
                    cell(row.name),
                    cell(grouped(row.visits)),
                    cell(duration(row.p50_ms)),
                    cell(duration(row.p95_ms)),
                ]
            })
            .collect(),
    };
    let least = rows.iter().map(|row| row.p50_ms).min();
    let most = rows.iter().map(|row| row.p95_ms).max();
    let picture = least.zip(most).map(|(least, most)| {
        let axis = LogTime::around(least, most);
        html! {
            ul.chart-bars.chart-timeline {
                @for row in &rows {
                    li {
                        span.chart-label {
                            @if let Some(href) = &row.href { a href=(href) { (row.name) } }
                            @else { (row.name) }
                        }
                        (range(&axis, row))
                        span.chart-value { b { (duration(row.p50_ms)) } " " span.chart-note { (duration(row.p95_ms)) } }
                    }
                }
                li.chart-foot aria-hidden="true" {
                    span.chart-label {}
                    svg width="100%" height="18" { (marks(&axis)) }
                    span.chart-value {}
                }
            }
            (legend([(Tone::Accent, "p50: half took no longer"), (Tone::Plain, "up to p95: 95 of 100 took no longer")]))
        }
    });
    figure(about, picture, &table)
}

fn range(axis: &LogTime, row: &StayRow<'_>) -> Markup {
    let (from, to) = (axis.place(row.p50_ms), axis.place(row.p95_ms.max(row.p50_ms)));
    html! {
        svg width="100%" height="24" aria-hidden="true" {
            title { (row.name) ": p50 " (duration(row.p50_ms)) ", p95 " (duration(row.p95_ms)) ", " (grouped(row.visits)) " visits" }
            @for mark in axis.marks() {
                line.chart-grid x1=(across(axis.place(mark))) x2=(across(axis.place(mark))) y1="0" y2="24" {}
            }
            rect.fill-plain x=(across(from)) width=(across(to - from)) y="8" height="8" rx="4" {}
            circle.chart-end cx=(across(to)) cy="12" r="4" {}
            circle.fill-accent cx=(across(from)) cy="12" r="6" {}
        }
    }
}

fn marks(axis: &LogTime) -> Markup {
    html! {
        @for mark in axis.marks() {
            @let at = axis.place(mark);
            @let class = if at < 0.05 { "chart-tick" } else if at > 0.95 { "chart-tick end" } else { "chart-tick middle" };
            text class=(class) x=(across(at)) y="13" { (duration(mark)) }
        }
    }
}
