//! Who may dial a call, and what came of it. At most once for each call, whatever happens.

use super::{
    Dispatch, LeadContext, LeadEvent, LeadRejection, LeadState, erasure::kept_text,
    report::known_call, schedule::waits_until,
};
use crate::{id::CallId, time::Timestamp};

/// Somebody wants to dial the call. Granted once.
pub(super) fn start_dispatch(
    state: &LeadState,
    number: u32,
    lease_until: Option<Timestamp>,
    context: &LeadContext<'_>,
) -> Result<Vec<LeadEvent>, LeadRejection> {
    let call = known_call(state, number, context)?;
    let id = CallId { lead: context.lead, number };
    if call.concluded || call.dispatch != Dispatch::Requested || state.call != Some(number) {
        return Err(not_requested(id, "dialled", call.concluded, &call.dispatch));
    }
    if state.removed {
        return Err(LeadRejection::Ended { state: "removed" });
    }
    let workflow = context.workflow;
    if workflow.deleted || !workflow.status.can_process_leads() {
        return Err(LeadRejection::WorkflowNotActive { call: id, status: workflow.status });
    }
    if let Some(opens_at) = waits_until(state, call, context) {
        return Err(LeadRejection::OutsideCallingWindow { call: id, opens_at });
    }
    Ok(vec![LeadEvent::CallDispatchStarted { call: number, lease_until }])
}

fn not_requested(
    call: CallId,
    action: &'static str,
    concluded: bool,
    dispatch: &Dispatch,
) -> LeadRejection {
    let state = if concluded {
        "it has ended"
    } else {
        match dispatch {
            Dispatch::Requested => "nobody was asked to dial it",
            Dispatch::Started { .. } => "it was handed out before",
            Dispatch::Dispatched => "the carrier took it before",
            Dispatch::Refused => "the carrier refused it before",
            Dispatch::Unknown => "nobody knows whether it was dialled",
        }
    };
    LeadRejection::CallNotRequested { call, action, state: state.into() }
}

/// The carrier took the call.
pub(super) fn record_dispatched(
    state: &LeadState,
    number: u32,
    provider_ref: Option<&String>,
    context: &LeadContext<'_>,
) -> Result<Vec<LeadEvent>, LeadRejection> {
    let call = known_call(state, number, context)?;
    let dispatched =
        LeadEvent::CallDispatched { call: number, provider_ref: provider_ref.cloned() };
    let reference = provider_ref.filter(|_| call.provider_ref.is_none());
    let referenced = reference.map(|reference| LeadEvent::CallReferenced {
        call: number,
        provider_ref: reference.clone(),
    });
    match &call.dispatch {
        Dispatch::Refused if !call.concluded => {
            let id = CallId { lead: context.lead, number };
            Err(not_requested(id, "recorded as dispatched", false, &call.dispatch))
        }
        _ if call.concluded => Ok(referenced.into_iter().collect()),
        // Nobody claimed it, and it was dialled: that counts as the claim.
        Dispatch::Requested => {
            Ok(vec![LeadEvent::CallDispatchStarted { call: number, lease_until: None }, dispatched])
        }
        Dispatch::Started { .. } | Dispatch::Unknown => Ok(vec![dispatched]),
        Dispatch::Dispatched | Dispatch::Refused => Ok(referenced.into_iter().collect()),
    }
}

/// The carrier refused the call and surely did not dial.
pub(super) fn record_refused(
    state: &LeadState,
    number: u32,
    reason: &str,
    context: &LeadContext<'_>,
) -> Result<Vec<LeadEvent>, LeadRejection> {
    let call = known_call(state, number, context)?;
    let id = CallId { lead: context.lead, number };
    let was_heard_of = call.status.progress() > 0;
    match &call.dispatch {
        Dispatch::Refused => Ok(Vec::new()),
        Dispatch::Requested | Dispatch::Started { .. } | Dispatch::Unknown
            if !call.concluded && !was_heard_of =>
        {
            let reason = kept_text(state, reason);
            Ok(vec![LeadEvent::CallDispatchRefused { call: number, reason }])
        }
        Dispatch::Requested
        | Dispatch::Started { .. }
        | Dispatch::Unknown
        | Dispatch::Dispatched => {
            Err(not_requested(id, "recorded as refused", call.concluded, &call.dispatch))
        }
    }
}

/// Nobody knows whether the call was dialled. Nothing new unless it was just handed out.
pub(super) fn record_unknown(
    state: &LeadState,
    number: u32,
    context: &LeadContext<'_>,
) -> Result<Vec<LeadEvent>, LeadRejection> {
    let call = known_call(state, number, context)?;
    Ok(match &call.dispatch {
        Dispatch::Started { .. } if !call.concluded && call.status.progress() == 0 => {
            vec![LeadEvent::CallDispatchUnknown { call: number }]
        }
        Dispatch::Requested
        | Dispatch::Started { .. }
        | Dispatch::Dispatched
        | Dispatch::Refused
        | Dispatch::Unknown => Vec::new(),
    })
}
