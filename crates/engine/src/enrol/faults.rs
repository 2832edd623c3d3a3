//! What is wrong with a list, collected by reason.

use branchline_domain::workflow::{ImportFault, ImportRefusal};

use crate::{EngineError, RowFault, lead_list::ListFault};

/// Rows named for one reason. Unit: rows.
const ROWS_NAMED_MAX: usize = 100;
/// Reasons told of one list; more are counted. Unit: reasons.
const REASONS_TOLD_MAX: usize = 100;

/// A reason, with its rows.
struct Found {
    fault: RowFault,
    /// What the journal keeps of the reason, when that quotes from the list.
    recorded: Option<&'static str>,
}

/// Faults by their reason, in the order they were found.
#[derive(Default)]
pub(super) struct Faults {
    found: Vec<Found>,
    reasons: u32,
}

/// A list that is not taken: what its sender is told, and what the journal keeps of it.
pub(super) struct RefusedList {
    pub(super) error: EngineError,
    pub(super) refusal: ImportRefusal,
}

impl Faults {
    pub(super) fn add(&mut self, fault: ListFault) {
        let ListFault { row, reason, recorded, whole: _ } = fault;
        let known = self.found.iter_mut().find(|found| found.fault.reason == reason);
        if let Some(found) = known {
            if found.fault.rows.len() < ROWS_NAMED_MAX {
                found.fault.rows.push(row);
            }
            return;
        }
        self.reasons = self.reasons.saturating_add(1);
        if self.found.len() < REASONS_TOLD_MAX {
            self.found.push(Found { fault: RowFault { reason, rows: vec![row] }, recorded });
        }
    }

    /// Refuses a list of `rows` rows if there is anything wrong with it.
    pub(super) fn check(mut self, rows: u32) -> Result<(), Box<RefusedList>> {
        if self.found.is_empty() {
            return Ok(());
        }
        for found in &mut self.found {
            found.fault.rows.sort_unstable();
        }
        let kept = self.found.iter().map(|found| ImportFault {
            reason: found.recorded.map_or_else(|| found.fault.reason.clone(), Into::into),
            rows: found.fault.rows.clone(),
        });
        let refusal =
            ImportRefusal { file_name: None, rows, faults: kept.collect(), reasons: self.reasons };
        let faults = self.found.into_iter().map(|found| found.fault).collect();
        Err(Box::new(RefusedList { error: EngineError::Rows { faults }, refusal }))
    }
}

impl RefusedList {
    /// A list that is too long or has nobody in it.
    pub(super) fn of_length(rows: u32, problem: String) -> Self {
        let faults = vec![ImportFault { reason: problem.clone(), rows: Vec::new() }];
        let refusal = ImportRefusal { file_name: None, rows, faults, reasons: 1 };
        Self { error: EngineError::Invalid { field: "leads", problem }, refusal }
    }

    /// The engine failed; the list may be sound.
    pub(super) fn failed(error: EngineError) -> Self {
        Self { error, refusal: ImportRefusal::default() }
    }

    /// Whether it is the list that is at fault.
    pub(super) fn is_to_be_kept(&self) -> bool {
        !self.refusal.faults.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(faults: Faults) -> (Vec<RowFault>, ImportRefusal) {
        let Err(refused) = faults.check(9) else { panic!("faults are told") };
        let EngineError::Rows { faults } = refused.error else { panic!("rows are at fault") };
        (faults, refused.refusal)
    }

    #[test]
    fn faults_are_told_by_reason_with_at_most_a_hundred_rows() {
        let mut faults = Faults::default();
        for row in (2..=500).rev() {
            faults.add(ListFault::at(row, "empty"));
        }
        faults.add(ListFault::at(7, "too short"));
        let (told, kept) = refused(faults);
        assert_eq!(told.len(), 2);
        assert_eq!(told[0].rows.len(), ROWS_NAMED_MAX);
        assert!(told[0].rows.is_sorted());
        assert_eq!(told[1], RowFault { reason: "too short".into(), rows: vec![7] });
        assert_eq!((kept.rows, kept.reasons, kept.faults.len()), (9, 2, 2));
    }

    #[test]
    fn what_quotes_from_the_list_is_told_and_not_kept() {
        let mut faults = Faults::default();
        let reason = "there is no column `phone_number`; the columns are `+919876543210`";
        let recorded = Some("there is no column");
        faults.add(ListFault { recorded, ..ListFault::whole(1, reason) });
        let (told, kept) = refused(faults);
        assert!(told[0].reason.contains("+919876543210"));
        assert_eq!(kept.faults[0].reason, "there is no column");
    }

    #[test]
    fn more_reasons_than_anybody_reads_are_counted() {
        let mut faults = Faults::default();
        for row in 1..=1_000 {
            faults.add(ListFault::at(row, format!("reason {row}")));
        }
        let (told, kept) = refused(faults);
        assert_eq!((told.len(), kept.reasons), (REASONS_TOLD_MAX, 1_000));
    }
}
