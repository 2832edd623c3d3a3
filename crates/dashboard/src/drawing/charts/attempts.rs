//! At which attempt people were reached.

use maud::{Markup, html};

use super::{
    Figure, Tone,
    axis::round_up,
    figure::{Table, across, cell, down, figure, legend, share},
};
use crate::drawing::{
    geometry::{coordinate, short},
    text::{compact, grouped, percent},
};

/// Room for the number at the upper end of the axis. Unit: pixels.
const TOP: f64 = 18.0;
/// Height of the bars. Unit: pixels.
const HEIGHT: f64 = 120.0;

/// The calls that were somebody's n-th.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempt {
    /// How many there were.
    pub dialled: u64,
    /// How many of them were answered.
    pub answered: u64,
}

/// Columns for the first attempt, the second and so on; the answered part is filled. `more` says
/// that the last column stands for all further attempts too.
pub fn attempts(about: &Figure<'_>, list: &[Attempt], more: bool) -> Markup {
    let most = list.iter().map(|one| one.dialled).max().unwrap_or_default();
    let name = |nth: usize| {
        let plus = if more && nth + 1 == list.len() { "+" } else { "" };
        format!("{}{plus}", nth + 1)
    };
    let table = Table {
        head: ["Attempt", "Dialled", "Answered", "Share"].map(String::from).into(),
        rows: list
            .iter()
            .enumerate()
            .map(|(nth, one)| {
                vec![
                    cell(name(nth)),
                    cell(grouped(one.dialled)),
                    cell(grouped(one.answered)),
                    cell(percent(one.answered, one.dialled)),
                ]
            })
            .collect(),
    };
    let picture = (most > 0).then(|| {
        let top = round_up(most);
        let summary = list.iter().enumerate().map(|(nth, one)| {
            let (answered, dialled) = (grouped(one.answered), grouped(one.dialled));
            format!("attempt {}: {answered} of {dialled} answered", name(nth))
        });
        let summary = summary.collect::<Vec<_>>().join("; ");
        html! {
            svg.chart-plot width="100%" height=(short(TOP + HEIGHT + 40.0)) role="img" aria-label=(summary) {
                line.chart-grid x1="0" x2="100%" y1=(short(TOP)) y2=(short(TOP)) {}
                line.chart-grid x1="0" x2="100%" y1=(short(TOP + HEIGHT / 2.0)) y2=(short(TOP + HEIGHT / 2.0)) {}
                @for (nth, one) in list.iter().enumerate() {
                    (column((nth, list.len()), &name(nth), *one, top))
                }
                line.chart-axis x1="0" x2="100%" y1=(short(TOP + HEIGHT)) y2=(short(TOP + HEIGHT)) {}
                text.chart-tick x="0" y="13" { (compact(top)) " calls" }
                text.chart-tick.middle x="50%" y=(short(TOP + HEIGHT + 34.0)) { "attempt" }
            }
            (legend([(Tone::Accent, "answered"), (Tone::Plain, "not answered")]))
        }
    });
    figure(about, picture, &table)
}

fn column((nth, count): (usize, usize), name: &str, one: Attempt, top: u64) -> Markup {
    let slot = 1.0 / coordinate(count.max(1));
    let left = slot * coordinate(nth);
    let dialled = share(one.dialled, top);
    let answered = share(one.answered.min(one.dialled), top);
    let (x, width) = (across(left + slot * 0.15), across(slot * 0.7));
    html! {
        g {
            title { "Attempt " (name) ": " (grouped(one.answered)) " of " (grouped(one.dialled)) " answered, " (percent(one.answered, one.dialled)) }
            rect.fill-plain x=(x) width=(width) y=(short(TOP + (1.0 - dialled) * HEIGHT)) height=(down(dialled - answered, HEIGHT)) {}
            rect.fill-accent x=(x) width=(width) y=(short(TOP + (1.0 - answered) * HEIGHT)) height=(down(answered, HEIGHT)) {}
            text.chart-tick.middle x=(across(left + slot / 2.0)) y=(short(TOP + HEIGHT + 17.0)) { (name) }
        }
    }
}
