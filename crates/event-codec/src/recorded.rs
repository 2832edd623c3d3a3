//! All events of one record at once.

use branchline_domain::{
    id::{LeadId, OrganisationId, WorkflowId},
    lead::LeadEvent,
    organisation::OrganisationEvent,
    workflow::WorkflowEvent,
};
use branchline_journal::record::{Record, StreamKind};
use branchline_vault::LeadKey;

use crate::{DecodeError, decode_lead, decode_organisation, decode_workflow, lead_event_type};

/// The events of one record, and whose they are.
#[derive(Clone, Debug, PartialEq)]
pub enum RecordedEvents {
    /// Of a workflow.
    Workflow(WorkflowId, Vec<WorkflowEvent>),
    /// Of a lead.
    Lead(LeadId, Vec<LeadEvent>),
    /// Of an organisation.
    Organisation(OrganisationId, Vec<OrganisationEvent>),
}

/// Decodes a record's events; `None` for a stream of a kind that this release does not know.
/// Personal fields of a lead are opened with its key; without one they read `Erased`.
///
/// # Errors
///
/// [`DecodeError`] of the first event that cannot be read.
pub fn decode_record(
    record: &Record,
    key: Option<&LeadKey>,
) -> Result<Option<RecordedEvents>, DecodeError> {
    let stream = record.body.stream;
    let events = record.body.events.iter();
    Ok(Some(match stream.kind {
        StreamKind::WORKFLOW => RecordedEvents::Workflow(
            WorkflowId::from_uuid(stream.id),
            events.map(decode_workflow).collect::<Result<_, _>>()?,
        ),
        StreamKind::LEAD => {
            let lead = LeadId::from_uuid(stream.id);
            let decoded = events.map(|event| decode_lead(event, lead, key));
            RecordedEvents::Lead(lead, decoded.collect::<Result<_, _>>()?)
        }
        StreamKind::ORGANISATION => RecordedEvents::Organisation(
            OrganisationId::from_uuid(stream.id),
            events.map(decode_organisation).collect::<Result<_, _>>()?,
        ),
        StreamKind(_) => return Ok(None),
    }))
}

/// Whether a record says that its lead was erased. Nobody opens that lead's fields from then on, also
/// where a crash or a copy has left its key.
pub fn says_erased(record: &Record) -> bool {
    const LEAD_ERASED: &str = lead_event_type(&LeadEvent::LeadErased { key_slot: 0 });
    record.body.events.iter().any(|event| *event.event_type == *LEAD_ERASED)
}
