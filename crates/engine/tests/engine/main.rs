//! The engine over a journal in memory, asked as hosts ask it.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]

mod application_fences;
mod as_of;
mod batch;
mod checkpoints;
mod commands;
mod control;
mod enrolment;
mod erasure;
mod events;
mod fences;
mod gate;
mod graphs;
mod idempotency;
mod imports;
mod keyed_lists;
mod keys;
mod metrics;
mod order;
mod provider;
mod race_checks;
mod races;
mod replaced_nodes;
mod restart;
mod status_streams;
mod twin;
mod wakeups;
mod world;
