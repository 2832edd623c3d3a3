//! How the calls of each step ended: one bar a row, cut into shares.

use maud::{Markup, html};

use super::{
    Figure, Tone,
    figure::{Table, across, cell, figure, legend, share},
};
use crate::drawing::text::{grouped, percent};

/// A part of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share<'a> {
    /// What people call it; the same in every row.
    pub name: &'a str,
    /// Its colour.
    pub tone: Tone,
    /// How many.
    pub count: u64,
}

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutcomeRow<'a> {
    /// What people call it.
    pub name: &'a str,
    /// Its parts, in the same order in every row.
    pub shares: Vec<Share<'a>>,
    /// Where a click leads.
    pub href: Option<String>,
}

/// One full bar for each row that has anything.
pub fn outcomes(about: &Figure<'_>, rows: &[OutcomeRow<'_>]) -> Markup {
    let total = |row: &OutcomeRow<'_>| {
        row.shares.iter().map(|share| share.count).fold(0, u64::saturating_add)
    };
    let names: Vec<(Tone, &str)> = rows
        .first()
        .map(|row| row.shares.iter().map(|share| (share.tone, share.name)).collect())
        .unwrap_or_default();
    let table = Table {
        head: std::iter::once("Step".to_owned())
            .chain(names.iter().map(|(_, name)| (*name).to_owned()))
            .chain(["All".to_owned()])
            .collect(),
        rows: rows
            .iter()
            .map(|row| {
                let counts = row.shares.iter().map(|share| cell(grouped(share.count)));
                std::iter::once(cell(row.name))
                    .chain(counts)
                    .chain([cell(grouped(total(row)))])
                    .collect()
            })
            .collect(),
    };
    let picture = rows.iter().any(|row| total(row) > 0).then(|| {
        html! {
            ul.chart-bars {
                @for row in rows {
                    li {
                        span.chart-label {
                            @if let Some(href) = &row.href { a href=(href) { (row.name) } }
                            @else { (row.name) }
                        }
                        (bar(row, total(row)))
                        span.chart-value { b { (grouped(total(row))) } }
                    }
                }
            }
            (legend(names.iter().copied()))
        }
    });
    figure(about, picture, &table)
}

fn bar(row: &OutcomeRow<'_>, total: u64) -> Markup {
    let mut before = 0_u64;
    let parts = row.shares.iter().filter(|part| part.count > 0).map(|part| {
        let left = share(before, total);
        before = before.saturating_add(part.count);
        (part, left, share(part.count, total))
    });
    let parts: Vec<_> = parts.collect();
    html! {
        svg width="100%" height="24" aria-hidden="true" {
            rect.chart-track width="100%" height="24" rx="4" {}
            @for (part, left, width) in parts {
                g {
                    title { (part.name) ": " (grouped(part.count)) ", " (percent(part.count, total)) }
                    rect class={ (part.tone.class()) " chart-part" } x=(across(left)) width=(across(width)) height="24" {}
                    // Only where it fits on a small screen too, and can be read on the colour.
                    @if width > 0.2 && part.tone != Tone::Plain {
                        text.chart-inside x=(across(left + width / 2.0)) y="16.5" { (percent(part.count, total)) }
                    }
                }
            }
        }
    }
}
