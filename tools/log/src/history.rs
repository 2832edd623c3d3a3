//! `branchline-log history`: the way of a lead, in the rows that the API answers with.

use std::io::Write;

use branchline_domain::{
    id::LeadId,
    lead::{ApplicationOutcome, HoldCode},
};
use branchline_projections::history::{NamedVisit, Transition, lead_history};
use serde::Serialize;

use crate::{
    AsOf, Evidence, Format, Past, Soundness, Subject,
    answer::{AsOfRecord, headline, json},
};

/// The way of a lead: the rows of `GET …/leads/{lead}/history`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Way {
    /// What it is as of.
    pub as_of: AsOfRecord,
    /// Whose way.
    pub lead_id: LeadId,
    /// The entry and each branch, in order.
    pub history: Vec<Transition>,
    /// The stays at nodes, in order.
    pub visits: Vec<NamedVisit>,
}

impl Way {
    /// The way of the subject of a past; `None` when that is no lead.
    pub fn of(past: &Past<'_>) -> Option<Self> {
        let Subject::Lead(lead) = past.subject() else { return None };
        let told = lead_history(lead, past.facts());
        let read = past.projections();
        let row = past.lead().workflow.and_then(|workflow| read.workflow_or_deleted(workflow));
        let visits = NamedVisit::of(told.visits, &row.map(|row| row.view()).unwrap_or_default());
        Some(Self { as_of: AsOfRecord::of(past), lead_id: lead, history: told.history, visits })
    }
}

/// Writes the way of a lead.
///
/// # Errors
///
/// As [`Past::of`], and when `out` takes no more.
pub fn run(
    evidence: &Evidence,
    lead: LeadId,
    as_of: AsOf,
    format: Format,
    out: &mut dyn Write,
) -> anyhow::Result<Soundness> {
    let (past, soundness) = Past::of(evidence, Subject::Lead(lead), as_of, None)?;
    if let Some(way) = Way::of(&past) {
        match format {
            Format::Json => json(&way, out)?,
            Format::Text => text(&way, out)?,
        }
    }
    Ok(soundness)
}

fn text(way: &Way, out: &mut dyn Write) -> anyhow::Result<()> {
    headline(way.as_of, Subject::Lead(way.lead_id), out)?;
    for step in &way.history {
        let from = step.from_node.map(|from| format!("{from} ")).unwrap_or_default();
        let output = step.output.as_ref().map(|output| format!("--{output}--> "));
        let call = step.call_id.map(|call| format!(" by {call}")).unwrap_or_default();
        let output = output.unwrap_or_else(|| "--> ".into());
        writeln!(
            out,
            "  {} {from}{output}{} {}{call} revision {} record {}",
            step.at,
            step.to_node,
            step.cause.as_str(),
            step.revision,
            step.position
        )?;
    }
    writeln!(out, "visits")?;
    for NamedVisit { node_label, node_type, visit } in &way.visits {
        let label = node_label.as_ref().map(|label| format!(" {label:?}")).unwrap_or_default();
        let kind = node_type.map(|kind| format!(" {kind}")).unwrap_or_default();
        let exited = visit.exited_at.map(|at| format!(" to {at}")).unwrap_or_default();
        let release = visit.release_at.map(|at| format!(", release {at}")).unwrap_or_default();
        let status = visit.status.map(|status| format!(", call {status}")).unwrap_or_default();
        let hold = visit.hold.map(HoldCode::as_str);
        let hold = hold.map(|hold| format!(", held: {hold}")).unwrap_or_default();
        writeln!(
            out,
            "  {}{kind} {}{label} from {}{exited}{release}{status}{hold}",
            visit.visit, visit.node_id, visit.entered_at
        )?;
        for tried in &visit.tries {
            let outcome = tried.outcome.map_or("under way", ApplicationOutcome::as_str);
            let took = tried.latency_ms.map(|ms| format!(" after {ms} ms")).unwrap_or_default();
            let missing = if tried.missing_fields.is_empty() {
                String::new()
            } else {
                format!(", missing: {}", tried.missing_fields.join(", "))
            };
            writeln!(
                out,
                "    try {} at {}: {outcome}{took}{missing}",
                tried.attempt, tried.started_at
            )?;
        }
    }
    Ok(())
}
