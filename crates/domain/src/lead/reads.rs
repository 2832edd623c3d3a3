//! What a decision read of its workflow, told by the events it made.

use super::{HoldReason, LeadEvent};

/// What a decision read of its workflow. The record names it as its guard, so that a movement
/// decided before a pause or an edit cannot be recorded after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reads {
    /// Nothing that could change: the events stand whatever the workflow does.
    #[default]
    Nothing,
    /// Its status or settings.
    Control,
    /// Its status, and the edges or nodes of its newest revision.
    Routing,
}

/// What the decision that made these events read.
pub fn reads(events: &[LeadEvent]) -> Reads {
    events.iter().map(read_by).max().unwrap_or_default()
}

const fn read_by(event: &LeadEvent) -> Reads {
    match event {
        LeadEvent::NodeEntered { .. }
        | LeadEvent::BranchTaken { .. }
        | LeadEvent::CallRequested { .. }
        | LeadEvent::ReleasePlanned { .. }
        | LeadEvent::LeadMoved { .. }
        | LeadEvent::AnalysisAwaited { .. }
        | LeadEvent::ApplicationRequested { .. }
        | LeadEvent::LeadCompleted
        | LeadEvent::LeadDropped => Reads::Routing,
        LeadEvent::RoutingHeld { reason } => match reason {
            HoldReason::MissingOutput(_)
            | HoldReason::NodeIncomplete
            | HoldReason::EndlessLoop
            | HoldReason::ApplicationReview
            | HoldReason::UnreadableTime(_) => Reads::Routing,
            HoldReason::WorkflowPaused(_)
            | HoldReason::ReviewRequired(_)
            | HoldReason::CallOverdue
            | HoldReason::DialOutcomeUnknown
            | HoldReason::DialRefused => Reads::Control,
        },
        LeadEvent::LeadEnrolled { .. }
        | LeadEvent::CallScheduled { .. }
        | LeadEvent::CallDispatchStarted { .. }
        | LeadEvent::ApplicationStarted { .. }
        | LeadEvent::HoldResolved { .. } => Reads::Control,
        // What happened to a call happened, whatever the workflow does. Where such an event stands
        // alone, the workflow had ended or the lead was removed, and neither is ever undone.
        LeadEvent::CallDispatched { .. }
        | LeadEvent::CallDispatchRefused { .. }
        | LeadEvent::CallDispatchUnknown { .. }
        | LeadEvent::CallStatusChanged { .. }
        | LeadEvent::CallConcluded { .. }
        | LeadEvent::CallConflictRecorded { .. }
        | LeadEvent::CallReferenced { .. }
        | LeadEvent::ProviderStatusHeard { .. }
        | LeadEvent::CallAttributesAttached { .. }
        | LeadEvent::ApplicationTried { .. }
        | LeadEvent::ApplicationAnswered { .. }
        | LeadEvent::LeadRemoved
        | LeadEvent::LeadWithdrawn
        | LeadEvent::LeadErased { .. }
        | LeadEvent::LeadEdited { .. } => Reads::Nothing,
    }
}
