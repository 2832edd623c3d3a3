//! The audit tool: reads a journal, and writes nothing to it.
//!
//! What is asked for goes to standard output, talk about it to standard error. Exit code 0 means
//! done (and, for `verify`, sound), 1 that it could not be done, 2 a wrong command line, 5 that the
//! journal is damaged.

use std::{
    io::{self, BufWriter, Write},
    process::ExitCode,
};

use branchline_log::Soundness;
use clap::{Parser, Subcommand};

mod cli;

/// Exit code for a damaged journal.
const DAMAGED: u8 = 5;

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
    /// The events of one workflow or lead, as lines. A call's id shows its lead.
    Show(cli::ShowArgs),
    /// Where one workflow or lead stood, with its calls, as of any record.
    State(cli::StateArgs),
    /// Why a lead was where it was, as of any record: what holds it, the record that proves it, and
    /// what clears it. The same answer as the API's.
    Explain(cli::ExplainArgs),
    /// The way of a lead: each transition and each visit, as of any record.
    History(cli::HistoryArgs),
    /// Checks the whole journal: checksums, chain, gaps, hash trees, versions, every event, and what
    /// must hold in every journal.
    Verify(cli::VerifyArgs),
    /// Writes every record as a line of JSON, payloads as they are: sealed fields stay sealed.
    Export(cli::ExportArgs),
}

impl Command {
    fn run(self, out: &mut dyn Write) -> anyhow::Result<Soundness> {
        match self {
            Self::List(args) => args.run(out),
            Self::Show(args) => args.run(out),
            Self::State(args) => args.run(out),
            Self::Explain(args) => args.run(out),
            Self::History(args) => args.run(out),
            Self::Verify(args) => args.run(out),
            Self::Export(args) => args.run(out),
        }
    }
}

fn main() -> ExitCode {
    let command = Cli::parse().command;
    let mut out = BufWriter::new(io::stdout().lock());
    let done = command.run(&mut out).and_then(|soundness| {
        out.flush()?;
        Ok(soundness)
    });
    match done {
        Ok(Soundness::Sound) => ExitCode::SUCCESS,
        Ok(Soundness::Damaged) => ExitCode::from(DAMAGED),
        // Whoever reads our output has seen enough.
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("branchline-log: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|io| io.kind() == io::ErrorKind::BrokenPipe)
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::Cli;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
