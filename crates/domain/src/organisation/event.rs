//! What can happen to an organisation.

use super::{ProviderTold, Scopes, SecretDigest, UnmatchedReason};
use crate::{
    call_status::CallStatus,
    id::{ApiKeyId, CallId, ProviderEventId},
    provider::Words,
    time::Timestamp,
};

/// A fact about an organisation. Past tense; never refused, never edited. Who did it, and when, is
/// in the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrganisationEvent {
    /// A key was made. The first one makes the organisation.
    ApiKeyCreated {
        /// Which.
        key: ApiKeyId,
        /// What it is for, in its owner's words.
        name: String,
        /// What it may do.
        scopes: Scopes,
        /// What its secret must hash to.
        secret_sha256: SecretDigest,
        /// From when on it opens nothing.
        expires_at: Option<Timestamp>,
    },
    /// A key's time was set, or taken away.
    ApiKeyExpirySet {
        /// Which.
        key: ApiKeyId,
        /// From when on it opens nothing; `None` for never.
        expires_at: Option<Timestamp>,
    },
    /// A key opens nothing from now on.
    ApiKeyRevoked {
        /// Which.
        key: ApiKeyId,
    },
    /// Something that a key asked for was refused to it: the record's principal says which key.
    ActionRefused {
        /// What was asked, as one word such as `workflow.activate`.
        action: String,
        /// Of what: ids of ours and slashes, nothing else; empty when the request named none.
        target: String,
        /// The code of the answer.
        code: String,
    },
    /// What a provider told could not be used, and is kept until a person has decided about it.
    ProviderEventUnmatched {
        /// Its name.
        event: ProviderEventId,
        /// Why it could not be used.
        reason: UnmatchedReason,
        /// What the provider told.
        told: Box<ProviderTold>,
    },
    /// A person said which call it was about, and what it meant: that was reported of the call.
    ProviderEventMatched {
        /// Which.
        event: ProviderEventId,
        /// The call.
        call: CallId,
        /// The status that was reported.
        status: CallStatus,
    },
    /// A person said that nothing has to come of it.
    ProviderEventDismissed {
        /// Which.
        event: ProviderEventId,
        /// Why, in the person's words.
        note: String,
    },
    /// The organisation's own words of a provider, from now on: these and no others.
    ProviderWordsSet {
        /// Whose.
        provider: String,
        /// What each means, in lower case; none for what is built in alone.
        words: Words,
    },
}
