//! Organisation events to the newest layout.

use branchline_domain::{
    organisation::{OrganisationEvent, Scope},
    time::Timestamp,
};
use branchline_journal::record::Event;

use crate::{
    EncodeError, SCHEMA, binary, event_type::OrganisationEventType, limits, organisation_v1 as v1,
};

/// Writes one event of an organisation.
///
/// # Errors
///
/// [`EncodeError::TooLarge`] when a text is longer than a record may keep.
pub fn encode_organisation(event: &OrganisationEvent) -> Result<Event, EncodeError> {
    let kind = OrganisationEventType::of(event);
    let payload = payload(kind.name(), event)?;
    limits::within(kind.name(), "payload", payload.len(), limits::PAYLOAD_BYTES_MAX)?;
    Ok(Event { event_type: kind.shared_name(), schema: SCHEMA, payload: payload.into() })
}

fn payload(event_type: &'static str, event: &OrganisationEvent) -> Result<Vec<u8>, EncodeError> {
    let text = |field, value, limit| limits::text(event_type, field, value, limit);
    match event {
        OrganisationEvent::ApiKeyCreated { key, name, scopes, secret_sha256, expires_at } => {
            let layout = v1::ApiKeyCreated {
                key: key.as_uuid().into_bytes(),
                name: text("name", name, limits::KEY_NAME_BYTES_MAX)?,
                scopes: scopes.iter().map(scope).collect(),
                secret_sha256: secret_sha256.0,
                expires_at: expires_at.map(Timestamp::as_micros),
            };
            binary::write(event_type, layout)
        }
        OrganisationEvent::ApiKeyExpirySet { key, expires_at } => {
            let layout = v1::ApiKeyExpirySet {
                key: key.as_uuid().into_bytes(),
                expires_at: expires_at.map(Timestamp::as_micros),
            };
            binary::write(event_type, layout)
        }
        OrganisationEvent::ApiKeyRevoked { key } => {
            binary::write(event_type, v1::ApiKeyRevoked { key: key.as_uuid().into_bytes() })
        }
        OrganisationEvent::ActionRefused { action, target, code } => {
            let layout = v1::ActionRefused {
                action: text("action", action, limits::CODE_BYTES_MAX)?,
                target: text("target", target, limits::TARGET_BYTES_MAX)?,
                code: text("code", code, limits::CODE_BYTES_MAX)?,
            };
            binary::write(event_type, layout)
        }
    }
}

const fn scope(scope: Scope) -> v1::Scope {
    match scope {
        Scope::Read => v1::Scope::Read,
        Scope::Operate => v1::Scope::Operate,
        Scope::Resolve => v1::Scope::Resolve,
        Scope::Ingest => v1::Scope::Ingest,
        Scope::Admin => v1::Scope::Admin,
        Scope::Audit => v1::Scope::Audit,
    }
}
