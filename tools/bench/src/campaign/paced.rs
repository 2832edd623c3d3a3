//! Reports that come by a schedule, whoever waits: as callers and carriers do it.
//!
//! Each wait counts from the instant at which its report was due, not from when it was sent. A driver
//! that asks only after it was answered asks less while the engine stands still, and so hides just the
//! waits that matter ("coordinated omission").

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use tokio::sync::mpsc;

use super::{drive::report, house::House};
use crate::latency::Latency;

/// Evenly spaced arrivals; the first one is due at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    per_s: f64,
}

impl Schedule {
    pub(super) const fn new(per_s: f64) -> Self {
        Self { per_s }
    }

    /// When this arrival is due, from the beginning.
    fn due(self, number: u64) -> Duration {
        Duration::try_from_secs_f64(approximate(number) / self.per_s).unwrap_or(Duration::MAX)
    }

    /// How many arrivals are due when this much time has passed.
    fn arrived(self, elapsed: Duration) -> u64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "time and rate are positive, and no benchmark runs for years"
        )]
        let mut arrived = (elapsed.as_secs_f64() * self.per_s) as u64;
        // Instants are whole nanoseconds: what falls due this very instant has come.
        while self.due(arrived) <= elapsed {
            arrived += 1;
        }
        arrived
    }

    /// Leads that fill this many seconds with two reports each.
    pub(super) fn leads(self, seconds: u32) -> u32 {
        let leads = (self.per_s * f64::from(seconds) / 2.0).ceil().clamp(1.0, 1e7);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped in the line above"
        )]
        let leads = leads as u32;
        leads
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of reports are far below 2^52")]
fn approximate(number: u64) -> f64 {
    number as f64
}

/// What reports by a schedule took.
pub(super) struct Paced {
    /// Reports that were due in a second.
    pub(super) due_per_s: f64,
    /// Reports that were answered in a second, until the last answer. Less than what was due means
    /// that the engine did not keep up, and that the waits grew with the length of the run.
    pub(super) answered_per_s: f64,
    pub(super) latency: Latency,
}

/// Reports both calls of every lead, at this pace: the first ones of all leads, then the second ones.
pub(super) fn paced(house: &House, schedule: Schedule, seed: u64) -> anyhow::Result<Paced> {
    let leads = u64::try_from(house.leads.len())?;
    let reports = leads * 2;
    let (sender, mut arrivals) = mpsc::unbounded_channel();
    let began = Instant::now();
    let pacer = thread::Builder::new()
        .name("pacer".into())
        .spawn(move || pace(schedule, reports, began, &sender))?;
    let local = tokio::task::LocalSet::new();
    let driven = local.run_until(async {
        let mut tasks = tokio::task::JoinSet::new();
        let mut sent = 0;
        while let Some(due) = arrivals.recv().await {
            for number in sent..due {
                let lead = usize::try_from(number % leads)?;
                let lead = *house.leads.get(lead).context("a lead for each report")?;
                let (engine, call) = (house.handle.clone(), if number < leads { 1 } else { 2 });
                tasks.spawn_local(async move {
                    report(&engine, &[lead], call, seed).await?;
                    anyhow::Ok(began.elapsed().saturating_sub(schedule.due(number)))
                });
            }
            sent = due;
        }
        let mut waits = Vec::new();
        while let Some(done) = tasks.join_next().await {
            waits.push(done.context("a driver stopped")??);
        }
        anyhow::Ok(waits)
    });
    let waits = house.runtime.block_on(driven)?;
    let seconds = began.elapsed().as_secs_f64();
    pacer.join().map_err(|_| anyhow::anyhow!("the pacer panicked"))?;
    house.ensure_all_final()?;
    Ok(Paced {
        due_per_s: schedule.per_s,
        answered_per_s: approximate(reports) / seconds,
        latency: Latency::of(waits),
    })
}

/// Tells how many reports are due, each time that it is more. A thread of its own: tokio's timers are
/// a millisecond coarse, which is more than an answer takes.
fn pace(schedule: Schedule, reports: u64, began: Instant, arrivals: &mpsc::UnboundedSender<u64>) {
    let mut sent = 0;
    while sent < reports {
        let due = schedule.arrived(began.elapsed()).min(reports);
        if due > sent {
            sent = due;
            if arrivals.send(due).is_err() {
                return;
            }
        } else {
            thread::sleep(schedule.due(sent).saturating_sub(began.elapsed()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A_MS: Duration = Duration::from_millis(1);

    #[test]
    fn arrivals_are_evenly_spaced_from_the_beginning_on() {
        let schedule = Schedule::new(1_000.0);
        assert_eq!(schedule.due(0), Duration::ZERO);
        assert_eq!(schedule.due(5), 5 * A_MS);
        assert_eq!(schedule.arrived(Duration::ZERO), 1);
        assert_eq!(schedule.arrived(Duration::from_nanos(4_999_999)), 5);
        assert_eq!(schedule.arrived(5 * A_MS), 6);
    }

    #[test]
    fn an_arrival_has_come_exactly_when_it_is_due() {
        for per_s in [3.0, 777.7, 31_234.5, 1e6] {
            let schedule = Schedule::new(per_s);
            for number in (0..50).chain(100_000..100_050) {
                let due = schedule.due(number);
                assert_eq!(schedule.arrived(due), number + 1, "{per_s} a second, {number}");
                let before = due.saturating_sub(Duration::from_nanos(1));
                assert!(number == 0 || schedule.arrived(before) == number, "{per_s}, {number}");
            }
        }
    }

    #[test]
    fn leads_fill_the_time_with_two_reports_each() {
        assert_eq!(Schedule::new(30_000.0).leads(2), 30_000);
        assert_eq!(Schedule::new(3.0).leads(1), 2);
        assert_eq!(Schedule::new(0.1).leads(1), 1);
    }

    #[test]
    fn the_pacer_tells_every_report_and_none_too_early() {
        let schedule = Schedule::new(20_000.0);
        let (sender, mut arrivals) = mpsc::unbounded_channel();
        let began = Instant::now();
        let pacer = thread::spawn(move || pace(schedule, 200, began, &sender));
        let mut last = 0;
        while let Some(due) = arrivals.blocking_recv() {
            assert!(due > last && schedule.due(due - 1) <= began.elapsed());
            last = due;
        }
        pacer.join().unwrap();
        assert_eq!(last, 200);
    }
}
