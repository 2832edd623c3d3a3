//! `branchline-log state`: where a workflow or a lead stood.

use std::io::Write;

use branchline_domain::{
    call_status::CallStatus,
    id::{CallId, ImportId, LeadId, NodeId, WorkflowId},
    lead::{HoldCode, LeadState, LeadStatus},
    output::Output,
    time::Timestamp,
    workflow::{Settings, WorkflowStatus},
};
use branchline_projections::{Counts, DispatchStage};
use serde::Serialize;

use crate::{AsOf, Evidence, Format, Past, Soundness, Subject};

/// The record that an answer is as of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct AsOfRecord {
    /// Its position.
    pub position: u64,
    /// When it was decided.
    pub at: Timestamp,
}

impl AsOfRecord {
    pub(crate) const fn of(past: &Past<'_>) -> Self {
        Self { position: past.position().0, at: past.at() }
    }
}

/// Why a lead stayed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HoldStanding {
    /// The reason.
    pub code: HoldCode,
    /// The output that waits, if one does.
    pub output: Option<Output>,
    /// Since when.
    pub since: Timestamp,
    /// The record that says so.
    pub position: u64,
}

/// Where a call stood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CallStanding {
    /// Its id.
    pub call_id: CallId,
    /// Node it was made for.
    pub node_id: Option<NodeId>,
    /// Visit it was made for.
    pub visit: u32,
    /// Furthest status.
    pub status: CallStatus,
    /// Whether the status is final.
    pub concluded: bool,
    /// How far dialling had come.
    pub dispatch: DispatchStage,
    /// Why it ended, in the provider's word.
    pub end_reason: Option<String>,
    /// The carrier's name for it.
    pub provider_ref: Option<String>,
    /// Other final statuses that were reported later, in order.
    pub conflicts: Vec<CallStatus>,
    /// When it was requested.
    pub created_at: Timestamp,
    /// When somebody was first asked to dial.
    pub dispatch_started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// Where a lead stood. Nothing personal is in here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeadStanding {
    /// Its id.
    pub lead_id: LeadId,
    /// Where it is enrolled.
    pub workflow_id: Option<WorkflowId>,
    /// Its status.
    pub status: LeadStatus,
    /// Whether it was removed.
    pub removed: bool,
    /// Whether it was taken out with an import that was given up; then it never counted.
    pub withdrawn: bool,
    /// Its node; the last one of a final or removed lead.
    pub current_node_id: Option<NodeId>,
    /// Number of the visit, from 1; 0 while pending.
    pub visit: u32,
    /// When it came there.
    pub entered_at: Option<Timestamp>,
    /// Graph revision it came there with; 0 while pending.
    pub entered_revision: u32,
    /// When the wait there ends.
    pub release_at: Option<Timestamp>,
    /// Why it stays.
    pub hold: Option<HoldStanding>,
    /// The call that its visit waits or waited for.
    pub call_id: Option<CallId>,
    /// All of its calls, oldest first.
    pub calls: Vec<CallStanding>,
    /// When it was enrolled.
    pub enrolled_at: Timestamp,
    /// Import it came with.
    pub import_id: Option<ImportId>,
}

impl LeadStanding {
    /// What is shown of a lead's state.
    pub fn of(lead: LeadId, state: &LeadState) -> Self {
        let calls = state.calls.iter().map(|(&number, call)| CallStanding {
            call_id: CallId { lead, number },
            node_id: call.node,
            visit: call.visit,
            status: call.status,
            concluded: call.concluded,
            dispatch: DispatchStage::from(&call.dispatch),
            end_reason: call.end_reason.clone(),
            provider_ref: call.provider_ref.clone(),
            conflicts: call.conflicts.clone(),
            created_at: call.created_at,
            dispatch_started_at: call.dispatch_started_at,
            ended_at: call.ended_at,
        });
        Self {
            lead_id: lead,
            workflow_id: state.workflow,
            status: state.status,
            removed: state.removed,
            withdrawn: state.withdrawn,
            current_node_id: state.node,
            visit: state.visit,
            entered_at: state.entered_at,
            entered_revision: state.entered_revision,
            release_at: state.release_at,
            hold: state.hold.as_ref().map(|hold| HoldStanding {
                code: hold.reason.code(),
                output: hold.reason.outcome().map(|outcome| outcome.output.clone()),
                since: hold.since,
                position: hold.position,
            }),
            call_id: state.call.map(|number| CallId { lead, number }),
            calls: calls.collect(),
            enrolled_at: state.enrolled_at,
            import_id: state.import,
        }
    }
}

/// Where a workflow stood, with its leads counted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WorkflowStanding {
    /// Its id.
    pub workflow_id: WorkflowId,
    /// What people call it.
    pub title: String,
    /// Its status.
    pub status: WorkflowStatus,
    /// Whether it was deleted.
    pub deleted: bool,
    /// What its owner chose.
    pub settings: Settings,
    /// The newest revision of its graph.
    pub revision: u32,
    /// Nodes of that revision.
    pub node_count: usize,
    /// Edges of that revision.
    pub edge_count: usize,
    /// The record that gave it its status.
    pub status_position: u64,
    /// Its leads.
    pub counts: Counts,
    /// Imports that had not ended.
    pub open_imports: Vec<ImportId>,
}

impl WorkflowStanding {
    /// Where the subject of a past stood; `None` when that is no workflow.
    pub fn of(past: &Past<'_>) -> Option<Self> {
        let Subject::Workflow(id) = past.subject() else { return None };
        let state = past.workflow();
        let read = past.projections();
        Some(Self {
            workflow_id: id,
            title: state.title.clone(),
            status: state.status,
            deleted: state.deleted,
            settings: state.settings.clone(),
            revision: state.graph.revision(),
            node_count: state.graph.nodes().len(),
            edge_count: state.graph.edges().len(),
            status_position: read.workflow_or_deleted(id)?.status_position.0,
            counts: read.counts(id),
            open_imports: state.open_imports.keys().copied().collect(),
        })
    }
}

/// A standing, and what it is as of.
#[derive(Serialize)]
struct Answer<'a, T> {
    as_of: AsOfRecord,
    #[serde(flatten)]
    standing: &'a T,
}

/// Writes where a workflow or a lead stood.
///
/// # Errors
///
/// As [`Past::of`], and when `out` takes no more.
pub fn run(
    evidence: &Evidence,
    subject: Subject,
    as_of: AsOf,
    format: Format,
    out: &mut dyn Write,
) -> anyhow::Result<Soundness> {
    let (past, soundness) = Past::of(evidence, subject, as_of, None)?;
    let as_of = AsOfRecord::of(&past);
    match (subject, format) {
        (Subject::Lead(id), Format::Json) => {
            json(&Answer { as_of, standing: &LeadStanding::of(id, past.lead()) }, out)?;
        }
        (Subject::Workflow(_), Format::Json) => {
            if let Some(standing) = &WorkflowStanding::of(&past) {
                json(&Answer { as_of, standing }, out)?;
            }
        }
        (Subject::Lead(id), Format::Text) => lead_text(as_of, &past, id, out)?,
        (Subject::Workflow(_), Format::Text) => {
            if let Some(standing) = &WorkflowStanding::of(&past) {
                workflow_text(as_of, standing, out)?;
            }
        }
    }
    Ok(soundness)
}

/// One JSON object, indented, and the end of its last line.
pub(crate) fn json(answer: &impl Serialize, out: &mut dyn Write) -> anyhow::Result<()> {
    serde_json::to_writer_pretty(&mut *out, answer)?;
    Ok(writeln!(out)?)
}

/// The first line of every text answer.
pub(crate) fn headline(
    as_of: AsOfRecord,
    subject: Subject,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    Ok(writeln!(out, "{subject} as of record {}, {}", as_of.position, as_of.at)?)
}

/// A node with its label, quoted: a label must not pass for another line.
pub(crate) fn node_words(past: &Past<'_>, state: &LeadState) -> Option<String> {
    let node = state.node?;
    let read = past.projections();
    let view = read.workflow_or_deleted(state.workflow?)?.view();
    Some(match view.node_at(state.entered_revision, node) {
        Some(known) => format!("{node} {:?}", known.label),
        None => node.to_string(),
    })
}

fn lead_text(
    as_of: AsOfRecord,
    past: &Past<'_>,
    id: LeadId,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let lead = LeadStanding::of(id, past.lead());
    headline(as_of, Subject::Lead(id), out)?;
    if let Some(workflow) = lead.workflow_id {
        writeln!(out, "  workflow   {workflow}")?;
    }
    let gone = match (lead.withdrawn, lead.removed) {
        (true, _) => ", withdrawn with its import",
        (false, true) => ", removed",
        (false, false) => "",
    };
    writeln!(out, "  status     {}{gone}", lead.status)?;
    if let Some(node) = node_words(past, past.lead()) {
        writeln!(out, "  node       {node}, visit {}", lead.visit)?;
    }
    if let Some(entered_at) = lead.entered_at {
        writeln!(out, "  entered    {entered_at}, revision {}", lead.entered_revision)?;
    }
    if let Some(release_at) = lead.release_at {
        writeln!(out, "  release    {release_at}")?;
    }
    if let Some(hold) = &lead.hold {
        let output = hold.output.as_ref().map(|output| format!(" with outcome {output}"));
        let (code, output) = (hold.code.as_str(), output.unwrap_or_default());
        writeln!(
            out,
            "  held       {code}{output} since {}, record {}",
            hold.since, hold.position
        )?;
    }
    for call in &lead.calls {
        let current = if lead.call_id == Some(call.call_id) { ", current" } else { "" };
        let ended = call.ended_at.map(|at| format!(", ended {at}")).unwrap_or_default();
        let dispatch = match call.dispatch {
            DispatchStage::Requested => "requested",
            DispatchStage::Started => "started",
            DispatchStage::Dispatched => "dispatched",
            DispatchStage::Refused => "refused",
            DispatchStage::Unknown => "unknown",
        };
        writeln!(
            out,
            "  call       {} {}, dispatch {dispatch}, visit {}{ended}{current}",
            call.call_id, call.status, call.visit
        )?;
    }
    Ok(())
}

fn workflow_text(
    as_of: AsOfRecord,
    workflow: &WorkflowStanding,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    headline(as_of, Subject::Workflow(workflow.workflow_id), out)?;
    let deleted = if workflow.deleted { ", deleted" } else { "" };
    writeln!(out, "  title      {:?}", workflow.title)?;
    writeln!(
        out,
        "  status     {}{deleted}, record {}",
        workflow.status, workflow.status_position
    )?;
    let (revision, nodes) = (workflow.revision, workflow.node_count);
    writeln!(
        out,
        "  graph      revision {revision}, {nodes} nodes, {} edges",
        workflow.edge_count
    )?;
    let counts = &workflow.counts.by_status;
    writeln!(
        out,
        "  leads      {} pending, {} active, {} completed, {} dropped, {} removed",
        counts.pending, counts.active, counts.completed, counts.dropped, counts.removed
    )?;
    for (node, of_node) in &workflow.counts.by_node {
        let (here, passed, held) = (of_node.here, of_node.passed, of_node.held);
        writeln!(out, "  at         {node} {here} here, {passed} passed, {held} held")?;
    }
    for import in &workflow.open_imports {
        writeln!(out, "  importing  {import}")?;
    }
    Ok(())
}
