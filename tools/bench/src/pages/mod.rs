//! Every page for people, asked over HTTP while the engine has many leads, beside the JSON route that tells of
//! the same: a page must be as fast with a million leads as with ten.

mod addresses;
mod figures;
mod house;

use std::time::{Duration, Instant};

use anyhow::Context as _;
use branchline_dashboard::visitors_pages;

use self::{
    addresses::{Address, Ids, address},
    figures::{Figures, Page},
};
use crate::{http::Connection, latency::Latency, process, show::show};

/// Flags of `pages`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Leads in the engine.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1_000..=10_000_000))]
    leads: u32,
    /// Rounds; in each, every page is asked for in turn.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// How often each page is asked for in a round.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    asks: u32,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

/// Measures and tells.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    show(&measure(args)?, args.json)
}

/// What one address answered.
#[derive(Debug, Default)]
struct Asked {
    waits: Vec<Duration>,
    status: u16,
    bytes: usize,
}

fn measure(args: &Args) -> anyhow::Result<Figures> {
    let place = tempfile::tempdir().context("no temporary directory")?;
    let house = house::open(place.path(), args.leads)?;
    let ids = house.ids()?;
    let addresses: Vec<Address> = visitors_pages()
        .map(|pattern| address(pattern, &ids))
        .collect::<anyhow::Result<Vec<_>>>()?
        .into_iter()
        .flatten()
        .collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let asked = runtime.block_on(ask_all(args, &house, &addresses))?;
    let pages = addresses.iter().zip(asked);
    let pages = pages.map(|(address, (page, json))| Page::of(address, page, json)).collect();
    let resident_mb = process::rss_mb();
    house.close()?;
    Ok(Figures::of(args, pages, resident_mb))
}

/// Asks for every page and its JSON route in turns: what disturbs the machine for a while disturbs all.
async fn ask_all(
    args: &Args,
    house: &house::House,
    addresses: &[Address],
) -> anyhow::Result<Vec<(Asked, Option<Asked>)>> {
    let mut connection = Connection::open(house.address).await?;
    let mut all: Vec<(Asked, Option<Asked>)> = addresses
        .iter()
        .map(|address| (Asked::default(), address.json.is_some().then(Asked::default)))
        .collect();
    for round in 0..=args.rounds {
        // The first round warms up: it is what a start costs, and is not counted.
        let asks = if round == 0 { 1 } else { args.asks };
        for _ in 0..asks {
            for (address, (page, json)) in addresses.iter().zip(&mut all) {
                ask(&mut connection, &address.path, page).await?;
                if let Some((json, path)) = json.as_mut().zip(address.json.as_ref()) {
                    ask(&mut connection, path, json).await?;
                }
            }
        }
        if round == 0 {
            for (page, json) in &mut all {
                page.waits.clear();
                if let Some(json) = json {
                    json.waits.clear();
                }
            }
        }
    }
    Ok(all)
}

async fn ask(connection: &mut Connection, path: &str, asked: &mut Asked) -> anyhow::Result<()> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    let began = Instant::now();
    let reply = connection.ask(request.as_bytes()).await;
    let reply = reply.with_context(|| format!("GET {path}"))?;
    asked.waits.push(began.elapsed());
    (asked.status, asked.bytes) = (reply.status, reply.body.len());
    // A page says 409 where a workflow is not in the state that it is about.
    let is_answer = reply.status < 400 || reply.status == 409;
    anyhow::ensure!(is_answer, "GET {path}: {}", reply.status);
    Ok(())
}
