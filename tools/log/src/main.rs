//! The audit tool: reads a journal, and writes nothing to it.
//!
//! What is asked for goes to standard output, talk about it to standard error. Exit code 0 means
//! done (and, for `verify`, sound), 1 that it could not be done, 2 a wrong command line, 5 that the
//! journal is damaged.

mod evidence;
mod export;
mod list;
mod show;
mod verify;

use std::{
    io::{self, BufWriter, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};

use crate::evidence::Evidence;

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
    List(Source),
    /// The events of one workflow or lead, as lines. A call's id shows its lead.
    Show(ShowArgs),
    /// Checks the whole journal: checksums, chain, gaps, hash trees, versions, every event, and what
    /// must hold in every journal.
    Verify(Source),
    /// Writes every record as a line of JSON, payloads as they are: sealed fields stay sealed.
    Export(ExportArgs),
}

/// Where the journal is.
#[derive(Debug, Args)]
struct Source {
    /// A stopped server's data directory, or the journal's directory in it.
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

/// Flags of `show`.
#[derive(Debug, Args)]
struct ShowArgs {
    #[command(flatten)]
    source: Source,
    /// Public id of a workflow, lead or call: `wf_…`, `lead_…`, `call_…`.
    #[arg(value_name = "ID")]
    id: String,
    /// Print phone numbers, which needs the keys beside the journal.
    #[arg(long)]
    phone_numbers: bool,
}

/// Flags of `export`.
#[derive(Debug, Args)]
struct ExportArgs {
    #[command(flatten)]
    source: Source,
    /// The file to make; `-` for standard output. One that is there is left as it is.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The last position to write, for example the last one before damage.
    #[arg(long, value_name = "POSITION")]
    until: Option<u64>,
}

/// What a command found out about the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Soundness {
    Sound,
    Damaged,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut out = BufWriter::new(io::stdout().lock());
    let done = run(&cli.command, &mut out).and_then(|soundness| {
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

fn run(command: &Command, out: &mut dyn Write) -> anyhow::Result<Soundness> {
    match command {
        Command::List(source) => list::run(&Evidence::open(&source.directory)?, out),
        Command::Show(args) => {
            let evidence = Evidence::open(&args.source.directory)?;
            show::run(&evidence, &args.id, args.phone_numbers, out)
        }
        Command::Verify(source) => verify::run(&Evidence::open(&source.directory)?, out),
        Command::Export(args) => {
            let evidence = Evidence::open(&args.source.directory)?;
            export::run(&evidence, &args.file, args.until, out)
        }
    }
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
