//! How many got how far: bars of which each is a share of the one before.

use maud::{Markup, html};

use super::{
    Figure, Tone,
    figure::{Table, across, cell, figure, share},
};
use crate::drawing::text::{grouped, percent};

/// One stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage<'a> {
    /// What people call it.
    pub name: &'a str,
    /// How many reached it.
    pub count: u64,
    /// Its colour.
    pub tone: Tone,
    /// Where a click leads.
    pub href: Option<String>,
}

/// Bars from the first stage to the last, each with its share of the one before and of the first.
pub fn funnel(about: &Figure<'_>, stages: &[Stage<'_>]) -> Markup {
    let most = stages.iter().map(|stage| stage.count).max().unwrap_or_default();
    let first = stages.first().map_or(0, |stage| stage.count);
    let before =
        |nth: usize| nth.checked_sub(1).and_then(|nth| stages.get(nth)).map(|stage| stage.count);
    let table = Table {
        head: ["Stage", "Leads", "Of the one before", "Of the first"].map(String::from).into(),
        rows: stages
            .iter()
            .enumerate()
            .map(|(nth, stage)| {
                let of_before = before(nth).map(|before| percent(stage.count, before));
                vec![
                    cell(stage.name),
                    cell(grouped(stage.count)),
                    cell(of_before.unwrap_or_default()),
                    cell(percent(stage.count, first)),
                ]
            })
            .collect(),
    };
    let picture = (most > 0).then(|| {
        html! {
            ul.chart-bars {
                @for (nth, stage) in stages.iter().enumerate() {
                    @let of_before = before(nth).map(|before| percent(stage.count, before));
                    li {
                        span.chart-label {
                            @if let Some(href) = &stage.href { a href=(href) { (stage.name) } }
                            @else { (stage.name) }
                        }
                        (bar(stage, share(stage.count, most)))
                        span.chart-value {
                            b { (grouped(stage.count)) }
                            @if let Some(of_before) = of_before { " " span.chart-note { (of_before) } }
                        }
                    }
                }
            }
        }
    });
    figure(about, picture, &table)
}

fn bar(stage: &Stage<'_>, share: f64) -> Markup {
    html! {
        svg width="100%" height="22" aria-hidden="true" {
            title { (stage.name) ": " (grouped(stage.count)) }
            rect.chart-track width="100%" height="22" rx="4" {}
            @if stage.count > 0 {
                // The fewest are seen too.
                rect class=(stage.tone.class()) width="3" height="22" rx="1.5" {}
                rect class=(stage.tone.class()) width=(across(share)) height="22" rx="4" {}
            }
        }
    }
}
