//! Why a command to an organisation is refused, in words that say how to go on.

use super::{ApiKeyStatus, LIVE_KEYS_MAX};
use crate::id::ApiKeyId;

/// A command the rules refuse. Nothing is recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrganisationRejection {
    /// There is no such key in this organisation.
    #[error("there is no key {key}")]
    KeyNotFound {
        /// The key asked for.
        key: ApiKeyId,
    },
    /// There is another key with this id.
    #[error("there is a key {key} already")]
    KeyExists {
        /// The key asked for.
        key: ApiKeyId,
    },
    /// The key opens nothing any more.
    #[error("key {key} is {}; create another one", status.as_str())]
    KeyEnded {
        /// The key asked for.
        key: ApiKeyId,
        /// What ended it.
        status: ApiKeyStatus,
    },
    /// There are as many keys as there may be.
    #[error(
        "the organisation has {LIVE_KEYS_MAX} live keys, the most there may be; revoke one that is not used"
    )]
    TooManyKeys,
    /// The organisation has no keys, so nothing was refused to one.
    #[error("the organisation has no keys")]
    NoKeys,
    /// A value is out of its limits.
    #[error("{field}: {problem}")]
    Invalid {
        /// Which field.
        field: &'static str,
        /// What is wrong and what would be right.
        problem: String,
    },
}
