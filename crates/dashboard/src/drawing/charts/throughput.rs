//! What happened in each of the last minutes, stacked by outcome.

use maud::{Markup, html};

use super::{
    Figure, Tone,
    axis::round_up,
    figure::{Table, across, cell, down, figure, legend, share},
};
use crate::drawing::{
    geometry::{coordinate, short},
    text::{compact, grouped},
};

/// Room for the number at the upper end of the axis. Unit: pixels.
const TOP: f64 = 18.0;
/// Height of the bars. Unit: pixels.
const HEIGHT: f64 = 96.0;

/// One outcome over the minutes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series<'a> {
    /// What people call it.
    pub name: &'a str,
    /// Its colour.
    pub tone: Tone,
    /// A count for each minute, the oldest first, the current one last.
    pub minutes: Vec<u64>,
}

/// Bars for minutes, the current one at the right. The first series lies at the bottom.
pub fn throughput(about: &Figure<'_>, series: &[Series<'_>]) -> Markup {
    let length = series.iter().map(|one| one.minutes.len()).max().unwrap_or_default();
    let at = |one: &Series<'_>, minute: usize| one.minutes.get(minute).copied().unwrap_or_default();
    let total = |minute| series.iter().map(|one| at(one, minute)).fold(0, u64::saturating_add);
    let most = (0..length).map(total).max().unwrap_or_default();
    let table = Table {
        head: std::iter::once("Minutes ago".to_owned())
            .chain(series.iter().map(|one| one.name.to_owned()))
            .collect(),
        rows: (0..length)
            .rev()
            .filter(|&minute| total(minute) > 0)
            .map(|minute| {
                let ago = cell(length - 1 - minute);
                let counts = series.iter().map(|one| cell(grouped(at(one, minute))));
                std::iter::once(ago).chain(counts).collect()
            })
            .collect(),
    };
    let picture = (most > 0).then(|| {
        let top = round_up(most);
        let all: u64 = (0..length).map(total).fold(0, u64::saturating_add);
        let summary = format!(
            "{} in {length} minutes, at most {} in one",
            grouped(all),
            grouped(most)
        );
        html! {
            svg.chart-plot width="100%" height=(short(TOP + HEIGHT + 20.0)) role="img" aria-label=(summary) {
                line.chart-grid x1="0" x2="100%" y1=(short(TOP)) y2=(short(TOP)) {}
                line.chart-grid x1="0" x2="100%" y1=(short(TOP + HEIGHT / 2.0)) y2=(short(TOP + HEIGHT / 2.0)) {}
                @for minute in 0..length {
                    (minute_bar(series, (minute, length), top))
                }
                line.chart-axis x1="0" x2="100%" y1=(short(TOP + HEIGHT)) y2=(short(TOP + HEIGHT)) {}
                text.chart-tick x="0" y="13" { (compact(top)) }
                text.chart-tick x="0" y=(short(TOP + HEIGHT + 15.0)) { (length) " min ago" }
                text.chart-tick.middle x="50%" y=(short(TOP + HEIGHT + 15.0)) { (length / 2) }
                text.chart-tick.end x="100%" y=(short(TOP + HEIGHT + 15.0)) { "now" }
            }
            (legend(series.iter().map(|one| (one.tone, one.name))))
        }
    });
    figure(about, picture, &table)
}

fn minute_bar(series: &[Series<'_>], (minute, length): (usize, usize), top: u64) -> Markup {
    let slot = 1.0 / coordinate(length.max(1));
    let left = slot * coordinate(minute);
    let mut below = 0_u64;
    let mut words = Vec::new();
    let mut parts = Vec::new();
    for one in series {
        let count = one.minutes.get(minute).copied().unwrap_or_default();
        if count == 0 {
            continue;
        }
        words.push(format!("{} {}", grouped(count), one.name));
        let upto = below.saturating_add(count);
        let (from, to) = (share(below, top), share(upto, top));
        parts.push((one.tone, short(TOP + (1.0 - to) * HEIGHT), down(to - from, HEIGHT)));
        below = upto;
    }
    if parts.is_empty() {
        return html! {};
    }
    html! {
        g {
            title { (length - 1 - minute) " min ago: " (words.join(", ")) }
            @for (tone, y, height) in parts {
                rect class=(tone.class()) x=(across(left + slot * 0.1)) width=(across(slot * 0.8)) y=(y) height=(height) {}
            }
        }
    }
}
