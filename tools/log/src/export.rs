//! `branchline-log export`: every record as one line of JSON, readable without sled and without
//! this tool.
//!
//! Payloads are in hexadecimal, as they are in the journal: what is sealed stays sealed. `leaf` is
//! the record's hash in the hash tree (RFC 9162, SHA-256 over its canonical bytes), so that an
//! export can be compared with another one, or with a journal.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
};

use anyhow::Context as _;
use branchline_domain::{id::OrganisationId, time::Timestamp};
use branchline_journal::{
    merkle,
    record::{Cause, ClaimChange, Position, Record},
    record_format::canonical,
};
use serde_json::{Value, json};

use crate::{AsOf, Evidence, Soundness};

/// Writes the records up to a moment to a new file, or to `out` for `-`.
///
/// # Errors
///
/// When the file is there already, or cannot be written.
pub fn run(
    evidence: &Evidence,
    file: &Path,
    until: AsOf,
    out: &mut dyn Write,
) -> anyhow::Result<Soundness> {
    if file == Path::new("-") {
        return export(evidence, until, out);
    }
    let created = File::create_new(file)
        .with_context(|| format!("cannot make {}; a file that is there is left", file.display()))?;
    let mut lines = BufWriter::new(created);
    let soundness = export(evidence, until, &mut lines)?;
    let written = lines.into_inner().context("the last lines were not written")?;
    written.sync_all().with_context(|| format!("cannot sync {}", file.display()))?;
    Ok(soundness)
}

fn export(evidence: &Evidence, until: AsOf, out: &mut dyn Write) -> anyhow::Result<Soundness> {
    let mut last = Position::START;
    let mut soundness = Soundness::Sound;
    for record in evidence.records() {
        match record {
            Ok(record) if until.is_before(&record) => break,
            Ok(record) => {
                serde_json::to_writer(&mut *out, &line(&record))?;
                out.write_all(b"\n")?;
                last = record.position;
            }
            Err(error) => {
                eprintln!("{error}; the records before that were written");
                soundness = Soundness::Damaged;
                break;
            }
        }
    }
    eprintln!("{last} records");
    Ok(soundness)
}

fn line(record: &Record) -> Value {
    let body = &record.body;
    let events: Vec<Value> = body
        .events
        .iter()
        .map(|event| {
            json!({
                "type": &*event.event_type,
                "schema": event.schema,
                "payload": hex(&event.payload),
            })
        })
        .collect();
    let key = body.key.as_ref();
    json!({
        "position": record.position.0,
        "epoch": record.epoch,
        "stream": body.stream.to_string(),
        "version": record.version.0,
        "prev": record.prev.map(|prev| prev.0),
        "organisation": OrganisationId::from_uuid(body.organisation),
        "recorded_at": Timestamp::from_micros(body.recorded_at.0),
        "recorded_at_micros": body.recorded_at.0,
        "principal": &*body.principal,
        "cause": cause(&body.cause),
        "idempotency_key": key.map(|key| json!({"key": &*key.key, "digest": hex(&key.digest)})),
        "guard": body.guard.map(|guard| json!({
            "stream": guard.stream.to_string(),
            "control_epoch": guard.control_epoch,
            "routing_revision": guard.routing_revision,
        })),
        "control": body.control.map(|control| json!({
            "epoch": control.epoch,
            "revision": control.revision,
        })),
        "claims": body.claims.iter().map(claim).collect::<Vec<_>>(),
        "events": events,
        "leaf": hex(&merkle::leaf(&canonical(record))),
    })
}

fn cause(cause: &Cause) -> Value {
    match cause {
        Cause::None => Value::Null,
        Cause::Position(position) => json!({"position": position.0}),
        Cause::Request(request) => json!({"request": &**request}),
    }
}

fn claim(change: &ClaimChange) -> Value {
    let (action, claim) = match change {
        ClaimChange::Take(claim) => ("take", claim),
        ClaimChange::Release(claim) => ("release", claim),
    };
    json!({"action": action, "kind": claim.kind.0, "key": hex(&claim.key)})
}

/// Two digits a byte.
fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;

    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
