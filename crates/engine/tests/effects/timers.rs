//! What falls due.

use std::time::Duration;

use branchline_domain::{
    call_status::CallStatus,
    id::LeadId,
    lead::{HoldCode, LeadEvent, LeadStatus},
};
use branchline_engine::command::WorkflowAction;

use crate::world::{Campaign, World, call, config, story};

/// Leads that wait for two hours.
pub(crate) async fn waiting(
    world: &World,
    campaign: Campaign,
    numbers: std::ops::Range<u64>,
) -> Vec<LeadId> {
    let leads = world.enrol(campaign, numbers).await;
    world
        .until(|read| {
            leads.iter().all(|lead| read.lead(*lead).unwrap().status == LeadStatus::Active)
        })
        .await;
    for lead in &leads {
        world.report(call(*lead, 1), CallStatus::DidNotPick).await;
        assert!(world.lead(*lead).await.release_at.is_some());
    }
    leads
}

pub(crate) async fn assert_released_once(world: &World, leads: &[LeadId]) {
    for lead in leads {
        let moves = |event: &LeadEvent| matches!(event, LeadEvent::BranchTaken { .. });
        assert_eq!(world.count(*lead, moves).await, 2, "out of the call, out of the wait");
        let ends = |event: &LeadEvent| matches!(event, LeadEvent::LeadCompleted);
        assert_eq!(world.count(*lead, ends).await, 1);
    }
}

#[test]
fn a_release_fires_when_it_is_due_and_not_before() {
    story(async {
        let world = World::external(config());
        let campaign = world.active().await;
        let early = waiting(&world, campaign, 1..2).await[0];
        world.clock.advance(Duration::from_mins(90));
        let late = waiting(&world, campaign, 2..3).await[0];
        world.clock.advance(Duration::from_mins(30));
        world.until(|read| read.lead(early).unwrap().status == LeadStatus::Completed).await;
        assert_eq!(world.lead(late).await.status, LeadStatus::Active);
        world.clock.advance(Duration::from_mins(90));
        world.until(|read| read.lead(late).unwrap().status == LeadStatus::Completed).await;
        assert_released_once(&world, &[early, late]).await;
    });
}

#[test]
fn many_releases_that_are_due_at_once_fire_once_each_whatever_the_pace() {
    story(async {
        let world = World::external(branchline_engine::EngineConfig {
            drain_per_s: 2_000,
            sweep_in_flight: 7,
            ..config()
        });
        let campaign = world.active().await;
        let leads = waiting(&world, campaign, 0..120).await;
        world.clock.advance(Duration::from_hours(3));
        world.until(|read| read.counts(campaign.workflow).by_status.completed == 120).await;
        assert_released_once(&world, &leads).await;
    });
}

#[test]
fn a_release_that_fell_due_while_the_engine_was_down_fires_once_after_the_start() {
    story(async {
        let mut world = World::external(config());
        let campaign = world.active().await;
        let leads = waiting(&world, campaign, 0..5).await;
        world.crash();
        world.clock.advance(Duration::from_hours(5));
        let world = world.restart();
        world.until(|read| read.counts(campaign.workflow).by_status.completed == 5).await;
        assert_released_once(&world, &leads).await;
    });
}

#[test]
fn a_release_that_falls_due_in_a_pause_fires_once_with_the_resume() {
    story(async {
        let world = World::external(config());
        let (paused, other) = (world.active().await, world.active().await);
        let leads = waiting(&world, paused, 0..5).await;
        let others = waiting(&world, other, 0..1).await;
        world.act(paused.workflow, WorkflowAction::Pause).await;
        world.clock.advance(Duration::from_hours(3));
        // The neighbour's fires, at the same instant.
        world.until(|read| read.lead(others[0]).unwrap().status == LeadStatus::Completed).await;
        for lead in &leads {
            assert_eq!(world.lead(*lead).await.status, LeadStatus::Active);
        }
        world.act(paused.workflow, WorkflowAction::Resume).await;
        world.until(|read| read.counts(paused.workflow).by_status.completed == 5).await;
        assert_released_once(&world, &leads).await;
    });
}

#[test]
fn a_call_that_nobody_hears_of_is_held_as_overdue() {
    story(async {
        let world = World::external(config());
        let campaign = world.active().await;
        let lead = world.enrol(campaign, 1..2).await[0];
        world.report(call(lead, 1), CallStatus::Connected).await;
        world.clock.advance(Duration::from_mins(119));
        assert_eq!(world.lead(lead).await.hold, None);
        world.clock.advance(Duration::from_mins(1));
        world.until_held(lead, HoldCode::CallOverdue).await;
        let held = |event: &LeadEvent| matches!(event, LeadEvent::RoutingHeld { .. });
        assert_eq!(world.count(lead, held).await, 1);
        // It is never too late for an end.
        assert!(world.report(call(lead, 1), CallStatus::Completed).await);
        assert_eq!(world.lead(lead).await.status, LeadStatus::Completed);
    });
}
