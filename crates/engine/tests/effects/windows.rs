//! Calls are dialled in the hours that their node allows.

use std::time::Duration;

use branchline_domain::{
    call_status::CallStatus,
    graph::{CallingWindow, NodeConfig, VoiceCallConfig},
    lead::{GuardCode, HoldCode, LeadEvent},
    workflow::{NodePatch, Settings},
};
use branchline_engine::{command::WorkflowAction, ports::Clock};

use crate::world::{Campaign, World, call, config, host, story};

/// A campaign whose calls may be dialled for an hour a day, from this many hours after now.
async fn campaign(world: &World, opens_in_h: u64) -> Campaign {
    let campaign = world.draft(Settings::default()).await;
    let clock = |hours: u64| {
        let at = world.clock.now().plus_seconds(hours * 3_600).to_string();
        Some(at[11..16].to_owned())
    };
    let window = CallingWindow {
        from: clock(opens_in_h),
        to: clock(opens_in_h + 1),
        timezone: Some("UTC".into()),
        ..CallingWindow::default()
    };
    let voice = VoiceCallConfig {
        from_phone_number: Some("+912212345678".into()),
        calling_window: Some(window),
        ..VoiceCallConfig::default()
    };
    let patch = NodePatch {
        label: None,
        x_milli: None,
        y_milli: None,
        config: Some(NodeConfig::VoiceCall(voice)),
        entry: Some(true),
    };
    let action = WorkflowAction::PatchNode { node: campaign.intro, patch };
    world.act(campaign.workflow, action).await;
    world.act(campaign.workflow, WorkflowAction::Activate).await;
    campaign
}

const fn scheduled(event: &LeadEvent) -> bool {
    matches!(event, LeadEvent::CallScheduled { .. })
}

#[test]
fn nobody_is_dialled_before_the_window_opens_and_then_everybody_is_once() {
    story(async {
        let mut world = World::start(config());
        let campaign = campaign(&world, 3).await;
        let leads = world.enrol(campaign, 0..20).await;
        world.until(|read| read.requested_count(campaign.workflow) == 20).await;
        world.clock.advance(Duration::from_mins(179));
        // Also after a crash: when the window opens is in the journal.
        world = world.restart();
        let told = world.handle.explain(host().organisation, leads[0]).await.unwrap();
        let closed = told.guards.iter().find(|guard| guard.code == GuardCode::OutsideCallingWindow);
        let opens_at = closed.and_then(|guard| guard.clears_at).unwrap();
        assert_eq!(opens_at, world.clock.now().plus_seconds(60));
        tokio::time::sleep(Duration::from_millis(30)).await;
        assert_eq!(world.phone.dialled(), []);
        world.clock.advance(Duration::from_mins(1));
        world.until_dialled(20).await;
        world.phone.assert_nobody_was_dialled_twice();
    });
}

#[test]
fn a_call_that_found_no_room_before_the_window_closed_is_dialled_the_next_day() {
    story(async {
        let world =
            World::start(branchline_engine::EngineConfig { calls_in_flight_max: 1, ..config() });
        let campaign = campaign(&world, 0).await;
        let leads = world.enrol(campaign, 0..2).await;
        world.until_dialled(1).await;
        let first = world.phone.dialled()[0];
        let waits = if first.lead == leads[0] { leads[1] } else { leads[0] };
        world.clock.advance(Duration::from_mins(61));
        // Makes room, at an hour at which nobody is called.
        world.report(first, CallStatus::Completed).await;
        while world.count(waits, scheduled).await == 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        assert_eq!(world.phone.dialled().len(), 1);
        world.clock.advance(Duration::from_mins(24 * 60 - 61));
        world.until_dialled(2).await;
        assert_eq!(world.phone.dialled()[1], call(waits, 1));
        assert_eq!(world.count(waits, scheduled).await, 1);
    });
}

#[test]
fn a_claim_hands_out_nothing_outside_the_window_and_all_of_it_within() {
    story(async {
        let world = World::external(config());
        let campaign = campaign(&world, 2).await;
        world.enrol(campaign, 0..5).await;
        world.until(|read| read.requested_count(campaign.workflow) == 5).await;
        assert_eq!(world.handle.claim_calls(host(), 9, 60).await.unwrap(), []);
        world.clock.advance(Duration::from_hours(2));
        assert_eq!(world.handle.claim_calls(host(), 9, 60).await.unwrap().len(), 5);
    });
}

#[test]
fn a_claim_after_the_window_has_closed_puts_the_calls_off() {
    story(async {
        let world = World::external(config());
        let campaign = campaign(&world, 0).await;
        let leads = world.enrol(campaign, 0..3).await;
        world.until(|read| read.requested_count(campaign.workflow) == 3).await;
        world.clock.advance(Duration::from_mins(90));
        assert_eq!(world.handle.claim_calls(host(), 9, 60).await.unwrap(), []);
        for lead in &leads {
            assert_eq!(world.count(*lead, scheduled).await, 1);
        }
        assert_eq!(world.handle.claim_calls(host(), 9, 60).await.unwrap(), []);
        world.clock.advance(Duration::from_mins(24 * 60 - 90));
        assert_eq!(world.handle.claim_calls(host(), 9, 60).await.unwrap().len(), 3);
        assert_eq!(world.lead(leads[0]).await.hold, None::<HoldCode>);
    });
}
