//! API keys: what can be asked of them, and where a request finds the one it came with.
//!
//! A key is an event-sourced thing of its organisation ([`branchline_domain::organisation`]). Commands
//! go through `desk`, one after the other for each organisation; what they record is shown in
//! [`ApiKeys`] before they are answered, so a key that was revoked opens nothing from its answer on.

pub(crate) mod desk;
mod handle;
mod known;
mod last_used;
mod secret;

use branchline_domain::{
    id::{ApiKeyId, OrganisationId},
    organisation::Scopes,
    time::Timestamp,
};

use crate::command::Committed;

pub(crate) use self::last_used::LastUsed;
pub use self::{
    handle::refusals_of,
    known::{ApiKeys, KnownKey, REFUSALS_A_MINUTE},
    secret::{KeySecret, digest_of},
};

/// What can be asked about the keys of an organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyAction {
    /// Make a key.
    Create {
        /// What it is for, in its owner's words: not whose it is.
        name: String,
        /// What it may do.
        scopes: Scopes,
        /// From when on it opens nothing.
        expires_at: Option<Timestamp>,
        /// Whether it is the first key of an organisation that this makes. The caller's own
        /// organisation does not count then, and neither does an idempotency key.
        new_organisation: bool,
    },
    /// Make a successor with the same name and scopes, and let the key end after an overlap.
    Rotate {
        /// Which.
        key: ApiKeyId,
        /// How long both open. Unit: seconds.
        overlap_s: u32,
    },
    /// Set from when on a key opens nothing.
    SetExpiry {
        /// Which.
        key: ApiKeyId,
        /// From when on; `None` for never.
        expires_at: Option<Timestamp>,
    },
    /// End a key now.
    Revoke {
        /// Which.
        key: ApiKeyId,
    },
    /// Remember that something was refused to a key: see
    /// [`EngineHandle::note_refusal`](crate::EngineHandle::note_refusal).
    NoteRefusal {
        /// What was asked, as one word such as `workflow.activate`.
        action: String,
        /// Of what: ids and slashes.
        target: String,
        /// The code of the answer.
        code: String,
    },
}

/// What came of a command about keys.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyAnswer {
    /// Whose the key is.
    pub organisation: OrganisationId,
    /// The key: the new one, where one was made; `None` for a refusal that was noted.
    pub key: Option<ApiKeyId>,
    /// What the new key opens with. It is nowhere else, and never told again: a repeat under an
    /// idempotency key has none.
    pub secret: Option<KeySecret>,
    /// Where it is recorded.
    pub committed: Committed,
}
