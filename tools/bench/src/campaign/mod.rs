//! Two calls a lead: enter, final status, branch, second call, final status, end. Every transition is
//! durable before it is answered.

mod drive;
mod figures;
mod house;
mod paced;
mod round;
mod workflow;

use self::round::Round;
pub(crate) use self::{
    drive::CALLS,
    figures::Figures,
    house::House,
    workflow::{enrol, prepare},
};
use crate::{show::show, yardstick::postgres};

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
    /// How long reports come at half of the measured rate, after each round. 0 leaves that part out.
    /// Unit: seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 2, value_parser = clap::value_parser!(u32).range(0..=60))]
    paced: u32,
    /// Leave PostgreSQL out, even where it is found.
    #[arg(long)]
    no_postgres: bool,
    /// The engine only, without yardsticks and the paced part: for a profile.
    #[arg(long)]
    alone: bool,
    /// Decides the outcomes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

/// Measures and tells.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    show(&measure(args)?, args.json)
}

/// Takes leads through their calls and measures the yardsticks, in turns: what disturbs the machine
/// for a while disturbs all of them.
pub(crate) fn measure(args: &Args) -> anyhow::Result<Figures> {
    let postgres = if args.alone || args.no_postgres {
        Err(postgres::Skipped::unwanted())
    } else {
        postgres::Cluster::start()
    };
    if let Err(skipped) = &postgres
        && !args.alone
    {
        eprintln!("branchline-bench: PostgreSQL is left out: {skipped}");
    }
    let mut rounds = Vec::new();
    for _ in 0..args.rounds {
        rounds.push(Round::measure(args, postgres.as_ref().ok())?);
    }
    Ok(Figures::of(args, &rounds, postgres.err().as_ref()))
}
