//! The contract that every store of records keeps. The conformance suite in `branchline-testkit`
//! is this file as tests.

use std::{path::Path, sync::Arc};

use uuid::Uuid;

use crate::{
    measures::StoreReading,
    merkle::{Hash, ProveError, TreeHead},
    record::{
        Claim, Control, ExpectedVersion, Guard, NewRecord, Position, Record, StreamId, Version,
    },
    storage::StoredBlock,
};

/// Where a record landed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The record's position.
    pub position: Position,
    /// The stream's version after it.
    pub version: Version,
}

/// Last record of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamHead {
    /// Position of the last record.
    pub position: Position,
    /// Version after it.
    pub version: Version,
}

/// A request that was recorded before under the same idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownKey {
    /// The record it made.
    pub position: Position,
    /// Digest of the request that was recorded.
    pub digest: [u8; 32],
}

/// Why a record was not appended. Nothing of it is in the journal, except where said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// Somebody else wrote first: rebuild and decide again.
    #[error("{stream} is at version {actual}, expected {expected:?}")]
    WrongExpectedVersion {
        /// Stream written to.
        stream: StreamId,
        /// What the caller believed.
        expected: ExpectedVersion,
        /// What is true; 0 when there is no stream.
        actual: Version,
    },
    /// The workflow moved on since the decision: decide again with its newest view.
    #[error("{} moved on: decided at {guard:?}, now {actual:?}", guard.stream)]
    GuardMoved {
        /// What the decision saw.
        guard: Guard,
        /// What is true.
        actual: Control,
    },
    /// Another stream holds the claim.
    #[error("claim {claim:?} is held by {holder}")]
    ClaimTaken {
        /// The claim.
        claim: Claim,
        /// Its holder.
        holder: StreamId,
    },
    /// A record with this idempotency key exists.
    #[error("the idempotency key was used by the record at {}", known.position)]
    KeyKnown {
        /// The record that was made.
        known: KnownKey,
    },
    /// The encoded record is larger than [`crate::record::RECORD_BYTES_MAX`].
    #[error("the record has {bytes} bytes, the limit is {limit}")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// A record needs at least one event, and texts within their limits.
    #[error("the record is not well formed: {reason}")]
    Malformed {
        /// What is wrong.
        reason: &'static str,
    },
    /// A write or sync failed before. Whether the last records are on disk is unknown; the journal
    /// takes no more.
    #[error("the journal stopped after a failed write: {reason}")]
    Poisoned {
        /// The first failure.
        reason: Arc<str>,
    },
    /// More is queued than the writer may hold. Nothing of the call was taken; try again later.
    #[error("the journal is busy: {queued} bytes are queued, the limit is {limit}")]
    Busy {
        /// What is queued already. Unit: bytes, about.
        queued: usize,
        /// What may be queued. Unit: bytes.
        limit: usize,
    },
    /// The journal was shut down.
    #[error("the journal is closed")]
    Closed,
}

/// Why a read failed. The first error ends the read: nothing after a damaged place is trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The bytes are not what was written.
    #[error("the journal is damaged at position {position}: {reason}")]
    Damaged {
        /// First position that cannot be trusted.
        position: Position,
        /// What was found.
        reason: Arc<str>,
    },
    /// The store could not be read.
    #[error("the journal cannot be read: {reason}")]
    Storage {
        /// What the store said.
        reason: Arc<str>,
    },
}

/// Why a store gives no proof.
pub type NoProof = ProveError<ReadError>;

/// Memory of one part of a store. Unit: bytes, of what was allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryPart {
    /// Which part.
    pub name: &'static str,
    /// How much.
    pub bytes: u64,
}

/// Takes the outcome of an append: one entry a record, in order. Called once, after the records are
/// durable, on the writer's thread, or on the caller's when nothing is to be written or the store
/// is in memory. It must not block, and may append again.
pub type AppendReply = Box<dyn FnOnce(Vec<Result<Appended, AppendError>>) + Send>;

/// An append-only store of records. Cheap to share; every method may be called from any thread.
///
/// Rules, the same for every store:
/// - a record is appended whole or not at all; records of one call are independent of each other
///   and are checked in order, each against the state that the ones before it left;
/// - nobody is answered, and no reader sees a record, before it is durable;
/// - positions have no gaps, and order is the order of checks.
pub trait EventStore: Send + Sync + 'static {
    /// Queues records for the next group commit. Never blocks for the disk: when too much is
    /// queued the whole call is answered with [`AppendError::Busy`].
    fn append(&self, records: Vec<NewRecord>, reply: AppendReply);

    /// The last durable position.
    fn head(&self) -> Position;

    /// Which opening of the journal this is; stamped on every record.
    fn epoch(&self) -> u64;

    /// Waits until the head is beyond `after`, the journal stops or `timeout` has passed; gives
    /// the head. Blocks the calling thread.
    fn wait_beyond(&self, after: Position, timeout: std::time::Duration) -> Position;

    /// Records after a position, in order, at most `limit`. Empty at the end.
    ///
    /// # Errors
    ///
    /// [`ReadError`] when a block is damaged or cannot be read.
    fn read_all(&self, after: Position, limit: usize) -> Result<Vec<Arc<Record>>, ReadError>;

    /// Every record of a stream, oldest first. Empty when there is no such stream.
    ///
    /// # Errors
    ///
    /// [`ReadError`] when a block is damaged or cannot be read.
    fn read_stream(&self, stream: StreamId) -> Result<Vec<Arc<Record>>, ReadError>;

    /// Last record of a stream, as far as it is durable.
    fn stream_head(&self, stream: StreamId) -> Option<StreamHead>;

    /// Who holds a claim.
    fn claim_holder(&self, claim: Claim) -> Option<StreamId>;

    /// The record made under an idempotency key, while the key is remembered.
    fn known_key(&self, organisation: Uuid, key: &str) -> Option<KnownKey>;

    /// Size and root of the hash tree over every durable record, see [`crate::merkle`]: it covers
    /// at least what was answered before.
    fn tree_head(&self) -> TreeHead;

    /// Root of the hash tree over the first `size` records.
    ///
    /// # Errors
    ///
    /// [`ProveError::Beyond`] when there are fewer; [`ProveError::Changed`] and
    /// [`ProveError::Source`] when records are not what they were or cannot be read.
    fn root_at(&self, size: u64) -> Result<Hash, NoProof>;

    /// One proof that the records at these positions, in ascending order, are in the tree of the
    /// first `size` records; see [`crate::merkle::verify_inclusion`], which counts leaves from 0.
    ///
    /// # Errors
    ///
    /// As [`Self::root_at`]; [`ProveError::NotAscending`] when no position is named, or not each
    /// once and in order, from 1 on.
    fn prove_inclusion(&self, positions: &[Position], size: u64) -> Result<Vec<Hash>, NoProof>;

    /// Proof that the journal of `new` records begins with the journal of `old` records; see
    /// [`crate::merkle::verify_consistency`].
    ///
    /// # Errors
    ///
    /// As [`Self::root_at`].
    fn prove_consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, NoProof>;

    /// Durable blocks as they are kept, from the first one on that begins at `from` or later, at
    /// most `limit`. A store that keeps none makes the blocks that it would keep, and gives the
    /// same ones each time.
    ///
    /// # Errors
    ///
    /// [`ReadError`] when they cannot be read.
    fn read_blocks(&self, from: Position, limit: usize) -> Result<Vec<StoredBlock>, ReadError>;

    /// Where data that was made of the journal and can be made again may be kept, in files of its
    /// users' own names; none for a store that leaves nothing on a disk. What lies there may be
    /// deleted while nobody has the journal open, and is not part of any copy.
    fn derived_dir(&self) -> Option<&Path> {
        None
    }

    /// What the store keeps in memory, as far as it counts it.
    fn memory(&self) -> Vec<MemoryPart> {
        Vec::new()
    }

    /// What the store counts about its work since it was opened. Cheap, and never waits for a write.
    fn measured(&self) -> StoreReading {
        StoreReading::default()
    }

    /// Why the journal takes no more, or `None` while it is sound.
    fn poisoned(&self) -> Option<Arc<str>>;

    /// Waits until everything queued is durable, then stops. Later appends answer
    /// [`AppendError::Closed`]. Blocks the calling thread.
    fn close(&self);
}
