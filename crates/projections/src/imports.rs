//! Enrolments of many leads, and the leads of those that have not ended well.

use std::collections::{BTreeMap, BTreeSet};

use branchline_domain::{
    id::{ImportId, LeadId, WorkflowId},
    time::Timestamp,
    workflow::{ImportFault, ImportOpening, ImportRefusal},
};
use serde::Serialize;

/// How an import stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportStatus {
    /// Its leads are being enrolled and do not count yet.
    Running,
    /// Its leads count.
    Done,
    /// It was given up; its leads never count.
    Cancelled,
    /// It was refused before it began; nobody was enrolled.
    Refused,
}

/// One enrolment of many leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportRow {
    /// Its id.
    pub id: ImportId,
    /// Where its leads are enrolled.
    pub workflow_id: WorkflowId,
    /// Name of the file, if there was one.
    pub file_name: Option<String>,
    /// When it began.
    pub at: Timestamp,
    /// How it stands.
    pub status: ImportStatus,
    /// Rows to enrol; of a refused one, rows that were read. Unit: rows.
    pub rows: u32,
    /// Leads enrolled so far; once done, as its closing says.
    pub leads_enrolled: u32,
    /// Duplicates that were skipped.
    pub duplicates_skipped: u32,
    /// Why it was given up.
    pub reason: Option<String>,
    /// Why it was refused.
    pub faults: Vec<ImportFault>,
}

/// An import that somebody must still finish: close it, or cancel it and withdraw its leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnfinishedImport {
    /// Its id.
    pub import: ImportId,
    /// Its workflow.
    pub workflow: WorkflowId,
    /// Whether it was cancelled and only leads are left to withdraw.
    pub cancelled: bool,
    /// Its leads that were not withdrawn, in order of enrolment.
    pub leads: Vec<LeadId>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StoredImport {
    pub(crate) row: ImportRow,
    /// Rows of its leads that do not count, until they do or are withdrawn.
    pub(crate) leads: BTreeSet<u32>,
}

/// All imports, in the order they began.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Imports {
    all: Vec<StoredImport>,
    numbers: BTreeMap<ImportId, u32>,
    /// Imports with something left to do.
    unfinished: BTreeSet<u32>,
}

impl Imports {
    pub(crate) fn get(&self, number: u32) -> Option<&StoredImport> {
        self.all.get(number as usize)
    }

    pub(crate) fn number(&self, id: ImportId) -> Option<u32> {
        self.numbers.get(&id).copied()
    }

    /// All of them, in the order they began.
    pub(crate) fn all(&self) -> &[StoredImport] {
        &self.all
    }

    pub(crate) fn is_unfinished(&self, number: u32) -> bool {
        self.unfinished.contains(&number)
    }

    /// Adds an import as it was when a checkpoint was made. `false` when it is known already.
    pub(crate) fn restore(&mut self, import: StoredImport, unfinished: bool) -> bool {
        let StoredImport { row, leads } = import;
        let Some(number) = self.add(row) else { return false };
        if let Some(added) = self.all.get_mut(number as usize) {
            added.leads = leads;
        }
        if unfinished {
            self.unfinished.insert(number);
        }
        true
    }

    pub(crate) fn unfinished(&self) -> impl Iterator<Item = (u32, &StoredImport)> {
        self.unfinished.iter().filter_map(|&number| Some((number, self.get(number)?)))
    }

    /// An import began. Gives its number, or `None` when it is known already.
    pub(crate) fn open(
        &mut self,
        id: ImportId,
        workflow: WorkflowId,
        opening: &ImportOpening,
        at: Timestamp,
    ) -> Option<u32> {
        let row = ImportRow {
            id,
            workflow_id: workflow,
            file_name: opening.file_name.clone(),
            at,
            status: ImportStatus::Running,
            rows: opening.rows,
            leads_enrolled: 0,
            duplicates_skipped: opening.duplicates_skipped,
            reason: None,
            faults: Vec::new(),
        };
        let number = self.add(row)?;
        self.unfinished.insert(number);
        Some(number)
    }

    /// An import was refused before it began. Gives its number, or `None` when it is known already.
    pub(crate) fn refuse(
        &mut self,
        id: ImportId,
        workflow: WorkflowId,
        refusal: &ImportRefusal,
        at: Timestamp,
    ) -> Option<u32> {
        let row = ImportRow {
            id,
            workflow_id: workflow,
            file_name: refusal.file_name.clone(),
            at,
            status: ImportStatus::Refused,
            rows: refusal.rows,
            leads_enrolled: 0,
            duplicates_skipped: 0,
            reason: None,
            faults: refusal.faults.clone(),
        };
        self.add(row)
    }

    fn add(&mut self, row: ImportRow) -> Option<u32> {
        if self.numbers.contains_key(&row.id) {
            return None;
        }
        let number = u32::try_from(self.all.len()).ok()?;
        self.numbers.insert(row.id, number);
        self.all.push(StoredImport { row, leads: BTreeSet::new() });
        Some(number)
    }

    /// A lead came with the import. Gives how the import stands.
    pub(crate) fn enrol(&mut self, number: u32, lead: u32) -> ImportStatus {
        let Some(import) = self.all.get_mut(number as usize) else { return ImportStatus::Done };
        if import.row.status != ImportStatus::Done {
            import.row.leads_enrolled = import.row.leads_enrolled.saturating_add(1);
            import.leads.insert(lead);
            self.unfinished.insert(number);
        }
        import.row.status
    }

    /// A lead was withdrawn.
    pub(crate) fn withdraw(&mut self, number: u32, lead: u32) {
        if let Some(import) = self.all.get_mut(number as usize) {
            import.leads.remove(&lead);
        }
        self.settle(number);
    }

    /// The import is done. Gives its leads, which count from now on, and its variables.
    pub(crate) fn close(
        &mut self,
        number: u32,
        enrolled: u32,
        duplicates_skipped: u32,
    ) -> BTreeSet<u32> {
        let Some(import) = self.all.get_mut(number as usize) else { return BTreeSet::default() };
        import.row.status = ImportStatus::Done;
        import.row.leads_enrolled = enrolled;
        import.row.duplicates_skipped = duplicates_skipped;
        let leads = std::mem::take(&mut import.leads);
        self.settle(number);
        leads
    }

    /// The import was given up.
    pub(crate) fn cancel(&mut self, number: u32, reason: &str) {
        if let Some(import) = self.all.get_mut(number as usize) {
            import.row.status = ImportStatus::Cancelled;
            import.row.reason = Some(reason.into());
        }
        self.settle(number);
    }

    fn settle(&mut self, number: u32) {
        let done = self.get(number).is_none_or(|import| match import.row.status {
            ImportStatus::Running => false,
            ImportStatus::Done | ImportStatus::Refused => true,
            ImportStatus::Cancelled => import.leads.is_empty(),
        });
        if done {
            self.unfinished.remove(&number);
        }
    }
}
