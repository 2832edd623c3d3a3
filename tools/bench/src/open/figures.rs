//! What `open` tells.

use std::{fmt, time::Duration};

use serde::Serialize;

use super::{OpenArgs, start::Started};
use crate::spread::Spread;

/// What the process before left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The journal alone.
    WithoutCheckpoints,
    /// Everything that a stop in order leaves.
    AfterStop,
    /// What a kill leaves, with records that came after the last checkpoints.
    AfterKill,
}

/// One start.
pub(super) struct Round {
    pub(super) kind: Kind,
    pub(super) started: Started,
}

/// All starts on one journal.
pub(super) struct OfSize {
    pub(super) events: u64,
    pub(super) rounds: Vec<Round>,
    pub(super) plain_read: Duration,
    /// Size of the database file. Unit: bytes.
    pub(super) database: u64,
    /// Sizes of the checkpoints of index and read models. Unit: bytes.
    pub(super) checkpoints: [u64; 2],
}

/// What was measured. Field names are the benchmark's interface.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    benchmark: &'static str,
    rounds: u32,
    tail_leads: u32,
    journals: Vec<Journal>,
}

/// A journal of one size.
#[derive(Debug, Serialize)]
struct Journal {
    events: u64,
    records: f64,
    leads: f64,
    database_mb: f64,
    index_mb: f64,
    read_models_mb: f64,
    without_checkpoints: Start,
    after_stop: Start,
    after_kill: Start,
    yardsticks: Yardsticks,
}

/// Yardsticks of the same run.
#[derive(Debug, Serialize)]
struct Yardsticks {
    /// The database file, read from beginning to end.
    plain_read_ms: f64,
}

/// Starts of one kind.
#[derive(Debug, Serialize)]
struct Start {
    serving_ms: Spread,
    database_ms: Spread,
    index_ms: Spread,
    tail_ms: Spread,
    tail_records: Spread,
    keys_ms: Spread,
    read_models_ms: Spread,
    first_lead_ms: Spread,
    cold_lead_p50_ms: Spread,
    cold_lead_p99_ms: Spread,
    rss_mb: Option<Spread>,
    peak_rss_mb: Option<Spread>,
}

impl Start {
    fn of(rounds: &[Round], kind: Kind) -> Self {
        let of_kind =
            || rounds.iter().filter(|round| round.kind == kind).map(|round| round.started);
        let spread = |figure: fn(Started) -> f64| Spread::of(of_kind().map(figure).collect());
        Self {
            serving_ms: spread(|start| start.serving_ms),
            database_ms: spread(|start| start.database_ms),
            index_ms: spread(|start| start.index_ms),
            tail_ms: spread(|start| start.tail_ms),
            tail_records: spread(|start| start.tail_records),
            keys_ms: spread(|start| start.keys_ms),
            read_models_ms: spread(|start| start.read_models_ms),
            first_lead_ms: spread(|start| start.first_lead_ms),
            cold_lead_p50_ms: spread(|start| start.cold_lead_p50_ms),
            cold_lead_p99_ms: spread(|start| start.cold_lead_p99_ms),
            rss_mb: Spread::of_known(of_kind().map(|start| start.rss_mb)),
            peak_rss_mb: Spread::of_known(of_kind().map(|start| start.peak_rss_mb)),
        }
    }
}

impl Figures {
    pub(super) fn of(args: &OpenArgs, sizes: Vec<OfSize>) -> Self {
        let journals = sizes.into_iter().map(Journal::of).collect();
        Self { benchmark: "open", rounds: args.rounds, tail_leads: args.tail_leads, journals }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people to read")]
fn mb(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}

impl Journal {
    fn of(size: OfSize) -> Self {
        let OfSize { events, rounds, plain_read, database, checkpoints: [index, read_models] } =
            size;
        let first = rounds.first().map(|round| round.started);
        Self {
            events,
            records: first.map_or(f64::NAN, |start| start.records),
            leads: first.map_or(f64::NAN, |start| start.leads),
            database_mb: mb(database),
            index_mb: mb(index),
            read_models_mb: mb(read_models),
            without_checkpoints: Start::of(&rounds, Kind::WithoutCheckpoints),
            after_stop: Start::of(&rounds, Kind::AfterStop),
            after_kill: Start::of(&rounds, Kind::AfterKill),
            yardsticks: Yardsticks { plain_read_ms: plain_read.as_secs_f64() * 1_000.0 },
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "open: starts on a long journal, {} of each kind", self.rounds)?;
        for journal in &self.journals {
            writeln!(
                f,
                "\n{} events, {} records, {} leads; database {:.0} MB, index {:.0} MB, read models {:.0} MB",
                journal.events,
                journal.records,
                journal.leads,
                journal.database_mb,
                journal.index_mb,
                journal.read_models_mb,
            )?;
            write_start(f, "without checkpoints", &journal.without_checkpoints)?;
            write_start(f, "after a stop", &journal.after_stop)?;
            write_start(f, "after a kill", &journal.after_kill)?;
            let plain = journal.yardsticks.plain_read_ms;
            writeln!(f, " yardstick: the database file, read plainly: {plain:.0} ms")?;
        }
        Ok(())
    }
}

fn write_start(f: &mut fmt::Formatter<'_>, name: &str, start: &Start) -> fmt::Result {
    writeln!(f, " {name}")?;
    writeln!(f, "{}", start.serving_ms.row("serving after", 0, "ms"))?;
    writeln!(f, "{}", start.database_ms.row("- database", 0, "ms"))?;
    writeln!(f, "{}", start.index_ms.row("- index", 0, "ms"))?;
    writeln!(f, "{}", start.tail_ms.row("- records after it", 0, "ms"))?;
    writeln!(f, "{}", start.tail_records.row("  how many", 0, ""))?;
    writeln!(f, "{}", start.keys_ms.row("- keys", 0, "ms"))?;
    writeln!(f, "{}", start.read_models_ms.row("- read models, engine", 0, "ms"))?;
    writeln!(f, "{}", start.first_lead_ms.row("first lead rebuilt", 2, "ms"))?;
    writeln!(f, "{}", start.cold_lead_p50_ms.row("cold lead p50", 3, "ms"))?;
    writeln!(f, "{}", start.cold_lead_p99_ms.row("cold lead p99", 3, "ms"))?;
    if let Some(rss) = &start.rss_mb {
        writeln!(f, "{}", rss.row("resident when serving", 0, "MB"))?;
    }
    if let Some(peak) = &start.peak_rss_mb {
        writeln!(f, "{}", peak.row("peak until then", 0, "MB"))?;
    }
    Ok(())
}
