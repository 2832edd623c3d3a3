//! Organisations with their keys.
//!
//! ```text
//! id · keys: id, name, scopes as a count and their numbers, digest (32), made at, expiry, lifetime,
//! revoked at · positions of refused actions, each by how far it lies behind the one before · what
//! providers told, see `provider`
//! ```

use std::collections::VecDeque;

use branchline_domain::{
    id::{ApiKeyId, OrganisationId},
    organisation::{ApiKey, OrganisationState, Scope, SecretDigest},
};
use branchline_journal::record::Position;

use super::{
    loading::read_at,
    provider::{put_desk, read_desk},
    row_format::{put_id, read_id},
    saving::put_at,
    wire::{FormatError, Input, put_len, put_signed, put_text, put_varint},
    workflow::{TEXT_BYTES_MAX, put_optional, read_optional},
};
use crate::organisations::StoredOrganisation;

pub(super) fn put_organisation(out: &mut Vec<u8>, id: OrganisationId, stored: &StoredOrganisation) {
    put_id(out, id.as_uuid().as_u128());
    put_len(out, stored.state.keys.len());
    for (&id, key) in &stored.state.keys {
        put_key(out, id, key);
    }
    put_len(out, stored.refused.len());
    let mut before = 0;
    for position in &stored.refused {
        put_varint(out, position.0.saturating_sub(before));
        before = position.0;
    }
    put_desk(out, &stored.state.provider);
}

fn put_key(out: &mut Vec<u8>, id: ApiKeyId, key: &ApiKey) {
    put_id(out, id.as_uuid().as_u128());
    put_text(out, &key.name);
    put_len(out, key.scopes.iter().count());
    out.extend(key.scopes.iter().map(code_of));
    out.extend_from_slice(&key.secret_sha256.0);
    put_at(out, key.created_at);
    put_optional(out, key.expires_at, put_at);
    put_optional(out, key.lifetime_micros, put_signed);
    put_optional(out, key.revoked_at, put_at);
}

pub(super) fn read_organisation(
    input: &mut Input<'_>,
) -> Result<(OrganisationId, StoredOrganisation), FormatError> {
    let id = OrganisationId::from_u128(read_id(input)?);
    let mut state = OrganisationState::default();
    for _ in 0..input.small::<u32>()? {
        let (id, key) = read_key(input)?;
        state.keys.insert(id, key);
    }
    let mut refused = VecDeque::new();
    let mut before = 0_u64;
    for _ in 0..input.small::<u32>()? {
        let next = before.checked_add(input.varint()?);
        before = next.ok_or(FormatError("a number is larger than its field"))?;
        refused.push_back(Position(before));
    }
    state.provider = read_desk(input)?;
    Ok((id, StoredOrganisation { state, refused }))
}

fn read_key(input: &mut Input<'_>) -> Result<(ApiKeyId, ApiKey), FormatError> {
    let id = ApiKeyId::from_u128(read_id(input)?);
    let name = input.text(TEXT_BYTES_MAX)?.to_owned();
    let scopes = (0..input.small::<u8>()?).map(|_| read_scope(input.byte()?));
    let key = ApiKey {
        name,
        scopes: scopes.collect::<Result<_, _>>()?,
        secret_sha256: SecretDigest(input.array()?),
        created_at: read_at(input)?,
        expires_at: read_optional(input, read_at)?,
        lifetime_micros: read_optional(input, Input::signed)?,
        revoked_at: read_optional(input, read_at)?,
    };
    Ok((id, key))
}

/// Part of the format.
const fn code_of(scope: Scope) -> u8 {
    match scope {
        Scope::Read => 0,
        Scope::Operate => 1,
        Scope::Resolve => 2,
        Scope::Ingest => 3,
        Scope::Admin => 4,
        Scope::Audit => 5,
    }
}

fn read_scope(code: u8) -> Result<Scope, FormatError> {
    let scope = Scope::ALL.into_iter().find(|&scope| code_of(scope) == code);
    scope.ok_or(FormatError("there is no such scope"))
}
