//! What every store checks an append against: stream heads, control states, claims and idempotency
//! keys.
//!
//! One checker for all stores, and the same code for an append and for the replay of a journal, so
//! the rules cannot drift apart. [`Index`] holds what is durable; [`Pending`] what the group being
//! written adds on top, so that records of one group are checked against each other before any of
//! them is visible to a reader.

pub(crate) mod checkpoint;
mod claims;
pub(crate) mod id_hash;
mod keys;
mod rows;
mod slots;
mod streams;
#[cfg(test)]
mod tests;

use std::{collections::HashMap, time::Duration};

use uuid::Uuid;

use self::{claims::Claims, id_hash::IdHash, keys::Keys, streams::Streams};
use crate::{
    record::{
        Claim, ClaimChange, Control, ExpectedVersion, Guard, NewRecord, Position, Record,
        RecordBody, StreamId, Version,
    },
    record_format::{CLAIMS_MAX, EVENT_TYPE_BYTES_MAX, EVENTS_MAX, TEXT_BYTES_MAX},
    store::{AppendError, KnownKey, MemoryPart, StreamHead},
};

/// How long idempotency keys are remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyRetention {
    /// Keys older than this, by the journal's own newest time, are forgotten. Unit: microseconds
    /// of the records' times, so that a replay forgets the same ones.
    pub ttl: Duration,
    /// At most this many are remembered; the oldest go first.
    pub keys_max: usize,
}

impl Default for KeyRetention {
    /// One day, one million keys.
    fn default() -> Self {
        Self { ttl: Duration::from_hours(24), keys_max: 1_000_000 }
    }
}

/// The durable state that appends are checked against.
#[derive(Debug, Default)]
pub(crate) struct Index {
    head: Position,
    streams: Streams,
    controls: HashMap<StreamId, Control, IdHash>,
    claims: Claims,
    keys: Keys,
}

/// What the group being written adds to the index.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    records: u64,
    streams: HashMap<StreamId, StreamHead, IdHash>,
    controls: HashMap<StreamId, Control, IdHash>,
    claims: HashMap<Claim, Option<StreamId>, IdHash>,
    keys: HashMap<keys::Fingerprint, KnownKey, IdHash>,
}

/// Where an accepted record goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) position: Position,
    pub(crate) version: Version,
    pub(crate) prev: Option<Position>,
}

impl Pending {
    pub(crate) fn clear(&mut self) {
        self.records = 0;
        self.streams.clear();
        self.controls.clear();
        self.claims.clear();
        self.keys.clear();
    }

    /// Adds a record that was checked.
    pub(crate) fn add(&mut self, index: &Index, record: &Record) {
        let body = &record.body;
        self.records += 1;
        let head = StreamHead { position: record.position, version: record.last_version() };
        self.streams.insert(body.stream, head);
        if let Some(control) = body.control {
            self.controls.insert(body.stream, control);
        }
        for change in &body.claims {
            match change {
                ClaimChange::Take(claim) => {
                    self.claims.insert(*claim, Some(body.stream));
                }
                ClaimChange::Release(claim) => {
                    if index.holder(self, claim) == Some(body.stream) {
                        self.claims.insert(*claim, None);
                    }
                }
            }
        }
        if let Some(key) = &body.key {
            let known = KnownKey { position: record.position, digest: key.digest };
            self.keys.insert(keys::fingerprint(body.organisation, &key.key), known);
        }
    }
}

impl Index {
    pub(crate) fn new(retention: KeyRetention) -> Self {
        Self { keys: Keys::new(retention), ..Self::default() }
    }

    pub(crate) const fn head(&self) -> Position {
        self.head
    }

    pub(crate) fn stream_head(&self, stream: StreamId) -> Option<StreamHead> {
        self.streams.head(stream)
    }

    pub(crate) fn claim_holder(&self, claim: Claim) -> Option<StreamId> {
        self.claims.holder(claim).and_then(|holder| self.streams.stream(holder))
    }

    pub(crate) fn known_key(&self, organisation: Uuid, key: &str) -> Option<KnownKey> {
        self.keys.get(&keys::fingerprint(organisation, key))
    }

    /// Memory by part. Unit: bytes.
    pub(crate) fn memory(&self) -> [MemoryPart; 3] {
        let part = |name, bytes: usize| MemoryPart { name, bytes: bytes as u64 };
        [
            part("stream heads", self.streams.bytes()),
            part("claims", self.claims.bytes()),
            part("idempotency keys", self.keys.bytes()),
        ]
    }

    fn holder(&self, pending: &Pending, claim: &Claim) -> Option<StreamId> {
        match pending.claims.get(claim) {
            Some(holder) => *holder,
            None => self.claim_holder(*claim),
        }
    }

    /// Whether the record may be appended after the durable and the pending ones, and where.
    ///
    /// The key is looked at first: a repeated request usually also has an old version, and must
    /// hear of its own record, not of the version.
    pub(crate) fn check(&self, pending: &Pending, new: &NewRecord) -> Result<Place, AppendError> {
        check_shape(&new.body)?;
        self.check_key(pending, &new.body)?;
        let stream = new.body.stream;
        let head = pending.streams.get(&stream).copied().or_else(|| self.streams.head(stream));
        let actual = head.map(|head| head.version).unwrap_or_default();
        let expected = match new.expected {
            ExpectedVersion::NoStream => Version(0),
            ExpectedVersion::Exact(version) => version,
        };
        if expected != actual {
            return Err(AppendError::WrongExpectedVersion {
                stream,
                expected: new.expected,
                actual,
            });
        }
        if let Some(guard) = new.body.guard {
            self.check_guard(pending, guard)?;
        }
        self.check_claims(pending, &new.body)?;
        Ok(Place {
            position: Position(self.head.0 + pending.records).next(),
            version: Version(actual.0 + 1),
            prev: head.map(|head| head.position),
        })
    }

    fn check_key(&self, pending: &Pending, body: &RecordBody) -> Result<(), AppendError> {
        let Some(key) = &body.key else { return Ok(()) };
        let print = keys::fingerprint(body.organisation, &key.key);
        match pending.keys.get(&print).copied().or_else(|| self.keys.get(&print)) {
            Some(known) => Err(AppendError::KeyKnown { known }),
            None => Ok(()),
        }
    }

    fn check_guard(&self, pending: &Pending, guard: Guard) -> Result<(), AppendError> {
        let known =
            pending.controls.get(&guard.stream).or_else(|| self.controls.get(&guard.stream));
        let actual = known.copied().unwrap_or_default();
        let same = guard.control_epoch == actual.epoch
            && guard.routing_revision.is_none_or(|revision| revision == actual.revision);
        if same { Ok(()) } else { Err(AppendError::GuardMoved { guard, actual }) }
    }

    fn check_claims(&self, pending: &Pending, body: &RecordBody) -> Result<(), AppendError> {
        // A release earlier in the same record cannot free what another stream holds, so each
        // `Take` needs only the state before the record.
        for change in &body.claims {
            let ClaimChange::Take(claim) = change else { continue };
            match self.holder(pending, claim) {
                Some(holder) if holder != body.stream => {
                    return Err(AppendError::ClaimTaken { claim: *claim, holder });
                }
                Some(_) | None => {}
            }
        }
        Ok(())
    }

    /// Makes a durable record part of the index.
    pub(crate) fn apply(&mut self, record: &Record) {
        let body = &record.body;
        self.head = record.position;
        let head = StreamHead { position: record.position, version: record.last_version() };
        let stream = self.streams.set(body.stream, head);
        if let Some(control) = body.control {
            self.controls.insert(body.stream, control);
        }
        for change in &body.claims {
            match change {
                ClaimChange::Take(claim) => self.claims.take(*claim, stream),
                ClaimChange::Release(claim) => {
                    if self.claims.holder(*claim) == Some(stream) {
                        self.claims.release(*claim);
                    }
                }
            }
        }
        let key = body.key.as_ref().map(|key| {
            let known = KnownKey { position: record.position, digest: key.digest };
            (keys::fingerprint(body.organisation, &key.key), known)
        });
        self.keys.advance(body.recorded_at, key);
    }

    /// Checks a record read back against those before it, with the rules of an append, and applies
    /// it.
    ///
    /// Keys are left out of the check: how long they are remembered is a setting that may have
    /// been shorter when the record was written.
    pub(crate) fn replay(&mut self, record: &Record) -> Result<(), String> {
        if record.position != self.head.next() {
            return Err(format!("expected the record at {}", self.head.next()));
        }
        let body = &record.body;
        check_shape(body).map_err(|error| error.to_string())?;
        let head = self.stream_head(body.stream);
        let expected = Version(head.map_or(0, |head| head.version.0) + 1);
        if record.version != expected {
            return Err(format!(
                "{} goes on at version {}, expected {expected}",
                body.stream, record.version
            ));
        }
        if record.prev != head.map(|head| head.position) {
            return Err(format!("{} names a wrong record before it", body.stream));
        }
        let none = Pending::default();
        if let Some(guard) = body.guard {
            self.check_guard(&none, guard).map_err(|error| error.to_string())?;
        }
        self.check_claims(&none, body).map_err(|error| error.to_string())?;
        self.apply(record);
        Ok(())
    }
}

fn check_shape(body: &RecordBody) -> Result<(), AppendError> {
    let refuse = |reason| Err(AppendError::Malformed { reason });
    if body.events.is_empty() {
        return refuse("it has no events");
    }
    if body.events.len() > EVENTS_MAX {
        return refuse("it has more than 1,024 events");
    }
    if body.claims.len() > CLAIMS_MAX {
        return refuse("it has more than 64 claims");
    }
    if body.principal.len() > TEXT_BYTES_MAX {
        return refuse("its principal is longer than 128 bytes");
    }
    if matches!(&body.cause, crate::record::Cause::Request(id) if id.len() > TEXT_BYTES_MAX) {
        return refuse("its request id is longer than 128 bytes");
    }
    if body.key.as_ref().is_some_and(|key| key.key.len() > TEXT_BYTES_MAX) {
        return refuse("its idempotency key is longer than 128 bytes");
    }
    for event in &body.events {
        if event.event_type.is_empty() || event.event_type.len() > EVENT_TYPE_BYTES_MAX {
            return refuse("an event's type is empty or longer than 64 bytes");
        }
    }
    Ok(())
}
