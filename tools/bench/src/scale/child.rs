//! The measured process: an engine with many leads, which goes on when it is told to.

use std::{
    cell::RefCell,
    collections::{BTreeMap, VecDeque},
    fs,
    io::{BufRead, Write},
    path::{Path, PathBuf},
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use branchline_domain::{
    call_status::CallStatus,
    id::{CallId, ImportId, LeadId, WorkflowId},
    lead::CallReport,
};
use branchline_engine::{
    DataDirectory, Engine, EngineConfig, EngineHandle, EngineParts, UuidV7Ids,
    applications::Applications,
    clock::SystemClock,
    command::{CallAction, Caller, Duplicates, ImportRequest, Imported},
    ports::{Clock, Phones},
};
use branchline_http_api::lead_file::LeadFile;
use branchline_journal::store::EventStore;
use branchline_projections::{ImportStatus, LeadFilter};
use uuid::Uuid;

use super::{
    figures::{Answers, Filled, Part},
    talk::Told,
};
use crate::{campaign, import, latency::Latency, process};

/// Reports that wait for their answer at once.
const IN_FLIGHT: usize = 64;
/// How long an idle lead's actor stays. Unit: milliseconds. Less than the default, so that nobody
/// waits a minute for leads to rest; what rests is the same.
const LEAD_IDLE_MS: u64 = 10_000;

/// What the measured process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Phase {
    /// Imports the leads.
    Fill,
    /// Opens what was killed.
    Open,
}

impl Phase {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Fill => "fill",
            Self::Open => "open",
        }
    }
}

/// Flags of the measured process.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where everything lies.
    place: PathBuf,
    #[arg(long)]
    leads: u32,
    #[arg(long)]
    touched: u32,
    #[arg(long)]
    phase: Phase,
}

/// Runs until it is killed.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let DataDirectory { store, vault } = DataDirectory::open(&args.place.join("data"))?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let mut config = EngineConfig::embedded();
    config.enrol_max = config.enrol_max.max(usize::try_from(args.leads)?);
    config.lead_idle_ms = LEAD_IDLE_MS;
    let engine = Engine::start(EngineParts {
        store: Arc::clone(&store),
        vault,
        ids: Arc::new(UuidV7Ids::new(Arc::clone(&clock))),
        clock,
        phones: Phones::External,
        applications: Applications::default(),
        config,
    })?;
    let handle = engine.handle();
    runtime.block_on(async {
        match args.phase {
            Phase::Fill => fill(&handle, store.as_ref(), args).await,
            Phase::Open => open(&handle, store.as_ref(), args).await,
        }
    })?;
    wait()?;
    anyhow::bail!("nobody killed it")
}

async fn fill(engine: &EngineHandle, store: &dyn EventStore, args: &Args) -> anyhow::Result<()> {
    let path = args.place.join("leads.csv");
    import::write_file(&path, args.leads, "+91")?;
    let began = Instant::now();
    let before_mb = process::rss_mb();
    let workflow = campaign::prepare(engine).await?;
    enrol(engine, workflow, LeadFile::open(&path, u64::MAX)?).await?;
    let import_s = began.elapsed().as_secs_f64();
    arrived(engine, workflow, args.leads).await?;
    let arrive_s = began.elapsed().as_secs_f64() - import_s;
    tell(&Told::Arrived(Filled { import_s, arrive_s, before_mb }))?;
    wait()?;
    tokio::time::sleep(Duration::from_millis(LEAD_IDLE_MS * 2)).await;
    tell(&Told::Resting { parts: parts(store) })?;
    wait()?;
    let drawn = draw(engine, workflow, args.touched).await?;
    let lines: Vec<String> = drawn.iter().map(|lead| lead.as_uuid().to_string()).collect();
    fs::write(args.place.join("drawn"), lines.join("\n"))?;
    tell(&Told::Sampled)
}

/// A workflow into which leads were imported, all of which stand at their first call.
pub(crate) async fn enrol_file(
    engine: &EngineHandle,
    place: &Path,
    leads: u32,
) -> anyhow::Result<(WorkflowId, ImportId)> {
    let path = place.join("leads.csv");
    import::write_file(&path, leads, "+91")?;
    let workflow = campaign::prepare(engine).await?;
    let import = enrol(engine, workflow, LeadFile::open(&path, u64::MAX)?).await?;
    arrived(engine, workflow, leads).await?;
    Ok((workflow, import))
}

/// Waits until all leads stand at their first call.
async fn arrived(engine: &EngineHandle, workflow: WorkflowId, leads: u32) -> anyhow::Result<()> {
    loop {
        let counts = engine.read(|models| models.counts(workflow)).await?;
        if counts.by_status.active == u64::from(leads) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn enrol(
    engine: &EngineHandle,
    workflow: WorkflowId,
    file: LeadFile,
) -> anyhow::Result<ImportId> {
    let request = ImportRequest {
        list: Arc::new(file),
        duplicates: Duplicates::Skip,
        file_name: Some("leads.csv".into()),
    };
    let import = match engine.import(&Caller::host(), workflow, request).await? {
        Imported::Done(enrolled) => enrolled.import.context("a list is an import")?,
        Imported::Running { import, .. } => import,
    };
    loop {
        let row = engine.read(|models| models.import(import)).await?;
        if row.context("the import is not listed")?.status != ImportStatus::Running {
            return Ok(import);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Some leads of all, evenly drawn, in an order that has nothing to do with that of the journal.
async fn draw(
    engine: &EngineHandle,
    workflow: WorkflowId,
    count: u32,
) -> anyhow::Result<Vec<LeadId>> {
    let all = engine.read(|models| models.matching_leads(workflow, LeadFilter::default())).await?;
    let mut mixed: Vec<(u64, LeadId)> = all
        .into_iter()
        .map(|(lead, _)| {
            let (high, low) = lead.as_uuid().as_u64_pair();
            ((high ^ low).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31), lead)
        })
        .collect();
    mixed.sort_unstable();
    Ok(mixed.into_iter().take(usize::try_from(count)?).map(|(_, lead)| lead).collect())
}

async fn open(engine: &EngineHandle, store: &dyn EventStore, args: &Args) -> anyhow::Result<()> {
    let drawn = fs::read_to_string(args.place.join("drawn"))?;
    let leads: Vec<LeadId> = drawn
        .lines()
        .map(|line| Ok(LeadId::from_uuid(Uuid::parse_str(line)?)))
        .collect::<anyhow::Result<_>>()?;
    let first = *leads.first().context("no lead was drawn")?;
    engine.read(|models| models.lead(first)).await?.context("the lead is gone")?;
    tell(&Told::Serving)?;
    wait()?;
    let cold = report(engine, &leads, 1).await?;
    let warm = report(engine, &leads, 2).await?;
    tell(&Told::Touched { cold, warm, parts: parts(store) })
}

/// Tells each lead that a call of its was completed.
async fn report(engine: &EngineHandle, leads: &[LeadId], call: u32) -> anyhow::Result<Answers> {
    let queue = Rc::new(RefCell::new(VecDeque::from(leads.to_vec())));
    let began = Instant::now();
    let mut waits = Vec::with_capacity(leads.len());
    let local = tokio::task::LocalSet::new();
    local
        .run_until(async {
            let mut tasks = tokio::task::JoinSet::new();
            for _ in 0..IN_FLIGHT {
                let (engine, queue) = (engine.clone(), Rc::clone(&queue));
                tasks.spawn_local(async move {
                    let mut waits = Vec::new();
                    loop {
                        let next = queue.borrow_mut().pop_front();
                        let Some(lead) = next else { return anyhow::Ok(waits) };
                        let asked = Instant::now();
                        let report = CallReport {
                            status: CallStatus::Completed,
                            occurred_at: None,
                            end_reason: None,
                            attributes: BTreeMap::new(),
                            provider_ref: None,
                            heard: None,
                        };
                        let id = CallId { lead, number: call };
                        let action = CallAction::Report(report);
                        let told = engine.tell_of_call(&Caller::host(), id, action).await?;
                        anyhow::ensure!(told.accepted, "{lead} takes no status");
                        waits.push(asked.elapsed());
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
    let count = u32::try_from(waits.len())?;
    let latency = Latency::of(waits);
    Ok(Answers {
        per_s: f64::from(count) / seconds,
        p50_ms: latency.per_mille_ms(500),
        p99_ms: latency.per_mille_ms(990),
    })
}

/// What the store says it keeps in memory.
fn parts(store: &dyn EventStore) -> Vec<Part> {
    let counted = store.memory().into_iter();
    counted.map(|part| Part { name: part.name.to_owned(), bytes: part.bytes }).collect()
}

#[expect(clippy::print_stdout, reason = "the measuring process reads it")]
fn tell(told: &Told) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string(told)?);
    std::io::stdout().flush()?;
    Ok(())
}

/// Until the measuring process says to go on.
fn wait() -> anyhow::Result<()> {
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line)?;
    anyhow::ensure!(read > 0, "the measuring process is gone");
    Ok(())
}
