//! What all writes have in common.

use clap::Args;

use crate::{client::IdempotencyKey, fault::Fault};

/// Flags of every command that changes something.
#[derive(Clone, Debug, Args)]
pub(crate) struct WriteFlags {
    /// Names what is meant, so that the same command under the same key is done once; else a fresh
    /// one.
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
}

impl WriteFlags {
    /// The key to write under.
    ///
    /// # Errors
    ///
    /// As [`IdempotencyKey::given_or_fresh`].
    pub(crate) fn key(&self) -> Result<IdempotencyKey, Fault> {
        IdempotencyKey::given_or_fresh(self.idempotency_key.as_deref())
    }
}
