//! An engine with a journal. It is ended, in turn in order and like a crash, and started again
//! between each pair of steps.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use branchline_domain::{
    graph::NodeConfig,
    id::{LeadId, OrganisationId, WorkflowId},
    lead::{self, ApplicationStage, Dispatch, Explanation, LeadCommand, LeadContext, LeadState},
    workflow::{self, Settings, WorkflowCommand, WorkflowState, WorkflowStatus, WorkflowView},
};
use branchline_engine::{
    Engine, EngineConfig, EngineHandle, EngineParts, LeadStory, RecordedEvents, RecordedFact,
    UuidV7Ids,
    applications::ApplicationAction,
    clock::ManualClock,
    command::Caller,
    ports::{Clock, Phones},
};
use branchline_journal::{record::Position, store::EventStore};
use branchline_projections::Invariants;
use branchline_scenarios::{
    command::{Answer, Command, Edit},
    event_lines::Noted,
    graph_lines::GraphLines,
    names::Names,
    story_ids::{self, START},
    words::Wrong,
    world::{Done, Failure, World},
};
use branchline_vault::{SeededEntropy, Vault};
use tokio::runtime::Runtime;

use crate::{
    answering::Answering,
    engine_asks::{self, Asked},
    kept_store::Kept,
};

/// How long an engine may take until nothing is left to do. Only a stuck one takes that long.
const SETTLED_WITHIN: Duration = Duration::from_secs(20);

/// One life of an engine.
struct Life {
    engine: Engine,
    handle: EngineHandle,
    store: Arc<dyn EventStore>,
}

pub(crate) struct EngineWorld {
    runtime: Runtime,
    kept: Kept,
    vault: Arc<Vault>,
    clock: Arc<ManualClock>,
    /// The same through all lives: a clock that stands still would give the same names again.
    ids: Arc<UuidV7Ids>,
    /// `None` only while it starts again.
    life: Option<Life>,
    /// How often it was started again.
    lives: u32,
    names: Names,
    workflow: WorkflowId,
    leads: Vec<LeadId>,
    /// Last record that was told as a consequence of a step.
    told: Position,
    invariants: Invariants,
    answering: Answering,
}

/// What is still to be done, if anything is: an engine that is sound will record more.
struct Pending(Option<String>);

impl EngineWorld {
    /// A draft with this graph, made by a host.
    pub(crate) fn new(settings: &Settings, graph: &GraphLines, kept: Kept) -> Result<Self, Wrong> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(|wrong| wrong.to_string())?;
        let clock = Arc::new(ManualClock::at(START));
        let ids = UuidV7Ids::new(Arc::clone(&clock) as Arc<dyn Clock>);
        let mut world = Self {
            runtime,
            kept,
            vault: Arc::new(Vault::in_memory(Arc::new(SeededEntropy::new(7)))),
            clock,
            ids: Arc::new(ids),
            life: None,
            lives: 0,
            names: Names::default(),
            workflow: story_ids::workflow_id("nobody's"),
            leads: Vec::new(),
            told: Position(0),
            invariants: Invariants::new(),
            answering: Answering::default(),
        };
        world.start()?;
        let host = Caller::host();
        let created = world.life()?.handle.create_workflow(&host, "Spring", "", settings.clone());
        world.workflow =
            world.runtime.block_on(created).map_err(|wrong| format!("create: {wrong}"))?;
        world.names.name_workflow(world.workflow, "workflow");
        let nodes = graph.nodes.iter().cloned().map(Edit::AddNode);
        let edges = graph.edges.iter().cloned().map(Edit::AddEdge);
        for edit in nodes.chain(edges) {
            world.perform(&Command::Edit(edit)).map_err(|failure| failure.to_string())?;
        }
        world.recorded()?;
        Ok(world)
    }

    fn start(&mut self) -> Result<(), Wrong> {
        let store = self.kept.open()?;
        let engine = Engine::start(EngineParts {
            store: Arc::clone(&store),
            vault: Arc::clone(&self.vault),
            clock: Arc::clone(&self.clock) as _,
            ids: Arc::clone(&self.ids) as _,
            phones: Phones::External,
            applications: self.answering.applications(),
            // Each restart begins with a checkpoint of the read models.
            config: EngineConfig { checkpoint_records: 4, ..EngineConfig::embedded() },
        })
        .map_err(|wrong| format!("the engine does not start: {wrong}"))?;
        let handle = engine.handle();
        if let Kept::Watched(watched) = &self.kept {
            watched.look_at(handle.clone(), Arc::clone(&self.clock), Arc::clone(&self.vault));
        }
        self.life = Some(Life { engine, handle, store });
        Ok(())
    }

    fn look_again(&self) -> Result<(), Wrong> {
        match &self.kept {
            Kept::Watched(watched) => watched.look_again(),
            Kept::InMemory(_) | Kept::OnDisk(_) => Ok(()),
        }
    }

    fn life(&self) -> Result<&Life, Wrong> {
        self.life.as_ref().ok_or_else(|| "the engine is not running".into())
    }

    /// Waits until nothing is left to do: until every lead that is looked at again has nothing new
    /// to say, no hand-out has run out, and the workflow has no reason to end by itself.
    fn settle(&self) -> Result<(), Wrong> {
        let begun = Instant::now();
        loop {
            let life = self.life()?;
            let before = life.store.head();
            let pending = self.pending()?;
            if pending.0.is_none() && life.store.head() == before {
                return Ok(());
            }
            if begun.elapsed() > SETTLED_WITHIN {
                let left = pending.0.unwrap_or_else(|| "records keep coming".into());
                return Err(format!("the engine does not come to rest: {left}"));
            }
            // A timer is made where the runtime runs.
            self.runtime.block_on(async { tokio::time::sleep(Duration::from_millis(1)).await });
        }
    }

    fn pending(&self) -> Result<Pending, Wrong> {
        let (state, context) = self.workflow_state()?;
        let ends = workflow::decide(&state, &WorkflowCommand::AutoComplete, &context);
        if ends.is_ok_and(|events| !events.is_empty()) {
            return Ok(Pending(Some("the workflow should complete by itself".into())));
        }
        let view = WorkflowView::of(self.workflow, &state);
        let now = self.clock.now();
        for &id in &self.leads {
            let story = self.story(id)?;
            if story.facts.last().map(|fact| fact.position) > Some(self.life()?.store.head()) {
                // A stream may show a record an instant before the head does.
                return Ok(Pending(Some("a record is about to be shown".into())));
            }
            let state = story.state;
            let context = LeadContext { now, lead: id, workflow: &view };
            let advance = lead::decide(&state, &LeadCommand::Advance, &context);
            if let Ok(events) = advance
                && !events.iter().all(is_put_off_when_asked)
            {
                let name = self.names.of_lead(id);
                return Ok(Pending(Some(format!("lead {name} should go on: {events:?}"))));
            }
            if self.is_answered(&state, &context) {
                let name = self.names.of_lead(id);
                return Ok(Pending(Some(format!("the application of lead {name} should go on"))));
            }
            let ran_out = state.calls.values().any(|call| match call.dispatch {
                Dispatch::Started { lease_until: Some(until) } => {
                    until <= now && !call.concluded && call.status.progress() == 0
                }
                Dispatch::Requested
                | Dispatch::Started { lease_until: None }
                | Dispatch::Dispatched
                | Dispatch::Refused
                | Dispatch::Unknown => false,
            });
            if ran_out {
                let name = self.names.of_lead(id);
                return Ok(Pending(Some(format!("a hand-out of lead {name} has run out"))));
            }
        }
        Ok(Pending(None))
    }

    /// Whether a try of an application is wanted, under way, or held and could be made now.
    fn is_answered(&self, state: &LeadState, context: &LeadContext<'_>) -> bool {
        let accepts = |command| lead::decide(state, command, context).is_ok_and(|e| !e.is_empty());
        let under_way = state.application.as_deref().map(|run| run.stage);
        let node =
            state.node.and_then(|node| context.workflow.node_at(state.entered_revision, node));
        let known = node.is_some_and(|node| match &node.config {
            NodeConfig::Application(config) => ApplicationAction::of(config)
                .is_some_and(|action| self.answering.applications().knows(&action)),
            NodeConfig::VoiceCall(_)
            | NodeConfig::Conditional(_)
            | NodeConfig::Time(_)
            | NodeConfig::Converted
            | NodeConfig::Dropped => false,
        });
        under_way == Some(ApplicationStage::Started)
            || accepts(&LeadCommand::StartApplication)
            || (known && accepts(&LeadCommand::RequestApplication))
    }

    /// Somebody answers for the application of a node from now on.
    fn answers(&self, node: &str, answer: &Answer) -> Result<(), Wrong> {
        let (state, _) = self.workflow_state()?;
        let id = self.names.node(node);
        let config = state.graph.node(id).map(|node| &node.config);
        let Some(NodeConfig::Application(config)) = config else {
            return Err(format!("{node} is no APPLICATION node"));
        };
        let action = ApplicationAction::of(config).ok_or("the application has no action")?;
        self.answering.answer(id, &action, answer.clone());
        Ok(())
    }

    fn workflow_state(&self) -> Result<(WorkflowState, workflow::WorkflowContext), Wrong> {
        let id = self.workflow;
        let found = self.life()?.handle.read(|read| {
            let row = read.workflow_or_deleted(id)?;
            Some((row.state.clone(), read.workflow_context(id, &[])))
        });
        let found = self.runtime.block_on(found).map_err(|wrong| wrong.to_string())?;
        found.ok_or_else(|| "the workflow cannot be read".into())
    }

    fn story(&self, id: LeadId) -> Result<LeadStory, Wrong> {
        let story = self.life()?.handle.lead(OrganisationId::DEFAULT, id);
        self.runtime.block_on(story).map_err(|wrong| wrong.to_string())
    }

    /// What was recorded since the last step, personal fields open, and checked as the log tool
    /// checks it.
    fn recorded(&mut self) -> Result<Vec<Noted>, Wrong> {
        let life = self.life()?;
        let head = life.store.head();
        let mut stream = life.handle.events(self.told);
        let mut facts = Vec::new();
        while facts.last().map_or(self.told, |fact: &RecordedFact| fact.position) < head {
            match self.runtime.block_on(stream.next()) {
                Some(fact) => facts.push(fact.map_err(|wrong| wrong.to_string())?),
                None => return Err("the stream of events ended early".into()),
            }
        }
        self.told = head;
        let mut noted = Vec::new();
        for fact in facts {
            let violations = self.invariants.check(&fact.as_fact());
            if !violations.is_empty() {
                return Err(format!("the journal shows what must not be: {violations:?}"));
            }
            match self.opened(fact)?.events {
                RecordedEvents::Workflow(id, events) => {
                    self.learn(&events);
                    let told = events.into_iter().filter(|event| !is_bookkeeping(event));
                    noted.extend(told.map(|event| Noted::Workflow(id, event)));
                }
                // No story tells of keys.
                RecordedEvents::Organisation(..) => {}
                RecordedEvents::Lead(id, events) => {
                    noted.extend(events.into_iter().map(|event| Noted::Lead(id, event)));
                }
            }
        }
        Ok(noted)
    }

    fn learn(&mut self, events: &[workflow::WorkflowEvent]) {
        for event in events {
            if let workflow::WorkflowEvent::GraphRevised { changes, .. } = event {
                for change in changes {
                    self.names.learn(change);
                }
            }
        }
    }

    /// The same record with its personal fields open.
    fn opened(&self, fact: RecordedFact) -> Result<RecordedFact, Wrong> {
        let RecordedEvents::Lead(id, _) = &fact.events else { return Ok(fact) };
        let story = self.story(*id)?;
        let position = fact.position;
        let found = story.facts.into_iter().find(|known| known.position == position);
        found.ok_or_else(|| format!("the story of {id} lacks its record {position}"))
    }
}

/// A queued call whose hours end is put off for the next ones when somebody asks for it, and not before.
fn is_put_off_when_asked(event: &lead::LeadEvent) -> bool {
    matches!(event, lead::LeadEvent::CallScheduled { .. })
}

/// The opening and closing of an enrolment: how an engine keeps it whole, not what it leads to.
fn is_bookkeeping(event: &workflow::WorkflowEvent) -> bool {
    matches!(
        event,
        workflow::WorkflowEvent::ImportOpened { .. } | workflow::WorkflowEvent::ImportClosed { .. }
    )
}

impl World for EngineWorld {
    fn perform(&mut self, command: &Command) -> Result<Done, Failure> {
        let handle = self.life()?.handle.clone();
        if let Command::Edit(Edit::AddEdge(line)) = command {
            self.names.name_end(&line.from);
            self.names.name_end(&line.to);
        }
        let (mut accepted, mut judged) = (None, None);
        match command {
            Command::Wait(seconds) => self.clock.advance(Duration::from_secs(*seconds)),
            Command::Answers { node, answer } => self.answers(node, answer)?,
            Command::Act(_)
            | Command::Edit(_)
            | Command::Duplicate
            | Command::Enrol { .. }
            | Command::Report { .. }
            | Command::ReportNonsense(_)
            | Command::Attributes { .. }
            | Command::Claim(_)
            | Command::Dispatched { .. }
            | Command::Refused { .. }
            | Command::Resolve { .. }
            | Command::Move { .. }
            | Command::Redial { .. }
            | Command::Release { .. }
            | Command::Validate
            | Command::Remove { .. }
            | Command::Erase { .. }
            | Command::EditLead { .. } => {
                let now = self.clock.now();
                let ask = engine_asks::ask(&handle, self.workflow, &self.names, command, now);
                match self.runtime.block_on(ask)? {
                    Asked::Done => {}
                    Asked::Call { accepted: taken } => accepted = Some(taken),
                    Asked::Node(id, name) => self.names.name_node(id, &name),
                    Asked::Edge(id, name) => self.names.name_edge(id, &name),
                    Asked::Lead(id, name) => {
                        self.names.name_lead(id, &name);
                        self.leads.push(id);
                    }
                    Asked::Copy(id) => self.names.name_workflow(id, "copy"),
                    Asked::Judged(found) => judged = Some(found),
                }
            }
        }
        self.settle()?;
        Ok(Done { events: self.recorded()?, accepted, judged })
    }

    fn names(&self) -> &Names {
        &self.names
    }

    fn explain(&mut self, lead: &str) -> Result<Explanation, Wrong> {
        let id = self.names.lead(lead);
        let explanation = self.life()?.handle.explain(OrganisationId::DEFAULT, id);
        self.runtime.block_on(explanation).map_err(|wrong| wrong.to_string())
    }

    fn lead(&mut self, name: &str) -> Result<LeadState, Wrong> {
        self.story(self.names.lead(name)).map(|story| story.state)
    }

    fn workflow(&mut self) -> Result<Option<WorkflowStatus>, Wrong> {
        let id = self.workflow;
        let found = self.life()?.handle.read(|read| read.workflow(id).map(|row| row.state.status));
        self.runtime.block_on(found).map_err(|wrong| wrong.to_string())
    }

    /// Ends the engine, in turn in order and like a crash, and starts it again. None of it may
    /// record anything: all was done before.
    fn between_steps(&mut self) -> Result<(), Wrong> {
        // Before, for what the clock alone changed, and after, by the next engine.
        self.look_again()?;
        self.lives += 1;
        if let Some(Life { engine, handle, store }) = self.life.take() {
            if self.lives.is_multiple_of(2) {
                engine.shutdown();
            } else {
                drop(engine);
            }
            drop((handle, store));
        }
        self.start()?;
        let head = self.life()?.store.head();
        if head != self.told {
            let more = self.recorded()?;
            return Err(format!("a restart recorded more: {more:?}"));
        }
        self.look_again()
    }
}
