//! `branchline workflow`, of files and stopped data directories: judges workflow files, and brings
//! workflows from a data directory into a file and back. No server runs on the directory meanwhile.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use anyhow::{Context as _, bail};
use branchline_domain::{
    decider::Recorded,
    id::WorkflowId,
    time::Timestamp,
    workflow::{self, WorkflowState},
};
use branchline_engine::{
    EngineHandle, UuidV7Ids,
    clock::SystemClock,
    command::Caller,
    ports::{Clock, Phones},
};
use branchline_event_codec::{RecordedEvents, decode_record};
use branchline_journal::{reader::JournalReader, record::Position};
use branchline_scenarios::workflow_file::{FileFormat, Judgement, Verdict, WorkflowFile};
use clap::{Args, Subcommand, ValueEnum};

use crate::{config::Config, graph_making, house, print, workflow_text};

/// What to do with workflows, wherever they are.
#[derive(Debug, Subcommand)]
pub(crate) enum WorkflowCommand {
    #[command(flatten)]
    OfServer(branchline_operator::WorkflowCommand),
    /// Tells everything that keeps the workflow of a file from being activated, and what is doubtful;
    /// `graph check` does the same on a server.
    Validate(ValidateArgs),
    /// Writes a workflow of a stopped data directory as a file.
    Export(ExportArgs),
    /// Creates the workflow of a file, in draft, in a stopped data directory; `create --file` does the
    /// same on a server.
    Import(ImportArgs),
}

/// Flags of `workflow validate`.
#[derive(Debug, Args)]
pub(crate) struct ValidateArgs {
    /// The workflow file; JSON when its name ends in .json, else TOML.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// How faults are told.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// How faults are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One document.
    Json,
}

/// Flags of `workflow export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// Id of the workflow.
    #[arg(value_name = "WORKFLOW")]
    workflow: String,
    /// Directory of the journal. It is only read, from a private copy.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Form of the file.
    #[arg(long, value_enum, default_value_t = Form::Toml)]
    format: Form,
}

/// Form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people.
    Toml,
    /// For machines.
    Json,
}

/// Flags of `workflow import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The workflow file; JSON when its name ends in .json, else TOML.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Directory of journal and keys; made when it is missing.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Another title than that of the file.
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
}

pub(crate) fn run(config: &Config, command: &WorkflowCommand) -> anyhow::Result<ExitCode> {
    match command {
        WorkflowCommand::Validate(args) => validate(args),
        WorkflowCommand::Export(args) => export(config, args),
        WorkflowCommand::Import(args) => import(config, args),
        // It wants no configuration: `main` has run it.
        WorkflowCommand::OfServer(_) => Ok(ExitCode::SUCCESS),
    }
}

/// The file, or all that is wrong with its form.
fn read(path: &Path) -> anyhow::Result<WorkflowFile> {
    workflow_text::read(path).map_err(|complaints| {
        let told: Vec<String> = complaints.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("{}", told.join("\n"))
    })
}

fn validate(args: &ValidateArgs) -> anyhow::Result<ExitCode> {
    let file = read(&args.file)?;
    let judgement = file.judge();
    let text = match args.format {
        Format::Text => judgement_text(&args.file, &file, &judgement),
        Format::Json => serde_json::to_string_pretty(&judgement)? + "\n",
    };
    print::out(&text)?;
    Ok(if judgement.valid { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn judgement_text(path: &Path, file: &WorkflowFile, judgement: &Judgement) -> String {
    let mut text = String::new();
    let all = judgement.faults.iter().map(|fault| ("fault", fault));
    for (kind, verdict) in all.chain(judgement.warnings.iter().map(|doubt| ("warning", doubt))) {
        let Verdict { code, node, edge, message, fix } = verdict;
        let place = edge.as_ref().or(node.as_ref());
        let place = place.map(|place| format!(" at {place}")).unwrap_or_default();
        // Writing to a text does not fail.
        let _ = writeln!(text, "{kind} {code}{place}\n  {message}\n  fix: {fix}");
    }
    let verdict = if judgement.valid { "valid" } else { "not valid" };
    let _ = writeln!(
        text,
        "{}: {verdict}; {} nodes, {} edges, {} faults, {} warnings",
        path.display(),
        file.graph.nodes.len(),
        file.graph.edges.len(),
        judgement.faults.len(),
        judgement.warnings.len(),
    );
    text
}

fn export(config: &Config, args: &ExportArgs) -> anyhow::Result<ExitCode> {
    let data_dir = args.data_dir.as_ref().unwrap_or(&config.storage.data_dir);
    let workflows = workflows(data_dir)?;
    let wanted = args.workflow.parse::<WorkflowId>();
    let Some(state) = wanted.ok().and_then(|id| workflows.get(&id)) else {
        let listed: Vec<String> =
            workflows.iter().map(|(id, state)| format!("  {id}  {}", state.title)).collect();
        let listed = if listed.is_empty() { "  none".to_owned() } else { listed.join("\n") };
        let data_dir = data_dir.display();
        bail!("there is no workflow {} in {data_dir}; there are\n{listed}", args.workflow);
    };
    let (file, left_out) =
        WorkflowFile::of(&state.title, &state.description, &state.settings, &state.graph);
    for edge in left_out {
        eprintln!("branchline: left out: {edge}");
    }
    let format = match args.format {
        Form::Toml => FileFormat::Toml,
        Form::Json => FileFormat::Json,
    };
    print::out(&file.write(format).map_err(|wrong| anyhow::anyhow!(wrong))?)?;
    Ok(ExitCode::SUCCESS)
}

/// Every workflow of a stopped data directory that is not deleted.
fn workflows(data_dir: &Path) -> anyhow::Result<BTreeMap<WorkflowId, WorkflowState>> {
    let journal = data_dir.join("journal");
    let reader = JournalReader::open(&journal)
        .with_context(|| format!("cannot read the journal {}", journal.display()))?;
    let mut workflows: BTreeMap<WorkflowId, WorkflowState> = BTreeMap::new();
    for record in reader.records(Position::START) {
        let record = record?;
        let at = Timestamp::from_micros(record.body.recorded_at.0);
        let recorded = Recorded { at, position: record.position.0 };
        if let Some(RecordedEvents::Workflow(id, events)) = decode_record(&record, None)? {
            let state = workflows.entry(id).or_default();
            for event in &events {
                workflow::evolve(state, event, recorded);
            }
        }
    }
    workflows.retain(|_, state| !state.deleted);
    Ok(workflows)
}

fn import(config: &Config, args: &ImportArgs) -> anyhow::Result<ExitCode> {
    let mut file = read(&args.file)?;
    if let Some(title) = &args.title {
        file.title.clone_from(title);
    }
    // Everything that the engine would refuse is told before anything is recorded.
    let judgement = file.judge();
    if let Some(refused) = judgement.faults.iter().find(|fault| fault.code == "invalid") {
        bail!("{}: {}", args.file.display(), refused.message);
    }
    let data_dir = args.data_dir.as_ref().unwrap_or(&config.storage.data_dir);
    let directory = house::open_directory(data_dir)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let ids = Arc::new(UuidV7Ids::new(Arc::clone(&clock)));
    let engine = house::start_engine(config, directory, clock, ids, Phones::External)?;
    let created = actix_web::rt::System::new().block_on(async {
        let handle = engine.handle();
        let created = create(&handle, &file).await;
        // Handles keep the journal's files open.
        drop(handle);
        engine.shutdown();
        created
    })?;
    print::out(&format!("{created}\n"))?;
    let notes = judgement.faults.len();
    if notes > 0 {
        eprintln!(
            "branchline: it cannot be activated yet: `branchline workflow validate` says why"
        );
    }
    Ok(ExitCode::SUCCESS)
}

async fn create(engine: &EngineHandle, file: &WorkflowFile) -> anyhow::Result<WorkflowId> {
    let caller = Caller { principal: "import".into(), ..Caller::host() };
    let WorkflowFile { title, description, settings, graph } = file;
    let workflow = engine.create_workflow(&caller, title, description, settings.clone()).await?;
    graph_making::make(engine, &caller, workflow, graph).await?;
    Ok(workflow)
}
