//! Stores that stand in front of another one.

/// The methods of [`EventStore`](branchline_journal::store::EventStore) that a store in front of
/// another leaves to it: all but `append`, `close` and `derived_dir`. Stands in the `impl` block and takes the
/// field that holds the store behind.
///
/// ```
/// use branchline_journal::{
///     memory::MemoryStore,
///     record::NewRecord,
///     store::{AppendReply, EventStore},
/// };
///
/// struct Deaf {
///     behind: MemoryStore,
/// }
///
/// impl EventStore for Deaf {
///     branchline_testkit::left_to_the_store_behind!(behind);
///
///     fn append(&self, _records: Vec<NewRecord>, _reply: AppendReply) {}
///
///     fn close(&self) {}
/// }
/// ```
#[macro_export]
macro_rules! left_to_the_store_behind {
    ($($behind:ident).+) => {
        fn head(&self) -> ::branchline_journal::record::Position {
            self.$($behind).+.head()
        }

        fn epoch(&self) -> u64 {
            self.$($behind).+.epoch()
        }

        fn wait_beyond(
            &self,
            after: ::branchline_journal::record::Position,
            timeout: ::std::time::Duration,
        ) -> ::branchline_journal::record::Position {
            self.$($behind).+.wait_beyond(after, timeout)
        }

        fn read_all(
            &self,
            after: ::branchline_journal::record::Position,
            limit: usize,
        ) -> $crate::Read<::std::sync::Arc<::branchline_journal::record::Record>> {
            self.$($behind).+.read_all(after, limit)
        }

        fn read_stream(
            &self,
            stream: ::branchline_journal::record::StreamId,
        ) -> $crate::Read<::std::sync::Arc<::branchline_journal::record::Record>> {
            self.$($behind).+.read_stream(stream)
        }

        fn stream_head(
            &self,
            stream: ::branchline_journal::record::StreamId,
        ) -> Option<::branchline_journal::store::StreamHead> {
            self.$($behind).+.stream_head(stream)
        }

        fn claim_holder(
            &self,
            claim: ::branchline_journal::record::Claim,
        ) -> Option<::branchline_journal::record::StreamId> {
            self.$($behind).+.claim_holder(claim)
        }

        fn known_key(
            &self,
            organisation: ::uuid::Uuid,
            key: &str,
        ) -> Option<::branchline_journal::store::KnownKey> {
            self.$($behind).+.known_key(organisation, key)
        }

        fn tree_head(&self) -> ::branchline_journal::merkle::TreeHead {
            self.$($behind).+.tree_head()
        }

        fn root_at(&self, size: u64) -> $crate::Proof<::branchline_journal::merkle::Hash> {
            self.$($behind).+.root_at(size)
        }

        fn prove_inclusion(
            &self,
            positions: &[::branchline_journal::record::Position],
            size: u64,
        ) -> $crate::Proof<Vec<::branchline_journal::merkle::Hash>> {
            self.$($behind).+.prove_inclusion(positions, size)
        }

        fn prove_consistency(
            &self,
            old: u64,
            new: u64,
        ) -> $crate::Proof<Vec<::branchline_journal::merkle::Hash>> {
            self.$($behind).+.prove_consistency(old, new)
        }

        fn read_blocks(
            &self,
            from: ::branchline_journal::record::Position,
            limit: usize,
        ) -> $crate::Read<::branchline_journal::storage::StoredBlock> {
            self.$($behind).+.read_blocks(from, limit)
        }

        fn measured(&self) -> ::branchline_journal::measures::StoreReading {
            self.$($behind).+.measured()
        }

        fn poisoned(&self) -> Option<::std::sync::Arc<str>> {
            self.$($behind).+.poisoned()
        }
    };
}

/// What reading several of something gives.
pub type Read<T> = Result<Vec<T>, branchline_journal::store::ReadError>;

/// What asking for a proof gives.
pub type Proof<T> = Result<T, branchline_journal::store::NoProof>;
