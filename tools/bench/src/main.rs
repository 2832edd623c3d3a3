//! Benchmarks. Each prints its figures beside a yardstick of the same run: on a shared machine only
//! the ratio means something.

mod all;
mod big_journal;
mod campaign;
mod herd;
mod http;
mod import;
mod latency;
mod open;
mod outcome;
mod pages;
mod process;
mod proof;
mod scale;
mod show;
mod spread;
mod verify;
mod yardstick;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The engine makes and drops many small things on several threads; the system's allocator costs it
/// a third of its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Benchmarks that print ratios against yardsticks of the same run. Build with --release.
#[derive(Debug, Parser)]
#[command(name = "branchline-bench", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Every benchmark, and the bars beside what was measured.
    All(all::Args),
    /// Two calls a lead, in process, durable: the same work as the yardsticks' of other engines.
    Campaign(campaign::Args),
    /// The same over HTTP, the server in a process of its own.
    Http(http::Args),
    /// The server that `http` measures.
    #[command(hide = true)]
    HttpServer(http::ServerArgs),
    /// A CSV file of leads into a fresh journal, durable: checked whole, then enrolled.
    Import(import::Args),
    /// The check of a whole journal, beside a plain reading of the same bytes.
    Verify(verify::Args),
    /// Dossiers of leads in a large journal: sizes of their proofs, and times of a check.
    Proof(proof::Args),
    /// A million leads whose wait ends in the same second, while other work goes on.
    Herd(herd::HerdArgs),
    /// The process that `herd` measures.
    #[command(hide = true)]
    HerdDrain(herd::DrainArgs),
    /// Starts on long journals: after a stop, after a kill, and without any checkpoint.
    Open(open::OpenArgs),
    /// The process that `open` measures.
    #[command(hide = true)]
    OpenStart(open::StartArgs),
    /// Every page for people while the engine has a million leads, beside its JSON route.
    Pages(pages::Args),
    /// Leads at rest: memory and disk a lead, restart after a kill, answers of cold leads.
    Scale(scale::Args),
    /// The measured process of `scale`.
    #[command(hide = true)]
    ScaleChild(scale::ChildArgs),
}

fn main() -> ExitCode {
    let Cli { command } = Cli::parse();
    if cfg!(debug_assertions) {
        eprintln!("branchline-bench: this is a debug build; its figures mean nothing");
    }
    let run = match command {
        Command::All(args) => all::run(&args),
        Command::Campaign(args) => campaign::run(&args),
        Command::Http(args) => http::run(&args),
        Command::HttpServer(args) => http::serve(&args),
        Command::Import(args) => import::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Proof(args) => proof::run(&args),
        Command::Herd(args) => herd::run(&args),
        Command::HerdDrain(args) => herd::drain(&args),
        Command::Open(args) => open::run(&args),
        Command::OpenStart(args) => open::start(&args),
        Command::Pages(args) => pages::run(&args),
        Command::Scale(args) => scale::run(&args),
        Command::ScaleChild(args) => scale::run_child(&args),
    };
    match run {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("branchline-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
