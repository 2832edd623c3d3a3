//! Two calls a lead: enter, final status, branch, second call, final status, end.

use std::{
    fmt,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use branchline_domain::{
    call_status::CallStatus,
    graph::{CanvasPosition, NodeConfig, VoiceCallConfig},
    id::{CallId, LeadId, NodeId, WorkflowId},
    lead::CallReport,
    workflow::Settings,
};
use branchline_engine::{
    DataDirectory, Engine, EngineConfig, EngineHandle, EngineParts, UuidV7Ids,
    applications::Applications,
    clock::SystemClock,
    command::{
        CallAction, Caller, Duplicates, EnrolRequest, NewEdge, NewLead, NewNode, WorkflowAction,
    },
    ports::{Clock, Phones},
};
use branchline_journal::{record::Position, store::EventStore};
use branchline_projections::{Paging, WorkflowFilter};
use serde::Serialize;

use crate::{latency::Latency, process, show::show, spread::Spread, yardstick};

/// Reports a lead needs to reach its end.
const CALLS: u32 = 2;

/// Flags of `campaign`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Leads to take through both calls.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    leads: u32,
    /// Reports that wait for their answer at once.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    in_flight: u32,
    /// Reports that go into one command. More than one measures the bulk route.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    bulk: u32,
    /// Rounds, each in a fresh directory.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Decides the outcomes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

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
    cpu_ms_per_lead: Option<Spread>,
    rss_mb: Option<Spread>,
    disk_bytes_per_lead: Spread,
    records_per_lead: Spread,
    yardsticks: Yardsticks,
}

#[derive(Debug, Serialize)]
struct Yardsticks {
    /// The same records, already encoded, through the writer: no actors, no rules.
    journal_alone: Yardstick,
}

#[derive(Debug, Serialize)]
struct Yardstick {
    transitions_per_s: Spread,
    /// The engine's rate as a part of this one, round by round.
    ratio: Spread,
}

/// What one round gave, in a directory of its own.
struct Round {
    transitions_per_s: f64,
    p50_ms: f64,
    p99_ms: f64,
    cpu_ms_per_lead: Option<f64>,
    rss_mb: Option<f64>,
    disk_bytes_per_lead: f64,
    records_per_lead: f64,
    journal_alone_per_s: f64,
}

/// Measures and tells.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    show(&measure(args)?, args.json)
}

/// Takes leads through their calls, round by round, each in a fresh directory.
pub(crate) fn measure(args: &Args) -> anyhow::Result<Figures> {
    let rounds = (0..args.rounds).map(|_| round(args)).collect::<anyhow::Result<Vec<_>>>()?;
    let spread = |of: fn(&Round) -> f64| Spread::of(rounds.iter().map(of).collect());
    let known = |of: fn(&Round) -> Option<f64>| Spread::of_known(rounds.iter().map(of));
    Ok(Figures {
        benchmark: "campaign",
        leads: args.leads,
        in_flight: args.in_flight,
        bulk: args.bulk,
        rounds: args.rounds,
        transitions_per_s: spread(|round| round.transitions_per_s),
        p50_ms: spread(|round| round.p50_ms),
        p99_ms: spread(|round| round.p99_ms),
        cpu_ms_per_lead: known(|round| round.cpu_ms_per_lead),
        rss_mb: known(|round| round.rss_mb),
        disk_bytes_per_lead: spread(|round| round.disk_bytes_per_lead),
        records_per_lead: spread(|round| round.records_per_lead),
        yardsticks: Yardsticks {
            journal_alone: Yardstick {
                transitions_per_s: spread(|round| round.journal_alone_per_s),
                ratio: spread(|round| round.transitions_per_s / round.journal_alone_per_s),
            },
        },
    })
}

fn round(args: &Args) -> anyhow::Result<Round> {
    let directory = tempfile::tempdir().context("no temporary directory")?;
    let DataDirectory { store, vault } = DataDirectory::open(directory.path())?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let leads = usize::try_from(args.leads)?;
    let mut config = EngineConfig::embedded();
    config.enrol_max = config.enrol_max.max(leads);
    let in_flight = usize::try_from(args.in_flight)?;
    config.host_channel_capacity = config.host_channel_capacity.max(in_flight);
    let engine = Engine::start(EngineParts {
        store: Arc::clone(&store),
        vault,
        ids: Arc::new(UuidV7Ids::new(Arc::clone(&clock))),
        clock,
        phones: Phones::External,
        applications: Applications::default(),
        config,
    })?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let (measured, before) = runtime.block_on(async {
        let handle = engine.handle();
        let lead_ids = enrol(&handle, args.leads).await?;
        let before = store.head();
        let measured = drive(&handle, &lead_ids, args).await?;
        ensure_all_final(&handle, args.leads).await?;
        anyhow::Ok((measured, before))
    })?;
    engine.shutdown();
    figures(args, &measured, store.as_ref(), before, directory.path())
}

/// An active workflow with two calls.
pub(crate) async fn prepare(engine: &EngineHandle) -> anyhow::Result<WorkflowId> {
    let caller = Caller::host();
    let settings = Settings { default_country: Some("US".into()), ..Settings::default() };
    let workflow = engine.create_workflow(&caller, "Benchmark", "", settings).await?;
    let call = |label: &str| NewNode {
        label: label.into(),
        position: CanvasPosition::default(),
        config: NodeConfig::VoiceCall(VoiceCallConfig {
            from_phone_number: Some("+12025550100".into()),
            agent_id: Some("agent_1".into()),
            ..VoiceCallConfig::default()
        }),
        entry: label == "first",
    };
    let end = |label: &str, config| NewNode {
        label: label.into(),
        position: CanvasPosition::default(),
        config,
        entry: false,
    };
    let first = engine.add_node(&caller, workflow, call("first")).await?;
    let second = engine.add_node(&caller, workflow, call("second")).await?;
    let won = engine.add_node(&caller, workflow, end("won", NodeConfig::Converted)).await?;
    let lost = engine.add_node(&caller, workflow, end("lost", NodeConfig::Dropped)).await?;
    for (from, label, to) in [
        (first, "COMPLETED", second),
        (first, "DNP", second),
        (first, "FAILED", second),
        (second, "COMPLETED", won),
        (second, "DNP", lost),
        (second, "FAILED", lost),
    ] {
        connect(engine, &caller, workflow, from, label, to).await?;
    }
    engine.act_on_workflow(&caller, workflow, WorkflowAction::Activate).await?;
    Ok(workflow)
}

/// A workflow with two calls, and leads that wait for their first one.
async fn enrol(engine: &EngineHandle, leads: u32) -> anyhow::Result<Vec<LeadId>> {
    let caller = Caller::host();
    let workflow = prepare(engine).await?;
    // Without gaps: an E.164 number of India has ten digits after 91, and a mobile one begins
    // with 6 to 9.
    let list = (0..leads)
        .map(|number| NewLead {
            phone_number: format!("+91{}", 7_000_000_000_u64 + u64::from(number)),
            row: u64::from(number) + 1,
            ..NewLead::default()
        })
        .collect();
    let request = EnrolRequest { leads: list, duplicates: Duplicates::Skip, file_name: None };
    let enrolled = engine.enrol(&caller, workflow, request).await?;
    // All of them are at the first call before the clock runs.
    loop {
        let counts = engine.read(|models| models.counts(workflow)).await?;
        if counts.by_status.active == u64::from(leads) {
            return Ok(enrolled.lead_ids);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn connect(
    engine: &EngineHandle,
    caller: &Caller,
    workflow: WorkflowId,
    from: NodeId,
    label: &str,
    to: NodeId,
) -> anyhow::Result<()> {
    let edge = NewEdge { from_node_id: from, to_node_id: to, label: Some(label.into()) };
    engine.add_edge(caller, workflow, edge).await?;
    Ok(())
}

/// What driving the leads took.
struct Measured {
    seconds: f64,
    cpu_ms: Option<f64>,
    latency: Latency,
}

/// Takes every lead through both calls, with a fixed number of reports in flight.
async fn drive(engine: &EngineHandle, leads: &[LeadId], args: &Args) -> anyhow::Result<Measured> {
    let bulk = usize::try_from(args.bulk)?;
    let in_flight = usize::try_from(args.in_flight)?;
    let workers = in_flight.div_ceil(bulk).max(1);
    let groups: Vec<Vec<LeadId>> = leads.chunks(bulk).map(<[LeadId]>::to_vec).collect();
    let queue = std::rc::Rc::new(std::cell::RefCell::new(groups.into_iter()));
    let cpu_before = process::cpu_ms();
    let began = Instant::now();
    let local = tokio::task::LocalSet::new();
    let mut waits = Vec::new();
    local
        .run_until(async {
            let mut tasks = tokio::task::JoinSet::new();
            for _ in 0..workers {
                let (engine, queue, seed) = (engine.clone(), std::rc::Rc::clone(&queue), args.seed);
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

async fn report(
    engine: &EngineHandle,
    leads: &[LeadId],
    call: u32,
    seed: u64,
) -> anyhow::Result<()> {
    let caller = Caller::host();
    let item = |lead: LeadId| {
        let report = CallReport {
            status: outcome(seed, lead, call),
            occurred_at: None,
            end_reason: None,
            attributes: std::collections::BTreeMap::new(),
            provider_ref: None,
        };
        (CallId { lead, number: call }, CallAction::Report(report))
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

/// 50 % completed, 30 % DNP, 20 % FAILED, drawn from seed, lead and call.
fn outcome(seed: u64, lead: LeadId, call: u32) -> CallStatus {
    let (high, low) = lead.as_uuid().as_u64_pair();
    let mut mixed = seed ^ high ^ low.rotate_left(17) ^ u64::from(call).wrapping_mul(0x9e37_79b9);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    match (mixed ^ (mixed >> 31)) % 10 {
        0..=4 => CallStatus::Completed,
        5 | 6 => CallStatus::DidNotPick,
        7 => CallStatus::Busy,
        8 => CallStatus::Failed,
        _ => CallStatus::NoAnswer,
    }
}

async fn ensure_all_final(engine: &EngineHandle, leads: u32) -> anyhow::Result<()> {
    let ended: u64 = engine
        .read(|models| {
            let all = models.workflows(WorkflowFilter::default(), Paging::first(1));
            all.items.iter().map(|row| row.leads.completed + row.leads.dropped).sum()
        })
        .await?;
    anyhow::ensure!(ended == u64::from(leads), "{ended} of {leads} leads reached their end");
    Ok(())
}

fn figures(
    args: &Args,
    measured: &Measured,
    store: &dyn EventStore,
    before: Position,
    directory: &Path,
) -> anyhow::Result<Round> {
    let leads = f64::from(args.leads);
    let transitions = leads * f64::from(CALLS);
    let in_flight = usize::try_from(args.in_flight)?;
    let rss_mb = process::rss_mb();
    let alone_s = yardstick::journal_alone(store, before, in_flight, |path| {
        let DataDirectory { store, .. } = DataDirectory::open(path)?;
        Ok(store)
    })?;
    #[expect(clippy::cast_precision_loss, reason = "figures for people to read")]
    let (records, disk) = (store.head().0 as f64, DataDirectory::size(directory)? as f64);
    Ok(Round {
        transitions_per_s: transitions / measured.seconds,
        p50_ms: measured.latency.per_mille_ms(500),
        p99_ms: measured.latency.per_mille_ms(990),
        cpu_ms_per_lead: measured.cpu_ms.map(|cpu| cpu / leads),
        rss_mb,
        disk_bytes_per_lead: disk / leads,
        records_per_lead: records / leads,
        journal_alone_per_s: transitions / alone_s,
    })
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { leads, in_flight, bulk, rounds, yardsticks, .. } = self;
        writeln!(
            f,
            "{leads} leads, {in_flight} reports in flight, {bulk} a command, {rounds} rounds"
        )?;
        writeln!(f, "{}", self.transitions_per_s.row("transitions", 0, "a s"))?;
        let alone = &yardsticks.journal_alone;
        writeln!(f, "{}", alone.transitions_per_s.row("the journal alone", 0, "a s"))?;
        writeln!(f, "{}", alone.ratio.row("  engine / journal alone", 2, "times"))?;
        writeln!(f, "{}", self.p50_ms.row("answer p50", 2, "ms"))?;
        writeln!(f, "{}", self.p99_ms.row("answer p99", 2, "ms"))?;
        if let Some(cpu) = &self.cpu_ms_per_lead {
            writeln!(f, "{}", cpu.row("processor a lead, driver in", 3, "ms"))?;
        }
        if let Some(rss) = &self.rss_mb {
            writeln!(f, "{}", rss.row("resident memory", 0, "MB"))?;
        }
        writeln!(f, "{}", self.disk_bytes_per_lead.row("disk a lead", 0, "bytes"))?;
        writeln!(f, "{}", self.records_per_lead.row("records a lead", 1, ""))
    }
}
