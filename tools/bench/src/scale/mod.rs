//! Leads that stand still: what a million of them take in memory and on disk, how soon they are
//! there again after a kill, and how soon one of them answers.
//!
//! The engine runs in a process of its own, which is killed with SIGKILL and started again; its
//! memory is read from outside.

mod child;
mod figures;
mod talk;

use std::{path::Path, time::Instant};

use anyhow::Context as _;
use branchline_engine::DataDirectory;

pub(crate) use self::child::{Args as ChildArgs, enrol_file, run as run_child};
use self::{
    child::Phase,
    figures::{Figures, Memory, Round, Size},
    talk::{Child, Told},
};
use crate::show::show;

/// Flags of `scale`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Leads of the largest journal; 10,000 and every ten times as many below it come before.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1_000..=10_000_000))]
    leads: u32,
    /// Leave the smaller journals out.
    #[arg(long)]
    only: bool,
    /// Leads that are told a status after the restart.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    touched: u32,
    /// Journals of each size.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

/// The smallest journal of the table. Unit: leads.
const SMALLEST: u32 = 10_000;

/// Measures and tells.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    show(&measure(args)?, args.json)
}

/// Fills journals of growing sizes, kills and restarts each, and touches some of its leads.
pub(crate) fn measure(args: &Args) -> anyhow::Result<Figures> {
    let smaller = std::iter::successors(Some(SMALLEST), |leads| leads.checked_mul(10))
        .take_while(|&leads| leads < args.leads && !args.only);
    let mut sizes = Vec::new();
    for leads in smaller.chain([args.leads]) {
        let rounds: anyhow::Result<Vec<Round>> =
            (0..args.rounds).map(|_| round(leads, args.touched.min(leads))).collect();
        sizes.push(Size::of(leads, rounds?));
    }
    Ok(Figures { benchmark: "scale", rounds: args.rounds, touched: args.touched, sizes })
}

fn round(leads: u32, touched: u32) -> anyhow::Result<Round> {
    let place = tempfile::tempdir().context("no temporary directory")?;
    let data = place.path().join("data");
    let (filled, arrived, resting) = fill(place.path(), leads, touched)?;
    let disk_bytes = DataDirectory::size(&data)?;
    let began = Instant::now();
    let mut child = Child::start(place.path(), leads, touched, Phase::Open)?;
    let Told::Serving = child.hear()? else { anyhow::bail!("the restarted engine serves not") };
    let serving_s = began.elapsed().as_secs_f64();
    let restarted = Memory::of(child.id())?;
    child.say()?;
    let Told::Touched { cold, warm, parts } = child.hear()? else {
        anyhow::bail!("the restarted engine told something else than its answers")
    };
    let mut touched = Memory::of(child.id())?;
    touched.parts = parts;
    child.kill()?;
    Ok(Round { filled, arrived, resting, restarted, touched, serving_s, disk_bytes, cold, warm })
}

/// Imports the leads, waits until they rest, and kills the process.
fn fill(
    place: &Path,
    leads: u32,
    touched: u32,
) -> anyhow::Result<(figures::Filled, Memory, Memory)> {
    let mut child = Child::start(place, leads, touched, Phase::Fill)?;
    let Told::Arrived(filled) = child.hear()? else { anyhow::bail!("no lead has arrived") };
    let arrived = Memory::of(child.id())?;
    child.say()?;
    let Told::Resting { parts } = child.hear()? else { anyhow::bail!("the leads rest not") };
    let mut resting = Memory::of(child.id())?;
    resting.parts = parts;
    // Only now: it takes memory itself.
    child.say()?;
    let Told::Sampled = child.hear()? else { anyhow::bail!("no leads were drawn") };
    child.kill()?;
    Ok((filled, arrived, resting))
}
