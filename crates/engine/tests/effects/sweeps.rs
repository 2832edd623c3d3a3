//! What a change of a workflow frees.

use branchline_domain::{
    call_status::CallStatus,
    lead::{HoldCode, LeadEvent, LeadStatus},
    workflow::{Settings, WorkflowEvent, WorkflowStatus},
};
use branchline_engine::{RecordedEvents, command::WorkflowAction};
use branchline_journal::record::Position;

use crate::world::{Campaign, World, call, config, story};

#[test]
fn leads_enrolled_before_the_activation_start_with_it() {
    story(async {
        let world = World::external(config());
        let campaign = world.draft(Settings::default()).await;
        world.enrol(campaign, 0..30).await;
        assert_eq!(world.read(|read| read.counts(campaign.workflow)).await.by_status.pending, 30);
        world.act(campaign.workflow, WorkflowAction::Activate).await;
        world.until(|read| read.counts(campaign.workflow).by_status.active == 30).await;
    });
}

#[test]
fn leads_of_an_import_into_an_active_workflow_start_when_it_is_closed() {
    story(async {
        let world = World::external(config());
        let campaign = world.active().await;
        world.enrol(campaign, 0..30).await;
        world.until(|read| read.counts(campaign.workflow).by_status.active == 30).await;
    });
}

#[test]
fn an_outcome_held_by_a_pause_moves_once_with_the_resume() {
    story(async {
        let world = World::external(config());
        let campaign = world.active().await;
        let lead = world.enrol(campaign, 1..2).await[0];
        world.act(campaign.workflow, WorkflowAction::Pause).await;
        world.report(call(lead, 1), CallStatus::Completed).await;
        world.until_held(lead, HoldCode::WorkflowPaused).await;
        world.act(campaign.workflow, WorkflowAction::Resume).await;
        world.until(|read| read.lead(lead).unwrap().status == LeadStatus::Completed).await;
        let moved = |event: &LeadEvent| matches!(event, LeadEvent::BranchTaken { .. });
        assert_eq!(world.count(lead, moved).await, 1);
    });
}

#[test]
fn an_outcome_without_an_edge_moves_when_the_edge_is_drawn() {
    story(async {
        let world = World::external(config());
        let campaign = world.active().await;
        let lead = world.enrol(campaign, 1..2).await[0];
        let completed = world
            .read(|read| {
                let graph = &read.workflow(campaign.workflow).unwrap().state.graph;
                let mut edges = graph.edges().iter();
                edges.find(|edge| edge.from_node_id == campaign.intro).unwrap().clone()
            })
            .await;
        world.act(campaign.workflow, WorkflowAction::RemoveEdge { edge: completed.id }).await;
        world.report(call(lead, 1), CallStatus::Completed).await;
        world.until_held(lead, HoldCode::MissingOutput).await;
        world.edge(campaign.workflow, campaign.intro, completed.to_node_id, "COMPLETED").await;
        world.until(|read| read.lead(lead).unwrap().status == LeadStatus::Completed).await;
    });
}

#[test]
fn a_cancelled_workflow_calls_off_what_nobody_has_dialled() {
    story(async {
        let world = World::external(config());
        let campaign = world.active().await;
        let leads = world.enrol(campaign, 0..10).await;
        world.until(|read| read.requested_count(campaign.workflow) == 10).await;
        world.report(call(leads[0], 1), CallStatus::Connected).await;
        world.act(campaign.workflow, WorkflowAction::Cancel).await;
        world
            .until(|read| {
                read.call_counts(campaign.workflow).get(&CallStatus::Cancelled) == Some(&9)
            })
            .await;
        assert!(world.report(call(leads[0], 1), CallStatus::Completed).await);
        assert_eq!(world.lead(leads[0]).await.status, LeadStatus::Active, "nothing moves");
    });
}

async fn completions(world: &World, campaign: Campaign) -> usize {
    let mut events = world.handle.events(Position::START);
    let head = world.handle.health().position;
    let mut completions = 0;
    loop {
        let fact = events.next().await.unwrap().unwrap();
        if let RecordedEvents::Workflow(id, told) = &fact.events
            && *id == campaign.workflow
        {
            completions += told
                .iter()
                .filter(|event| matches!(event, WorkflowEvent::WorkflowCompleted { .. }))
                .count();
        }
        if fact.position >= head {
            return completions;
        }
    }
}

#[test]
fn a_workflow_that_wants_it_completes_once_when_all_its_leads_have_ended() {
    story(async {
        let world = World::external(config());
        let settings = Settings { auto_complete: true, ..Settings::default() };
        let campaign = world.draft(settings).await;
        let leads = world.enrol(campaign, 0..8).await;
        world.act(campaign.workflow, WorkflowAction::Activate).await;
        world.until(|read| read.requested_count(campaign.workflow) == 8).await;
        for lead in &leads[1..] {
            world.report(call(*lead, 1), CallStatus::Completed).await;
        }
        assert_eq!(world.status(campaign).await, WorkflowStatus::Active, "one is under way");
        world.report(call(leads[0], 1), CallStatus::Failed).await;
        world
            .until(|read| {
                read.workflow(campaign.workflow).unwrap().state.status == WorkflowStatus::Completed
            })
            .await;
        let world = world.restart();
        assert_eq!(completions(&world, campaign).await, 1);
        assert_eq!(world.status(campaign).await, WorkflowStatus::Completed);
    });
}

#[test]
fn a_workflow_that_does_not_want_it_stays_active_when_all_its_leads_have_ended() {
    story(async {
        let world = World::external(config());
        let (plain, automatic) = (
            world.active().await,
            world.draft(Settings { auto_complete: true, ..Settings::default() }).await,
        );
        world.act(automatic.workflow, WorkflowAction::Activate).await;
        for campaign in [plain, automatic] {
            let lead = world.enrol(campaign, 1..2).await[0];
            world.report(call(lead, 1), CallStatus::Completed).await;
        }
        // Its neighbour, which ended after it, has completed.
        world
            .until(|read| {
                read.workflow(automatic.workflow).unwrap().state.status == WorkflowStatus::Completed
            })
            .await;
        assert_eq!(world.status(plain).await, WorkflowStatus::Active);
    });
}
