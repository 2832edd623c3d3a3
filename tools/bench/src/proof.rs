//! Dossiers of leads in a large journal: how large their proofs are, and how long a check takes.
//!
//! The journal is made up: its leaves are hashes of numbers, but for the records of the leads, which
//! are real ones. Sizes and times do not depend on what the other records say.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    fmt,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use branchline_evidence::{dossier::Dossier, head::SignedHead};
use branchline_journal::{
    merkle::{self, Hash, LeafSource, Tree},
    record::{Cause, Event, Micros, Position, Record, RecordBody, StreamId, Version},
    record_format::canonical,
};
use branchline_vault::{SeededEntropy, signing::SigningKey};
use serde::Serialize;
use uuid::Uuid;

use crate::{process, show::show};

/// Checks of one dossier, of which the median is told.
const CHECKS: usize = 201;

/// Payload of each event. Unit: bytes. About the mean of the benchmark's campaign.
const PAYLOAD_BYTES: usize = 60;

/// A lead in the journal: how many records it has, and how they lie.
struct Shape {
    name: &'static str,
    records: u64,
    /// Bunches that they lie in, spread evenly over the journal; inside, `apart` records from one to
    /// the next.
    bunches: u64,
    apart: u64,
}

const SHAPES: [Shape; 5] = [
    Shape { name: "two visits, bulk reports", records: 3, bunches: 3, apart: 1 },
    Shape { name: "two visits, each status", records: 16, bunches: 4, apart: 50 },
    Shape { name: "6 records, scattered", records: 6, bunches: 6, apart: 1 },
    Shape { name: "12 records, scattered", records: 12, bunches: 12, apart: 1 },
    Shape { name: "100 records, scattered", records: 100, bunches: 100, apart: 1 },
];

/// Flags of `proof`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Records of the journal.
    #[arg(long, default_value_t = 10_000_000, value_parser = clap::value_parser!(u32).range(100_000..))]
    records: u32,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

/// What was measured. Field names are the benchmark's interface.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    benchmark: &'static str,
    rounds: u32,
    records: u64,
    tree_leaves_per_s: f64,
    peak_rss_mb: Option<f64>,
    dossiers: Vec<DossierFigures>,
    yardsticks: Yardsticks,
}

#[derive(Debug, Serialize)]
struct DossierFigures {
    lead: &'static str,
    records: u64,
    proof_bytes: usize,
    dossier_bytes: usize,
    prove_us: f64,
    /// From its bytes to the records, with the signature of the head.
    check_us: f64,
}

#[derive(Debug, Serialize)]
struct Yardsticks {
    /// One signature of a head, checked alone.
    signature_us: f64,
}

/// The leads' leaf hashes by their number, among made-up ones.
struct Leaves(BTreeMap<u64, Hash>);

impl Leaves {
    fn leaf(&self, number: u64) -> Hash {
        let known = self.0.get(&number);
        known.copied().unwrap_or_else(|| merkle::leaf(&number.to_be_bytes()))
    }
}

impl LeafSource for Leaves {
    type Error = Infallible;

    fn leaves(&self, first: u64, count: usize) -> Result<Vec<Hash>, Infallible> {
        Ok((first..).take(count).map(|number| self.leaf(number)).collect())
    }
}

/// Measures and tells.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    show(&measure(args)?, args.json)
}

/// Makes the journal, then a dossier of each lead, and checks them.
pub(crate) fn measure(args: &Args) -> anyhow::Result<Figures> {
    let size = u64::from(args.records);
    let leads: Vec<Vec<Record>> =
        (0..).zip(&SHAPES).map(|(n, shape)| lead(n, shape, size)).collect();
    let leaves = leads.iter().flatten();
    let leaves = leaves.map(|record| (record.position.0 - 1, merkle::leaf(&canonical(record))));
    let source = Leaves(leaves.collect());
    let began = Instant::now();
    let tree: Tree = (0..size).map(|number| source.leaf(number)).collect();
    let grown = began.elapsed();
    let name = "example.com/benchmark".parse().context("the name of the key")?;
    let key = SigningKey::generate(name, &SeededEntropy::new(1));
    let head = SignedHead::sign(tree.head(), &key);
    let mut dossiers = Vec::new();
    for (shape, records) in SHAPES.iter().zip(&leads) {
        dossiers.push(dossier_of(shape, records, &tree, &source, &head, &key)?);
    }
    Ok(Figures {
        benchmark: "proof",
        rounds: 1,
        records: size,
        tree_leaves_per_s: per_second(size, grown),
        peak_rss_mb: process::peak_rss_mb(),
        dossiers,
        yardsticks: Yardsticks { signature_us: median_us(|| Ok(head.verify(key.verifier())?))? },
    })
}

/// The records of a lead that has this shape, at positions that no other lead here has.
fn lead(number: u64, shape: &Shape, size: u64) -> Vec<Record> {
    let stream = StreamId::lead(Uuid::from_u128(u128::from(number)));
    let in_bunch = shape.records / shape.bunches;
    let mut records: Vec<Record> = Vec::new();
    for at in 0..shape.records {
        let bunch = at / in_bunch * size / shape.bunches;
        let position = Position(bunch + at % in_bunch * shape.apart * 5 + number + 1);
        let prev = records.last().map(|record| record.position);
        records.push(Record {
            position,
            epoch: 1,
            version: Version(at + 1),
            prev,
            body: RecordBody {
                organisation: Uuid::from_u128(1),
                stream,
                recorded_at: Micros(1_795_549_858_935_782 + at.cast_signed()),
                principal: "worker:1".into(),
                cause: Cause::None,
                key: None,
                guard: None,
                control: None,
                claims: Vec::new(),
                events: vec![Event {
                    event_type: "lead.call_concluded".into(),
                    schema: 1,
                    payload: Box::new([7; PAYLOAD_BYTES]),
                }],
            },
        });
    }
    records
}

fn dossier_of(
    shape: &Shape,
    records: &[Record],
    tree: &Tree,
    source: &Leaves,
    head: &SignedHead,
    key: &SigningKey,
) -> anyhow::Result<DossierFigures> {
    let numbers: Vec<u64> = records.iter().map(|record| record.position.0 - 1).collect();
    let prove = || tree.prove_inclusion(&numbers, tree.size(), source);
    let stream = records.first().context("a lead has records")?.body.stream;
    let dossier = Dossier::new(stream, tree.head(), records, prove()?).with_note(head.clone())?;
    let (proof_bytes, text) = (dossier.proof_bytes(), dossier.to_json()?);
    let check = || {
        let dossier = Dossier::parse(text.as_bytes())?;
        let note = dossier.note().context("the dossier has its head")?;
        note.verify(key.verifier())?;
        dossier.is_of(head, Some(key.verifier()))?;
        let proven = dossier.check(&head.tree())?;
        anyhow::ensure!(proven == records, "the records are not those that were put in");
        Ok(())
    };
    Ok(DossierFigures {
        lead: shape.name,
        records: shape.records,
        proof_bytes,
        dossier_bytes: text.len(),
        prove_us: median_us(|| {
            prove()?;
            Ok(())
        })?,
        check_us: median_us(check)?,
    })
}

fn median_us(work: impl Fn() -> anyhow::Result<()>) -> anyhow::Result<f64> {
    let mut times = Vec::with_capacity(CHECKS);
    for _ in 0..CHECKS {
        let began = Instant::now();
        work()?;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    let median = times.get(CHECKS / 2).copied().unwrap_or_default();
    Ok(median.as_secs_f64() * 1e6)
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people to read")]
fn per_second(count: u64, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64().max(1e-9)
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (records, rate) = (self.records, self.tree_leaves_per_s);
        writeln!(f, "a tree of {records} records, grown at {rate:.0} a second")?;
        if let Some(peak) = self.peak_rss_mb {
            writeln!(f, "peak memory {peak:.0} MB")?;
        }
        writeln!(f, "one signature alone {:.0} µs\n", self.yardsticks.signature_us)?;
        writeln!(
            f,
            "{:<26}{:>8}{:>14}{:>16}{:>12}{:>12}",
            "lead", "records", "proof bytes", "dossier bytes", "prove µs", "check µs"
        )?;
        for row in &self.dossiers {
            writeln!(
                f,
                "{:<26}{:>8}{:>14}{:>16}{:>12.0}{:>12.0}",
                row.lead,
                row.records,
                row.proof_bytes,
                row.dossier_bytes,
                row.prove_us,
                row.check_us
            )?;
        }
        Ok(())
    }
}
