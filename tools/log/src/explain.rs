//! `branchline-log explain`: why a lead was where it was, with the domain's one answer.

use std::io::Write;

use anyhow::bail;
use branchline_domain::{
    id::LeadId,
    lead::{Explanation, HoldingGuard},
    time::Timestamp,
};
use serde::Serialize;

use crate::{
    AsOf, Evidence, Format, Past, Soundness, Subject,
    answer::{AsOfRecord, headline, json, node_words},
};

/// The answer of the API, and what it is as of.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Answer {
    as_of: AsOfRecord,
    /// The instant by which waits and deadlines are judged.
    now: Timestamp,
    #[serde(flatten)]
    explanation: Explanation,
}

/// Writes why a lead was where it was. `now` is the instant by which waits are judged: what is asked
/// for, else the time that was asked about, else when the last record was decided.
///
/// # Errors
///
/// As [`Past::of`]; when the lead never counted, because its import was given up; when `out` takes
/// no more.
pub fn run(
    evidence: &Evidence,
    lead: LeadId,
    as_of: AsOf,
    now: Option<Timestamp>,
    format: Format,
    out: &mut dyn Write,
) -> anyhow::Result<Soundness> {
    let vault = evidence.vault_if_there();
    let subject = Subject::Lead(lead);
    let (past, soundness) = Past::of(evidence, subject, as_of, vault.as_ref())?;
    let asked = match as_of {
        AsOf::Time(time) => Some(time),
        AsOf::Head | AsOf::Position(_) => None,
    };
    let now = now.or(asked).unwrap_or_else(|| past.at());
    let Some(explanation) = past.explain(now) else {
        bail!("{lead} never counted: the import that brought it was given up");
    };
    let as_of = AsOfRecord::of(&past);
    match format {
        Format::Json => json(&Answer { as_of, now, explanation }, out)?,
        Format::Text => {
            headline(as_of, subject, out)?;
            text(&past, &explanation, out)?;
        }
    }
    Ok(soundness)
}

fn text(past: &Past<'_>, told: &Explanation, out: &mut dyn Write) -> anyhow::Result<()> {
    let place = node_words(past, past.lead()).map(|node| format!(" at {node}"));
    writeln!(out, "{}{}", told.status, place.unwrap_or_default())?;
    for guard in &told.guards {
        writeln!(out, "  {}: {}", word(guard)?, guard.message)?;
        if let Some(evidence) = guard.evidence {
            writeln!(out, "    evidence  record {evidence}")?;
        }
        if let Some(clears_at) = guard.clears_at {
            writeln!(out, "    clears at {clears_at}")?;
        }
        if let Some(clears_by) = &guard.clears_by {
            writeln!(out, "    clears by {clears_by}")?;
        }
    }
    let next = told.next.as_deref().unwrap_or("nothing moves it");
    Ok(writeln!(out, "next: {next}")?)
}

/// The code of a guard, as JSON has it.
fn word(guard: &HoldingGuard) -> anyhow::Result<String> {
    Ok(serde_json::to_string(&guard.code)?.trim_matches('"').to_owned())
}
