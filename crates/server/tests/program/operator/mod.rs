//! What the operator of a data directory does, on running and on stopped ones.

mod access;
mod api_keys;
mod backups;
pub(crate) mod directory;
mod erasing;
mod restoring;
