//! Work beside the herd, in an open loop: each request has its time, and its wait is counted from
//! then, whether those before it are answered or not.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use branchline_domain::{
    call_status::CallStatus,
    id::{CallId, LeadId, OrganisationId, WorkflowId},
    lead::CallReport,
};
use branchline_engine::{
    EngineHandle,
    command::{CallAction, Caller},
};
use serde::{Deserialize, Serialize};

use super::args::LoadArgs;
use crate::latency::Latency;

/// Calls of a lead that are reported.
const CALLS: u32 = 2;

/// How long answers took. Names are the benchmark's interface.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Waits {
    pub(super) answers: usize,
    /// Busy, or reads that were too far behind.
    pub(super) refused: usize,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    pub(super) max_ms: f64,
}

/// What was asked of the engine in one stretch of time.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Beside {
    pub(super) reports: Waits,
    pub(super) reads: Waits,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Report,
    Read,
}

/// One answer: what, when it was to be asked for, and how long it took from then; no wait when it
/// was refused.
type Answer = (Kind, Instant, Option<Duration>);

/// Requests under way from a thread of their own, until it is told to stop.
pub(super) struct Steady {
    stop: Arc<AtomicBool>,
    /// Reports asked for so far.
    pub(super) asked: Arc<AtomicU32>,
    thread: thread::JoinHandle<anyhow::Result<Vec<Answer>>>,
}

impl Steady {
    /// Begins with the report of this number: a process that was killed goes on after its own.
    pub(super) fn start(
        engine: EngineHandle,
        load: &LoadArgs,
        herd: WorkflowId,
        others: Vec<LeadId>,
        skip: u32,
    ) -> anyhow::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let asked = Arc::new(AtomicU32::new(skip));
        let (others_per_s, reads_per_s) = (load.others_per_s, load.reads_per_s);
        let (stopped, counted) = (Arc::clone(&stop), Arc::clone(&asked));
        let thread = thread::Builder::new().name("steady".into()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
            let answers = Rc::new(RefCell::new(Vec::new()));
            let others = Rc::new(others);
            let local = tokio::task::LocalSet::new();
            local.spawn_local(pace(reads_per_s, 0, {
                let (engine, answers, others) =
                    (engine.clone(), Rc::clone(&answers), Rc::clone(&others));
                move |number, at| {
                    let (engine, answers) = (engine.clone(), Rc::clone(&answers));
                    let lead = others.get(number as usize % others.len().max(1)).copied();
                    tokio::task::spawn_local(async move {
                        let read = read(&engine, herd, lead, number).await;
                        answers.borrow_mut().push((Kind::Read, at, read.then(|| at.elapsed())));
                    });
                }
            }));
            let kept = Rc::clone(&answers);
            local.spawn_local(pace(others_per_s, skip, move |number, at| {
                counted.store(number + 1, Ordering::Relaxed);
                let (engine, answers) = (engine.clone(), Rc::clone(&kept));
                let length = u32::try_from(others.len()).unwrap_or(u32::MAX).max(1);
                let call = 1 + number / length;
                let lead = others.get((number % length) as usize).copied();
                tokio::task::spawn_local(async move {
                    let Some(lead) = lead.filter(|_| call <= CALLS) else { return };
                    let told = report(&engine, CallId { lead, number: call }).await;
                    answers.borrow_mut().push((Kind::Report, at, told.then(|| at.elapsed())));
                });
            }));
            runtime.block_on(local.run_until(async {
                while !stopped.load(Ordering::Acquire) {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            }));
            Ok(answers.take())
        })?;
        Ok(Self { stop, asked, thread })
    }

    /// Stops asking, and gives the answers by when they were asked for.
    pub(super) fn stop(self) -> anyhow::Result<Answers> {
        self.stop.store(true, Ordering::Release);
        let answers = self.thread.join().ok().context("the other work panicked")??;
        anyhow::ensure!(!answers.is_empty(), "there was no other work");
        Ok(Answers(answers))
    }
}

/// All answers.
pub(super) struct Answers(Vec<Answer>);

impl Answers {
    /// Those that were to be asked for in this stretch.
    pub(super) fn between(&self, from: Instant, until: Instant) -> Beside {
        let waits = |wanted: Kind| {
            let answers =
                self.0.iter().filter(|(kind, at, _)| *kind == wanted && (from..until).contains(at));
            let waits: Vec<Option<Duration>> = answers.map(|&(_, _, wait)| wait).collect();
            let refused = waits.iter().filter(|wait| wait.is_none()).count();
            let answered: Vec<Duration> = waits.into_iter().flatten().collect();
            let answers = answered.len();
            let latency = Latency::of(answered);
            Waits {
                answers,
                refused,
                p50_ms: latency.per_mille_ms(500),
                p99_ms: latency.per_mille_ms(990),
                max_ms: latency.per_mille_ms(1_000),
            }
        };
        Beside { reports: waits(Kind::Report), reads: waits(Kind::Read) }
    }
}

/// Calls `ask` at fixed times for ever, with the number and the time that it was to be called at.
async fn pace(per_s: u32, first: u32, mut ask: impl FnMut(u32, Instant)) {
    let began = Instant::now();
    for number in 0_u32.. {
        let at = began + Duration::from_secs(1) * number / per_s;
        tokio::time::sleep_until(at.into()).await;
        ask(first + number, at);
    }
}

/// The end of a call. False when the engine was busy.
async fn report(engine: &EngineHandle, call: CallId) -> bool {
    let report = CallReport {
        status: CallStatus::Completed,
        occurred_at: None,
        end_reason: None,
        attributes: BTreeMap::new(),
        provider_ref: None,
        heard: None,
    };
    let told = engine.tell_of_call(&Caller::host(), call, CallAction::Report(report)).await;
    told.is_ok_and(|answer| answer.accepted)
}

/// Counts of the herd's workflow, or the story of one lead. False when reads were too far behind.
async fn read(engine: &EngineHandle, herd: WorkflowId, lead: Option<LeadId>, number: u32) -> bool {
    match lead.filter(|_| number % 2 == 1) {
        Some(lead) => engine.lead(OrganisationId::DEFAULT, lead).await.is_ok(),
        None => engine.read(|models| models.counts(herd).by_status.active).await.is_ok(),
    }
}
