//! What must hold in every journal, checked over the records alone. No rule is asked: a journal of
//! an engine with a mistake in its rules is told as one.
//!
//! Source: CONTRACT.md 2 (exact pause and end), 4 (one branch a call, one dial a request), 5 (never
//! released early).

use std::collections::BTreeMap;

use branchline_domain::{
    call_status::{CallStatus, Routing},
    id::{LeadId, WorkflowId},
    lead::{BranchCause, LeadEvent},
    output::Output,
    time::Timestamp,
    workflow::{WorkflowEvent, WorkflowStatus},
};
use branchline_journal::record::Position;

use crate::fact::{Fact, FactEvents};

/// Something that must never be in a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The record that shows it.
    pub position: Position,
    /// Public id of its stream.
    pub stream: String,
    /// What is wrong, in words.
    pub problem: String,
}

/// Checks records one by one, in order. Needs memory for every lead: about 200 bytes and what its
/// calls take.
#[derive(Debug, Default)]
pub struct Invariants {
    workflows: BTreeMap<WorkflowId, WorkflowStatus>,
    leads: BTreeMap<LeadId, LeadTrace>,
}

/// What is remembered of a lead.
#[derive(Debug, Default)]
struct LeadTrace {
    workflow: Option<WorkflowId>,
    visit: u32,
    branched: bool,
    release_at: Option<Timestamp>,
    ended: Option<&'static str>,
    calls: BTreeMap<u32, CallTrace>,
    application: ApplicationTrace,
}

/// What is remembered of the tries of the application step of the present visit.
#[derive(Debug, Default)]
struct ApplicationTrace {
    /// The try that is wanted and not begun.
    wanted: Option<u32>,
    tried: bool,
}

/// What is remembered of a call.
#[derive(Debug, Default)]
struct CallTrace {
    visit: u32,
    started: bool,
    concluded: Option<CallStatus>,
    conflicts: Vec<CallStatus>,
}

impl Invariants {
    /// Nothing seen yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next record and says what it shows to be wrong; mostly nothing.
    pub fn check(&mut self, fact: &Fact<'_>) -> Vec<Violation> {
        match fact.events {
            FactEvents::Workflow(id, events) => {
                let status = self.workflows.entry(id).or_default();
                let problems = events.iter().filter_map(|event| move_workflow(status, event));
                told(fact.position, &id, problems.collect())
            }
            FactEvents::Lead(id, events) => {
                let lead = self.leads.entry(id).or_default();
                let mut problems = Vec::new();
                for (index, event) in events.iter().enumerate() {
                    let rest = events.get(index + 1..).unwrap_or_default();
                    check_lead(lead, event, rest, fact.at, &self.workflows, &mut problems);
                }
                told(fact.position, &id, problems)
            }
        }
    }
}

fn told(position: Position, stream: &impl ToString, problems: Vec<String>) -> Vec<Violation> {
    let tell = |problem| Violation { position, stream: stream.to_string(), problem };
    problems.into_iter().map(tell).collect()
}

/// Follows a workflow's status, and says when a change comes from where none may come.
fn move_workflow(status: &mut WorkflowStatus, event: &WorkflowEvent) -> Option<String> {
    let next = match event {
        WorkflowEvent::WorkflowActivated | WorkflowEvent::WorkflowResumed => WorkflowStatus::Active,
        WorkflowEvent::WorkflowPaused => WorkflowStatus::Paused,
        WorkflowEvent::WorkflowCompleted { .. } => WorkflowStatus::Completed,
        WorkflowEvent::WorkflowCancelled => WorkflowStatus::Cancelled,
        WorkflowEvent::WorkflowCreated { .. }
        | WorkflowEvent::WorkflowRenamed { .. }
        | WorkflowEvent::SettingsChanged { .. }
        | WorkflowEvent::GraphRevised { .. }
        | WorkflowEvent::GraphStaged { .. }
        | WorkflowEvent::NodeReplaced { .. }
        | WorkflowEvent::WorkflowDeleted
        | WorkflowEvent::ImportOpened { .. }
        | WorkflowEvent::ImportClosed { .. }
        | WorkflowEvent::ImportCancelled { .. }
        | WorkflowEvent::ImportRefused { .. } => return None,
    };
    let before = std::mem::replace(status, next);
    before.is_final().then(|| format!("became {next} after it was {before}"))
}

fn check_lead(
    lead: &mut LeadTrace,
    event: &LeadEvent,
    rest: &[LeadEvent],
    at: Timestamp,
    workflows: &BTreeMap<WorkflowId, WorkflowStatus>,
    problems: &mut Vec<String>,
) {
    let status = lead.workflow.and_then(|workflow| workflows.get(&workflow)).copied();
    match event {
        LeadEvent::LeadEnrolled { workflow, .. } => lead.workflow = Some(*workflow),
        LeadEvent::NodeEntered { visit, release_at, .. } => {
            if *visit != lead.visit + 1 {
                problems.push(format!("visit {visit} follows visit {}", lead.visit));
            }
            if lead.visit > 0 && !lead.branched {
                problems.push(format!("visit {visit} began without a branch before it"));
            }
            moves(lead, "entered a node", status, problems);
            (lead.visit, lead.branched, lead.release_at) = (*visit, false, *release_at);
            lead.application = ApplicationTrace::default();
        }
        LeadEvent::BranchTaken { visit, output, cause, .. } => {
            leaves(lead, *visit, "took a branch", status, problems);
            problems.extend(cause_problem(lead, output, *cause, at));
        }
        LeadEvent::LeadMoved { visit, .. } => leaves(lead, *visit, "was moved", status, problems),
        LeadEvent::ApplicationRequested { attempt } => {
            lead.release_at = None;
            lead.application.wanted = Some(*attempt);
        }
        LeadEvent::ApplicationStarted { attempt } => {
            moves(lead, "asked an application", status, problems);
            if lead.application.wanted.take() != Some(*attempt) {
                problems.push(format!("try {attempt} of an application began unasked"));
            }
        }
        LeadEvent::ApplicationTried { .. } => lead.application.tried = true,
        LeadEvent::ReleasePlanned { release_at } => lead.release_at = Some(*release_at),
        LeadEvent::CallRequested { call, .. } => {
            let visit = lead.visit;
            lead.release_at = None;
            if lead.calls.insert(*call, CallTrace { visit, ..CallTrace::default() }).is_some() {
                problems.push(format!("call {call} was requested twice"));
            }
        }
        LeadEvent::CallDispatchStarted { call, .. } => {
            // A report about a call that nobody claimed proves the dial, whatever the workflow does.
            let proven = rest.iter().any(|next| matches!(next, LeadEvent::CallDispatched { .. }));
            start_call(lead, *call, status, proven, problems);
        }
        LeadEvent::CallConcluded { call, status, .. } => {
            conclude_call(lead, *call, *status, problems);
        }
        LeadEvent::CallConflictRecorded { call, status, .. } => {
            if let Some(known) = lead.calls.get_mut(call) {
                known.conflicts.push(*status);
            }
        }
        LeadEvent::LeadCompleted => lead.ended = Some("completed"),
        LeadEvent::LeadDropped => lead.ended = Some("dropped"),
        LeadEvent::LeadRemoved | LeadEvent::LeadWithdrawn => lead.ended = Some("removed"),
        LeadEvent::CallDispatched { .. }
        | LeadEvent::CallDispatchRefused { .. }
        | LeadEvent::CallDispatchUnknown { .. }
        | LeadEvent::CallStatusChanged { .. }
        | LeadEvent::CallReferenced { .. }
        | LeadEvent::CallAttributesAttached { .. }
        | LeadEvent::CallScheduled { .. }
        | LeadEvent::AnalysisAwaited { .. }
        | LeadEvent::ApplicationAnswered { .. }
        | LeadEvent::RoutingHeld { .. }
        | LeadEvent::HoldResolved { .. }
        | LeadEvent::LeadEdited { .. } => {}
    }
}

fn leaves(
    lead: &mut LeadTrace,
    visit: u32,
    what: &str,
    status: Option<WorkflowStatus>,
    problems: &mut Vec<String>,
) {
    if visit != lead.visit || lead.branched {
        problems.push(format!("visit {visit} took a second branch"));
    }
    moves(lead, what, status, problems);
    lead.branched = true;
}

fn moves(lead: &LeadTrace, what: &str, status: Option<WorkflowStatus>, problems: &mut Vec<String>) {
    if let Some(ended) = lead.ended {
        problems.push(format!("{what} after it was {ended}"));
    }
    match status {
        Some(WorkflowStatus::Active) => {}
        Some(status) => problems.push(format!("{what} while its workflow was {status}")),
        None => problems.push(format!("{what} without a workflow")),
    }
}

fn start_call(
    lead: &mut LeadTrace,
    number: u32,
    status: Option<WorkflowStatus>,
    proven: bool,
    problems: &mut Vec<String>,
) {
    if !proven && status != Some(WorkflowStatus::Active) {
        problems.push(format!("call {number} was handed out while its workflow was not active"));
    }
    if !proven && lead.ended.is_some() {
        problems.push(format!("call {number} was handed out after its lead had ended"));
    }
    match lead.calls.get_mut(&number) {
        None => problems.push(format!("call {number} was handed out and never requested")),
        Some(call) if call.started => problems.push(format!("call {number} was handed out twice")),
        Some(call) => call.started = true,
    }
}

fn conclude_call(
    lead: &mut LeadTrace,
    number: u32,
    status: CallStatus,
    problems: &mut Vec<String>,
) {
    match lead.calls.get_mut(&number) {
        None => problems.push(format!("call {number} ended and was never requested")),
        Some(call) => {
            if let Some(first) = call.concluded {
                problems.push(format!("call {number} ended as {status} after it ended as {first}"));
            }
            call.concluded.get_or_insert(status);
        }
    }
}

/// What is wrong with the cause of a branch.
fn cause_problem(
    lead: &LeadTrace,
    output: &Output,
    cause: BranchCause,
    at: Timestamp,
) -> Option<String> {
    match cause {
        BranchCause::Call(number) => {
            let Some(call) = lead.calls.get(&number) else {
                return Some(format!("took {output} for call {number}, which it never had"));
            };
            if call.visit != lead.visit {
                return Some(format!("took {output} for call {number} of an earlier visit"));
            }
            let wanted = Routing::Take(output.clone());
            let told = call.concluded.iter().chain(&call.conflicts);
            let fits = told.into_iter().any(|status| status.routing() == wanted);
            (!fits).then(|| format!("took {output}, which no status of call {number} leads to"))
        }
        BranchCause::Release => match lead.release_at {
            Some(release_at) if release_at <= at => None,
            Some(release_at) => Some(format!("was released at {at}, before {release_at}")),
            None => Some("was released without a release time".into()),
        },
        BranchCause::Application => (!lead.application.tried)
            .then(|| format!("took {output} for an application that was not asked")),
        BranchCause::Condition | BranchCause::Person => None,
    }
}

#[cfg(test)]
mod tests;
