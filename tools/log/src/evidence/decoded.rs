//! Records with their events decoded.

use std::sync::Arc;

use branchline_domain::{
    id::{CallId, OrganisationId},
    lead::{BranchCause, LeadEvent},
    time::Timestamp,
};
use branchline_event_codec::{DecodeError, RecordedEvents, decode_record};
use branchline_journal::record::Record;
use branchline_projections::{Fact, FactEvents, event_shapes::call_number};
use branchline_vault::{KeySlot, LeadKey, Vault};

/// A record with its events decoded.
#[derive(Debug)]
pub(crate) struct Decoded {
    pub(crate) record: Arc<Record>,
    events: RecordedEvents,
}

/// Decodes a record's events; `None` for a stream of a kind this version does not know. Personal
/// fields are opened with the key, when there is one.
pub(crate) fn decode(
    record: Arc<Record>,
    key: Option<&LeadKey>,
) -> Result<Option<Decoded>, DecodeError> {
    let events = decode_record(&record, key)?;
    Ok(events.map(|events| Decoded { record, events }))
}

/// The key of a lead, from the enrolment that names its slot. `None` when it was erased.
pub(crate) fn key_of(vault: &Vault, enrolment: &Decoded) -> anyhow::Result<Option<LeadKey>> {
    let RecordedEvents::Lead(lead, events) = &enrolment.events else { return Ok(None) };
    // The enrolment is the first event of every lead.
    let Some(LeadEvent::LeadEnrolled { key_slot, .. }) = events.first() else { return Ok(None) };
    Ok(vault.key(KeySlot(*key_slot), lead.as_uuid())?)
}

impl Decoded {
    /// Only its events that tell of a call, or of where it led; `None` when there are none.
    pub(crate) fn about(self, call: CallId) -> Option<Self> {
        let RecordedEvents::Lead(lead, mut events) = self.events else { return None };
        events.retain(|event| lead == call.lead && is_about(event, call));
        let events = (!events.is_empty()).then_some(RecordedEvents::Lead(lead, events))?;
        Some(Self { record: self.record, events })
    }

    /// When the record was decided.
    pub(crate) fn at(&self) -> Timestamp {
        Timestamp::from_micros(self.record.body.recorded_at.0)
    }

    /// The same, as projections take it.
    pub(crate) fn fact(&self) -> Fact<'_> {
        Fact {
            position: self.record.position,
            at: self.at(),
            organisation: OrganisationId::from_uuid(self.record.body.organisation),
            principal: &self.record.body.principal,
            cause: &self.record.body.cause,
            version: self.record.version,
            events: match &self.events {
                RecordedEvents::Workflow(id, events) => FactEvents::Workflow(*id, events),
                RecordedEvents::Lead(id, events) => FactEvents::Lead(*id, events),
                RecordedEvents::Organisation(id, events) => FactEvents::Organisation(*id, events),
            },
        }
    }
}

/// Whether an event tells of the call, or of where it led.
pub(crate) fn is_about(event: &LeadEvent, call: CallId) -> bool {
    let led_here = matches!(
        event,
        LeadEvent::BranchTaken { cause: BranchCause::Call(number), .. } if *number == call.number
    );
    led_here || call_number(event) == Some(call.number)
}
