//! Whole campaigns with simulated calls, in compressed time, over a journal in memory.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use branchline_carriers::{Ledger, Profile, SimulatedCarrier, story};
use branchline_domain::{
    call_status::CallStatus,
    graph::{CanvasPosition, NodeConfig, TimeConfig, TimeUnit, VoiceCallConfig},
    id::{NodeId, WorkflowId},
    output::Output,
    time::Timestamp,
    workflow::{Settings, WorkflowStatus},
};
use branchline_engine::{
    Engine, EngineConfig, EngineHandle, EngineParts, UuidV7Ids,
    applications::Applications,
    clock::ScaledClock,
    command::{Caller, EnrolRequest, NewEdge, NewLead, NewNode, WorkflowAction},
    ports::{Clock, Phones},
};
use branchline_journal::memory::MemoryStore;
use branchline_projections::Projections;
use branchline_vault::{SeededEntropy, Vault};

const SEED: u64 = 11;

struct House {
    store: Arc<MemoryStore>,
    vault: Arc<Vault>,
    clock: Arc<dyn Clock>,
    place: tempfile::TempDir,
}

impl House {
    fn new() -> Self {
        let start = Timestamp::from_micros(1_800_000_000_000_000);
        Self {
            store: Arc::new(MemoryStore::new()),
            vault: Arc::new(Vault::in_memory(Arc::new(SeededEntropy::new(7)))),
            clock: Arc::new(ScaledClock::starting_at(start, 7_200)),
            place: tempfile::tempdir().unwrap(),
        }
    }

    fn ledger(&self) -> std::path::PathBuf {
        self.place.path().join("dials.jsonl")
    }

    fn start(&self) -> Engine {
        let profile = Profile::embedded().unwrap();
        let carrier = SimulatedCarrier::new(profile, SEED, Arc::clone(&self.clock))
            .with_ledger(Ledger::open(&self.ledger()).unwrap());
        Engine::start(EngineParts {
            store: Arc::clone(&self.store) as _,
            vault: Arc::clone(&self.vault),
            clock: Arc::clone(&self.clock),
            ids: Arc::new(UuidV7Ids::new(Arc::clone(&self.clock))),
            phones: Phones::InProcess(Arc::new(carrier)),
            applications: Applications::default(),
            config: EngineConfig { calls_in_flight_max: 20, ..EngineConfig::embedded() },
        })
        .unwrap()
    }
}

fn run<F: Future<Output = ()>>(test: F) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        tokio::time::timeout(Duration::from_mins(1), test).await.expect("the campaign ends");
    });
}

async fn node(engine: &EngineHandle, workflow: WorkflowId, config: NodeConfig) -> NodeId {
    let position = CanvasPosition::default();
    let node = NewNode { label: "step".into(), position, config, entry: false };
    engine.add_node(&Caller::host(), workflow, node).await.unwrap()
}

fn phone_number(number: u64) -> String {
    format!("+9198765{number:05}")
}

/// Two calls, two hours apart, and then an end; completes by itself.
async fn campaign(engine: &EngineHandle, leads: u64) -> WorkflowId {
    let host = Caller::host();
    let settings = Settings { auto_complete: true, ..Settings::default() };
    let workflow = engine.create_workflow(&host, "Spring", "", settings).await.unwrap();
    let voice = || {
        let from_phone_number = Some("+912212345678".into());
        NodeConfig::VoiceCall(VoiceCallConfig { from_phone_number, ..VoiceCallConfig::default() })
    };
    let wait =
        TimeConfig { duration: Some(2), unit: Some(TimeUnit::Hours), ..TimeConfig::default() };
    let first = node(engine, workflow, voice()).await;
    let wait = node(engine, workflow, NodeConfig::Time(wait)).await;
    let second = node(engine, workflow, voice()).await;
    let converted = node(engine, workflow, NodeConfig::Converted).await;
    let dropped = node(engine, workflow, NodeConfig::Dropped).await;
    for (from, to, label) in [
        (first, converted, Some("COMPLETED")),
        (first, wait, None),
        (wait, second, None),
        (second, converted, Some("COMPLETED")),
        (second, dropped, None),
    ] {
        let edge = NewEdge { from_node_id: from, to_node_id: to, label: label.map(Output::from) };
        engine.add_edge(&host, workflow, edge).await.unwrap();
    }
    let leads = (0..leads)
        .map(|number| NewLead {
            phone_number: phone_number(number),
            row: number + 2,
            ..NewLead::default()
        })
        .collect();
    engine.enrol(&host, workflow, EnrolRequest { leads, ..EnrolRequest::default() }).await.unwrap();
    engine.act_on_workflow(&host, workflow, WorkflowAction::Activate).await.unwrap();
    workflow
}

async fn until_completed(engine: &EngineHandle, workflow: WorkflowId) {
    let completed = |models: &Projections| {
        models.workflow(workflow).unwrap().state.status == WorkflowStatus::Completed
    };
    while !engine.read(completed).await.unwrap() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Waits until so many calls have ended.
async fn until_ended(engine: &EngineHandle, workflow: WorkflowId, calls: u64) {
    let ended = |models: &Projections| {
        let counts = models.call_counts(workflow);
        counts.iter().filter(|(status, _)| status.is_final()).map(|(_, count)| count).sum::<u64>()
    };
    while engine.read(ended).await.unwrap() < calls {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// What the stories say of this many leads: calls by final status, and who is won.
fn expected(leads: u64) -> (BTreeMap<CallStatus, u64>, u64) {
    let profile = Profile::embedded().unwrap();
    let (mut statuses, mut won) = (BTreeMap::new(), 0);
    for number in 0..leads {
        for call in 1..=2 {
            let told = story(SEED, &phone_number(number), call, &profile);
            let status = told.steps.last().unwrap().1.status;
            *statuses.entry(status).or_default() += 1;
            if status == CallStatus::Completed {
                won += 1;
                break;
            }
        }
    }
    (statuses, won)
}

async fn assert_as_expected(engine: &EngineHandle, workflow: WorkflowId, leads: u64) {
    let (statuses, won) = expected(leads);
    assert!(won > 0 && won < leads, "the seed is a dull one");
    let (calls, counts) = engine
        .read(|models| (models.call_counts(workflow), models.counts(workflow).by_status))
        .await
        .unwrap();
    assert_eq!(calls, statuses);
    assert_eq!((counts.completed, counts.dropped), (won, leads - won));
    assert_eq!((counts.pending, counts.active, counts.removed), (0, 0, 0));
}

#[test]
fn a_campaign_of_50_leads_ends_as_its_seed_says() {
    run(async {
        let house = House::new();
        let engine = house.start();
        let workflow = campaign(&engine.handle(), 50).await;
        until_completed(&engine.handle(), workflow).await;
        assert_as_expected(&engine.handle(), workflow, 50).await;
        engine.shutdown();
    });
}

#[test]
fn a_campaign_that_crashes_in_the_middle_ends_as_its_seed_says() {
    run(async {
        let house = House::new();
        let mut engine = house.start();
        let workflow = campaign(&engine.handle(), 60).await;
        for ended in [5, 25, 50] {
            until_ended(&engine.handle(), workflow, ended).await;
            drop(engine);
            engine = house.start();
        }
        until_completed(&engine.handle(), workflow).await;
        // Calls that were under way at a crash were asked for, and went on: nobody was dialled
        // anew, or there would be more calls than the stories tell.
        assert_as_expected(&engine.handle(), workflow, 60).await;
        engine.shutdown();
        let calls: u64 = expected(60).0.values().sum();
        let text = std::fs::read_to_string(house.ledger()).unwrap();
        let dials: std::collections::BTreeSet<&str> =
            text.lines().map(|line| line.split_once(",\"at\"").unwrap().0).collect();
        assert_eq!((text.lines().count() as u64, dials.len() as u64), (calls, calls));
    });
}

#[test]
fn the_thread_of_a_carrier_ends_with_its_engine() {
    run(async {
        for in_order in [true, false] {
            let house = House::new();
            let engine = house.start();
            let workflow = campaign(&engine.handle(), 50).await;
            until_ended(&engine.handle(), workflow, 3).await;
            if in_order {
                engine.shutdown();
            } else {
                drop(engine);
            }
            // The thread holds a handle, and with it the journal.
            while Arc::strong_count(&house.store) > 1 {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
    });
}
