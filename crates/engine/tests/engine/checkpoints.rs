//! What a start takes over from the one before: the read models, as they would be folded from all
//! records.

use std::{fs, path::PathBuf};

use branchline_domain::call_status::CallStatus;
use branchline_engine::command::WorkflowAction;
use branchline_journal::store::EventStore as _;
use branchline_projections::Projections;

use crate::world::{Campaign, World, call, config, host, report, story};

fn file(world: &World) -> PathBuf {
    world.store.derived_dir().unwrap().join("read-models")
}

async fn read_models(world: &World) -> Projections {
    world.handle().read(Projections::clone).await.unwrap()
}

/// A campaign whose leads have got somewhere.
async fn under_way(world: &World, leads: u64) -> Campaign {
    let campaign = world.active().await;
    for number in 0..leads {
        let lead = world.enrol_one(campaign.workflow, number).await;
        if number.is_multiple_of(3) {
            let told = report(CallStatus::Completed);
            world.handle().report_call_status(host(), call(lead, 1), told).await.unwrap();
        }
    }
    campaign
}

#[test]
fn a_start_with_a_checkpoint_shows_what_a_start_without_one_shows() {
    story(async {
        let world = World::start(config());
        let campaign = under_way(&world, 20).await;
        world.act(campaign.workflow, WorkflowAction::Pause).await;
        let before = read_models(&world).await;
        let world = world.stop_and_restart();
        assert!(file(&world).exists());
        assert!(read_models(&world).await == before, "with a checkpoint");
        // Records after the checkpoint are folded on top.
        world.act(campaign.workflow, WorkflowAction::Resume).await;
        let lead = world.enrol_one(campaign.workflow, 99).await;
        let before = read_models(&world).await;
        let world = world.crash_and_restart();
        assert!(read_models(&world).await == before, "with an older checkpoint");
        let told = report(CallStatus::Completed);
        let answer = world.handle().report_call_status(host(), call(lead, 1), told).await.unwrap();
        assert!(answer.accepted);
        let before = read_models(&world).await;
        let path = file(&world);
        fs::remove_file(path).unwrap();
        let world = world.crash_and_restart();
        assert!(read_models(&world).await == before, "without a checkpoint");
    });
}

#[test]
fn a_checkpoint_that_is_damaged_or_of_a_newer_format_is_left_aside() {
    story(async {
        let mut world = World::start(config());
        under_way(&world, 12).await;
        let before = read_models(&world).await;
        world = world.stop_and_restart();
        let sound = fs::read(file(&world)).unwrap();
        for place in [0, 4, 9, 20, 50, sound.len() / 2, sound.len() - 1] {
            let mut damaged = sound.clone();
            damaged[place] ^= 0x10;
            fs::write(file(&world), damaged).unwrap();
            world = world.crash_and_restart();
            assert!(read_models(&world).await == before, "byte {place} was changed");
        }
        fs::write(file(&world), &sound[..sound.len() / 2]).unwrap();
        world = world.crash_and_restart();
        assert!(read_models(&world).await == before, "half of it was missing");
    });
}

/// The same number of records, and other ones.
#[test]
fn a_checkpoint_of_another_journal_is_left_aside() {
    story(async {
        let other = World::start(config());
        under_way(&other, 12).await;
        let other = other.stop_and_restart();
        let foreign = fs::read(file(&other)).unwrap();
        let world = World::start(config());
        under_way(&world, 12).await;
        under_way(&world, 1).await;
        let before = read_models(&world).await;
        let world = world.stop_and_restart();
        fs::write(file(&world), foreign).unwrap();
        let world = world.crash_and_restart();
        assert!(read_models(&world).await == before);
    });
}

#[test]
fn a_crash_leaves_no_checkpoint_of_its_own_and_a_stop_waits_for_one() {
    story(async {
        let seldom = branchline_engine::EngineConfig { checkpoint_records: 1_000_000, ..config() };
        let world = World::start(seldom);
        under_way(&world, 5).await;
        let world = world.crash_and_restart();
        assert!(!file(&world).exists());
        let world = world.stop_and_restart();
        assert!(!file(&world).exists(), "a few records are folded sooner than saved");
    });
}
