//! What `scale` tells. Field names are the benchmark's interface.

use std::fmt;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::spread::Spread;

const MB: f64 = 1_048_576.0;

/// Cost as work grows.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    pub(super) benchmark: &'static str,
    pub(super) rounds: u32,
    /// Leads that were told a status after the restart; fewer where there are fewer.
    pub(super) touched: u32,
    pub(super) sizes: Vec<Size>,
}

/// Memory that the store counts itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) bytes: u64,
}

/// How long it took the leads to stand at their first call.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Filled {
    pub(super) import_s: f64,
    pub(super) arrive_s: f64,
    /// Resident memory of the engine before there were leads.
    pub(super) before_mb: Option<f64>,
}

/// Reports of call statuses, durable, 64 of them in flight.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Answers {
    pub(super) per_s: f64,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
}

/// Memory of a process, as the kernel tells it.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    resident_mb: f64,
    /// Of it, memory that no file stands behind.
    anonymous_mb: f64,
    /// The most so far.
    peak_mb: f64,
    /// Of it, what the store counts itself.
    pub(super) parts: Vec<Part>,
}

impl Memory {
    /// Of another process.
    pub(super) fn of(process: u32) -> anyhow::Result<Self> {
        let status = std::fs::read_to_string(format!("/proc/{process}/status"))
            .context("memory is read from /proc, which is not there")?;
        let mb = |name: &str| -> anyhow::Result<f64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let kilobytes = line.and_then(|line| line.trim().strip_suffix("kB"));
            let kilobytes: f64 = kilobytes.with_context(|| format!("no {name}"))?.trim().parse()?;
            Ok(kilobytes / 1_024.0)
        };
        Ok(Self {
            resident_mb: mb("VmRSS:")?,
            anonymous_mb: mb("RssAnon:")?,
            peak_mb: mb("VmHWM:")?,
            parts: Vec::new(),
        })
    }
}

/// One journal, filled, killed, opened and touched.
pub(super) struct Round {
    pub(super) filled: Filled,
    /// When the last lead had arrived at its first call.
    pub(super) arrived: Memory,
    /// When the leads' actors had left.
    pub(super) resting: Memory,
    /// When the restarted engine had answered its first read.
    pub(super) restarted: Memory,
    pub(super) touched: Memory,
    pub(super) serving_s: f64,
    pub(super) disk_bytes: u64,
    pub(super) cold: Answers,
    pub(super) warm: Answers,
}

/// Journals of one size.
#[derive(Debug, Serialize)]
pub(super) struct Size {
    leads: u32,
    import_s: Spread,
    arrive_s: Spread,
    before_mb: Option<Spread>,
    arrived_mb: Spread,
    /// The most until the leads had arrived.
    fill_peak_mb: Spread,
    resting_mb: Spread,
    resting_bytes_per_lead: Spread,
    /// What the store counts of its memory at rest, in the first round.
    resting_parts: Vec<Part>,
    /// Anonymous memory at rest that the store does not count: read models, keys, sled, allocator.
    resting_rest_mb: Spread,
    serving_s: Spread,
    restarted_mb: Spread,
    restart_peak_mb: Spread,
    touched_mb: Spread,
    disk_bytes_per_lead: Spread,
    /// Reports on leads that are in the journal only.
    cold_reports_per_s: Spread,
    cold_p50_ms: Spread,
    cold_p99_ms: Spread,
    yardsticks: Yardsticks,
}

#[derive(Debug, Serialize)]
struct Yardsticks {
    /// The same leads' next calls, when their actors are in memory.
    warm: Warm,
}

#[derive(Debug, Serialize)]
struct Warm {
    reports_per_s: Spread,
    p50_ms: Spread,
    p99_ms: Spread,
}

impl Size {
    pub(super) fn of(leads: u32, rounds: Vec<Round>) -> Self {
        let spread =
            |figure: &dyn Fn(&Round) -> f64| Spread::of(rounds.iter().map(figure).collect());
        #[expect(clippy::cast_precision_loss, reason = "figures for people to read")]
        let float = |bytes: u64| bytes as f64;
        let count = f64::from(leads);
        let counted =
            |memory: &Memory| memory.parts.iter().map(|part| float(part.bytes)).sum::<f64>() / MB;
        Self {
            leads,
            import_s: spread(&|round| round.filled.import_s),
            arrive_s: spread(&|round| round.filled.arrive_s),
            before_mb: Spread::of_known(rounds.iter().map(|round| round.filled.before_mb)),
            arrived_mb: spread(&|round| round.arrived.resident_mb),
            fill_peak_mb: spread(&|round| round.arrived.peak_mb),
            resting_mb: spread(&|round| round.resting.resident_mb),
            resting_bytes_per_lead: spread(&|round| round.resting.resident_mb * MB / count),
            resting_rest_mb: spread(&|round| round.resting.anonymous_mb - counted(&round.resting)),
            serving_s: spread(&|round| round.serving_s),
            restarted_mb: spread(&|round| round.restarted.resident_mb),
            restart_peak_mb: spread(&|round| round.restarted.peak_mb),
            touched_mb: spread(&|round| round.touched.resident_mb),
            disk_bytes_per_lead: spread(&|round| float(round.disk_bytes) / count),
            cold_reports_per_s: spread(&|round| round.cold.per_s),
            cold_p50_ms: spread(&|round| round.cold.p50_ms),
            cold_p99_ms: spread(&|round| round.cold.p99_ms),
            yardsticks: Yardsticks {
                warm: Warm {
                    reports_per_s: spread(&|round| round.warm.per_s),
                    p50_ms: spread(&|round| round.warm.p50_ms),
                    p99_ms: spread(&|round| round.warm.p99_ms),
                },
            },
            resting_parts: rounds
                .into_iter()
                .next()
                .map_or(Vec::new(), |first| first.resting.parts),
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for size in &self.sizes {
            size.fmt(f)?;
        }
        if self.sizes.len() < 2 {
            return Ok(());
        }
        writeln!(f, "cost as work grows")?;
        writeln!(
            f,
            "  {:>9} {:>11} {:>11} {:>9} {:>11} {:>9} {:>9}",
            "leads", "bytes/lead", "disk/lead", "open s", "reports/s", "p99 ms", "warm p99"
        )?;
        for size in &self.sizes {
            writeln!(
                f,
                "  {:>9} {:>11.0} {:>11.0} {:>9.2} {:>11.0} {:>9.2} {:>9.2}",
                size.leads,
                size.resting_bytes_per_lead.median,
                size.disk_bytes_per_lead.median,
                size.serving_s.median,
                size.cold_reports_per_s.median,
                size.cold_p99_ms.median,
                size.yardsticks.warm.p99_ms.median,
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} leads at their first call", self.leads)?;
        if let Some(before) = &self.before_mb {
            writeln!(f, "{}", before.row("memory without leads", 0, "MB"))?;
        }
        let rows = [
            self.import_s.row("imported after", 1, "s"),
            self.arrive_s.row("at the call after", 1, "s"),
            self.arrived_mb.row("memory then", 0, "MB"),
            self.fill_peak_mb.row("peak until then", 0, "MB"),
            self.resting_mb.row("memory at rest", 0, "MB"),
            self.resting_bytes_per_lead.row("a lead at rest", 0, "bytes"),
        ];
        for row in rows {
            writeln!(f, "{row}")?;
        }
        for part in &self.resting_parts {
            #[expect(clippy::cast_precision_loss, reason = "a figure for people to read")]
            let mb = part.bytes as f64 / MB;
            writeln!(f, "    {:<24} {mb:>12.1} MB", part.name)?;
        }
        let rows = [
            self.resting_rest_mb.row("  uncounted", 1, "MB"),
            self.disk_bytes_per_lead.row("disk a lead", 0, "bytes"),
            self.serving_s.row("serving after a kill", 2, "s"),
            self.restarted_mb.row("memory then", 0, "MB"),
            self.restart_peak_mb.row("peak until then", 0, "MB"),
            self.touched_mb.row("memory after reports", 0, "MB"),
            self.cold_reports_per_s.row("reports/s, cold leads", 0, ""),
            self.yardsticks.warm.reports_per_s.row("the same leads again", 0, ""),
            self.cold_p50_ms.row("answer p50, cold", 2, "ms"),
            self.cold_p99_ms.row("answer p99, cold", 2, "ms"),
            self.yardsticks.warm.p50_ms.row("answer p50, again", 2, "ms"),
            self.yardsticks.warm.p99_ms.row("answer p99, again", 2, "ms"),
        ];
        for row in rows {
            writeln!(f, "{row}")?;
        }
        Ok(())
    }
}
