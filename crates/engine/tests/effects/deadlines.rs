//! Calls without a final status when their time is over, at a carrier that can be asked.

use std::time::Duration;

use branchline_domain::{
    call_status::CallStatus,
    id::LeadId,
    lead::{HoldCode, LeadEvent, LeadStatus},
};
use branchline_engine::EngineConfig;
use branchline_projections::DispatchStage;

use crate::{
    phones::Answer,
    world::{Campaign, World, call, config, plain, story},
};

/// A lead whose call the carrier took, and which nobody has heard of since.
async fn waiting(world: &World, campaign: Campaign, number: u64) -> LeadId {
    let lead = world.enrol(campaign, number..number + 1).await.remove(0);
    world
        .until(|read| {
            read.call(call(lead, 1)).is_some_and(|row| row.dispatch == DispatchStage::Dispatched)
        })
        .await;
    lead
}

async fn holds(world: &World, lead: LeadId) -> usize {
    world.count(lead, |event| matches!(event, LeadEvent::RoutingHeld { .. })).await
}

#[test]
fn a_final_status_that_the_carrier_tells_at_the_deadline_moves_the_lead_and_nothing_is_held() {
    story(async {
        let world = World::start(config());
        world.phone.answers(Answer::Says(plain(CallStatus::Completed)));
        let campaign = world.active().await;
        let lead = waiting(&world, campaign, 1).await;
        world.clock.advance(Duration::from_mins(119));
        assert_eq!(world.lead(lead).await.status, LeadStatus::Active);
        assert_eq!(world.phone.asked(call(lead, 1)), 0, "it has a minute left");
        world.clock.advance(Duration::from_mins(1));
        world.until(|read| read.lead(lead).unwrap().status == LeadStatus::Completed).await;
        assert_eq!(holds(&world, lead).await, 0);
        assert_eq!(world.phone.asked(call(lead, 1)), 1);
        assert_eq!(world.phone.dialled(), [call(lead, 1)]);
    });
}

#[test]
fn a_call_of_which_the_carrier_cannot_tell_is_held_once_and_never_too_late_for_an_end() {
    story(async {
        let world = World::start(config());
        world.phone.answers(Answer::CannotTell);
        let campaign = world.active().await;
        let lead = waiting(&world, campaign, 1).await;
        world.clock.advance(Duration::from_hours(2));
        world.until_held(lead, HoldCode::CallOverdue).await;
        assert_eq!(world.lead(lead).await.call.unwrap().status, CallStatus::Created);
        // Another deadline passes, and the held one is let be.
        let next = waiting(&world, campaign, 2).await;
        world.clock.advance(Duration::from_hours(2));
        world.until_held(next, HoldCode::CallOverdue).await;
        assert_eq!(holds(&world, lead).await, 1);
        assert_eq!(world.phone.asked(call(lead, 1)), 1);
        assert!(world.report(call(lead, 1), CallStatus::Completed).await);
        assert_eq!(world.lead(lead).await.status, LeadStatus::Completed);
    });
}

#[test]
fn a_carrier_that_panics_when_asked_cannot_tell() {
    story(async {
        let world = World::start(config());
        world.phone.answers(Answer::Panics);
        let campaign = world.active().await;
        let lead = waiting(&world, campaign, 1).await;
        world.clock.advance(Duration::from_hours(2));
        world.until_held(lead, HoldCode::CallOverdue).await;
        assert_eq!(world.phone.asked(call(lead, 1)), 1);
        assert_eq!(world.handle.health().failure, None);
        // The deadlines live on.
        world.phone.answers(Answer::Says(plain(CallStatus::Failed)));
        let next = waiting(&world, campaign, 2).await;
        world.clock.advance(Duration::from_hours(2));
        world.until(|read| read.lead(next).unwrap().status == LeadStatus::Dropped).await;
    });
}

#[test]
fn a_status_that_is_not_final_is_recorded_and_the_call_is_held_all_the_same() {
    story(async {
        let world = World::start(config());
        world.phone.answers(Answer::Says(plain(CallStatus::Connected)));
        let campaign = world.active().await;
        let lead = waiting(&world, campaign, 1).await;
        world.clock.advance(Duration::from_hours(2));
        world.until_held(lead, HoldCode::CallOverdue).await;
        assert_eq!(world.lead(lead).await.call.unwrap().status, CallStatus::Connected);
        assert_eq!(holds(&world, lead).await, 1);
    });
}

#[test]
fn a_carrier_that_knows_the_call_and_no_more_leaves_it_held() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let lead = waiting(&world, campaign, 1).await;
        world.clock.advance(Duration::from_hours(2));
        world.until_held(lead, HoldCode::CallOverdue).await;
        assert_eq!(world.phone.asked(call(lead, 1)), 1);
        assert_eq!(holds(&world, lead).await, 1);
    });
}

#[test]
fn a_release_does_not_wait_for_a_carrier_that_keeps_silent() {
    story(async {
        let world = World::start(EngineConfig { sweep_in_flight: 1, ..config() });
        world.phone.answers(Answer::KeepsSilent);
        let campaign = world.active().await;
        // More than there is room for at once, many times over.
        let mut silent = Vec::new();
        for number in 1..6 {
            silent.push(waiting(&world, campaign, number).await);
        }
        let released = waiting(&world, campaign, 6).await;
        world.report(call(released, 1), CallStatus::DidNotPick).await;
        world.clock.advance(Duration::from_hours(2));
        while silent.iter().all(|lead| world.phone.asked(call(*lead, 1)) == 0) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        world.until(|read| read.lead(released).unwrap().status == LeadStatus::Completed).await;
    });
}

#[test]
fn an_end_that_came_about_while_the_engine_was_down_is_learned_from_the_carrier() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let lead = waiting(&world, campaign, 1).await;
        world.phone.answers(Answer::Says(plain(CallStatus::Completed)));
        let world = world.restart();
        world.until(|read| read.lead(lead).unwrap().status == LeadStatus::Completed).await;
        assert_eq!(world.phone.dialled(), [call(lead, 1)]);
    });
}
