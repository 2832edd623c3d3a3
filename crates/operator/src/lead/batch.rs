//! What would come, and what came, of one action on many leads.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    client::Problem,
    fault::Fault,
    out::{Out, Rows, count, or_dash},
};

/// What a batch would do.
#[derive(Deserialize)]
pub(super) struct Forecast {
    #[serde(default)]
    pub(super) matched: u64,
    #[serde(default)]
    by_hold: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    hold: Option<String>,
    #[serde(default)]
    leads: u64,
    #[serde(default)]
    examples: Vec<Outcome>,
}

/// What came, or would come, of one lead.
#[derive(Deserialize)]
pub(super) struct Outcome {
    #[serde(default)]
    result: String,
    code: Option<String>,
    problem: Option<Problem>,
}

/// A part of what was done.
#[derive(Deserialize)]
pub(super) struct Part {
    #[serde(default)]
    pub(super) results: Vec<Box<RawValue>>,
    pub(super) next_cursor: Option<String>,
}

impl Group {
    /// What would come of the examples, each kind once.
    fn would(&self) -> String {
        let mut kinds: Vec<String> = Vec::new();
        for example in &self.examples {
            let kind = example.code.clone().unwrap_or_else(|| example.result.clone());
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        kinds.join(", ")
    }
}

/// Shows what would come of it.
pub(super) fn show_forecast(forecast: &Forecast, out: &mut Out) -> Result<(), Fault> {
    let mut rows = Rows::with(["held", "leads", "would be"]);
    for group in &forecast.by_hold {
        rows.add([or_dash(group.hold.as_ref()), group.leads.to_string(), group.would()]);
    }
    out.table(rows)?;
    out.line(&format!("{} in all", count(forecast.matched, "lead")))
}

/// The same in a line, for whoever is asked whether it is meant.
pub(super) fn forecast_in_words(forecast: &Forecast) -> String {
    let groups = forecast.by_hold.iter().map(|group| {
        let hold = group.hold.as_deref().unwrap_or("not held");
        format!("{} {hold} (would be {})", group.leads, group.would())
    });
    let leads = count(forecast.matched, "lead");
    format!("{leads}: {}", groups.collect::<Vec<_>>().join("; "))
}

/// What came of all of them.
pub(super) struct Summary {
    /// Leads, and an example in words, by what came of them.
    pub(super) by_outcome: BTreeMap<(String, String), (u64, String)>,
}

impl Summary {
    /// Counts one lead.
    pub(super) fn count(&mut self, outcome: Outcome) {
        let code = outcome.code.unwrap_or_default();
        let words = outcome.problem.map(|problem| problem.detail).unwrap_or_default();
        let counted = self.by_outcome.entry((outcome.result, code)).or_insert((0, words));
        counted.0 += 1;
    }

    /// Leads that were refused.
    pub(super) fn refused(&self) -> u64 {
        let refused = self.by_outcome.iter().filter(|((result, _), _)| result == "refused");
        refused.map(|(_, (leads, _))| leads).sum()
    }

    /// Shows it to people; programs have each result.
    pub(super) fn show(&self, out: &mut Out) -> Result<(), Fault> {
        if out.is_json() || self.by_outcome.is_empty() {
            return Ok(());
        }
        let mut rows = Rows::with(["result", "leads", "code", "for example"]);
        for ((result, code), (leads, words)) in &self.by_outcome {
            let code = Some(code).filter(|code| !code.is_empty());
            rows.add([result.clone(), leads.to_string(), or_dash(code), words.clone()]);
        }
        out.table(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_counted_by_what_came_of_them() {
        let mut summary = Summary { by_outcome: BTreeMap::new() };
        for text in [
            r#"{"lead_id": "l1", "result": "done", "code": null, "problem": null}"#,
            r#"{"lead_id": "l2", "result": "done"}"#,
            r#"{"lead_id": "l3", "result": "refused", "code": "lead_not_held", "problem": {"detail": "it is not held", "new": 1}}"#,
        ] {
            summary.count(serde_json::from_str(text).unwrap());
        }
        assert_eq!(summary.refused(), 1);
        let counts: Vec<u64> = summary.by_outcome.values().map(|(leads, _)| *leads).collect();
        assert_eq!(counts, [2, 1]);
    }

    #[test]
    fn a_forecast_is_told_in_a_line() {
        let text = r#"{"matched": 3, "by_hold": [{"hold": "review_required", "leads": 2, "examples":
            [{"result": "done"}, {"result": "done"}]}, {"hold": null, "leads": 1,
             "examples": [{"result": "refused", "code": "lead_not_held"}]}]}"#;
        let forecast: Forecast = serde_json::from_str(text).unwrap();
        assert_eq!(
            forecast_in_words(&forecast),
            "3 leads: 2 review_required (would be done); 1 not held (would be lead_not_held)"
        );
    }
}
