//! A journal in memory that an engine can close and the next one open.

use branchline_journal::{
    memory::MemoryStore,
    record::NewRecord,
    store::{AppendReply, EventStore},
};

/// A journal in memory that forgets that it was closed, as one on disk is opened again.
pub(crate) struct Reopened {
    store: MemoryStore,
}

impl Reopened {
    /// One without a record.
    pub(crate) fn new() -> Self {
        Self { store: MemoryStore::new() }
    }
}

impl EventStore for Reopened {
    fn append(&self, records: Vec<NewRecord>, reply: AppendReply) {
        self.store.append(records, reply);
    }

    branchline_testkit::left_to_the_store_behind!(store);

    fn close(&self) {}
}
