//! The pages over an engine in memory, asked as a browser asks, without a socket.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a page that cannot be asked is a failed test"
)]

mod audit;
mod builder;
mod calls;
mod campaign;
mod house;
mod insights;
mod lead;
mod live;
mod login;
mod overview;
mod system;
mod workflow;
mod workflow_leads;
mod workflow_records;
