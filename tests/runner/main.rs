//! Plays every `tests/scenarios/**/*.toml` as a test of its own, named by mode and path. The format
//! is described in `crates/scenarios/README.md`.

mod engine_asks;
mod engine_world;
mod identity;
mod journal_form;
mod kept_store;
mod reopened;
mod self_check;
mod watched_store;

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use branchline_scenarios::{
    decider_world::DeciderWorld,
    play::{self, Source},
    scenario::{Mode, Scenario},
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
        let only = read(&path).ok().and_then(|(_, scenario)| scenario.only);
        for (way, mode, word) in WAYS {
            if only.as_ref().is_none_or(|only| only.mode == mode) {
                let path = path.clone();
                trials.push(Trial::test(format!("{word}/{name}"), move || run(&path, way)));
            }
        }
    }
    trials.extend(self_check::trials());
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

fn read(path: &Path) -> Result<(String, Scenario), Failed> {
    let text = fs::read_to_string(path)?;
    let scenario: Scenario =
        toml::from_str(&text).map_err(|wrong| format!("{}: {wrong}", path.display()))?;
    let told = [&scenario.title, &scenario.source];
    if told.iter().any(|text| text.is_empty()) || scenario.step.is_empty() {
        return Err(format!("{}: title, source or steps are empty", path.display()).into());
    }
    if scenario.only.as_ref().is_some_and(|only| only.because.is_empty()) {
        return Err(format!("{}: `only` needs a reason", path.display()).into());
    }
    Ok((text, scenario))
}

fn run(path: &Path, way: Way) -> Result<(), Failed> {
    let (text, scenario) = read(path)?;
    let shown = path.display().to_string();
    let source = Source { path: &shown, text: &text };
    let graph = play::graph(&scenario, &source)?;
    let mut world: Box<dyn World> = match way {
        Way::Deciders => {
            let passage = Box::new(JournalForm::new());
            Box::new(DeciderWorld::new(&scenario.settings, &graph, passage)?)
        }
        Way::EngineInMemory => {
            Box::new(EngineWorld::new(&scenario.settings, &graph, Kept::in_memory())?)
        }
        Way::EngineOnDisk => {
            Box::new(EngineWorld::new(&scenario.settings, &graph, Kept::on_disk()?)?)
        }
        Way::EngineWatched => return Ok(identity::check(&scenario, &source)?),
    };
    play::play(&scenario, &source, world.as_mut())?;
    Ok(())
}
