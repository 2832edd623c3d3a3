//! `branchline-log stats`: what a journal consists of, and how it grew.
//!
//! One pass, without decoding an event. Memory grows with the types, the organisations and the hours,
//! not with the records or the streams.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
    sync::Arc,
};

use branchline_domain::{id::OrganisationId, time::Timestamp};
use branchline_journal::{
    record::{Record, StreamId, StreamKind},
    record_format::canonical,
};
use serde::Serialize;

pub use self::chart::Screen;
use crate::{
    AsOf, Evidence, Format, Soundness,
    answer::{AsOfRecord, json},
};

mod chart;
mod text;

/// How many of the longest streams are named.
const LONGEST_MAX: usize = 5;
/// Unit: microseconds.
const HOUR_MICROS: i64 = 3_600_000_000;

/// What a journal consists of.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Stats {
    /// Records.
    pub records: u64,
    /// Events in them.
    pub events: u64,
    /// Bytes of all records in their canonical form, which is what is hashed. Blocks and the storage
    /// engine add to it.
    pub bytes: u64,
    /// Of these, payloads of events; the rest is what stands around them.
    pub payload_bytes: u64,
    /// When the first record was decided.
    pub first_at: Option<Timestamp>,
    /// When the last one was.
    pub last_at: Option<Timestamp>,
    /// By type of the event.
    pub types: BTreeMap<Arc<str>, TypeStats>,
    /// Numbers of payload layouts.
    pub schemas: BTreeSet<u16>,
    /// Streams of workflows.
    pub workflows: StreamStats,
    /// Streams of leads.
    pub leads: StreamStats,
    /// Streams of organisations: their keys.
    pub keys: StreamStats,
    /// Streams of kinds that this version does not know.
    pub others: StreamStats,
    /// The streams with the most events, longest first.
    pub longest: Vec<LongStream>,
    /// Records and events of each organisation.
    pub organisations: BTreeMap<String, Growth>,
    /// Records and events of each hour that has any, by its beginning in UTC.
    pub hours: BTreeMap<Timestamp, Growth>,
}

/// Events of one type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TypeStats {
    /// How many.
    pub events: u64,
    /// Bytes of their payloads.
    pub payload_bytes: u64,
    /// Numbers of their layouts.
    pub schemas: BTreeSet<u16>,
}

/// Streams of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StreamStats {
    /// How many streams.
    pub streams: u64,
    /// Their records.
    pub records: u64,
    /// Their events.
    pub events: u64,
    /// Bytes of their records.
    pub bytes: u64,
}

/// A stream with many events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LongStream {
    /// Its public id.
    pub stream: String,
    /// Its events.
    pub events: u64,
}

/// How much was added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Growth {
    /// Records.
    pub records: u64,
    /// Events in them.
    pub events: u64,
}

impl Growth {
    const fn add(&mut self, events: u64) {
        self.records += 1;
        self.events += events;
    }
}

/// Takes the records in.
#[derive(Debug, Default)]
struct Tally {
    stats: Stats,
    organisations: BTreeMap<OrganisationId, Growth>,
    /// By hours since the epoch.
    hours: BTreeMap<i64, Growth>,
    longest: Longest,
}

impl Tally {
    fn take(&mut self, record: &Record) {
        let body = &record.body;
        let (events, bytes) = (body.events.len() as u64, canonical(record).len() as u64);
        let at = Timestamp::from_micros(body.recorded_at.0);
        let stats = &mut self.stats;
        stats.records += 1;
        stats.events += events;
        stats.bytes += bytes;
        stats.first_at.get_or_insert(at);
        stats.last_at = Some(at);
        for event in &body.events {
            let payload = event.payload.len() as u64;
            stats.payload_bytes += payload;
            stats.schemas.insert(event.schema);
            if !stats.types.contains_key(&event.event_type) {
                stats.types.insert(Arc::clone(&event.event_type), TypeStats::default());
            }
            if let Some(of_type) = stats.types.get_mut(&event.event_type) {
                of_type.events += 1;
                of_type.payload_bytes += payload;
                of_type.schemas.insert(event.schema);
            }
        }
        let kind = match body.stream.kind {
            StreamKind::WORKFLOW => &mut stats.workflows,
            StreamKind::LEAD => &mut stats.leads,
            StreamKind::ORGANISATION => &mut stats.keys,
            StreamKind(_) => &mut stats.others,
        };
        kind.streams += u64::from(record.prev.is_none());
        kind.records += 1;
        kind.events += events;
        kind.bytes += bytes;
        let organisation = OrganisationId::from_uuid(body.organisation);
        self.organisations.entry(organisation).or_default().add(events);
        self.hours.entry(at.as_micros().div_euclid(HOUR_MICROS)).or_default().add(events);
        self.longest.take(body.stream, record.last_version().0);
    }

    fn end(self) -> Stats {
        let hour = |hours: i64| Timestamp::from_micros(hours.saturating_mul(HOUR_MICROS));
        let organisations = self.organisations.into_iter();
        Stats {
            longest: self.longest.named(),
            organisations: organisations.map(|(id, growth)| (id.to_string(), growth)).collect(),
            hours: self.hours.into_iter().map(|(hours, growth)| (hour(hours), growth)).collect(),
            ..self.stats
        }
    }
}

/// The longest streams so far. A stream only grows, so one that was passed by comes back when it
/// is long enough: a few places are all that is needed.
#[derive(Debug, Default)]
struct Longest(Vec<(u64, StreamId)>);

impl Longest {
    fn take(&mut self, stream: StreamId, events: u64) {
        if let Some(known) = self.0.iter_mut().find(|(_, known)| *known == stream) {
            known.0 = events;
            return;
        }
        if self.0.len() < LONGEST_MAX {
            self.0.push((events, stream));
            return;
        }
        if let Some(shortest) = self.0.iter_mut().min_by_key(|(events, _)| *events)
            && shortest.0 < events
        {
            *shortest = (events, stream);
        }
    }

    fn named(mut self) -> Vec<LongStream> {
        self.0.sort_by(|(a, first), (b, second)| b.cmp(a).then(first.cmp(second)));
        let named = self.0.into_iter();
        named.map(|(events, stream)| LongStream { stream: stream.to_string(), events }).collect()
    }
}

/// Writes what a journal consists of. `screen` is what text is fitted to.
///
/// # Errors
///
/// When `out` takes no more.
pub fn run(
    evidence: &Evidence,
    until: AsOf,
    format: Format,
    screen: Screen,
    out: &mut dyn Write,
) -> anyhow::Result<Soundness> {
    let mut tally = Tally::default();
    let mut soundness = Soundness::Sound;
    let mut progress = evidence.progress("counting");
    for record in evidence.records() {
        match record {
            Ok(record) if until.is_before(&record) => break,
            Ok(record) => {
                progress.at(record.position.0);
                tally.take(&record);
            }
            Err(damage) => {
                progress.say(&format!("{damage:#}; what is before that is counted"));
                soundness = Soundness::Damaged;
                break;
            }
        }
    }
    drop(progress);
    let stats = tally.end();
    match format {
        Format::Json => json(&stats, out)?,
        Format::Text => text::write(&stats, screen, out)?,
    }
    Ok(soundness)
}

impl Stats {
    /// The record that this is as of.
    fn as_of(&self) -> AsOfRecord {
        AsOfRecord { position: self.records, at: self.last_at.unwrap_or_default() }
    }
}

#[cfg(test)]
mod tests {
    use branchline_journal::record::StreamId;
    use uuid::Uuid;

    use super::*;

    fn stream(number: u128) -> StreamId {
        StreamId::lead(Uuid::from_u128(number))
    }

    #[test]
    fn the_longest_streams_are_found_though_only_a_few_are_remembered() {
        let mut longest = Longest::default();
        // Eight streams grow in turn; each ends with as many events as its number.
        for events in 1..=8_u64 {
            for number in u128::from(events)..=8 {
                longest.take(stream(number), events);
            }
        }
        let named: Vec<u64> = longest.named().iter().map(|stream| stream.events).collect();
        assert_eq!(named, [8, 7, 6, 5, 4]);
    }
}
