//! A journal in memory that an engine can close and the next one open.

use std::path::Path;

use branchline_journal::{
    memory::MemoryStore,
    record::NewRecord,
    store::{AppendReply, EventStore},
};
use tempfile::TempDir;

/// A journal in memory that forgets that it was closed, as one on disk is opened again.
pub(crate) struct Reopened {
    store: MemoryStore,
    /// None where there is no room: then every record is folded again.
    derived: Option<TempDir>,
}

impl Reopened {
    /// One without a record.
    pub(crate) fn new() -> Self {
        Self { store: MemoryStore::new(), derived: tempfile::tempdir().ok() }
    }
}

impl EventStore for Reopened {
    fn append(&self, records: Vec<NewRecord>, reply: AppendReply) {
        self.store.append(records, reply);
    }

    branchline_testkit::left_to_the_store_behind!(store);

    fn derived_dir(&self) -> Option<&Path> {
        self.derived.as_ref().map(TempDir::path)
    }

    fn close(&self) {}
}
