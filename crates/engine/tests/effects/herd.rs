//! Many leads that may go on at once.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use branchline_domain::{
    call_status::CallStatus,
    lead::{LeadEvent, LeadStatus},
    workflow::Settings,
};
use branchline_engine::{EngineConfig, command::WorkflowAction};

use crate::{
    timers::{assert_released_once, waiting},
    world::{World, call, config, host, plain, story},
};

#[test]
fn a_herd_is_released_once_each_although_the_engine_crashes_on_the_way() {
    story(async {
        let leads_in_all = 400;
        let mut world =
            World::external(EngineConfig { drain_per_s: 2_000, sweep_in_flight: 8, ..config() });
        let campaign = world.active().await;
        let leads = waiting(&world, campaign, 0..leads_in_all).await;
        world.clock.advance(Duration::from_mins(119));
        tokio::time::sleep(Duration::from_millis(30)).await;
        let completed = world.read(|read| read.counts(campaign.workflow).by_status.completed).await;
        assert_eq!(completed, 0, "none before its time");
        world.clock.advance(Duration::from_mins(1));
        for part in 1..4 {
            let so_far = part * leads_in_all / 5;
            world.until(|read| read.counts(campaign.workflow).by_status.completed >= so_far).await;
            world = world.restart();
        }
        world
            .until(|read| read.counts(campaign.workflow).by_status.completed == leads_in_all)
            .await;
        assert_released_once(&world, &leads).await;
    });
}

#[test]
fn a_sweep_of_more_leads_than_one_part_asks_each_of_them_once() {
    story(async {
        let world = World::external(EngineConfig { sweep_in_flight: 16, ..config() });
        let campaign = world.draft(Settings::default()).await;
        world.enrol(campaign, 0..2_100).await;
        let before = world.handle.health().position.0;
        world.act(campaign.workflow, WorkflowAction::Activate).await;
        world.until(|read| read.counts(campaign.workflow).by_status.active == 2_100).await;
        // The first call of each, and the activation.
        assert_eq!(world.handle.health().position.0, before + 2_101);
    });
}

#[test]
fn a_thousand_busy_leads_share_the_room_of_ten() {
    const WORKERS: usize = 32;
    const LEADS: u64 = 1_000;
    story(async {
        let in_flight = 16;
        let world = World::external(EngineConfig {
            lead_actors_max: 10,
            sweep_in_flight: in_flight,
            ..config()
        });
        let campaign = world.active().await;
        let leads = world.enrol(campaign, 0..LEADS).await;
        world.until(|read| read.counts(campaign.workflow).by_status.active == LEADS).await;
        let ended = Arc::new(AtomicBool::new(false));
        let watch = {
            let (handle, ended) = (world.handle.clone(), Arc::clone(&ended));
            tokio::spawn(async move {
                let mut most = 0;
                while !ended.load(Ordering::Acquire) {
                    most = most.max(handle.health().lead_actors);
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                most
            })
        };
        // Each worker goes round all of its leads for each status, so that none is asked twice in a
        // row while it is in memory.
        let mut workers = tokio::task::JoinSet::new();
        for share in leads.chunks(leads.len().div_ceil(WORKERS)) {
            let (handle, share) = (world.handle.clone(), share.to_vec());
            workers.spawn(async move {
                for status in [CallStatus::Initiated, CallStatus::Connected, CallStatus::DidNotPick]
                {
                    for &lead in &share {
                        let told = handle.report_call_status(host(), call(lead, 1), plain(status));
                        assert!(told.await.unwrap().accepted);
                    }
                }
            });
        }
        while let Some(worker) = workers.join_next().await {
            worker.unwrap();
        }
        world.clock.advance(Duration::from_hours(3));
        world.until(|read| read.counts(campaign.workflow).by_status.completed == LEADS).await;
        ended.store(true, Ordering::Release);
        let most = watch.await.unwrap();
        assert!(most >= 5, "somebody was in memory: {most}");
        assert!(most <= 10 + 2 * (WORKERS + in_flight), "those under way come on top: {most}");
        for &lead in leads.iter().step_by(50) {
            let came = |event: &LeadEvent| {
                matches!(
                    event,
                    LeadEvent::CallStatusChanged { .. } | LeadEvent::CallConcluded { .. }
                )
            };
            assert_eq!(world.count(lead, came).await, 3);
            assert_eq!(world.lead(lead).await.status, LeadStatus::Completed);
        }
        assert_released_once(&world, &leads).await;
        while world.handle.health().lead_actors > 10 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
}
