//! Measures the journal alone: leads of three records through the writer, durable.
//!
//! ```text
//! cargo run --release -p branchline-journal --example throughput -- [leads] [in flight] [batch]
//! ```
//!
//! Prints events and records a second, latencies of an append, bytes on disk a lead, and how long
//! the journal takes to open, to read and to verify.

#![expect(clippy::print_stdout, reason = "a measurement is for a person")]
#![expect(clippy::cast_precision_loss, reason = "rates are rounded anyway")]

use std::{
    error::Error,
    path::Path,
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

use branchline_journal::{
    merkle,
    reader::JournalReader,
    record::{
        Cause, Claim, ClaimChange, ClaimKind, Control, Event, ExpectedVersion, Guard,
        IdempotencyKey, Micros, NewRecord, Position, RecordBody, StreamId, Version,
    },
    record_format::canonical,
    sled_store::{SledOptions, SledStore},
    store::EventStore,
};
use uuid::Uuid;

const STEPS: u64 = 3;
const WORKFLOW: StreamId = StreamId::workflow(Uuid::from_u128(0x0f10));

struct Words {
    principal: Arc<str>,
    types: [Arc<str>; 5],
}

/// 16 bytes that do not compress, as ids and tags are.
fn tag(lead: u64, what: u64) -> [u8; 16] {
    let mixed = (u128::from(lead) << 64 | u128::from(what))
        .wrapping_mul(0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645);
    (mixed ^ (mixed >> 61)).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835).to_le_bytes()
}

/// Bytes that do not compress, as sealed fields are.
fn sealed(lead: u64, len: usize) -> Box<[u8]> {
    (0..).flat_map(|part| tag(lead, 100 + part)).take(len).collect()
}

/// One of the three records of a lead with two visits.
fn step(words: &Words, lead: u64, step: u64, now: i64) -> NewRecord {
    let event = |kind: usize, len: usize| Event {
        event_type: Arc::clone(words.types.get(kind).unwrap_or(&words.principal)),
        schema: 1,
        // An enrolment is sealed fields and a tag for the most part; what comes after it names nodes
        // of one graph.
        payload: if kind == 0 { sealed(lead, len) } else { vec![0x5a; len].into() },
    };
    let live = Claim { kind: ClaimKind::LIVE_CALL, key: tag(lead, 1) };
    let enrolled = Claim { kind: ClaimKind::ENROLLED, key: tag(lead, 2) };
    let (events, claims, version) = match step {
        0 => (
            vec![event(0, 100), event(1, 24), event(2, 6)],
            vec![ClaimChange::Take(enrolled), ClaimChange::Take(live)],
            0,
        ),
        1 => (vec![event(3, 12), event(4, 20), event(1, 24), event(2, 6)], Vec::new(), 3),
        _ => (vec![event(3, 12), event(4, 20)], vec![ClaimChange::Release(live)], 7),
    };
    let key = (step == 0)
        .then(|| IdempotencyKey { key: Arc::from(format!("import-1-{lead}")), digest: [7; 32] });
    let body = RecordBody {
        organisation: Uuid::from_u128(0x0a),
        stream: StreamId::lead(Uuid::from_bytes(tag(lead, 0))),
        recorded_at: Micros(now),
        principal: Arc::clone(&words.principal),
        cause: Cause::None,
        key,
        guard: Some(Guard { stream: WORKFLOW, control_epoch: 3, routing_revision: Some(1) }),
        control: None,
        claims,
        events,
    };
    NewRecord { expected: ExpectedVersion::Exact(Version(version)), body }
}

/// The record of the workflow that the leads' guards name.
fn activation(words: &Words) -> NewRecord {
    let mut record = step(words, 0, 2, 0);
    record.expected = ExpectedVersion::NoStream;
    record.body.stream = WORKFLOW;
    record.body.guard = None;
    record.body.claims.clear();
    record.body.control = Some(Control { epoch: 3, revision: 1 });
    record
}

fn disk_bytes(dir: &Path) -> std::io::Result<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let meta = entry.metadata()?;
        sum += if meta.is_dir() { disk_bytes(&entry.path())? } else { meta.len() };
    }
    Ok(sum)
}

/// Memory in use now, as Linux tells it.
fn resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.unwrap_or("unknown").trim().to_owned()
}

fn argument(at: usize, default: u64) -> u64 {
    std::env::args().nth(at).and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Proves all records of some leads against the newest head, and the newest head against older ones.
fn prove(store: &SledStore, leads: u64) -> Result<(), Box<dyn Error>> {
    const PROOFS: u32 = 200;
    let head = store.tree_head();
    let (mut hashes, mut proving, mut checking) = (0, Duration::ZERO, Duration::ZERO);
    for round in 0..u64::from(PROOFS) {
        let lead = (round * 7_919) % leads;
        let records = store.read_stream(StreamId::lead(Uuid::from_bytes(tag(lead, 0))))?;
        let positions: Vec<Position> = records.iter().map(|record| record.position).collect();
        let began = Instant::now();
        let proof = store.prove_inclusion(&positions, head.size)?;
        proving += began.elapsed();
        let began = Instant::now();
        let leaves: Vec<_> = records
            .iter()
            .map(|record| (record.position.0 - 1, merkle::leaf(&canonical(record))))
            .collect();
        if !merkle::verify_inclusion(&leaves, head.size, &proof, &head.root) {
            return Err("a proof does not hold".into());
        }
        checking += began.elapsed();
        hashes += proof.len();
    }
    println!(
        "of {} records, proved those of a lead in {:?} with {} bytes, checked in {:?}",
        head.size,
        proving / PROOFS,
        hashes * size_of::<merkle::Hash>() / usize::try_from(PROOFS)?,
        checking / PROOFS
    );
    let began = Instant::now();
    for round in 1..=u64::from(PROOFS) {
        store.prove_consistency(head.size * round / u64::from(PROOFS + 1), head.size)?;
    }
    println!("proved consistency in {:?}", began.elapsed() / PROOFS);
    Ok(())
}

/// Opens, reads and verifies what was written.
fn read_back(options: &SledOptions, leads: u64) -> Result<(), Box<dyn Error>> {
    println!("{:.0} bytes on disk a lead", disk_bytes(&options.dir)? as f64 / leads as f64);

    let began = Instant::now();
    let store = SledStore::open(options)?;
    println!("opened and checked in {:?}, resident {}", began.elapsed(), resident());
    let began = Instant::now();
    let mut cursor = Position::START;
    while let Some(last) = store.read_all(cursor, 1_000)?.last() {
        cursor = last.position;
    }
    let rate = leads as f64 * 9.0 / began.elapsed().as_secs_f64();
    println!("read {rate:.0} events/s, resident {}", resident());
    let began = Instant::now();
    let rebuilt = 20_000.min(leads);
    for lead in 0..rebuilt {
        let lead = (lead * 7_919) % leads;
        store.read_stream(StreamId::lead(Uuid::from_bytes(tag(lead, 0))))?;
    }
    println!("read a stream in {:?}", began.elapsed() / u32::try_from(rebuilt)?);
    prove(&store, leads)?;
    drop(store);
    let reader = JournalReader::open(&options.dir)?;
    let began = Instant::now();
    let verified = reader.verify().finish();
    let rate = verified.events as f64 / began.elapsed().as_secs_f64();
    println!("verified {rate:.0} events/s, sound: {}", verified.is_sound());
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let (leads, in_flight, batch) = (argument(1, 300_000), argument(2, 4_096), argument(3, 64));
    let place = tempfile::tempdir()?;
    let options = SledOptions::new(place.path().join("journal"));
    let store = SledStore::open(&options)?;
    let words = Words {
        principal: Arc::from("engine"),
        types: [
            "lead.enrolled",
            "lead.node_entered",
            "lead.call_requested",
            "lead.call_concluded",
            "lead.branch_taken",
        ]
        .map(Arc::from),
    };
    store.append(vec![activation(&words)], Box::new(drop));

    let started = Instant::now();
    let (send, answers) = mpsc::channel();
    let mut latencies = Vec::new();
    let mut open = 0;
    let mut refused = 0;
    let mut collect = |open: &mut u64, most: u64| -> Result<(), mpsc::RecvError> {
        while *open > most {
            let (taken, failed, latency): (u64, usize, Duration) = answers.recv()?;
            *open -= taken;
            refused += failed;
            latencies.push(latency);
        }
        Ok(())
    };
    for round in 0..STEPS {
        for first in (0..leads).step_by(usize::try_from(batch)?) {
            let now = i64::try_from(started.elapsed().as_micros())?;
            let records: Vec<_> = (first..(first + batch).min(leads))
                .map(|lead| step(&words, lead, round, 1_700_000_000_000_000 + now))
                .collect();
            let taken = records.len() as u64;
            collect(&mut open, in_flight.saturating_sub(taken))?;
            open += taken;
            let send = send.clone();
            let asked = Instant::now();
            let reply = move |outcomes: Vec<Result<_, _>>| {
                let failed = outcomes.iter().filter(|outcome| outcome.is_err()).count();
                if send.send((taken, failed, asked.elapsed())).is_err() {
                    println!("an answer came after the measurement");
                }
            };
            store.append(records, Box::new(reply));
        }
    }
    collect(&mut open, 0)?;
    let took = started.elapsed().as_secs_f64();
    latencies.sort_unstable();
    let at = |percent: usize| latencies.get(latencies.len() * percent / 100).copied();
    println!("refused records: {refused}, resident {}", resident());
    println!(
        "{:.0} events/s, {:.0} records/s, {in_flight} records in flight, {batch} a call, p50 {:?}, p99 {:?}",
        leads as f64 * 9.0 / took,
        (leads * STEPS) as f64 / took,
        at(50).unwrap_or_default(),
        at(99).unwrap_or_default()
    );
    drop(store);
    read_back(&options, leads)
}
