//! One round: the engine, then each yardstick, in fresh directories on the same disk.

use std::sync::Arc;

use branchline_domain::{id::LeadId, workflow::WorkflowView};
use branchline_engine::DataDirectory;
use branchline_journal::{record::Position, store::EventStore};

use super::{
    Args,
    drive::{CALLS, Measured, drive},
    house::House,
    paced::{Paced, Schedule, paced},
};
use crate::{
    process,
    yardstick::{
        Recorded, bare_decider, disk_sync, journal_alone,
        loops::Driven,
        plain_file,
        postgres::{Cluster, PostgresRun, Style},
    },
};

/// What a round gave.
pub(super) struct Round {
    pub(super) engine: EngineRun,
    pub(super) paced: Option<Paced>,
    pub(super) yardsticks: Option<YardstickRuns>,
}

/// What the engine did.
pub(super) struct EngineRun {
    pub(super) transitions_per_s: f64,
    pub(super) measured: Measured,
    pub(super) cpu_ms_per_lead: Option<f64>,
    pub(super) rss_mb: Option<f64>,
    pub(super) disk_bytes_per_lead: f64,
    pub(super) records_per_lead: f64,
}

/// What the yardsticks did.
pub(super) struct YardstickRuns {
    pub(super) journal_alone: Driven,
    pub(super) plain_file: Driven,
    pub(super) disk_sync_ms: f64,
    pub(super) bare_decider_per_s: f64,
    pub(super) postgres: Option<[PostgresRun; 2]>,
}

/// What is left when the engine has stopped.
pub(super) struct Stopped {
    pub(super) store: Arc<dyn EventStore>,
    pub(super) leads: Vec<LeadId>,
    pub(super) view: WorkflowView,
    pub(super) before: Position,
    pub(super) place: tempfile::TempDir,
}

impl Round {
    pub(super) fn measure(args: &Args, postgres: Option<&Cluster>) -> anyhow::Result<Self> {
        let (engine, stopped) = run_engine(args)?;
        if args.alone {
            return Ok(Self { engine, paced: None, yardsticks: None });
        }
        let yardsticks = run_yardsticks(args, stopped, postgres)?;
        // The bulk route's rate says nothing of reports that come one by one.
        let paced = if args.paced == 0 || args.bulk > 1 {
            None
        } else {
            let schedule = Schedule::new(engine.transitions_per_s / 2.0);
            let leads = schedule.leads(args.paced);
            let house = House::open(leads, usize::try_from(leads)? * 2)?;
            let paced = paced(&house, schedule, args.seed)?;
            drop(house.stop());
            Some(paced)
        };
        Ok(Self { engine, paced, yardsticks: Some(yardsticks) })
    }
}

fn run_engine(args: &Args) -> anyhow::Result<(EngineRun, Stopped)> {
    let house = House::open(args.leads, usize::try_from(args.in_flight)?)?;
    let measured = house.runtime.block_on(drive(&house.handle, &house.leads, args))?;
    house.ensure_all_final()?;
    let rss_mb = process::rss_mb();
    let stopped = house.stop();
    let leads = f64::from(args.leads);
    #[expect(clippy::cast_precision_loss, reason = "figures for people to read")]
    let (records, disk) =
        (stopped.store.head().0 as f64, DataDirectory::size(stopped.place.path())? as f64);
    let engine = EngineRun {
        transitions_per_s: leads * f64::from(CALLS) / measured.seconds,
        cpu_ms_per_lead: measured.cpu_ms.map(|cpu| cpu / leads),
        rss_mb,
        disk_bytes_per_lead: disk / leads,
        records_per_lead: records / leads,
        measured,
    };
    Ok((engine, stopped))
}

fn run_yardsticks(
    args: &Args,
    stopped: Stopped,
    postgres: Option<&Cluster>,
) -> anyhow::Result<YardstickRuns> {
    let in_flight = usize::try_from(args.in_flight)?;
    let Stopped { store, leads, view, before, place } = stopped;
    let recorded = Recorded::read(store.as_ref(), before)?;
    drop((store, place));
    let plain_file = plain_file::measure(&recorded, in_flight)?;
    let events = recorded.measured_events();
    let journal_alone = journal_alone::measure(recorded, in_flight, |path| {
        let DataDirectory { store, .. } = DataDirectory::open(path)?;
        Ok(store)
    })?;
    let decided = bare_decider::measure(&view, &leads, CALLS, args.seed)?;
    anyhow::ensure!(
        decided.events == events,
        "the bare decider made {} events and the engine recorded {events}",
        decided.events
    );
    let postgres = match postgres {
        Some(cluster) => Some([
            cluster.measure(Style::App, args.leads)?,
            cluster.measure(Style::Cte, args.leads)?,
        ]),
        None => None,
    };
    Ok(YardstickRuns {
        journal_alone,
        plain_file,
        disk_sync_ms: disk_sync::median_ms()?,
        bare_decider_per_s: f64::from(args.leads) * f64::from(CALLS) / decided.seconds,
        postgres,
    })
}
