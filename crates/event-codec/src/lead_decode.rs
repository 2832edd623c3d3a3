//! Lead events from every layout.

use branchline_domain::{
    id::{ImportId, LeadId, NodeId, WorkflowId},
    lead::{ApplicationOutcome, BranchCause, HoldReason, LeadEvent, Outcome, Resolution},
    provider::ProviderWord,
    time::Timestamp,
};
use branchline_journal::record::Event;
use branchline_vault::LeadKey;
use uuid::Uuid;

use crate::{
    DecodeError, binary,
    event_type::{LeadEventType, schema_is_known},
    lead_v1 as v1,
    sealed::{self, Opening},
    words::{read_instant, read_optional_instant},
};

/// Reads one event of a lead.
///
/// With the lead's key personal fields are opened. Without one they are all
/// [`Personal::Erased`](branchline_domain::personal::Personal::Erased) and nothing is looked at in
/// them: that is what projections want, and all there is after an erasure.
///
/// # Errors
///
/// [`DecodeError`], with the name of the event's type in every case. The journal's checksums say
/// that these are the bytes that were written, so an error means a newer release, a bug, or the
/// key of another lead.
pub fn decode_lead(
    event: &Event,
    lead: LeadId,
    key: Option<&LeadKey>,
) -> Result<LeadEvent, DecodeError> {
    let Some(kind) = LeadEventType::named(&event.event_type) else {
        return Err(DecodeError::UnknownType { event_type: event.event_type.as_ref().into() });
    };
    let event_type = kind.name();
    schema_is_known(event_type, event.schema)?;
    Reading { kind, payload: &event.payload, opening: Opening { event_type, lead, key } }.event()
}

/// One event of schema 1 on its way in.
#[derive(Clone, Copy)]
struct Reading<'a> {
    kind: LeadEventType,
    payload: &'a [u8],
    opening: Opening<'a>,
}

impl<'a> Reading<'a> {
    fn get<T: bincode::BorrowDecode<'a, ()>>(self) -> Result<T, DecodeError> {
        binary::read(self.opening.event_type, self.payload)
    }

    #[expect(clippy::too_many_lines, reason = "a row per event; a split would need a wildcard")]
    fn event(self) -> Result<LeadEvent, DecodeError> {
        Ok(match self.kind {
            LeadEventType::LeadEnrolled => self.enrolled()?,
            LeadEventType::NodeEntered => self.node_entered()?,
            LeadEventType::CallRequested => self.requested()?,
            LeadEventType::CallDispatchStarted => {
                let v1::CallDispatchStarted { call, lease_until } = self.get()?;
                let lease_until = self.instant(lease_until)?;
                LeadEvent::CallDispatchStarted { call, lease_until }
            }
            LeadEventType::CallDispatched => {
                let v1::CallDispatched { call, provider_ref } = self.get()?;
                LeadEvent::CallDispatched { call, provider_ref: provider_ref.map(Into::into) }
            }
            LeadEventType::CallDispatchRefused => {
                let v1::CallDispatchRefused { call, reason } = self.get()?;
                let reason = self.opening.text(sealed::REFUSAL_REASON, reason)?;
                LeadEvent::CallDispatchRefused { call, reason }
            }
            LeadEventType::CallDispatchUnknown => {
                let v1::CallDispatchUnknown { call } = self.get()?;
                LeadEvent::CallDispatchUnknown { call }
            }
            LeadEventType::CallStatusChanged => {
                let v1::CallStatusChanged { call, status, occurred_at } = self.get()?;
                let (status, occurred_at) = (status.into(), self.instant(occurred_at)?);
                LeadEvent::CallStatusChanged { call, status, occurred_at }
            }
            LeadEventType::CallConcluded => self.concluded()?,
            LeadEventType::CallConflictRecorded => {
                let v1::CallConflictRecorded { call, status, end_reason } = self.get()?;
                let (status, end_reason) = (status.into(), end_reason.map(Into::into));
                LeadEvent::CallConflictRecorded { call, status, end_reason }
            }
            LeadEventType::CallReferenced => {
                let v1::CallReferenced { call, provider_ref } = self.get()?;
                LeadEvent::CallReferenced { call, provider_ref: provider_ref.into() }
            }
            LeadEventType::ProviderStatusHeard => self.heard()?,
            LeadEventType::CallAttributesAttached => {
                let v1::CallAttributesAttached { call, attributes } = self.get()?;
                let attributes = self.opening.values(sealed::ATTRIBUTES, attributes)?;
                LeadEvent::CallAttributesAttached { call, attributes }
            }
            LeadEventType::BranchTaken => self.branch_taken()?,
            LeadEventType::RoutingHeld => LeadEvent::RoutingHeld { reason: self.held()? },
            LeadEventType::HoldResolved => LeadEvent::HoldResolved { choice: self.resolved()? },
            LeadEventType::ReleasePlanned => {
                let v1::ReleasePlanned { release_at } = self.get()?;
                let release_at = read_instant(self.opening.event_type, release_at)?;
                LeadEvent::ReleasePlanned { release_at }
            }
            LeadEventType::LeadMoved => {
                let v1::Moved { visit, from, to, revision } = self.get()?;
                let (from, to) = (node_id(from), node_id(to));
                LeadEvent::LeadMoved { visit, from, to, revision }
            }
            LeadEventType::CallScheduled => {
                let v1::CallScheduled { call, not_before, expires_at } = self.get()?;
                let not_before = read_instant(self.opening.event_type, not_before)?;
                let expires_at = self.instant(expires_at)?;
                LeadEvent::CallScheduled { call, not_before, expires_at }
            }
            LeadEventType::AnalysisAwaited => {
                let v1::AnalysisAwaited { until } = self.get()?;
                let until = read_instant(self.opening.event_type, until)?;
                LeadEvent::AnalysisAwaited { until }
            }
            LeadEventType::ApplicationRequested => {
                let v1::ApplicationTry { attempt } = self.get()?;
                LeadEvent::ApplicationRequested { attempt }
            }
            LeadEventType::ApplicationStarted => {
                let v1::ApplicationTry { attempt } = self.get()?;
                LeadEvent::ApplicationStarted { attempt }
            }
            LeadEventType::ApplicationTried => self.tried()?,
            LeadEventType::ApplicationAnswered => {
                let v1::ApplicationAnswered { node, fields } = self.get()?;
                let fields = self.opening.values(sealed::ANSWER, fields)?;
                LeadEvent::ApplicationAnswered { node: node_id(node), fields }
            }
            LeadEventType::LeadCompleted => self.bare(LeadEvent::LeadCompleted)?,
            LeadEventType::LeadDropped => self.bare(LeadEvent::LeadDropped)?,
            LeadEventType::LeadRemoved => self.bare(LeadEvent::LeadRemoved)?,
            LeadEventType::LeadWithdrawn => self.bare(LeadEvent::LeadWithdrawn)?,
            LeadEventType::LeadErased => {
                let v1::Erased { key_slot } = self.get()?;
                LeadEvent::LeadErased { key_slot }
            }
            LeadEventType::LeadEdited => {
                let v1::Edited { variables, notes } = self.get()?;
                let variables = self.opening.values(sealed::VARIABLES, variables)?;
                let notes = self.opening.optional_text(sealed::NOTES, notes)?;
                LeadEvent::LeadEdited { variables, notes }
            }
        })
    }

    fn instant(self, micros: Option<i64>) -> Result<Option<Timestamp>, DecodeError> {
        read_optional_instant(self.opening.event_type, micros)
    }

    /// An event without fields, once its payload has turned out to be empty.
    fn bare(self, event: LeadEvent) -> Result<LeadEvent, DecodeError> {
        self.get().map(|v1::Nothing| event)
    }

    fn enrolled(self) -> Result<LeadEvent, DecodeError> {
        let layout: v1::Enrolled<'_> = self.get()?;
        Ok(LeadEvent::LeadEnrolled {
            workflow: WorkflowId::from_uuid(Uuid::from_bytes(layout.workflow)),
            contact_tag: layout.contact_tag,
            key_slot: layout.key_slot,
            phone_number: self.opening.text(sealed::PHONE_NUMBER, layout.phone_number)?,
            variables: self.opening.values(sealed::VARIABLES, layout.variables)?,
            notes: self.opening.optional_text(sealed::NOTES, layout.notes)?,
            import: layout.import.map(|import| ImportId::from_uuid(Uuid::from_bytes(import))),
        })
    }

    fn node_entered(self) -> Result<LeadEvent, DecodeError> {
        let layout: v1::NodeEntered = self.get()?;
        Ok(LeadEvent::NodeEntered {
            visit: layout.visit,
            node: node_id(layout.node),
            revision: layout.revision,
            release_at: self.instant(layout.release_at)?,
        })
    }

    fn requested(self) -> Result<LeadEvent, DecodeError> {
        let layout: v1::CallRequested<'_> = self.get()?;
        Ok(LeadEvent::CallRequested {
            call: layout.call,
            from: layout.from.into(),
            agent_id: layout.agent_id.map(Into::into),
            ring_timeout_s: layout.ring_timeout_s,
        })
    }

    fn concluded(self) -> Result<LeadEvent, DecodeError> {
        let layout: v1::CallConcluded<'_> = self.get()?;
        Ok(LeadEvent::CallConcluded {
            call: layout.call,
            status: layout.status.into(),
            end_reason: layout.end_reason.map(Into::into),
            occurred_at: self.instant(layout.occurred_at)?,
        })
    }

    fn heard(self) -> Result<LeadEvent, DecodeError> {
        let layout: v1::ProviderStatusHeard<'_> = self.get()?;
        let heard = ProviderWord {
            provider: layout.provider.into(),
            word: layout.word.into(),
            event_id: layout.event_id.map(Into::into),
        };
        let (call, status) = (layout.call, layout.status.into());
        Ok(LeadEvent::ProviderStatusHeard { call, heard: Box::new(heard), status })
    }

    fn branch_taken(self) -> Result<LeadEvent, DecodeError> {
        let layout: v1::BranchTaken<'_> = self.get()?;
        Ok(LeadEvent::BranchTaken {
            visit: layout.visit,
            from: node_id(layout.from),
            output: layout.output.into(),
            to: node_id(layout.to),
            cause: layout.cause.into(),
            revision: layout.revision,
        })
    }

    fn tried(self) -> Result<LeadEvent, DecodeError> {
        let layout: v1::ApplicationTried<'_> = self.get()?;
        Ok(LeadEvent::ApplicationTried {
            attempt: layout.attempt,
            outcome: layout.outcome.into(),
            latency_ms: layout.latency_ms,
            missing_fields: layout.missing_fields.into_iter().map(Into::into).collect(),
            evidence: self.opening.text(sealed::EVIDENCE, layout.evidence)?,
        })
    }

    fn held(self) -> Result<HoldReason, DecodeError> {
        Ok(match self.get()? {
            v1::RoutingHeld::WorkflowPaused(outcome) => HoldReason::WorkflowPaused(outcome.into()),
            v1::RoutingHeld::MissingOutput(outcome) => HoldReason::MissingOutput(outcome.into()),
            v1::RoutingHeld::ReviewRequired(status) => HoldReason::ReviewRequired(status.into()),
            v1::RoutingHeld::NodeIncomplete => HoldReason::NodeIncomplete,
            v1::RoutingHeld::CallOverdue => HoldReason::CallOverdue,
            v1::RoutingHeld::DialOutcomeUnknown => HoldReason::DialOutcomeUnknown,
            v1::RoutingHeld::DialRefused => HoldReason::DialRefused,
            v1::RoutingHeld::UnreadableTime(text) => {
                HoldReason::UnreadableTime(self.opening.text(sealed::UNREADABLE_TIME, text)?)
            }
            v1::RoutingHeld::ApplicationReview => HoldReason::ApplicationReview,
            v1::RoutingHeld::EndlessLoop => HoldReason::EndlessLoop,
        })
    }

    fn resolved(self) -> Result<Resolution, DecodeError> {
        Ok(match self.get()? {
            v1::HoldResolved::Output(output) => Resolution::Output(output.into()),
            v1::HoldResolved::Redial => Resolution::Redial,
            v1::HoldResolved::ReleaseAt(micros) => {
                Resolution::ReleaseAt(read_instant(self.opening.event_type, micros)?)
            }
        })
    }
}

const fn node_id(bytes: [u8; 16]) -> NodeId {
    NodeId::from_uuid(Uuid::from_bytes(bytes))
}

impl From<v1::Outcome<'_>> for Outcome {
    fn from(outcome: v1::Outcome<'_>) -> Self {
        Self { output: outcome.output.into(), cause: outcome.cause.into() }
    }
}

impl From<v1::BranchCause> for BranchCause {
    fn from(cause: v1::BranchCause) -> Self {
        match cause {
            v1::BranchCause::Call(number) => Self::Call(number),
            v1::BranchCause::Condition => Self::Condition,
            v1::BranchCause::Release => Self::Release,
            v1::BranchCause::Application => Self::Application,
            v1::BranchCause::Person => Self::Person,
        }
    }
}

impl From<v1::ApplicationOutcome> for ApplicationOutcome {
    fn from(outcome: v1::ApplicationOutcome) -> Self {
        match outcome {
            v1::ApplicationOutcome::Succeeded => Self::Succeeded,
            v1::ApplicationOutcome::Failed => Self::Failed,
            v1::ApplicationOutcome::Unavailable => Self::Unavailable,
            v1::ApplicationOutcome::Interrupted => Self::Interrupted,
        }
    }
}
