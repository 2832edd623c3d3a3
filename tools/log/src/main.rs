//! The audit tool: reads a journal, and writes nothing to it.
//!
//! What is asked for goes to standard output, talk about it to standard error. Exit code 0 means
//! done (and, for `verify`, sound), 1 that it could not be done, 2 a wrong command line, 5 that the
//! journal is damaged.

use std::{
    io::{self, BufWriter, Write},
    process::ExitCode,
};

use branchline_log::{Soundness, fault};
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

mod cli;

/// Records are made on one thread and dropped on another, which costs the system's allocator dearly.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Reads a Branchline journal as evidence: through a private copy, without the engine.
#[derive(Debug, Parser)]
#[command(name = "branchline-log", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// One line a stream: its id, its records, and where it stands.
    List(cli::ListArgs),
    /// The events of one workflow, lead or call, with who caused each and why.
    Show(cli::ShowArgs),
    /// The last records of the journal, and with `--follow` those to come.
    Tail(cli::TailArgs),
    /// The records that fit, out of the whole journal: by type of event, workflow, lead, call, node,
    /// phone number, principal, cause, key and time. What different flags ask must all be so; of a
    /// flag that is given again either is enough.
    Grep(Box<cli::GrepArgs>),
    /// How everything, or one workflow, lead or call, stood as of any record: rebuilt from nothing,
    /// with a digest by which two machines compare what they have.
    Replay(cli::ReplayArgs),
    /// What changed between two moments: in everything, or in one workflow, lead or call.
    Diff(cli::DiffArgs),
    /// Why a lead was where it was, as of any record: what holds it, the record that proves it, and
    /// what clears it. The same answer as the API's.
    Explain(cli::ExplainArgs),
    /// The way of a lead: each transition and each visit, as of any record.
    History(cli::HistoryArgs),
    /// What a journal consists of: events by type, bytes, streams, organisations, and how it grew.
    Stats(cli::StatsArgs),
    /// Checks the whole journal: checksums, chain, gaps, hash trees, versions, every event, and what
    /// must hold in every journal.
    Verify(cli::VerifyArgs),
    /// Cuts and damages copies of the journal, opens each with the real store, and compares what
    /// clients and the carrier keep: nothing acknowledged is lost, nothing is dialled unrecorded.
    Torture(cli::TortureArgs),
    /// Which journal it is: how many records, and the root of their hash tree, signed when there is a
    /// key. Whoever keeps it finds any later change of those records.
    Head(cli::HeadArgs),
    /// Writes a dossier: the records of one lead or workflow, and the proof that they are in the journal
    /// of a head.
    Prove(cli::ProveArgs),
    /// Checks a dossier with a head that you kept, without the journal and without a secret, and
    /// prints its records.
    Check(cli::CheckArgs),
    /// Whether the journal of a newer head continues the one of an older head, unchanged.
    Consistency(cli::ConsistencyArgs),
    /// Writes all records to one file that needs no engine: as lines of JSON, or as the journal's own
    /// blocks. Payloads are as they are: sealed fields stay sealed.
    Export(cli::ExportArgs),
    /// Makes the journal of a new data directory out of an export.
    Import(cli::ImportArgs),
}

impl Command {
    fn run(self, out: &mut dyn Write) -> anyhow::Result<Soundness> {
        match self {
            Self::List(args) => args.run(out),
            Self::Show(args) => args.run(out),
            Self::Tail(args) => args.run(out),
            Self::Grep(args) => args.run(out),
            Self::Replay(args) => args.run(out),
            Self::Diff(args) => args.run(out),
            Self::Explain(args) => args.run(out),
            Self::History(args) => args.run(out),
            Self::Stats(args) => args.run(out),
            Self::Verify(args) => args.run(out),
            Self::Torture(args) => args.run(out),
            Self::Head(args) => args.run(out),
            Self::Prove(args) => args.run(out),
            Self::Check(args) => args.run(out),
            Self::Consistency(args) => args.run(out),
            Self::Export(args) => args.run(out),
            Self::Import(args) => args.run(),
        }
    }
}

fn main() -> ExitCode {
    let matches = match cli::examples::attached(Cli::command()).try_get_matches() {
        Ok(matches) => matches,
        Err(slip) => return refused(&slip),
    };
    let name = matches.subcommand_name().unwrap_or_default().to_owned();
    let command = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli.command,
        Err(slip) => return refused(&slip),
    };
    let mut out = BufWriter::new(io::stdout().lock());
    let done = command.run(&mut out).and_then(|soundness| {
        out.flush()?;
        Ok(soundness)
    });
    match done {
        Ok(Soundness::Sound) => ExitCode::SUCCESS,
        Ok(Soundness::Damaged) => ExitCode::from(fault::DAMAGED),
        // Whoever reads our output has seen enough.
        Err(error) if fault::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // What was found before the failure is worth seeing.
            let _ = out.flush();
            eprintln!("branchline-log: {error:#}");
            let code = fault::exit_code(&error);
            if code == fault::MISUSED {
                show_example(&name);
            }
            ExitCode::from(code)
        }
    }
}

/// Answers what is no command line, or a question about it.
fn refused(slip: &clap::Error) -> ExitCode {
    // There is nowhere to tell that it cannot be told.
    let _ = slip.print();
    if !slip.use_stderr() {
        return ExitCode::SUCCESS;
    }
    let cli = Cli::command();
    let named = std::env::args().skip(1).find(|argument| cli.find_subcommand(argument).is_some());
    if let Some(name) = named {
        show_example(&name);
    }
    ExitCode::from(fault::MISUSED)
}

fn show_example(command: &str) {
    if let Some(example) = cli::examples::of(command) {
        eprintln!("\n{example}");
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
