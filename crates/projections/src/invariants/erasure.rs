//! The rules of an erased lead: it had come to its end, and nothing personal follows. Source:
//! CONTRACT.md 3.

use branchline_domain::{
    lead::{HoldReason, LeadEvent},
    personal::Personal,
};

use super::{
    Scene,
    rule::Rule,
    trace::{Fields, LeadTrace},
};

/// Takes an erasure in, and says what should have kept it from being recorded.
pub(super) fn erase(lead: &mut LeadTrace, scene: &mut Scene<'_>) {
    let live = lead.calls.iter().zip(1_u32..).find(|(call, _)| call.is_live());
    let live = live.map(|(_, number)| number);
    let problem = match (lead.fields, lead.end, live) {
        (Fields::Erased, _, _) => Some("was erased twice".into()),
        (Fields::Kept, None, _) => Some("was erased before it had ended".into()),
        (Fields::Kept, Some(_), Some(call)) => {
            Some(format!("was erased while call {call} was live"))
        }
        (Fields::Kept, Some(_), None) => None,
    };
    scene.judge.ensure(Rule::Erasure, problem.is_none(), || problem.unwrap_or_default());
    lead.fields = Fields::Erased;
}

/// Says what of an event an erased lead must not have any more.
pub(super) fn nothing_personal(event: &LeadEvent, scene: &mut Scene<'_>) {
    let found = personal(event);
    scene.judge.ensure(Rule::Erasure, found.is_none(), || {
        format!("{} recorded after it was erased", found.unwrap_or_default())
    });
}

/// What of an event is personal, or may be because somebody else wrote it.
fn personal(event: &LeadEvent) -> Option<&'static str> {
    let known = |reason: &Personal<String>| reason.known().map(|_| "words were");
    match event {
        LeadEvent::LeadEnrolled { .. } => Some("a phone number was"),
        LeadEvent::LeadEdited { .. } => Some("variables were"),
        LeadEvent::CallAttributesAttached { .. } => Some("attributes were"),
        LeadEvent::ApplicationTried { .. } => Some("evidence of an application was"),
        LeadEvent::ApplicationAnswered { .. } => Some("an application's answer was"),
        LeadEvent::CallDispatchRefused { reason, .. } => known(reason),
        LeadEvent::CallConcluded { end_reason, .. }
        | LeadEvent::CallConflictRecorded { end_reason, .. } => {
            end_reason.as_ref().map(|_| "words were")
        }
        LeadEvent::RoutingHeld { reason } => match reason {
            HoldReason::UnreadableTime(words) => known(words),
            HoldReason::WorkflowPaused(_)
            | HoldReason::MissingOutput(_)
            | HoldReason::ReviewRequired(_)
            | HoldReason::NodeIncomplete
            | HoldReason::CallOverdue
            | HoldReason::DialOutcomeUnknown
            | HoldReason::DialRefused
            | HoldReason::ApplicationReview
            | HoldReason::EndlessLoop => None,
        },
        LeadEvent::NodeEntered { .. }
        | LeadEvent::CallRequested { .. }
        | LeadEvent::CallScheduled { .. }
        | LeadEvent::CallDispatchStarted { .. }
        | LeadEvent::CallDispatched { .. }
        | LeadEvent::CallDispatchUnknown { .. }
        | LeadEvent::CallStatusChanged { .. }
        | LeadEvent::CallReferenced { .. }
        | LeadEvent::ProviderStatusHeard { .. }
        | LeadEvent::BranchTaken { .. }
        | LeadEvent::LeadMoved { .. }
        | LeadEvent::AnalysisAwaited { .. }
        | LeadEvent::ApplicationRequested { .. }
        | LeadEvent::ApplicationStarted { .. }
        | LeadEvent::HoldResolved { .. }
        | LeadEvent::ReleasePlanned { .. }
        | LeadEvent::LeadCompleted
        | LeadEvent::LeadDropped
        | LeadEvent::LeadRemoved
        | LeadEvent::LeadWithdrawn
        | LeadEvent::LeadErased { .. } => None,
    }
}
