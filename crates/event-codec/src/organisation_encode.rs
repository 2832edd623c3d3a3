//! Organisation events to the newest layout.

use branchline_domain::{
    id::{CallId, ProviderEventId},
    organisation::{OrganisationEvent, ProviderTold, Scope, UnmatchedReason},
    provider::WordMeaning,
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
        OrganisationEvent::ProviderEventUnmatched { event, reason, told } => {
            binary::write(event_type, unmatched(event_type, *event, *reason, told)?)
        }
        OrganisationEvent::ProviderEventMatched { event, call, status } => {
            let (event, call) = (event.as_uuid().into_bytes(), self::call(*call));
            let layout = v1::ProviderEventMatched { event, call, status: (*status).into() };
            binary::write(event_type, layout)
        }
        OrganisationEvent::ProviderEventDismissed { event, note } => {
            let event = event.as_uuid().into_bytes();
            let note = text("note", note, limits::DISMISSAL_NOTE_BYTES_MAX)?;
            binary::write(event_type, v1::ProviderEventDismissed { event, note })
        }
        OrganisationEvent::ProviderWordsSet { provider, words } => {
            let written = words.iter().map(|(word, meaning)| {
                Ok((text("word", word, limits::WORD_BYTES_MAX)?, self::meaning(*meaning)))
            });
            let layout = v1::ProviderWordsSet {
                provider: text("provider", provider, limits::PROVIDER_BYTES_MAX)?,
                words: written.collect::<Result<_, EncodeError>>()?,
            };
            binary::write(event_type, layout)
        }
    }
}

fn unmatched<'a>(
    event_type: &'static str,
    event: ProviderEventId,
    reason: UnmatchedReason,
    told: &'a ProviderTold,
) -> Result<v1::ProviderEventUnmatched<'a>, EncodeError> {
    let text = |field, value, limit| limits::text(event_type, field, value, limit);
    let name = |field, value: &'a Option<String>| {
        let limit = limits::PROVIDER_TEXT_BYTES_MAX;
        limits::optional(event_type, field, value.as_deref(), limit)
    };
    let facts = told.facts.iter().map(|(name, value)| {
        let limit = limits::FACT_BYTES_MAX;
        Ok((text("facts", name, limit)?, text("facts", value, limit)?))
    });
    Ok(v1::ProviderEventUnmatched {
        event: event.as_uuid().into_bytes(),
        reason: match reason {
            UnmatchedReason::UnknownWord => v1::UnmatchedReason::UnknownWord,
            UnmatchedReason::UnknownCall => v1::UnmatchedReason::UnknownCall,
        },
        provider: text("provider", &told.provider, limits::PROVIDER_BYTES_MAX)?,
        word: text("word", &told.word, limits::WORD_BYTES_MAX)?,
        provider_call_id: name("provider_call_id", &told.provider_call_id)?,
        call: told.call.map(call),
        event_id: name("event_id", &told.event_id)?,
        end_reason: name("end_reason", &told.end_reason)?,
        occurred_at: told.occurred_at.map(Timestamp::as_micros),
        facts: facts.collect::<Result<_, EncodeError>>()?,
    })
}

const fn call(call: CallId) -> v1::Call {
    v1::Call { lead: call.lead.as_uuid().into_bytes(), number: call.number }
}

fn meaning(meaning: WordMeaning) -> v1::WordMeaning {
    match meaning {
        WordMeaning::Status(status) => v1::WordMeaning::Status(status.into()),
        WordMeaning::Ignore => v1::WordMeaning::Ignore,
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
