//! Hand-outs to an external carrier.

use std::time::Duration;

use branchline_domain::{
    call_status::CallStatus,
    id::{CallId, OrganisationId},
    lead::{HoldCode, LeadEvent, LeadStatus},
};
use branchline_engine::{
    EngineError,
    command::{CallAction, Caller, WorkflowAction},
    ports::DialRequest,
};

use branchline_journal::record::IdempotencyKey;

use crate::world::{World, call, config, host, phone_number, story};

async fn claim(world: &World, max: usize) -> Vec<DialRequest> {
    world.handle.claim_calls(host(), max, 60).await.unwrap()
}

fn ids(calls: &[DialRequest]) -> Vec<CallId> {
    calls.iter().map(|call| call.call_id).collect()
}

#[test]
fn calls_are_handed_out_in_the_order_they_were_requested_each_once() {
    story(async {
        let world = World::external(config());
        let campaign = world.active().await;
        let mut leads = Vec::new();
        for number in 0..5 {
            leads.extend(world.enrol(campaign, number..number + 1).await);
        }
        world.until(|read| read.requested_count(campaign.workflow) == 5).await;
        let first = claim(&world, 3).await;
        assert_eq!(ids(&first), leads[..3].iter().map(|lead| call(*lead, 1)).collect::<Vec<_>>());
        assert_eq!(first[0].to, phone_number(0));
        assert!(first[0].lease_until.is_some());
        assert_eq!(
            ids(&claim(&world, 9).await),
            leads[3..].iter().map(|lead| call(*lead, 1)).collect::<Vec<_>>()
        );
        assert_eq!(claim(&world, 9).await, []);
    });
}

#[test]
fn claimers_who_ask_together_never_get_the_same_call() {
    story(async {
        let world = World::external(config());
        let campaign = world.active().await;
        world.enrol(campaign, 0..60).await;
        world.until(|read| read.requested_count(campaign.workflow) == 60).await;
        let (a, b, c, d) = tokio::join!(
            claim(&world, 20),
            claim(&world, 20),
            claim(&world, 20),
            claim(&world, 20)
        );
        let mut handed_out = ids(&[a, b, c, d].concat());
        assert_eq!(handed_out.len(), 60);
        handed_out.sort_unstable();
        handed_out.dedup();
        assert_eq!(handed_out.len(), 60, "a call was handed out twice");
    });
}

#[test]
fn a_lease_that_runs_out_makes_the_fate_unknown_and_the_call_is_never_handed_out_again() {
    story(async {
        let world = World::external(config());
        let campaign = world.active().await;
        let lead = world.enrol(campaign, 1..2).await[0];
        assert_eq!(claim(&world, 1).await.len(), 1);
        world.clock.advance(Duration::from_secs(59));
        assert_eq!(world.lead(lead).await.hold, None);
        world.clock.advance(Duration::from_secs(1));
        world.until_held(lead, HoldCode::DialOutcomeUnknown).await;
        assert_eq!(claim(&world, 9).await, []);
        // A late report is still believed.
        assert!(world.report(call(lead, 1), CallStatus::Completed).await);
        assert_eq!(world.lead(lead).await.status, LeadStatus::Completed);
    });
}

#[test]
fn a_lease_outlives_a_crash_and_one_that_ran_out_meanwhile_does_not() {
    story(async {
        let world = World::external(config());
        let campaign = world.active().await;
        let first = world.enrol(campaign, 1..2).await[0];
        assert_eq!(claim(&world, 1).await.len(), 1);
        world.clock.advance(Duration::from_secs(30));
        let second = world.enrol(campaign, 2..3).await[0];
        assert_eq!(claim(&world, 1).await.len(), 1);
        let mut world = world;
        world.crash();
        world.clock.advance(Duration::from_secs(40));
        let world = world.restart();
        world.until_held(first, HoldCode::DialOutcomeUnknown).await;
        assert_eq!(world.lead(second).await.hold, None);
        assert_eq!(claim(&world, 9).await, []);
        let dispatched = CallAction::Dispatched { provider_ref: Some("sip_1".into()) };
        world.handle.tell_of_call(host(), call(second, 1), dispatched).await.unwrap();
        world.clock.advance(Duration::from_mins(2));
        assert!(world.report(call(second, 1), CallStatus::Completed).await);
        let unknown = |event: &LeadEvent| matches!(event, LeadEvent::CallDispatchUnknown { .. });
        assert_eq!(world.count(second, unknown).await, 0);
        assert_eq!(world.count(first, unknown).await, 1);
    });
}

#[test]
fn a_busy_number_is_passed_over_until_its_call_has_ended() {
    story(async {
        let world = World::external(config());
        let (one, two) = (world.active().await, world.active().await);
        let first = world.enrol(one, 1..2).await[0];
        let twin = world.enrol(two, 1..2).await[0];
        let other = world.enrol(two, 2..3).await[0];
        assert_eq!(ids(&claim(&world, 9).await), [call(first, 1), call(other, 1)]);
        assert_eq!(claim(&world, 9).await, []);
        world.report(call(first, 1), CallStatus::Busy).await;
        assert_eq!(ids(&claim(&world, 9).await), [call(twin, 1)]);
    });
}

#[test]
fn nothing_is_handed_out_while_paused_or_to_another_organisation() {
    story(async {
        let world = World::external(config());
        let campaign = world.active().await;
        let lead = world.enrol(campaign, 1..2).await[0];
        let stranger = Caller { organisation: OrganisationId::from_u128(9), ..Caller::host() };
        assert_eq!(world.handle.claim_calls(&stranger, 9, 60).await.unwrap(), []);
        world.act(campaign.workflow, WorkflowAction::Pause).await;
        assert_eq!(claim(&world, 9).await, []);
        world.act(campaign.workflow, WorkflowAction::Resume).await;
        assert_eq!(ids(&claim(&world, 9).await), [call(lead, 1)]);
    });
}

#[test]
fn a_claim_out_of_its_limits_is_refused_by_the_name_of_what_is_wrong() {
    story(async {
        let world = World::external(config());
        for (max, lease_s, wrong) in [
            (0, 60, "max"),
            (world_max() + 1, 60, "max"),
            (1, 0, "lease_s"),
            (1, config().claim_lease_s_max + 1, "lease_s"),
        ] {
            let refused = world.handle.claim_calls(host(), max, lease_s).await.unwrap_err();
            assert!(
                matches!(refused, EngineError::Invalid { field, .. } if field == wrong),
                "{refused}"
            );
        }
        let own = World::start(config());
        let refused = own.handle.claim_calls(host(), 1, 60).await.unwrap_err();
        assert!(matches!(refused, EngineError::Invalid { field: "carrier", .. }), "{refused}");
    });
}

fn world_max() -> usize {
    config().claim_max
}

fn keyed(digest: u8) -> Caller {
    let idempotency = Some(IdempotencyKey { key: "claim".into(), digest: [digest; 32] });
    Caller { idempotency, ..Caller::host() }
}

#[test]
fn a_claim_sent_again_under_its_key_gets_the_same_calls_and_no_others() {
    story(async {
        let world = World::external(config());
        let campaign = world.active().await;
        let leads = world.enrol(campaign, 0..6).await;
        world.until(|read| read.requested_count(campaign.workflow) == 6).await;
        let first = world.handle.claim_calls(&keyed(1), 3, 60).await.unwrap();
        assert_eq!(first.len(), 3);
        assert_eq!(world.handle.claim_calls(&keyed(1), 3, 60).await.unwrap(), first);
        let other = world.handle.claim_calls(&keyed(2), 3, 60).await;
        assert_eq!(other, Err(EngineError::KeyReused));
        let mut world = world;
        world.crash();
        let world = world.restart();
        assert_eq!(world.handle.claim_calls(&keyed(1), 3, 60).await.unwrap(), first);
        assert_eq!(world.read(|read| read.requested_count(campaign.workflow)).await, 3);
        // What somebody has told of is in good hands.
        assert!(world.report(first[0].call_id, CallStatus::Connected).await);
        let again = world.handle.claim_calls(&keyed(1), 3, 60).await.unwrap();
        assert_eq!(ids(&again), ids(&first[1..]));
        // Nobody dials when the lease is over.
        world.clock.advance(Duration::from_secs(61));
        assert_eq!(world.handle.claim_calls(&keyed(1), 3, 60).await.unwrap(), []);
        assert_eq!(claim(&world, 9).await.len(), leads.len() - 3);
    });
}

#[test]
fn two_claims_under_one_key_at_once_hand_out_one_claim() {
    story(async {
        let world = World::external(config());
        let campaign = world.active().await;
        world.enrol(campaign, 0..6).await;
        world.until(|read| read.requested_count(campaign.workflow) == 6).await;
        let caller = keyed(1);
        let (first, second) = tokio::join!(
            world.handle.claim_calls(&caller, 2, 60),
            world.handle.claim_calls(&caller, 2, 60)
        );
        assert_eq!(first.unwrap().len(), 2);
        assert_eq!(second, Err(EngineError::RequestUnderWay));
        assert_eq!(world.read(|read| read.requested_count(campaign.workflow)).await, 4);
    });
}
