//! Holds that race with resumptions, edits and activations: nobody who could go on is left
//! standing. Every order is tried on a model in `tests/wakeups`; here the engine runs.

use std::{cell::Cell, time::Duration};

use branchline_domain::{
    call_status::CallStatus,
    id::{LeadId, WorkflowId},
    lead::GuardCode,
};
use branchline_engine::command::{CallAction, NewEdge, WorkflowAction};
use branchline_projections::StatusCounts;

use crate::world::{World, call, config, host, list, report, story};

const SEEDS: u64 = 24;
/// Leads whose calls end well, and as many whose calls end otherwise.
const CALLED: u64 = 8;
/// Leads that come while it happens.
const COMING: u64 = 4;

/// Numbers without a pattern, the same for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        usize::try_from(self.0 >> 33).unwrap()
    }
}

/// Leads that say they are about to move, and do not.
async fn due(world: &World, leads: &[LeadId]) -> Vec<LeadId> {
    let mut due = Vec::new();
    for &lead in leads {
        let told = world.handle().explain(host().organisation, lead).await.unwrap();
        if told.guards.iter().any(|guard| guard.code == GuardCode::Due) {
            due.push(lead);
        }
    }
    due
}

/// Takes the edge for anything but COMPLETED away, pauses, gives it back, and resumes.
async fn disturb(world: &World, workflow: WorkflowId) {
    let graph = world.handle().read(|read| read.workflow(workflow).unwrap().view().graph).await;
    let edge = graph.unwrap().edges().iter().find(|edge| edge.label.is_none()).unwrap().clone();
    world.act(workflow, WorkflowAction::RemoveEdge { edge: edge.id }).await;
    world.act(workflow, WorkflowAction::Pause).await;
    let again =
        NewEdge { from_node_id: edge.from_node_id, to_node_id: edge.to_node_id, label: None };
    world.handle().add_edge(host(), workflow, again).await.unwrap();
    world.act(workflow, WorkflowAction::Resume).await;
}

async fn end_calls(world: &World, leads: &[LeadId]) {
    let statuses = [CallStatus::Completed, CallStatus::Busy].into_iter().cycle();
    let reports = leads.iter().zip(statuses);
    let actions =
        reports.map(|(&lead, status)| (call(lead, 1), CallAction::Report(report(status))));
    for answer in world.handle().tell_of_calls(host(), actions.collect()).await.unwrap() {
        assert!(answer.unwrap().accepted);
    }
}

#[test]
fn whatever_order_the_journal_takes_a_race_in_no_lead_is_left_standing() {
    for seed in 0..SEEDS {
        story(async move {
            let world = World::start(config());
            let campaign = world.active().await;
            let mut leads = Vec::new();
            for number in 0..2 * CALLED {
                leads.push(world.enrol_one(campaign.workflow, number).await);
            }
            world.store.shut();
            let over = Cell::new(false);
            let race = async {
                let coming = (2 * CALLED..2 * CALLED + COMING).map(crate::world::lead).collect();
                let (enrolled, (), ()) = tokio::join!(
                    world.handle().enrol(host(), campaign.workflow, list(coming)),
                    disturb(&world, campaign.workflow),
                    end_calls(&world, &leads),
                );
                over.set(true);
                enrolled.unwrap().lead_ids
            };
            let journal = async {
                let mut dice = Dice(seed);
                while !over.get() {
                    for _ in 0..dice.roll() % 4 {
                        world.store.let_one_through(dice.roll());
                    }
                    tokio::time::sleep(Duration::from_micros(200)).await;
                }
                world.store.open();
            };
            let (coming, ()) = tokio::join!(race, journal);
            // Everything has an edge again: who is called has ended, who came is called.
            let ended = StatusCounts {
                active: COMING,
                completed: CALLED,
                dropped: CALLED,
                ..StatusCounts::default()
            };
            let rest = world.until(campaign.workflow, |counts| *counts == ended);
            if tokio::time::timeout(Duration::from_secs(20), rest).await.is_err() {
                let counts = world.handle().read(|read| read.counts(campaign.workflow)).await;
                panic!("seed {seed}: {counts:?}, due: {:?}", due(&world, &leads).await);
            }
            leads.extend(coming);
            assert_eq!(due(&world, &leads).await, [], "seed {seed}");
        });
    }
}
