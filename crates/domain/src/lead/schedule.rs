//! When a call may be dialled: calling windows, and attempts that do not wait for ever.
//! Source: CONTRACT.md 4, rule 12, and 5.

use super::{
    Call, HoldReason, LeadContext, LeadEvent, LeadState, advance::is_queued, walk::step_node,
};
use crate::{
    call_status::CallStatus,
    graph::{NodeConfig, VoiceCallConfig},
    time::Timestamp,
    zone::Zone,
};

/// When the node's calling window is open next; now when it is, or when it has none.
pub(super) fn opens_at(
    state: &LeadState,
    config: &VoiceCallConfig,
    context: &LeadContext<'_>,
) -> Timestamp {
    let (Some(window), Some(number)) = (&config.calling_window, state.phone_number.known()) else {
        return context.now;
    };
    window.opens_at(context.now, number, &default_zone(context))
}

/// The zone of last resort.
pub(super) fn default_zone(context: &LeadContext<'_>) -> Zone {
    Zone::named(&context.workflow.settings.default_timezone).unwrap_or_else(Zone::utc)
}

/// When the call may be dialled, if that is later than now.
pub(super) fn waits_until(
    state: &LeadState,
    call: &Call,
    context: &LeadContext<'_>,
) -> Option<Timestamp> {
    let planned = call.not_before.filter(|&at| at > context.now);
    let NodeConfig::VoiceCall(config) = &step_node(state, context)?.config else { return planned };
    let opens = opens_at(state, config, context);
    planned.max((opens > context.now).then_some(opens))
}

/// A queued call is looked at again: it has waited too long, or waits for another opening.
pub(super) fn reschedule(state: &LeadState, context: &LeadContext<'_>) -> Vec<LeadEvent> {
    let Some((number, call)) = state.current_call().filter(|(_, call)| is_queued(call)) else {
        return Vec::new();
    };
    if call.expires_at.is_some_and(|expires_at| expires_at <= context.now) {
        let status = CallStatus::RetryExpired;
        return vec![
            LeadEvent::CallConcluded { call: number, status, end_reason: None, occurred_at: None },
            LeadEvent::RoutingHeld { reason: HoldReason::ReviewRequired(status) },
        ];
    }
    match waits_until(state, call, context) {
        Some(not_before) if call.not_before != Some(not_before) => {
            let expires_at = call.expires_at;
            vec![LeadEvent::CallScheduled { call: number, not_before, expires_at }]
        }
        Some(_) | None => Vec::new(),
    }
}
