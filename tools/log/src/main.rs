//! The audit tool: reads a journal, and writes nothing to it.
//!
//! What is asked for goes to standard output, talk about it to standard error. Exit code 0 means
//! done (and, for `verify`, sound), 1 that it could not be done, 2 a wrong command line, 5 that the
//! journal is damaged.

use std::{
    io::{self, BufWriter, Write},
    path::PathBuf,
    process::ExitCode,
};

use branchline_domain::time::Timestamp;
use branchline_journal::record::Position;
use branchline_log::{
    AsOf, Evidence, Format, Soundness, Subject, explain, export, history, list, show, state, verify,
};
use clap::{Args, Parser, Subcommand};

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
    /// Where one workflow or lead stood, with its calls, as of any record.
    State(StateArgs),
    /// Why a lead was where it was, as of any record: what holds it, the record that proves it, and
    /// what clears it. The same answer as the API's.
    Explain(ExplainArgs),
    /// The way of a lead: each transition and each visit, as of any record.
    History(HistoryArgs),
    /// Checks the whole journal: checksums, chain, gaps, hash trees, versions, every event, and what
    /// must hold in every journal.
    Verify(Source),
    /// Writes every record as a line of JSON, payloads as they are: sealed fields stay sealed.
    Export(ExportArgs),
}

/// Where the records are.
#[derive(Debug, Args)]
struct Source {
    /// A stopped server's data directory, the journal's directory in it, or a file that `export`
    /// wrote.
    #[arg(value_name = "DIR")]
    place: PathBuf,
}

/// Up to which record is asked.
#[derive(Debug, Args)]
#[group(multiple = false)]
struct AsOfArgs {
    /// As of this record, from 1, instead of the last one.
    #[arg(long, value_name = "POSITION", value_parser = clap::value_parser!(u64).range(1..))]
    at: Option<u64>,
    /// As of this time, such as 2026-11-24T09:30:00Z: the last record before any later one.
    #[arg(long, value_name = "TIME")]
    until: Option<Timestamp>,
}

impl AsOfArgs {
    fn as_of(&self) -> AsOf {
        let at = self.at.map(|at| AsOf::Position(Position(at)));
        at.or_else(|| self.until.map(AsOf::Time)).unwrap_or_default()
    }
}

/// Flags of `state`.
#[derive(Debug, Args)]
struct StateArgs {
    #[command(flatten)]
    source: Source,
    /// Public id of a workflow, lead or call: `wf_…`, `lead_…`, `call_…`.
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    as_of: AsOfArgs,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Flags of `explain`.
#[derive(Debug, Args)]
struct ExplainArgs {
    #[command(flatten)]
    source: Source,
    /// Public id of a lead, or of one of its calls.
    #[arg(value_name = "LEAD")]
    id: String,
    #[command(flatten)]
    as_of: AsOfArgs,
    /// The instant by which waits and deadlines are judged; else that of `--until`, else when the
    /// record was decided.
    #[arg(long, value_name = "TIME")]
    now: Option<Timestamp>,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Flags of `history`.
#[derive(Debug, Args)]
struct HistoryArgs {
    #[command(flatten)]
    source: Source,
    /// Public id of a lead, or of one of its calls.
    #[arg(value_name = "LEAD")]
    id: String,
    #[command(flatten)]
    as_of: AsOfArgs,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
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
    // Ids are read before the journal is: a slip is told at once.
    match command {
        Command::List(source) => list::run(&Evidence::open(&source.place)?, out),
        Command::Show(args) => {
            let subject = Subject::parse(&args.id)?;
            show::run(&Evidence::open(&args.source.place)?, subject, args.phone_numbers, out)
        }
        Command::State(args) => {
            let subject = Subject::parse(&args.id)?;
            let evidence = Evidence::open(&args.source.place)?;
            state::run(&evidence, subject, args.as_of.as_of(), args.format, out)
        }
        Command::Explain(args) => {
            let lead = Subject::parse_lead(&args.id)?;
            let evidence = Evidence::open(&args.source.place)?;
            explain::run(&evidence, lead, args.as_of.as_of(), args.now, args.format, out)
        }
        Command::History(args) => {
            let lead = Subject::parse_lead(&args.id)?;
            let evidence = Evidence::open(&args.source.place)?;
            history::run(&evidence, lead, args.as_of.as_of(), args.format, out)
        }
        Command::Verify(source) => verify::run(&Evidence::open(&source.place)?, out),
        Command::Export(args) => {
            export::run(&Evidence::open(&args.source.place)?, &args.file, args.until, out)
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
