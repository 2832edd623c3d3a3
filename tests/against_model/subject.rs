//! The engine that is compared with the model: a journal, a vault, a clock moved by hand, and one
//! life of an engine after the other.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use branchline_domain::{
    id::{EdgeId, LeadId, NodeId, OrganisationId, WorkflowId},
    workflow::Settings,
};
use branchline_engine::{
    Engine, EngineConfig, EngineError, EngineHandle, EngineParts, UuidV7Ids,
    applications::Applications,
    clock::ManualClock,
    command::Caller,
    ports::{Clock, Phones},
};
use branchline_journal::{
    record::Position,
    sled_store::{SledOptions, SledStore},
    store::EventStore,
};
use branchline_projections::Invariants;
use branchline_testkit::START;
use branchline_vault::{SeededEntropy, Vault};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::{
    asks,
    model::{Choice, Edge, Model, Name},
    picture::{self, Picture},
    reopened::Reopened,
    step::Step,
};

/// How long nothing may be recorded before an engine that shows something else than the model is
/// told wrong. A sound one needs milliseconds; the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(5);
/// The same once a story has gone wrong and is made shorter: every try waits that long.
const PATIENCE_AGAIN: Duration = Duration::from_millis(500);
/// Whether a story has gone wrong.
pub(crate) static WENT_WRONG: AtomicBool = AtomicBool::new(false);
/// Time between two looks.
const LOOK_AGAIN: Duration = Duration::from_micros(400);

/// Where the journal is between two lives of the engine.
enum Kept {
    InMemory(Arc<Reopened>),
    OnDisk(TempDir),
}

impl Kept {
    fn open(&self) -> Arc<dyn EventStore> {
        match self {
            Self::InMemory(store) => Arc::clone(store) as _,
            Self::OnDisk(directory) => {
                let options = SledOptions::new(directory.path());
                Arc::new(SledStore::open(&options).expect("the journal opens"))
            }
        }
    }
}

/// One life of an engine.
struct Life {
    engine: Engine,
    store: Arc<dyn EventStore>,
}

/// The engine, and what the names of a story are there.
pub(crate) struct Subject {
    runtime: Runtime,
    kept: Kept,
    vault: Arc<Vault>,
    pub(crate) clock: Arc<ManualClock>,
    ids: Arc<UuidV7Ids>,
    life: Option<Life>,
    pub(crate) workflow: WorkflowId,
    pub(crate) nodes: BTreeMap<Name, NodeId>,
    pub(crate) edges: BTreeMap<Edge, EdgeId>,
    pub(crate) leads: Vec<LeadId>,
}

/// The settings that an owner's choice is.
pub(crate) fn settings(choice: Choice) -> Settings {
    Settings {
        start_on_enrol: choice.start_on_enrol,
        auto_complete: choice.auto_complete,
        late_final_resolves_review: choice.late_final_resolves,
        call_deadline_s: choice.deadline_s,
        analysis_timeout_s: choice.analysis_s,
        ..Settings::default()
    }
}

impl Subject {
    /// An engine with a workflow like the model's.
    pub(crate) fn new(model: &Model) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime is made");
        let clock = Arc::new(ManualClock::at(START));
        let ids = UuidV7Ids::new(Arc::clone(&clock) as Arc<dyn Clock>);
        let kept = if model.on_disk {
            Kept::OnDisk(tempfile::tempdir().expect("there is room on the disk"))
        } else {
            Kept::InMemory(Arc::new(Reopened::new()))
        };
        let mut subject = Self {
            runtime,
            kept,
            vault: Arc::new(Vault::in_memory(Arc::new(SeededEntropy::new(7)))),
            clock,
            ids: Arc::new(ids),
            life: None,
            workflow: branchline_testkit::workflow_id("nobody's"),
            nodes: BTreeMap::new(),
            edges: BTreeMap::new(),
            leads: Vec::new(),
        };
        subject.start();
        let (handle, host) = (subject.handle(), Caller::host());
        let created = handle.create_workflow(&host, "Spring", "", settings(model.choice));
        subject.workflow = subject.runtime.block_on(created).expect("a workflow is made");
        for node in &model.graph().nodes {
            asks::add_node(&mut subject, node.name, node.config, node.entry)
                .expect("a node is added");
        }
        for edge in &model.graph().edges {
            asks::ask(&mut subject, &Step::AddEdge(*edge)).expect("an edge is added");
        }
        subject
    }

    fn start(&mut self) {
        let store = self.kept.open();
        let engine = Engine::start(EngineParts {
            store: Arc::clone(&store),
            vault: Arc::clone(&self.vault),
            clock: Arc::clone(&self.clock) as _,
            ids: Arc::clone(&self.ids) as _,
            phones: Phones::External,
            applications: Applications::default(),
            // Each restart begins with a checkpoint of the read models.
            config: EngineConfig { checkpoint_records: 4, ..EngineConfig::embedded() },
        });
        self.life = Some(Life { engine: engine.expect("the engine starts"), store });
    }

    fn stop(&mut self, orderly: bool) {
        let Some(Life { engine, store }) = self.life.take() else { return };
        if orderly {
            engine.shutdown();
        } else {
            drop(engine);
        }
        drop(store);
    }

    pub(crate) fn handle(&self) -> EngineHandle {
        self.life.as_ref().expect("it runs").engine.handle()
    }

    fn head(&self) -> Position {
        self.life.as_ref().expect("it runs").store.head()
    }

    pub(crate) fn block_on<T>(&self, asked: impl Future<Output = T>) -> T {
        self.runtime.block_on(asked)
    }

    /// Does the step, and compares the answer and everything that can be seen.
    pub(crate) fn take(&mut self, step: &Step, model: &Model) {
        let before = self.head();
        if let Step::Wait(seconds) = step {
            self.clock.advance(Duration::from_secs(*seconds));
        } else if let Step::Restart { orderly, down_s } = step {
            self.stop(*orderly);
            self.clock.advance(Duration::from_secs(*down_s));
            self.start();
        } else {
            let answer = asks::ask(self, step).unwrap_or_else(|error| asks::refusal(&error));
            assert_eq!(answer, model.answer, "the answer to {step:?} (left: the engine's)");
        }
        self.compare(model, step);
        if matches!(step, Step::Restart { down_s: 0, .. }) {
            assert_eq!(self.head(), before, "a restart recorded more");
        }
    }

    /// Waits until the engine shows what the model does.
    fn compare(&self, model: &Model, step: &Step) {
        let wanted = picture::of_model(model);
        let again = WENT_WRONG.load(Ordering::Relaxed);
        let patience = if again { PATIENCE_AGAIN } else { PATIENCE };
        let (mut head, mut quiet_since) = (self.head(), Instant::now());
        loop {
            let seen = self.picture(model).expect("the engine can be read");
            if seen == wanted {
                return;
            }
            if self.head() != head {
                (head, quiet_since) = (self.head(), Instant::now());
            }
            assert!(
                quiet_since.elapsed() < patience,
                "after {step:?} the engine does not show what the model does:\n{}",
                difference(&seen, &wanted)
            );
            std::thread::sleep(LOOK_AGAIN);
        }
    }

    fn picture(&self, model: &Model) -> Result<Picture, EngineError> {
        let name = |id: NodeId| {
            let known = self.nodes.iter().find(|(_, known)| **known == id);
            known.map_or("a node that nobody made", |(name, _)| *name)
        };
        let handle = self.handle();
        let (mut lines, listed) = self.block_on(handle.read(|read| {
            let mut lines = Vec::new();
            if let Some(row) = read.workflow(self.workflow) {
                let calls = read.calls_in_progress(self.workflow);
                lines.push(picture::workflow_line(&row, calls));
            }
            let counts = read.counts(self.workflow);
            for node in &model.graph().nodes {
                let id = self.nodes.get(node.name).copied().unwrap_or(NodeId::from_u128(0));
                lines.push(picture::counted(&counts, id, node.name));
            }
            let rows = self.leads.iter().map(|id| read.lead(*id));
            (lines, rows.collect::<Vec<_>>())
        }))?;
        for ((at, id), row) in self.leads.iter().enumerate().zip(listed) {
            lines.push(row.map_or_else(
                || format!("lead {at} is in no list"),
                |row| picture::listed(at, &row, name),
            ));
            let story = self.block_on(handle.lead(OrganisationId::DEFAULT, *id))?;
            lines.extend(picture::folded(at, &story.state, name));
        }
        Ok(lines)
    }

    /// The end of the story: nothing more happens, the journal shows nothing that must not be, and
    /// every lead says why it is where it is.
    pub(crate) fn finish(mut self, model: &Model) {
        let head = self.head();
        std::thread::sleep(Duration::from_millis(3));
        assert_eq!(self.head(), head, "the engine went on although there was nothing to do");
        self.compare(model, &Step::Wait(0));
        let mut invariants = Invariants::new();
        let mut stream = self.handle().events(Position(0));
        for fact in stream.next_batch(usize::MAX).expect("the journal can be read") {
            assert_eq!(invariants.check(&fact.as_fact()), [], "the journal shows what must not be");
        }
        assert_eq!(stream.cursor().0, head, "the stream of records ends early");
        let handle = self.handle();
        for (id, lead) in self.leads.iter().zip(&model.leads) {
            let told = self.block_on(handle.explain(OrganisationId::DEFAULT, *id));
            let told = told.expect("a lead explains itself");
            assert!(!told.guards.is_empty(), "nothing holds {lead:?}");
            let goes_on = !lead.has_ended() && !model.has_stopped();
            assert_eq!(told.next.is_some(), goes_on, "{told:?} of {lead:?}");
            if let Some(hold) = lead.hold {
                let codes: Vec<String> = told.guards.iter().map(code).collect();
                // What was mended during a pause holds nobody any more: the lead is due on resume.
                let named = codes.iter().any(|code| code == hold.code || code == "due");
                assert!(named, "{codes:?} of {lead:?}");
            }
        }
        drop((stream, handle));
        self.stop(true);
    }
}

/// The word of a guard. Its debug form is the word of its code without underscores.
fn code(guard: &branchline_domain::lead::HoldingGuard) -> String {
    let mut word = String::new();
    for letter in format!("{:?}", guard.code).chars() {
        if letter.is_uppercase() && !word.is_empty() {
            word.push('_');
        }
        word.extend(letter.to_lowercase());
    }
    word
}

/// The lines that differ.
fn difference(seen: &Picture, wanted: &Picture) -> String {
    let only = |these: &Picture, those: &Picture, whose: &str| -> Vec<String> {
        let lines = these.iter().filter(|line| !those.contains(line));
        lines.map(|line| format!("  {whose}: {line}")).collect()
    };
    [only(seen, wanted, "engine"), only(wanted, seen, "model ")].concat().join("\n")
}
