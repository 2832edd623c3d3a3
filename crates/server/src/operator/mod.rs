//! What the operator of a data directory does beside serving it: forgetting leads, backups, and
//! restoring them. A running server is asked over its own routes; a stopped directory is opened.

mod access;

pub(crate) use self::access::Access;
