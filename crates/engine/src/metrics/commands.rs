//! Commands of hosts by kind and outcome, and how long their answers took.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use branchline_journal::measures::Histogram;

use crate::{
    EngineError,
    api_keys::KeyAction,
    command::{Answer, CallAction, Committed, HostCommand, LeadAction, WorkflowAction},
    provider::ProviderAction,
};

/// Kinds of commands, as they are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandKind {
    /// A workflow is made or copied.
    CreateWorkflow,
    /// A workflow is activated, paused, resumed, cancelled, completed or deleted.
    ControlWorkflow,
    /// Title, settings or graph of a workflow change.
    EditWorkflow,
    /// Leads are enrolled, one or a list.
    Enrol,
    /// A person decides about a hold.
    ResolveLead,
    /// A lead is edited, moved or removed.
    ChangeLead,
    /// A lead is erased.
    EraseLead,
    /// One action on many leads.
    Batch,
    /// The status of a call, alone.
    ReportCall,
    /// Something else about one call.
    TellCall,
    /// Items of bulk reports about calls, each for itself.
    BulkCalls,
    /// Calls are handed out.
    ClaimCalls,
    /// An API key is made, rotated, dated or revoked.
    ChangeKeys,
    /// Something that was refused to an API key is recorded.
    NoteRefusal,
    /// What a provider told of a call is taken.
    HearProvider,
    /// A person decides about what a provider told, or says what its words mean.
    DecideProvider,
}

impl CommandKind {
    /// Every kind.
    pub const ALL: [Self; 16] = [
        Self::CreateWorkflow,
        Self::ControlWorkflow,
        Self::EditWorkflow,
        Self::Enrol,
        Self::ResolveLead,
        Self::ChangeLead,
        Self::EraseLead,
        Self::Batch,
        Self::ReportCall,
        Self::TellCall,
        Self::BulkCalls,
        Self::ClaimCalls,
        Self::ChangeKeys,
        Self::NoteRefusal,
        Self::HearProvider,
        Self::DecideProvider,
    ];

    /// The text form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CreateWorkflow => "create_workflow",
            Self::ControlWorkflow => "control_workflow",
            Self::EditWorkflow => "edit_workflow",
            Self::Enrol => "enrol",
            Self::ResolveLead => "resolve_lead",
            Self::ChangeLead => "change_lead",
            Self::EraseLead => "erase_lead",
            Self::Batch => "batch",
            Self::ReportCall => "report_call",
            Self::TellCall => "tell_call",
            Self::BulkCalls => "bulk_calls",
            Self::ClaimCalls => "claim_calls",
            Self::ChangeKeys => "change_keys",
            Self::NoteRefusal => "note_refusal",
            Self::HearProvider => "hear_provider",
            Self::DecideProvider => "decide_provider",
        }
    }

    pub(crate) const fn of(command: &HostCommand) -> Self {
        match command {
            HostCommand::CreateWorkflow { .. } | HostCommand::DuplicateWorkflow { .. } => {
                Self::CreateWorkflow
            }
            HostCommand::PutGraph { .. }
            | HostCommand::AddNode { .. }
            | HostCommand::AddEdge { .. } => Self::EditWorkflow,
            HostCommand::Workflow { action, .. } => match action {
                WorkflowAction::Activate
                | WorkflowAction::Pause
                | WorkflowAction::Resume
                | WorkflowAction::Cancel
                | WorkflowAction::Complete { .. }
                | WorkflowAction::Delete => Self::ControlWorkflow,
                WorkflowAction::Edit { .. }
                | WorkflowAction::PatchNode { .. }
                | WorkflowAction::RemoveNode { .. }
                | WorkflowAction::RemoveEdge { .. } => Self::EditWorkflow,
            },
            HostCommand::Enrol { .. } | HostCommand::Import { .. } => Self::Enrol,
            HostCommand::Lead { action, .. } => match action {
                LeadAction::Resolve(_) => Self::ResolveLead,
                LeadAction::Remove | LeadAction::MoveTo { .. } | LeadAction::Edit { .. } => {
                    Self::ChangeLead
                }
            },
            HostCommand::EraseLead { .. } => Self::EraseLead,
            HostCommand::Batch { .. } => Self::Batch,
            HostCommand::Call { action, .. } => match action {
                CallAction::Report(_) => Self::ReportCall,
                CallAction::AttachAttributes(_)
                | CallAction::Dispatched { .. }
                | CallAction::Refused { .. } => Self::TellCall,
            },
            HostCommand::Calls { .. } => Self::BulkCalls,
            HostCommand::Claim { .. } => Self::ClaimCalls,
            HostCommand::Keys { action } => match action {
                KeyAction::Create { .. }
                | KeyAction::Rotate { .. }
                | KeyAction::SetExpiry { .. }
                | KeyAction::Revoke { .. } => Self::ChangeKeys,
                KeyAction::NoteRefusal { .. } => Self::NoteRefusal,
            },
            HostCommand::Provider { action } => match action {
                ProviderAction::Hear(_) => Self::HearProvider,
                ProviderAction::Match { .. }
                | ProviderAction::Dismiss { .. }
                | ProviderAction::SetWords { .. } => Self::DecideProvider,
            },
        }
    }
}

/// What came of a command, as it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandOutcome {
    /// It is in the journal, now or since an earlier try.
    Recorded,
    /// There was nothing new to record.
    Unchanged,
    /// The rules, or a limit, said no.
    Refused,
    /// What it names is not there.
    NotFound,
    /// Too much was under way.
    Busy,
    /// The journal, or a lead's history, is at fault: a person must look.
    Failed,
    /// The engine was stopping.
    Stopping,
}

impl CommandOutcome {
    /// Every outcome.
    pub const ALL: [Self; 7] = [
        Self::Recorded,
        Self::Unchanged,
        Self::Refused,
        Self::NotFound,
        Self::Busy,
        Self::Failed,
        Self::Stopping,
    ];

    /// The text form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Unchanged => "unchanged",
            Self::Refused => "refused",
            Self::NotFound => "not_found",
            Self::Busy => "busy",
            Self::Failed => "failed",
            Self::Stopping => "stopping",
        }
    }

    const fn of_committed(committed: Committed) -> Self {
        if committed.position.is_some() { Self::Recorded } else { Self::Unchanged }
    }

    const fn when(recorded: bool) -> Self {
        if recorded { Self::Recorded } else { Self::Unchanged }
    }

    const fn of_answer(answer: &Answer) -> Self {
        match answer {
            Answer::Workflow(_, committed)
            | Answer::Node(_, committed)
            | Answer::Edge(_, committed)
            | Answer::Lead(committed) => Self::of_committed(*committed),
            Answer::Graph(put) => Self::of_committed(put.committed),
            Answer::Enrolled(enrolled) => Self::of_committed(enrolled.committed),
            Answer::Imported(_) | Answer::Erased(_) => Self::Recorded,
            Answer::Batch(batch) => Self::when(!batch.results.is_empty()),
            Answer::Call(call) => Self::of_committed(call.committed),
            Answer::Calls(calls) => Self::when(!calls.is_empty()),
            Answer::Key(answer) => Self::of_committed(answer.committed),
            Answer::Provider(answer) => Self::of_committed(answer.committed),
            Answer::Claimed(calls, _) => Self::when(!calls.is_empty()),
        }
    }

    const fn of_error(error: &EngineError) -> Self {
        match error {
            EngineError::WorkflowNotFound(_)
            | EngineError::LeadNotFound(_)
            | EngineError::CallNotFound(_) => Self::NotFound,
            EngineError::Workflow(_)
            | EngineError::Lead(_)
            | EngineError::Organisation(_)
            | EngineError::Rows { .. }
            | EngineError::Invalid { .. }
            | EngineError::KeyReused
            | EngineError::TooLarge { .. } => Self::Refused,
            EngineError::Busy | EngineError::Behind | EngineError::RequestUnderWay => Self::Busy,
            EngineError::SetAside { .. } | EngineError::Unavailable { .. } => Self::Failed,
            EngineError::ShuttingDown => Self::Stopping,
        }
    }
}

/// How often commands of a kind came to an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandCount {
    /// Which kind.
    pub kind: CommandKind,
    /// What came of them.
    pub outcome: CommandOutcome,
    /// How many.
    pub count: u64,
}

/// Counters of commands.
#[derive(Debug)]
pub(crate) struct CommandMetrics {
    counts: [[AtomicU64; CommandOutcome::ALL.len()]; CommandKind::ALL.len()],
    pub(crate) acknowledged: Histogram,
}

impl CommandMetrics {
    pub(crate) fn new() -> Self {
        Self { counts: Default::default(), acknowledged: Histogram::of_durations() }
    }

    /// Counts what a host was answered, and how long it waited.
    pub(crate) fn answered(
        &self,
        kind: CommandKind,
        answer: &Result<Answer, EngineError>,
        waited: Duration,
    ) {
        let outcome = match answer {
            Ok(Answer::Calls(items)) => {
                for item in items {
                    self.count(
                        kind,
                        match item {
                            Ok(answer) => CommandOutcome::of_committed(answer.committed),
                            Err(error) => CommandOutcome::of_error(error),
                        },
                    );
                }
                self.acknowledged.observe_duration(waited);
                return;
            }
            Ok(answer) => CommandOutcome::of_answer(answer),
            Err(error) => CommandOutcome::of_error(error),
        };
        if outcome == CommandOutcome::Recorded {
            self.acknowledged.observe_duration(waited);
        }
        self.count(kind, outcome);
    }

    fn count(&self, kind: CommandKind, outcome: CommandOutcome) {
        let counter = self.counts.get(kind as usize).and_then(|row| row.get(outcome as usize));
        if let Some(counter) = counter {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn read(&self) -> Vec<CommandCount> {
        let rows = CommandKind::ALL.into_iter().zip(&self.counts);
        rows.flat_map(|(kind, row)| {
            CommandOutcome::ALL.into_iter().zip(row).map(move |(outcome, count)| {
                let count = count.load(Ordering::Relaxed);
                CommandCount { kind, outcome, count }
            })
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use branchline_journal::record::Position;

    use super::*;

    #[test]
    fn every_kind_and_outcome_has_its_own_counter() {
        for (index, kind) in CommandKind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, index, "{kind:?}");
        }
        for (index, outcome) in CommandOutcome::ALL.into_iter().enumerate() {
            assert_eq!(outcome as usize, index, "{outcome:?}");
        }
    }

    #[test]
    fn only_what_was_recorded_counts_as_acknowledged() {
        let metrics = CommandMetrics::new();
        let claim = CommandKind::ClaimCalls;
        metrics.answered(claim, &Err(EngineError::Busy), Duration::from_millis(1));
        metrics.answered(
            claim,
            &Ok(Answer::Claimed(Vec::new(), Committed::default())),
            Duration::from_millis(1),
        );
        assert_eq!(metrics.acknowledged.read().count(), 0);
        let recorded = Answer::Lead(Committed { position: Some(Position(7)) });
        metrics.answered(CommandKind::ChangeLead, &Ok(recorded), Duration::from_millis(1));
        assert_eq!(metrics.acknowledged.read().count(), 1);
        let counted: Vec<_> = metrics
            .read()
            .into_iter()
            .filter(|count| count.count > 0)
            .map(|count| (count.kind.as_str(), count.outcome.as_str(), count.count))
            .collect();
        assert_eq!(
            counted,
            [
                ("change_lead", "recorded", 1),
                ("claim_calls", "unchanged", 1),
                ("claim_calls", "busy", 1)
            ]
        );
    }
}
