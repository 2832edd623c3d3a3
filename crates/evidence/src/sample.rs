//! A journal of made-up records, for tests.

use std::collections::BTreeMap;

use branchline_journal::record::{
    Cause, Event, Micros, Position, Record, RecordBody, StreamId, Version,
};
use uuid::Uuid;

/// The lead of this number.
pub(crate) fn lead(number: u128) -> StreamId {
    StreamId::lead(Uuid::from_u128(number))
}

/// A journal whose record at position `i + 1` is of the stream `of(i)`, with one event or two.
pub(crate) fn journal(size: u64, of: impl Fn(u64) -> StreamId) -> Vec<Record> {
    let mut last: BTreeMap<StreamId, (Position, Version)> = BTreeMap::new();
    (0..size)
        .map(|at| {
            let stream = of(at);
            let before = last.get(&stream).copied();
            let event = |name: &str| Event {
                event_type: name.into(),
                schema: 1,
                payload: at.to_le_bytes().into(),
            };
            let mut events = vec![event("lead.a")];
            if at % 3 == 0 {
                events.push(event("lead.b"));
            }
            let record = Record {
                position: Position(at + 1),
                epoch: 1,
                version: Version(before.map_or(0, |(_, version)| version.0) + 1),
                prev: before.map(|(position, _)| position),
                body: RecordBody {
                    organisation: Uuid::from_u128(1),
                    stream,
                    recorded_at: Micros(1_795_549_858_935_782 + at.cast_signed()),
                    principal: "engine".into(),
                    cause: Cause::None,
                    key: None,
                    guard: None,
                    control: None,
                    claims: Vec::new(),
                    events,
                },
            };
            last.insert(stream, (record.position, record.last_version()));
            record
        })
        .collect()
}
