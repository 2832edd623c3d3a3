//! Damage, bit by bit and block by block: each is found, or lies in bytes that carry nothing.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test and its harness")]

mod damage;
mod journals;
mod planted;
mod single_bytes;
