//! What the engine counts about itself.

use branchline_domain::{call_status::CallStatus, id::CallId};
use branchline_engine::{
    EngineError,
    metrics::{CommandKind, CommandOutcome, EngineReading},
};

use crate::world::{World, call, config, host, report, story};

fn commands(reading: &EngineReading, kind: CommandKind, outcome: CommandOutcome) -> u64 {
    let mut counts = reading.counted.commands.iter();
    counts.find(|count| count.kind == kind && count.outcome == outcome).unwrap().count
}

/// The figures, once the read models show all that was answered.
async fn figures(world: &World) -> EngineReading {
    world.handle().read(|_| ()).await.unwrap();
    world.handle().metrics()
}

fn transitions(reading: &EngineReading) -> u64 {
    reading.counted.transitions.iter().map(|(_, count)| count).sum()
}

#[test]
fn a_start_counts_what_is_new_and_not_what_it_reads_from_the_journal() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let mut leads = Vec::new();
        for number in 0..8 {
            leads.push(world.enrol_one(campaign.workflow, number).await);
        }
        let done = || report(CallStatus::Completed);
        for &lead in &leads[..5] {
            world.handle().report_call_status(host(), call(lead, 1), done()).await.unwrap();
        }
        let reading = figures(&world).await;
        assert_eq!(commands(&reading, CommandKind::ReportCall, CommandOutcome::Recorded), 5);
        assert_eq!(reading.counted.calls_requested, 8);
        assert_eq!(reading.totals.leads.completed, 5);

        let world = world.crash_and_restart();
        let reading = figures(&world).await;
        assert_eq!(reading.counted.calls_requested, 0);
        assert_eq!(reading.counted.leads_enrolled, 0);
        assert_eq!((transitions(&reading), reading.counted.acknowledged.count()), (0, 0));
        assert_eq!(reading.totals.leads.completed, 5, "what there is, is there");
        world.handle().report_call_status(host(), call(leads[7], 1), done()).await.unwrap();
        let reading = figures(&world).await;
        assert_eq!((transitions(&reading), reading.counted.acknowledged.count()), (1, 1));
        assert_eq!(reading.position, reading.folded);
    });
}

#[test]
fn bulk_reports_count_by_item_and_refusals_by_their_reason() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let lead = world.enrol_one(campaign.workflow, 1).await;
        let nobody = CallId { lead: branchline_domain::id::LeadId::from_u128(9), number: 1 };
        let told = |status| branchline_engine::command::CallAction::Report(report(status));
        let actions = vec![
            (call(lead, 1), told(CallStatus::Completed)),
            (call(lead, 1), told(CallStatus::Completed)),
            (nobody, told(CallStatus::Busy)),
        ];
        world.handle().tell_of_calls(host(), actions).await.unwrap();
        let refused = world.handle().claim_calls(host(), usize::MAX, 60).await;
        assert!(matches!(refused, Err(EngineError::Invalid { .. })), "{refused:?}");
        let reading = figures(&world).await;
        let bulk = |outcome| commands(&reading, CommandKind::BulkCalls, outcome);
        assert_eq!(
            [CommandOutcome::Recorded, CommandOutcome::Unchanged, CommandOutcome::NotFound]
                .map(bulk),
            [1, 1, 1]
        );
        assert_eq!(commands(&reading, CommandKind::ClaimCalls, CommandOutcome::Refused), 1);
        assert_eq!(reading.counted.mailbox_messages, 0, "all were answered");
    });
}

#[test]
fn a_store_on_disk_tells_its_syncs_and_its_size() {
    story(async {
        let directory = tempfile::tempdir().unwrap();
        let world = World::on_disk(directory.path(), config());
        let campaign = world.active().await;
        world.enrol_one(campaign.workflow, 1).await;
        let reading = figures(&world).await;
        let store = &reading.store;
        assert!(store.sync.count() > 0 && store.sync.sum > 0, "{store:?}");
        assert_eq!(store.sync.count(), store.commit_records.count());
        assert_eq!(store.commit_records.sum, reading.position.0, "each record is in one commit");
        assert!(store.block_bytes > 0 && store.disk_bytes > store.block_bytes, "{store:?}");
    });
}
