//! Leads whose node is taken away from under them.

use std::time::Duration;

use branchline_domain::{
    call_status::CallStatus,
    graph::NodeConfig,
    id::{LeadId, NodeId},
    lead::LeadStatus,
};
use branchline_engine::{
    EngineError,
    command::{CallAction, WorkflowAction},
};

use crate::world::{Campaign, World, call, config, host, report, story};

/// An active workflow with a lead at its call node, and an end that nothing leads to yet.
async fn with_lead(world: &World) -> (Campaign, LeadId, NodeId) {
    let campaign = world.active().await;
    let lead = world.enrol_one(campaign.workflow, 1).await;
    let aside = world.node(campaign.workflow, NodeConfig::Dropped).await;
    assert_eq!(world.state(lead).await.node, Some(campaign.intro));
    (campaign, lead, aside)
}

fn delete(campaign: &Campaign, move_to: Option<NodeId>) -> WorkflowAction {
    WorkflowAction::RemoveNode { node: campaign.intro, move_to }
}

/// Waits until a lead has ended, and says where.
async fn ended_at(world: &World, lead: LeadId) -> Option<NodeId> {
    loop {
        let state = world.state(lead).await;
        if state.status == LeadStatus::Dropped {
            return state.node;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[test]
fn a_lead_whose_call_is_queued_moves_at_once_and_its_call_is_called_off() {
    story(async {
        let world = World::start(config());
        let (campaign, lead, aside) = with_lead(&world).await;
        let refused =
            world.handle().act_on_workflow(host(), campaign.workflow, delete(&campaign, None));
        let Err(EngineError::Workflow(refusal)) = refused.await else { panic!("leads are there") };
        assert!(refusal.to_string().contains("1 lead "), "{refusal}");
        world.act(campaign.workflow, delete(&campaign, Some(aside))).await;
        assert_eq!(ended_at(&world, lead).await, Some(aside));
        let queued = &world.state(lead).await.calls[&1];
        assert_eq!((queued.concluded, queued.status), (true, CallStatus::Cancelled));
        assert_eq!(world.handle().claim_calls(host(), 9, 60).await, Ok(vec![]));
    });
}

#[test]
fn a_lead_whose_call_is_in_progress_moves_after_its_end() {
    story(async {
        let world = World::start(config());
        let (campaign, lead, aside) = with_lead(&world).await;
        let dispatched = CallAction::Dispatched { provider_ref: None };
        world.handle().tell_of_call(host(), call(lead, 1), dispatched).await.unwrap();
        world.act(campaign.workflow, delete(&campaign, Some(aside))).await;
        let connected = report(CallStatus::Connected);
        world.handle().report_call_status(host(), call(lead, 1), connected).await.unwrap();
        assert_eq!(world.state(lead).await.node, Some(campaign.intro), "the call goes on");
        let world = world.crash_and_restart();
        let done = report(CallStatus::Completed);
        let answer = world.handle().report_call_status(host(), call(lead, 1), done).await.unwrap();
        assert!(answer.accepted);
        assert_eq!(ended_at(&world, lead).await, Some(aside));
        assert_eq!(world.state(lead).await.calls[&1].status, CallStatus::Completed);
    });
}

#[test]
fn a_lead_in_a_paused_workflow_moves_when_it_is_resumed() {
    story(async {
        let world = World::start(config());
        let (campaign, lead, aside) = with_lead(&world).await;
        world.act(campaign.workflow, WorkflowAction::Pause).await;
        world.act(campaign.workflow, delete(&campaign, Some(aside))).await;
        let world = world.crash_and_restart();
        assert_eq!(world.state(lead).await.node, Some(campaign.intro), "a pause is a pause");
        world.act(campaign.workflow, WorkflowAction::Resume).await;
        assert_eq!(ended_at(&world, lead).await, Some(aside));
    });
}
