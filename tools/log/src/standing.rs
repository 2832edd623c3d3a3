//! Where workflows, leads and calls stood, as `replay` and `diff` tell it.

use std::collections::BTreeMap;

use branchline_domain::{
    call_status::CallStatus,
    id::{CallId, ImportId, LeadId, NodeId, OrganisationId, WorkflowId},
    lead::{ApplicationStage, HoldCode, LeadState, LeadStatus, Values},
    output::Output,
    personal::Personal,
    time::Timestamp,
    workflow::{Settings, WorkflowStatus},
};
use branchline_projections::{Counts, DispatchStage, Projections, WorkflowRow};
use serde::Serialize;

use crate::{Past, Subject};

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
    /// Nobody was asked to dial before.
    pub not_before: Option<Timestamp>,
    /// When it ended as `retry_expired` unless somebody was asked to dial.
    pub expires_at: Option<Timestamp>,
    /// When it was requested.
    pub created_at: Timestamp,
    /// When somebody was first asked to dial.
    pub dispatch_started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// The newest try of the application step that a lead stood at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct TryStanding {
    /// Number of the try within the visit, from 1.
    pub attempt: u32,
    /// How far it had come: `requested`, `started` or `tried`.
    pub stage: &'static str,
    /// Since when.
    pub since: Timestamp,
    /// The record that says so.
    pub position: u64,
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
    /// The newest try of the application step it stands at.
    pub application: Option<TryStanding>,
    /// Until when its step waits for analysis of the last call.
    pub analysis_until: Option<Timestamp>,
    /// The call that its visit waits or waited for.
    pub call_id: Option<CallId>,
    /// All of its calls, oldest first.
    pub calls: Vec<CallStanding>,
    /// When it was enrolled.
    pub enrolled_at: Timestamp,
    /// Import it came with.
    pub import_id: Option<ImportId>,
    /// When what is personal of it was erased.
    pub erased_at: Option<Timestamp>,
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
            not_before: call.not_before,
            expires_at: call.expires_at,
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
            application: state.application.as_ref().map(|run| TryStanding {
                attempt: run.attempt,
                stage: match run.stage {
                    ApplicationStage::Requested => "requested",
                    ApplicationStage::Started => "started",
                    ApplicationStage::Tried => "tried",
                },
                since: run.since,
                position: run.position,
            }),
            analysis_until: state.analysis_until,
            call_id: state.call.map(|number| CallId { lead, number }),
            calls: calls.collect(),
            enrolled_at: state.enrolled_at,
            import_id: state.import,
            erased_at: state.erased_at,
        }
    }
}

/// What is personal about a lead. `null` is what was erased, or could not be opened.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct PersonalStanding {
    /// Phone number, E.164.
    pub phone_number: Option<String>,
    /// Variables.
    pub variables: Option<Values>,
    /// Notes of people.
    pub notes: Option<String>,
    /// What analysis of its calls found, by number of the call.
    pub attributes: BTreeMap<u32, Option<Values>>,
    /// The newest answer of each application, by node.
    pub answers: BTreeMap<NodeId, Option<Values>>,
}

impl PersonalStanding {
    /// What is personal in a lead's state.
    pub fn of(state: &LeadState) -> Self {
        let known = |values: &Personal<Values>| values.known().cloned();
        Self {
            phone_number: state.phone_number.known().cloned(),
            variables: known(&state.variables),
            notes: state.notes.known().cloned().flatten(),
            attributes: state
                .calls
                .iter()
                .map(|(&number, call)| (number, known(&call.attributes)))
                .collect(),
            answers: state.answers.iter().map(|(&node, fields)| (node, known(fields))).collect(),
        }
    }
}

/// Where a workflow stood, with its leads and calls counted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WorkflowStanding {
    /// Its id.
    pub workflow_id: WorkflowId,
    /// Whose it is.
    pub organisation_id: OrganisationId,
    /// What people call it.
    pub title: String,
    /// What it is for.
    pub description: String,
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
    /// Its held leads, by what holds them.
    pub held: BTreeMap<&'static str, u64>,
    /// Its calls, by their furthest status.
    pub calls: BTreeMap<&'static str, u64>,
    /// When the next release of its leads falls due; `null` also while it does not move.
    pub next_due: Option<Timestamp>,
    /// Imports that had not ended.
    pub open_imports: Vec<ImportId>,
}

impl WorkflowStanding {
    /// Where the subject of a past stood; `None` when that is no workflow.
    pub fn of(past: &Past<'_>) -> Option<Self> {
        let Subject::Workflow(id) = past.subject() else { return None };
        let read = past.projections();
        Some(Self::of_row(read, &read.workflow_or_deleted(id)?))
    }

    /// Where a workflow stood in these read models.
    pub fn of_row(read: &Projections, row: &WorkflowRow<'_>) -> Self {
        let state = row.state;
        let held = read.held_counts(row.id).into_iter();
        let calls = read.call_counts(row.id).into_iter();
        Self {
            workflow_id: row.id,
            organisation_id: row.organisation,
            title: state.title.clone(),
            description: state.description.clone(),
            status: state.status,
            deleted: state.deleted,
            settings: state.settings.clone(),
            revision: state.graph.revision(),
            node_count: state.graph.nodes().len(),
            edge_count: state.graph.edges().len(),
            status_position: row.status_position.0,
            counts: read.counts(row.id),
            held: held.map(|(code, count)| (code.as_str(), count)).collect(),
            calls: calls.map(|(status, count)| (status.as_str(), count)).collect(),
            next_due: read.next_due_of(row.id),
            open_imports: state.open_imports.keys().copied().collect(),
        }
    }
}

/// How far dialling had come, in the word of JSON.
pub(crate) const fn dispatch_word(dispatch: DispatchStage) -> &'static str {
    match dispatch {
        DispatchStage::Requested => "requested",
        DispatchStage::Started => "started",
        DispatchStage::Dispatched => "dispatched",
        DispatchStage::Refused => "refused",
        DispatchStage::Unknown => "unknown",
    }
}
