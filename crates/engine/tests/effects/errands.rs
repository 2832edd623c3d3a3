//! Tries of application steps: when they are made, what comes of them, and what a pause, an end or
//! a crash in the middle does.

use std::time::Duration;

use branchline_domain::{
    graph::{ApplicationConfig, NodeConfig},
    lead::{ApplicationOutcome, HoldCode, LeadEvent, LeadStatus, Resolution},
    output::Output,
};
use branchline_engine::{
    EngineConfig,
    applications::ApplicationReply,
    command::{LeadAction, WorkflowAction},
};

use crate::{
    desk::{
        Crm, active, branches, crm, enrol, one, success, thrice, tries, until_status, until_tried,
    },
    world::{World, config, host, phone_number, story},
};

/// Source: CONTRACT.md 5-application, 5-application-success, 5-application-fields.
#[test]
fn a_success_moves_the_lead_and_conditions_read_its_answer() {
    story(async {
        let world = World::start(config());
        let crm_desk = Crm::new(&world, success);
        let errand = active(&world, crm()).await;
        let lead = one(&world, errand).await;
        until_status(&world, lead, LeadStatus::Completed).await;

        let asked = crm_desk.asked();
        assert_eq!(asked.len(), 1);
        assert_eq!(asked[0].idempotency_key, format!("{lead}_1"));
        assert_eq!((asked[0].visit, asked[0].attempt, asked[0].node_id), (1, 1, errand.step));
        assert_eq!(asked[0].phone_number.as_deref(), Some(&*phone_number(0)));
        assert_eq!(asked[0].variables.get("city"), Some(&"Pune".into()));
        assert!(!format!("{:?}", asked[0]).contains("Pune"), "debug output ends up in logs");
        let tries = tries(&world, lead).await;
        assert_eq!(tries, [(1, ApplicationOutcome::Succeeded, String::new())]);
    });
}

/// Source: CONTRACT.md 5-application-failure.
#[test]
fn a_failure_for_good_takes_the_other_branch_and_is_not_tried_again() {
    story(async {
        let world = World::start(config());
        let desk = Crm::new(&world, |_| ApplicationReply::failure("the account is closed"));
        let errand = active(&world, thrice()).await;
        let lead = one(&world, errand).await;
        until_status(&world, lead, LeadStatus::Dropped).await;
        assert_eq!(desk.asked().len(), 1);
        let tries = tries(&world, lead).await;
        assert_eq!(tries[0].1, ApplicationOutcome::Failed);
        assert_eq!(tries[0].2, r#"{"error":"the account is closed"}"#);
    });
}

#[test]
fn what_may_pass_is_tried_again_later_and_a_restart_does_not_lose_the_wait() {
    story(async {
        let world = World::start(config());
        let desk = Crm::new(&world, |request| match request.attempt {
            1 | 2 => ApplicationReply::unavailable("busy"),
            _ => success(request),
        });
        let errand = active(&world, thrice()).await;
        let lead = one(&world, errand).await;
        until_tried(&world, lead, 1).await;
        let release_at = world.lead(lead).await.release_at.unwrap();
        let world = world.restart();
        assert_eq!(world.lead(lead).await.release_at, Some(release_at));
        assert_eq!(desk.asked().len(), 1, "not before its time");
        world.clock.advance(Duration::from_mins(1));
        until_tried(&world, lead, 2).await;
        world.clock.advance(Duration::from_mins(2));
        until_status(&world, lead, LeadStatus::Completed).await;
        let asked = desk.asked();
        assert_eq!(asked.iter().map(|asked| asked.attempt).collect::<Vec<_>>(), [1, 2, 3]);
        assert!(asked.iter().all(|asked| asked.idempotency_key == format!("{lead}_1")));
    });
}

/// Source: CONTRACT.md 5-application-failure.
#[test]
fn the_last_try_decides() {
    story(async {
        let world = World::start(config());
        let desk = Crm::new(&world, |_| ApplicationReply::unavailable("busy"));
        let errand = active(&world, thrice()).await;
        let lead = one(&world, errand).await;
        for tried in 1..=3 {
            until_tried(&world, lead, tried).await;
            world.clock.advance(Duration::from_hours(1));
        }
        until_status(&world, lead, LeadStatus::Dropped).await;
        assert_eq!(desk.asked().len(), 3);
    });
}

/// Source: CONTRACT.md 5-application-failure.
#[test]
fn silence_and_a_panic_are_failures_and_the_engine_lives_on() {
    story(async {
        let world = World::start(config());
        let silent = Crm::closed(&world, success);
        let impatient = ApplicationConfig { timeout_s: Some(1), ..crm() };
        let errand = active(&world, impatient).await;
        let lead = one(&world, errand).await;
        until_status(&world, lead, LeadStatus::Dropped).await;
        assert_eq!(tries(&world, lead).await[0].2, r#"{"error":"no answer within 1 s"}"#);
        drop(silent);

        let _panics = Crm::new(&world, |_| panic!("a bug of the host"));
        let lead = enrol(&world, errand, 1..2).await[0];
        until_status(&world, lead, LeadStatus::Dropped).await;
        let tries = tries(&world, lead).await;
        assert_eq!(tries[0].1, ApplicationOutcome::Unavailable);
        assert_eq!(tries[0].2, r#"{"error":"the application panicked"}"#);

        let _well = Crm::new(&world, success);
        let lead = enrol(&world, errand, 2..3).await[0];
        until_status(&world, lead, LeadStatus::Completed).await;
    });
}

/// Source: CONTRACT.md 5-required-field.
#[test]
fn without_a_required_field_nothing_is_tried() {
    story(async {
        let world = World::start(config());
        let desk = Crm::new(&world, success);
        let required_fields = vec!["budget".into(), "city".into()];
        let errand = active(&world, ApplicationConfig { required_fields, ..thrice() }).await;
        let lead = one(&world, errand).await;
        until_status(&world, lead, LeadStatus::Dropped).await;
        assert_eq!(desk.asked().len(), 0);
        let missing = world.count(lead, |event| {
            matches!(event, LeadEvent::ApplicationTried { missing_fields, .. }
                if *missing_fields == ["budget"])
        });
        assert_eq!(missing.await, 1);
    });
}

/// Source: CONTRACT.md 5-unregistered.
#[test]
fn a_handler_that_nobody_registered_holds_the_lead_until_somebody_does() {
    story(async {
        let world = World::start(config());
        let errand = active(&world, crm()).await;
        let leads = enrol(&world, errand, 0..3).await;
        for &lead in &leads {
            world.until_held(lead, HoldCode::ApplicationReview).await;
        }
        let told = world.handle.explain(host().organisation, leads[0]).await.unwrap();
        assert!(told.guards.iter().any(|guard| guard.message.contains("handler")), "{told:?}");
        // A person may decide instead.
        let choice = LeadAction::Resolve(Resolution::Output(Output::Failure));
        world.handle.act_on_lead(host(), leads[0], choice).await.unwrap();
        until_status(&world, leads[0], LeadStatus::Dropped).await;
        // Still nobody after a restart.
        let world = world.restart();
        world.until_held(leads[1], HoldCode::ApplicationReview).await;
        let desk = Crm::new(&world, success);
        for &lead in &leads[1..] {
            until_status(&world, lead, LeadStatus::Completed).await;
        }
        assert_eq!(desk.asked().len(), 2);
    });
}

#[test]
fn a_handler_that_is_registered_during_a_pause_is_asked_after_it() {
    story(async {
        let world = World::start(config());
        let errand = active(&world, crm()).await;
        let lead = one(&world, errand).await;
        world.until_held(lead, HoldCode::ApplicationReview).await;
        world.act(errand.workflow, WorkflowAction::Pause).await;
        let desk = Crm::new(&world, success);
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(desk.asked().len(), 0);
        world.act(errand.workflow, WorkflowAction::Resume).await;
        until_status(&world, lead, LeadStatus::Completed).await;
    });
}

#[test]
fn a_pause_lets_a_try_finish_and_begins_none() {
    story(async {
        let one_at_a_time = EngineConfig { applications_in_flight_max: 1, ..config() };
        let world = World::start(one_at_a_time);
        let desk = Crm::closed(&world, success);
        let errand = active(&world, crm()).await;
        let leads = enrol(&world, errand, 0..2).await;
        desk.until_asked(1).await;
        world.act(errand.workflow, WorkflowAction::Pause).await;
        desk.open();
        let first = desk.asked()[0].lead_id;
        world.until_held(first, HoldCode::WorkflowPaused).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(desk.asked().len(), 1, "none begins while paused");
        assert_eq!(branches(&world, first).await, 0);
        world.act(errand.workflow, WorkflowAction::Resume).await;
        for &lead in &leads {
            until_status(&world, lead, LeadStatus::Completed).await;
        }
        assert_eq!(desk.asked().len(), 2, "the held outcome counts; nothing is asked twice");
    });
}

#[test]
fn after_a_removal_or_a_cancellation_the_try_is_recorded_and_nothing_moves() {
    story(async {
        let world = World::start(config());
        let desk = Crm::closed(&world, success);
        let errand = active(&world, thrice()).await;
        let leads = enrol(&world, errand, 0..2).await;
        desk.until_asked(2).await;
        world.handle.act_on_lead(host(), leads[0], LeadAction::Remove).await.unwrap();
        world.act(errand.workflow, WorkflowAction::Cancel).await;
        desk.open();
        for &lead in &leads {
            until_tried(&world, lead, 1).await;
            assert_eq!(tries(&world, lead).await[0].1, ApplicationOutcome::Succeeded);
            assert_eq!(branches(&world, lead).await, 0);
            assert_eq!(world.lead(lead).await.current_node_id, Some(errand.step));
        }
    });
}

#[test]
fn no_more_tries_are_under_way_than_there_is_room_for() {
    story(async {
        let world = World::start(EngineConfig { applications_in_flight_max: 2, ..config() });
        let desk = Crm::closed(&world, success);
        let errand = active(&world, crm()).await;
        let leads = enrol(&world, errand, 0..9).await;
        desk.until_asked(2).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(desk.asked().len(), 2);
        desk.open();
        for &lead in &leads {
            until_status(&world, lead, LeadStatus::Completed).await;
        }
        assert_eq!(desk.asked().len(), 9);
    });
}

#[test]
fn a_try_that_a_crash_interrupted_is_made_again_under_the_same_key() {
    story(async {
        let world = World::start(config());
        let desk = Crm::closed(&world, success);
        let errand = active(&world, crm()).await;
        let lead = one(&world, errand).await;
        desk.until_asked(1).await;
        let first = desk.asked()[0].clone();
        let world = world.restart();
        until_tried(&world, lead, 1).await;
        assert_eq!(tries(&world, lead).await[0].1, ApplicationOutcome::Interrupted);
        desk.until_asked(2).await;
        desk.open();
        until_status(&world, lead, LeadStatus::Completed).await;
        let second = desk.asked()[1].clone();
        assert_eq!(second.idempotency_key, first.idempotency_key);
        assert_eq!((first.attempt, second.attempt), (1, 2));
    });
}

#[test]
fn an_interrupted_try_of_a_paused_workflow_is_made_again_after_the_pause() {
    story(async {
        let world = World::start(config());
        let desk = Crm::closed(&world, success);
        let errand = active(&world, crm()).await;
        let lead = one(&world, errand).await;
        desk.until_asked(1).await;
        world.act(errand.workflow, WorkflowAction::Pause).await;
        let world = world.restart();
        until_tried(&world, lead, 1).await;
        desk.open();
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(desk.asked().len(), 1);
        world.act(errand.workflow, WorkflowAction::Resume).await;
        until_status(&world, lead, LeadStatus::Completed).await;
        assert_eq!(desk.asked().len(), 2);
    });
}

#[test]
fn a_campaign_that_crashes_again_and_again_comes_to_one_end_for_everybody() {
    story(async {
        let mut world = World::start(EngineConfig { applications_in_flight_max: 4, ..config() });
        let desk = Crm::new(&world, success);
        let errand = active(&world, crm()).await;
        let leads = enrol(&world, errand, 0..40).await;
        for asked in [2, 9, 20, 33] {
            desk.until_asked(asked).await;
            world = world.restart();
        }
        for &lead in &leads {
            until_status(&world, lead, LeadStatus::Completed).await;
            assert_eq!(branches(&world, lead).await, 2);
        }
        let keys: std::collections::BTreeSet<_> =
            desk.asked().into_iter().map(|asked| asked.idempotency_key).collect();
        assert_eq!(keys.len(), 40, "whoever does the work of a key once did it for everybody once");
    });
}

#[test]
fn an_edit_during_a_try_leaves_the_step_its_config_and_moves_by_the_new_edges() {
    story(async {
        let world = World::start(config());
        let desk = Crm::closed(&world, |_| ApplicationReply::failure("no"));
        let errand = active(&world, crm()).await;
        let lead = one(&world, errand).await;
        desk.until_asked(1).await;
        let won = world.node(errand.workflow, NodeConfig::Converted).await;
        let failure = world
            .read(|read| {
                let graph = &read.workflow(errand.workflow).unwrap().state.graph;
                let mut edges = graph.outgoing(errand.step);
                edges.find(|edge| edge.label == Some(Output::Failure)).unwrap().id
            })
            .await;
        let gone = WorkflowAction::RemoveEdge { edge: failure };
        world.act(errand.workflow, gone).await;
        world.edge(errand.workflow, errand.step, won, "failure").await;
        desk.open();
        until_status(&world, lead, LeadStatus::Completed).await;
    });
}
