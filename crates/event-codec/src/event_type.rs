//! The names of events in the journal. Storage format: a name is added, never changed or reused.

use std::sync::{Arc, LazyLock};

use branchline_domain::{
    lead::LeadEvent, organisation::OrganisationEvent, workflow::WorkflowEvent,
};

use crate::{DecodeError, SCHEMA};

/// One table gives the kinds, their names, and the kind of an event.
macro_rules! event_types {
    (
        $(#[$kind_doc:meta])* $kind:ident of $event:ident in $interned:ident;
        $(#[$all_doc:meta])* $all:ident;
        $($variant:ident => $name:literal,)+
    ) => {
        $(#[$kind_doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $kind {
            $($variant,)+
        }

        $(#[$all_doc])*
        pub const $all: &[&str] = &[$($name),+];

        static $interned: LazyLock<Vec<Arc<str>>> =
            LazyLock::new(|| $all.iter().map(|&name| name.into()).collect());

        impl $kind {
            pub(crate) const fn of(event: &$event) -> Self {
                match event {
                    $($event::$variant { .. } => Self::$variant,)+
                }
            }

            pub(crate) fn named(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)+
                    _ => None,
                }
            }

            pub(crate) const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// The name, shared: a million events hold one copy.
            pub(crate) fn shared_name(self) -> Arc<str> {
                match $interned.get(self as usize) {
                    Some(name) => Arc::clone(name),
                    None => self.name().into(),
                }
            }
        }
    };
}

event_types! {
    /// Which event of a lead.
    LeadEventType of LeadEvent in LEAD_NAMES;
    /// The name of every event type of a lead's stream.
    LEAD_EVENT_TYPES;
    LeadEnrolled => "lead.enrolled",
    NodeEntered => "lead.node_entered",
    CallRequested => "lead.call_requested",
    CallDispatchStarted => "lead.call_dispatch_started",
    CallDispatched => "lead.call_dispatched",
    CallDispatchRefused => "lead.call_dispatch_refused",
    CallDispatchUnknown => "lead.call_dispatch_unknown",
    CallStatusChanged => "lead.call_status_changed",
    CallConcluded => "lead.call_concluded",
    CallConflictRecorded => "lead.call_conflict_recorded",
    CallReferenced => "lead.call_referenced",
    CallAttributesAttached => "lead.call_attributes_attached",
    BranchTaken => "lead.branch_taken",
    RoutingHeld => "lead.routing_held",
    HoldResolved => "lead.hold_resolved",
    ReleasePlanned => "lead.release_planned",
    LeadCompleted => "lead.completed",
    LeadDropped => "lead.dropped",
    LeadRemoved => "lead.removed",
    LeadWithdrawn => "lead.withdrawn",
    LeadEdited => "lead.edited",
    LeadMoved => "lead.moved",
    CallScheduled => "lead.call_scheduled",
    AnalysisAwaited => "lead.analysis_awaited",
    ApplicationRequested => "lead.application_requested",
    ApplicationStarted => "lead.application_started",
    ApplicationTried => "lead.application_tried",
    ApplicationAnswered => "lead.application_answered",
    LeadErased => "lead.erased",
    ProviderStatusHeard => "lead.provider_status_heard",
}

event_types! {
    /// Which event of a workflow.
    WorkflowEventType of WorkflowEvent in WORKFLOW_NAMES;
    /// The name of every event type of a workflow's stream.
    WORKFLOW_EVENT_TYPES;
    WorkflowCreated => "workflow.created",
    WorkflowRenamed => "workflow.renamed",
    SettingsChanged => "workflow.settings_changed",
    GraphRevised => "workflow.graph_revised",
    WorkflowActivated => "workflow.activated",
    WorkflowPaused => "workflow.paused",
    WorkflowResumed => "workflow.resumed",
    WorkflowCompleted => "workflow.completed",
    WorkflowCancelled => "workflow.cancelled",
    WorkflowDeleted => "workflow.deleted",
    ImportOpened => "workflow.import_opened",
    ImportClosed => "workflow.import_closed",
    ImportCancelled => "workflow.import_cancelled",
    ImportRefused => "workflow.import_refused",
    GraphStaged => "workflow.graph_staged",
    NodeReplaced => "workflow.node_replaced",
}

event_types! {
    /// Which event of an organisation.
    OrganisationEventType of OrganisationEvent in ORGANISATION_NAMES;
    /// The name of every event type of an organisation's stream.
    ORGANISATION_EVENT_TYPES;
    ApiKeyCreated => "organisation.api_key_created",
    ApiKeyExpirySet => "organisation.api_key_expiry_set",
    ApiKeyRevoked => "organisation.api_key_revoked",
    ActionRefused => "organisation.action_refused",
    ProviderEventUnmatched => "organisation.provider_event_unmatched",
    ProviderEventMatched => "organisation.provider_event_matched",
    ProviderEventDismissed => "organisation.provider_event_dismissed",
    ProviderWordsSet => "organisation.provider_words_set",
}

/// The name under which the journal keeps this event.
pub const fn lead_event_type(event: &LeadEvent) -> &'static str {
    LeadEventType::of(event).name()
}

/// The name under which the journal keeps this event.
pub const fn workflow_event_type(event: &WorkflowEvent) -> &'static str {
    WorkflowEventType::of(event).name()
}

/// The name under which the journal keeps this event.
pub const fn organisation_event_type(event: &OrganisationEvent) -> &'static str {
    OrganisationEventType::of(event).name()
}

/// Refuses a schema that no release up to this one wrote.
pub(crate) fn schema_is_known(event_type: &'static str, found: u16) -> Result<(), DecodeError> {
    match found {
        1..=SCHEMA => Ok(()),
        0 => {
            Err(DecodeError::Malformed { event_type, reason: "schemas are counted from 1".into() })
        }
        _ => Err(DecodeError::FromTheFuture { event_type, found, newest: SCHEMA }),
    }
}
