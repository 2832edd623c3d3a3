//! The pages over an engine in memory, asked as a browser asks, without a socket.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a page that cannot be asked is a failed test"
)]

mod builder;
mod house;
mod insights;
mod login;
mod overview;
