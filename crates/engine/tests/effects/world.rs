//! What the stories share: an engine, its journal, its phones, and the shortest way to a campaign.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use branchline_domain::{
    call_status::CallStatus,
    graph::{CanvasPosition, NodeConfig, TimeConfig, TimeUnit, VoiceCallConfig},
    id::{CallId, LeadId, NodeId, WorkflowId},
    lead::{CallReport, HoldCode, LeadEvent, Values},
    output::Output,
    time::Timestamp,
    workflow::{Settings, WorkflowStatus},
};
use branchline_engine::{
    Engine, EngineConfig, EngineHandle, EngineParts, RecordedEvents, UuidV7Ids,
    applications::Applications,
    clock::ManualClock,
    command::{Caller, EnrolRequest, NewEdge, NewLead, NewNode, WorkflowAction},
    ports::{Clock, Phones},
};
use branchline_journal::memory::MemoryStore;
use branchline_projections::{LeadRow, Projections};
use branchline_vault::{SeededEntropy, Vault};

use crate::phones::Phone;

pub(crate) struct World {
    engine: Option<Engine>,
    pub(crate) handle: EngineHandle,
    pub(crate) phone: Phone,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) applications: Applications,
    store: Arc<MemoryStore>,
    vault: Arc<Vault>,
    config: EngineConfig,
    external: bool,
}

/// The host of the default organisation.
pub(crate) fn host() -> &'static Caller {
    static HOST: LazyLock<Caller> = LazyLock::new(Caller::host);
    &HOST
}

pub(crate) fn config() -> EngineConfig {
    EngineConfig::embedded()
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

pub(crate) fn phone_number(number: u64) -> String {
    format!("+9198765{number:05}")
}

/// A call, then `CONVERTED` after COMPLETED, a wait of two hours and `CONVERTED` after DNP, and
/// `DROPPED` after FAILED.
#[derive(Clone, Copy)]
pub(crate) struct Campaign {
    pub(crate) workflow: WorkflowId,
    pub(crate) intro: NodeId,
}

impl World {
    /// With a carrier of its own.
    pub(crate) fn start(config: EngineConfig) -> Self {
        Self::begin(config, false)
    }

    /// Where somebody else dials.
    pub(crate) fn external(config: EngineConfig) -> Self {
        Self::begin(config, true)
    }

    fn begin(config: EngineConfig, external: bool) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_micros(1_800_000_000_000_000)));
        let vault = Arc::new(Vault::in_memory(Arc::new(SeededEntropy::new(7))));
        let store = Arc::new(MemoryStore::new());
        Self::on(store, vault, clock, (Phone::default(), Applications::default()), config, external)
    }

    fn on(
        store: Arc<MemoryStore>,
        vault: Arc<Vault>,
        clock: Arc<ManualClock>,
        (phone, applications): (Phone, Applications),
        config: EngineConfig,
        external: bool,
    ) -> Self {
        let phones =
            if external { Phones::External } else { Phones::InProcess(Arc::new(phone.clone())) };
        let engine = Engine::start(EngineParts {
            store: Arc::clone(&store) as _,
            vault: Arc::clone(&vault),
            clock: Arc::clone(&clock) as _,
            ids: Arc::new(UuidV7Ids::new(Arc::clone(&clock) as Arc<dyn Clock>)),
            phones,
            applications: applications.clone(),
            config: config.clone(),
        })
        .unwrap();
        let handle = engine.handle();
        let engine = Some(engine);
        Self { engine, handle, phone, clock, applications, store, vault, config, external }
    }

    /// Ends the engine like a crash.
    pub(crate) fn crash(&mut self) {
        drop(self.engine.take());
    }

    /// A new engine on the journal of one that crashed, with the same phone and applications.
    pub(crate) fn restart(mut self) -> Self {
        self.crash();
        let outside = (self.phone, self.applications);
        Self::on(self.store, self.vault, self.clock, outside, self.config, self.external)
    }

    pub(crate) async fn act(&self, workflow: WorkflowId, action: WorkflowAction) {
        self.handle.act_on_workflow(host(), workflow, action).await.unwrap();
    }

    pub(crate) async fn node(&self, workflow: WorkflowId, config: NodeConfig) -> NodeId {
        let position = CanvasPosition::default();
        let node = NewNode { label: "step".into(), position, config, entry: false };
        self.handle.add_node(host(), workflow, node).await.unwrap()
    }

    pub(crate) async fn edge(&self, workflow: WorkflowId, from: NodeId, to: NodeId, label: &str) {
        let label = (!label.is_empty()).then(|| Output::from(label));
        let edge = NewEdge { from_node_id: from, to_node_id: to, label };
        self.handle.add_edge(host(), workflow, edge).await.unwrap();
    }

    pub(crate) async fn draft(&self, settings: Settings) -> Campaign {
        let workflow = self.handle.create_workflow(host(), "Spring", "", settings).await.unwrap();
        let voice = VoiceCallConfig {
            from_phone_number: Some("+912212345678".into()),
            ..VoiceCallConfig::default()
        };
        let wait =
            TimeConfig { duration: Some(2), unit: Some(TimeUnit::Hours), ..TimeConfig::default() };
        let intro = self.node(workflow, NodeConfig::VoiceCall(voice)).await;
        let wait = self.node(workflow, NodeConfig::Time(wait)).await;
        let converted = self.node(workflow, NodeConfig::Converted).await;
        let dropped = self.node(workflow, NodeConfig::Dropped).await;
        self.edge(workflow, intro, converted, "COMPLETED").await;
        self.edge(workflow, intro, wait, "DNP").await;
        self.edge(workflow, intro, dropped, "FAILED").await;
        self.edge(workflow, wait, converted, "").await;
        Campaign { workflow, intro }
    }

    pub(crate) async fn active(&self) -> Campaign {
        let campaign = self.draft(Settings::default()).await;
        self.act(campaign.workflow, WorkflowAction::Activate).await;
        campaign
    }

    /// Enrols leads with the numbers of this range.
    pub(crate) async fn enrol(
        &self,
        campaign: Campaign,
        numbers: std::ops::Range<u64>,
    ) -> Vec<LeadId> {
        let leads = numbers
            .map(|number| NewLead {
                phone_number: phone_number(number),
                row: number + 2,
                ..NewLead::default()
            })
            .collect();
        let request = EnrolRequest { leads, ..EnrolRequest::default() };
        self.handle.enrol(host(), campaign.workflow, request).await.unwrap().lead_ids
    }

    /// Reports a status of a call; tells whether it is part of its story.
    pub(crate) async fn report(&self, call: CallId, status: CallStatus) -> bool {
        let report = plain(status);
        self.handle.report_call_status(host(), call, report).await.unwrap().accepted
    }

    pub(crate) async fn read<T>(&self, look: impl Fn(&Projections) -> T) -> T {
        self.handle.read(look).await.unwrap()
    }

    /// Waits until the read models show this.
    pub(crate) async fn until(&self, shown: impl Fn(&Projections) -> bool) {
        while !self.read(&shown).await {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    pub(crate) async fn lead(&self, lead: LeadId) -> LeadRow {
        self.read(|read| read.lead(lead)).await.unwrap()
    }

    pub(crate) async fn until_held(&self, lead: LeadId, hold: HoldCode) {
        self.until(|read| read.lead(lead).is_some_and(|row| row.hold == Some(hold))).await;
    }

    pub(crate) async fn until_dialled(&self, calls: usize) {
        while self.phone.dialled().len() < calls {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    pub(crate) async fn status(&self, campaign: Campaign) -> WorkflowStatus {
        self.read(|read| read.workflow(campaign.workflow).unwrap().state.status).await
    }

    /// How many events of a lead are so.
    pub(crate) async fn count(&self, lead: LeadId, wanted: impl Fn(&LeadEvent) -> bool) -> usize {
        let story = self.handle.lead(host().organisation, lead).await.unwrap();
        let events = story.facts.iter().flat_map(|fact| match &fact.events {
            RecordedEvents::Lead(_, events) => events.as_slice(),
            RecordedEvents::Workflow(..) | RecordedEvents::Organisation(..) => &[],
        });
        events.filter(|event| wanted(event)).count()
    }
}

/// A report of a status, and nothing else.
pub(crate) const fn plain(status: CallStatus) -> CallReport {
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
