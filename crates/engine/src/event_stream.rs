//! The stream of all records, for hosts: what is there, then what comes.

use std::{collections::VecDeque, sync::Arc};

use branchline_journal::record::Position;

use crate::{
    EngineError,
    read_side::ReadSide,
    rebuild::fact_of,
    recorded::{Cursor, RecordedFact},
};

/// All records after a position, in order, without a gap; ends when the engine stops.
///
/// Personal fields read `Erased`: ask [`crate::EngineHandle::lead`] for one lead's. A record is
/// told once reads show it.
#[derive(Debug)]
pub struct EventStream {
    reads: Arc<ReadSide>,
    /// Last record that was read from the journal.
    read: Position,
    /// Last record that was handed out.
    told: Position,
    buffered: VecDeque<RecordedFact>,
    failed: bool,
}

impl EventStream {
    /// Records read at once. Unit: records.
    const BATCH: usize = 256;

    pub(crate) fn new(reads: Arc<ReadSide>, after: Position) -> Self {
        Self { reads, read: after, told: after, buffered: VecDeque::new(), failed: false }
    }

    /// Where to go on from later: after everything that was handed out.
    pub const fn cursor(&self) -> Cursor {
        Cursor(self.told)
    }

    /// How many records reads show that were not handed out yet.
    pub fn behind(&self) -> u64 {
        self.reads.folded().0.saturating_sub(self.told.0)
    }

    /// Leaves out whatever is there: goes on after the newest record that reads show.
    pub fn skip(&mut self) {
        let newest = self.reads.folded();
        if newest > self.told {
            self.buffered.clear();
            (self.read, self.told) = (newest, newest);
        }
    }

    /// The next record. Waits for one; `None` when the engine has stopped, or after an error.
    pub async fn next(&mut self) -> Option<Result<RecordedFact, EngineError>> {
        loop {
            if let Some(fact) = self.buffered.pop_front() {
                self.told = fact.position;
                return Some(Ok(fact));
            }
            if self.failed || !self.wait().await {
                return None;
            }
            if let Err(error) = self.fill() {
                self.failed = true;
                return Some(Err(error));
            }
        }
    }

    /// The records that are there, at most `limit`, without waiting for more. Empty at the end.
    ///
    /// # Errors
    ///
    /// [`EngineError::Unavailable`] when the journal cannot be read.
    pub fn next_batch(&mut self, limit: usize) -> Result<Vec<RecordedFact>, EngineError> {
        let mut batch = Vec::new();
        while batch.len() < limit {
            match self.buffered.pop_front() {
                Some(fact) => {
                    self.told = fact.position;
                    batch.push(fact);
                }
                None if self.read < self.reads.folded() => self.fill()?,
                None => break,
            }
        }
        Ok(batch)
    }

    /// Waits until there is more than was read. False when nothing more will come.
    async fn wait(&self) -> bool {
        let mut progress = self.reads.progress();
        let more = progress.wait_for(|progress| progress.folded > self.read || progress.ended);
        more.await.is_ok_and(|progress| progress.folded > self.read)
    }

    fn fill(&mut self) -> Result<(), EngineError> {
        let unavailable = |reason: String| EngineError::Unavailable { reason: reason.into() };
        let records = self
            .reads
            .store()
            .read_all(self.read, Self::BATCH)
            .map_err(|error| unavailable(error.to_string()))?;
        if records.is_empty() {
            return Err(unavailable(format!("the journal shows nothing after {}", self.read)));
        }
        let folded = self.reads.folded();
        for record in records.into_iter().take_while(|record| record.position <= folded) {
            let fact = fact_of(&record, None).map_err(|error| unavailable(error.to_string()))?;
            self.read = record.position;
            self.buffered.extend(fact);
        }
        Ok(())
    }
}
