//! The evidence: a journal or an export of one, its keys where they are there, and its records
//! decoded.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, bail};
use branchline_domain::{
    id::{CallId, OrganisationId},
    lead::{BranchCause, LeadEvent},
    time::Timestamp,
};
use branchline_event_codec::{DecodeError, RecordedEvents, decode_record};
use branchline_evidence::lines::{End, ExportedRecords};
use branchline_journal::{
    reader::{JournalReader, Origin},
    record::{Position, Record},
};
use branchline_projections::{Fact, FactEvents, event_shapes::call_number};
use branchline_vault::{KeySlot, LeadKey, Vault};

use crate::progress::{Chatter, Progress};

/// Records opened as evidence.
#[derive(Debug)]
pub struct Evidence {
    source: Source,
}

/// The form in which the records lie, for who checks more than the records.
pub(crate) enum Reading<'a> {
    /// Blocks, with their chain and a mark of how far they were acknowledged.
    Blocks(&'a JournalReader),
    /// Lines of an export.
    Lines(Box<dyn BufRead + Send>),
}

/// Where the records are.
#[derive(Debug)]
enum Source {
    /// In the files of a stopped server.
    Journal { reader: Box<JournalReader>, keys: PathBuf },
    /// In lines that `branchline-log export` wrote.
    Export(PathBuf),
}

impl Evidence {
    /// Opens a data directory, the journal's directory in it, or a file that was exported.
    ///
    /// # Errors
    ///
    /// When there is none of these, or somebody has the journal open.
    pub fn open(place: &Path) -> anyhow::Result<Self> {
        if place.is_file() {
            return Ok(Self { source: Source::Export(place.to_owned()) });
        }
        if !place.exists() {
            bail!("there is no {}", place.display());
        }
        let inside = place.join("journal");
        let (journal, data) = if inside.is_dir() {
            (inside, place.to_owned())
        } else {
            (place.to_owned(), place.join(".."))
        };
        let reader = JournalReader::open(&journal)
            .with_context(|| format!("cannot read the journal in {}", journal.display()))?;
        if let Origin::Salvaged { reason } = reader.origin() {
            eprintln!(
                "its blocks were looked for in its file, and those at the end may never have been \
                 acknowledged, because the storage engine does not open it: {reason}"
            );
        }
        let keys = data.join("keys");
        Ok(Self { source: Source::Journal { reader: Box::new(reader), keys } })
    }

    /// The journal.
    ///
    /// # Errors
    ///
    /// When the evidence is an export, which has no blocks, no chain and no keys.
    pub fn journal(&self) -> anyhow::Result<&JournalReader> {
        match &self.source {
            Source::Journal { reader, .. } => Ok(reader),
            Source::Export(file) => {
                bail!("{} is an export; this needs the data directory", file.display())
            }
        }
    }

    /// The records in the form in which they lie.
    ///
    /// # Errors
    ///
    /// When the file of an export cannot be opened.
    pub(crate) fn reading(&self) -> anyhow::Result<Reading<'_>> {
        Ok(match &self.source {
            Source::Journal { reader, .. } => Reading::Blocks(reader),
            Source::Export(file) => {
                let opened = File::open(file);
                let opened = opened.with_context(|| format!("cannot read {}", file.display()))?;
                Reading::Lines(Box::new(BufReader::new(opened)))
            }
        })
    }

    /// Every record, in order, up to the first that is damaged. A line of an export is damaged when
    /// it does not have the hash that it was written with.
    pub fn records(&self) -> Box<dyn Iterator<Item = anyhow::Result<Arc<Record>>> + '_> {
        match &self.source {
            Source::Journal { reader, .. } => {
                let records = reader.records(Position::START);
                Box::new(records.map(|record| record.map_err(anyhow::Error::from)))
            }
            Source::Export(file) => match File::open(file) {
                Ok(opened) => Box::new(records_of_lines(opened)),
                Err(error) => {
                    let error = anyhow::Error::from(error);
                    let error = error.context(format!("cannot read {}", file.display()));
                    Box::new(std::iter::once(Err(error)))
                }
            },
        }
    }

    /// How many records there are, as far as that is known before they are read: what a reading of
    /// all of them measures itself by.
    pub fn size_hint(&self) -> Option<u64> {
        match &self.source {
            Source::Journal { reader, .. } => {
                reader.acknowledged().ok().flatten().map(|last| last.0)
            }
            Source::Export(_) => None,
        }
    }

    /// How far a reading of all records is; `what` is said before the numbers.
    pub fn progress(&self, what: &'static str) -> Progress {
        Progress::over_records(what, self.size_hint(), Chatter::default())
    }

    /// The keys beside the journal, for reading only.
    ///
    /// # Errors
    ///
    /// When there are none, or they cannot be read.
    pub fn vault(&self) -> anyhow::Result<Vault> {
        match &self.source {
            Source::Journal { keys, .. } => Vault::open_read_only(keys)
                .with_context(|| format!("cannot read the keys in {}", keys.display())),
            Source::Export(file) => bail!("{} is an export, without keys", file.display()),
        }
    }

    /// The keys, where nothing needs them: without them personal fields read as erased, which is
    /// told on standard error.
    pub fn vault_if_there(&self) -> Option<Vault> {
        let vault = self.vault();
        if let Err(error) = &vault {
            eprintln!("{error:#}; personal fields read as erased");
        }
        vault.ok()
    }
}

/// The records of an export; when they end without a last line, that is told on standard error.
fn records_of_lines(file: File) -> impl Iterator<Item = anyhow::Result<Arc<Record>>> {
    let mut lines = ExportedRecords::new(BufReader::new(file));
    std::iter::from_fn(move || {
        let next = lines.next();
        if next.is_none() && lines.ends_without_last_line() {
            let End { records, .. } = lines.so_far();
            eprintln!(
                "the export has no last line: an older release wrote it, or it was cut after \
                 record {records}"
            );
        }
        next.map(|record| record.map(Arc::new).map_err(anyhow::Error::from))
    })
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
