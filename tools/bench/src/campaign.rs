//! Two calls a lead: enter, final status, branch, second call, final status, end.

use std::{
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

use crate::{CampaignArgs, latency::Latency, process, yardstick};

/// Reports a lead needs to reach its end.
const CALLS: u32 = 2;

/// What was measured. Field names are the benchmark's interface.
#[derive(Debug, Serialize)]
struct Figures {
    leads: u32,
    in_flight: u32,
    bulk: u32,
    transitions_per_s: f64,
    p50_ms: f64,
    p99_ms: f64,
    cpu_ms_per_lead: Option<f64>,
    rss_mb: Option<f64>,
    disk_bytes_per_lead: u64,
    records_per_lead: f64,
    yardsticks: Yardsticks,
}

#[derive(Debug, Serialize)]
struct Yardsticks {
    /// The same records, already encoded, through the writer: no actors, no rules.
    journal_alone: Yardstick,
}

#[derive(Debug, Serialize)]
struct Yardstick {
    transitions_per_s: f64,
    /// The engine's rate as a part of this one.
    ratio: f64,
}

pub(crate) fn run(args: &CampaignArgs) -> anyhow::Result<()> {
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
    let figures = figures(args, &measured, store.as_ref(), before, directory.path())?;
    print(&figures, args.json)
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
async fn drive(
    engine: &EngineHandle,
    leads: &[LeadId],
    args: &CampaignArgs,
) -> anyhow::Result<Measured> {
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
    args: &CampaignArgs,
    measured: &Measured,
    store: &dyn EventStore,
    before: Position,
    directory: &Path,
) -> anyhow::Result<Figures> {
    let leads = f64::from(args.leads);
    let transitions = leads * f64::from(CALLS);
    let transitions_per_s = transitions / measured.seconds;
    let in_flight = usize::try_from(args.in_flight)?;
    let rss_mb = process::rss_mb();
    let alone_s = yardstick::journal_alone(store, before, in_flight, |path| {
        let DataDirectory { store, .. } = DataDirectory::open(path)?;
        Ok(store)
    })?;
    let alone = transitions / alone_s;
    #[expect(clippy::cast_precision_loss, reason = "a figure for people to read")]
    let records = store.head().0 as f64;
    Ok(Figures {
        leads: args.leads,
        in_flight: args.in_flight,
        bulk: args.bulk,
        transitions_per_s,
        p50_ms: measured.latency.per_mille_ms(500),
        p99_ms: measured.latency.per_mille_ms(990),
        cpu_ms_per_lead: measured.cpu_ms.map(|cpu| cpu / leads),
        rss_mb,
        disk_bytes_per_lead: DataDirectory::size(directory)? / u64::from(args.leads),
        records_per_lead: records / leads,
        yardsticks: Yardsticks {
            journal_alone: Yardstick { transitions_per_s: alone, ratio: transitions_per_s / alone },
        },
    })
}

#[expect(clippy::print_stdout, reason = "the figures are what the command is for")]
fn print(figures: &Figures, json: bool) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string(figures)?);
        return Ok(());
    }
    let alone = &figures.yardsticks.journal_alone;
    println!(
        "{} leads, {} reports in flight, {} a command",
        figures.leads, figures.in_flight, figures.bulk
    );
    println!("  transitions/s        {:>12.0}", figures.transitions_per_s);
    println!(
        "  the journal alone    {:>12.0}   the engine reaches {:.0} % of it",
        alone.transitions_per_s,
        alone.ratio * 100.0
    );
    println!("  answer p50 / p99     {:>12.2} / {:.2} ms", figures.p50_ms, figures.p99_ms);
    if let Some(cpu) = figures.cpu_ms_per_lead {
        println!("  processor a lead     {cpu:>12.3} ms, driver included");
    }
    if let Some(rss) = figures.rss_mb {
        println!("  resident memory      {rss:>12.0} MB");
    }
    println!("  disk a lead          {:>12} bytes", figures.disk_bytes_per_lead);
    println!("  records a lead       {:>12.1}", figures.records_per_lead);
    Ok(())
}
