//! One after the other for each lead, exact pauses, stale actors, back-pressure.

use std::sync::Arc;

use branchline_domain::{
    call_status::CallStatus,
    lead::{HoldCode, LeadEvent, LeadStatus},
    personal::Personal,
    workflow::WorkflowEvent,
};
use branchline_engine::{
    Cursor, EngineError, RecordedEvents,
    command::{CallAction, WorkflowAction},
};

use crate::{
    twin,
    world::{World, call, config, host, report, story},
};

#[test]
fn two_reports_sent_together_are_decided_one_after_the_other() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let lead = world.enrol_one(campaign.workflow, 1).await;
        let tell =
            |status| world.handle().report_call_status(host(), call(lead, 1), report(status));
        let (first, second) =
            tokio::join!(tell(CallStatus::Completed), tell(CallStatus::DidNotPick));
        assert!(first.unwrap().accepted);
        assert!(!second.unwrap().accepted, "it saw what the first one made");
        assert_eq!(world.state(lead).await.status, LeadStatus::Completed);
    });
}

#[test]
fn a_stale_actor_is_fenced_and_its_successor_does_what_was_asked() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let lead = world.enrol_one(campaign.workflow, 1).await;
        let tell = |status| {
            let handle = world.handle().clone();
            async move { handle.report_call_status(host(), call(lead, 1), report(status)).await }
        };
        tell(CallStatus::Initiated).await.unwrap();
        // Somebody else writes to the stream: the actor in memory does not know.
        let key = twin::key_of(&world, lead).await;
        twin::write_to_lead(&world, lead, key.as_ref()).await;
        assert!(tell(CallStatus::Completed).await.unwrap().accepted);
        let state = world.state(lead).await;
        assert_eq!(state.status, LeadStatus::Completed);
        assert_eq!(state.notes, Personal::Known(Some(twin::BY_A_TWIN.into())));
    });
}

#[test]
fn a_lead_whose_history_cannot_be_read_is_set_aside_and_nobody_else_notices() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let lead = world.enrol_one(campaign.workflow, 1).await;
        let other = world.enrol_one(campaign.workflow, 2).await;
        let tell = |lead| {
            let handle = world.handle().clone();
            let done = report(CallStatus::Completed);
            async move { handle.report_call_status(host(), call(lead, 1), done).await }
        };
        let wrong = twin::key_of(&world, other).await;
        twin::write_to_lead(&world, lead, wrong.as_ref()).await;
        let refused = tell(lead).await;
        assert!(
            matches!(&refused, Err(EngineError::SetAside { lead: named, .. }) if *named == lead)
        );
        assert_eq!(tell(lead).await, refused, "it is not tried over and over");
        assert!(tell(other).await.unwrap().accepted);
        let health = world.handle().health();
        assert_eq!(health.set_aside.iter().map(|aside| aside.lead).collect::<Vec<_>>(), [lead]);
        assert!(health.ready);
    });
}

/// Source: CONTRACT.md 2-exact.
#[test]
fn a_pause_that_races_with_reports_is_exact_in_the_journal() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let mut leads = Vec::new();
        for number in 0..200 {
            leads.push(world.enrol_one(campaign.workflow, number).await);
        }
        let done = || CallAction::Report(report(CallStatus::Completed));
        let (early, late) = leads.split_at(100);
        let bulk = |leads: &[_]| {
            let actions = leads.iter().map(|&lead| (call(lead, 1), done())).collect();
            let handle = world.handle().clone();
            async move { handle.tell_of_calls(host(), actions).await.unwrap() }
        };
        // All are decided before the first is recorded, so the pause comes between the two.
        world.store.shut();
        let open = async {
            while world.store.waiting() < 2 {
                tokio::task::yield_now().await;
            }
            world.store.open();
        };
        let handle = world.handle();
        let pause = async {
            while world.store.waiting() == 0 {
                tokio::task::yield_now().await;
            }
            handle.act_on_workflow(host(), campaign.workflow, WorkflowAction::Pause).await
        };
        let (first, paused, ()) = tokio::join!(bulk(early), pause, open);
        let paused = paused.unwrap().position.unwrap();
        let second = bulk(late).await;
        assert!(first.iter().chain(&second).all(|answer| answer.as_ref().unwrap().accepted));
        let mut stream = handle.events("0-0".parse::<Cursor>().unwrap().0);
        for fact in stream.next_batch(usize::MAX).unwrap() {
            if let RecordedEvents::Lead(_, events) = &fact.events {
                let moved =
                    events.iter().any(|event| matches!(event, LeadEvent::BranchTaken { .. }));
                assert!(!moved || fact.position < paused, "moved at {}", fact.position);
            }
        }
        for &lead in late {
            let hold = world.state(lead).await.hold.unwrap();
            assert_eq!(hold.reason.code(), HoldCode::WorkflowPaused);
        }
    });
}

#[test]
fn a_decision_that_a_pause_overtakes_is_decided_anew() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let lead = world.enrol_one(campaign.workflow, 1).await;
        world.store.shut();
        let handle = world.handle();
        let pause = handle.act_on_workflow(host(), campaign.workflow, WorkflowAction::Pause);
        let tell = async {
            // The pause is on its way to the journal, and not in force yet.
            while world.store.waiting() < 1 {
                tokio::task::yield_now().await;
            }
            let done = report(CallStatus::Completed);
            handle.report_call_status(host(), call(lead, 1), done).await
        };
        let open = async {
            while world.store.waiting() < 2 {
                tokio::task::yield_now().await;
            }
            world.store.open();
        };
        let (paused, told, ()) = tokio::join!(pause, tell, open);
        assert!(paused.unwrap().position < told.unwrap().committed.position);
        let state = world.state(lead).await;
        assert_eq!(state.hold.map(|hold| hold.reason.code()), Some(HoldCode::WorkflowPaused));
        assert_eq!(state.node, Some(campaign.intro));
    });
}

#[test]
fn one_request_more_than_may_be_under_way_is_told_to_come_back() {
    story(async {
        let mut config = config();
        config.host_channel_capacity = 4;
        let world = World::start(config);
        let campaign = world.active().await;
        let lead = world.enrol_one(campaign.workflow, 1).await;
        world.store.shut();
        let mut asked = Vec::new();
        let mut busy = 0;
        for _ in 0..64 {
            let handle = world.handle().clone();
            let answer = tokio::spawn(async move {
                let status = report(CallStatus::Connected);
                handle.report_call_status(host(), call(lead, 1), status).await
            });
            asked.push(answer);
        }
        while world.store.waiting() == 0 {
            tokio::task::yield_now().await;
        }
        world.store.open();
        for answer in asked {
            match answer.await.unwrap() {
                Ok(_) => {}
                Err(error) => {
                    assert_eq!(error, EngineError::Busy);
                    busy += 1;
                }
            }
        }
        assert!((1..64).contains(&busy), "{busy}");
        assert_eq!(world.state(lead).await.calls[&1].status, CallStatus::Connected);
    });
}

#[test]
fn a_journal_that_fails_stops_all_writes_and_the_engine_says_so() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let handle = world.handle();
        world.store.poison("disk on fire");
        let reason = Arc::from("disk on fire");
        let pause = handle.act_on_workflow(host(), campaign.workflow, WorkflowAction::Pause).await;
        assert_eq!(pause, Err(EngineError::Unavailable { reason: Arc::clone(&reason) }));
        assert_eq!(world.engine.as_ref().unwrap().failed().await, reason);
        let health = handle.health();
        assert!(!health.ready);
        assert_eq!(health.failure, Some(reason));
        let status = handle.read(|read| read.workflow(campaign.workflow).unwrap().state.status);
        assert!(status.await.unwrap().can_process_leads(), "what is recorded can still be read");
    });
}

#[test]
fn views_are_in_force_before_the_change_is_answered() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let lead = world.enrol_one(campaign.workflow, 1).await;
        world.act(campaign.workflow, WorkflowAction::Pause).await;
        let done = report(CallStatus::Completed);
        world.handle().report_call_status(host(), call(lead, 1), done).await.unwrap();
        let facts = world.handle().lead(host().organisation, lead).await.unwrap().facts;
        let branched = facts.iter().any(|fact| match &fact.events {
            RecordedEvents::Lead(_, events) => {
                events.iter().any(|event| matches!(event, LeadEvent::BranchTaken { .. }))
            }
            RecordedEvents::Workflow(_, events) => events.contains(&WorkflowEvent::WorkflowPaused),
            RecordedEvents::Organisation(..) => false,
        });
        assert!(!branched);
    });
}
