//! The forms in which the journal leaves the house: what an auditor, a backup or another machine
//! is given, each checked to the last byte by whoever reads it.
//!
//! [`lines`] is an export of the records as lines of JSON. Nothing here opens a store, and nothing
//! needs one: what is read here was handed over.

mod hex;
pub mod lines;
