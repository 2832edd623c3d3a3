//! What survives: crashes, stops, and leaving memory.

use std::time::Duration;

use branchline_domain::{call_status::CallStatus, lead::LeadStatus};
use branchline_engine::{
    DataDirectory, Engine, EngineError, EngineParts, UuidV7Ids,
    applications::Applications,
    clock::SystemClock,
    command::{CallAction, WorkflowAction},
    ports::{Clock, Phones},
};
use branchline_projections::{ImportStatus, Paging};

use crate::world::{World, call, config, host, lead, list, report, story};

#[test]
fn a_crash_loses_nothing_that_was_answered() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let mut leads = Vec::new();
        for number in 0..20 {
            leads.push(world.enrol_one(campaign.workflow, number).await);
        }
        for &lead in &leads[..10] {
            let done = report(CallStatus::Completed);
            world.handle().report_call_status(host(), call(lead, 1), done).await.unwrap();
        }
        let head = world.handle().health().position;
        let world = world.crash_and_restart();
        let health = world.handle().health();
        assert!(health.ready);
        assert!(health.position >= head && health.folded >= head);
        let counts = world.handle().read(|read| read.counts(campaign.workflow)).await.unwrap();
        assert_eq!((counts.by_status.completed, counts.by_status.active), (10, 10));
        for &lead in &leads[10..] {
            let done = report(CallStatus::Completed);
            let answer = world.handle().report_call_status(host(), call(lead, 1), done).await;
            assert!(answer.unwrap().accepted);
        }
        world.act(campaign.workflow, WorkflowAction::Complete { force: false }).await;
    });
}

/// Source: CONTRACT.md 7-restart.
#[test]
fn an_import_that_a_crash_interrupts_is_given_up_visibly_at_the_next_start() {
    story(async {
        let world = World::start(config());
        let campaign = world.draft().await;
        let before = world.handle().health().position.0;
        let handle = world.handle().clone();
        let enrolling = tokio::spawn(async move {
            handle.enrol(host(), campaign.workflow, list((0..5_000).map(lead).collect())).await
        });
        while world.handle().health().position.0 < before + 1_000 {
            tokio::task::yield_now().await;
        }
        world.store.shut();
        let world = world.crash_and_restart();
        assert!(enrolling.await.unwrap().is_err());
        let (counts, imports) = world
            .handle()
            .read(|read| {
                (read.counts(campaign.workflow), read.imports(campaign.workflow, Paging::first(9)))
            })
            .await
            .unwrap();
        assert_eq!(counts.by_status.enrolled(), 0);
        assert_eq!(imports.items.len(), 1);
        assert_eq!(imports.items[0].status, ImportStatus::Cancelled);
        assert!(imports.items[0].reason.is_some());
        // The numbers are free again.
        let request = list((0..100).map(lead).collect());
        let enrolled = world.handle().enrol(host(), campaign.workflow, request).await.unwrap();
        assert_eq!((enrolled.lead_ids.len(), enrolled.duplicates_skipped), (100, 0));
    });
}

#[test]
fn a_stop_sees_through_what_was_asked_before_it() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let mut leads = Vec::new();
        for number in 0..50 {
            leads.push(world.enrol_one(campaign.workflow, number).await);
        }
        let handle = world.handle().clone();
        let actions = leads
            .iter()
            .map(|&lead| (call(lead, 1), CallAction::Report(report(CallStatus::Completed))))
            .collect();
        let told = tokio::spawn(async move { handle.tell_of_calls(host(), actions).await });
        tokio::task::yield_now().await;
        let old = world.handle().clone();
        let world = world.stop_and_restart();
        assert!(told.await.unwrap().unwrap().iter().all(Result::is_ok));
        let counts = world.handle().read(|read| read.counts(campaign.workflow)).await.unwrap();
        assert_eq!(counts.by_status.completed, 50);
        let late = old.act_on_workflow(host(), campaign.workflow, WorkflowAction::Pause).await;
        assert_eq!(late, Err(EngineError::ShuttingDown));
    });
}

#[test]
fn a_lead_that_left_memory_comes_back_as_it_was() {
    story(async {
        let mut config = config();
        config.lead_idle_ms = 1;
        config.lead_actors_max = 2;
        let world = World::start(config);
        let campaign = world.active().await;
        let mut leads = Vec::new();
        for number in 0..20 {
            leads.push(world.enrol_one(campaign.workflow, number).await);
        }
        for status in [CallStatus::Initiated, CallStatus::Connected, CallStatus::Completed] {
            for &lead in &leads {
                let answer =
                    world.handle().report_call_status(host(), call(lead, 1), report(status)).await;
                assert!(answer.unwrap().accepted);
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        for &lead in &leads {
            assert_eq!(world.state(lead).await.status, LeadStatus::Completed);
        }
    });
}

#[test]
fn a_data_directory_opens_again_with_everything_in_it() {
    story(async {
        let dir = tempfile::tempdir().unwrap();
        let start = || {
            let DataDirectory { store, vault } = DataDirectory::open(dir.path()).unwrap();
            let clock: std::sync::Arc<dyn Clock> = std::sync::Arc::new(SystemClock::new());
            let ids = std::sync::Arc::new(UuidV7Ids::new(std::sync::Arc::clone(&clock)));
            let parts = EngineParts {
                store,
                vault,
                clock,
                ids,
                phones: Phones::External,
                applications: Applications::default(),
                config: config(),
            };
            Engine::start(parts).unwrap()
        };
        let engine = start();
        let settings = branchline_domain::workflow::Settings {
            default_country: Some("IN".into()),
            ..Default::default()
        };
        let workflow =
            engine.handle().create_workflow(host(), "Spring", "", settings).await.unwrap();
        let mut person = lead(1);
        person.phone_number = "98765 00001".into();
        person.notes = Some("likes tea".into());
        let enrolled = engine.handle().enrol(host(), workflow, list(vec![person])).await.unwrap();
        engine.shutdown();
        let engine = start();
        let story = engine.handle().lead(host().organisation, enrolled.lead_ids[0]).await.unwrap();
        assert_eq!(story.state.phone_number.known().map(String::as_str), Some("+919876500001"));
        assert_eq!(story.state.notes.known(), Some(&Some("likes tea".to_owned())));
        engine.shutdown();
    });
}
