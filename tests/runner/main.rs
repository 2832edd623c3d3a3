//! Plays every `tests/scenarios/**/*.toml` as a test of its own, named by mode and path. The format
//! is described in `crates/scenarios/README.md`.

mod answering;
mod engine_asks;
mod engine_world;
mod identity;
mod journal_form;
mod kept_store;
mod reopened;
mod watched_store;

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use branchline_scenarios::{
    decider_world::DeciderWorld,
    play,
    scenario::Mode,
    source_text::{Complaint, SourceText},
    story::Story,
    workflow_file::{FileFormat, WorkflowFile},
    world::World,
};
use libtest_mimic::{Arguments, Failed, Trial};

use crate::{engine_world::EngineWorld, journal_form::JournalForm, kept_store::Kept};

/// Every way of playing, with the mode it is and its word in test names.
const WAYS: [(Way, Mode, &str); 4] = [
    (Way::Deciders, Mode::Decider, "decider"),
    (Way::EngineInMemory, Mode::Engine, "engine"),
    (Way::EngineOnDisk, Mode::Engine, "disk"),
    (Way::EngineWatched, Mode::Engine, "identity"),
];

/// What a scenario is played in.
#[derive(Clone, Copy)]
enum Way {
    Deciders,
    EngineInMemory,
    EngineOnDisk,
    /// And everything it answers after each record is compared with its journal.
    EngineWatched,
}

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut trials = Vec::new();
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    files.sort();
    for path in files {
        let name = path.strip_prefix(&root)?.with_extension("").display().to_string();
        // A file that cannot be read fails as a test, so that it is named and counted.
        let only = read(&path).ok().and_then(|story| story.only);
        for (way, mode, word) in WAYS {
            if only.as_ref().is_none_or(|only| only.mode == mode) {
                let path = path.clone();
                trials.push(Trial::test(format!("{word}/{name}"), move || run(&path, way)));
            }
        }
    }
    trials.extend(identity::trials());
    let mut arguments = Arguments::from_args();
    // Engines mostly wait for their threads and disks: more tests than cores may run at once.
    arguments.test_threads.get_or_insert(8);
    libtest_mimic::run(&arguments, trials).exit()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Story, Failed> {
    let text = fs::read_to_string(path)?;
    let name = path.display().to_string();
    let story = Story::read(&SourceText { name: &name, text: &text }, &|named| match named {
        None => Ok(None),
        Some(named) => workflow_file(path, named).map(Some),
    });
    let story = story.map_err(|complaints| {
        complaints.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    })?;
    if story.source.is_empty() {
        return Err(format!("{name}: the source is empty: say where this is promised").into());
    }
    Ok(story)
}

/// The workflow file that a scenario names.
fn workflow_file(scenario: &Path, named: &str) -> Result<WorkflowFile, Vec<Complaint>> {
    let path = scenario.with_file_name(named);
    let name = path.display().to_string();
    let text = fs::read_to_string(&path)
        .map_err(|wrong| vec![Complaint::of_file(&name, wrong.to_string())])?;
    WorkflowFile::read(&SourceText { name: &name, text: &text }, FileFormat::of(named))
}

fn run(path: &Path, way: Way) -> Result<(), Failed> {
    let story = read(path)?;
    let Story { settings, graph, .. } = &story;
    let mut world: Box<dyn World> = match way {
        Way::Deciders => {
            Box::new(DeciderWorld::new(settings, graph, Box::new(JournalForm::new()))?)
        }
        Way::EngineInMemory => Box::new(EngineWorld::new(settings, graph, Kept::in_memory())?),
        Way::EngineOnDisk => Box::new(EngineWorld::new(settings, graph, Kept::on_disk()?)?),
        Way::EngineWatched => return Ok(identity::check(&story)?),
    };
    play::play(&story, world.as_mut()).map_err(|difference| {
        format!("{}:{}: {difference}", path.display(), difference.line).into()
    })
}
