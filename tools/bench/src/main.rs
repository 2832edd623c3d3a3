//! Benchmarks. Each prints its figures beside a yardstick of the same run: on a shared machine only
//! the ratio means something.

mod big_journal;
mod campaign;
mod import;
mod latency;
mod process;
mod proof;
mod verify;
mod yardstick;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

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
    /// Two calls a lead, in process, durable: the same work as the yardsticks' of other engines.
    Campaign(CampaignArgs),
    /// A CSV file of leads into a fresh journal, durable: checked whole, then enrolled.
    Import(ImportArgs),
    /// The check of a whole journal, beside a plain reading of the same bytes.
    Verify(VerifyArgs),
    /// Dossiers of leads in a large journal: sizes of their proofs, and times of a check.
    Proof(ProofArgs),
}

/// Flags of `verify`.
#[derive(Debug, Args)]
struct VerifyArgs {
    /// Events of the journal that is made.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1_000..=100_000_000))]
    events: u64,
    /// A stopped data directory to check. Made here, and kept, when it is not there.
    #[arg(long, value_name = "DIR")]
    journal: Option<std::path::PathBuf>,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

/// Flags of `proof`.
#[derive(Debug, Args)]
struct ProofArgs {
    /// Records of the journal.
    #[arg(long, default_value_t = 10_000_000, value_parser = clap::value_parser!(u32).range(100_000..))]
    records: u32,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

/// Flags of `import`.
#[derive(Debug, Args)]
struct ImportArgs {
    /// Rows of the file.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    rows: u32,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

/// Flags of `campaign`.
#[derive(Debug, Args)]
struct CampaignArgs {
    /// Leads to take through both calls.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    leads: u32,
    /// Reports that wait for their answer at once.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    in_flight: u32,
    /// Reports that go into one command. More than one measures the bulk route.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    bulk: u32,
    /// Decides the outcomes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let Cli { command } = Cli::parse();
    if cfg!(debug_assertions) {
        eprintln!("branchline-bench: this is a debug build; its figures mean nothing");
    }
    let run = match command {
        Command::Campaign(args) => campaign::run(&args),
        Command::Import(args) => import::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Proof(args) => proof::run(&args),
    };
    match run {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("branchline-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
