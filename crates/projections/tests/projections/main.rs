//! Projections, told by records that are made by hand and by records that the rules made.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests: one that cannot go on has failed"
)]

mod agreement;
mod call_logs;
mod checkpoints;
mod counts;
mod errands;
mod history;
mod imports;
mod insights;
mod keys;
mod lists;
mod orders;
mod queues;
mod story;
mod sweeps;
mod timeline;
mod world;
