//! What happened in a workflow, as tables.

use std::{collections::BTreeMap, io, time::Duration};

use clap::{Args, ValueEnum};
use serde::Deserialize;

use super::read::{Graph, Node};
use crate::{
    client::{Ask, ServerFlags},
    export,
    fault::Fault,
    names,
    out::{Out, Rows},
};

/// Flags of `workflow insights`.
#[derive(Debug, Args)]
pub struct InsightsArgs {
    /// The workflow: its id, the beginning of it, or its title.
    #[arg(value_name = "WORKFLOW")]
    workflow: String,
    /// One table instead, as CSV on the standard output; cells that a spreadsheet would run get a `'`
    /// in front.
    #[arg(long, value_name = "TABLE", conflicts_with = "json")]
    csv: Option<Table>,
    #[command(flatten)]
    server: ServerFlags,
}

/// Tables that the server has.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Table {
    /// How far leads came.
    Funnel,
    /// Visits by node, and how long they took.
    Nodes,
    /// Branches that were taken.
    Branches,
    /// Calls that ended, by node and status.
    Calls,
    /// Calls by attempt, of their lead and of their visit.
    Attempts,
    /// Calls by the weekday and hour at which they were dialled.
    Hours,
    /// Branches by minute, of the last hour.
    Throughput,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Insights {
    funnel: Funnel,
    attempts: Vec<Calls>,
    by_node: BTreeMap<String, OfNode>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Funnel {
    enrolled: u64,
    started: u64,
    dialled: u64,
    answered: u64,
    converted: u64,
    dropped: u64,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default)]
struct Calls {
    dialled: u64,
    answered: u64,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct OfNode {
    entered: u64,
    attempts: Vec<Calls>,
    stay: Option<Stay>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Stay {
    p50_ms: u64,
    p95_ms: u64,
}

impl InsightsArgs {
    pub(super) fn run(&self) -> Result<(), Fault> {
        let server = self.server.server()?;
        let id = names::workflow(&server, &self.workflow)?;
        if let Some(table) = self.csv {
            let name = table.to_possible_value().map(|value| value.get_name().to_owned());
            let ask = Ask::get(format!("/workflows/{id}/insights.csv")).query("table", name);
            return export::copy(&server, &ask, &mut io::stdout().lock(), "the standard output");
        }
        let answer = server.ask(&Ask::get(format!("/workflows/{id}/insights")))?;
        let mut out = Out::standard(self.server.json);
        if out.is_json() {
            out.document(&answer.raw()?)?;
            return out.flush();
        }
        let mut insights: Insights = answer.read()?;
        let graph: Graph = server.ask(&Ask::get(format!("/workflows/{id}/graph")))?.read()?;
        out.table(funnel(&insights.funnel))?;
        if !insights.attempts.is_empty() {
            out.line("")?;
            out.table(attempts(&insights.attempts))?;
        }
        if !insights.by_node.is_empty() {
            out.line("")?;
            out.table(by_node(&mut insights.by_node, &graph.nodes))?;
        }
        out.flush()
    }
}

fn funnel(funnel: &Funnel) -> Rows {
    let mut rows = Rows::with(["stage", "leads", "of all"]);
    for (stage, leads) in [
        ("enrolled", funnel.enrolled),
        ("started", funnel.started),
        ("dialled", funnel.dialled),
        ("answered", funnel.answered),
        ("converted", funnel.converted),
        ("dropped", funnel.dropped),
    ] {
        rows.add([stage.to_owned(), leads.to_string(), share(leads, funnel.enrolled)]);
    }
    rows
}

fn attempts(attempts: &[Calls]) -> Rows {
    let mut rows = Rows::with(["attempt", "dialled", "answered", "share"]);
    for (attempt, calls) in (1_u32..).zip(attempts) {
        let (dialled, answered) = (calls.dialled.to_string(), calls.answered.to_string());
        rows.add([attempt.to_string(), dialled, answered, share(calls.answered, calls.dialled)]);
    }
    rows
}

/// In the order of the graph; nodes that are there no more come last.
fn by_node(nodes: &mut BTreeMap<String, OfNode>, graph: &[Node]) -> Rows {
    let columns = ["node", "label", "type", "visits", "dialled", "answered", "p50", "p95"];
    let mut rows = Rows::with(columns);
    let mut add = |id: String, label: &str, kind: &str, node: &OfNode| {
        let dialled: u64 = node.attempts.iter().map(|calls| calls.dialled).sum();
        let answered: u64 = node.attempts.iter().map(|calls| calls.answered).sum();
        let calls = |count: u64| if dialled == 0 { "-".into() } else { count.to_string() };
        let stay = |of: fn(&Stay) -> u64| {
            node.stay.as_ref().map_or_else(|| "-".into(), |stay| span(of(stay)))
        };
        rows.add([
            id,
            label.to_owned(),
            kind.to_owned(),
            node.entered.to_string(),
            calls(dialled),
            calls(answered),
            stay(|stay| stay.p50_ms),
            stay(|stay| stay.p95_ms),
        ]);
    };
    for node in graph {
        let of_node = nodes.remove(&node.id).unwrap_or_default();
        add(node.id.clone(), &node.label, &node.kind, &of_node);
    }
    for (id, of_node) in std::mem::take(nodes) {
        add(id, "(not in the graph any more)", "-", &of_node);
    }
    rows
}

/// A part of a whole: `12.5 %`.
fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "-".into();
    }
    let tenths = (u128::from(part) * 1_000 + u128::from(whole) / 2) / u128::from(whole);
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// A time span in its largest unit, to a tenth.
fn span(millis: u64) -> String {
    let spanned = Duration::from_millis(millis).as_secs_f64();
    let units = [(86_400.0, "d"), (3_600.0, "h"), (60.0, "min"), (1.0, "s")];
    match units.into_iter().find(|(length, _)| spanned >= *length) {
        Some((length, unit)) => format!("{:.1} {unit}", spanned / length),
        None => format!("{millis} ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_spans_are_short() {
        assert_eq!((share(1, 8).as_str(), share(2, 3).as_str()), ("12.5 %", "66.7 %"));
        assert_eq!((share(0, 0).as_str(), share(7, 7).as_str()), ("-", "100.0 %"));
        for (millis, told) in [
            (0, "0 ms"),
            (999, "999 ms"),
            (1_500, "1.5 s"),
            (90_000, "1.5 min"),
            (9_000_000, "2.5 h"),
        ] {
            assert_eq!(span(millis), told);
        }
    }
}
