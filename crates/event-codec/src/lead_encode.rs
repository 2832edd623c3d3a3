//! Lead events to their newest layout.

use branchline_domain::{
    lead::{ApplicationOutcome, BranchCause, HoldReason, LeadEvent, Outcome, Resolution, Values},
    personal::Personal,
    provider::ProviderWord,
    time::Timestamp,
};
use branchline_journal::record::Event;

use crate::{
    EncodeError, SCHEMA, SealedField, Sealing, binary, event_type::LeadEventType, lead_v1 as v1,
    limits, sealed, words::write_output,
};

/// Writes one event of a lead. Personal fields are sealed.
///
/// # Errors
///
/// [`EncodeError::TooLarge`] when a field, or the event as a whole, goes beyond its limit.
/// [`EncodeError::Unwritable`] for a bug of this crate.
pub fn encode_lead(event: &LeadEvent, sealing: &Sealing<'_>) -> Result<Event, EncodeError> {
    let kind = LeadEventType::of(event);
    let payload = Writing { event_type: kind.name(), sealing }.event(event)?;
    limits::within(kind.name(), "event", payload.len(), limits::PAYLOAD_BYTES_MAX)?;
    Ok(Event { event_type: kind.shared_name(), schema: SCHEMA, payload: payload.into() })
}

fn micros(instant: Option<Timestamp>) -> Option<i64> {
    instant.map(Timestamp::as_micros)
}

type Written = Result<Vec<u8>, EncodeError>;

/// A sealed field, or `None` for one with nothing in it.
type MaybeSealed = Option<Vec<u8>>;

/// One event on its way out.
#[derive(Clone, Copy)]
struct Writing<'a> {
    event_type: &'static str,
    sealing: &'a Sealing<'a>,
}

impl Writing<'_> {
    #[expect(clippy::too_many_lines, reason = "a row per event; a split would need a wildcard")]
    fn event(self, event: &LeadEvent) -> Written {
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
                let phone_number = self.text(sealed::PHONE_NUMBER, phone_number)?;
                let (variables, notes) = self.variables_and_notes(variables, notes)?;
                self.put(v1::Enrolled {
                    workflow: workflow.as_uuid().into_bytes(),
                    contact_tag: *contact_tag,
                    key_slot: *key_slot,
                    phone_number: &phone_number,
                    variables: variables.as_deref(),
                    notes: notes.as_deref(),
                    import: import.map(|import| import.as_uuid().into_bytes()),
                })
            }
            &LeadEvent::NodeEntered { visit, node, revision, release_at } => {
                let (node, release_at) = (node.as_uuid().into_bytes(), micros(release_at));
                self.put(v1::NodeEntered { visit, node, revision, release_at })
            }
            LeadEvent::CallRequested { call, from, agent_id, ring_timeout_s } => {
                self.requested(*call, from, agent_id.as_deref(), *ring_timeout_s)
            }
            &LeadEvent::CallDispatchStarted { call, lease_until } => {
                self.put(v1::CallDispatchStarted { call, lease_until: micros(lease_until) })
            }
            LeadEvent::CallDispatched { call, provider_ref } => {
                let provider_ref = self.provider_ref(provider_ref.as_deref())?;
                self.put(v1::CallDispatched { call: *call, provider_ref })
            }
            LeadEvent::CallDispatchRefused { call, reason } => {
                let reason = self.text(sealed::REFUSAL_REASON, reason)?;
                self.put(v1::CallDispatchRefused { call: *call, reason: &reason })
            }
            &LeadEvent::CallDispatchUnknown { call } => self.put(v1::CallDispatchUnknown { call }),
            &LeadEvent::CallStatusChanged { call, status, occurred_at } => {
                let (status, occurred_at) = (status.into(), micros(occurred_at));
                self.put(v1::CallStatusChanged { call, status, occurred_at })
            }
            LeadEvent::CallConcluded { call, status, end_reason, occurred_at } => {
                let (status, occurred_at) = ((*status).into(), micros(*occurred_at));
                let end_reason = self.end_reason(end_reason.as_deref())?;
                self.put(v1::CallConcluded { call: *call, status, end_reason, occurred_at })
            }
            LeadEvent::CallConflictRecorded { call, status, end_reason } => {
                let end_reason = self.end_reason(end_reason.as_deref())?;
                let (call, status) = (*call, (*status).into());
                self.put(v1::CallConflictRecorded { call, status, end_reason })
            }
            LeadEvent::CallReferenced { call, provider_ref } => {
                let (name, limit) = ("provider_ref", limits::PROVIDER_REF_BYTES_MAX);
                let provider_ref = limits::text(self.event_type, name, provider_ref, limit)?;
                self.put(v1::CallReferenced { call: *call, provider_ref })
            }
            LeadEvent::ProviderStatusHeard { call, heard, status } => {
                let ProviderWord { provider, word, event_id } = heard.as_ref();
                let text = |field, text, limit| limits::text(self.event_type, field, text, limit);
                let event_id = event_id.as_deref();
                let id = event_id.map(|id| text("event_id", id, limits::PROVIDER_TEXT_BYTES_MAX));
                let layout = v1::ProviderStatusHeard {
                    call: *call,
                    provider: text("provider", provider, limits::PROVIDER_BYTES_MAX)?,
                    word: text("word", word, limits::WORD_BYTES_MAX)?,
                    event_id: id.transpose()?,
                    status: (*status).into(),
                };
                self.put(layout)
            }
            LeadEvent::CallAttributesAttached { call, attributes } => {
                let field = sealed::ATTRIBUTES;
                let attributes = self.sealing.values(self.event_type, field, attributes)?;
                let attributes = attributes.as_deref();
                self.put(v1::CallAttributesAttached { call: *call, attributes })
            }
            LeadEvent::BranchTaken { visit, from, output, to, cause, revision } => {
                let output = write_output(self.event_type, output)?;
                let (from, to) = (from.as_uuid().into_bytes(), to.as_uuid().into_bytes());
                let (visit, cause, revision) = (*visit, (*cause).into(), *revision);
                self.put(v1::BranchTaken { visit, from, output, to, cause, revision })
            }
            &LeadEvent::LeadMoved { visit, from, to, revision } => {
                let (from, to) = (from.as_uuid().into_bytes(), to.as_uuid().into_bytes());
                self.put(v1::Moved { visit, from, to, revision })
            }
            &LeadEvent::CallScheduled { call, not_before, expires_at } => {
                let (not_before, expires_at) = (not_before.as_micros(), micros(expires_at));
                self.put(v1::CallScheduled { call, not_before, expires_at })
            }
            LeadEvent::AnalysisAwaited { until } => {
                self.put(v1::AnalysisAwaited { until: until.as_micros() })
            }
            &LeadEvent::ApplicationRequested { attempt }
            | &LeadEvent::ApplicationStarted { attempt } => {
                self.put(v1::ApplicationTry { attempt })
            }
            LeadEvent::ApplicationTried {
                attempt,
                outcome,
                latency_ms,
                missing_fields,
                evidence,
            } => {
                let evidence = self.text(sealed::EVIDENCE, evidence)?;
                self.put(v1::ApplicationTried {
                    attempt: *attempt,
                    outcome: (*outcome).into(),
                    latency_ms: *latency_ms,
                    missing_fields: self.missing_fields(missing_fields)?,
                    evidence: &evidence,
                })
            }
            LeadEvent::ApplicationAnswered { node, fields } => {
                let fields = self.sealing.values(self.event_type, sealed::ANSWER, fields)?;
                let node = node.as_uuid().into_bytes();
                self.put(v1::ApplicationAnswered { node, fields: fields.as_deref() })
            }
            LeadEvent::RoutingHeld { reason } => self.held(reason),
            LeadEvent::HoldResolved { choice } => self.resolved(choice),
            LeadEvent::ReleasePlanned { release_at } => {
                self.put(v1::ReleasePlanned { release_at: release_at.as_micros() })
            }
            LeadEvent::LeadCompleted
            | LeadEvent::LeadDropped
            | LeadEvent::LeadRemoved
            | LeadEvent::LeadWithdrawn => self.put(v1::Nothing),
            &LeadEvent::LeadErased { key_slot } => self.put(v1::Erased { key_slot }),
            LeadEvent::LeadEdited { variables, notes } => {
                let (variables, notes) = self.variables_and_notes(variables, notes)?;
                self.put(v1::Edited { variables: variables.as_deref(), notes: notes.as_deref() })
            }
        }
    }

    fn put(self, layout: impl bincode::Encode) -> Written {
        binary::write(self.event_type, layout)
    }

    fn text(self, field: SealedField, value: &Personal<String>) -> Written {
        self.sealing.text(self.event_type, field, value)
    }

    fn variables_and_notes(
        self,
        variables: &Personal<Values>,
        notes: &Personal<Option<String>>,
    ) -> Result<(MaybeSealed, MaybeSealed), EncodeError> {
        Ok((
            self.sealing.values(self.event_type, sealed::VARIABLES, variables)?,
            self.sealing.optional_text(self.event_type, sealed::NOTES, notes)?,
        ))
    }

    fn provider_ref(self, name: Option<&str>) -> Result<Option<&str>, EncodeError> {
        limits::optional(self.event_type, "provider_ref", name, limits::PROVIDER_REF_BYTES_MAX)
    }

    fn end_reason(self, reason: Option<&str>) -> Result<Option<&str>, EncodeError> {
        limits::optional(self.event_type, "end_reason", reason, limits::END_REASON_BYTES_MAX)
    }

    fn missing_fields(self, names: &[String]) -> Result<Vec<&str>, EncodeError> {
        let size = names.iter().map(String::len).fold(0, usize::saturating_add);
        let limit = limits::MISSING_FIELDS_BYTES_MAX;
        limits::within(self.event_type, "missing_fields", size, limit)?;
        Ok(names.iter().map(String::as_str).collect())
    }

    fn requested(
        self,
        call: u32,
        from: &str,
        agent_id: Option<&str>,
        ring_timeout_s: Option<u32>,
    ) -> Written {
        let kind = self.event_type;
        let from = limits::text(kind, "from", from, limits::FROM_NUMBER_BYTES_MAX)?;
        let agent_id = limits::optional(kind, "agent_id", agent_id, limits::AGENT_ID_BYTES_MAX)?;
        self.put(v1::CallRequested { call, from, agent_id, ring_timeout_s })
    }

    fn held(self, reason: &HoldReason) -> Written {
        let unreadable;
        self.put(match reason {
            HoldReason::WorkflowPaused(outcome) => {
                v1::RoutingHeld::WorkflowPaused(self.outcome(outcome)?)
            }
            HoldReason::MissingOutput(outcome) => {
                v1::RoutingHeld::MissingOutput(self.outcome(outcome)?)
            }
            HoldReason::ReviewRequired(status) => v1::RoutingHeld::ReviewRequired((*status).into()),
            HoldReason::NodeIncomplete => v1::RoutingHeld::NodeIncomplete,
            HoldReason::CallOverdue => v1::RoutingHeld::CallOverdue,
            HoldReason::DialOutcomeUnknown => v1::RoutingHeld::DialOutcomeUnknown,
            HoldReason::DialRefused => v1::RoutingHeld::DialRefused,
            HoldReason::UnreadableTime(text) => {
                unreadable = self.text(sealed::UNREADABLE_TIME, text)?;
                v1::RoutingHeld::UnreadableTime(&unreadable)
            }
            HoldReason::ApplicationReview => v1::RoutingHeld::ApplicationReview,
            HoldReason::EndlessLoop => v1::RoutingHeld::EndlessLoop,
        })
    }

    fn outcome(self, outcome: &Outcome) -> Result<v1::Outcome<'_>, EncodeError> {
        Ok(v1::Outcome {
            output: write_output(self.event_type, &outcome.output)?,
            cause: outcome.cause.into(),
        })
    }

    fn resolved(self, choice: &Resolution) -> Written {
        self.put(match choice {
            Resolution::Output(output) => {
                v1::HoldResolved::Output(write_output(self.event_type, output)?)
            }
            Resolution::Redial => v1::HoldResolved::Redial,
            Resolution::ReleaseAt(instant) => v1::HoldResolved::ReleaseAt(instant.as_micros()),
        })
    }
}

impl From<BranchCause> for v1::BranchCause {
    fn from(cause: BranchCause) -> Self {
        match cause {
            BranchCause::Call(number) => Self::Call(number),
            BranchCause::Condition => Self::Condition,
            BranchCause::Release => Self::Release,
            BranchCause::Application => Self::Application,
            BranchCause::Person => Self::Person,
        }
    }
}

impl From<ApplicationOutcome> for v1::ApplicationOutcome {
    fn from(outcome: ApplicationOutcome) -> Self {
        match outcome {
            ApplicationOutcome::Succeeded => Self::Succeeded,
            ApplicationOutcome::Failed => Self::Failed,
            ApplicationOutcome::Unavailable => Self::Unavailable,
            ApplicationOutcome::Interrupted => Self::Interrupted,
        }
    }
}
