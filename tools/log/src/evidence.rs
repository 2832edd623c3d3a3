//! The evidence: a journal, its keys where they are there, and its records decoded.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context as _;
use branchline_domain::{id::OrganisationId, lead::LeadEvent, time::Timestamp};
use branchline_event_codec::{DecodeError, RecordedEvents, decode_record};
use branchline_journal::{
    reader::{JournalReader, Origin},
    record::Record,
};
use branchline_projections::{Fact, FactEvents};
use branchline_vault::{KeySlot, LeadKey, Vault};

/// A journal opened as evidence.
#[derive(Debug)]
pub(crate) struct Evidence {
    pub(crate) reader: JournalReader,
    keys: PathBuf,
}

impl Evidence {
    /// Opens a data directory, or the journal's directory in it.
    pub(crate) fn open(directory: &Path) -> anyhow::Result<Self> {
        let inside = directory.join("journal");
        let (journal, data) = if inside.is_dir() {
            (inside, directory.to_owned())
        } else {
            (directory.to_owned(), directory.join(".."))
        };
        let reader = JournalReader::open(&journal)
            .with_context(|| format!("cannot read the journal in {}", journal.display()))?;
        if let Origin::Salvaged { reason } = reader.origin() {
            eprintln!(
                "its blocks were looked for in its file, and those at the end may never have been \
                 acknowledged, because the storage engine does not open it: {reason}"
            );
        }
        Ok(Self { reader, keys: data.join("keys") })
    }

    /// The keys beside the journal, for reading only.
    pub(crate) fn vault(&self) -> anyhow::Result<Vault> {
        Vault::open_read_only(&self.keys)
            .with_context(|| format!("cannot read the keys in {}", self.keys.display()))
    }
}

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
            },
        }
    }
}
