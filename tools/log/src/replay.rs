//! `branchline-log replay`: how things stood as of any record, rebuilt from nothing.

use std::{collections::BTreeMap, io::Write, time::Instant};

use anyhow::bail;
use branchline_domain::{
    call_status::CallStatus,
    id::{CallId, LeadId, WorkflowId},
    time::Timestamp,
};
use branchline_evidence::hex;
use branchline_projections::{WorkflowRow, event_shapes::GraphShape};
use serde::Serialize;

use crate::{
    AsOf, Evidence, Fault, Format, Past, Soundness, Subject,
    answer::{AsOfRecord, headline, json},
    digest::Digests,
    organisation::{self, OrganisationStanding},
    resident,
    standing::{CallStanding, LeadStanding, PersonalStanding, WorkflowStanding},
    world::World,
};

mod text;

/// From how many leads on the memory that each takes is told: below, it is all overhead.
const LEADS_MEASURED_MIN: u32 = 10_000;

/// Everything as it stood.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WholeStanding {
    /// What it is as of.
    pub as_of: AsOfRecord,
    /// Events up to there.
    pub events: u64,
    /// Organisations that have a workflow.
    pub organisations: u64,
    /// Leads, whatever became of them.
    pub leads: u64,
    /// Calls, by their furthest status.
    pub calls: BTreeMap<&'static str, u64>,
    /// When the next release of any lead falls due.
    pub next_due: Option<Timestamp>,
    /// See [`crate::digest`].
    pub state_digest: String,
    /// Every workflow in order of creation, deleted ones too.
    pub workflows: Vec<DigestedWorkflow>,
}

/// A workflow, and the digest of its state.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DigestedWorkflow {
    /// Where it stood.
    #[serde(flatten)]
    pub standing: WorkflowStanding,
    /// See [`crate::digest`].
    pub state_digest: String,
}

impl WholeStanding {
    /// What a world adds up to.
    pub fn of(world: &World) -> Self {
        let read = world.projections();
        let digests = Digests::of(read);
        let of_each: BTreeMap<WorkflowId, String> =
            digests.workflows.iter().map(|(id, digest)| (*id, hex::text(digest))).collect();
        let rows: Vec<WorkflowRow<'_>> = read.every_workflow().collect();
        let mut calls = BTreeMap::<CallStatus, u64>::new();
        for row in &rows {
            for (status, count) in read.call_counts(row.id) {
                *calls.entry(status).or_default() += count;
            }
        }
        let mut organisations: Vec<_> = rows.iter().map(|row| row.organisation).collect();
        organisations.sort_unstable();
        organisations.dedup();
        Self {
            as_of: world.as_of(),
            events: world.events(),
            organisations: organisations.len() as u64,
            leads: u64::from(read.lead_count()),
            calls: calls.iter().map(|(status, &count)| (status.as_str(), count)).collect(),
            next_due: read.next_due(),
            state_digest: hex::text(&digests.whole),
            workflows: rows
                .iter()
                .map(|row| DigestedWorkflow {
                    standing: WorkflowStanding::of_row(read, row),
                    state_digest: of_each.get(&row.id).cloned().unwrap_or_default(),
                })
                .collect(),
        }
    }
}

/// Writes how everything stood.
///
/// # Errors
///
/// As [`World::of`], and when `out` takes no more.
pub fn whole(
    evidence: &Evidence,
    as_of: AsOf,
    format: Format,
    out: &mut dyn Write,
) -> anyhow::Result<Soundness> {
    let (began, before) = (Instant::now(), resident::bytes());
    let (world, soundness) = World::of(evidence, as_of)?;
    let (seconds, after) = (began.elapsed().as_secs_f64(), resident::bytes());
    let standing = WholeStanding::of(&world);
    match format {
        Format::Json => json(&standing, out)?,
        Format::Text => text::whole(&standing, &world, out)?,
    }
    let leads = world.projections().lead_count();
    if leads >= LEADS_MEASURED_MIN {
        let growth = before.zip(after).and_then(|(before, after)| after.checked_sub(before));
        let memory = growth.map(|bytes| format!(", {} bytes a lead", bytes / u64::from(leads)));
        #[expect(clippy::cast_precision_loss, reason = "a rate for people to read")]
        let rate = standing.events as f64 / seconds.max(0.001);
        eprintln!(
            "{} events in {seconds:.1} s, {rate:.0} events/s{}",
            standing.events,
            memory.unwrap_or_default()
        );
    }
    Ok(soundness)
}

/// How one workflow, lead or call is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The stream that tells of it.
    pub subject: Subject,
    /// Only this call of the lead.
    pub call: Option<CallId>,
    /// Whether what is personal about a lead is told.
    pub personal: bool,
}

/// A standing, and what it is as of.
#[derive(Serialize)]
struct Answer<'a, T> {
    as_of: AsOfRecord,
    #[serde(flatten)]
    standing: &'a T,
    #[serde(skip_serializing_if = "Option::is_none")]
    personal: Option<PersonalStanding>,
}

impl<'a, T> Answer<'a, T> {
    const fn of(as_of: AsOfRecord, standing: &'a T) -> Self {
        Self { as_of, standing, personal: None }
    }
}

/// Writes where a workflow, a lead, a call or an organisation stood.
///
/// # Errors
///
/// As [`Past::of`]; when what is personal is wanted and there are no keys; when there was no such
/// call yet; when `out` takes no more.
pub fn one(
    evidence: &Evidence,
    wanted: Wanted,
    as_of: AsOf,
    format: Format,
    out: &mut dyn Write,
) -> anyhow::Result<Soundness> {
    let vault = if wanted.personal { Some(evidence.vault()?) } else { None };
    let (past, soundness) = Past::of(evidence, wanted.subject, as_of, vault.as_ref())?;
    match (wanted.subject, wanted.call) {
        (Subject::Lead(lead), Some(call)) => one_call(&past, lead, call, format, out)?,
        (Subject::Lead(lead), None) => one_lead(&past, lead, wanted.personal, format, out)?,
        (Subject::Workflow(workflow), _) => {
            let Some(standing) = WorkflowStanding::of(&past) else {
                bail!("{workflow} was not created {}", AsOfRecord::of(&past));
            };
            match format {
                Format::Json => json(&Answer::of(AsOfRecord::of(&past), &standing), out)?,
                Format::Text => {
                    headline(AsOfRecord::of(&past), wanted.subject, out)?;
                    text::workflow(&standing, past.projections(), out)?;
                }
            }
        }
        (Subject::Organisation(id), _) => {
            let Some(standing) = OrganisationStanding::of(&past) else {
                bail!("{id} had no keys {}", AsOfRecord::of(&past));
            };
            match format {
                Format::Json => json(&Answer::of(AsOfRecord::of(&past), &standing), out)?,
                Format::Text => {
                    headline(AsOfRecord::of(&past), wanted.subject, out)?;
                    organisation::text(&standing, out)?;
                }
            }
        }
    }
    Ok(soundness)
}

fn one_lead(
    past: &Past<'_>,
    lead: LeadId,
    personal: bool,
    format: Format,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let standing = LeadStanding::of(lead, past.lead());
    let personal = personal.then(|| PersonalStanding::of(past.lead()));
    let as_of = AsOfRecord::of(past);
    match format {
        Format::Json => json(&Answer { as_of, standing: &standing, personal }, out),
        Format::Text => {
            headline(as_of, Subject::Lead(lead), out)?;
            text::lead(past, &standing, out)?;
            personal.map_or(Ok(()), |personal| text::personal(&personal, out))
        }
    }
}

fn one_call(
    past: &Past<'_>,
    lead: LeadId,
    call: CallId,
    format: Format,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let standing = LeadStanding::of(lead, past.lead());
    let as_of = AsOfRecord::of(past);
    let found: Option<&CallStanding> = standing.calls.iter().find(|known| known.call_id == call);
    let Some(standing) = found else {
        bail!("{lead} had no {call} {as_of}; it had {} calls", standing.calls.len());
    };
    match format {
        Format::Json => json(&Answer::of(as_of, standing), out),
        Format::Text => text::call(as_of, lead, standing, out),
    }
}

/// Writes a revision of a workflow's graph as JSON, as the API does; the newest one as of then
/// where none is named.
///
/// # Errors
///
/// As [`Past::of`]; when there was no such revision yet; when `out` takes no more.
pub fn graph(
    evidence: &Evidence,
    workflow: WorkflowId,
    revision: Option<u32>,
    as_of: AsOf,
    out: &mut dyn Write,
) -> anyhow::Result<Soundness> {
    let (past, soundness) = Past::of(evidence, Subject::Workflow(workflow), as_of, None)?;
    let state = past.workflow();
    let newest = state.graph.revision();
    let revision = revision.unwrap_or(newest);
    let Some(graph) = state.revisions.get(&revision) else {
        bail!(Fault::Misused(format!(
            "{workflow} had no graph revision {revision} {}: the newest was {newest}",
            AsOfRecord::of(&past)
        )));
    };
    json(&GraphShape::of(graph), out)?;
    Ok(soundness)
}
