//! What can be seen of a workflow, as lines of text: the same of the model and of the engine.

use branchline_domain::{
    id::NodeId,
    lead::{Dispatch, LeadState},
    time::Timestamp,
};
use branchline_projections::{Counts, LeadRow, StatusCounts, WorkflowRow};
use branchline_testkit::START;

use crate::model::{Call, Dialling, Hold, Lead, Model, Name};

/// Lines that say where everything stands.
pub(crate) type Picture = Vec<String>;

/// Counts leads by status; a removed lead counts as removed only.
fn by_status(counts: &StatusCounts) -> String {
    let StatusCounts { pending, active, completed, dropped, removed } = counts;
    format!(
        "{pending} pending {active} active {completed} completed {dropped} dropped {removed} removed"
    )
}

/// What the model shows.
pub(crate) fn of_model(model: &Model) -> Picture {
    let mut lines = vec![workflow_of_model(model)];
    for node in &model.graph().nodes {
        let shown = || model.leads.iter().filter(|lead| !lead.removed);
        let here = shown().filter(|lead| lead.node == Some(node.name));
        let held = here.clone().filter(|lead| lead.hold.is_some()).count();
        let passed = shown().filter(|lead| lead.passed.contains(node.name)).count();
        lines.push(node_line(node.name, here.count() as u64, passed as u64, held as u64));
    }
    for (at, lead) in model.leads.iter().enumerate() {
        lines.push(format!("listed {}", lead_line(at, &seen(lead))));
        lines.push(format!(
            "folded {} waiting {}",
            lead_line(at, &seen(lead)),
            lead.hold.and_then(|hold| hold.output).unwrap_or("for nothing")
        ));
        for (number, call) in &lead.calls {
            lines.push(call_line(at, *number, &seen_call(call)));
        }
    }
    lines
}

fn workflow_of_model(model: &Model) -> String {
    let mut counts = StatusCounts::default();
    for lead in &model.leads {
        let count = match (lead.removed, lead.status.as_str()) {
            (true, _) => &mut counts.removed,
            (false, "pending") => &mut counts.pending,
            (false, "active") => &mut counts.active,
            (false, "completed") => &mut counts.completed,
            (false, _) => &mut counts.dropped,
        };
        *count += 1;
    }
    let calls = model.leads.iter().flat_map(|lead| lead.calls.values());
    let in_progress = calls.filter(|call| call.is_live()).count();
    let graph = model.graph();
    format!(
        "workflow {} revision {} with {} nodes {} edges; {}; {in_progress} calls in progress",
        model.status,
        model.revision(),
        graph.nodes.len(),
        graph.edges.len(),
        by_status(&counts)
    )
}

/// What the engine's read models show of the workflow.
pub(crate) fn workflow_line(row: &WorkflowRow<'_>, calls_in_progress: u64) -> String {
    let graph = &row.state.graph;
    format!(
        "workflow {} revision {} with {} nodes {} edges; {}; {calls_in_progress} calls in progress",
        row.state.status,
        graph.revision(),
        graph.nodes().len(),
        graph.edges().len(),
        by_status(&row.leads)
    )
}

pub(crate) fn node_line(name: Name, here: u64, passed: u64, held: u64) -> String {
    format!("node {name}: {here} here {passed} passed {held} held")
}

/// What the engine's read models show of a node.
pub(crate) fn counted(counts: &Counts, id: NodeId, name: Name) -> String {
    let counts = counts.by_node.get(&id).copied().unwrap_or_default();
    node_line(name, counts.here, counts.passed, counts.held)
}

/// What is seen of a lead.
#[derive(Debug)]
pub(crate) struct SeenLead {
    status: &'static str,
    removed: bool,
    erased: bool,
    node: Option<Name>,
    visit: u32,
    release_s: Option<i64>,
    call: Option<u32>,
    hold: Option<&'static str>,
}

fn lead_line(at: usize, lead: &SeenLead) -> String {
    let SeenLead { status, removed, erased, node, visit, release_s, call, hold } = lead;
    format!(
        "lead {at}: {status}{}{} at {node:?} visit {visit} release {release_s:?} call {call:?} \
         hold {hold:?}",
        if *removed { " removed" } else { "" },
        if *erased { " erased" } else { "" }
    )
}

fn seen(lead: &Lead) -> SeenLead {
    SeenLead {
        status: lead.status.as_str(),
        removed: lead.removed,
        erased: lead.erased,
        node: lead.node,
        visit: lead.visit,
        release_s: lead.release_s.and_then(|second| i64::try_from(second).ok()),
        call: lead.call,
        hold: lead.hold.map(|Hold { code, .. }| code),
    }
}

fn second(at: Option<Timestamp>) -> Option<i64> {
    at.map(|at| at.micros_since(START) / 1_000_000)
}

/// A lead as the engine's lists show it.
pub(crate) fn listed(at: usize, row: &LeadRow, name: impl Fn(NodeId) -> Name) -> String {
    let lead = SeenLead {
        status: row.status.as_str(),
        removed: row.removed,
        erased: row.erased_at.is_some(),
        node: row.current_node_id.map(name),
        visit: row.visit,
        release_s: second(row.release_at),
        call: row.call.as_ref().map(|call| call.id.number),
        hold: row.hold.map(branchline_domain::lead::HoldCode::as_str),
    };
    format!("listed {}", lead_line(at, &lead))
}

/// A lead as its stream adds up.
pub(crate) fn folded(at: usize, state: &LeadState, name: impl Fn(NodeId) -> Name) -> Picture {
    let lead = SeenLead {
        status: state.status.as_str(),
        removed: state.removed,
        erased: state.is_erased() && state.phone_number.known().is_none(),
        node: state.node.map(name),
        visit: state.visit,
        release_s: second(state.release_at),
        call: state.call,
        hold: state.hold.as_ref().map(|hold| hold.reason.code().as_str()),
    };
    let outcome = state.hold.as_ref().and_then(|hold| hold.reason.outcome());
    let mut lines = vec![format!(
        "folded {} waiting {}",
        lead_line(at, &lead),
        outcome.map_or("for nothing", |outcome| outcome.output.as_str())
    )];
    for (number, call) in &state.calls {
        let seen = SeenCall {
            status: call.status.as_str(),
            ended: call.concluded,
            stage: stage(&call.dispatch),
            conflicts: call.conflicts.iter().map(|status| status.as_str()).collect(),
        };
        lines.push(call_line(at, *number, &seen));
    }
    lines
}

/// What is seen of a call.
struct SeenCall {
    status: &'static str,
    ended: bool,
    stage: &'static str,
    conflicts: Vec<&'static str>,
}

fn call_line(at: usize, number: u32, call: &SeenCall) -> String {
    let SeenCall { status, ended, stage, conflicts } = call;
    let ended = if *ended { "ended" } else { "open" };
    format!("call {at}.{number}: {status} {ended} {stage} conflicts {conflicts:?}")
}

fn seen_call(call: &Call) -> SeenCall {
    SeenCall {
        status: call.status.as_str(),
        ended: call.ended,
        stage: match call.dialling {
            Dialling::Requested => "requested",
            Dialling::Started { .. } => "started",
            Dialling::Dispatched => "dispatched",
            Dialling::Refused => "refused",
            Dialling::Unknown => "unknown",
        },
        conflicts: call.conflicts.iter().map(|status| status.as_str()).collect(),
    }
}

const fn stage(dispatch: &Dispatch) -> &'static str {
    match dispatch {
        Dispatch::Requested => "requested",
        Dispatch::Started { .. } => "started",
        Dispatch::Dispatched => "dispatched",
        Dispatch::Refused => "refused",
        Dispatch::Unknown => "unknown",
    }
}
