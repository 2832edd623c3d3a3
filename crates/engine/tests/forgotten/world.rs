//! An engine over a data directory, and a lead of whom everything personal is known.

use std::{path::Path, sync::Arc, time::Duration};

use branchline_domain::{
    call_status::CallStatus,
    graph::{
        ApplicationConfig, CanvasPosition, NodeConfig, TimeConfig, TimeSource, VoiceCallConfig,
    },
    id::{CallId, LeadId, NodeId, WorkflowId},
    json::Json,
    lead::{CallReport, HoldCode, LeadState, LeadStatus, Resolution, Values},
    output::Output,
    workflow::Settings,
};
use branchline_engine::{
    DataDirectory, Engine, EngineConfig, EngineHandle, EngineParts, LeadStory, UuidV7Ids,
    applications::{ApplicationReply, Applications},
    clock::SystemClock,
    command::{
        CallAction, Caller, EnrolRequest, LeadAction, NewEdge, NewLead, NewNode, WorkflowAction,
    },
    ports::{Clock, Phones},
};
use branchline_journal::store::EventStore;
use branchline_vault::{SystemEntropy, Vault, VaultOptions};

/// A number, and everything else that is said of its owner; each text is nowhere else.
pub(crate) const PHONE: &str = "+919876504711";
pub(crate) const CITY: &str = "Zanzibarville \"north\"";
pub(crate) const LATER_CITY: &str = "Hyderabad-after-edit";
pub(crate) const NOTES: &str = "asked for Grüße in Hindi";
pub(crate) const LATER_NOTES: &str = "moved to her sister's house";
pub(crate) const REFUSAL: &str = "her line is barred since May";
pub(crate) const MOOD: &str = "sounded worried about rent";
pub(crate) const WORDS: &str = "when my son is back home";
pub(crate) const ANSWER: &str = "customer 55-gold-ring";
pub(crate) const EVIDENCE: &str = "Dear Mrs Venkataraghavan";

/// All of them.
pub(crate) const TEXTS: [&str; 10] =
    [PHONE, CITY, LATER_CITY, NOTES, LATER_NOTES, REFUSAL, MOOD, WORDS, ANSWER, EVIDENCE];

pub(crate) fn host() -> Caller {
    Caller::host()
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

pub(crate) struct World {
    pub(crate) engine: Engine,
    pub(crate) handle: EngineHandle,
    pub(crate) vault: Arc<Vault>,
}

impl World {
    pub(crate) fn open(dir: &Path) -> Self {
        Self::over(dir, |store| store)
    }

    /// Over another journal than the one in the directory, which may be a wrapper of it.
    pub(crate) fn over(
        dir: &Path,
        wrapped: impl FnOnce(Arc<dyn EventStore>) -> Arc<dyn EventStore>,
    ) -> Self {
        let DataDirectory { store, vault } = DataDirectory::open(dir).unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let applications = Applications::default();
        applications.register("crm", |_| async {
            let mut reply = ApplicationReply::success().with_field("customer", ANSWER);
            reply.request = Some(Json::Scalar(EVIDENCE.into()));
            reply
        });
        let engine = Engine::start(EngineParts {
            store: wrapped(store),
            vault: Arc::clone(&vault),
            ids: Arc::new(UuidV7Ids::new(Arc::clone(&clock))),
            clock,
            phones: Phones::External,
            applications,
            config: EngineConfig::embedded(),
        })
        .unwrap();
        Self { handle: engine.handle(), engine, vault }
    }

    /// Makes the keys of a directory with sealing off, as an owner may choose.
    pub(crate) fn without_sealing(dir: &Path) {
        let options = VaultOptions { sealing: false };
        Vault::open_with(&dir.join("keys"), Arc::new(SystemEntropy), options).unwrap();
    }

    pub(crate) async fn told(&self, lead: LeadId) -> LeadStory {
        self.handle.lead(host().organisation, lead).await.unwrap()
    }

    pub(crate) async fn state(&self, lead: LeadId) -> LeadState {
        self.told(lead).await.state
    }

    async fn until(&self, lead: LeadId, like_this: impl Fn(&LeadState) -> bool) {
        while !like_this(&self.state(lead).await) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    async fn node(&self, workflow: WorkflowId, config: NodeConfig) -> NodeId {
        let node = NewNode {
            label: "step".into(),
            position: CanvasPosition::default(),
            config,
            entry: false,
        };
        self.handle.add_node(&host(), workflow, node).await.unwrap()
    }

    /// A call, an application and a wait for words, one behind the other.
    async fn campaign(&self) -> WorkflowId {
        let settings = Settings::default();
        let workflow = self.handle.create_workflow(&host(), "Spring", "", settings).await.unwrap();
        let from_phone_number = Some("+912212345678".into());
        let voice = VoiceCallConfig { from_phone_number, ..VoiceCallConfig::default() };
        let crm = ApplicationConfig { handler: Some("crm".into()), ..ApplicationConfig::default() };
        let words = TimeConfig {
            time_source: Some(TimeSource::PostcallAnalysis),
            pca_field: Some("callback_at".into()),
            ..TimeConfig::default()
        };
        let mut before = None;
        for config in [
            NodeConfig::VoiceCall(voice),
            NodeConfig::Application(crm),
            NodeConfig::Time(words),
            NodeConfig::Converted,
        ] {
            let node = self.node(workflow, config).await;
            if let Some(from_node_id) = before.replace(node) {
                let edge = NewEdge { from_node_id, to_node_id: node, label: None };
                self.handle.add_edge(&host(), workflow, edge).await.unwrap();
            }
        }
        self.handle.act_on_workflow(&host(), workflow, WorkflowAction::Activate).await.unwrap();
        workflow
    }

    /// A lead that came to its end, and of whom all [`TEXTS`] were told on the way.
    pub(crate) async fn ended_lead(&self) -> LeadId {
        let workflow = self.campaign().await;
        let new = NewLead {
            phone_number: PHONE.into(),
            variables: Values::from([("city".into(), CITY.into())]),
            notes: Some(NOTES.into()),
            row: 2,
        };
        let request = EnrolRequest { leads: vec![new], ..EnrolRequest::default() };
        let lead = self.handle.enrol(&host(), workflow, request).await.unwrap().lead_ids[0];
        self.until(lead, |state| state.call == Some(1)).await;
        let refused = CallAction::Refused { reason: REFUSAL.into() };
        let first = CallId { lead, number: 1 };
        self.handle.tell_of_call(&host(), first, refused).await.unwrap();
        self.act(lead, LeadAction::Resolve(Resolution::Redial)).await;
        let report = CallReport {
            status: CallStatus::Completed,
            occurred_at: None,
            end_reason: Some("user_disconnected".into()),
            attributes: Values::from([
                ("mood".into(), MOOD.into()),
                ("callback_at".into(), WORDS.into()),
            ]),
            provider_ref: Some("prov_1".into()),
            heard: None,
        };
        let second = CallId { lead, number: 2 };
        self.handle.report_call_status(&host(), second, report).await.unwrap();
        let unreadable = |state: &LeadState| {
            state.hold.as_ref().is_some_and(|hold| hold.reason.code() == HoldCode::UnreadableTime)
        };
        self.until(lead, unreadable).await;
        self.act(lead, LeadAction::Resolve(Resolution::Output(Output::Next))).await;
        self.until(lead, |state| state.status == LeadStatus::Completed).await;
        let variables = [("city".into(), Some(LATER_CITY.into()))].into();
        let notes = Some(Some(LATER_NOTES.into()));
        self.act(lead, LeadAction::Edit { variables, notes }).await;
        lead
    }

    pub(crate) async fn act(&self, lead: LeadId, action: LeadAction) {
        self.handle.act_on_lead(&host(), lead, action).await.unwrap();
    }
}
