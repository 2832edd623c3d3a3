//! The process that is measured: opens the journal, does the other work, and watches the herd pass.
//! It tells how far it is in lines of JSON, so that who started it can kill it on the way.

use std::{
    io::Write as _,
    path::Path,
    sync::{Arc, OnceLock, atomic::Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use branchline_domain::time::Timestamp;
use branchline_engine::{
    DataDirectory, Engine, EngineConfig, EngineHandle, EngineParts, UuidV7Ids,
    applications::Applications,
    command::{Caller, WorkflowAction},
    ports::{Clock, Phones},
};
use branchline_projections::LeadFilter;
use serde::{Deserialize, Serialize};

use super::{
    args::{DrainArgs, LoadArgs, Phase},
    stage::Staged,
    steady::{Beside, Steady},
};
use crate::process;

/// How often it is looked how far the herd is.
const LOOK: Duration = Duration::from_millis(50);
/// Reports after which a process that was killed may have been: its successor begins there.
const SKIP: u32 = 60_000;

/// How things stood at one moment of the drain.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Sample {
    /// Since the first lead could go.
    pub(super) s: f64,
    pub(super) released: u64,
    pub(super) live_actors: usize,
    pub(super) rss_mb: f64,
}

/// What one process measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Drained {
    /// From the start of the process until the engine served.
    pub(super) open_s: f64,
    /// Leads that waited then.
    pub(super) waiting: u64,
    /// Resident once it served and before anything was asked of it.
    pub(super) parked_rss_mb: f64,
    /// The other work without the herd.
    pub(super) alone: Beside,
    /// The other work during the herd.
    pub(super) beside: Beside,
    pub(super) seconds: f64,
    pub(super) cpu_s: f64,
    pub(super) peak_rss_mb: f64,
    pub(super) live_actors_max: usize,
    pub(super) samples: Vec<Sample>,
}

/// A line of the process.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Told {
    Sample(Sample),
    Done(Box<Drained>),
}

pub(crate) fn run(args: &DrainArgs) -> anyhow::Result<()> {
    let began = Instant::now();
    let staged = Staged::read(&args.data)?;
    let lead_in = Duration::from_secs(u64::from(args.load.alone_s));
    let due = staged.due();
    let shows = if args.rest {
        // Later than anything that the killed process recorded.
        due.plus_seconds(900)
    } else {
        due.plus_micros(-i64::try_from(lead_in.as_micros())?)
    };
    let clock = Arc::new(OtherHour { shows, began: OnceLock::new() });
    let engine = open(&args.data, Arc::clone(&clock) as _, &args.load)?;
    clock.start();
    let handle = engine.handle();
    let open_s = began.elapsed().as_secs_f64();
    let parked_rss_mb = process::rss_mb().unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let others = runtime.block_on(handle.read(|models| {
        let leads = models.matching_leads(staged.other_workflow, LeadFilter::default());
        leads.into_iter().map(|(lead, _)| lead).collect()
    }))?;
    let waiting = runtime.block_on(here(&handle, &staged))?;
    let skip = if args.rest { SKIP.min(staged.others / 2) } else { 0 };
    let steady = Steady::start(handle.clone(), &args.load, staged.workflow, others, skip)?;
    let steady_began = Instant::now();
    if !args.rest {
        runtime.block_on(lead_up(&handle, &staged, args, &clock))?;
    }
    let herd_began = Instant::now();
    let cpu_before = process::cpu_ms().unwrap_or_default();
    let samples = runtime.block_on(watch(&handle, &staged, herd_began))?;
    let herd_ended = Instant::now();
    let cpu_s = (process::cpu_ms().unwrap_or_default() - cpu_before) / 1_000.0;
    anyhow::ensure!(
        steady.asked.load(Ordering::Relaxed) < staged.others * 2,
        "the reports ran out before the herd had passed: ask for fewer a second"
    );
    let answers = steady.stop()?;
    let seconds = samples.last().map_or(0.0, |last| last.s);
    let drained = Drained {
        open_s,
        waiting,
        parked_rss_mb,
        alone: answers.between(steady_began, herd_began),
        beside: answers.between(herd_began, herd_ended),
        seconds,
        cpu_s,
        peak_rss_mb: samples.iter().map(|sample| sample.rss_mb).fold(0.0, f64::max),
        live_actors_max: samples.iter().map(|sample| sample.live_actors).max().unwrap_or(0),
        samples,
    };
    drop(handle);
    engine.shutdown();
    tell(&Told::Done(Box::new(drained)))
}

/// Real time, but of another hour, and only from when it is started: a journal may take its time to
/// open.
struct OtherHour {
    shows: Timestamp,
    began: OnceLock<Instant>,
}

impl OtherHour {
    fn start(&self) {
        self.began.get_or_init(Instant::now);
    }
}

impl Clock for OtherHour {
    fn now(&self) -> Timestamp {
        let since = self.began.get().map_or(Duration::ZERO, Instant::elapsed);
        self.shows.plus_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }

    fn until(&self, at: Timestamp) -> Duration {
        Duration::from_micros(u64::try_from(at.micros_since(self.now())).unwrap_or(0))
    }
}

fn open(data: &Path, clock: Arc<dyn Clock>, load: &LoadArgs) -> anyhow::Result<Engine> {
    let DataDirectory { store, vault } = DataDirectory::open(data)?;
    let mut config = EngineConfig::embedded();
    config.drain_per_s = load.drain_per_s.unwrap_or(config.drain_per_s);
    config.sweep_in_flight = load.sweep_in_flight.unwrap_or(config.sweep_in_flight);
    config.lead_actors_max = load.lead_actors_max.unwrap_or(config.lead_actors_max);
    let engine = Engine::start(EngineParts {
        store,
        vault,
        ids: Arc::new(UuidV7Ids::new(Arc::clone(&clock))),
        clock,
        phones: Phones::External,
        applications: Applications::default(),
        config,
    })?;
    Ok(engine)
}

/// Lets the other work run alone until the herd may go.
async fn lead_up(
    engine: &EngineHandle,
    staged: &Staged,
    args: &DrainArgs,
    clock: &OtherHour,
) -> anyhow::Result<()> {
    let caller = Caller::host();
    let workflow = staged.workflow;
    if args.phase == Phase::Resume {
        engine.act_on_workflow(&caller, workflow, WorkflowAction::Pause).await?;
    }
    let left = clock.until(staged.due());
    anyhow::ensure!(!left.is_zero(), "the herd was due before the other work was measured alone");
    tokio::time::sleep(left).await;
    if args.phase == Phase::Resume {
        engine.act_on_workflow(&caller, workflow, WorkflowAction::Resume).await?;
    }
    Ok(())
}

/// Leads that still stand at the wait.
async fn here(engine: &EngineHandle, staged: &Staged) -> anyhow::Result<u64> {
    let counts = engine.read(|models| models.counts(staged.workflow)).await?;
    Ok(counts.by_node.get(&staged.wait).context("the wait is not in the graph")?.here)
}

/// Looks until nobody waits any more.
async fn watch(
    engine: &EngineHandle,
    staged: &Staged,
    began: Instant,
) -> anyhow::Result<Vec<Sample>> {
    let mut samples = Vec::new();
    loop {
        // Reads that are too far behind are measured elsewhere; here the next look will do.
        let here = here(engine, staged).await.ok();
        let health = engine.health();
        if let Some(reason) = health.failure {
            anyhow::bail!("the engine failed: {reason}");
        }
        if let Some(here) = here {
            let sample = Sample {
                s: began.elapsed().as_secs_f64(),
                released: u64::from(staged.leads) - here,
                live_actors: health.lead_actors,
                rss_mb: process::rss_mb().unwrap_or_default(),
            };
            tell(&Told::Sample(sample.clone()))?;
            samples.push(sample);
            if here == 0 {
                return Ok(samples);
            }
        }
        thread::sleep(LOOK);
    }
}

fn tell(told: &Told) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, told)?;
    out.write_all(b"\n")?;
    out.flush()?;
    Ok(())
}
