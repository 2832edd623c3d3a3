//! Who answers application steps in these stories, and workflows that ask them.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use branchline_domain::{
    graph::{
        ApplicationConfig, ApplicationRetry, Condition, ConditionalConfig, NodeConfig, Operator,
    },
    id::{LeadId, NodeId, WorkflowId},
    lead::{ApplicationOutcome, LeadEvent, LeadStatus},
    personal::Personal,
    workflow::Settings,
};
use branchline_engine::{
    RecordedEvents,
    applications::{ApplicationReply, ApplicationRequest},
    command::{EnrolRequest, NewLead, WorkflowAction},
};
use tokio::sync::watch;

use crate::world::{World, host, phone_number};

/// Who answers to the key `crm`: remembers what it was asked, and answers when its desk is open.
#[derive(Clone)]
pub(crate) struct Crm {
    asked: Arc<Mutex<Vec<ApplicationRequest>>>,
    open: Arc<watch::Sender<bool>>,
}

impl Crm {
    /// Answers at once.
    pub(crate) fn new(
        world: &World,
        reply: impl Fn(&ApplicationRequest) -> ApplicationReply + Send + Sync + 'static,
    ) -> Self {
        let crm = Self { asked: Arc::default(), open: Arc::new(watch::Sender::new(true)) };
        let (asked, open) = (Arc::clone(&crm.asked), Arc::clone(&crm.open));
        world.applications.register("crm", move |request| {
            asked.lock().unwrap().push(request.clone());
            let reply = reply(&request);
            let mut open = open.subscribe();
            async move {
                let _ = open.wait_for(|open| *open).await;
                reply
            }
        });
        crm
    }

    /// Lets everybody wait until it opens.
    pub(crate) fn closed(
        world: &World,
        reply: impl Fn(&ApplicationRequest) -> ApplicationReply + Send + Sync + 'static,
    ) -> Self {
        let crm = Self::new(world, reply);
        crm.open.send_replace(false);
        crm
    }

    pub(crate) fn open(&self) {
        self.open.send_replace(true);
    }

    pub(crate) fn asked(&self) -> Vec<ApplicationRequest> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) async fn until_asked(&self, times: usize) {
        while self.asked().len() < times {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

pub(crate) fn success(_: &ApplicationRequest) -> ApplicationReply {
    ApplicationReply::success().with_field("score", 7)
}

pub(crate) fn crm() -> ApplicationConfig {
    ApplicationConfig { handler: Some("crm".into()), ..ApplicationConfig::default() }
}

pub(crate) fn thrice() -> ApplicationConfig {
    let retry = ApplicationRetry { max_attempts: Some(3), delay_s: Some(60) };
    ApplicationConfig { retry: Some(retry), ..crm() }
}

/// A step with this config; a success with a score above 5 is won, all others are lost.
#[derive(Clone, Copy)]
pub(crate) struct Errand {
    pub(crate) workflow: WorkflowId,
    pub(crate) step: NodeId,
}

pub(crate) async fn draft(world: &World, config: ApplicationConfig) -> Errand {
    let created = world.handle.create_workflow(host(), "Errands", "", Settings::default()).await;
    let workflow = created.unwrap();
    let step = world.node(workflow, NodeConfig::Application(config)).await;
    let above = Condition {
        field: Some(format!("application.{step}.score")),
        operator: Some(Operator::GreaterThan),
        value: Some(5.into()),
    };
    let good = ConditionalConfig { conditions: vec![above], ..ConditionalConfig::default() };
    let good = world.node(workflow, NodeConfig::Conditional(good)).await;
    let won = world.node(workflow, NodeConfig::Converted).await;
    let lost = world.node(workflow, NodeConfig::Dropped).await;
    world.edge(workflow, step, good, "success").await;
    world.edge(workflow, step, lost, "failure").await;
    world.edge(workflow, good, won, "true").await;
    world.edge(workflow, good, lost, "false").await;
    Errand { workflow, step }
}

pub(crate) async fn active(world: &World, config: ApplicationConfig) -> Errand {
    let errand = draft(world, config).await;
    world.act(errand.workflow, WorkflowAction::Activate).await;
    errand
}

pub(crate) async fn enrol(
    world: &World,
    errand: Errand,
    numbers: std::ops::Range<u64>,
) -> Vec<LeadId> {
    let lead = |number| NewLead {
        phone_number: phone_number(number),
        variables: [("city".to_owned(), "Pune".into())].into(),
        row: number + 2,
        ..NewLead::default()
    };
    let request = EnrolRequest { leads: numbers.map(lead).collect(), ..EnrolRequest::default() };
    world.handle.enrol(host(), errand.workflow, request).await.unwrap().lead_ids
}

pub(crate) async fn one(world: &World, errand: Errand) -> LeadId {
    enrol(world, errand, 0..1).await.pop().unwrap()
}

pub(crate) async fn until_status(world: &World, lead: LeadId, status: LeadStatus) {
    world.until(|read| read.lead(lead).is_some_and(|row| row.status == status)).await;
}

/// What came of each try, in order, with its evidence.
pub(crate) async fn tries(world: &World, lead: LeadId) -> Vec<(u32, ApplicationOutcome, String)> {
    let story = world.handle.lead(host().organisation, lead).await.unwrap();
    let mut tries = Vec::new();
    for fact in story.facts {
        let RecordedEvents::Lead(_, events) = fact.events else { continue };
        for event in events {
            if let LeadEvent::ApplicationTried { attempt, outcome, evidence, .. } = event {
                let Personal::Known(evidence) = evidence else { panic!("evidence can be read") };
                tries.push((attempt, outcome, evidence));
            }
        }
    }
    tries
}

pub(crate) async fn until_tried(world: &World, lead: LeadId, times: usize) {
    while tries(world, lead).await.len() < times {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

pub(crate) async fn branches(world: &World, lead: LeadId) -> usize {
    world.count(lead, |event| matches!(event, LeadEvent::BranchTaken { .. })).await
}
