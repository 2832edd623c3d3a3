//! What a lead has been through, and why it is where it is.

use clap::Args;
use serde::Deserialize;

use super::shape::{Lead, LeadFlags};
use crate::{
    client::Ask,
    fault::Fault,
    out::{Out, Rows, or_dash, when},
};

/// Flags of `lead history`.
#[derive(Debug, Args)]
pub struct HistoryArgs {
    #[command(flatten)]
    lead: LeadFlags,
}

#[derive(Deserialize)]
struct History {
    lead: Lead,
    #[serde(rename = "history", default)]
    transitions: Vec<Transition>,
    #[serde(default)]
    visits: Vec<Visit>,
    #[serde(default)]
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Transition {
    from_node: Option<String>,
    output: Option<String>,
    to_node: String,
    #[serde(default)]
    cause: String,
    #[serde(default)]
    at: String,
    call_id: Option<String>,
    #[serde(default)]
    position: u64,
}

#[derive(Deserialize)]
struct Visit {
    node_id: String,
    node_label: Option<String>,
    node_type: Option<String>,
    #[serde(rename = "visit", default)]
    number: u64,
    status: Option<String>,
    entered_at: Option<String>,
    exited_at: Option<String>,
    hold: Option<String>,
    #[serde(default)]
    tries: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    #[serde(default)]
    label: String,
}

impl HistoryArgs {
    pub(super) fn run(&self) -> Result<(), Fault> {
        let found = self.lead.find()?;
        let answer = found.server.ask(&Ask::get(format!("{}/history", found.path())))?;
        let mut out = Out::standard(self.lead.server.json);
        if out.is_json() {
            out.document(&answer.raw()?)?;
            return out.flush();
        }
        let told: History = answer.read()?;
        let held = told.lead.hold.as_ref().map(|hold| format!(", held: {hold}"));
        let (id, standing) = (&told.lead.id, told.lead.standing());
        out.line(&format!("{id} is {standing}{}", held.unwrap_or_default()))?;
        out.line("")?;
        out.table(transitions(&told))?;
        out.line("")?;
        out.table(visits(&told.visits))?;
        out.flush()
    }
}

fn transitions(told: &History) -> Rows {
    let name = |id: &str| {
        let labels = told.visits.iter().map(|visit| (&visit.node_id, visit.node_label.as_ref()));
        let known = told.nodes.iter().map(|node| (&node.id, Some(&node.label)));
        let label = labels.chain(known).find(|(node, label)| *node == id && label.is_some());
        label.and_then(|(_, label)| label.cloned()).unwrap_or_else(|| id.to_owned())
    };
    let mut rows = Rows::with(["at", "from", "output", "to", "cause", "call", "position"]);
    for step in &told.transitions {
        rows.add([
            when(&step.at),
            or_dash(step.from_node.as_deref().map(name)),
            or_dash(step.output.as_ref()),
            name(&step.to_node),
            step.cause.clone(),
            or_dash(step.call_id.as_ref()),
            step.position.to_string(),
        ]);
    }
    rows
}

fn visits(visits: &[Visit]) -> Rows {
    let mut rows =
        Rows::with(["visit", "node", "type", "call status", "entered", "left", "held", "tries"]);
    for visit in visits {
        let instant = |at: &Option<String>| or_dash(at.as_deref().map(when));
        rows.add([
            visit.number.to_string(),
            visit.node_label.clone().unwrap_or_else(|| visit.node_id.clone()),
            or_dash(visit.node_type.as_ref()),
            or_dash(visit.status.as_ref()),
            instant(&visit.entered_at),
            instant(&visit.exited_at),
            or_dash(visit.hold.as_ref()),
            visit.tries.len().to_string(),
        ]);
    }
    rows
}

/// Flags of `lead explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    #[command(flatten)]
    lead: LeadFlags,
}

#[derive(Deserialize)]
struct Explanation {
    lead_id: String,
    #[serde(default)]
    status: String,
    current_node_id: Option<String>,
    #[serde(default)]
    guards: Vec<Guard>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Guard {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
    evidence: Option<u64>,
    clears_at: Option<String>,
    clears_by: Option<String>,
}

impl ExplainArgs {
    pub(super) fn run(&self) -> Result<(), Fault> {
        let found = self.lead.find()?;
        let answer = found.server.ask(&Ask::get(format!("{}/explain", found.path())))?;
        let mut out = Out::standard(self.lead.server.json);
        if out.is_json() {
            out.document(&answer.raw()?)?;
            return out.flush();
        }
        let told: Explanation = answer.read()?;
        let place = told.current_node_id.map(|node| format!(" at {node}")).unwrap_or_default();
        out.line(&format!("{} is {}{place}", told.lead_id, told.status))?;
        for guard in told.guards {
            out.line(&format!("  {}: {}", guard.code, guard.message))?;
            let evidence = guard.evidence.map(|position| format!("record {position}"));
            for (name, value) in [
                ("evidence ", evidence),
                ("clears at", guard.clears_at),
                ("clears by", guard.clears_by),
            ] {
                if let Some(value) = value {
                    out.line(&format!("    {name} {value}"))?;
                }
            }
        }
        let next = told.next.unwrap_or_else(|| "nothing moves it".to_owned());
        out.line(&format!("next: {next}"))?;
        out.flush()
    }
}
