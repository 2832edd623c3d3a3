//! Records from the newest back, for who asks what happened last. A look reads as many records as it is told
//! to, however long the journal is.

use branchline_domain::time::Timestamp;
use branchline_journal::record::Position;

use crate::{
    Cursor, EngineError, EngineHandle, RecordedFact,
    rebuild::{fact_of, unreadable},
};

impl EngineHandle {
    /// Records before a place, the newest first: those of the last `count` positions before it. Personal
    /// fields read `Erased`. Reads the disk, and does not wait for what reads do not show yet.
    ///
    /// # Errors
    ///
    /// [`EngineError::Unavailable`] when the journal cannot be read.
    pub fn events_before(
        &self,
        before: Cursor,
        count: u64,
    ) -> Result<Vec<RecordedFact>, EngineError> {
        let newest = before.0.0.saturating_sub(1).min(self.reads.folded().0);
        let after = newest.saturating_sub(count);
        let limit = usize::try_from(newest - after).unwrap_or(usize::MAX);
        if limit == 0 {
            return Ok(Vec::new());
        }
        let records = self.reads.store().read_all(Position(after), limit).map_err(not_read)?;
        let mut facts = Vec::with_capacity(records.len());
        for record in records.iter().rev() {
            facts.extend(fact_of(record, None).map_err(|error| unreadable(&error))?);
        }
        Ok(facts)
    }

    /// The place after everything that was recorded up to a time, as far as records are in the order of
    /// their times: a clock that was set back makes it one of several. Reads a record for each doubling of
    /// the journal.
    ///
    /// # Errors
    ///
    /// As [`Self::events_before`].
    pub fn place_after(&self, until: Timestamp) -> Result<Cursor, EngineError> {
        let (mut low, mut high) = (0, self.reads.folded().0);
        // Everything up to `low` is not later than `until`, everything behind `high` is.
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            let record = self.reads.store().read_all(Position(middle - 1), 1).map_err(not_read)?;
            let at = record.first().map(|record| record.body.recorded_at.0);
            if at.is_some_and(|at| at <= until.as_micros()) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        Ok(Cursor(Position(low + 1)))
    }
}

fn not_read(error: impl std::fmt::Display) -> EngineError {
    EngineError::Unavailable { reason: error.to_string().into() }
}

impl Cursor {
    /// The place of a record by its position.
    pub const fn at(position: u64) -> Self {
        Self(Position(position))
    }
}
