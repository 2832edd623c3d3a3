//! Where answers stand in the journal.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use branchline_journal::record::Position;

use crate::command::{Answer, CallAnswer, Enrolled, Imported, PutGraph};

/// Where the last answer to a caller stands in the journal: the position of the record that the
/// command made or found. Clones are told the same.
#[derive(Clone, Debug, Default)]
pub struct LastPosition(Arc<AtomicU64>);

impl LastPosition {
    /// `None` while no answer has named a record.
    pub fn get(&self) -> Option<Position> {
        Some(Position(self.0.load(Ordering::Acquire))).filter(|position| position.0 > 0)
    }

    pub(crate) fn note(&self, answer: &Answer) {
        if let Some(position) = answer.position() {
            self.0.fetch_max(position.0, Ordering::AcqRel);
        }
    }
}

impl Answer {
    /// Where it stands in the journal: the newest record that the command made or found. `None` when
    /// there was nothing new to record.
    pub fn position(&self) -> Option<Position> {
        match self {
            Self::Workflow(_, committed)
            | Self::Node(_, committed)
            | Self::Edge(_, committed)
            | Self::Lead(committed)
            | Self::Enrolled(Enrolled { committed, .. })
            | Self::Imported(
                Imported::Done(Enrolled { committed, .. }) | Imported::Running { committed, .. },
            )
            | Self::Graph(PutGraph { committed, .. })
            | Self::Call(CallAnswer { committed, .. })
            | Self::Claimed(_, committed) => committed.position,
            Self::Key(answer) => answer.committed.position,
            Self::Provider(answer) => answer.committed.position,
            Self::Erased(erasure) => Some(erasure.position),
            Self::Batch(answer) => {
                let done =
                    answer.results.iter().filter_map(|batched| batched.outcome.as_ref().ok());
                done.filter_map(|committed| committed.position).max()
            }
            Self::Calls(answers) => {
                let told = answers.iter().filter_map(|told| told.as_ref().ok());
                told.filter_map(|told| told.committed.position).max()
            }
        }
    }
}
