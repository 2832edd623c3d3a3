//! `branchline demo`: a whole campaign with simulated calls and compressed time.

use std::{path::Path, process::ExitCode, sync::Arc};

use anyhow::Context as _;
use branchline_carriers::{Profile, SimulatedCarrier};
use branchline_domain::{id::WorkflowId, lead::HoldCode, workflow::WorkflowStatus};
use branchline_engine::{
    EngineHandle, UuidV7Ids,
    clock::ScaledClock,
    ports::{Clock, Phones},
};
use branchline_projections::{Held, LeadFilter, Paging};

use crate::{
    DemoArgs, campaign,
    config::Config,
    front::Front,
    house::{self, Ending, StopTimes},
    progress::{self, Progress},
    serve::exit_code,
    signals::Signals,
    summary,
};

/// What holds a lead until a person decides; anything else clears by itself.
const STUCK: [HoldCode; 8] = [
    HoldCode::MissingOutput,
    HoldCode::ReviewRequired,
    HoldCode::NodeIncomplete,
    HoldCode::DialOutcomeUnknown,
    HoldCode::DialRefused,
    HoldCode::UnreadableTime,
    HoldCode::ApplicationReview,
    HoldCode::EndlessLoop,
];

pub(crate) fn run(config: &Config, args: &DemoArgs) -> anyhow::Result<ExitCode> {
    let front = Front::open(config)?;
    let url = front.url();
    let data_dir = &config.storage.data_dir;
    let directory = house::open_directory(data_dir)?;
    // Compressed time runs ahead of the wall clock: go on where the last run's time was.
    let last =
        house::last_recorded_at(directory.store.as_ref()).context("the journal cannot be read")?;
    let clock: Arc<dyn Clock> = Arc::new(ScaledClock::resuming(last, args.speed));
    let mut profile = Profile::embedded().context("config/demo/carrier.toml")?;
    profile.review = args.review;
    let carrier = SimulatedCarrier::new(profile, args.seed, Arc::clone(&clock));
    let ids = Arc::new(UuidV7Ids::new(Arc::clone(&clock)));
    let time = Arc::clone(&clock);
    let phones = Phones::InProcess(Arc::new(carrier));
    let operator = house::operator(config, &directory, &front)?;
    let engine = house::start_engine(config, directory, clock, ids, phones)?;
    let engine = house::admit(&front, engine)?;
    let ending = actix_web::rt::System::new().block_on(async {
        let handle = engine.handle();
        eprintln!("branchline demo: {url}  journal in {}", data_dir.display());
        let (workflow, status) = campaign::prepare(&handle, args.leads).await?;
        if status.is_final() {
            eprintln!("the campaign of this directory is {status} already; here is what it did");
        } else if status != WorkflowStatus::Draft {
            eprintln!("the campaign of this directory was under way; it goes on");
        }
        let follow = async {
            if let Err(error) = follow(&handle, workflow, time.as_ref(), data_dir, &url).await {
                tracing::error!("the campaign cannot be followed: {error:#}");
            }
            if !args.exit_when_done {
                eprintln!("still serving; Ctrl-C stops");
                std::future::pending::<()>().await;
            }
        };
        let failed = engine.failed();
        // Not before: until here Ctrl-C ends the program at once.
        let signals = Signals::listen(front.tls.is_some());
        let ending =
            house::serve_until(config, front, &handle, operator, signals, failed, follow).await;
        // Handles keep the journal's files open.
        drop(handle);
        engine.shutdown_within(StopTimes::of(config).engine);
        ending
    })?;
    if ending == Ending::Stopped && args.exit_when_done {
        eprintln!("stopped; run the same command again to go on");
    }
    Ok(exit_code(ending))
}

/// Draws progress until every lead has reached its end or waits for a person, then sums up.
async fn follow(
    engine: &EngineHandle,
    workflow: WorkflowId,
    clock: &dyn Clock,
    data_dir: &Path,
    url: &str,
) -> anyhow::Result<()> {
    let mut progress = Progress::new();
    let began = std::time::Instant::now();
    let mut first = None;
    loop {
        let glance = engine
            .read(|models| {
                let counts = models.counts(workflow);
                let status = models.workflow(workflow).map(|row| row.state.status);
                let stuck = STUCK.iter().map(|&code| {
                    let filter =
                        LeadFilter { held: Some(Held::With(code)), ..LeadFilter::default() };
                    models.leads(workflow, filter, Paging::first(1)).total
                });
                (counts, status, stuck.sum::<u64>(), models.next_due())
            })
            .await?;
        let (counts, status, stuck, next_due) = glance;
        // No node of the demo's graph is left twice by the same lead.
        let transitions = counts.by_node.values().map(|node| node.passed).sum();
        first.get_or_insert(transitions);
        progress.draw(&counts, transitions, next_due.map(|at| clock.until(at)));
        let under_way = counts.by_status.pending + counts.by_status.active;
        let ended = status.is_none_or(WorkflowStatus::is_final);
        if ended || (under_way > 0 && under_way == stuck) {
            break;
        }
        tokio::time::sleep(progress::INTERVAL).await;
    }
    progress.end();
    let elapsed = began.elapsed();
    let summary = summary::of(engine, workflow, data_dir).await?;
    summary.print(elapsed, first.unwrap_or_default(), url);
    Ok(())
}
