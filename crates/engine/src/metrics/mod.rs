//! What the engine counts about itself, for whoever runs it: plain figures in no format.
//!
//! Counted where the work is done, with relaxed atomics: a command costs two looks at the clock and
//! three additions on the thread of the host that waits for it, a message to a lead two additions
//! on the engine's. What the read models know anyway is asked of them when somebody wants to know.
//!
//! Counts begin at zero with each start; what a start reads from the journal is not counted again.

mod commands;
mod mailbox;
mod reading;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use branchline_domain::{call_status::CallStatus, lead::LeadEvent, output::Output};

use crate::{RecordedEvents, RecordedFact};

pub use branchline_journal::measures::{Histogram, HistogramReading};
pub(crate) use commands::CommandMetrics;
pub use commands::{CommandCount, CommandKind, CommandOutcome};
pub(crate) use mailbox::Mailbox;
pub use reading::{EngineReading, Lateness};

/// The outputs that are told apart. Branches of switches have names of their own, which would be
/// counters without end: they count as one.
const OUTPUTS: [&str; 9] =
    ["COMPLETED", "DNP", "FAILED", "true", "false", "next", "success", "failure", "branch"];

const fn output_index(output: &Output) -> usize {
    match output {
        Output::Completed => 0,
        Output::Dnp => 1,
        Output::Failed => 2,
        Output::True => 3,
        Output::False => 4,
        Output::Next => 5,
        Output::Success => 6,
        Output::Failure => 7,
        Output::Branch(_) => 8,
    }
}

/// What the engine counts. One an engine, shared by its threads and handles.
#[derive(Debug)]
pub(crate) struct EngineMetrics {
    pub(crate) commands: CommandMetrics,
    transitions: [AtomicU64; OUTPUTS.len()],
    /// By place in [`CallStatus::ALL`].
    calls_concluded: [AtomicU64; CallStatus::ALL.len()],
    calls_requested: AtomicU64,
    leads_enrolled: AtomicU64,
    /// Messages to lead actors that were sent and not answered.
    pub(crate) mailboxes: AtomicU64,
    /// Leads that were rebuilt from the journal.
    pub(crate) rebuilds: AtomicU64,
}

impl EngineMetrics {
    pub(crate) fn new() -> Self {
        Self {
            commands: CommandMetrics::new(),
            transitions: Default::default(),
            calls_concluded: Default::default(),
            calls_requested: AtomicU64::new(0),
            leads_enrolled: AtomicU64::new(0),
            mailboxes: AtomicU64::new(0),
            rebuilds: AtomicU64::new(0),
        }
    }

    /// Counts what new records say. The projector's thread does, beside the hot path.
    pub(crate) fn count(&self, facts: &[RecordedFact]) {
        for fact in facts {
            match &fact.events {
                RecordedEvents::Lead(_, events) => events.iter().for_each(|event| self.see(event)),
                RecordedEvents::Workflow(..) | RecordedEvents::Organisation(..) => {}
            }
        }
    }

    fn see(&self, event: &LeadEvent) {
        let counter = match event {
            LeadEvent::BranchTaken { output, .. } => self.transitions.get(output_index(output)),
            LeadEvent::CallConcluded { status, .. } => {
                let place = CallStatus::ALL.iter().position(|known| known == status);
                place.and_then(|place| self.calls_concluded.get(place))
            }
            LeadEvent::CallRequested { .. } => Some(&self.calls_requested),
            LeadEvent::LeadEnrolled { .. } => Some(&self.leads_enrolled),
            LeadEvent::NodeEntered { .. }
            | LeadEvent::CallScheduled { .. }
            | LeadEvent::CallDispatchStarted { .. }
            | LeadEvent::CallDispatched { .. }
            | LeadEvent::CallDispatchRefused { .. }
            | LeadEvent::CallDispatchUnknown { .. }
            | LeadEvent::CallStatusChanged { .. }
            | LeadEvent::CallConflictRecorded { .. }
            | LeadEvent::CallReferenced { .. }
            | LeadEvent::ProviderStatusHeard { .. }
            | LeadEvent::CallAttributesAttached { .. }
            | LeadEvent::LeadMoved { .. }
            | LeadEvent::AnalysisAwaited { .. }
            | LeadEvent::ApplicationRequested { .. }
            | LeadEvent::ApplicationStarted { .. }
            | LeadEvent::ApplicationTried { .. }
            | LeadEvent::ApplicationAnswered { .. }
            | LeadEvent::RoutingHeld { .. }
            | LeadEvent::HoldResolved { .. }
            | LeadEvent::ReleasePlanned { .. }
            | LeadEvent::LeadCompleted
            | LeadEvent::LeadDropped
            | LeadEvent::LeadRemoved
            | LeadEvent::LeadWithdrawn
            | LeadEvent::LeadErased { .. }
            | LeadEvent::LeadEdited { .. } => None,
        };
        if let Some(counter) = counter {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What was counted; the rest is for the handle to fill in.
    pub(crate) fn read(&self) -> Counted {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let ended = CallStatus::ALL.into_iter().zip(self.calls_concluded.iter().map(load));
        Counted {
            commands: self.commands.read(),
            acknowledged: self.commands.acknowledged.read(),
            transitions: OUTPUTS.into_iter().zip(self.transitions.iter().map(load)).collect(),
            calls_concluded: ended.filter(|(status, _)| status.is_final()).collect(),
            calls_requested: load(&self.calls_requested),
            leads_enrolled: load(&self.leads_enrolled),
            lead_rebuilds: load(&self.rebuilds),
            mailbox_messages: load(&self.mailboxes),
        }
    }
}

/// What was counted since the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Commands of hosts, every kind and outcome, those that never came too.
    pub commands: Vec<CommandCount>,
    /// How long commands that recorded something took, from the ask to the answer that says it is
    /// durable. Unit: microseconds.
    pub acknowledged: HistogramReading,
    /// Branches that leads took, by output; the named branches of switches are one.
    pub transitions: Vec<(&'static str, u64)>,
    /// Calls that ended, by their final status.
    pub calls_concluded: Vec<(CallStatus, u64)>,
    /// Calls that steps wanted.
    pub calls_requested: u64,
    /// Leads that were enrolled, those whose import was given up later too.
    pub leads_enrolled: u64,
    /// Leads that were read from the journal into memory.
    pub lead_rebuilds: u64,
    /// Messages to lead actors that were sent and not answered.
    pub mailbox_messages: u64,
}

/// The counters that an engine's parts share.
pub(crate) type SharedMetrics = Arc<EngineMetrics>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_output_counts_under_its_label_and_named_branches_as_one() {
        for (index, label) in OUTPUTS.into_iter().enumerate() {
            let output = Output::from(label);
            assert_eq!(output_index(&output), index, "{label}");
        }
        assert_eq!(output_index(&Output::Branch("gold customers".into())), 8);
    }
}
