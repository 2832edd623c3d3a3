//! The API over an engine in memory: what each route answers, and what it refuses.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic is how a test fails, in its helpers too"
)]

mod access;
mod admin;
mod call_logs;
mod common;
mod conditions;
mod conformance;
mod connections;
mod contract;
mod contract_table;
mod erased_leads;
mod events;
mod exports;
mod graph;
mod insights;
mod lead_actions;
mod leads;
mod lists;
mod metrics;
mod observed;
mod protocol;
mod read_your_writes;
mod shapes;
mod sockets;
mod uploads;
mod walk;
mod whole_graph;
mod workflows;
