//! Why a command to an organisation is refused, in words that say how to go on.

use super::{ApiKeyStatus, LIVE_KEYS_MAX, ProviderEventState};
use crate::id::{ApiKeyId, ProviderEventId};

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
    /// There is no such message of a provider in this organisation, or it was settled long ago.
    #[error("there is no provider event {event}")]
    ProviderEventNotFound {
        /// The one asked for.
        event: ProviderEventId,
    },
    /// A person has decided about it already, and otherwise.
    #[error("provider event {event} is {} already", state.as_str())]
    ProviderEventSettled {
        /// The one asked for.
        event: ProviderEventId,
        /// What became of it.
        state: ProviderEventState,
    },
    /// As many messages of providers wait for a person as may.
    #[error(
        "{unmatched} provider events wait for a person, the most that are kept; match or dismiss \
         some, and send this one again"
    )]
    TooManyUnmatched {
        /// How many wait.
        unmatched: usize,
    },
    /// A value is out of its limits.
    #[error("{field}: {problem}")]
    Invalid {
        /// Which field.
        field: &'static str,
        /// What is wrong and what would be right.
        problem: String,
    },
}
