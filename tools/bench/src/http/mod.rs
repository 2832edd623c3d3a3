//! Two calls a lead over HTTP: this process asks, a server in a process of its own answers, and both
//! share the machine. One report a request, and many.

mod child;
mod connection;
mod driver;
mod in_process;
mod report;
mod server;

use anyhow::Context as _;
use branchline_domain::id::LeadId;
use serde::Serialize;

pub(crate) use connection::Connection;
pub(crate) use server::{ServerArgs, serve};

use self::{
    child::ServerProcess,
    driver::{Drive, Driven},
};
use crate::{
    campaign::CALLS,
    show::show,
    spread::Spread,
    yardstick::postgres::{Cluster, Style},
};

/// Connections of the bulk route: enough that the server never waits for the driver.
const BULK_CONNECTIONS: usize = 8;

/// Flags of `http`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Leads to take through both calls.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    leads: u32,
    /// Connections, each with one request that waits for its answer.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    in_flight: u32,
    /// Reports in one request of the bulk route.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(2..=500))]
    bulk: u32,
    /// API keys, each with the limits of config/default.toml: the same reports are measured again with
    /// them in force. 0 leaves that part out.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(0..=1_000))]
    keys: u32,
    /// Rounds, each in fresh directories.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Decides the outcomes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Leave PostgreSQL out, even where it is found.
    #[arg(long)]
    no_postgres: bool,
    /// One report a request only, with keys if there are any, without the bulk route and the
    /// yardsticks: for a profile.
    #[arg(long)]
    alone: bool,
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
    rounds: u32,
    /// One report a request, without keys.
    single: Side,
    /// The same with keys in force.
    keyed: Option<Keyed>,
    server_rss_mb: Option<Spread>,
    /// Many reports a request; the answer times are of whole requests.
    bulk: Option<Bulk>,
    yardsticks: Option<Yardsticks>,
}

/// One way of asking.
#[derive(Debug, Serialize)]
struct Side {
    transitions_per_s: Spread,
    p50_ms: Spread,
    p99_ms: Spread,
    server_cpu_ms_per_lead: Option<Spread>,
    driver_cpu_ms_per_lead: Option<Spread>,
}

#[derive(Debug, Serialize)]
struct Keyed {
    keys: u32,
    #[serde(flatten)]
    side: Side,
}

#[derive(Debug, Serialize)]
struct Bulk {
    reports_per_request: u32,
    connections: usize,
    #[serde(flatten)]
    side: Side,
}

#[derive(Debug, Serialize)]
struct Yardsticks {
    /// The same requests to a server of the same library whose handler does nothing.
    http_alone: Side,
    http_alone_ratio: Spread,
    /// The same reports to an engine in the driver's own process.
    in_process: InProcess,
    /// A transition as one statement, as `campaign` measures it.
    postgres_cte: Option<PostgresCte>,
}

#[derive(Debug, Serialize)]
struct PostgresCte {
    transitions_per_s: Spread,
    /// How many times this rate HTTP reaches, round by round.
    ratio: Spread,
    /// The same with keys in force.
    keyed_ratio: Option<Spread>,
}

#[derive(Debug, Serialize)]
struct InProcess {
    transitions_per_s: Spread,
    p50_ms: Spread,
    p99_ms: Spread,
    cpu_ms_per_lead: Option<Spread>,
    /// The rate over HTTP as a part of this one, round by round.
    ratio: Spread,
}

/// What one round gave.
struct Round {
    single: Driven,
    keyed: Option<Driven>,
    server_rss_mb: Option<f64>,
    others: Option<Others>,
}

/// What stands beside it.
struct Others {
    bulk: Driven,
    alone: Driven,
    in_process: in_process::Measured,
    postgres_cte_per_s: Option<f64>,
}

/// Measures and tells.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    show(&measure(args)?, args.json)
}

/// Takes leads through their calls, round by round, each way in a fresh directory.
pub(crate) fn measure(args: &Args) -> anyhow::Result<Figures> {
    let postgres = if args.alone || args.no_postgres { None } else { postgres_cluster() };
    let rounds = (0..args.rounds).map(|_| round(args, postgres.as_ref()));
    let rounds = rounds.collect::<anyhow::Result<Vec<_>>>()?;
    let singles: Vec<&Driven> = rounds.iter().map(|round| &round.single).collect();
    let keyed: Vec<&Driven> = rounds.iter().filter_map(|round| round.keyed.as_ref()).collect();
    let others: Vec<&Others> = rounds.iter().filter_map(|round| round.others.as_ref()).collect();
    let bulk = |others: &[&Others]| Bulk {
        reports_per_request: args.bulk,
        connections: BULK_CONNECTIONS,
        side: side(args, &others.iter().map(|other| &other.bulk).collect::<Vec<_>>()),
    };
    Ok(Figures {
        benchmark: "http",
        leads: args.leads,
        in_flight: args.in_flight,
        rounds: args.rounds,
        single: side(args, &singles),
        keyed: (!keyed.is_empty()).then(|| Keyed { keys: args.keys, side: side(args, &keyed) }),
        server_rss_mb: Spread::of_known(rounds.iter().map(|round| round.server_rss_mb)),
        bulk: (!others.is_empty()).then(|| bulk(&others)),
        yardsticks: (!others.is_empty()).then(|| yardsticks(args, &singles, &keyed, &others)),
    })
}

fn postgres_cluster() -> Option<Cluster> {
    let started = Cluster::start();
    started
        .inspect_err(|skipped| eprintln!("branchline-bench: PostgreSQL is left out: {skipped}"))
        .ok()
}

fn round(args: &Args, postgres: Option<&Cluster>) -> anyhow::Result<Round> {
    let in_flight = usize::try_from(args.in_flight)?;
    let one = Drive { connections: in_flight, bulk: 1, seed: args.seed };
    let (single, server_rss_mb) = over_http(args.leads, 0, one)?;
    let keyed = (args.keys > 0).then(|| over_http(args.leads, args.keys, one)).transpose()?;
    let keyed = keyed.map(|(driven, _)| driven);
    if args.alone {
        return Ok(Round { single, keyed, server_rss_mb, others: None });
    }
    let many = Drive { connections: BULK_CONNECTIONS, bulk: usize::try_from(args.bulk)?, ..one };
    let (bulk, _) = over_http(args.leads, 0, many)?;
    let bare = ServerProcess::with_constant()?;
    let nobody = (0..u128::from(args.leads)).map(LeadId::from_u128).collect::<Vec<_>>();
    let alone = driver::drive(&bare, &nobody, one)?;
    bare.stop()?;
    let in_process = in_process::measure(args.leads, in_flight, args.seed)?;
    let postgres = postgres.map(|cluster| cluster.measure(Style::Cte, args.leads)).transpose()?;
    let postgres_cte_per_s = postgres.map(|run| run.transitions_per_s);
    let others = Others { bulk, alone, in_process, postgres_cte_per_s };
    Ok(Round { single, keyed, server_rss_mb, others: Some(others) })
}

/// Drives a server over a fresh journal, and gives its resident memory too.
fn over_http(leads: u32, keys: u32, drive: Drive) -> anyhow::Result<(Driven, Option<f64>)> {
    let directory = tempfile::tempdir().context("no temporary directory")?;
    let server = ServerProcess::with_engine(directory.path(), leads, keys)?;
    let ids = server.leads.iter().map(|id| id.parse::<LeadId>());
    let ids = ids.collect::<Result<Vec<_>, _>>().context("the server named no leads")?;
    let driven = driver::drive(&server, &ids, drive)?;
    let rss_mb = server.rss_mb();
    let ended = driver::ended(&server)?;
    anyhow::ensure!(ended == u64::from(leads), "{ended} of {leads} leads reached their end");
    server.stop()?;
    Ok((driven, rss_mb))
}

fn per_s(args: &Args, seconds: f64) -> f64 {
    f64::from(args.leads) * f64::from(CALLS) / seconds
}

fn side(args: &Args, rounds: &[&Driven]) -> Side {
    let spread =
        |of: &dyn Fn(&Driven) -> f64| Spread::of(rounds.iter().map(|one| of(one)).collect());
    let a_lead = |of: fn(&Driven) -> Option<f64>| {
        Spread::of_known(rounds.iter().map(|one| Some(of(one)? / f64::from(args.leads))))
    };
    Side {
        transitions_per_s: spread(&|one| per_s(args, one.seconds)),
        p50_ms: spread(&|one| one.latency.per_mille_ms(500)),
        p99_ms: spread(&|one| one.latency.per_mille_ms(990)),
        server_cpu_ms_per_lead: a_lead(|one| one.server_cpu_ms),
        driver_cpu_ms_per_lead: a_lead(|one| one.driver_cpu_ms),
    }
}

fn yardsticks(
    args: &Args,
    singles: &[&Driven],
    keyed: &[&Driven],
    others: &[&Others],
) -> Yardsticks {
    let of = |value: &dyn Fn(&in_process::Measured) -> f64| {
        Spread::of(others.iter().map(|other| value(&other.in_process)).collect())
    };
    let ratio = |of: &dyn Fn(&Others) -> f64| {
        let pairs = singles.iter().zip(others);
        Spread::of(pairs.map(|(single, other)| of(other) / single.seconds).collect())
    };
    Yardsticks {
        http_alone: side(args, &others.iter().map(|other| &other.alone).collect::<Vec<_>>()),
        http_alone_ratio: ratio(&|other| other.alone.seconds),
        in_process: InProcess {
            transitions_per_s: of(&|one| per_s(args, one.seconds)),
            p50_ms: of(&|one| one.latency.per_mille_ms(500)),
            p99_ms: of(&|one| one.latency.per_mille_ms(990)),
            cpu_ms_per_lead: Spread::of_known(
                others.iter().map(|other| Some(other.in_process.cpu_ms? / f64::from(args.leads))),
            ),
            ratio: ratio(&|other| other.in_process.seconds),
        },
        postgres_cte: postgres_cte(args, singles, keyed, others),
    }
}

fn postgres_cte(
    args: &Args,
    singles: &[&Driven],
    keyed: &[&Driven],
    others: &[&Others],
) -> Option<PostgresCte> {
    let rates: Vec<f64> = others.iter().filter_map(|other| other.postgres_cte_per_s).collect();
    let ratios = |rounds: &[&Driven]| -> Vec<f64> {
        let pairs = rounds.iter().zip(&rates);
        pairs.map(|(driven, rate)| per_s(args, driven.seconds) / rate).collect()
    };
    let (ratios, keyed_ratios) = (ratios(singles), ratios(keyed));
    (!rates.is_empty()).then(|| PostgresCte {
        transitions_per_s: Spread::of(rates),
        ratio: Spread::of(ratios),
        keyed_ratio: (!keyed_ratios.is_empty()).then(|| Spread::of(keyed_ratios)),
    })
}
