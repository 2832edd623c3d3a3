//! Keys and moments that the tests share.

use branchline_domain::{
    id::ApiKeyId,
    organisation::{
        NewApiKey, Organisation, OrganisationCommand, OrganisationContext, OrganisationEvent,
        Scope, Scopes, SecretDigest,
    },
    time::Timestamp,
};
use branchline_testkit::{Given, START, given};

pub(crate) const KEY: ApiKeyId = ApiKeyId::from_u128(1);
pub(crate) const SUCCESSOR: ApiKeyId = ApiKeyId::from_u128(9_999);
/// Messages of providers that may wait.
pub(crate) const UNMATCHED_MAX: usize = 2;
pub(crate) const HOUR_S: u32 = 3_600;

pub(crate) const fn digest(byte: u8) -> SecretDigest {
    SecretDigest([byte; 32])
}

pub(crate) fn scopes() -> Scopes {
    [Scope::Read, Scope::Ingest].into_iter().collect()
}

/// Hours after the start.
pub(crate) fn hour(hours: u64) -> Timestamp {
    START.plus_seconds(hours * u64::from(HOUR_S))
}

pub(crate) fn at(hours: u64) -> OrganisationContext {
    OrganisationContext { now: hour(hours), unmatched_max: UNMATCHED_MAX }
}

pub(crate) fn new(key: ApiKeyId, expires_at: Option<Timestamp>) -> NewApiKey {
    NewApiKey {
        key,
        name: "Dialler".into(),
        scopes: scopes(),
        secret_sha256: digest(1),
        expires_at,
    }
}

pub(crate) fn create(key: ApiKeyId, expires_at: Option<Timestamp>) -> OrganisationCommand {
    OrganisationCommand::CreateKey(new(key, expires_at))
}

pub(crate) fn created(key: ApiKeyId, expires_at: Option<Timestamp>) -> OrganisationEvent {
    let NewApiKey { key, name, scopes, secret_sha256, expires_at } = new(key, expires_at);
    OrganisationEvent::ApiKeyCreated { key, name, scopes, secret_sha256, expires_at }
}

pub(crate) fn expiry_set(key: ApiKeyId, expires_at: Option<Timestamp>) -> OrganisationEvent {
    OrganisationEvent::ApiKeyExpirySet { key, expires_at }
}

pub(crate) const REVOKED: OrganisationEvent = OrganisationEvent::ApiKeyRevoked { key: KEY };

/// With one key, made at the start.
pub(crate) fn with_key(expires_at: Option<Timestamp>) -> Given<Organisation> {
    given([created(KEY, expires_at)])
}
