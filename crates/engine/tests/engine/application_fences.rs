//! Tries of applications and an actor that somebody has overtaken: its record is refused by the
//! version of the stream, and its successor does what was asked, once.

use std::{sync::Arc, time::Duration};

use branchline_domain::{
    graph::{ApplicationConfig, NodeConfig},
    id::{LeadId, WorkflowId},
    lead::{ApplicationStage, HoldCode, LeadEvent, LeadState, LeadStatus},
    personal::Personal,
    workflow::Settings,
};
use branchline_engine::{
    EngineConfig, RecordedEvents, applications::ApplicationReply, command::WorkflowAction,
};
use tokio::sync::Semaphore;

use crate::{
    twin,
    world::{World, config, host, story},
};

/// An application, and an end for each of its outputs.
async fn errand(world: &World) -> WorkflowId {
    let settings = Settings::default();
    let workflow = world.handle().create_workflow(host(), "Errand", "", settings).await.unwrap();
    let config = ApplicationConfig { handler: Some("crm".into()), ..ApplicationConfig::default() };
    let push = world.node(workflow, NodeConfig::Application(config)).await;
    let won = world.node(workflow, NodeConfig::Converted).await;
    world.edge(workflow, push, won, "").await;
    world.act(workflow, WorkflowAction::Activate).await;
    workflow
}

/// A handler that answers as often as it is let.
fn patient(world: &World) -> Arc<Semaphore> {
    let lets = Arc::new(Semaphore::new(0));
    let waits = Arc::clone(&lets);
    world.applications.register("crm", move |_| {
        let waits = Arc::clone(&waits);
        async move {
            waits.acquire().await.unwrap().forget();
            ApplicationReply::success()
        }
    });
    lets
}

async fn until(world: &World, lead: LeadId, shown: impl Fn(&LeadState) -> bool) {
    while !shown(&world.state(lead).await) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn stage(state: &LeadState) -> Option<ApplicationStage> {
    state.application.as_ref().map(|run| run.stage)
}

async fn overtake(world: &World, lead: LeadId) {
    let key = twin::key_of(world, lead).await;
    twin::write_to_lead(world, lead, key.as_ref()).await;
}

/// The lead comes to its end, with what the twin wrote in it, and each try was recorded once.
async fn ends_well(world: &World, lead: LeadId) {
    until(world, lead, |state| state.status == LeadStatus::Completed).await;
    let told = world.handle().lead(host().organisation, lead).await.unwrap();
    assert_eq!(told.state.notes, Personal::Known(Some(twin::BY_A_TWIN.into())));
    let events = told.facts.iter().flat_map(|fact| match &fact.events {
        RecordedEvents::Lead(_, events) => events.as_slice(),
        RecordedEvents::Workflow(..) | RecordedEvents::Organisation(..) => &[],
    });
    let events: Vec<&LeadEvent> = events.collect();
    let count =
        |wanted: fn(&LeadEvent) -> bool| events.iter().filter(|event| wanted(event)).count();
    assert_eq!(count(|event| matches!(event, LeadEvent::ApplicationStarted { .. })), 1);
    assert_eq!(count(|event| matches!(event, LeadEvent::ApplicationTried { .. })), 1);
}

#[test]
fn the_start_of_a_try_is_fenced_and_made_once() {
    story(async {
        let world = World::start(EngineConfig { applications_in_flight_max: 1, ..config() });
        let lets = patient(&world);
        let workflow = errand(&world).await;
        let first = world.enrol_one(workflow, 1).await;
        until(&world, first, |state| stage(state) == Some(ApplicationStage::Started)).await;
        let second = world.enrol_one(workflow, 2).await;
        until(&world, second, |state| stage(state) == Some(ApplicationStage::Requested)).await;
        overtake(&world, second).await;
        lets.add_permits(2);
        ends_well(&world, second).await;
    });
}

#[test]
fn what_came_of_a_try_is_fenced_and_recorded_once() {
    story(async {
        let world = World::start(config());
        let lets = patient(&world);
        let workflow = errand(&world).await;
        let lead = world.enrol_one(workflow, 1).await;
        until(&world, lead, |state| stage(state) == Some(ApplicationStage::Started)).await;
        overtake(&world, lead).await;
        lets.add_permits(1);
        ends_well(&world, lead).await;
    });
}

#[test]
fn a_lead_that_somebody_answers_for_at_last_is_fenced_and_asked_for_once() {
    story(async {
        let world = World::start(config());
        let workflow = errand(&world).await;
        let lead = world.enrol_one(workflow, 1).await;
        let held = |state: &LeadState| {
            state.hold.as_ref().map(|hold| hold.reason.code()) == Some(HoldCode::ApplicationReview)
        };
        until(&world, lead, held).await;
        overtake(&world, lead).await;
        patient(&world).add_permits(1);
        ends_well(&world, lead).await;
    });
}
