//! What the stories share: an engine, its journal, and the shortest way to a campaign.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use branchline_domain::{
    call_status::CallStatus,
    graph::{CanvasPosition, NodeConfig, VoiceCallConfig},
    id::{CallId, LeadId, NodeId, WorkflowId},
    lead::{CallReport, LeadState, Values},
    output::Output,
    time::Timestamp,
    workflow::Settings,
};
use branchline_engine::{
    DataDirectory, Engine, EngineConfig, EngineHandle, EngineParts, RecordedFact, UuidV7Ids,
    applications::Applications,
    clock::ManualClock,
    command::{Caller, EnrolRequest, NewEdge, NewLead, NewNode, WorkflowAction},
    ports::{Clock, Phones},
};
use branchline_journal::record::{IdempotencyKey, Position};
use branchline_projections::StatusCounts;
use branchline_vault::{SeededEntropy, Vault};

use crate::gate::GateStore;

pub(crate) struct World {
    pub(crate) engine: Option<Engine>,
    pub(crate) engine_handle: EngineHandle,
    pub(crate) store: Arc<GateStore>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) config: EngineConfig,
    pub(crate) applications: Applications,
}

/// The host of the default organisation.
pub(crate) fn host() -> &'static Caller {
    static HOST: LazyLock<Caller> = LazyLock::new(Caller::host);
    &HOST
}

/// A host's request under an idempotency key.
pub(crate) fn keyed(key: &str, digest: u8) -> Caller {
    let idempotency = Some(IdempotencyKey { key: key.into(), digest: [digest; 32] });
    Caller { idempotency, ..Caller::host() }
}

/// Checkpoints of the read models after every few records, so that each restart begins with one.
pub(crate) fn config() -> EngineConfig {
    EngineConfig { checkpoint_records: 4, ..EngineConfig::embedded() }
}

pub(crate) fn report(status: CallStatus) -> CallReport {
    CallReport {
        status,
        occurred_at: None,
        end_reason: None,
        attributes: Values::new(),
        provider_ref: None,
        heard: None,
    }
}

pub(crate) const fn call(lead: LeadId, number: u32) -> CallId {
    CallId { lead, number }
}

pub(crate) fn lead(number: u64) -> NewLead {
    NewLead { phone_number: format!("+9198765{number:05}"), row: number + 2, ..NewLead::default() }
}

pub(crate) fn list(leads: Vec<NewLead>) -> EnrolRequest {
    EnrolRequest { leads, ..EnrolRequest::default() }
}

/// Runs a story on a runtime of its own.
pub(crate) fn story<F: Future<Output = ()>>(story: F) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        tokio::time::timeout(Duration::from_mins(1), story)
            .await
            .expect("the story comes to its end");
    });
}

/// A call, then `CONVERTED` after COMPLETED and the same call again after anything else.
pub(crate) struct Campaign {
    pub(crate) workflow: WorkflowId,
    pub(crate) intro: NodeId,
    pub(crate) converted: NodeId,
}

impl World {
    pub(crate) fn start(config: EngineConfig) -> Self {
        Self::with_vault(Arc::new(Vault::in_memory(Arc::new(SeededEntropy::new(7)))), config)
    }

    /// The same with keys of the caller's choice.
    pub(crate) fn with_vault(vault: Arc<Vault>, config: EngineConfig) -> Self {
        let start = Timestamp::from_micros(1_800_000_000_000_000);
        let clock = Arc::new(ManualClock::at(start));
        Self::on(GateStore::new(), vault, clock, config, Applications::default())
    }

    /// The same over a journal on disk.
    pub(crate) fn on_disk(dir: &std::path::Path, config: EngineConfig) -> Self {
        let DataDirectory { store, vault } = DataDirectory::open(dir).unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp::from_micros(1_800_000_000_000_000)));
        Self::on(GateStore::before(store), vault, clock, config, Applications::default())
    }

    fn on(
        store: Arc<GateStore>,
        vault: Arc<Vault>,
        clock: Arc<ManualClock>,
        config: EngineConfig,
        applications: Applications,
    ) -> Self {
        let ids = Arc::new(UuidV7Ids::new(Arc::clone(&clock) as Arc<dyn Clock>));
        let engine = Engine::start(EngineParts {
            store: Arc::clone(&store) as _,
            vault: Arc::clone(&vault),
            clock: Arc::clone(&clock) as _,
            ids,
            phones: Phones::External,
            applications: applications.clone(),
            config: config.clone(),
        })
        .unwrap();
        let engine_handle = engine.handle();
        Self { engine: Some(engine), engine_handle, store, vault, clock, config, applications }
    }

    pub(crate) fn handle(&self) -> &EngineHandle {
        &self.engine_handle
    }

    /// The same journal under a new engine, after the old one crashed.
    pub(crate) fn crash_and_restart(mut self) -> Self {
        drop(self.engine.take());
        self.store.open();
        Self::on(self.store, self.vault, self.clock, self.config, self.applications)
    }

    /// The same journal under a new engine, after the old one was stopped in order.
    pub(crate) fn stop_and_restart(mut self) -> Self {
        self.engine.take().unwrap().shutdown();
        Self::on(self.store, self.vault, self.clock, self.config, self.applications)
    }

    /// The same journal under a new engine with other keys, after the old one was stopped in order.
    pub(crate) fn stop_and_restart_with(mut self, vault: Arc<Vault>) -> Self {
        self.engine.take().unwrap().shutdown();
        Self::on(self.store, vault, self.clock, self.config, self.applications)
    }

    /// Now, as the engine sees it.
    pub(crate) fn clock_now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) async fn act(&self, workflow: WorkflowId, action: WorkflowAction) {
        self.handle().act_on_workflow(host(), workflow, action).await.unwrap();
    }

    pub(crate) async fn node(&self, workflow: WorkflowId, config: NodeConfig) -> NodeId {
        let node = NewNode {
            label: "step".into(),
            position: CanvasPosition::default(),
            config,
            entry: false,
        };
        self.handle().add_node(host(), workflow, node).await.unwrap()
    }

    pub(crate) async fn edge(&self, workflow: WorkflowId, from: NodeId, to: NodeId, label: &str) {
        let edge = NewEdge {
            from_node_id: from,
            to_node_id: to,
            label: (!label.is_empty()).then(|| Output::from(label)),
        };
        self.handle().add_edge(host(), workflow, edge).await.unwrap();
    }

    pub(crate) async fn draft(&self) -> Campaign {
        let handle = self.handle();
        let workflow =
            handle.create_workflow(host(), "Spring", "", Settings::default()).await.unwrap();
        let voice = VoiceCallConfig {
            from_phone_number: Some("+912212345678".into()),
            ..VoiceCallConfig::default()
        };
        let intro = self.node(workflow, NodeConfig::VoiceCall(voice)).await;
        let converted = self.node(workflow, NodeConfig::Converted).await;
        let dropped = self.node(workflow, NodeConfig::Dropped).await;
        self.edge(workflow, intro, converted, "COMPLETED").await;
        self.edge(workflow, intro, dropped, "").await;
        Campaign { workflow, intro, converted }
    }

    pub(crate) async fn active(&self) -> Campaign {
        let campaign = self.draft().await;
        self.act(campaign.workflow, WorkflowAction::Activate).await;
        campaign
    }

    pub(crate) async fn enrol_one(&self, workflow: WorkflowId, number: u64) -> LeadId {
        let request = list(vec![lead(number)]);
        let enrolled = self.handle().enrol(host(), workflow, request).await.unwrap();
        assert_eq!(enrolled.lead_ids.len(), 1);
        enrolled.lead_ids[0]
    }

    /// Waits until the counts of a workflow's leads are like this.
    pub(crate) async fn until(
        &self,
        workflow: WorkflowId,
        like_this: impl Fn(&StatusCounts) -> bool,
    ) {
        let shown = || self.handle().read(|read| like_this(&read.counts(workflow).by_status));
        while !shown().await.unwrap() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Every record of the journal.
    pub(crate) async fn facts(&self) -> Vec<RecordedFact> {
        self.handle().read(|_| ()).await.unwrap();
        self.handle().events(Position::START).next_batch(usize::MAX).unwrap()
    }

    pub(crate) async fn state(&self, lead: LeadId) -> LeadState {
        self.handle().lead(host().organisation, lead).await.unwrap().state
    }
}
