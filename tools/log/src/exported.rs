//! Records read back from the lines that `branchline-log export` writes.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Lines},
    path::Path,
};

use anyhow::{Context as _, ensure};
use branchline_journal::{
    merkle,
    record::{
        Cause, Claim, ClaimChange, ClaimKind, Control, Event, Guard, IdempotencyKey, Micros,
        Position, Record, RecordBody, StreamId, StreamKind, Version,
    },
    record_format::canonical,
};
use serde_json::Value;
use uuid::Uuid;

/// The records of an export, in order. Ends at the first line that is not what was written.
#[derive(Debug)]
pub(crate) struct ExportedRecords {
    lines: Lines<BufReader<File>>,
    number: u64,
    done: bool,
}

impl ExportedRecords {
    pub(crate) fn open(file: &Path) -> anyhow::Result<Self> {
        let opened = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
        Ok(Self { lines: BufReader::new(opened).lines(), number: 0, done: false })
    }

    fn read(&self, line: std::io::Result<String>) -> anyhow::Result<Record> {
        let number = self.number;
        let value: Value = serde_json::from_str(&line?)?;
        let record = record(&value)?;
        ensure!(
            record.position == Position(number),
            "it is of position {}, and {number} is expected",
            record.position
        );
        let leaf = bytes(text(&value, "leaf")?)?;
        ensure!(
            leaf == merkle::leaf(&canonical(&record)),
            "its hash is not the one that it was written with"
        );
        Ok(record)
    }
}

impl Iterator for ExportedRecords {
    type Item = anyhow::Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let line = self.lines.next()?;
        self.number += 1;
        let record = self.read(line).with_context(|| format!("line {}", self.number));
        let record = record.map_err(|error| anyhow::anyhow!("the export is damaged: {error:#}"));
        self.done = record.is_err();
        Some(record)
    }
}

fn field<'a>(value: &'a Value, name: &str) -> anyhow::Result<&'a Value> {
    value.get(name).with_context(|| format!("`{name}` is missing"))
}

fn text<'a>(value: &'a Value, name: &str) -> anyhow::Result<&'a str> {
    field(value, name)?.as_str().with_context(|| format!("`{name}` is no text"))
}

fn number(value: &Value, name: &str) -> anyhow::Result<u64> {
    field(value, name)?.as_u64().with_context(|| format!("`{name}` is no number"))
}

/// A field that is null when there is none.
fn optional<'a, T>(
    value: &'a Value,
    name: &str,
    read: impl FnOnce(&'a Value) -> anyhow::Result<T>,
) -> anyhow::Result<Option<T>> {
    let found = field(value, name)?;
    if found.is_null() { Ok(None) } else { read(found).map(Some) }
}

fn list<T>(
    value: &Value,
    name: &str,
    read: impl Fn(&Value) -> anyhow::Result<T>,
) -> anyhow::Result<Vec<T>> {
    let items = field(value, name)?.as_array();
    items.with_context(|| format!("`{name}` is no list"))?.iter().map(read).collect()
}

/// Bytes from two hexadecimal digits each.
fn bytes(digits: &str) -> anyhow::Result<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    let read = |pair: &[u8]| {
        let digits = std::str::from_utf8(pair).ok().filter(|digits| digits.len() == 2)?;
        u8::from_str_radix(digits, 16).ok()
    };
    pairs.map(read).collect::<Option<_>>().context("bytes are not in hexadecimal")
}

fn array<const N: usize>(digits: &str) -> anyhow::Result<[u8; N]> {
    <[u8; N]>::try_from(bytes(digits)?).map_err(|_| anyhow::anyhow!("not of {N} bytes"))
}

/// The name of a stream, as [`StreamId`] shows it.
fn stream(text: &str) -> anyhow::Result<StreamId> {
    let (kind, id) = text.split_once('_').context("a stream's name has no `_`")?;
    let kind = match kind {
        "wf" => StreamKind::WORKFLOW,
        "lead" => StreamKind::LEAD,
        other => {
            let number = other.strip_prefix("stream").and_then(|number| number.parse().ok());
            StreamKind(number.with_context(|| format!("`{text}` is no stream"))?)
        }
    };
    Ok(StreamId { kind, id: Uuid::try_parse(id)? })
}

fn record(value: &Value) -> anyhow::Result<Record> {
    let organisation = text(value, "organisation")?;
    let organisation: branchline_domain::id::OrganisationId = organisation.parse()?;
    let recorded_at = field(value, "recorded_at_micros")?.as_i64();
    Ok(Record {
        position: Position(number(value, "position")?),
        epoch: number(value, "epoch")?,
        version: Version(number(value, "version")?),
        prev: optional(value, "prev", |prev| {
            prev.as_u64().map(Position).context("`prev` is no number")
        })?,
        body: RecordBody {
            organisation: organisation.as_uuid(),
            stream: stream(text(value, "stream")?)?,
            recorded_at: Micros(recorded_at.context("`recorded_at_micros` is no number")?),
            principal: text(value, "principal")?.into(),
            cause: optional(value, "cause", cause)?.unwrap_or_default(),
            key: optional(value, "idempotency_key", |key| {
                Ok(IdempotencyKey {
                    key: text(key, "key")?.into(),
                    digest: array(text(key, "digest")?)?,
                })
            })?,
            guard: optional(value, "guard", guard)?,
            control: optional(value, "control", |control| {
                Ok(Control {
                    epoch: small(control, "epoch")?,
                    revision: small(control, "revision")?,
                })
            })?,
            claims: list(value, "claims", claim)?,
            events: list(value, "events", |event| {
                Ok(Event {
                    event_type: text(event, "type")?.into(),
                    schema: small(event, "schema")?,
                    payload: bytes(text(event, "payload")?)?.into(),
                })
            })?,
        },
    })
}

/// A number of fewer than 64 bits.
fn small<T: TryFrom<u64>>(value: &Value, name: &str) -> anyhow::Result<T> {
    T::try_from(number(value, name)?).ok().with_context(|| format!("`{name}` is too large"))
}

fn cause(value: &Value) -> anyhow::Result<Cause> {
    if value.get("position").is_some() {
        return Ok(Cause::Position(Position(number(value, "position")?)));
    }
    Ok(Cause::Request(text(value, "request")?.into()))
}

fn guard(value: &Value) -> anyhow::Result<Guard> {
    Ok(Guard {
        stream: stream(text(value, "stream")?)?,
        control_epoch: small(value, "control_epoch")?,
        routing_revision: optional(value, "routing_revision", |revision| {
            let revision = revision.as_u64().and_then(|revision| u32::try_from(revision).ok());
            revision.context("`routing_revision` is no number")
        })?,
    })
}

fn claim(value: &Value) -> anyhow::Result<ClaimChange> {
    let claim = Claim { kind: ClaimKind(small(value, "kind")?), key: array(text(value, "key")?)? };
    match text(value, "action")? {
        "take" => Ok(ClaimChange::Take(claim)),
        "release" => Ok(ClaimChange::Release(claim)),
        other => anyhow::bail!("`{other}` is nothing that is done with a claim"),
    }
}
