//! The tool as an auditor runs it: over a directory, with its exit codes.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod audit;
mod bad_sources;
mod copies;
mod differences;
mod fake_server;
mod golden;
mod listing;
mod proofs;
mod questions;
mod replay;
mod running;
mod searching;
mod story;
mod world;
