//! The tries of an application step: wanted, under way, and what came of them.
//! Source: CONTRACT.md 5.

use super::{
    ApplicationOutcome, ApplicationReport, ApplicationRun, ApplicationStage, BranchCause, HoldCode,
    HoldReason, LeadContext, LeadEvent, LeadRejection, LeadState, Outcome,
    report::has_stopped,
    resolve::refuse_ended,
    walk::{Walk, step_node},
};
use crate::{
    graph::{ApplicationConfig, NodeConfig},
    id::NodeId,
    output::Output,
    personal::Personal,
    time::Timestamp,
};

const NOT_WANTED: LeadRejection =
    LeadRejection::ApplicationNotAsked { problem: "no try of an application is wanted" };

/// Tries of one visit at most, those that the engine's own end interrupted among them: an
/// application that ends the engine each time must not go on for ever.
const ATTEMPTS_MAX: u32 = 10;

/// The application step that a lead stands at.
#[derive(Clone, Copy, Debug)]
pub struct ApplicationStep<'a> {
    /// The node.
    pub node: NodeId,
    /// What it is told to do: the config that the step began with.
    pub config: &'a ApplicationConfig,
    /// The newest try; none while nobody answers to the application.
    pub run: Option<ApplicationRun>,
}

/// The application step that a lead stands at, if it does.
pub fn application_step<'a>(
    state: &LeadState,
    context: &'a LeadContext<'_>,
) -> Option<ApplicationStep<'a>> {
    let node = state.node?;
    let run = state.application.as_deref().copied();
    match &step_node(state, context)?.config {
        NodeConfig::Application(config) => Some(ApplicationStep { node, config, run }),
        NodeConfig::VoiceCall(_)
        | NodeConfig::Conditional(_)
        | NodeConfig::Time(_)
        | NodeConfig::Converted
        | NodeConfig::Dropped => None,
    }
}

/// Somebody wants to make the try. Granted once.
pub(super) fn start_application(
    state: &LeadState,
    context: &LeadContext<'_>,
) -> Result<Vec<LeadEvent>, LeadRejection> {
    let run = wanted(state)?;
    refuse_inactive(context)?;
    Ok(vec![LeadEvent::ApplicationStarted { attempt: run.attempt }])
}

/// Nobody answers to the key of the application.
pub(super) fn hold_application(
    state: &LeadState,
    context: &LeadContext<'_>,
) -> Result<Vec<LeadEvent>, LeadRejection> {
    if held_for_review(state) {
        return Ok(Vec::new());
    }
    wanted(state)?;
    refuse_inactive(context)?;
    Ok(vec![LeadEvent::RoutingHeld { reason: HoldReason::ApplicationReview }])
}

/// Somebody answers to the key now.
pub(super) fn request_application(
    state: &LeadState,
    context: &LeadContext<'_>,
) -> Result<Vec<LeadEvent>, LeadRejection> {
    refuse_ended(state)?;
    if !held_for_review(state) {
        return wanted(state).map(|_| Vec::new());
    }
    refuse_inactive(context)?;
    Ok(vec![LeadEvent::ApplicationRequested { attempt: 1 }])
}

fn held_for_review(state: &LeadState) -> bool {
    let code = state.hold.as_ref().map(|hold| hold.reason.code());
    code == Some(HoldCode::ApplicationReview)
}

fn wanted(state: &LeadState) -> Result<ApplicationRun, LeadRejection> {
    refuse_ended(state)?;
    let run = state.application.as_deref().copied();
    run.filter(|run| run.stage == ApplicationStage::Requested).ok_or(NOT_WANTED)
}

fn refuse_inactive(context: &LeadContext<'_>) -> Result<(), LeadRejection> {
    let workflow = context.workflow;
    if workflow.deleted || !workflow.status.can_process_leads() {
        return Err(LeadRejection::ApplicationNotAsked { problem: "the workflow is not active" });
    }
    Ok(())
}

/// A try has come to its end. It is recorded whatever became of lead and workflow meanwhile; a
/// report of a try that is not under way is no news.
pub(super) fn record_application(
    state: &LeadState,
    report: &ApplicationReport,
    context: &LeadContext<'_>,
) -> Vec<LeadEvent> {
    let under_way = state
        .application
        .as_deref()
        .is_some_and(|run| run.stage == ApplicationStage::Started && run.attempt == report.attempt);
    let Some(node) = state.node.filter(|_| under_way) else { return Vec::new() };
    let mut events = vec![LeadEvent::ApplicationTried {
        attempt: report.attempt,
        outcome: report.outcome,
        latency_ms: report.latency_ms,
        missing_fields: report.missing_fields.clone(),
        evidence: Personal::Known(report.evidence.clone()),
    }];
    if !state.has_ended()
        && let Some(release_at) = next_try(state, report, context)
    {
        events.push(LeadEvent::ReleasePlanned { release_at });
        return events;
    }
    if !report.fields.is_empty() {
        let fields = Personal::Known(report.fields.clone());
        events.push(LeadEvent::ApplicationAnswered { node, fields });
    }
    if state.has_ended() {
        return events;
    }
    let output = match report.outcome {
        ApplicationOutcome::Succeeded => Output::Success,
        ApplicationOutcome::Failed
        | ApplicationOutcome::Unavailable
        | ApplicationOutcome::Interrupted => Output::Failure,
    };
    let mut walk = Walk::new(state, context).with_answer(node, &report.fields);
    walk.take(node, Outcome { output, cause: BranchCause::Application });
    events.extend(walk.events);
    events
}

/// When the application is tried again: if its config says so, or at once when the engine's own
/// end interrupted the try.
fn next_try(
    state: &LeadState,
    report: &ApplicationReport,
    context: &LeadContext<'_>,
) -> Option<Timestamp> {
    if !report.outcome.may_be_tried_again() || has_stopped(context) {
        return None;
    }
    context.workflow.graph.node(state.node?)?;
    let step = application_step(state, context)?;
    let interrupted = report.outcome == ApplicationOutcome::Interrupted;
    let at_once = (interrupted && report.attempt < ATTEMPTS_MAX).then_some(0);
    let delay_s = at_once.or_else(|| step.config.next_attempt_s(report.attempt))?;
    Some(context.now.plus_seconds(delay_s))
}
