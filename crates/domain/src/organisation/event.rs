//! What can happen to an organisation.

use super::{Scopes, SecretDigest};
use crate::{id::ApiKeyId, time::Timestamp};

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
}
