//! The process that starts: an engine on a long journal, asked for leads that nobody asked for since
//! it started.

use std::{
    io::{BufRead as _, Write as _},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use branchline_domain::{
    call_status::CallStatus,
    id::{CallId, LeadId, WorkflowId},
    lead::{CallReport, Values},
};
use branchline_engine::{
    Engine, EngineConfig, EngineHandle, EngineParts, UuidV7Ids,
    applications::Applications,
    clock::SystemClock,
    command::{CallAction, Caller, Duplicates, EnrolRequest, NewLead},
    ports::{Clock, Phones},
};
use branchline_journal::{
    sled_store::{SledOptions, SledStore},
    store::EventStore,
};
use branchline_projections::{LeadFilter, Paging, WorkflowFilter};
use branchline_vault::{SystemEntropy, Vault};
use serde::{Deserialize, Serialize};

use super::StartArgs;
use crate::{latency::Latency, process};

/// Leads that are asked for first: the oldest, whose records lie at the beginning of the journal.
const COLD_LEADS: usize = 400;

/// What the measured process is told to do.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Order {
    /// Enrols so many leads.
    Enrol(u32),
    /// Stops in order.
    Stop,
}

/// What the measured process tells.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Told {
    Started(Started),
    Enrolled,
}

/// One start. Times in milliseconds.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Started {
    pub(super) database_ms: f64,
    pub(super) index_ms: f64,
    pub(super) tail_ms: f64,
    pub(super) tail_records: f64,
    pub(super) keys_ms: f64,
    pub(super) read_models_ms: f64,
    /// From the start of the process to the first answer of the read models.
    pub(super) serving_ms: f64,
    /// Resident memory then.
    pub(super) rss_mb: Option<f64>,
    /// The most resident memory until then.
    pub(super) peak_rss_mb: Option<f64>,
    /// The first command to a lead, which is rebuilt for it.
    pub(super) first_lead_ms: f64,
    pub(super) cold_lead_p50_ms: f64,
    pub(super) cold_lead_p99_ms: f64,
    pub(super) records: f64,
    pub(super) leads: f64,
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

/// Starts, tells how it went, and does what it is told.
pub(crate) fn run(args: &StartArgs) -> anyhow::Result<()> {
    let begun = Instant::now();
    let journal = SledStore::open(&SledOptions::new(args.data.join("journal")))?;
    let (times, has_journal) = (journal.opening_times(), Instant::now());
    let vault = Arc::new(Vault::open(&args.data.join("keys"), Arc::new(SystemEntropy))?);
    let has_keys = Instant::now();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let store: Arc<dyn EventStore> = Arc::new(journal);
    let engine = Engine::start(EngineParts {
        store: Arc::clone(&store),
        vault,
        ids: Arc::new(UuidV7Ids::new(Arc::clone(&clock))),
        clock,
        phones: Phones::External,
        applications: Applications::default(),
        config: EngineConfig::embedded(),
    })?;
    let (handle, has_engine) = (engine.handle(), Instant::now());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let (workflow, leads) = runtime.block_on(oldest(&handle))?;
    let serving = begun.elapsed();
    let (rss_mb, peak_rss_mb) = (process::rss_mb(), process::peak_rss_mb());
    let mut waits = runtime.block_on(ask(&handle, &leads))?;
    let first = waits.first().copied().context("the journal has no leads")?;
    waits.remove(0);
    let cold = Latency::of(waits);
    #[expect(clippy::cast_precision_loss, reason = "figures for people to read")]
    let (records, tail_records) = (store.head().0 as f64, times.tail_records as f64);
    #[expect(clippy::cast_precision_loss, reason = "a figure for people to read")]
    let enrolled =
        runtime.block_on(handle.read(|read| read.counts(workflow).by_status.enrolled()))? as f64;
    tell(&Told::Started(Started {
        database_ms: ms(times.database),
        index_ms: ms(times.checkpoint),
        tail_ms: ms(times.tail),
        tail_records,
        keys_ms: ms(has_keys - has_journal),
        read_models_ms: ms(has_engine - has_keys),
        serving_ms: ms(serving),
        rss_mb,
        peak_rss_mb,
        first_lead_ms: ms(first),
        cold_lead_p50_ms: cold.per_mille_ms(500),
        cold_lead_p99_ms: cold.per_mille_ms(990),
        records,
        leads: enrolled,
    }))?;
    for line in std::io::stdin().lock().lines() {
        match serde_json::from_str(&line?)? {
            Order::Stop => break,
            Order::Enrol(count) => {
                runtime.block_on(enrol(&handle, workflow, count))?;
                tell(&Told::Enrolled)?;
            }
        }
    }
    drop(handle);
    engine.shutdown();
    Ok(())
}

#[expect(clippy::print_stdout, reason = "what the measuring process reads")]
fn tell(told: &Told) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string(told)?);
    Ok(std::io::stdout().flush()?)
}

/// The first read: the oldest leads of the only workflow.
async fn oldest(engine: &EngineHandle) -> anyhow::Result<(WorkflowId, Vec<LeadId>)> {
    let found = engine.read(|read| {
        let workflows = read.workflows(WorkflowFilter::default(), Paging::first(1));
        let workflow = workflows.items.first()?.id;
        let leads = read.leads(workflow, LeadFilter::default(), Paging::first(COLD_LEADS));
        Some((workflow, leads.items.iter().map(|lead| lead.id).collect()))
    });
    found.await?.context("the journal has no workflow")
}

/// Tells each lead old news of its first call: it is rebuilt to see that they are old.
async fn ask(engine: &EngineHandle, leads: &[LeadId]) -> anyhow::Result<Vec<Duration>> {
    let caller = Caller::host();
    let mut waits = Vec::with_capacity(leads.len());
    for &lead in leads {
        let report = CallReport {
            status: CallStatus::Initiated,
            occurred_at: None,
            end_reason: None,
            attributes: Values::new(),
            provider_ref: None,
            heard: None,
        };
        let begun = Instant::now();
        let call = CallId { lead, number: 1 };
        engine.tell_of_call(&caller, call, CallAction::Report(report)).await?;
        waits.push(begun.elapsed());
    }
    Ok(waits)
}

async fn enrol(engine: &EngineHandle, workflow: WorkflowId, count: u32) -> anyhow::Result<()> {
    // Numbers that no round before has used: the read models count the leads that are there.
    let before = engine.read(|read| read.counts(workflow).by_status.enrolled()).await?;
    let leads = (0..u64::from(count)).map(|number| NewLead {
        phone_number: format!("+91{}", 8_000_000_000 + before % 900_000_000 + number),
        row: number + 1,
        ..NewLead::default()
    });
    let request =
        EnrolRequest { leads: leads.collect(), duplicates: Duplicates::Skip, file_name: None };
    engine.enrol(&Caller::host(), workflow, request).await?;
    Ok(())
}
