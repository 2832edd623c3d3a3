//! Why a lead is where it is. One answer for API, log tool and dashboard. Source: CONTRACT.md 8.

mod held;
mod remedy;

use serde::Serialize;

use self::held::{goes_on, held};
pub use self::remedy::Remedy;
use super::{
    ApplicationRun, ApplicationStage, Call, LeadContext, LeadState, LeadStatus, advance::is_queued,
    schedule::waits_until,
};
use crate::{
    id::{LeadId, NodeId},
    time::Timestamp,
    workflow::{WorkflowStatus, WorkflowView},
};

/// What kind of thing holds a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GuardCode {
    /// Draft, paused, cancelled or completed.
    WorkflowNotActive,
    /// The graph has no entry, or more than one.
    NoValidEntry,
    /// Enrolled after the last activation, and the settings do not start leads on enrolment.
    EnrolledAfterActivation,
    /// Its import has not ended.
    ImportOpen,
    /// Everything is ready: the lead moves as soon as the engine comes to it.
    Due,
    /// Waits for a release time.
    WaitingForRelease,
    /// A call is wanted and not handed out yet.
    WaitingForDial,
    /// Calls from the node are dialled at other hours.
    OutsideCallingWindow,
    /// The carrier has as many calls as it may have.
    NoCapacity,
    /// The number has a live call of another lead.
    PhoneBusy,
    /// Waits for a final call status.
    WaitingForCall,
    /// Waits for what an application answers.
    WaitingForApplication,
    /// Waits for what analysis of its last call finds.
    WaitingForAnalysis,
    /// An outcome is held because the workflow was not active.
    WorkflowPaused,
    /// No edge serves the outcome.
    MissingOutput,
    /// A person decides about a call without a branch.
    ReviewRequired,
    /// The node lacks what it needs.
    NodeIncomplete,
    /// The call's deadline has passed.
    CallOverdue,
    /// Nobody knows whether the call was dialled.
    DialOutcomeUnknown,
    /// The carrier refused to dial.
    DialRefused,
    /// The time to release at cannot be read.
    UnreadableTime,
    /// No application answers.
    ApplicationReview,
    /// The lead went around without a wait.
    EndlessLoop,
    /// It was removed.
    Removed,
    /// It has come to its end.
    Final,
}

impl GuardCode {
    /// Every kind, in the order of the list above.
    pub const ALL: [Self; 25] = [
        Self::WorkflowNotActive,
        Self::NoValidEntry,
        Self::EnrolledAfterActivation,
        Self::ImportOpen,
        Self::Due,
        Self::WaitingForRelease,
        Self::WaitingForDial,
        Self::OutsideCallingWindow,
        Self::NoCapacity,
        Self::PhoneBusy,
        Self::WaitingForCall,
        Self::WaitingForApplication,
        Self::WaitingForAnalysis,
        Self::WorkflowPaused,
        Self::MissingOutput,
        Self::ReviewRequired,
        Self::NodeIncomplete,
        Self::CallOverdue,
        Self::DialOutcomeUnknown,
        Self::DialRefused,
        Self::UnreadableTime,
        Self::ApplicationReview,
        Self::EndlessLoop,
        Self::Removed,
        Self::Final,
    ];
}

/// One thing that holds a lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HoldingGuard {
    /// What kind of thing.
    pub code: GuardCode,
    /// The same in a sentence.
    pub message: String,
    /// Position of the record that proves it; `None` where nothing recorded does.
    pub evidence: Option<u64>,
    /// Earliest instant at which it can clear, when that is known.
    pub clears_at: Option<Timestamp>,
    /// Who or what clears it, and how; `None` when nothing does.
    pub clears_by: Option<String>,
    /// The same for programs: each of these alone clears it. Empty when nothing does.
    pub remedies: Vec<Remedy>,
}

/// Why a lead is where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Which lead.
    pub lead_id: LeadId,
    /// Its status.
    pub status: LeadStatus,
    /// Where it is.
    pub current_node_id: Option<NodeId>,
    /// When what is personal of it was erased; then messages do not say what values were.
    pub erased_at: Option<Timestamp>,
    /// Everything that holds it; never empty.
    pub guards: Vec<HoldingGuard>,
    /// What would move it next; `None` when nothing will.
    pub next: Option<String>,
}

/// What the answer needs to know besides the lead and its workflow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// Now.
    pub now: Timestamp,
    /// Lead whose live call keeps the number busy, if another one does.
    pub busy_with: Option<LeadId>,
    /// Whether the carrier has as many calls under way as it may have.
    pub no_capacity: bool,
    /// Position of the workflow's last change of status.
    pub workflow_position: Option<u64>,
}

/// Says why a lead is where it is. Never without an answer.
pub fn explain(
    lead: LeadId,
    state: &LeadState,
    workflow: &WorkflowView,
    surroundings: &Surroundings,
) -> Explanation {
    let mut guards = Vec::new();
    if state.has_ended() {
        guards.push(ended(state));
    } else {
        guards.extend(workflow_guard(workflow, surroundings));
        match state.status {
            LeadStatus::Pending => guards.extend(pending(state, workflow)),
            LeadStatus::Active | LeadStatus::Completed | LeadStatus::Dropped => {
                guards.extend(at_node(lead, state, workflow, surroundings));
            }
        }
        if workflow.deleted || workflow.status.is_final() {
            // Whatever is ready will not move any more.
            guards.retain(|guard| guard.code != GuardCode::Due);
        }
        if guards.is_empty() {
            guards.push(due(state));
        }
    }
    // The last guard is the lead's own; those before it only stand in the way as well.
    let next = guards.last().and_then(|guard| guard.clears_by.clone());
    let next = next.filter(|_| guards.iter().all(|guard| guard.clears_by.is_some()));
    Explanation {
        lead_id: lead,
        status: state.status,
        current_node_id: state.node,
        erased_at: state.erased_at,
        guards,
        next,
    }
}

fn guard(code: GuardCode, message: impl Into<String>, evidence: u64) -> HoldingGuard {
    HoldingGuard {
        code,
        message: message.into(),
        evidence: (evidence > 0).then_some(evidence),
        clears_at: None,
        clears_by: None,
        remedies: Vec::new(),
    }
}

impl HoldingGuard {
    fn at(mut self, instant: Timestamp) -> Self {
        self.clears_at = Some(instant);
        self
    }

    fn by(mut self, what: impl Into<String>, remedies: &[Remedy]) -> Self {
        self.clears_by = Some(what.into());
        self.remedies = remedies.to_vec();
        self
    }
}

fn ended(state: &LeadState) -> HoldingGuard {
    if state.removed {
        let call = state.current_call().filter(|(_, call)| !call.concluded);
        let message = if call.is_some() {
            "the lead was removed; its call may finish, and moves nothing"
        } else {
            "the lead was removed"
        };
        return guard(GuardCode::Removed, message, state.removed_position);
    }
    let message = format!("the lead is {}", state.status);
    guard(GuardCode::Final, message, state.entered_position)
}

fn workflow_guard(workflow: &WorkflowView, surroundings: &Surroundings) -> Option<HoldingGuard> {
    if workflow.deleted {
        let gone = "the workflow was deleted; nothing moves any more";
        let evidence = surroundings.workflow_position.unwrap_or_default();
        return Some(guard(GuardCode::WorkflowNotActive, gone, evidence));
    }
    let (message, remedy) = match workflow.status {
        WorkflowStatus::Active => return None,
        WorkflowStatus::Draft => {
            ("the workflow is a draft", Some(("activate the workflow", &[Remedy::Activate][..])))
        }
        WorkflowStatus::Paused => (
            "the workflow is paused",
            Some(("resume or activate the workflow", &[Remedy::Resume, Remedy::Activate][..])),
        ),
        WorkflowStatus::Completed => ("the workflow is completed; nothing moves any more", None),
        WorkflowStatus::Cancelled => ("the workflow is cancelled; nothing moves any more", None),
    };
    let evidence = surroundings.workflow_position.unwrap_or_default();
    let found = guard(GuardCode::WorkflowNotActive, message, evidence);
    Some(match remedy {
        Some((what, remedies)) => found.by(what, remedies),
        None => found,
    })
}

fn pending(state: &LeadState, workflow: &WorkflowView) -> Option<HoldingGuard> {
    if state.import.is_some_and(|import| workflow.open_imports.contains(&import)) {
        let message = "the import that brings the lead has not ended";
        return Some(
            guard(GuardCode::ImportOpen, message, state.enrolled_position)
                .by("the import ends by itself", &[Remedy::ImportEnds]),
        );
    }
    if workflow.graph.entry().is_none() {
        let message = "the graph has no entry: no node is marked, and not exactly one has no \
                       incoming edge";
        return Some(
            guard(GuardCode::NoValidEntry, message, 0)
                .by("mark one node of the graph as entry", &[Remedy::MarkEntry]),
        );
    }
    let freed = workflow.freed_at.is_some_and(|freed| state.enrolled_position < freed);
    if workflow.status == WorkflowStatus::Active && !workflow.settings.start_on_enrol && !freed {
        let message = "the lead was enrolled after the last activation, and start_on_enrol is off";
        return Some(
            guard(GuardCode::EnrolledAfterActivation, message, state.enrolled_position)
                .by("pause and resume the workflow", &[Remedy::PauseAndResume]),
        );
    }
    None
}

fn due(state: &LeadState) -> HoldingGuard {
    let evidence = state.entered_position.max(state.enrolled_position);
    guard(GuardCode::Due, "everything is ready: the lead moves next", evidence)
        .by("the engine comes to it by itself", &[Remedy::EngineGoesOn])
}

/// What holds an active lead at its node, apart from its workflow.
fn at_node(
    lead: LeadId,
    state: &LeadState,
    workflow: &WorkflowView,
    surroundings: &Surroundings,
) -> Vec<HoldingGuard> {
    let gone = state.node.filter(|node| workflow.graph.node(*node).is_none());
    if gone.is_some_and(|node| workflow.stand_in(node).is_some()) && !state.is_at_work() {
        return vec![due(state)];
    }
    if let Some(hold) = &state.hold {
        // What was asked for has come about; the engine has not come to the lead yet.
        if goes_on(lead, state, hold, workflow, surroundings.now) {
            return vec![HoldingGuard { evidence: Some(hold.position), ..due(state) }];
        }
        return vec![held(state, hold, workflow)];
    }
    if let Some(release_at) = state.release_at {
        return vec![releasing(state, release_at, surroundings)];
    }
    if let Some(until) = state.analysis_until {
        if until <= surroundings.now {
            return vec![due(state)];
        }
        let message = format!(
            "the step reads what analysis of the last call finds; it goes on without at {until}"
        );
        let waiting = guard(GuardCode::WaitingForAnalysis, message, state.entered_position).by(
            "attributes of the call arrive, or the wait ends by itself",
            &[Remedy::AttributesArrive, Remedy::TimePasses],
        );
        return vec![waiting.at(until)];
    }
    if let Some(run) = &state.application {
        return vec![applying(run, surroundings)];
    }
    match state.current_call() {
        Some((number, call)) if !call.concluded => {
            let context = LeadContext { now: surroundings.now, lead, workflow };
            let opens_at = waits_until(state, call, &context);
            calling(state, (number, call), opens_at, surroundings)
        }
        Some(_) | None => vec![due(state)],
    }
}

fn releasing(
    state: &LeadState,
    release_at: Timestamp,
    surroundings: &Surroundings,
) -> HoldingGuard {
    if release_at <= surroundings.now {
        return due(state);
    }
    let message = match (state.current_call(), &state.application) {
        (Some((number, call)), _) => {
            format!("call {number} ended as {}; the next attempt is at {release_at}", call.status)
        }
        (None, Some(run)) => format!(
            "try {} of the application did not succeed; the next one is at {release_at}",
            run.attempt
        ),
        (None, None) => format!("the lead waits until {release_at}"),
    };
    guard(GuardCode::WaitingForRelease, message, state.entered_position)
        .by("the wait ends by itself", &[Remedy::TimePasses])
        .at(release_at)
}

fn applying(run: &ApplicationRun, surroundings: &Surroundings) -> HoldingGuard {
    let age_s = seconds_since(run.since, surroundings);
    let message = match run.stage {
        ApplicationStage::Requested => {
            format!("try {} of the application is wanted, since {age_s} s", run.attempt)
        }
        ApplicationStage::Started | ApplicationStage::Tried => {
            format!("try {} of the application is under way, since {age_s} s", run.attempt)
        }
    };
    guard(GuardCode::WaitingForApplication, message, run.position)
        .by("the application answers", &[Remedy::ApplicationAnswers])
}

fn seconds_since(instant: Timestamp, surroundings: &Surroundings) -> i64 {
    surroundings.now.micros_since(instant).max(0) / 1_000_000
}

fn calling(
    state: &LeadState,
    (number, call): (u32, &Call),
    opens_at: Option<Timestamp>,
    surroundings: &Surroundings,
) -> Vec<HoldingGuard> {
    let evidence = state.entered_position;
    if is_queued(call) {
        let mut found = Vec::new();
        if let Some(other) = surroundings.busy_with {
            let message = format!("the number has a live call of {other}");
            found.push(
                guard(GuardCode::PhoneBusy, message, evidence)
                    .by("that call ends", &[Remedy::OtherCallEnds]),
            );
        }
        if let Some(opens_at) = opens_at {
            let message = format!("call {number} waits for the calling window of its node");
            let waiting = guard(GuardCode::OutsideCallingWindow, message, evidence);
            found.push(waiting.by("the calling window opens", &[Remedy::TimePasses]).at(opens_at));
        } else if surroundings.no_capacity {
            let message = "the carrier has as many calls under way as it may have";
            found.push(
                guard(GuardCode::NoCapacity, message, evidence)
                    .by("another call ends", &[Remedy::OtherCallEnds]),
            );
        }
        let message = format!("call {number} is requested, and nobody has dialled it yet");
        found.push(
            guard(GuardCode::WaitingForDial, message, evidence)
                .by("a carrier takes the call", &[Remedy::CallIsDialled]),
        );
        return found;
    }
    let age_s = seconds_since(call.status_at, surroundings);
    let message = format!(
        "call {number} has no final status; the last one is {}, {age_s} s ago",
        call.status
    );
    vec![
        guard(GuardCode::WaitingForCall, message, evidence)
            .by("a final call status arrives", &[Remedy::FinalStatusArrives]),
    ]
}
