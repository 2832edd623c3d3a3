//! `branchline-log diff`: what changed between two moments.
//!
//! One pass: the state at the first moment is kept while the records go on to the second. Totals are
//! always exact; what is listed one by one ends at a limit.

use std::{collections::BTreeSet, io::Write};

use anyhow::{bail, ensure};
use branchline_domain::{
    decider::Recorded,
    id::{CallId, LeadId, NodeId, WorkflowId},
    lead::{self, HoldCode, LeadState, LeadStatus},
};
use branchline_journal::record::Record;
use branchline_projections::{EveryLead, Fact, FactEvents, Projections};
use serde::Serialize;

use self::{fields::FieldChange, moves::Moves, workflow::WorkflowDifference};
use crate::{
    AsOf, Evidence, Fault, Format, Past, Soundness, Subject, World,
    answer::{AsOfRecord, json},
    standing::LeadStanding,
    world::Reading,
};

mod fields;
mod moves;
mod text;
mod workflow;

/// What two moments are compared for, and how it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The first moment.
    pub from: AsOf,
    /// The second one.
    pub to: AsOf,
    /// How many of each list are told.
    pub limit: usize,
    /// How the answer is written.
    pub format: Format,
}

/// A list that ends at a limit, with how many there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Limited<T> {
    total: u64,
    shown: Vec<T>,
}

impl<T> Limited<T> {
    fn of(all: impl IntoIterator<Item = T>, limit: usize) -> Self {
        let (mut total, mut shown) = (0, Vec::new());
        for item in all {
            total += 1;
            if shown.len() < limit {
                shown.push(item);
            }
        }
        Self { total, shown }
    }

    const fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// How many are not shown.
    const fn hidden(&self) -> u64 {
        self.total - self.shown.len() as u64
    }
}

/// What changed.
#[derive(Debug, Serialize)]
struct Difference {
    from: AsOfRecord,
    to: AsOfRecord,
    records: u64,
    events: u64,
    /// Workflows in which anything changed, in order of creation.
    workflows: Limited<WorkflowDifference>,
    /// Leads that stand elsewhere than before, by id.
    leads: LeadsDifference,
}

#[derive(Debug, Serialize)]
struct LeadsDifference {
    enrolled: u64,
    changed: Limited<LeadChange>,
}

/// A lead that stands elsewhere than before.
#[derive(Debug, Serialize)]
struct LeadChange {
    lead_id: LeadId,
    workflow_id: WorkflowId,
    /// `null` when it was not enrolled yet.
    from: Option<Brief>,
    to: Brief,
}

/// Where a lead stands, in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Brief {
    status: LeadStatus,
    removed: bool,
    withdrawn: bool,
    current_node_id: Option<NodeId>,
    visit: u32,
    hold: Option<HoldCode>,
    erased: bool,
}

impl Brief {
    const fn of(lead: &EveryLead) -> Self {
        Self {
            status: lead.row.status,
            removed: lead.row.removed,
            withdrawn: lead.withdrawn,
            current_node_id: lead.row.current_node_id,
            visit: lead.row.visit,
            hold: lead.row.hold,
            erased: lead.row.erased_at.is_some(),
        }
    }
}

/// What happened between the two moments, as far as it is counted on the way.
#[derive(Debug, Default)]
struct Between {
    leads: BTreeSet<LeadId>,
    moves: Moves,
}

impl Between {
    fn take(&mut self, fact: &Fact<'_>) {
        if let FactEvents::Lead(lead, events) = fact.events {
            self.leads.insert(lead);
            self.moves.take(lead, events);
        }
    }
}

/// Writes what changed between two moments: in all workflows, or in one.
///
/// # Errors
///
/// When a position is beyond the last record, or the second moment is before the first; when there
/// is no such workflow; when `out` takes no more.
pub fn run(
    evidence: &Evidence,
    only: Option<WorkflowId>,
    wanted: Wanted,
    out: &mut dyn Write,
) -> anyhow::Result<Soundness> {
    let mut reading = Reading::of(evidence, "comparing");
    let mut after = World::default();
    reading.advance(&mut after, wanted.from, |_, _| {})?;
    let before = after.clone();
    let mut between = Between::default();
    let watch = |_: &Record, fact: Option<&Fact<'_>>| {
        if let Some(fact) = fact {
            between.take(fact);
        }
    };
    advance(&mut reading, &mut after, wanted, watch)?;
    let soundness = reading.soundness;
    drop(reading);
    if let Some(only) = only
        && !after.projections().every_workflow().any(|known| known.id == only)
    {
        absent(evidence, Subject::Workflow(only), wanted.to)?;
    }
    let difference = Difference::of(&before, &after, &between, only, wanted.limit);
    match wanted.format {
        Format::Json => json(&difference, out)?,
        Format::Text => text::whole(&difference, out)?,
    }
    Ok(soundness)
}

/// Goes on to the second moment.
fn advance(
    reading: &mut Reading<'_>,
    world: &mut World,
    wanted: Wanted,
    watch: impl FnMut(&Record, Option<&Fact<'_>>),
) -> anyhow::Result<()> {
    let first = world.as_of();
    let turned = match (wanted.from, wanted.to) {
        (_, AsOf::Position(to)) => to.0 < first.position,
        (AsOf::Time(from), AsOf::Time(to)) => to < from,
        (AsOf::Head | AsOf::Position(_), AsOf::Time(to)) => first.position > 0 && to < first.at,
        (_, AsOf::Head) => false,
    };
    if turned {
        bail!(Fault::Misused(format!(
            "{} is before {}: the earlier moment comes first",
            wanted.to, wanted.from
        )));
    }
    reading.advance(world, wanted.to, watch)
}

/// Says that a subject was not there, and what could be meant.
fn absent(evidence: &Evidence, subject: Subject, as_of: AsOf) -> anyhow::Result<()> {
    Past::of(evidence, subject, as_of, None)?;
    Ok(())
}

impl Difference {
    fn of(
        before: &World,
        after: &World,
        between: &Between,
        only: Option<WorkflowId>,
        limit: usize,
    ) -> Self {
        let (old, new) = (before.projections(), after.projections());
        let wanted = |workflow: WorkflowId| only.is_none_or(|only| only == workflow);
        let moves = between.moves.by_workflow(new);
        let rows = new.every_workflow().filter(|row| wanted(row.id));
        let workflows = rows.filter_map(|row| {
            let moves = moves.get(&row.id).cloned().unwrap_or_default();
            WorkflowDifference::of(old, new, &row, moves, limit)
        });
        let leads = between.leads.iter().filter_map(|lead| new.any_lead(*lead));
        let leads: Vec<EveryLead> = leads.filter(|lead| wanted(lead.row.workflow_id)).collect();
        let enrolled = leads.iter().filter(|lead| old.any_lead(lead.row.id).is_none()).count();
        Self {
            from: before.as_of(),
            to: after.as_of(),
            records: after.as_of().position - before.as_of().position,
            events: after.events() - before.events(),
            workflows: Limited::of(workflows, limit),
            leads: LeadsDifference {
                enrolled: enrolled as u64,
                changed: Limited::of(leads.iter().filter_map(|lead| changed(old, lead)), limit),
            },
        }
    }
}

fn changed(old: &Projections, lead: &EveryLead) -> Option<LeadChange> {
    let from = old.any_lead(lead.row.id).map(|before| Brief::of(&before));
    let to = Brief::of(lead);
    let stays = from.as_ref() == Some(&to);
    (!stays).then_some(LeadChange {
        lead_id: lead.row.id,
        workflow_id: lead.row.workflow_id,
        from,
        to,
    })
}

/// What changed about one lead or one of its calls, field by field.
#[derive(Debug, Serialize)]
struct OneDifference {
    id: String,
    from: AsOfRecord,
    to: AsOfRecord,
    /// The records of the lead between the two moments.
    positions: Limited<u64>,
    /// Names as `replay --json` has them.
    fields: Limited<FieldChange>,
}

/// Writes what changed about a lead, or about one of its calls, between two moments.
///
/// # Errors
///
/// As [`run`]; when there is no such lead or call.
pub fn one(
    evidence: &Evidence,
    lead: LeadId,
    call: Option<CallId>,
    wanted: Wanted,
    out: &mut dyn Write,
) -> anyhow::Result<Soundness> {
    let mut reading = Reading::of(evidence, "comparing");
    let mut world = World::default();
    let mut follow = Follow { lead, state: LeadState::default(), positions: Vec::new() };
    reading.advance(&mut world, wanted.from, |_, fact| follow.take(fact))?;
    let (from, before) = (world.as_of(), follow.standing(call)?);
    follow.positions.clear();
    advance(&mut reading, &mut world, wanted, |_, fact| follow.take(fact))?;
    let soundness = reading.soundness;
    drop(reading);
    if !follow.state.exists() {
        absent(evidence, Subject::Lead(lead), wanted.to)?;
    }
    let after = follow.standing(call)?;
    if let Some(call) = call {
        ensure!(!after.is_null(), "{lead} had no {call} {}", world.as_of());
    }
    let difference = OneDifference {
        id: call.map_or_else(|| lead.to_string(), |call| call.to_string()),
        from,
        to: world.as_of(),
        positions: Limited::of(follow.positions, wanted.limit),
        fields: Limited::of(fields::changes(&before, &after), wanted.limit),
    };
    match wanted.format {
        Format::Json => json(&difference, out)?,
        Format::Text => text::one(&difference, out)?,
    }
    Ok(soundness)
}

/// A lead's state on its way through the records.
struct Follow {
    lead: LeadId,
    state: LeadState,
    positions: Vec<u64>,
}

impl Follow {
    fn take(&mut self, fact: Option<&Fact<'_>>) {
        let Some(fact) = fact else { return };
        let FactEvents::Lead(lead, events) = fact.events else { return };
        if lead != self.lead {
            return;
        }
        self.positions.push(fact.position.0);
        let recorded = Recorded { at: fact.at, position: fact.position.0 };
        for event in events {
            lead::evolve(&mut self.state, event, recorded);
        }
    }

    /// As `replay --json` has it; `null` while there is no such lead or call.
    fn standing(&self, call: Option<CallId>) -> anyhow::Result<serde_json::Value> {
        if !self.state.exists() {
            return Ok(serde_json::Value::Null);
        }
        let standing = LeadStanding::of(self.lead, &self.state);
        let Some(call) = call else { return Ok(serde_json::to_value(standing)?) };
        let found = standing.calls.into_iter().find(|known| known.call_id == call);
        Ok(serde_json::to_value(found)?)
    }
}
