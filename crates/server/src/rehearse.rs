//! `branchline test`: plays scenario files on the rules alone, in virtual time.

use std::{
    fs,
    io::IsTerminal as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use branchline_domain::nearest;
use branchline_scenarios::{
    play,
    report::{Played, Report, Verdict},
    scenario::Mode,
    source_text::{Complaint, SourceText},
    story::Story,
    workflow_file::WorkflowFile,
};
use clap::{Args, ValueEnum};

use crate::{print, workflow_text};

/// The schema of scenario files, for editors.
const SCHEMA: &str = include_str!("../../scenarios/scenario.schema.json");

/// Something differs from what was promised.
const FAILED: u8 = 1;
/// A file cannot be read, or there is nothing to play.
const UNREADABLE: u8 = 2;

/// Flags of `test`.
#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Scenario files, or directories of them.
    #[arg(value_name = "FILE|DIR", required_unless_present = "schema")]
    paths: Vec<PathBuf>,
    /// The workflow that scenarios without a graph of their own are played with, also in the place
    /// of one that they name.
    #[arg(long, value_name = "FILE")]
    workflow: Option<PathBuf>,
    /// Plays only scenarios with this text in their path or title.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// How results are told.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Names the scenarios instead of playing them.
    #[arg(long)]
    list: bool,
    /// Prints the JSON schema of scenario files.
    #[arg(long)]
    schema: bool,
}

/// How results are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One document.
    Json,
    /// For build servers.
    Junit,
}

/// A scenario file as far as it could be read.
struct Read {
    file: String,
    story: Result<Story, Vec<Complaint>>,
}

impl Read {
    fn title(&self) -> &str {
        self.story.as_ref().map_or("", |story| story.title.as_str())
    }
}

pub(crate) fn run(args: &TestArgs) -> anyhow::Result<ExitCode> {
    if args.schema {
        print::out(SCHEMA)?;
        return Ok(ExitCode::SUCCESS);
    }
    let files = match files(&args.paths) {
        Ok(files) => files,
        Err(complaint) => return Ok(refuse(&complaint)),
    };
    let given = match &args.workflow {
        Some(path) => match workflow_text::read(path) {
            Ok(file) => Some(file),
            Err(complaints) => {
                for complaint in complaints {
                    eprintln!("{complaint}");
                }
                return Ok(ExitCode::from(UNREADABLE));
            }
        },
        None => None,
    };
    let all: Vec<Read> = files.iter().map(|path| read(path, given.as_ref())).collect();
    let count = all.len();
    let names: Vec<String> = all.iter().map(|read| read.file.clone()).collect();
    let wanted: Vec<Read> = all.into_iter().filter(|read| is_wanted(read, args)).collect();
    if wanted.is_empty() {
        let wanted = args.filter.as_deref().unwrap_or_default();
        return Ok(refuse(&nothing_matches(wanted, count, &names)));
    }
    if args.list {
        let lines = wanted.iter().map(|read| format!("{}  {}\n", read.file, read.title()));
        print::out(&lines.collect::<String>())?;
        return Ok(ExitCode::SUCCESS);
    }
    let report = Report { played: wanted.into_iter().map(judge).collect() };
    let text = match args.format {
        Format::Text => report.text(has_colours()),
        Format::Json => report.json(),
        Format::Junit => report.junit(),
    };
    print::out(&text)?;
    let summary = report.summary();
    Ok(match (summary.unreadable, summary.failed) {
        (0, 0) => ExitCode::SUCCESS,
        (0, _) => ExitCode::from(FAILED),
        (_, _) => ExitCode::from(UNREADABLE),
    })
}

fn refuse(complaint: &Complaint) -> ExitCode {
    eprintln!("{complaint}");
    ExitCode::from(UNREADABLE)
}

/// Colours only where a person looks, and not where that person does not want them. Source:
/// <https://no-color.org>.
fn has_colours() -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    std::io::stdout().is_terminal() && !unwanted
}

fn is_wanted(read: &Read, args: &TestArgs) -> bool {
    let Some(filter) = &args.filter else { return true };
    read.file.contains(filter) || read.title().to_lowercase().contains(&filter.to_lowercase())
}

fn nothing_matches(filter: &str, count: usize, names: &[String]) -> Complaint {
    let stems: Vec<&str> = names
        .iter()
        .filter_map(|name| Path::new(name).file_stem().and_then(|stem| stem.to_str()))
        .collect();
    let near = nearest::nearest(filter, &stems);
    let help = near.map_or_else(
        || "`--list` without `--filter` names them all".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    let message = format!("none of the {count} scenarios has this text in its path or title");
    Complaint::of_file(&format!("--filter {filter}"), message).with_help(help)
}

/// Every scenario file at these paths, those of a directory in the order of their names.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Complaint> {
    let mut found = Vec::new();
    for path in paths {
        let before = found.len();
        collect(path, &mut found, true)?;
        if found.len() == before {
            let help = "scenario files end in .toml; crates/scenarios/README.md shows one";
            let name = path.display().to_string();
            return Err(Complaint::of_file(&name, "there is no scenario here").with_help(help));
        }
    }
    Ok(found)
}

fn collect(path: &Path, found: &mut Vec<PathBuf>, is_named: bool) -> Result<(), Complaint> {
    let name = path.display().to_string();
    let cannot =
        |wrong: std::io::Error| Complaint::of_file(&name, format!("it cannot be read: {wrong}"));
    if !fs::metadata(path).map_err(cannot)?.is_dir() {
        if is_named || path.extension().is_some_and(|ending| ending == "toml") {
            found.push(path.to_owned());
        }
        return Ok(());
    }
    let entries = fs::read_dir(path).map_err(cannot)?;
    let mut entries: Vec<PathBuf> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(cannot)?;
    entries.sort();
    for entry in entries {
        let is_hidden =
            entry.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if !is_hidden {
            collect(&entry, found, false)?;
        }
    }
    Ok(())
}

fn read(path: &Path, given: Option<&WorkflowFile>) -> Read {
    let file = path.display().to_string();
    let story = print::text_of(path).map_err(|complaint| vec![complaint]).and_then(|text| {
        Story::read(&SourceText { name: &file, text: &text }, &|named| match (given, named) {
            (Some(given), _) => Ok(Some(given.clone())),
            (None, Some(named)) => workflow_text::read(&path.with_file_name(named)).map(Some),
            (None, None) => Ok(None),
        })
    });
    Read { file, story }
}

fn judge(Read { file, story }: Read) -> Played {
    let story = match story {
        Ok(story) => story,
        Err(complaints) => {
            let verdict = Verdict::Unreadable(complaints);
            return Played { file, title: String::new(), verdict };
        }
    };
    let verdict = match &story.only {
        Some(only) if only.mode != Mode::Decider => {
            Verdict::Skipped(format!("not for the rules alone: {}", only.because))
        }
        Some(_) | None => match play::rehearse(&story) {
            Ok(()) => Verdict::Passed,
            Err(difference) => Verdict::Failed(difference),
        },
    };
    Played { file, title: story.title, verdict }
}
