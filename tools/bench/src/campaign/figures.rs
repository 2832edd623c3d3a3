//! The campaign's figures over all rounds, as JSON and as a table.

use std::fmt;

use serde::Serialize;

use super::{
    Args,
    paced::Paced,
    round::{Round, YardstickRuns},
};
use crate::{
    spread::Spread,
    yardstick::{
        loops::Driven,
        postgres::{PostgresRun, Skipped},
    },
};

/// What was measured. Field names are the benchmark's interface.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    benchmark: &'static str,
    leads: u32,
    in_flight: u32,
    bulk: u32,
    rounds: u32,
    transitions_per_s: Spread,
    p50_ms: Spread,
    p99_ms: Spread,
    /// With the driver's part. The kernel counts in steps of ten milliseconds.
    cpu_ms_per_lead: Option<Spread>,
    /// Of the whole process, the driver with it. Later rounds include what the allocator keeps of
    /// earlier ones.
    rss_mb: Option<Spread>,
    disk_bytes_per_lead: Spread,
    records_per_lead: Spread,
    /// At half of each round's rate, each wait from the instant at which its report was due.
    #[serde(skip_serializing_if = "Option::is_none")]
    paced: Option<PacedFigures>,
    #[serde(skip_serializing_if = "Option::is_none")]
    yardsticks: Option<Yardsticks>,
}

#[derive(Debug, Serialize)]
struct PacedFigures {
    due_per_s: Spread,
    answered_per_s: Spread,
    p50_ms: Spread,
    p99_ms: Spread,
    max_ms: Spread,
    /// p99 as a multiple of the journal alone's p50, round by round.
    p99_per_journal_alone_p50: Spread,
}

#[derive(Debug, Serialize)]
struct Yardsticks {
    /// The same records, already encoded, through the writer: no actors, no rules.
    journal_alone: RecordsFigures,
    /// The same records, a group appended to one file and synced while the next one gathers.
    plain_file: RecordsFigures,
    disk_sync: SyncFigures,
    /// The same decisions in memory, on one thread.
    bare_decider: DeciderFigures,
    postgres_app: PostgresFigures,
    postgres_cte: PostgresFigures,
}

#[derive(Debug, Serialize)]
struct RecordsFigures {
    records_per_s: Spread,
    p50_ms: Spread,
    p99_ms: Spread,
    /// The engine's rate as a part of this one, round by round. A transition is one record.
    ratio: Spread,
}

#[derive(Debug, Serialize)]
struct SyncFigures {
    /// One write of 4 KiB and fdatasync.
    median_ms: Spread,
}

#[derive(Debug, Serialize)]
struct DeciderFigures {
    transitions_per_s: Spread,
    ratio: Spread,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum PostgresFigures {
    Measured {
        connections: u32,
        transitions_per_s: Spread,
        /// The engine's rate as a multiple of this one, round by round.
        ratio: Spread,
        mean_ms: Spread,
        p99_ms: Spread,
        /// Of the server's processes; the driver's are not counted.
        cpu_ms_per_lead: Option<Spread>,
    },
    Skipped {
        skipped: String,
    },
}

impl Figures {
    /// Of these rounds.
    pub(super) fn of(args: &Args, rounds: &[Round], skipped: Option<&Skipped>) -> Self {
        let spread = |of: fn(&Round) -> f64| Spread::of(rounds.iter().map(of).collect());
        let known = |of: fn(&Round) -> Option<f64>| Spread::of_known(rounds.iter().map(of));
        Self {
            benchmark: "campaign",
            leads: args.leads,
            in_flight: args.in_flight,
            bulk: args.bulk,
            rounds: args.rounds,
            transitions_per_s: spread(|round| round.engine.transitions_per_s),
            p50_ms: spread(|round| round.engine.measured.latency.per_mille_ms(500)),
            p99_ms: spread(|round| round.engine.measured.latency.per_mille_ms(990)),
            cpu_ms_per_lead: known(|round| round.engine.cpu_ms_per_lead),
            rss_mb: known(|round| round.engine.rss_mb),
            disk_bytes_per_lead: spread(|round| round.engine.disk_bytes_per_lead),
            records_per_lead: spread(|round| round.engine.records_per_lead),
            paced: PacedFigures::of(rounds),
            yardsticks: Yardsticks::of(rounds, skipped),
        }
    }
}

impl PacedFigures {
    fn of(rounds: &[Round]) -> Option<Self> {
        let known = |of: fn(&Paced) -> f64| {
            Spread::of_known(rounds.iter().map(|round| round.paced.as_ref().map(of)))
        };
        let against = rounds.iter().map(|round| {
            let (paced, yardsticks) = (round.paced.as_ref()?, round.yardsticks.as_ref()?);
            let alone_ms = yardsticks.journal_alone.latency.per_mille_ms(500);
            Some(paced.latency.per_mille_ms(990) / alone_ms)
        });
        Some(Self {
            due_per_s: known(|paced| paced.due_per_s)?,
            answered_per_s: known(|paced| paced.answered_per_s)?,
            p50_ms: known(|paced| paced.latency.per_mille_ms(500))?,
            p99_ms: known(|paced| paced.latency.per_mille_ms(990))?,
            max_ms: known(|paced| paced.latency.per_mille_ms(1_000))?,
            p99_per_journal_alone_p50: Spread::of_known(against)?,
        })
    }
}

impl Yardsticks {
    fn of(rounds: &[Round], skipped: Option<&Skipped>) -> Option<Self> {
        let runs: Vec<(f64, &YardstickRuns)> = rounds
            .iter()
            .filter_map(|round| Some((round.engine.transitions_per_s, round.yardsticks.as_ref()?)))
            .collect();
        if runs.is_empty() {
            return None;
        }
        let spread =
            |of: &dyn Fn(&(f64, &YardstickRuns)) -> f64| Spread::of(runs.iter().map(of).collect());
        let records = |of: fn(&YardstickRuns) -> &Driven| RecordsFigures {
            records_per_s: spread(&|(_, run)| of(run).per_s()),
            p50_ms: spread(&|(_, run)| of(run).latency.per_mille_ms(500)),
            p99_ms: spread(&|(_, run)| of(run).latency.per_mille_ms(990)),
            ratio: spread(&|(engine, run)| engine / of(run).per_s()),
        };
        let postgres = |style: usize| {
            let runs: Vec<(f64, &PostgresRun)> = runs
                .iter()
                .filter_map(|(engine, run)| Some((*engine, run.postgres.as_ref()?.get(style)?)))
                .collect();
            PostgresFigures::of(&runs, skipped)
        };
        Some(Self {
            journal_alone: records(|run| &run.journal_alone),
            plain_file: records(|run| &run.plain_file),
            disk_sync: SyncFigures { median_ms: spread(&|(_, run)| run.disk_sync_ms) },
            bare_decider: DeciderFigures {
                transitions_per_s: spread(&|(_, run)| run.bare_decider_per_s),
                ratio: spread(&|(engine, run)| engine / run.bare_decider_per_s),
            },
            postgres_app: postgres(0),
            postgres_cte: postgres(1),
        })
    }
}

impl PostgresFigures {
    fn of(runs: &[(f64, &PostgresRun)], skipped: Option<&Skipped>) -> Self {
        let Some((_, first)) = runs.first() else {
            return Self::Skipped { skipped: skipped.map_or_else(String::new, Skipped::to_string) };
        };
        let spread =
            |of: fn(&(f64, &PostgresRun)) -> f64| Spread::of(runs.iter().map(of).collect());
        Self::Measured {
            connections: first.connections,
            transitions_per_s: spread(|(_, run)| run.transitions_per_s),
            ratio: spread(|(engine, run)| engine / run.transitions_per_s),
            mean_ms: spread(|(_, run)| run.latency.mean_ms()),
            p99_ms: spread(|(_, run)| run.latency.per_mille_ms(990)),
            cpu_ms_per_lead: Spread::of_known(runs.iter().map(|(_, run)| run.cpu_ms_per_lead)),
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { leads, in_flight, bulk, rounds, .. } = self;
        writeln!(
            f,
            "{leads} leads, {in_flight} reports in flight, {bulk} a command; median of {rounds} rounds"
        )?;
        writeln!(f, "{}", self.transitions_per_s.row("transitions", 0, "a s"))?;
        writeln!(f, "{}", self.p50_ms.row("  answer p50", 3, "ms"))?;
        writeln!(f, "{}", self.p99_ms.row("  answer p99", 3, "ms"))?;
        if let Some(cpu) = &self.cpu_ms_per_lead {
            writeln!(f, "{}", cpu.row("  processor a lead", 4, "ms"))?;
        }
        if let Some(rss) = &self.rss_mb {
            writeln!(f, "{}", rss.row("  resident memory", 0, "MB"))?;
        }
        writeln!(f, "{}", self.disk_bytes_per_lead.row("  disk a lead", 0, "bytes"))?;
        writeln!(f, "{}", self.records_per_lead.row("  records a lead", 1, ""))?;
        if let Some(paced) = &self.paced {
            writeln!(f, "by schedule, at half of that rate; waits from when a report was due")?;
            writeln!(f, "{}", paced.due_per_s.row("reports due", 0, "a s"))?;
            writeln!(f, "{}", paced.answered_per_s.row("  answered", 0, "a s"))?;
            writeln!(f, "{}", paced.p50_ms.row("  answer p50", 3, "ms"))?;
            writeln!(f, "{}", paced.p99_ms.row("  answer p99", 3, "ms"))?;
            writeln!(f, "{}", paced.max_ms.row("  longest answer", 3, "ms"))?;
            let against = &paced.p99_per_journal_alone_p50;
            writeln!(f, "{}", against.row("  p99 / journal alone p50", 2, "x"))?;
        }
        self.yardsticks.as_ref().map_or(Ok(()), |yardsticks| write!(f, "{yardsticks}"))
    }
}

impl fmt::Display for Yardsticks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "yardsticks of the same rounds")?;
        for (name, records) in
            [("journal alone", &self.journal_alone), ("plain file", &self.plain_file)]
        {
            writeln!(f, "{}", records.records_per_s.row(name, 0, "a s"))?;
            writeln!(f, "{}", records.p50_ms.row("  answer p50", 3, "ms"))?;
            writeln!(f, "{}", records.p99_ms.row("  answer p99", 3, "ms"))?;
            writeln!(f, "{}", records.ratio.row("  engine / this", 2, "x"))?;
        }
        writeln!(f, "{}", self.disk_sync.median_ms.row("4 KiB write + fdatasync", 3, "ms"))?;
        writeln!(f, "{}", self.bare_decider.transitions_per_s.row("bare decider", 0, "a s"))?;
        writeln!(f, "{}", self.bare_decider.ratio.row("  engine / this", 3, "x"))?;
        for (name, figures) in [
            ("PostgreSQL, by hand", &self.postgres_app),
            ("PostgreSQL, one CTE", &self.postgres_cte),
        ] {
            match figures {
                PostgresFigures::Skipped { skipped } => {
                    writeln!(f, "  {name}: skipped, {skipped}")?;
                }
                PostgresFigures::Measured {
                    connections,
                    transitions_per_s,
                    ratio,
                    mean_ms,
                    p99_ms,
                    cpu_ms_per_lead,
                } => {
                    writeln!(f, "{}", transitions_per_s.row(name, 0, "a s"))?;
                    writeln!(f, "  {:<26} {connections:>12}", "  connections")?;
                    writeln!(f, "{}", mean_ms.row("  answer mean", 3, "ms"))?;
                    writeln!(f, "{}", p99_ms.row("  answer p99", 3, "ms"))?;
                    if let Some(cpu) = cpu_ms_per_lead {
                        writeln!(f, "{}", cpu.row("  processor a lead", 4, "ms"))?;
                    }
                    writeln!(f, "{}", ratio.row("  engine / this", 2, "x"))?;
                }
            }
        }
        Ok(())
    }
}
