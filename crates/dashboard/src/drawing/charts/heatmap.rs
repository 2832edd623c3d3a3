//! When people pick up: weekday by hour, shaded by what is certain.
//!
//! One answer of one call is no reason to call at that hour. So a cell is shaded by the lower end of
//! the Wilson interval at 95 %: the share of answers that is at least to be expected, given how few
//! calls there were.

use maud::{Markup, html};

use super::{
    Figure,
    figure::{Table, across, cell, figure},
};
use crate::drawing::{
    geometry::{coordinate, short},
    text::{grouped, percent},
    words::short_day,
};
use branchline_domain::graph::Day;

/// Height of a row. Unit: pixels.
const ROW: f64 = 24.0;
/// Shades above none.
const SHADES: f64 = 6.0;

/// Calls by weekday, from Monday, and hour of the day: how many were dialled, how many of those were
/// answered. A cell that is missing had none.
pub type Hours = [[(u64, u64); 24]; 7];

/// The lower end of the Wilson score interval at 95 % for a share, 0 to 1.
/// Source: E. B. Wilson, 1927.
#[expect(clippy::cast_precision_loss, reason = "a shade of six")]
pub fn wilson_lower(answered: u64, dialled: u64) -> f64 {
    /// The 97.5th percentile of the normal distribution.
    const Z: f64 = 1.959_964;
    if dialled == 0 {
        return 0.0;
    }
    let calls = dialled as f64;
    let rate = answered.min(dialled) as f64 / calls;
    let spread = Z * (rate * (1.0 - rate) / calls + Z * Z / (4.0 * calls * calls)).sqrt();
    ((rate + Z * Z / (2.0 * calls) - spread) / (1.0 + Z * Z / calls)).clamp(0.0, 1.0)
}

/// A shade from 0 for nothing to 6.
fn shade(bound: f64) -> u8 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and SHADES"
    )]
    let shade = (bound * SHADES).ceil().clamp(0.0, SHADES) as u8;
    shade
}

/// Seven rows of 24 cells. `open` says at which hours calls are allowed: the others are framed
/// weaker.
pub fn heatmap(about: &Figure<'_>, hours: &Hours, open: impl Fn(Day, u8) -> bool) -> Markup {
    let any = hours.iter().flatten().any(|(dialled, _)| *dialled > 0);
    let each = || Day::ALL.into_iter().zip(hours);
    let table = Table {
        head: ["When", "Dialled", "Answered", "Share", "At least"].map(String::from).into(),
        rows: each()
            .flat_map(|(day, row)| (0_u8..).zip(row).map(move |(hour, calls)| (day, hour, calls)))
            .filter(|(.., (dialled, _))| *dialled > 0)
            .map(|(day, hour, &(dialled, answered))| {
                vec![
                    cell(format!("{} {hour:02}:00", short_day(day))),
                    cell(grouped(dialled)),
                    cell(grouped(answered)),
                    cell(percent(answered, dialled)),
                    cell(at_least(answered, dialled)),
                ]
            })
            .collect(),
    };
    let picture = any.then(|| {
        let height = ROW * 7.0 + 18.0;
        html! {
            div.chart-rows {
                svg width="36" height=(short(height)) aria-hidden="true" {
                    @for (nth, day) in Day::ALL.into_iter().enumerate() {
                        text.chart-tick x="0" y=(short(ROW * coordinate(nth) + 16.0)) { (short_day(day)) }
                    }
                }
                svg.chart-plot width="100%" height=(short(height)) role="img" aria-label=(summary(hours)) {
                    @for (nth, (day, row)) in each().enumerate() {
                        @for (hour, calls) in (0_u8..).zip(row) {
                            (square((nth, day), hour, *calls, open(day, hour)))
                        }
                    }
                    @for hour in [0_u8, 6, 12, 18] {
                        text.chart-tick x=(across(f64::from(hour) / 24.0)) y=(short(ROW * 7.0 + 14.0)) { (format!("{hour:02}:00")) }
                    }
                    text.chart-tick.end x="100%" y=(short(ROW * 7.0 + 14.0)) { "24:00" }
                }
            }
            (scale())
        }
    });
    figure(about, picture, &table)
}

fn at_least(answered: u64, dialled: u64) -> String {
    format!("{:.0}%", (wilson_lower(answered, dialled) * 100.0).floor())
}

fn summary(hours: &Hours) -> String {
    let all = hours.iter().flatten();
    let (dialled, answered) = all.fold((0_u64, 0_u64), |sum, calls| {
        (sum.0.saturating_add(calls.0), sum.1.saturating_add(calls.1))
    });
    format!("{} of {} calls answered", grouped(answered), grouped(dialled))
}

fn square(
    (nth, day): (usize, Day),
    hour: u8,
    (dialled, answered): (u64, u64),
    open: bool,
) -> Markup {
    let shade = shade(wilson_lower(answered, dialled));
    let mut class = format!("chart-cell shade-{shade}");
    if dialled == 0 {
        class.push_str(" is-unknown");
    }
    if !open {
        class.push_str(" is-closed");
    }
    let slot = 1.0 / 24.0;
    html! {
        rect class=(class) x=(across(slot * (f64::from(hour) + 0.04))) width=(across(slot * 0.92))
            y=(short(ROW * coordinate(nth) + 1.0)) height=(short(ROW - 2.0)) rx="3" {
            title {
                (short_day(day)) " " (format!("{hour:02}:00")) ": "
                @if dialled == 0 { "no call" }
                @else {
                    (grouped(answered)) " of " (grouped(dialled)) " answered (" (percent(answered, dialled))
                    "), at least " (at_least(answered, dialled)) " to be expected"
                }
                @if !open { ", outside the calling window" }
            }
        }
    }
}

fn scale() -> Markup {
    html! {
        div.chart-scale {
            span { "answered at least 0%" }
            svg width="140" height="14" aria-hidden="true" {
                @for shade in 0..=6_u8 {
                    rect class={ "chart-cell shade-" (shade) } x=(short(f64::from(shade) * 20.0)) y="1" width="18" height="12" rx="3" {}
                }
            }
            span { "100%" }
            span.chart-note { "the fewer the calls, the lighter" }
        }
    }
}
