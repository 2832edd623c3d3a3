//! The bars: how fast and how small it shall be, and what was measured.

use std::{collections::BTreeMap, fmt};

use anyhow::Context as _;
use serde::Serialize;
use serde_json::Value;

use super::path::{number_at, skipped_at};

/// Where a figure is: which run, and its path there.
#[derive(Clone, Copy, Debug)]
struct Place(&'static str, &'static str);

/// What is judged.
#[derive(Clone, Copy, Debug)]
enum Figure {
    /// A figure as it is.
    Alone(Place),
    /// A figure as a multiple of another run's.
    Multiple(Place, Place),
}

/// How it is judged.
#[derive(Clone, Copy, Debug)]
enum Limit {
    AtLeast(f64),
    AtMost(f64),
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bar {
    what: &'static str,
    figure: Figure,
    limit: Limit,
    unit: &'static str,
    decimals: usize,
    /// The bar counts only where this figure is below that.
    only_below: Option<(Place, f64)>,
}

const fn bar(what: &'static str, figure: Figure, limit: Limit, unit: &'static str) -> Bar {
    Bar { what, figure, limit, unit, decimals: 1, only_below: None }
}

impl Bar {
    const fn decimals(self, decimals: usize) -> Self {
        Self { decimals, ..self }
    }
}

/// All bars, in the order of the table.
pub(super) const BARS: [Bar; 10] = [
    bar(
        "64 in flight, against PostgreSQL's one CTE",
        Figure::Alone(Place("campaign", "yardsticks/postgres_cte/ratio")),
        Limit::AtLeast(10.0),
        "x",
    ),
    Bar {
        only_below: Some((Place("campaign", "yardsticks/disk_sync/median_ms"), 0.3)),
        ..bar(
            "64 in flight, where a sync is below 0.3 ms",
            Figure::Alone(Place("campaign", "transitions_per_s")),
            Limit::AtLeast(60_000.0),
            "a s",
        )
        .decimals(0)
    },
    bar(
        "4,096 in flight, against the journal alone",
        Figure::Alone(Place("campaign_4096", "yardsticks/journal_alone/ratio")),
        Limit::AtLeast(0.5),
        "x",
    )
    .decimals(2),
    bar(
        "processor a lead",
        Figure::Alone(Place("campaign", "cpu_ms_per_lead")),
        Limit::AtMost(0.05),
        "ms",
    )
    .decimals(4),
    bar(
        "p99 at half load, against the journal's p50",
        Figure::Alone(Place("campaign", "paced/p99_per_journal_alone_p50")),
        Limit::AtMost(4.0),
        "x",
    ),
    bar(
        "disk a lead",
        Figure::Alone(Place("campaign", "disk_bytes_per_lead")),
        Limit::AtMost(1_000.0),
        "bytes",
    )
    .decimals(0),
    bar(
        "herd: other commands' p99",
        Figure::Alone(Place("herd", "phases/0/reports_beside/p99_ms")),
        Limit::AtMost(100.0),
        "ms",
    ),
    bar(
        "import of a million rows",
        Figure::Alone(Place("import", "seconds_per_million")),
        Limit::AtMost(30.0),
        "s",
    ),
    bar(
        "import: peak memory",
        Figure::Alone(Place("import", "peak_rss_mb")),
        Limit::AtMost(300.0),
        "MB",
    )
    .decimals(0),
    bar(
        "verify, events a second of a core",
        Figure::Alone(Place("verify", "steps/2/events_per_core_s")),
        Limit::AtLeast(1e6),
        "a s",
    )
    .decimals(0),
];

/// A bar beside what was measured.
#[derive(Debug, Serialize)]
pub(super) struct Judged {
    what: &'static str,
    at_least: Option<f64>,
    at_most: Option<f64>,
    unit: &'static str,
    #[serde(flatten)]
    outcome: Outcome,
    #[serde(skip)]
    decimals: usize,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Outcome {
    Measured {
        measured: f64,
        met: bool,
    },
    /// There is no figure, or it does not count here.
    Unjudged {
        not_judged: String,
    },
}

impl Bar {
    /// The run that tells the figure.
    pub(super) const fn run(&self) -> &'static str {
        match self.figure {
            Figure::Alone(Place(run, _)) | Figure::Multiple(Place(run, _), _) => run,
        }
    }

    /// Beside what these runs gave; `None` where its benchmark was not run.
    pub(super) fn judge(&self, runs: &BTreeMap<&str, Value>) -> anyhow::Result<Option<Judged>> {
        let places = match self.figure {
            Figure::Alone(place) => vec![place],
            Figure::Multiple(place, of) => vec![place, of],
        };
        let mut numbers = Vec::new();
        for Place(run, path) in places {
            let Some(figures) = runs.get(run) else { return Ok(None) };
            if let Some(reason) = skipped_at(figures, path) {
                let not_judged = format!("skipped: {reason}");
                return Ok(Some(self.judged(Outcome::Unjudged { not_judged })));
            }
            numbers.push(number_at(figures, path).with_context(|| format!("{run} has no {path}"))?);
        }
        let measured = match numbers.as_slice() {
            [measured, of] => measured / of,
            numbers => numbers.iter().sum(),
        };
        if let Some((Place(run, path), below)) = self.only_below {
            let figure = runs.get(run).and_then(|figures| number_at(figures, path));
            let figure = figure.with_context(|| format!("{run} has no {path}"))?;
            if figure >= below {
                let not_judged = format!("{measured:.0} {}, but it is {figure:.2}", self.unit);
                return Ok(Some(self.judged(Outcome::Unjudged { not_judged })));
            }
        }
        let met = match self.limit {
            Limit::AtLeast(limit) => measured >= limit,
            Limit::AtMost(limit) => measured <= limit,
        };
        Ok(Some(self.judged(Outcome::Measured { measured, met })))
    }

    const fn judged(&self, outcome: Outcome) -> Judged {
        let (at_least, at_most) = match self.limit {
            Limit::AtLeast(limit) => (Some(limit), None),
            Limit::AtMost(limit) => (None, Some(limit)),
        };
        let (what, unit, decimals) = (self.what, self.unit, self.decimals);
        Judged { what, at_least, at_most, unit, outcome, decimals }
    }
}

impl fmt::Display for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, unit, decimals, .. } = self;
        let number = |number: f64| format!("{number:.decimals$} {unit}");
        let limit = match (self.at_least, self.at_most) {
            (Some(limit), _) => format!("≥ {}", number(limit)),
            (None, limit) => format!("≤ {}", number(limit.unwrap_or_default())),
        };
        match &self.outcome {
            Outcome::Unjudged { not_judged } => write!(f, "{what:<44} {limit:>16} {not_judged}"),
            Outcome::Measured { measured, met } => {
                let verdict = if *met { "met".into() } else { self.missed_by(*measured) };
                write!(f, "{what:<44} {limit:>16} {:>16}  {verdict}", number(*measured))
            }
        }
    }
}

impl Judged {
    fn missed_by(&self, measured: f64) -> String {
        match (self.at_least, self.at_most) {
            (Some(limit), _) => format!("missed by {:.0} %", (1.0 - measured / limit) * 100.0),
            (None, Some(limit)) if measured > limit * 2.0 => {
                format!("missed: {:.1} times the bar", measured / limit)
            }
            (None, Some(limit)) => format!("missed by {:.0} %", (measured / limit - 1.0) * 100.0),
            (None, None) => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::all::plan::PLAN;

    fn told(bar: &Bar, figures: Value) -> String {
        bar.judge(&BTreeMap::from([(bar.run(), figures)])).unwrap().unwrap().to_string()
    }

    const RATE: Bar =
        bar("rate", Figure::Alone(Place("campaign", "rate")), Limit::AtLeast(10.0), "x");
    const SIZE: Bar =
        bar("size", Figure::Alone(Place("campaign", "size")), Limit::AtMost(10.0), "MB");

    #[test]
    fn a_bar_is_met_or_missed_by_what_was_measured() {
        assert!(told(&RATE, json!({"rate": {"median": 10.0}})).ends_with("10.0 x  met"));
        assert!(told(&RATE, json!({"rate": 7.5})).ends_with("7.5 x  missed by 25 %"));
        assert!(told(&SIZE, json!({"size": 10.0})).ends_with("met"));
        assert!(told(&SIZE, json!({"size": 15.0})).ends_with("missed by 50 %"));
        assert!(told(&SIZE, json!({"size": 35.0})).ends_with("missed: 3.5 times the bar"));
    }

    #[test]
    fn what_was_left_out_is_not_judged_and_a_missing_figure_is_an_error() {
        let skipped = told(&RATE, json!({"rate": {"skipped": "no initdb"}}));
        assert!(skipped.ends_with("skipped: no initdb"));
        let runs = BTreeMap::from([("campaign", json!({}))]);
        assert_eq!(RATE.judge(&runs).unwrap_err().to_string(), "campaign has no rate");
        assert!(RATE.judge(&BTreeMap::new()).unwrap().is_none());
    }

    #[test]
    fn a_bar_for_fast_disks_is_not_held_against_slow_ones() {
        let fast_only = Bar { only_below: Some((Place("campaign", "sync"), 0.3)), ..RATE };
        assert!(told(&fast_only, json!({"rate": 5.0, "sync": 0.4})).ends_with("but it is 0.40"));
        assert!(told(&fast_only, json!({"rate": 5.0, "sync": 0.2})).ends_with("missed by 50 %"));
    }

    #[test]
    fn a_figure_may_be_a_multiple_of_another_runs() {
        let figure = Figure::Multiple(Place("http", "rate"), Place("campaign", "rate"));
        let bar = bar("both", figure, Limit::AtLeast(2.0), "x");
        let runs = BTreeMap::from([("http", json!({"rate": 9})), ("campaign", json!({"rate": 3}))]);
        let judged = bar.judge(&runs).unwrap().unwrap().to_string();
        assert!(judged.ends_with("3.0 x  met"), "{judged}");
    }

    #[test]
    fn every_bar_is_about_a_benchmark_that_is_run() {
        for bar in BARS {
            assert!(PLAN.iter().any(|planned| planned.name == bar.run()), "{}", bar.what);
        }
    }
}
