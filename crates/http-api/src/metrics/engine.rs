//! What the engine and its journal say.

use branchline_domain::{lead::HoldCode, workflow::WorkflowStatus};
use branchline_engine::{
    EngineHandle,
    metrics::{EngineReading, Lateness},
};
use branchline_projections::Totals;
use prometheus_client::{collector::Collector, encoding::DescriptorEncoder};

use super::format::{Metrics, Written};

/// Asks the engine each time.
#[derive(Debug)]
pub(super) struct EngineCollector(pub(super) EngineHandle);

impl Collector for EngineCollector {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> Written {
        let reading = self.0.metrics();
        let mut metrics = Metrics(encoder);
        work(&mut metrics, &reading)?;
        queues(&mut metrics, &reading)?;
        journal(&mut metrics, &reading)?;
        totals(&mut metrics, &reading.totals)?;
        lateness(&mut metrics, reading.late)
    }
}

/// What was done since the start.
fn work(metrics: &mut Metrics<'_>, reading: &EngineReading) -> Written {
    let counted = &reading.counted;
    metrics.counters(
        "branchline_transitions",
        "Branches that leads took, by output; the named branches of switches are one",
        counted.transitions.iter().map(|&(output, count)| ([("output", output)], count)),
    )?;
    metrics.counters(
        "branchline_commands",
        "Commands that were answered, by kind and outcome",
        counted.commands.iter().map(|command| {
            let labels = [("kind", command.kind.as_str()), ("outcome", command.outcome.as_str())];
            (labels, command.count)
        }),
    )?;
    metrics.durations(
        "branchline_acknowledge_seconds",
        "From the ask to the answer of commands that recorded something: it is durable then",
        &counted.acknowledged,
    )?;
    metrics.counter("branchline_leads_enrolled", "Leads enrolled", counted.leads_enrolled)?;
    metrics.counter("branchline_calls_requested", "Calls wanted", counted.calls_requested)?;
    metrics.counters(
        "branchline_calls_concluded",
        "Calls that ended, by final status",
        counted
            .calls_concluded
            .iter()
            .map(|&(status, count)| ([("status", status.as_str())], count)),
    )?;
    metrics.counter(
        "branchline_lead_rebuilds",
        "Leads that were read from the journal into memory",
        counted.lead_rebuilds,
    )
}

/// What waits, and who is there to do it.
fn queues(metrics: &mut Metrics<'_>, reading: &EngineReading) -> Written {
    metrics.count(
        "branchline_host_channel_commands",
        "Commands that wait for the engine thread",
        reading.host_channel,
    )?;
    metrics.count(
        "branchline_host_channel_capacity_commands",
        "Commands that may wait; one more is answered with Busy",
        reading.host_channel_capacity,
    )?;
    metrics.count(
        "branchline_lead_mailbox_messages",
        "Messages to leads that were sent and not answered, all mailboxes together",
        reading.counted.mailbox_messages,
    )?;
    metrics.count("branchline_lead_actors", "Leads in memory", reading.lead_actors)?;
    metrics.count(
        "branchline_leads_set_aside",
        "Leads that could not be rebuilt from the journal",
        reading.set_aside,
    )?;
    metrics.count(
        "branchline_ready",
        "1 while writes are taken and reads show what there was at the start",
        reading.ready.into(),
    )
}

fn journal(metrics: &mut Metrics<'_>, reading: &EngineReading) -> Written {
    let store = &reading.store;
    metrics.durations(
        "branchline_journal_sync_seconds",
        "How long the disk took for a commit",
        &store.sync,
    )?;
    metrics.sizes(
        "branchline_journal_commit_records",
        "Records that shared a commit",
        &store.commit_records,
    )?;
    metrics.counter(
        "branchline_journal_written_bytes",
        "Packed blocks that were written",
        store.block_bytes,
    )?;
    metrics.count(
        "branchline_journal_queued_bytes",
        "What waits for the writer, about",
        store.queued_bytes,
    )?;
    metrics.count(
        "branchline_journal_size_bytes",
        "The file that holds the journal",
        store.disk_bytes,
    )?;
    metrics.count(
        "branchline_journal_position",
        "Position of the last durable record",
        reading.position.0,
    )?;
    metrics.count(
        "branchline_projection_lag_records",
        "Durable records that reads do not show yet",
        reading.position.0.saturating_sub(reading.folded.0),
    )
}

fn totals(metrics: &mut Metrics<'_>, totals: &Totals) -> Written {
    let workflows = WorkflowStatus::ALL.map(|status| {
        let count = totals.workflows.get(&status).copied().unwrap_or(0);
        ([("status", status.as_str())], count)
    });
    metrics.counts("branchline_workflows", "Workflows by status", workflows)?;
    let leads = &totals.leads;
    let leads = [
        ("pending", leads.pending),
        ("active", leads.active),
        ("completed", leads.completed),
        ("dropped", leads.dropped),
        ("removed", leads.removed),
    ];
    metrics.counts(
        "branchline_leads",
        "Leads by status",
        leads.map(|(status, count)| ([("status", status)], count)),
    )?;
    let held = HoldCode::ALL.map(|code| {
        let count = totals.held.get(&code).copied().unwrap_or(0);
        ([("reason", code.as_str())], count)
    });
    metrics.counts(
        "branchline_leads_held",
        "Leads that stay where they are, by reason; not of workflows that have ended",
        held,
    )?;
    metrics.count(
        "branchline_provider_events_unmatched",
        "What providers told, could not be used and waits for a person",
        totals.provider_events_unmatched,
    )?;
    let calls = [
        ("requested", totals.calls_requested),
        ("scheduled", totals.calls_scheduled),
        ("in_progress", totals.calls_in_progress),
    ];
    metrics.counts(
        "branchline_calls",
        "Calls that nobody has taken, that wait for their calling window, and that are under way",
        calls.map(|(stage, count)| ([("stage", stage)], count)),
    )
}

fn lateness(metrics: &mut Metrics<'_>, late: Lateness) -> Written {
    let late =
        [("release", late.release), ("call_deadline", late.call_deadline), ("lease", late.lease)];
    metrics.gauges(
        "branchline_timer_lag_seconds",
        "How late the oldest thing is that fell due and was not dealt with",
        late.map(|(timer, late)| ([("timer", timer)], late.as_secs_f64())),
    )
}
