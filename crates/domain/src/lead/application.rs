//! The tries of an application step: wanted, under way, and what came of them.
//! Source: DOMAIN.md 5.

use super::{
    ApplicationReport, ApplicationRun, ApplicationStage, BranchCause, HoldCode, HoldReason,
    LeadContext, LeadEvent, LeadRejection, LeadState, Outcome,
    report::has_stopped,
    resolve::refuse_ended,
    walk::{Walk, step_node},
};
use crate::{graph::NodeConfig, output::Output, personal::Personal, time::Timestamp};

const NOT_WANTED: LeadRejection =
    LeadRejection::ApplicationNotAsked { problem: "no try of an application is wanted" };

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
        super::ApplicationOutcome::Succeeded => Output::Success,
        super::ApplicationOutcome::Failed
        | super::ApplicationOutcome::Unavailable
        | super::ApplicationOutcome::Interrupted => Output::Failure,
    };
    let mut walk = Walk::new(state, context).with_answer(node, &report.fields);
    walk.take(node, Outcome { output, cause: BranchCause::Application });
    events.extend(walk.events);
    events
}

/// When the application is tried again, if its config says so.
fn next_try(
    state: &LeadState,
    report: &ApplicationReport,
    context: &LeadContext<'_>,
) -> Option<Timestamp> {
    if !report.outcome.may_be_tried_again() || has_stopped(context) {
        return None;
    }
    context.workflow.graph.node(state.node?)?;
    let NodeConfig::Application(config) = &step_node(state, context)?.config else { return None };
    let delay_s = config.next_attempt_s(report.attempt)?;
    Some(context.now.plus_seconds(delay_s))
}
