//! The program as people run it: started, asked over HTTP, killed, started again.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod applications;
mod audit;
mod client;
mod commands;
mod demo;
mod deployment;
mod doctor;
mod hostile;
mod imports;
mod keys;
mod operator;
mod refusals;
mod rehearse;
mod secrets;
mod serve;
mod server;
mod service_manager;
mod stopping;
mod tls;
mod workflow_files;
