//! Differences as text: `+` is new, `-` is gone, what changed has `->` in the middle.

use std::{
    fmt,
    io::{self, Write},
};

use branchline_domain::graph::Edge;
use serde_json::Value;

use super::{
    Brief, Difference, LeadChange, Limited, OneDifference,
    fields::FieldChange,
    moves::Moved,
    workflow::{GraphDifference, WorkflowDifference},
};
use crate::AsOfRecord;

pub(super) fn whole(difference: &Difference, out: &mut dyn Write) -> anyhow::Result<()> {
    let Difference { from, to, records, events, workflows, leads } = difference;
    writeln!(out, "from {}", Moment(*from))?;
    writeln!(out, "to   {}", Moment(*to))?;
    writeln!(out, "{records} records, {events} events")?;
    for workflow in &workflows.shown {
        writeln!(out)?;
        of_workflow(workflow, out)?;
    }
    more(out, "", workflows, "workflows")?;
    writeln!(out)?;
    writeln!(out, "leads: {} enrolled, {} changed", leads.enrolled, leads.changed.total)?;
    for lead in &leads.changed.shown {
        writeln!(out, "  {}", Changed(lead))?;
    }
    more(out, "  ", &leads.changed, "leads")?;
    Ok(())
}

pub(super) fn one(difference: &OneDifference, out: &mut dyn Write) -> anyhow::Result<()> {
    let OneDifference { id, from, to, positions, fields } = difference;
    writeln!(out, "{id}")?;
    writeln!(out, "from {}", Moment(*from))?;
    writeln!(out, "to   {}", Moment(*to))?;
    let shown: Vec<String> = positions.shown.iter().map(u64::to_string).collect();
    match positions.total {
        0 => writeln!(out, "no records of it")?,
        total => writeln!(
            out,
            "{total} records of it: {}{}",
            shown.join(", "),
            if positions.hidden() > 0 { ", …" } else { "" }
        )?,
    }
    field_lines(out, "  ", &fields.shown)?;
    more(out, "  ", fields, "fields")?;
    Ok(())
}

fn of_workflow(workflow: &WorkflowDifference, out: &mut dyn Write) -> io::Result<()> {
    let new = if workflow.new { ", new" } else { "" };
    writeln!(out, "{} {:?}{new}", workflow.workflow_id, workflow.title)?;
    field_lines(out, "  ", &workflow.fields.shown)?;
    more(out, "  ", &workflow.fields, "fields")?;
    if !workflow.graph.is_empty() {
        of_graph(&workflow.graph, out)?;
    }
    for import in &workflow.imports.shown {
        writeln!(out, "  import {}", import.id)?;
        field_lines(out, "    ", &import.fields)?;
    }
    more(out, "  ", &workflow.imports, "imports")?;
    if !workflow.moves.is_empty() {
        writeln!(out, "  moves")?;
    }
    let widest = workflow.moves.shown.iter().map(|moved| moved.moves).max().unwrap_or(0);
    let width = widest.to_string().len();
    for Moved { way, moves } in &workflow.moves.shown {
        let from = way.from_node_id.map_or_else(|| "entry".to_owned(), |node| node.to_string());
        let output = way.output.as_ref().map(|output| format!("--{output}")).unwrap_or_default();
        writeln!(out, "    {moves:>width$}  {from} {output}--> {}", way.to_node_id)?;
    }
    more(out, "    ", &workflow.moves, "ways")
}

fn of_graph(graph: &GraphDifference, out: &mut dyn Write) -> io::Result<()> {
    for (sign, nodes) in [('+', &graph.nodes_added), ('-', &graph.nodes_removed)] {
        for node in &nodes.shown {
            writeln!(out, "  {sign} {} {} {:?}", node.id, node.node_type, node.label)?;
        }
        more(out, &format!("  {sign} "), nodes, "nodes")?;
    }
    for node in &graph.nodes_changed.shown {
        writeln!(out, "  {} {:?}", node.id, node.label)?;
        field_lines(out, "    ", &node.fields)?;
    }
    more(out, "  ", &graph.nodes_changed, "changed nodes")?;
    for (sign, edges) in [('+', &graph.edges_added), ('-', &graph.edges_removed)] {
        for Edge { id, from_node_id, to_node_id, label } in &edges.shown {
            let label = label.as_ref().map_or_else(|| "*".to_owned(), ToString::to_string);
            writeln!(out, "  {sign} {id} {from_node_id} --{label}--> {to_node_id}")?;
        }
        more(out, &format!("  {sign} "), edges, "edges")?;
    }
    Ok(())
}

/// Fields in a column, with what they were and are.
fn field_lines(out: &mut dyn Write, margin: &str, fields: &[FieldChange]) -> io::Result<()> {
    let width = fields.iter().map(|change| change.field.len()).max().unwrap_or(0);
    for FieldChange { field, from, to } in fields {
        writeln!(out, "{margin}{field:<width$}  {} -> {}", Shown(from), Shown(to))?;
    }
    Ok(())
}

/// Says how many of a list are not shown.
fn more<T>(out: &mut dyn Write, margin: &str, list: &Limited<T>, what: &str) -> io::Result<()> {
    match list.hidden() {
        0 => Ok(()),
        hidden => writeln!(out, "{margin}and {hidden} more {what}"),
    }
}

struct Moment(AsOfRecord);

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.position {
            0 => f.write_str("before any record"),
            position => write!(f, "record {position}, {}", self.0.at),
        }
    }
}

/// A value of a field: a JSON value, and nothing as a dash.
struct Shown<'a>(&'a Value);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Null => f.write_str("-"),
            value @ (Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_)) => value.fmt(f),
        }
    }
}

struct Changed<'a>(&'a LeadChange);

impl fmt::Display for Changed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LeadChange { lead_id, from, to, .. } = self.0;
        match from {
            None => write!(f, "{lead_id}  new -> {}", Stands(to)),
            Some(from) => write!(f, "{lead_id}  {} -> {}", Stands(from), Stands(to)),
        }
    }
}

struct Stands<'a>(&'a Brief);

impl fmt::Display for Stands<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let brief = self.0;
        write!(f, "{}", brief.status)?;
        match (brief.withdrawn, brief.removed) {
            (true, _) => f.write_str(", withdrawn")?,
            (false, true) => f.write_str(", removed")?,
            (false, false) => {}
        }
        if let Some(node) = brief.current_node_id {
            write!(f, " at {node}, visit {}", brief.visit)?;
        }
        if let Some(code) = brief.hold {
            write!(f, ", held: {code}")?;
        }
        f.write_str(if brief.erased { ", erased" } else { "" })
    }
}
