//! The yardstick without HTTP: the same reports to an engine in this process.

use std::{
    cell::RefCell,
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use branchline_domain::{
    id::{CallId, LeadId},
    lead::CallReport,
    time::Timestamp,
};
use branchline_engine::{EngineHandle, command::Caller};

use crate::{
    campaign::{CALLS, House},
    latency::Latency,
    outcome::outcome,
    process,
};

/// What it took.
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) seconds: f64,
    pub(super) latency: Latency,
    /// Of engine and driver together.
    pub(super) cpu_ms: Option<f64>,
}

/// Takes leads through their calls with a fixed number of reports in flight.
pub(super) fn measure(leads: u32, in_flight: usize, seed: u64) -> anyhow::Result<Measured> {
    let house = House::open(leads, in_flight)?;
    let local = tokio::task::LocalSet::new();
    let measured = local.block_on(&house.runtime, async {
        let queue = Rc::new(RefCell::new(house.leads.clone().into_iter()));
        let before = process::cpu_ms();
        let began = Instant::now();
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..in_flight {
            tasks.spawn_local(report_all(house.handle.clone(), Rc::clone(&queue), seed));
        }
        let mut waits = Vec::new();
        while let Some(done) = tasks.join_next().await {
            waits.extend(done.context("a driver stopped")??);
        }
        let seconds = began.elapsed().as_secs_f64();
        let cpu_ms = process::cpu_ms().zip(before).map(|(after, before)| after - before);
        anyhow::Ok(Measured { seconds, latency: Latency::of(waits), cpu_ms })
    })?;
    house.ensure_all_final()?;
    Ok(measured)
}

async fn report_all(
    engine: EngineHandle,
    queue: Rc<RefCell<std::vec::IntoIter<LeadId>>>,
    seed: u64,
) -> anyhow::Result<Vec<Duration>> {
    let caller = Caller::host();
    let mut waits = Vec::new();
    loop {
        let lead = queue.borrow_mut().next();
        let Some(lead) = lead else { return Ok(waits) };
        for number in 1..=CALLS {
            let report = CallReport {
                occurred_at: Some(Timestamp::from_micros(1_772_357_400_000_000)),
                end_reason: Some("normal_clearing".into()),
                ..outcome(seed, lead, number)
            };
            let asked = Instant::now();
            let answer = engine.report_call_status(&caller, CallId { lead, number }, report);
            anyhow::ensure!(answer.await?.accepted, "a report was not accepted");
            waits.push(asked.elapsed());
        }
    }
}
