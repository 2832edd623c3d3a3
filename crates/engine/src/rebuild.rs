//! From the records of one stream back to what they add up to.

use std::{fmt, sync::Arc};

use branchline_domain::{
    decider::Recorded,
    id::{LeadId, OrganisationId, WorkflowId},
    lead::{self, LeadEvent, LeadState},
    organisation::{self, OrganisationState},
    time::Timestamp,
    workflow::{self, WorkflowState},
};
use branchline_event_codec::{
    DecodeError, decode_lead, decode_organisation, decode_record, decode_workflow, says_erased,
};
use branchline_journal::{
    record::{Position, Record, StreamId, Version},
    store::{EventStore, ReadError},
};
use branchline_vault::{KeySlot, LeadKey, Vault, VaultError};

use crate::{EngineError, lead_claims, recorded::RecordedFact};

/// Why a stream could not be rebuilt.
#[derive(Debug)]
pub(crate) enum RebuildError {
    /// The journal could not be read.
    Read(ReadError),
    /// An event could not be read.
    Decode { position: Position, source: DecodeError },
    /// The lead's key could not be read.
    Key(VaultError),
    /// The stream does not begin with its enrolment.
    NoBeginning { stream: StreamId },
}

impl fmt::Display for RebuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(source) => source.fmt(f),
            Self::Decode { position, source } => write!(f, "record {position}: {source}"),
            Self::Key(source) => source.fmt(f),
            Self::NoBeginning { stream } => {
                write!(f, "{stream} does not begin with an enrolment: verify the journal")
            }
        }
    }
}

/// A stream that cannot be read: told to the one who asked, and to whoever reads the log.
pub(crate) fn unreadable(error: &RebuildError) -> EngineError {
    tracing::error!(%error, "a stream cannot be read");
    EngineError::Unavailable { reason: error.to_string().into() }
}

/// When a record was decided.
pub(crate) fn recorded_at(record: &Record) -> Timestamp {
    Timestamp::from_micros(record.body.recorded_at.0)
}

fn recorded(record: &Record) -> Recorded {
    Recorded { at: recorded_at(record), position: record.position.0 }
}

/// A lead as its stream has it.
#[derive(Debug)]
pub(crate) struct RebuiltLead {
    pub(crate) organisation: OrganisationId,
    pub(crate) state: LeadState,
    pub(crate) version: Version,
    /// `None` after an erasure.
    pub(crate) key: Option<LeadKey>,
    /// The call for which the lead holds its number.
    pub(crate) live_call: Option<u32>,
}

/// A lead's records and key, before they are decoded.
pub(crate) struct LeadRecords {
    pub(crate) records: Vec<Arc<Record>>,
    pub(crate) key: Option<LeadKey>,
}

/// Reads a lead's records and its key; `None` when there is no such lead.
pub(crate) fn read_lead(
    store: &dyn EventStore,
    vault: &Vault,
    lead: LeadId,
) -> Result<Option<LeadRecords>, RebuildError> {
    let stream = StreamId::lead(lead.as_uuid());
    let records = store.read_stream(stream).map_err(RebuildError::Read)?;
    let Some(first) = records.first() else { return Ok(None) };
    let enrolment = first.body.events.first().ok_or(RebuildError::NoBeginning { stream })?;
    let slot = match decode_lead(enrolment, lead, None) {
        Ok(LeadEvent::LeadEnrolled { key_slot, .. }) => key_slot,
        Ok(_) => return Err(RebuildError::NoBeginning { stream }),
        Err(source) => return Err(RebuildError::Decode { position: first.position, source }),
    };
    let key = if records.iter().any(|record| says_erased(record)) {
        None
    } else {
        vault.key(KeySlot(slot), lead.as_uuid()).map_err(RebuildError::Key)?
    };
    Ok(Some(LeadRecords { records, key }))
}

/// The events of one record of a lead.
pub(crate) fn lead_events(
    record: &Record,
    lead: LeadId,
    key: Option<&LeadKey>,
) -> Result<Vec<LeadEvent>, RebuildError> {
    let decoded = record.body.events.iter().map(|event| decode_lead(event, lead, key));
    decoded
        .collect::<Result<_, _>>()
        .map_err(|source| RebuildError::Decode { position: record.position, source })
}

/// Rebuilds a lead; `None` when there is no such lead.
pub(crate) fn rebuild_lead(
    store: &dyn EventStore,
    vault: &Vault,
    lead: LeadId,
) -> Result<Option<RebuiltLead>, RebuildError> {
    let Some(LeadRecords { records, key }) = read_lead(store, vault, lead)? else {
        return Ok(None);
    };
    let mut rebuilt = RebuiltLead {
        organisation: OrganisationId::DEFAULT,
        state: LeadState::default(),
        version: Version::default(),
        key,
        live_call: None,
    };
    for record in &records {
        let events = lead_events(record, lead, rebuilt.key.as_ref())?;
        lead_claims::follow(&mut rebuilt.live_call, &events, &record.body.claims);
        for event in &events {
            lead::evolve(&mut rebuilt.state, event, recorded(record));
        }
        rebuilt.organisation = OrganisationId::from_uuid(record.body.organisation);
        rebuilt.version = record.last_version();
    }
    Ok(Some(rebuilt))
}

/// A workflow as its stream has it.
#[derive(Debug)]
pub(crate) struct RebuiltWorkflow {
    pub(crate) state: WorkflowState,
    pub(crate) version: Version,
}

/// Rebuilds a workflow; in its state before any event when there is none.
pub(crate) fn rebuild_workflow(
    store: &dyn EventStore,
    id: WorkflowId,
) -> Result<RebuiltWorkflow, RebuildError> {
    let stream = StreamId::workflow(id.as_uuid());
    let mut rebuilt =
        RebuiltWorkflow { state: WorkflowState::default(), version: Version::default() };
    for record in store.read_stream(stream).map_err(RebuildError::Read)? {
        for event in &record.body.events {
            let event = decode_workflow(event)
                .map_err(|source| RebuildError::Decode { position: record.position, source })?;
            workflow::evolve(&mut rebuilt.state, &event, recorded(&record));
        }
        rebuilt.version = record.last_version();
    }
    Ok(rebuilt)
}

/// An organisation as its stream has it.
#[derive(Debug)]
pub(crate) struct RebuiltOrganisation {
    pub(crate) state: OrganisationState,
    pub(crate) version: Version,
}

/// Rebuilds an organisation; in its state before any event when there is none.
pub(crate) fn rebuild_organisation(
    store: &dyn EventStore,
    id: OrganisationId,
) -> Result<RebuiltOrganisation, RebuildError> {
    let stream = StreamId::organisation(id.as_uuid());
    let mut rebuilt =
        RebuiltOrganisation { state: OrganisationState::default(), version: Version::default() };
    for record in store.read_stream(stream).map_err(RebuildError::Read)? {
        for event in &record.body.events {
            let event = decode_organisation(event)
                .map_err(|source| RebuildError::Decode { position: record.position, source })?;
            organisation::evolve(&mut rebuilt.state, &event, recorded(&record));
        }
        rebuilt.version = record.last_version();
    }
    Ok(rebuilt)
}

/// A record as hosts see it; `None` for a stream of a kind that this release does not know.
pub(crate) fn fact_of(
    record: &Record,
    key: Option<&LeadKey>,
) -> Result<Option<RecordedFact>, RebuildError> {
    let Some(events) = decode_record(record, key)
        .map_err(|source| RebuildError::Decode { position: record.position, source })?
    else {
        return Ok(None);
    };
    Ok(Some(RecordedFact {
        position: record.position,
        at: recorded_at(record),
        organisation: OrganisationId::from_uuid(record.body.organisation),
        principal: Arc::clone(&record.body.principal),
        cause: record.body.cause.clone(),
        version: record.version,
        events,
    }))
}
