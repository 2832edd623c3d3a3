//! Standings as text.

use std::{collections::BTreeMap, fmt, io::Write};

use branchline_domain::{
    id::{LeadId, NodeId},
    lead::Values,
};
use branchline_projections::{Counts, NodeCounts, Projections};

use super::WholeStanding;
use crate::{
    Past,
    answer::{AsOfRecord, counted, maybe_row, node_words, row},
    standing::{CallStanding, LeadStanding, PersonalStanding, WorkflowStanding, dispatch_word},
    world::World,
};

pub(super) fn whole(
    standing: &WholeStanding,
    world: &World,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    writeln!(out, "everything {}", standing.as_of)?;
    row(out, "records", standing.as_of.position)?;
    row(out, "events", standing.events)?;
    row(out, "organisations", standing.organisations)?;
    let mut by_status = BTreeMap::<&str, u64>::new();
    for workflow in &standing.workflows {
        let status =
            if workflow.standing.deleted { "deleted" } else { workflow.standing.status.as_str() };
        *by_status.entry(status).or_default() += 1;
    }
    let by_status = by_status.into_iter().map(|(status, count)| (count, status));
    row(out, "workflows", total(standing.workflows.len() as u64, counted(by_status)))?;
    row(out, "leads", standing.leads)?;
    row(out, "calls", calls(&standing.calls))?;
    maybe_row(out, "next due", standing.next_due)?;
    row(out, "state digest", &standing.state_digest)?;
    for each in &standing.workflows {
        writeln!(out)?;
        writeln!(out, "{}", each.standing.workflow_id)?;
        workflow(&each.standing, world.projections(), out)?;
        row(out, "state digest", &each.state_digest)?;
    }
    Ok(())
}

/// A number, and what it is made of.
fn total(total: u64, parts: impl fmt::Display) -> String {
    if total == 0 { "none".into() } else { format!("{total}: {parts}") }
}

fn calls(by_status: &BTreeMap<&'static str, u64>) -> String {
    let counts = by_status.iter().map(|(status, count)| (*count, *status));
    total(by_status.values().sum(), counted(counts))
}

pub(super) fn workflow(
    standing: &WorkflowStanding,
    read: &Projections,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let deleted = if standing.deleted { ", deleted" } else { "" };
    let (status, position) = (standing.status, standing.status_position);
    row(out, "title", format_args!("{:?}", standing.title))?;
    row(out, "status", format_args!("{status}{deleted}, record {position}"))?;
    row(
        out,
        "graph",
        format_args!(
            "revision {}, {} nodes, {} edges",
            standing.revision, standing.node_count, standing.edge_count
        ),
    )?;
    let counts = &standing.counts.by_status;
    let by_status = [
        (counts.pending, "pending"),
        (counts.active, "active"),
        (counts.completed, "completed"),
        (counts.dropped, "dropped"),
        (counts.removed, "removed"),
    ];
    row(out, "leads", total(counts.enrolled(), counted(by_status)))?;
    let held = standing.held.iter().map(|(code, count)| (*count, *code));
    row(out, "held", total(standing.held.values().sum(), counted(held)))?;
    row(out, "calls", calls(&standing.calls))?;
    maybe_row(out, "next due", standing.next_due)?;
    for import in &standing.open_imports {
        let progress = read
            .import(*import)
            .map(|known| format!(", {} of {} leads enrolled", known.leads_enrolled, known.rows));
        row(out, "importing", format_args!("{import}{}", progress.unwrap_or_default()))?;
    }
    nodes(standing, read, out)
}

/// A table of the nodes where leads stand or stood.
fn nodes(
    standing: &WorkflowStanding,
    read: &Projections,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let Counts { by_node, .. } = &standing.counts;
    let stood = by_node.iter().filter(|(_, counts)| **counts != NodeCounts::default());
    let stood: Vec<_> = stood.collect();
    if stood.is_empty() {
        return Ok(());
    }
    let state = read.workflow_or_deleted(standing.workflow_id).map(|known| known.state);
    let newest_with = |node: NodeId| {
        let mut revisions = state.into_iter().flat_map(|state| state.revisions.values().rev());
        revisions.find_map(|graph| graph.node(node)).cloned()
    };
    writeln!(out, "  {:<41}  {:<13}  {:>9} {:>9} {:>9}", "node", "type", "here", "passed", "held")?;
    for (id, of_node) in stood {
        let node = newest_with(*id);
        let node_type = node.as_ref().map_or("", |node| node.node_type().as_str());
        let label = node.map(|node| format!("  {:?}", node.label)).unwrap_or_default();
        writeln!(
            out,
            "  {id}  {node_type:<13}  {:>9} {:>9} {:>9}{label}",
            of_node.here, of_node.passed, of_node.held
        )?;
    }
    Ok(())
}

pub(super) fn lead(
    past: &Past<'_>,
    standing: &LeadStanding,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    maybe_row(out, "workflow", standing.workflow_id)?;
    let gone = match (standing.withdrawn, standing.removed) {
        (true, _) => ", withdrawn with its import",
        (false, true) => ", removed",
        (false, false) => "",
    };
    row(out, "status", format_args!("{}{gone}", standing.status))?;
    row(out, "enrolled", standing.enrolled_at)?;
    maybe_row(out, "import", standing.import_id)?;
    maybe_row(out, "erased", standing.erased_at)?;
    if let Some(node) = node_words(past, past.lead()) {
        row(out, "node", format_args!("{node}, visit {}", standing.visit))?;
    }
    if let Some(entered_at) = standing.entered_at {
        row(out, "entered", format_args!("{entered_at}, revision {}", standing.entered_revision))?;
    }
    maybe_row(out, "release", standing.release_at)?;
    maybe_row(out, "analysis", standing.analysis_until.map(|until| format!("until {until}")))?;
    if let Some(hold) = &standing.hold {
        let output = hold.output.as_ref().map(|output| format!(" with outcome {output}"));
        let (code, output) = (hold.code.as_str(), output.unwrap_or_default());
        row(
            out,
            "held",
            format_args!("{code}{output} since {}, record {}", hold.since, hold.position),
        )?;
    }
    if let Some(tried) = &standing.application {
        row(
            out,
            "application",
            format_args!(
                "try {} {} since {}, record {}",
                tried.attempt, tried.stage, tried.since, tried.position
            ),
        )?;
    }
    for call in &standing.calls {
        let current = if standing.call_id == Some(call.call_id) { ", current" } else { "" };
        let ended = call.ended_at.map(|at| format!(", ended {at}")).unwrap_or_default();
        row(
            out,
            "call",
            format_args!(
                "{} {}, dispatch {}, visit {}{ended}{current}",
                call.call_id,
                call.status,
                dispatch_word(call.dispatch),
                call.visit
            ),
        )?;
    }
    Ok(())
}

pub(super) fn call(
    as_of: AsOfRecord,
    lead: LeadId,
    standing: &CallStanding,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    writeln!(out, "{} {as_of}", standing.call_id)?;
    row(out, "lead", lead)?;
    let concluded = if standing.concluded { ", final" } else { "" };
    row(out, "status", format_args!("{}{concluded}", standing.status))?;
    row(out, "dispatch", dispatch_word(standing.dispatch))?;
    if let Some(node) = standing.node_id {
        row(out, "node", format_args!("{node}, visit {}", standing.visit))?;
    }
    row(out, "requested", standing.created_at)?;
    maybe_row(out, "not before", standing.not_before)?;
    maybe_row(out, "expires", standing.expires_at)?;
    maybe_row(out, "started", standing.dispatch_started_at)?;
    maybe_row(out, "ended", standing.ended_at)?;
    maybe_row(out, "reason", standing.end_reason.as_ref().map(|reason| format!("{reason:?}")))?;
    maybe_row(out, "reference", standing.provider_ref.as_ref().map(|name| format!("{name:?}")))?;
    for conflict in &standing.conflicts {
        row(out, "conflict", conflict)?;
    }
    Ok(())
}

pub(super) fn personal(personal: &PersonalStanding, out: &mut dyn Write) -> anyhow::Result<()> {
    let erased = || "(erased)".to_owned();
    let values = |values: &Option<Values>| match values {
        Some(values) => Ok(serde_json::to_string(values)?),
        None => anyhow::Ok(erased()),
    };
    let phone = personal.phone_number.as_ref().map_or_else(erased, |phone| format!("{phone:?}"));
    row(out, "phone", phone)?;
    row(out, "variables", values(&personal.variables)?)?;
    maybe_row(out, "notes", personal.notes.as_ref().map(|notes| format!("{notes:?}")))?;
    for (call, attributes) in &personal.attributes {
        row(out, "attributes", format_args!("of call {call}: {}", values(attributes)?))?;
    }
    for (node, answer) in &personal.answers {
        row(out, "answer", format_args!("of {node}: {}", values(answer)?))?;
    }
    Ok(())
}
