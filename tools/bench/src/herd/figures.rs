//! What the passes of the herd add up to, as a table and as JSON.

use std::fmt;

use serde::Serialize;

use super::{
    Pass,
    args::{HerdArgs, Phase, Then},
    audit::Audit,
    drain::Sample,
    steady::Waits,
};
use crate::spread::Spread;

/// Rows of the course of a drain in the table.
const COURSE_ROWS: usize = 12;

/// What was measured. Field names are the benchmark's interface.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    benchmark: &'static str,
    leads: u32,
    then: Then,
    rounds: u32,
    others_per_s: u32,
    reads_per_s: u32,
    phases: Vec<OfPhase>,
}

/// The passes of one phase.
#[derive(Debug, Serialize)]
struct OfPhase {
    phase: Phase,
    /// Of a process that was killed on the way: what its successor had left.
    waiting: Spread,
    open_s: Spread,
    seconds: Spread,
    releases_per_s: Spread,
    cpu_ms_per_release: Spread,
    parked_rss_mb: Spread,
    peak_rss_mb: Spread,
    live_actors_max: Spread,
    reports_beside: OfWaits,
    reads_beside: OfWaits,
    yardsticks: Yardsticks,
    audits: Vec<Audit>,
    /// Of the last pass.
    course: Vec<Sample>,
}

#[derive(Debug, Serialize)]
struct Yardsticks {
    journal_alone: JournalAlone,
    /// The same other work before the herd; without figures where the herd was there first.
    reports_without_herd: OfWaits,
    reads_without_herd: OfWaits,
}

/// The same records through the writer: no actors, no rules.
#[derive(Debug, Serialize)]
struct JournalAlone {
    records_per_s: Spread,
    /// The releases a second as a part of that.
    ratio: Spread,
}

/// How long answers took.
#[derive(Debug, Serialize)]
struct OfWaits {
    answers: Spread,
    refused: Spread,
    p50_ms: Spread,
    p99_ms: Spread,
    max_ms: Spread,
}

impl OfWaits {
    #[expect(clippy::cast_precision_loss, reason = "a figure for people to read")]
    fn of(waits: &[&Waits]) -> Self {
        let spread = |of: fn(&Waits) -> f64| Spread::of(waits.iter().map(|one| of(one)).collect());
        let asked = waits.iter().filter(|one| one.answers > 0);
        let asked: Vec<&Waits> = asked.copied().collect();
        let spread_asked =
            |of: fn(&Waits) -> f64| Spread::of(asked.iter().map(|one| of(one)).collect());
        Self {
            answers: spread(|one| one.answers as f64),
            refused: spread(|one| one.refused as f64),
            p50_ms: spread_asked(|one| one.p50_ms),
            p99_ms: spread_asked(|one| one.p99_ms),
            max_ms: spread_asked(|one| one.max_ms),
        }
    }
}

impl OfPhase {
    #[expect(clippy::cast_precision_loss, reason = "a figure for people to read")]
    fn of(phase: Phase, passes: &[&Pass]) -> Self {
        let spread =
            |of: fn(&Pass) -> f64| Spread::of(passes.iter().map(|pass| of(pass)).collect());
        let waits = |of: fn(&Pass) -> &Waits| {
            OfWaits::of(&passes.iter().map(|pass| of(pass)).collect::<Vec<_>>())
        };
        let rate = |pass: &Pass| pass.drained.waiting as f64 / pass.drained.seconds;
        Self {
            phase,
            waiting: spread(|pass| pass.drained.waiting as f64),
            open_s: spread(|pass| pass.drained.open_s),
            seconds: spread(|pass| pass.drained.seconds),
            releases_per_s: Spread::of(passes.iter().map(|pass| rate(pass)).collect()),
            cpu_ms_per_release: spread(|pass| {
                pass.drained.cpu_s * 1_000.0 / pass.drained.waiting as f64
            }),
            parked_rss_mb: spread(|pass| pass.drained.parked_rss_mb),
            peak_rss_mb: spread(|pass| pass.drained.peak_rss_mb),
            live_actors_max: spread(|pass| pass.drained.live_actors_max as f64),
            reports_beside: waits(|pass| &pass.drained.beside.reports),
            reads_beside: waits(|pass| &pass.drained.beside.reads),
            yardsticks: Yardsticks {
                journal_alone: JournalAlone {
                    records_per_s: spread(|pass| pass.alone_per_s),
                    ratio: Spread::of(
                        passes.iter().map(|pass| rate(pass) / pass.alone_per_s).collect(),
                    ),
                },
                reports_without_herd: waits(|pass| &pass.drained.alone.reports),
                reads_without_herd: waits(|pass| &pass.drained.alone.reads),
            },
            audits: passes.iter().map(|pass| pass.audit).collect(),
            course: passes.last().map_or_else(Vec::new, |pass| pass.drained.samples.clone()),
        }
    }
}

impl Figures {
    pub(super) fn of(args: &HerdArgs, passes: &[Pass]) -> Self {
        let of_phase = |&phase: &Phase| {
            let passes: Vec<&Pass> = passes.iter().filter(|pass| pass.phase == phase).collect();
            OfPhase::of(phase, &passes)
        };
        Self {
            benchmark: "herd",
            leads: args.leads,
            then: args.then,
            rounds: args.rounds,
            others_per_s: args.load.others_per_s,
            reads_per_s: args.load.reads_per_s,
            phases: args.phases.iter().map(of_phase).collect(),
        }
    }

    /// # Errors
    ///
    /// When a lead did not leave the wait exactly once and in time.
    pub(super) fn ensure_sound(&self) -> anyhow::Result<()> {
        for phase in &self.phases {
            for audit in &phase.audits {
                anyhow::ensure!(audit.is_sound(self.leads), "{:?}: {audit:?}", phase.phase);
            }
        }
        Ok(())
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { leads, others_per_s, reads_per_s, .. } = self;
        writeln!(
            f,
            "{leads} leads wait until the same second; beside them {others_per_s} reports and \
             {reads_per_s} reads a second"
        )?;
        self.phases.iter().try_for_each(|phase| phase.table(*leads, f))
    }
}

impl OfPhase {
    fn table(&self, leads: u32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let title = match self.phase {
            Phase::Timers => "their wait ends",
            Phase::Resume => "their wait ended in a pause, and the workflow is resumed",
            Phase::Restart => "the process is killed on the way, and started again",
        };
        writeln!(f, "\n{title}")?;
        let alone = &self.yardsticks.journal_alone;
        for (spread, name, decimals, unit) in [
            (&self.open_s, "until it serves", 2, "s"),
            (&self.waiting, "leads that wait", 0, ""),
            (&self.seconds, "until all are released", 2, "s"),
            (&self.releases_per_s, "releases/s", 0, ""),
            (&alone.records_per_s, "the journal alone", 0, "/s"),
            (&alone.ratio, "of the journal alone", 2, ""),
            (&self.cpu_ms_per_release, "processor a release", 4, "ms"),
            (&self.parked_rss_mb, "memory, waiting", 0, "MB"),
            (&self.peak_rss_mb, "memory, most", 0, "MB"),
            (&self.live_actors_max, "lead actors, most", 0, ""),
        ] {
            writeln!(f, "{}", spread.row(name, decimals, unit))?;
        }
        for (name, waits) in [
            ("reports alone", &self.yardsticks.reports_without_herd),
            ("reports beside", &self.reports_beside),
            ("reads alone", &self.yardsticks.reads_without_herd),
            ("reads beside", &self.reads_beside),
        ] {
            writeln!(f, "{}", waits.p50_ms.row(&format!("{name} p50"), 2, "ms"))?;
            writeln!(f, "{}", waits.p99_ms.row(&format!("{name} p99"), 2, "ms"))?;
            writeln!(f, "{}", waits.max_ms.row(&format!("{name} max"), 1, "ms"))?;
            writeln!(f, "{}", waits.refused.row(&format!("{name} refused"), 0, ""))?;
        }
        writeln!(f, "        s   released     live actors       MB")?;
        for sample in self.course.iter().step_by(self.course.len().div_ceil(COURSE_ROWS).max(1)) {
            let Sample { s, released, live_actors, rss_mb } = sample;
            writeln!(f, "  {s:>7.2} {released:>10} {live_actors:>15} {rss_mb:>8.0}")?;
        }
        let sound = self.audits.iter().filter(|audit| audit.is_sound(leads)).count();
        let passes = self.audits.len();
        writeln!(f, "  each lead left once, and none early: {sound} of {passes} passes")
    }
}
