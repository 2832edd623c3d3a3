//! Reports with a fixed number of them in flight: whoever is answered asks again.

use std::{cell::RefCell, rc::Rc, time::Instant};

use anyhow::Context as _;
use branchline_domain::id::{CallId, LeadId};
use branchline_engine::{
    EngineHandle,
    command::{CallAction, Caller},
};

use super::Args;
use crate::{latency::Latency, outcome::outcome, process};

/// Reports a lead needs to reach its end.
pub(crate) const CALLS: u32 = 2;

/// What driving the leads took.
pub(super) struct Measured {
    pub(super) seconds: f64,
    pub(super) cpu_ms: Option<f64>,
    pub(super) latency: Latency,
}

/// Takes every lead through both calls.
pub(super) async fn drive(
    engine: &EngineHandle,
    leads: &[LeadId],
    args: &Args,
) -> anyhow::Result<Measured> {
    let bulk = usize::try_from(args.bulk)?;
    let in_flight = usize::try_from(args.in_flight)?;
    let workers = in_flight.div_ceil(bulk).max(1);
    let groups: Vec<Vec<LeadId>> = leads.chunks(bulk).map(<[LeadId]>::to_vec).collect();
    let queue = Rc::new(RefCell::new(groups.into_iter()));
    let cpu_before = process::cpu_ms();
    let began = Instant::now();
    let local = tokio::task::LocalSet::new();
    let mut waits = Vec::new();
    local
        .run_until(async {
            let mut tasks = tokio::task::JoinSet::new();
            for _ in 0..workers {
                let (engine, queue, seed) = (engine.clone(), Rc::clone(&queue), args.seed);
                tasks.spawn_local(async move {
                    let mut waits = Vec::new();
                    loop {
                        let group = queue.borrow_mut().next();
                        let Some(group) = group else { return anyhow::Ok(waits) };
                        for call in 1..=CALLS {
                            let asked = Instant::now();
                            report(&engine, &group, call, seed).await?;
                            waits.extend(group.iter().map(|_| asked.elapsed()));
                        }
                    }
                });
            }
            while let Some(done) = tasks.join_next().await {
                waits.extend(done.context("a driver stopped")??);
            }
            anyhow::Ok(())
        })
        .await?;
    let seconds = began.elapsed().as_secs_f64();
    let cpu_ms = process::cpu_ms().zip(cpu_before).map(|(after, before)| after - before);
    Ok(Measured { seconds, cpu_ms, latency: Latency::of(waits) })
}

/// Reports the outcome of this call of these leads, in one command.
pub(super) async fn report(
    engine: &EngineHandle,
    leads: &[LeadId],
    call: u32,
    seed: u64,
) -> anyhow::Result<()> {
    let caller = Caller::host();
    let item = |lead: LeadId| {
        (CallId { lead, number: call }, CallAction::Report(outcome(seed, lead, call)))
    };
    if let [lead] = leads {
        let (call, action) = item(*lead);
        anyhow::ensure!(engine.tell_of_call(&caller, call, action).await?.accepted);
        return Ok(());
    }
    for answer in engine.tell_of_calls(&caller, leads.iter().copied().map(item).collect()).await? {
        anyhow::ensure!(answer?.accepted);
    }
    Ok(())
}
