//! The memory: an append-only journal of records.
//!
//! [`record`] says what is kept, [`store`] what every store promises. Nothing here knows what an
//! event means.

pub mod record;
pub mod store;
