//! Organisation events from every layout.

use branchline_domain::{
    id::{ApiKeyId, CallId, LeadId, ProviderEventId},
    organisation::{OrganisationEvent, ProviderTold, Scope, SecretDigest, UnmatchedReason},
    provider::WordMeaning,
    time::Timestamp,
};
use branchline_journal::record::Event;
use uuid::Uuid;

use crate::{
    DecodeError, binary,
    event_type::{OrganisationEventType, schema_is_known},
    organisation_v1 as v1,
    words::read_optional_instant,
};

/// Reads one event of an organisation.
///
/// # Errors
///
/// [`DecodeError`], with the name of the event's type in every case; never
/// [`DecodeError::Seal`].
pub fn decode_organisation(event: &Event) -> Result<OrganisationEvent, DecodeError> {
    let Some(kind) = OrganisationEventType::named(&event.event_type) else {
        return Err(DecodeError::UnknownType { event_type: event.event_type.as_ref().into() });
    };
    schema_is_known(kind.name(), event.schema)?;
    read(kind, &event.payload)
}

fn read(kind: OrganisationEventType, payload: &[u8]) -> Result<OrganisationEvent, DecodeError> {
    let event_type = kind.name();
    Ok(match kind {
        OrganisationEventType::ApiKeyCreated => {
            let layout: v1::ApiKeyCreated<'_> = binary::read(event_type, payload)?;
            OrganisationEvent::ApiKeyCreated {
                key: key_id(layout.key),
                name: layout.name.into(),
                scopes: layout.scopes.into_iter().map(scope).collect(),
                secret_sha256: SecretDigest(layout.secret_sha256),
                expires_at: layout.expires_at.map(Timestamp::from_micros),
            }
        }
        OrganisationEventType::ApiKeyExpirySet => {
            let v1::ApiKeyExpirySet { key, expires_at } = binary::read(event_type, payload)?;
            let expires_at = expires_at.map(Timestamp::from_micros);
            OrganisationEvent::ApiKeyExpirySet { key: key_id(key), expires_at }
        }
        OrganisationEventType::ApiKeyRevoked => {
            let v1::ApiKeyRevoked { key } = binary::read(event_type, payload)?;
            OrganisationEvent::ApiKeyRevoked { key: key_id(key) }
        }
        OrganisationEventType::ActionRefused => {
            let v1::ActionRefused { action, target, code } = binary::read(event_type, payload)?;
            OrganisationEvent::ActionRefused {
                action: action.into(),
                target: target.into(),
                code: code.into(),
            }
        }
        OrganisationEventType::ProviderEventUnmatched => {
            unmatched(event_type, binary::read(event_type, payload)?)?
        }
        OrganisationEventType::ProviderEventMatched => {
            let layout: v1::ProviderEventMatched = binary::read(event_type, payload)?;
            OrganisationEvent::ProviderEventMatched {
                event: event_id(layout.event),
                call: call(layout.call),
                status: layout.status.into(),
            }
        }
        OrganisationEventType::ProviderEventDismissed => {
            let v1::ProviderEventDismissed { event, note } = binary::read(event_type, payload)?;
            OrganisationEvent::ProviderEventDismissed { event: event_id(event), note: note.into() }
        }
        OrganisationEventType::ProviderWordsSet => {
            let v1::ProviderWordsSet { provider, words } = binary::read(event_type, payload)?;
            let words = words.into_iter().map(|(word, said)| (word.into(), meaning(said)));
            OrganisationEvent::ProviderWordsSet {
                provider: provider.into(),
                words: words.collect(),
            }
        }
    })
}

fn unmatched(
    event_type: &'static str,
    layout: v1::ProviderEventUnmatched<'_>,
) -> Result<OrganisationEvent, DecodeError> {
    let facts = layout.facts.into_iter().map(|(name, value)| (name.into(), value.into()));
    let told = ProviderTold {
        provider: layout.provider.into(),
        word: layout.word.into(),
        provider_call_id: layout.provider_call_id.map(Into::into),
        call: layout.call.map(call),
        event_id: layout.event_id.map(Into::into),
        end_reason: layout.end_reason.map(Into::into),
        occurred_at: read_optional_instant(event_type, layout.occurred_at)?,
        facts: facts.collect(),
    };
    let reason = match layout.reason {
        v1::UnmatchedReason::UnknownWord => UnmatchedReason::UnknownWord,
        v1::UnmatchedReason::UnknownCall => UnmatchedReason::UnknownCall,
    };
    let event = event_id(layout.event);
    Ok(OrganisationEvent::ProviderEventUnmatched { event, reason, told: Box::new(told) })
}

fn event_id(bytes: [u8; 16]) -> ProviderEventId {
    ProviderEventId::from_uuid(Uuid::from_bytes(bytes))
}

fn call(call: v1::Call) -> CallId {
    CallId { lead: LeadId::from_uuid(Uuid::from_bytes(call.lead)), number: call.number }
}

fn meaning(meaning: v1::WordMeaning) -> WordMeaning {
    match meaning {
        v1::WordMeaning::Status(status) => WordMeaning::Status(status.into()),
        v1::WordMeaning::Ignore => WordMeaning::Ignore,
    }
}

fn key_id(bytes: [u8; 16]) -> ApiKeyId {
    ApiKeyId::from_uuid(Uuid::from_bytes(bytes))
}

const fn scope(scope: v1::Scope) -> Scope {
    match scope {
        v1::Scope::Read => Scope::Read,
        v1::Scope::Operate => Scope::Operate,
        v1::Scope::Resolve => Scope::Resolve,
        v1::Scope::Ingest => Scope::Ingest,
        v1::Scope::Admin => Scope::Admin,
        v1::Scope::Audit => Scope::Audit,
    }
}
