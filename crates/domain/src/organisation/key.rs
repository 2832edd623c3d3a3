//! An API key as the rules know it.

use std::{collections::BTreeMap, fmt};

use super::{ProviderDesk, Scopes};
use crate::{id::ApiKeyId, time::Timestamp};

/// SHA-256 of a key's secret: 256 random bits, so the digest tells nothing about them. Not printed
/// all the same, because it has no business in a log.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SecretDigest(pub [u8; 32]);

impl fmt::Debug for SecretDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretDigest(…)")
    }
}

/// Whether a key opens anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApiKeyStatus {
    /// It does.
    Live,
    /// Its time is over.
    Expired,
    /// Somebody ended it.
    Revoked,
}

impl ApiKeyStatus {
    /// The text form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

/// A key of an organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// What it is for, in its owner's words.
    pub name: String,
    /// What it may do.
    pub scopes: Scopes,
    /// What its secret must hash to.
    pub secret_sha256: SecretDigest,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it opens nothing; `None` for never.
    pub expires_at: Option<Timestamp>,
    /// How long it was made to live; a rotation gives its successor as long. Unit: microseconds.
    pub lifetime_micros: Option<i64>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl ApiKey {
    /// Whether it opens anything at this time. A key lives up to its expiry, and not at it.
    pub fn status(&self, now: Timestamp) -> ApiKeyStatus {
        if self.revoked_at.is_some() {
            ApiKeyStatus::Revoked
        } else if self.expires_at.is_some_and(|expires_at| expires_at <= now) {
            ApiKeyStatus::Expired
        } else {
            ApiKeyStatus::Live
        }
    }

    /// Whether it opens something at this time.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.status(now) == ApiKeyStatus::Live
    }
}

/// What an organisation's history adds up to: every key it ever had, and what providers told it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrganisationState {
    /// By id, which sorts by the time of making. Ended keys stay: their names are in the journal.
    pub keys: BTreeMap<ApiKeyId, ApiKey>,
    /// Messages of providers that could not be used, and what words mean.
    pub provider: ProviderDesk,
}

impl OrganisationState {
    /// How many keys open something at this time.
    pub fn live_keys(&self, now: Timestamp) -> usize {
        self.keys.values().filter(|key| key.is_live(now)).count()
    }
}
