//! The bars: how fast and how small it shall be, and what was measured.

use std::{collections::BTreeMap, fmt};

use anyhow::Context as _;
use serde::Serialize;
use serde_json::Value;

use super::path::{number_at, skipped_at};

/// Where a figure is: which run, and its path there.
#[derive(Clone, Copy, Debug)]
struct Place(&'static str, &'static str);

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
    figure: Place,
    limit: Limit,
    unit: &'static str,
    decimals: usize,
    /// The bar counts only where this figure is below that.
    only_below: Option<(Place, f64)>,
}

const fn bar(what: &'static str, figure: Place, limit: Limit, unit: &'static str) -> Bar {
    Bar { what, figure, limit, unit, decimals: 1, only_below: None }
}

impl Bar {
    const fn decimals(self, decimals: usize) -> Self {
        Self { decimals, ..self }
    }
}

/// All bars, in the order of the table.
pub(super) const BARS: [Bar; 20] = [
    bar(
        "64 in flight, against PostgreSQL's one CTE",
        Place("campaign", "yardsticks/postgres_cte/ratio"),
        Limit::AtLeast(10.0),
        "x",
    ),
    Bar {
        only_below: Some((Place("campaign", "yardsticks/disk_sync/median_ms"), 0.3)),
        ..bar(
            "64 in flight, where a sync is below 0.3 ms",
            Place("campaign", "transitions_per_s"),
            Limit::AtLeast(60_000.0),
            "a s",
        )
        .decimals(0)
    },
    bar(
        "4,096 in flight, against the journal alone",
        Place("campaign_4096", "yardsticks/journal_alone/ratio"),
        Limit::AtLeast(0.5),
        "x",
    )
    .decimals(2),
    bar("processor a lead", Place("campaign", "cpu_ms_per_lead"), Limit::AtMost(0.05), "ms")
        .decimals(4),
    bar(
        "p99 at half load, against the journal's p50",
        Place("campaign", "paced/p99_per_journal_alone_p50"),
        Limit::AtMost(4.0),
        "x",
    ),
    bar(
        "over HTTP, 64 in flight, against the CTE",
        Place("http", "yardsticks/postgres_cte/ratio"),
        Limit::AtLeast(2.0),
        "x",
    ),
    bar(
        "the same with API keys in force",
        Place("http", "yardsticks/postgres_cte/keyed_ratio"),
        Limit::AtLeast(2.0),
        "x",
    ),
    bar("disk a lead", Place("campaign", "disk_bytes_per_lead"), Limit::AtMost(1_000.0), "bytes")
        .decimals(0),
    bar(
        "leads at rest: memory",
        Place("scale", "sizes/last/resting_mb"),
        Limit::AtMost(500.0),
        "MB",
    )
    .decimals(0),
    bar(
        "leads at rest: memory after kill -9",
        Place("scale", "sizes/last/restarted_mb"),
        Limit::AtMost(500.0),
        "MB",
    )
    .decimals(0),
    bar(
        "start on the longest journal after kill -9",
        Place("open", "journals/last/after_kill/serving_ms"),
        Limit::AtMost(5_000.0),
        "ms",
    )
    .decimals(0),
    bar(
        "its first rebuilt lead",
        Place("open", "journals/last/after_kill/first_lead_ms"),
        Limit::AtMost(10.0),
        "ms",
    ),
    bar(
        "start on the longest journal, no checkpoint",
        Place("open", "journals/last/without_checkpoints/serving_ms"),
        Limit::AtMost(5_000.0),
        "ms",
    )
    .decimals(0),
    bar(
        "waits end at once: other commands' p99",
        Place("herd", "phases/0/reports_beside/p99_ms"),
        Limit::AtMost(100.0),
        "ms",
    ),
    bar(
        "the same in a pause, then resumed",
        Place("herd", "phases/1/reports_beside/p99_ms"),
        Limit::AtMost(100.0),
        "ms",
    ),
    bar(
        "the same, killed and started again",
        Place("herd", "phases/2/reports_beside/p99_ms"),
        Limit::AtMost(100.0),
        "ms",
    ),
    bar("the slowest page's p99", Place("pages", "slowest_p99_ms"), Limit::AtMost(100.0), "ms"),
    bar(
        "import of a million rows",
        Place("import", "seconds_per_million"),
        Limit::AtMost(30.0),
        "s",
    ),
    bar("import: peak memory", Place("import", "peak_rss_mb"), Limit::AtMost(300.0), "MB")
        .decimals(0),
    bar(
        "verify, events a second of a core",
        Place("verify", "steps/2/events_per_core_s"),
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
        /// Not told of a short run: its figures mean nothing.
        #[serde(skip_serializing_if = "Option::is_none")]
        met: Option<bool>,
    },
    /// There is no figure, or it does not count here.
    Unjudged { not_judged: String },
}

impl Bar {
    /// The run that tells the figure.
    pub(super) const fn run(&self) -> &'static str {
        self.figure.0
    }

    /// Beside what these runs gave; `None` where its benchmark was not run.
    pub(super) fn judge(
        &self,
        runs: &BTreeMap<&str, Value>,
        short: bool,
    ) -> anyhow::Result<Option<Judged>> {
        let Place(run, path) = self.figure;
        let Some(figures) = runs.get(run) else { return Ok(None) };
        if let Some(reason) = skipped_at(figures, path) {
            let not_judged = format!("skipped: {reason}");
            return Ok(Some(self.judged(Outcome::Unjudged { not_judged })));
        }
        let measured = number_at(figures, path).with_context(|| format!("{run} has no {path}"))?;
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
        let met = (!short).then_some(met);
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
                let verdict = match met {
                    Some(true) => "met".into(),
                    Some(false) => self.missed_by(*measured),
                    None => String::new(),
                };
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
        bar.judge(&BTreeMap::from([(bar.run(), figures)]), false).unwrap().unwrap().to_string()
    }

    const RATE: Bar = bar("rate", Place("campaign", "rate"), Limit::AtLeast(10.0), "x");
    const SIZE: Bar = bar("size", Place("campaign", "size"), Limit::AtMost(10.0), "MB");

    #[test]
    fn a_bar_is_met_or_missed_by_what_was_measured() {
        assert!(told(&RATE, json!({"rate": {"median": 10.0}})).ends_with("10.0 x  met"));
        assert!(told(&RATE, json!({"rate": 7.5})).ends_with("7.5 x  missed by 25 %"));
        assert!(told(&SIZE, json!({"size": 10.0})).ends_with("met"));
        assert!(told(&SIZE, json!({"size": 15.0})).ends_with("missed by 50 %"));
        assert!(told(&SIZE, json!({"size": 35.0})).ends_with("missed: 3.5 times the bar"));
    }

    #[test]
    fn a_short_run_is_not_judged() {
        let runs = BTreeMap::from([("campaign", json!({"rate": 1.0}))]);
        let judged = RATE.judge(&runs, true).unwrap().unwrap();
        assert!(judged.to_string().trim_end().ends_with("1.0 x"));
        assert_eq!(serde_json::to_value(&judged).unwrap().get("met"), None);
    }

    #[test]
    fn what_was_left_out_is_not_judged_and_a_missing_figure_is_an_error() {
        let skipped = told(&RATE, json!({"rate": {"skipped": "no initdb"}}));
        assert!(skipped.ends_with("skipped: no initdb"));
        let runs = BTreeMap::from([("campaign", json!({}))]);
        assert_eq!(RATE.judge(&runs, false).unwrap_err().to_string(), "campaign has no rate");
        assert!(RATE.judge(&BTreeMap::new(), false).unwrap().is_none());
    }

    #[test]
    fn a_bar_for_fast_disks_is_not_held_against_slow_ones() {
        let fast_only = Bar { only_below: Some((Place("campaign", "sync"), 0.3)), ..RATE };
        assert!(told(&fast_only, json!({"rate": 5.0, "sync": 0.4})).ends_with("but it is 0.40"));
        assert!(told(&fast_only, json!({"rate": 5.0, "sync": 0.2})).ends_with("missed by 50 %"));
    }

    #[test]
    fn every_bar_is_about_a_benchmark_that_is_run() {
        for bar in BARS {
            assert!(PLAN.iter().any(|planned| planned.name == bar.run()), "{}", bar.what);
        }
    }
}
