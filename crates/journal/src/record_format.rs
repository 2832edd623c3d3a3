//! The bytes of a record, format 1.
//!
//! A record is written the same way in two places:
//!
//! - in a **block** ([`crate::block`]), where names that occurred earlier in the block are numbers
//!   and times are differences to the record before;
//! - alone, as its **canonical bytes** ([`canonical`]), as if it were the first record of a block of
//!   its own with base time 0. These do not depend on how records were grouped into blocks, so
//!   they are what the hash tree covers and what an export may carry.
//!
//! Canonical bytes: format `01`, position (varint), epoch (varint), then the record body:
//!
//! ```text
//! flags         1 byte: bits 0-1 cause (0 none, 1 position, 2 request), 2 key, 3 guard,
//!                       4 guard names a revision, 5 control, 6 claims, 7 prev
//! organisation  name number; when 0: 16 bytes
//! stream        name number; when 0: kind (varint), 16 bytes
//! recorded_at   signed varint, difference to the record before in the block (or base time), µs
//! version       varint, version of the first event, at least 1
//! prev          bit 7: varint, how many positions back the stream's record before lies
//! principal     name number; when 0: text
//! cause         1: signed varint, how many positions back; 2: name number, when 0: text
//! key           bit 2: name number, when 0: text; then 32 bytes digest
//! guard         bit 3: stream as above, control epoch (varint), bit 4: revision (varint)
//! control       bit 5: epoch (varint), revision (varint)
//! claims        bit 6: count (varint, at least 1), each: kind x 2 + 1 if released (varint), 16 bytes
//! events        count (varint, at least 1), each: type as name number, when 0: text and schema
//!               (varint); payload length (varint), payload
//! ```
//!
//! A **varint** is 7 bits a byte, lowest first, top bit set when more follow, shortest form only; a
//! **signed varint** maps 0, -1, 1, -2 … to 0, 1, 2, 3 …; a **text** is its length in bytes (varint)
//! and UTF-8. A **name number** is 0 for a name not yet met, which then follows and gets the next
//! number of its table (1, 2, …). Four tables: organisations; streams; texts (principals, request
//! ids and keys share one); event types, each with its schema.

mod reading;

use std::{collections::HashMap, sync::Arc};

use uuid::Uuid;

pub(crate) use self::reading::KnownNames;
use crate::{
    index::id_hash::IdHash,
    record::{Cause, ClaimChange, Event, Micros, Position, Record, StreamId},
    wire::{FormatError, Input, put_len, put_signed, put_text, put_varint},
};

/// Number of this layout, the first canonical byte.
pub const RECORD_FORMAT: u8 = 1;

/// Longest principal, request id and idempotency key. Unit: bytes.
pub const TEXT_BYTES_MAX: usize = 128;

/// Longest name of an event type. Unit: bytes.
pub const EVENT_TYPE_BYTES_MAX: usize = 64;

/// Most events in one record. With it a record of the largest size always fits a block.
pub const EVENTS_MAX: usize = 1_024;

/// Most claim changes in one record.
pub const CLAIMS_MAX: usize = 64;

const CAUSE_MASK: u8 = 0b11;
const CAUSE_POSITION: u8 = 1;
const CAUSE_REQUEST: u8 = 2;
const HAS_KEY: u8 = 1 << 2;
const HAS_GUARD: u8 = 1 << 3;
const HAS_GUARD_REVISION: u8 = 1 << 4;
const HAS_CONTROL: u8 = 1 << 5;
const HAS_CLAIMS: u8 = 1 << 6;
const HAS_PREV: u8 = 1 << 7;

/// Bytes that stay the same however records are grouped into blocks.
///
/// The record comes back from [`decode_canonical`] when it keeps the limits of this module and its
/// `prev` lies before its position.
pub fn canonical(record: &Record) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    put_canonical(&mut out, &mut Names::default(), record);
    out
}

/// Appends the canonical bytes, with tables lent by the caller to spare allocations.
pub(crate) fn put_canonical(out: &mut Vec<u8>, names: &mut Names, record: &Record) {
    names.clear();
    out.push(RECORD_FORMAT);
    put_varint(out, record.position.0);
    put_varint(out, record.epoch);
    put_record(out, names, Micros(0), record);
}

/// Reads canonical bytes back.
///
/// # Errors
///
/// [`FormatError`] for anything that [`canonical`] does not write, left-over bytes included.
pub fn decode_canonical(bytes: &[u8]) -> Result<Record, FormatError> {
    let mut input = Input::new(bytes);
    if input.byte()? != RECORD_FORMAT {
        return Err(FormatError("the record format is not 1"));
    }
    let position = Position(input.varint()?);
    let epoch = input.varint()?;
    let mut names = KnownNames::default();
    let parsed = names.parse(&mut input, position, Micros(0))?;
    let record = names.build(&parsed, position, epoch)?;
    if input.left() > 0 {
        return Err(FormatError("bytes are left over after the record"));
    }
    Ok(record)
}

/// Names met so far while writing.
#[derive(Debug, Default)]
pub(crate) struct Names {
    organisations: Vec<Uuid>,
    streams: HashMap<StreamId, u64, IdHash>,
    texts: HashMap<Arc<str>, u64, IdHash>,
    types: Vec<(Arc<str>, u16)>,
}

impl Names {
    pub(crate) fn clear(&mut self) {
        self.organisations.clear();
        self.streams.clear();
        self.texts.clear();
        self.types.clear();
    }

    fn put_organisation(&mut self, out: &mut Vec<u8>, id: Uuid) {
        if let Some(at) = self.organisations.iter().position(|known| *known == id) {
            return put_len(out, at + 1);
        }
        self.organisations.push(id);
        out.push(0);
        out.extend_from_slice(id.as_bytes());
    }

    fn put_stream(&mut self, out: &mut Vec<u8>, stream: StreamId) {
        let next = self.streams.len() as u64 + 1;
        let number = *self.streams.entry(stream).or_insert(next);
        if number != next {
            return put_varint(out, number);
        }
        out.push(0);
        put_varint(out, u64::from(stream.kind.0));
        out.extend_from_slice(stream.id.as_bytes());
    }

    fn put_text(&mut self, out: &mut Vec<u8>, text: &Arc<str>) {
        if let Some(number) = self.texts.get(text) {
            return put_varint(out, *number);
        }
        self.texts.insert(Arc::clone(text), self.texts.len() as u64 + 1);
        out.push(0);
        put_text(out, text);
    }

    fn put_type(&mut self, out: &mut Vec<u8>, event: &Event) {
        let same = |(name, schema): &(Arc<str>, u16)| {
            *schema == event.schema
                && (Arc::ptr_eq(name, &event.event_type) || *name == event.event_type)
        };
        if let Some(at) = self.types.iter().position(same) {
            return put_len(out, at + 1);
        }
        self.types.push((Arc::clone(&event.event_type), event.schema));
        out.push(0);
        put_text(out, &event.event_type);
        put_varint(out, u64::from(event.schema));
    }
}

fn flags(record: &Record) -> u8 {
    let body = &record.body;
    let mut flags = match &body.cause {
        Cause::None => 0,
        Cause::Position(_) => CAUSE_POSITION,
        Cause::Request(_) => CAUSE_REQUEST,
    };
    let mut set = |present: bool, flag: u8| {
        if present {
            flags |= flag;
        }
    };
    set(body.key.is_some(), HAS_KEY);
    set(body.guard.is_some(), HAS_GUARD);
    set(body.guard.is_some_and(|guard| guard.routing_revision.is_some()), HAS_GUARD_REVISION);
    set(body.control.is_some(), HAS_CONTROL);
    set(!body.claims.is_empty(), HAS_CLAIMS);
    set(record.prev.is_some(), HAS_PREV);
    flags
}

/// Appends a record; `before` is the time of the record before it in the block.
pub(crate) fn put_record(out: &mut Vec<u8>, names: &mut Names, before: Micros, record: &Record) {
    let body = &record.body;
    out.push(flags(record));
    names.put_organisation(out, body.organisation);
    names.put_stream(out, body.stream);
    put_signed(out, body.recorded_at.0.wrapping_sub(before.0));
    put_varint(out, record.version.0);
    if let Some(prev) = record.prev {
        put_varint(out, record.position.0.wrapping_sub(prev.0));
    }
    names.put_text(out, &body.principal);
    match &body.cause {
        Cause::None => {}
        Cause::Position(cause) => {
            put_signed(out, record.position.0.wrapping_sub(cause.0).cast_signed());
        }
        Cause::Request(id) => names.put_text(out, id),
    }
    if let Some(key) = &body.key {
        names.put_text(out, &key.key);
        out.extend_from_slice(&key.digest);
    }
    if let Some(guard) = &body.guard {
        names.put_stream(out, guard.stream);
        put_varint(out, u64::from(guard.control_epoch));
        if let Some(revision) = guard.routing_revision {
            put_varint(out, u64::from(revision));
        }
    }
    if let Some(control) = &body.control {
        put_varint(out, u64::from(control.epoch));
        put_varint(out, u64::from(control.revision));
    }
    if !body.claims.is_empty() {
        put_claims(out, &body.claims);
    }
    put_len(out, body.events.len());
    for event in &body.events {
        names.put_type(out, event);
        put_len(out, event.payload.len());
        out.extend_from_slice(&event.payload);
    }
}

fn put_claims(out: &mut Vec<u8>, claims: &[ClaimChange]) {
    put_len(out, claims.len());
    for change in claims {
        let (claim, released) = match change {
            ClaimChange::Take(claim) => (claim, 0),
            ClaimChange::Release(claim) => (claim, 1),
        };
        put_varint(out, u64::from(claim.kind.0) << 1 | released);
        out.extend_from_slice(&claim.key);
    }
}
