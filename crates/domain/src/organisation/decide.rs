//! What a command to an organisation makes true.

use super::{
    ApiKey, ApiKeyStatus, NewProviderEvent, OrganisationEvent, OrganisationRejection,
    OrganisationState, Scopes, SecretDigest, provider_decide,
};
use crate::{
    call_status::CallStatus,
    id::{ApiKeyId, CallId, ProviderEventId},
    provider::Words,
    time::Timestamp,
};

/// Longest name of a key. Unit: characters.
pub const KEY_NAME_CHARS_MAX: usize = 100;
/// Most keys of an organisation that open something at one time.
pub const LIVE_KEYS_MAX: usize = 1_000;
/// Longest time that a rotated key goes on beside its successor. Unit: seconds.
pub const OVERLAP_MAX_S: u32 = 30 * 24 * 3_600;
/// Longest word for a refused action, and longest code of its answer. Unit: bytes.
pub const CODE_BYTES_MAX: usize = 64;
/// Longest text for what a refused action was about. Unit: bytes.
pub const TARGET_BYTES_MAX: usize = 160;

/// A key to make. Its secret was drawn outside, and only its digest comes here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewApiKey {
    /// Its id.
    pub key: ApiKeyId,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub scopes: Scopes,
    /// What its secret hashes to.
    pub secret_sha256: SecretDigest,
    /// From when on it opens nothing.
    pub expires_at: Option<Timestamp>,
}

/// A request to an organisation. May be refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrganisationCommand {
    /// Make a key.
    CreateKey(NewApiKey),
    /// Make a key with another one's name, scopes and length of life, and let the other one end
    /// after an overlap: both in one record.
    RotateKey {
        /// The key that ends.
        key: ApiKeyId,
        /// The id of its successor.
        successor: ApiKeyId,
        /// What the successor's secret hashes to.
        secret_sha256: SecretDigest,
        /// How long both open. Unit: seconds.
        overlap_s: u32,
    },
    /// Set from when on a key opens nothing; `None` for never.
    SetKeyExpiry {
        /// Which.
        key: ApiKeyId,
        /// From when on.
        expires_at: Option<Timestamp>,
    },
    /// End a key now.
    RevokeKey {
        /// Which.
        key: ApiKeyId,
    },
    /// Remember that something was refused to a key of the organisation.
    NoteRefusal {
        /// What was asked.
        action: String,
        /// Of what.
        target: String,
        /// The code of the answer.
        code: String,
    },
    /// Keep what a provider told and nobody could use.
    KeepProviderEvent(Box<NewProviderEvent>),
    /// Say that what a provider told was about this call, and meant this status. Whoever asks has
    /// it reported of the call before it is recorded.
    MatchProviderEvent {
        /// Which.
        event: ProviderEventId,
        /// The call.
        call: CallId,
        /// The status.
        status: CallStatus,
    },
    /// Say that nothing has to come of it.
    DismissProviderEvent {
        /// Which.
        event: ProviderEventId,
        /// Why.
        note: String,
    },
    /// Set the organisation's own words of a provider: these and no others.
    SetProviderWords {
        /// Whose.
        provider: String,
        /// What each means. Upper and lower case are the same.
        words: Words,
    },
}

/// Facts from outside that a decision reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrganisationContext {
    /// The time of the decision.
    pub now: Timestamp,
    /// Most messages of providers that may wait for a person.
    pub unmatched_max: usize,
}

pub(super) type Decision = Result<Vec<OrganisationEvent>, OrganisationRejection>;

/// Decides what a command makes true. An empty list means "nothing new".
///
/// # Errors
///
/// A rejection when the rules refuse the command. Nothing is recorded then.
pub fn decide(
    state: &OrganisationState,
    command: &OrganisationCommand,
    context: &OrganisationContext,
) -> Decision {
    let now = context.now;
    match command {
        OrganisationCommand::CreateKey(new) => create(state, new, now),
        OrganisationCommand::RotateKey { key, successor, secret_sha256, overlap_s } => {
            let new = (*successor, *secret_sha256);
            rotate(state, *key, new, *overlap_s, now)
        }
        OrganisationCommand::SetKeyExpiry { key, expires_at } => {
            set_expiry(state, *key, *expires_at, now)
        }
        OrganisationCommand::RevokeKey { key } => {
            let known = find(state, *key)?;
            let revoked = OrganisationEvent::ApiKeyRevoked { key: *key };
            // An expired key is revoked too: its expiry could be set anew otherwise.
            Ok(if known.revoked_at.is_none() { vec![revoked] } else { Vec::new() })
        }
        OrganisationCommand::NoteRefusal { action, target, code } => {
            note_refusal(state, action, target, code)
        }
        OrganisationCommand::KeepProviderEvent(new) => {
            provider_decide::keep(state, new, context.unmatched_max)
        }
        OrganisationCommand::MatchProviderEvent { event, call, status } => {
            provider_decide::match_to(state, *event, *call, *status)
        }
        OrganisationCommand::DismissProviderEvent { event, note } => {
            provider_decide::dismiss(state, *event, note)
        }
        OrganisationCommand::SetProviderWords { provider, words } => {
            provider_decide::set_words(state, provider, words)
        }
    }
}

fn find(state: &OrganisationState, key: ApiKeyId) -> Result<&ApiKey, OrganisationRejection> {
    state.keys.get(&key).ok_or(OrganisationRejection::KeyNotFound { key })
}

fn create(state: &OrganisationState, new: &NewApiKey, now: Timestamp) -> Decision {
    let name = key_name(&new.name)?;
    if new.scopes.is_empty() {
        return Err(invalid("scopes", "a key without scopes opens nothing; name at least one"));
    }
    if let Some(known) = state.keys.get(&new.key) {
        let same = known.secret_sha256 == new.secret_sha256
            && (&known.name, known.scopes) == (&name, new.scopes);
        return if same {
            Ok(Vec::new())
        } else {
            Err(OrganisationRejection::KeyExists { key: new.key })
        };
    }
    in_the_future(new.expires_at, now)?;
    room_for_one_more(state, now)?;
    Ok(vec![OrganisationEvent::ApiKeyCreated {
        key: new.key,
        name,
        scopes: new.scopes,
        secret_sha256: new.secret_sha256,
        expires_at: new.expires_at,
    }])
}

fn rotate(
    state: &OrganisationState,
    key: ApiKeyId,
    (successor, secret_sha256): (ApiKeyId, SecretDigest),
    overlap_s: u32,
    now: Timestamp,
) -> Decision {
    let known = find(state, key)?;
    if let Some(made) = state.keys.get(&successor) {
        return if made.secret_sha256 == secret_sha256 {
            Ok(Vec::new())
        } else {
            Err(OrganisationRejection::KeyExists { key: successor })
        };
    }
    if overlap_s > OVERLAP_MAX_S {
        let problem = format!("is {overlap_s} s; at most {OVERLAP_MAX_S} s (30 days) are kept");
        return Err(invalid("overlap_s", problem));
    }
    live(key, known, now)?;
    room_for_one_more(state, now)?;
    let created = OrganisationEvent::ApiKeyCreated {
        key: successor,
        name: known.name.clone(),
        scopes: known.scopes,
        secret_sha256,
        expires_at: known.lifetime_micros.map(|micros| now.plus_micros(micros)),
    };
    let end = now.plus_seconds(overlap_s.into());
    // A rotation shortens a key's time and never adds to it.
    let end = known.expires_at.map_or(end, |expires_at| expires_at.min(end));
    let mut events = vec![created];
    if known.expires_at != Some(end) {
        events.push(OrganisationEvent::ApiKeyExpirySet { key, expires_at: Some(end) });
    }
    Ok(events)
}

fn set_expiry(
    state: &OrganisationState,
    key: ApiKeyId,
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> Decision {
    let known = find(state, key)?;
    if known.expires_at == expires_at && known.revoked_at.is_none() {
        return Ok(Vec::new());
    }
    live(key, known, now)?;
    in_the_future(expires_at, now)?;
    Ok(vec![OrganisationEvent::ApiKeyExpirySet { key, expires_at }])
}

fn note_refusal(state: &OrganisationState, action: &str, target: &str, code: &str) -> Decision {
    if state.keys.is_empty() {
        return Err(OrganisationRejection::NoKeys);
    }
    for (field, text, limit) in [
        ("action", action, CODE_BYTES_MAX),
        ("target", target, TARGET_BYTES_MAX),
        ("code", code, CODE_BYTES_MAX),
    ] {
        if text.len() > limit {
            let problem = format!("has {} bytes, at most {limit} are kept", text.len());
            return Err(invalid(field, problem));
        }
    }
    Ok(vec![OrganisationEvent::ActionRefused {
        action: action.to_owned(),
        target: target.to_owned(),
        code: code.to_owned(),
    }])
}

fn live(key: ApiKeyId, known: &ApiKey, now: Timestamp) -> Result<(), OrganisationRejection> {
    match known.status(now) {
        ApiKeyStatus::Live => Ok(()),
        status @ (ApiKeyStatus::Expired | ApiKeyStatus::Revoked) => {
            Err(OrganisationRejection::KeyEnded { key, status })
        }
    }
}

fn in_the_future(
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), OrganisationRejection> {
    match expires_at {
        Some(at) if at <= now => {
            let problem = format!("{at} is over; to end a key now, revoke it");
            Err(invalid("expires_at", problem))
        }
        Some(_) | None => Ok(()),
    }
}

fn room_for_one_more(
    state: &OrganisationState,
    now: Timestamp,
) -> Result<(), OrganisationRejection> {
    // Counting is for the rare case that it matters.
    if state.keys.len() >= LIVE_KEYS_MAX && state.live_keys(now) >= LIVE_KEYS_MAX {
        return Err(OrganisationRejection::TooManyKeys);
    }
    Ok(())
}

fn key_name(name: &str) -> Result<String, OrganisationRejection> {
    let name = name.trim();
    let chars = name.chars().count();
    if chars == 0 || chars > KEY_NAME_CHARS_MAX {
        let problem = format!("must have 1 to {KEY_NAME_CHARS_MAX} characters, this has {chars}");
        return Err(invalid("name", problem));
    }
    if name.chars().any(char::is_control) {
        return Err(invalid("name", "must be one line without control characters"));
    }
    Ok(name.to_owned())
}

pub(super) fn invalid(field: &'static str, problem: impl Into<String>) -> OrganisationRejection {
    OrganisationRejection::Invalid { field, problem: problem.into() }
}
