//! A copy of the journal, opened by the real store.

use std::{
    fs,
    path::Path,
    sync::{Arc, mpsc},
};

use anyhow::{Context as _, bail, ensure};
use branchline_journal::{
    record::{ExpectedVersion, NewRecord, Position, Record, StreamId, StreamKind, Version},
    sled_store::{SledOptions, SledStore},
    store::{Appended, EventStore},
};
use branchline_projections::Projections;
use uuid::Uuid;

use crate::evidence::decode;

/// Records read or appended at once.
pub(super) const GROUP: usize = 1_024;

/// A stream of no kind that there is, for one more record after the last.
const PROBE: StreamId = StreamId { kind: StreamKind(u16::MAX), id: Uuid::from_u128(1) };

/// The store of a copy. Small caches: there may be many, one after the other.
pub(super) fn options(directory: &Path) -> SledOptions {
    const MIB: usize = 1024 * 1024;
    let mut options = SledOptions::new(directory);
    options.recent_bytes_max = MIB;
    options.fetched_bytes_max = MIB;
    options
}

/// Appends records and waits until they are durable.
pub(super) fn append(store: &SledStore, records: Vec<NewRecord>) -> anyhow::Result<Vec<Appended>> {
    let (send, answers) = mpsc::channel();
    store.append(records, Box::new(move |outcome| drop(send.send(outcome))));
    let outcomes = answers.recv().context("the store did not answer")?;
    outcomes.into_iter().map(|outcome| outcome.map_err(Into::into)).collect()
}

/// The record as it came in.
pub(super) fn as_new(record: &Record) -> NewRecord {
    let expected = match record.version.0 {
        0 | 1 => ExpectedVersion::NoStream,
        version => ExpectedVersion::Exact(Version(version - 1)),
    };
    NewRecord { expected, body: record.body.clone() }
}

/// Takes a record into the read models. One that does not read is told by `verify`.
pub(super) fn fold(read: &mut Projections, record: &Arc<Record>) {
    if let Ok(Some(decoded)) = decode(Arc::clone(record), None) {
        read.fold(&decoded.fact());
    }
}

/// How a whole copy must stand.
pub(super) struct Expected<'a> {
    pub(super) last: Position,
    pub(super) root: [u8; 32],
    pub(super) read: &'a Projections,
    /// The record that comes next, if there is one.
    pub(super) next: Option<&'a Record>,
}

/// Whether the store holds exactly what it must, and takes the next record.
pub(super) fn judge(store: &SledStore, expected: &Expected<'_>) -> anyhow::Result<()> {
    let Expected { last, root, read, next } = expected;
    ensure!(store.head() == *last, "it ends at {}, and not at {last}", store.head());
    ensure!(store.tree_head().root == *root, "its records are not those of the journal");
    let mut found = Projections::new();
    let mut after = Position::START;
    while after < *last {
        let records = store.read_all(after, GROUP)?;
        let Some(end) = records.last() else { bail!("nothing can be read after {after}") };
        after = end.position;
        for record in &records {
            fold(&mut found, record);
        }
    }
    ensure!(found == **read, "its records add up to another state than those of the journal");
    let (record, version) = match next {
        Some(next) => (as_new(next), next.last_version()),
        None => (probe(store)?, Version(1)),
    };
    let landed = append(store, vec![record]).context("it does not take the next record")?;
    let wanted = Appended { position: last.next(), version };
    ensure!(landed == [wanted], "the next record landed at {landed:?}, and not at {wanted:?}");
    Ok(())
}

/// One more record, in a stream of its own.
fn probe(store: &SledStore) -> anyhow::Result<NewRecord> {
    let last = store.read_all(Position(store.head().0.saturating_sub(1)), 1)?;
    let mut record = as_new(last.first().context("there is no last record")?);
    record.expected = ExpectedVersion::NoStream;
    record.body.stream = PROBE;
    (record.body.key, record.body.guard, record.body.control) = (None, None, None);
    record.body.claims.clear();
    record.body.events.truncate(1);
    Ok(record)
}

/// Copies what a crash would leave: the engine's files and the high-water mark, not the checkpoint
/// of the index.
pub(super) fn copy_image(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to.join("db/blobs"))?;
    for entry in fs::read_dir(from.join("db"))? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), to.join("db").join(entry.file_name()))?;
        }
    }
    fs::copy(from.join("high-water"), to.join("high-water"))?;
    Ok(())
}
