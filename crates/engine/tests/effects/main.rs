//! What follows from committed records, over a journal in memory: dials, waits, tries of
//! applications, sweeps, hand-outs.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

mod claims;
mod deadlines;
mod desk;
mod errands;
mod herd;
mod outbox;
mod phones;
mod restart;
mod sweeps;
mod timers;
mod windows;
mod world;
