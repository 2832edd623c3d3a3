//! The memory: an append-only journal of records.
//!
//! [`record`] says what is kept, [`store`] what every store promises. Nothing here knows what an
//! event means.

pub mod block;
mod block_cache;
pub mod block_file;
mod index;
pub mod measures;
pub mod memory;
pub mod merkle;
pub mod reader;
pub mod record;
pub mod record_format;
pub mod sled_store;
pub mod storage;
pub mod store;
pub mod verify;
pub mod wire;

pub use self::{index::KeyRetention, wire::FormatError};
