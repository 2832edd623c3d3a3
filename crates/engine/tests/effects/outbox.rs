//! Dials with a carrier of the engine's own.

use branchline_domain::{
    call_status::CallStatus,
    lead::{GuardCode, HoldCode, LeadEvent, LeadStatus},
};
use branchline_engine::command::{LeadAction, WorkflowAction};
use branchline_projections::DispatchStage;

use crate::{
    phones::Manner,
    world::{World, call, config, host, phone_number, story},
};

#[test]
fn a_requested_call_is_dialled_and_its_outcome_recorded() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let lead = world.enrol(campaign, 1..2).await[0];
        world
            .until(|read| {
                let dialled = read.call(call(lead, 1));
                dialled.is_some_and(|row| row.dispatch == DispatchStage::Dispatched)
            })
            .await;
        let dials = world.phone.dials();
        assert_eq!(dials.len(), 1);
        assert_eq!(dials[0].to, phone_number(1));
        assert_eq!(dials[0].from, "+912212345678");
        assert_eq!(dials[0].node_id, Some(campaign.intro));
        world.report(call(lead, 1), CallStatus::Completed).await;
        assert_eq!(world.lead(lead).await.status, LeadStatus::Completed);
    });
}

#[test]
fn no_more_calls_are_under_way_than_the_configuration_allows() {
    story(async {
        let world =
            World::start(branchline_engine::EngineConfig { calls_in_flight_max: 3, ..config() });
        let campaign = world.active().await;
        let leads = world.enrol(campaign, 0..10).await;
        world.until_dialled(3).await;
        // Who waits for room is told so.
        let waits = leads.iter().find(|lead| !world.phone.dialled().contains(&call(**lead, 1)));
        loop {
            let told = world.handle.explain(host().organisation, *waits.unwrap()).await.unwrap();
            if told.guards.iter().any(|guard| guard.code == GuardCode::NoCapacity) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
        for ended in 0..10 {
            world.until_dialled((ended + 3).min(10)).await;
            let in_progress = world.read(|read| read.calls_in_progress(campaign.workflow)).await;
            assert!(in_progress <= 3, "{in_progress}");
            world.report(world.phone.dialled()[ended], CallStatus::Busy).await;
        }
        world.phone.assert_nobody_was_dialled_twice();
        assert_eq!(world.phone.dialled().len(), 10);
    });
}

#[test]
fn a_pause_stops_new_dials_and_a_resume_goes_on() {
    story(async {
        let world =
            World::start(branchline_engine::EngineConfig { calls_in_flight_max: 2, ..config() });
        let campaign = world.active().await;
        let other = world.active().await;
        let leads = world.enrol(campaign, 0..6).await;
        world.until_dialled(2).await;
        world.act(campaign.workflow, WorkflowAction::Pause).await;
        let under_way = world.phone.dialled();
        for call in &under_way {
            // Makes room, which the paused workflow must not take.
            world.report(*call, CallStatus::Completed).await;
            world.until_held(call.lead, HoldCode::WorkflowPaused).await;
        }
        // The other workflow's calls come after those that wait, and get the room.
        let others = world.enrol(other, 100..102).await;
        world.until_dialled(4).await;
        assert_eq!(
            world.phone.dialled()[2..].iter().filter(|call| leads.contains(&call.lead)).count(),
            0
        );
        world.act(campaign.workflow, WorkflowAction::Resume).await;
        for lead in others {
            world.report(call(lead, 1), CallStatus::Completed).await;
        }
        for ended in 4..8 {
            world.until_dialled(ended + 1).await;
            world.report(world.phone.dialled()[ended], CallStatus::Completed).await;
        }
        world.until(|read| read.counts(campaign.workflow).by_status.completed == 6).await;
        world.phone.assert_nobody_was_dialled_twice();
    });
}

#[test]
fn a_number_with_a_live_call_is_dialled_after_that_call_has_ended() {
    story(async {
        let world = World::start(config());
        let (first, second) = (world.active().await, world.active().await);
        let one = world.enrol(first, 1..2).await[0];
        world.until_dialled(1).await;
        // The same person in another workflow, and somebody else after them.
        let two = world.enrol(second, 1..2).await[0];
        let other = world.enrol(second, 2..3).await[0];
        world.until_dialled(2).await;
        assert_eq!(world.phone.dialled(), [call(one, 1), call(other, 1)]);
        world.report(call(one, 1), CallStatus::Completed).await;
        world.until_dialled(3).await;
        assert_eq!(world.phone.dialled()[2], call(two, 1));
        assert_eq!(
            world.count(two, |event| matches!(event, LeadEvent::CallDispatchStarted { .. })).await,
            1
        );
    });
}

#[test]
fn two_calls_to_one_number_that_are_requested_at_once_do_not_ring_together() {
    story(async {
        let world = World::start(config());
        let draft = |_| world.draft(branchline_domain::workflow::Settings::default());
        let (first, second) = (draft(1).await, draft(2).await);
        world.enrol(first, 0..20).await;
        world.enrol(second, 0..20).await;
        let (one, two) = tokio::join!(
            world.handle.act_on_workflow(host(), first.workflow, WorkflowAction::Activate),
            world.handle.act_on_workflow(host(), second.workflow, WorkflowAction::Activate),
        );
        one.unwrap();
        two.unwrap();
        for ended in 0..40 {
            world.until_dialled(ended + 1).await;
            let dials = world.phone.dials();
            let mut ringing: Vec<_> = dials[ended..].iter().map(|dial| &dial.to).collect();
            let calls = ringing.len();
            ringing.sort_unstable();
            ringing.dedup();
            assert_eq!(ringing.len(), calls, "a number rings twice at once");
            world.report(dials[ended].call_id, CallStatus::Completed).await;
        }
        world.phone.assert_nobody_was_dialled_twice();
    });
}

#[test]
fn a_refused_dial_is_held_and_never_dialled_again() {
    story(async {
        let world = World::start(config());
        world.phone.behaves(Manner::Refuses);
        let campaign = world.active().await;
        let lead = world.enrol(campaign, 1..2).await[0];
        world.until_held(lead, HoldCode::DialRefused).await;
        world.phone.behaves(Manner::Takes);
        // A person redials: that is another call, and the number is free for it.
        let redial = LeadAction::Resolve(branchline_domain::lead::Resolution::Redial);
        world.handle.act_on_lead(host(), lead, redial).await.unwrap();
        world.until_dialled(2).await;
        assert_eq!(world.phone.dialled(), [call(lead, 1), call(lead, 2)]);
    });
}

#[test]
fn after_a_panic_of_the_carrier_nobody_knows_whether_it_dialled() {
    story(async {
        let world = World::start(config());
        world.phone.behaves(Manner::Panics);
        let campaign = world.active().await;
        let lead = world.enrol(campaign, 1..2).await[0];
        world.until_held(lead, HoldCode::DialOutcomeUnknown).await;
        // The outbox lives on.
        world.phone.behaves(Manner::Takes);
        let next = world.enrol(campaign, 2..3).await[0];
        world.until_dialled(2).await;
        assert_eq!(world.phone.dialled(), [call(lead, 1), call(next, 1)]);
        assert_eq!(world.handle.health().failure, None);
    });
}

#[test]
fn a_call_whose_fate_is_unknown_takes_no_room() {
    story(async {
        let world =
            World::start(branchline_engine::EngineConfig { calls_in_flight_max: 1, ..config() });
        world.phone.behaves(Manner::Panics);
        let campaign = world.active().await;
        let leads = world.enrol(campaign, 0..4).await;
        for lead in leads {
            world.until_held(lead, HoldCode::DialOutcomeUnknown).await;
        }
        world.phone.assert_nobody_was_dialled_twice();
    });
}
