//! Erasure on a real disk: what is in the files of a data directory before and after it, and what a
//! kill between the record and the key leaves.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]

mod files;
mod held_store;
mod killed;
mod texts;
mod world;
