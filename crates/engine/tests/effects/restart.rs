//! Crashes in the middle: nobody is dialled twice, and everybody comes to an end.

use std::{collections::BTreeSet, time::Duration};

use branchline_domain::{
    call_status::CallStatus,
    id::CallId,
    lead::{HoldCode, LeadEvent, Resolution},
};
use branchline_engine::command::{LeadAction, WorkflowAction};

use crate::{
    phones::Manner,
    world::{Campaign, World, call, config, host, story},
};

/// Reports the end of dialled calls until so many have ended; tells each once.
async fn end_calls(world: &World, told: &mut BTreeSet<CallId>, until: usize) {
    while told.len() < until {
        let dialled: Vec<CallId> =
            world.phone.dialled().into_iter().filter(|call| !told.contains(call)).collect();
        for call in dialled.into_iter().take(until - told.len()) {
            // The first call of every second lead is not picked up: it waits, and is won later.
            let status = if call.lead.as_uuid().as_u128() % 2 == 0 {
                CallStatus::Completed
            } else {
                CallStatus::DidNotPick
            };
            world.report(call, status).await;
            told.insert(call);
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

async fn redial_the_doubtful(world: &World, campaign: Campaign) {
    let all = branchline_projections::Paging::first(100);
    let held = world
        .read(|read| {
            let filter = branchline_projections::LeadFilter {
                held: Some(branchline_projections::Held::With(HoldCode::DialOutcomeUnknown)),
                ..Default::default()
            };
            read.leads(campaign.workflow, filter, all).items
        })
        .await;
    for lead in held {
        let redial = LeadAction::Resolve(Resolution::Redial);
        world.handle.act_on_lead(host(), lead.id, redial).await.unwrap();
    }
}

#[test]
fn a_campaign_that_crashes_again_and_again_dials_nobody_twice_and_ends() {
    story(async {
        let mut world =
            World::start(branchline_engine::EngineConfig { calls_in_flight_max: 8, ..config() });
        let campaign = world.active().await;
        let leads = world.enrol(campaign, 0..50).await;
        let mut told = BTreeSet::new();
        for ended in [3, 9, 20, 31] {
            end_calls(&world, &mut told, ended).await;
            world = world.restart();
            redial_the_doubtful(&world, campaign).await;
        }
        loop {
            let counts = world.read(|read| read.counts(campaign.workflow)).await.by_status;
            if counts.completed == 50 {
                break;
            }
            let dialled = world.phone.dialled().len();
            end_calls(&world, &mut told, dialled).await;
            redial_the_doubtful(&world, campaign).await;
            // Whoever waits is released.
            world.clock.advance(Duration::from_hours(1));
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        world.phone.assert_nobody_was_dialled_twice();
        for lead in leads {
            let ends = world.count(lead, |event| matches!(event, LeadEvent::LeadCompleted)).await;
            assert_eq!(ends, 1);
        }
    });
}

#[test]
fn a_dial_without_an_answer_is_asked_for_after_a_crash_and_goes_on() {
    story(async {
        let world = World::start(config());
        world.phone.behaves(Manner::KeepsSilent);
        let campaign = world.active().await;
        let lead = world.enrol(campaign, 1..2).await[0];
        world.until_dialled(1).await;
        let world = world.restart();
        // The carrier knows the call, so nobody has to look.
        world
            .until(|read| {
                let row = read.lead(lead).unwrap();
                let dispatch = row.call.map(|call| call.dispatch);
                dispatch == Some(branchline_projections::DispatchStage::Dispatched)
                    && row.hold.is_none()
            })
            .await;
        let unknown = |event: &LeadEvent| matches!(event, LeadEvent::CallDispatchUnknown { .. });
        assert_eq!(world.count(lead, unknown).await, 1, "the doubt was recorded first");
        assert_eq!(world.phone.asked(call(lead, 1)), 1);
        assert!(world.report(call(lead, 1), CallStatus::Completed).await);
        assert_eq!(world.phone.dialled(), [call(lead, 1)]);
    });
}

#[test]
fn a_call_that_the_carrier_took_is_asked_for_after_a_crash() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let lead = world.enrol(campaign, 1..2).await[0];
        world
            .until(|read| {
                read.call(call(lead, 1)).is_some_and(|row| {
                    row.dispatch == branchline_projections::DispatchStage::Dispatched
                })
            })
            .await;
        let world = world.restart();
        while world.phone.asked(call(lead, 1)) == 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let unknown = |event: &LeadEvent| matches!(event, LeadEvent::CallDispatchUnknown { .. });
        assert_eq!(world.count(lead, unknown).await, 0);
        assert_eq!(world.phone.dialled().len(), 1);
    });
}

#[test]
fn a_sweep_that_a_crash_cut_short_is_made_after_the_start() {
    story(async {
        let mut world = World::start(config());
        let campaign = world.draft(branchline_domain::workflow::Settings::default()).await;
        world.enrol(campaign, 0..200).await;
        world.act(campaign.workflow, WorkflowAction::Activate).await;
        // Wherever the sweep is by now.
        world.crash();
        let world = world.restart();
        world.until(|read| read.counts(campaign.workflow).by_status.active == 200).await;
        world.until_dialled(200).await;
        world.phone.assert_nobody_was_dialled_twice();
    });
}
