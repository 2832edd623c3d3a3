//! The memory: an append-only journal of records.
//!
//! [`record`] says what is kept, [`store`] what every store promises. Nothing here knows what an
//! event means.

mod index;
pub mod memory;
pub mod record;
pub mod record_format;
pub mod store;
mod wire;

pub use self::{index::KeyRetention, wire::FormatError};
