//! The house: configuration, journal, engine and HTTP API in one program.

mod applications;
mod campaign;
mod config;
mod demo;
mod doctor;
mod examples;
mod front;
mod graph_making;
mod healthcheck;
mod house;
mod keys;
mod logging;
mod operator;
mod print;
mod progress;
mod rehearse;
mod serve;
mod service_manager;
mod shell;
mod signals;
mod summary;
mod traces;
mod workflow_files;
mod workflow_text;

use std::{path::PathBuf, process::ExitCode};

use branchline_operator::{CallCommand, EventsArgs, ProviderEventCommand, ProviderWordsCommand};
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::{config::Config, operator::LeadCommand, workflow_files::WorkflowCommand};

/// The engine makes and drops many small things on several threads; the system's allocator costs it
/// a third of its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// An embeddable, auditable engine for outbound-call lead workflows.
#[derive(Debug, Parser)]
#[command(name = "branchline", version, about, max_term_width = 100, after_help = shell::EXIT_CODES)]
struct Cli {
    /// Settings that differ from config/default.toml.
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs a whole campaign with simulated calls and compressed time, and serves it over HTTP.
    Demo(DemoArgs),
    /// Serves the HTTP API over a journal.
    Serve(ServeArgs),
    /// Looks for what speaks against a server here, and says what to do.
    Doctor(doctor::DoctorArgs),
    /// Asks a server whether it is ready, for containers and scripts.
    Healthcheck(healthcheck::HealthcheckArgs),
    /// Plays scenario files on the rules alone, in virtual time: tests of a workflow.
    Test(rehearse::TestArgs),
    /// Works with workflows of a running server, of files, and of stopped data directories.
    #[command(subcommand)]
    Workflow(WorkflowCommand),
    /// API keys (create, list, rotate, revoke); the key that signs heads of the journal (new); and the
    /// keys that seal what is personal (backup, restore).
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Works with leads of a running server, and forgets what is personal of one.
    #[command(subcommand)]
    Lead(LeadCommand),
    /// Works with calls of a running server.
    #[command(subcommand)]
    Call(CallCommand),
    /// Works with what telephony providers told a running server and it could not use.
    #[command(subcommand)]
    ProviderEvent(ProviderEventCommand),
    /// Works with what words of telephony providers mean to a running server.
    #[command(subcommand)]
    ProviderWords(ProviderWordsCommand),
    /// Shows what a running server recorded, and with --follow what it records from now on.
    Events(EventsArgs),
    /// Writes the journal of a running or a stopped server to one file that checks itself.
    Backup(operator::BackupArgs),
    /// Makes a data directory out of backups, and applies all erasures again.
    Restore(operator::RestoreArgs),
    /// Prints what a shell needs to complete commands and flags.
    Completions(shell::CompletionsArgs),
    /// Prints the manual page, or writes one a command.
    Man(shell::ManArgs),
}

/// Flags of `serve`.
#[derive(Debug, Args)]
struct ServeArgs {
    /// Directory of journal and keys; made when it is missing.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Address and port to listen on.
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
}

/// Flags of `demo`.
#[derive(Debug, Args)]
struct DemoArgs {
    /// Directory of journal and keys; made when it is missing.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Address and port to listen on.
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Leads to enrol: the first N of the demo's file, and made-up ones beyond its 1,000.
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    leads: u32,
    /// Decides every outcome: the same seed gives the same calls.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// How much faster than real time the campaign runs.
    #[arg(long, value_name = "X", default_value_t = 3_600, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    speed: u32,
    /// Let some calls end without a branch, so that a person has to decide.
    #[arg(long)]
    review: bool,
    /// Stop when every lead has reached its end, instead of serving on.
    #[arg(long)]
    exit_when_done: bool,
}

fn main() -> ExitCode {
    let matches = examples::attached(Cli::command()).try_get_matches();
    let cli = match matches.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(slip) => return shell::refused(&slip),
    };
    match run(cli) {
        Ok(code) => code,
        Err(error) => {
            // One line, the whole chain: what failed, and why.
            eprintln!("branchline: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    // What depends on its files alone, or asks a server, wants no configuration.
    if let Some(ended) = cli.command.run_alone() {
        return ended;
    }
    // A broken configuration is what it looks for.
    if let Command::Doctor(args) = &cli.command {
        return doctor::run(cli.config.as_deref(), args);
    }
    let mut config = Config::load(cli.config.as_deref())?;
    let (data_dir, listen) = match &cli.command {
        Command::Demo(args) => (&args.data_dir, &args.listen),
        Command::Serve(args) => (&args.data_dir, &args.listen),
        Command::Test(_)
        | Command::Doctor(_)
        | Command::Healthcheck(_)
        | Command::Workflow(_)
        | Command::Keys(_)
        | Command::Lead(_)
        | Command::Call(_)
        | Command::ProviderEvent(_)
        | Command::ProviderWords(_)
        | Command::Events(_)
        | Command::Backup(_)
        | Command::Restore(_)
        | Command::Completions(_)
        | Command::Man(_) => (&None, &None),
    };
    if let Some(data_dir) = data_dir {
        config.storage.data_dir.clone_from(data_dir);
    }
    if let Some(listen) = listen {
        config.server.listen.clone_from(listen);
    }
    logging::start(&config.log, &config.trace)?;
    match cli.command {
        Command::Demo(args) => demo::run(&config, &args),
        Command::Serve(_) => serve::run(&config),
        Command::Healthcheck(args) => healthcheck::run(&config, &args),
        Command::Workflow(command) => workflow_files::run(&config, &command),
        Command::Keys(command) => keys::run(&config, command),
        Command::Lead(command) => operator::lead(&config, &command),
        Command::Backup(args) => operator::back_up(&config, &args),
        Command::Restore(args) => operator::restore(&args),
        // They ran alone.
        Command::Test(_)
        | Command::Doctor(_)
        | Command::Call(_)
        | Command::ProviderEvent(_)
        | Command::ProviderWords(_)
        | Command::Events(_)
        | Command::Completions(_)
        | Command::Man(_) => Ok(ExitCode::SUCCESS),
    }
}

impl Command {
    /// Runs what wants no configuration of a server.
    fn run_alone(&self) -> Option<anyhow::Result<ExitCode>> {
        let asked = match self {
            Self::Workflow(WorkflowCommand::OfServer(command)) => command.run(),
            Self::Lead(LeadCommand::OfServer(command)) => command.run(),
            Self::Call(command) => command.run(),
            Self::ProviderEvent(command) => command.run(),
            Self::ProviderWords(command) => command.run(),
            Self::Events(args) => args.run(),
            Self::Test(args) => return Some(rehearse::run(args)),
            Self::Completions(args) => return Some(args.run(Cli::command())),
            Self::Man(args) => return Some(args.run(examples::attached(Cli::command()))),
            Self::Demo(_)
            | Self::Serve(_)
            | Self::Doctor(_)
            | Self::Healthcheck(_)
            | Self::Workflow(_)
            | Self::Keys(_)
            | Self::Lead(_)
            | Self::Backup(_)
            | Self::Restore(_) => return None,
        };
        Some(Ok(shell::ended(asked)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
