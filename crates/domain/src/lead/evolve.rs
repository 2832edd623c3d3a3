//! Folds events into the state of a lead.

use super::{
    ApplicationRun, ApplicationStage, Call, Dispatch, Hold, HoldReason, LeadEvent, LeadState,
    LeadStatus, Values,
};
use crate::{call_status::CallStatus, decider::Recorded, personal::Personal, time::Timestamp};

/// Takes one more event into the state. Total: an event has already happened.
#[expect(clippy::too_many_lines, reason = "one arm an event: cutting it would hide the list")]
pub fn evolve(state: &mut LeadState, event: &LeadEvent, recorded: Recorded) {
    match event {
        LeadEvent::LeadEnrolled {
            workflow,
            contact_tag,
            key_slot,
            phone_number,
            variables,
            notes,
            import,
        } => {
            *state = LeadState {
                workflow: Some(*workflow),
                contact_tag: *contact_tag,
                key_slot: *key_slot,
                phone_number: phone_number.clone(),
                variables: variables.clone(),
                notes: notes.clone(),
                import: *import,
                enrolled_at: recorded.at,
                enrolled_position: recorded.position,
                ..LeadState::default()
            };
        }
        LeadEvent::NodeEntered { visit, node, revision, release_at } => {
            state.status = LeadStatus::Active;
            state.visit = *visit;
            state.node = Some(*node);
            state.entered_at = Some(recorded.at);
            state.entered_position = recorded.position;
            state.entered_revision = *revision;
            state.call = None;
            at_rest(state);
            state.release_at = *release_at;
        }
        LeadEvent::CallRequested { call, from, agent_id, ring_timeout_s } => {
            let requested = Call {
                node: state.node,
                visit: state.visit,
                from: from.clone(),
                agent_id: agent_id.clone(),
                ring_timeout_s: *ring_timeout_s,
                status: CallStatus::Created,
                status_at: recorded.at,
                created_at: recorded.at,
                ..Call::default()
            };
            state.calls.insert(*call, Box::new(requested));
            state.call = Some(*call);
            at_rest(state);
        }
        LeadEvent::CallScheduled { call, not_before, expires_at } => {
            with_call(state, *call, |known| {
                known.not_before = Some(*not_before);
                known.expires_at = *expires_at;
            });
        }
        LeadEvent::CallDispatchStarted { call, lease_until } => {
            with_call(state, *call, |known| {
                known.dispatch = Dispatch::Started { lease_until: *lease_until };
                known.dispatch_started_at = Some(recorded.at);
            });
        }
        LeadEvent::CallDispatched { call, provider_ref } => {
            with_call(state, *call, |known| {
                known.dispatch = Dispatch::Dispatched;
                if provider_ref.is_some() {
                    known.provider_ref.clone_from(provider_ref);
                }
            });
            news_of(state, *call, false);
        }
        LeadEvent::CallDispatchRefused { call, .. } => {
            with_call(state, *call, |known| known.dispatch = Dispatch::Refused);
            hold_call(state, *call, HoldReason::DialRefused, recorded);
        }
        LeadEvent::CallDispatchUnknown { call } => {
            with_call(state, *call, |known| known.dispatch = Dispatch::Unknown);
            hold_call(state, *call, HoldReason::DialOutcomeUnknown, recorded);
        }
        LeadEvent::CallStatusChanged { call, status, occurred_at } => {
            with_call(state, *call, |known| {
                known.status = *status;
                known.status_at = occurred_at.unwrap_or(recorded.at);
            });
            news_of(state, *call, false);
        }
        LeadEvent::CallConcluded { call, status, end_reason, occurred_at } => {
            let at = occurred_at.unwrap_or(recorded.at);
            with_call(state, *call, |known| conclude(known, *status, end_reason.as_ref(), at));
            news_of(state, *call, true);
        }
        LeadEvent::CallConflictRecorded { call, status, .. } => {
            with_call(state, *call, |known| known.conflicts.push(*status));
        }
        // It is what somebody heard; what became of the call follows.
        LeadEvent::ProviderStatusHeard { .. } => {}
        LeadEvent::CallReferenced { call, provider_ref } => {
            with_call(state, *call, |known| known.provider_ref = Some(provider_ref.clone()));
        }
        LeadEvent::CallAttributesAttached { call, attributes } => {
            with_call(state, *call, |known| attach(&mut known.attributes, attributes));
        }
        LeadEvent::BranchTaken { .. } | LeadEvent::LeadMoved { .. } => at_rest(state),
        LeadEvent::AnalysisAwaited { until } => {
            state.hold = None;
            state.analysis_until = Some(*until);
        }
        LeadEvent::ApplicationRequested { attempt } => {
            at_rest(state);
            set_application(state, *attempt, ApplicationStage::Requested, recorded);
        }
        LeadEvent::ApplicationStarted { attempt } => {
            set_application(state, *attempt, ApplicationStage::Started, recorded);
        }
        LeadEvent::ApplicationTried { attempt, .. } => {
            set_application(state, *attempt, ApplicationStage::Tried, recorded);
        }
        LeadEvent::ApplicationAnswered { node, fields } => {
            state.answers.insert(*node, fields.clone());
        }
        LeadEvent::RoutingHeld { reason } => hold(state, reason.clone(), recorded),
        LeadEvent::HoldResolved { .. } => state.hold = None,
        LeadEvent::ReleasePlanned { release_at } => {
            state.release_at = Some(*release_at);
            state.analysis_until = None;
            state.hold = None;
        }
        LeadEvent::LeadCompleted => state.status = LeadStatus::Completed,
        LeadEvent::LeadDropped => state.status = LeadStatus::Dropped,
        LeadEvent::LeadRemoved => {
            state.removed = true;
            state.removed_position = recorded.position;
            // A try of an application may still be at work, and is recorded when it ends.
            state.hold = None;
            state.release_at = None;
            state.analysis_until = None;
        }
        LeadEvent::LeadWithdrawn => {
            state.removed = true;
            state.withdrawn = true;
        }
        LeadEvent::LeadErased { .. } => {
            state.erased_at = Some(recorded.at);
            state.erased_position = recorded.position;
            state.forget();
        }
        LeadEvent::LeadEdited { variables, notes } => {
            state.variables = variables.clone();
            state.notes = notes.clone();
        }
    }
}

/// Nothing keeps the lead or is planned for it any more.
fn at_rest(state: &mut LeadState) {
    state.hold = None;
    state.release_at = None;
    state.analysis_until = None;
    state.application = None;
}

fn set_application(
    state: &mut LeadState,
    attempt: u32,
    stage: ApplicationStage,
    recorded: Recorded,
) {
    let Recorded { at: since, position } = recorded;
    state.application = Some(Box::new(ApplicationRun { attempt, stage, since, position }));
}

fn with_call(state: &mut LeadState, number: u32, change: impl FnOnce(&mut Call)) {
    if let Some(call) = state.calls.get_mut(&number) {
        change(call);
    }
}

fn conclude(call: &mut Call, status: CallStatus, end_reason: Option<&String>, at: Timestamp) {
    call.status = status;
    call.status_at = at;
    call.concluded = true;
    call.end_reason = end_reason.cloned();
    call.ended_at = Some(at);
}

fn attach(known: &mut Personal<Values>, new: &Personal<Values>) {
    match (known, new) {
        (Personal::Known(known), Personal::Known(new)) => {
            known.extend(new.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
        (known, Personal::Erased) => *known = Personal::Erased,
        (Personal::Erased, Personal::Known(_)) => {}
    }
}

fn hold(state: &mut LeadState, reason: HoldReason, recorded: Recorded) {
    state.analysis_until = None;
    state.application = None;
    state.hold = Some(Hold { reason, since: recorded.at, position: recorded.position });
}

/// Holds the lead when it waits for this very call and has not ended.
fn hold_call(state: &mut LeadState, call: u32, reason: HoldReason, recorded: Recorded) {
    if state.call == Some(call) && !state.has_ended() {
        hold(state, reason, recorded);
    }
}

/// The call was heard of.
fn news_of(state: &mut LeadState, call: u32, final_status: bool) {
    let hold = state.hold.as_ref();
    let ends = hold.is_some_and(|hold| hold.reason.code().ends_with_news(final_status));
    if ends && state.call == Some(call) {
        state.hold = None;
    }
}
