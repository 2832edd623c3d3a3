//! A journal that keeps what it says of an erasure to itself: the record is on disk, and nobody is
//! told.

use std::{
    sync::{Arc, mpsc},
    thread,
};

use branchline_journal::{
    record::NewRecord,
    store::{AppendReply, EventStore},
};

/// A journal whose answer to an erasure never comes.
pub(crate) struct HeldStore {
    pub(crate) inner: Arc<dyn EventStore>,
    /// Told when the erasure is on disk.
    pub(crate) recorded: mpsc::Sender<()>,
}

impl EventStore for HeldStore {
    fn append(&self, records: Vec<NewRecord>, reply: AppendReply) {
        let mut events = records.iter().flat_map(|record| &record.body.events);
        if !events.any(|event| &*event.event_type == "lead.erased") {
            return self.inner.append(records, reply);
        }
        let recorded = self.recorded.clone();
        self.inner.append(
            records,
            Box::new(move |outcomes| {
                assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
                recorded.send(()).unwrap();
                loop {
                    thread::park();
                }
            }),
        );
    }

    branchline_testkit::left_to_the_store_behind!(inner);

    fn close(&self) {
        self.inner.close();
    }
}
