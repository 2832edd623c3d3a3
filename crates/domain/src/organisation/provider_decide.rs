//! What commands about messages of providers make true.

use super::{
    KeptEvent, OrganisationEvent, OrganisationRejection, OrganisationState, ProviderTold, Settled,
    UnmatchedReason,
    decide::{Decision, invalid},
};
use crate::{
    call_status::CallStatus,
    id::{CallId, ProviderEventId},
    provider::{Words, as_compared, check_provider, check_word},
};

/// Longest name that a provider gives a call or a message, and longest word for why a call ended.
/// Unit: bytes.
pub const PROVIDER_TEXT_BYTES_MAX: usize = 256;
/// Most further facts that are kept of a message.
pub const FACTS_MAX: usize = 16;
/// Longest of them. Unit: bytes.
pub const FACT_BYTES_MAX: usize = 64;
/// Longest note of a dismissal. Unit: characters.
pub const DISMISSAL_NOTE_CHARS_MAX: usize = 200;
/// Most words of a provider that an organisation sets.
pub const WORDS_MAX: usize = 100;
/// Most providers whose words an organisation sets.
pub const PROVIDERS_MAX: usize = 50;

/// A message to keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewProviderEvent {
    /// Its name.
    pub event: ProviderEventId,
    /// Why it could not be used.
    pub reason: UnmatchedReason,
    /// What the provider told.
    pub told: ProviderTold,
}

pub(super) fn keep(state: &OrganisationState, new: &NewProviderEvent, most: usize) -> Decision {
    check_told(&new.told)?;
    if state.provider.get(new.event).is_some() {
        return Ok(Vec::new());
    }
    let unmatched = state.provider.unmatched();
    if unmatched >= most {
        return Err(OrganisationRejection::TooManyUnmatched { unmatched });
    }
    let (event, reason, told) = (new.event, new.reason, Box::new(new.told.clone()));
    Ok(vec![OrganisationEvent::ProviderEventUnmatched { event, reason, told }])
}

/// Whether what a provider told is within its limits.
///
/// # Errors
///
/// [`OrganisationRejection::Invalid`] with the field that is not.
pub fn check_told(told: &ProviderTold) -> Result<(), OrganisationRejection> {
    check_provider(&told.provider).map_err(|problem| invalid("provider", problem))?;
    check_word(&told.word).map_err(|problem| invalid("status", problem))?;
    for (field, text) in [
        ("provider_call_id", &told.provider_call_id),
        ("event_id", &told.event_id),
        ("end_reason", &told.end_reason),
    ] {
        let bytes = text.as_ref().map_or(0, String::len);
        if bytes > PROVIDER_TEXT_BYTES_MAX {
            let problem = format!("has {bytes} bytes, at most {PROVIDER_TEXT_BYTES_MAX} are kept");
            return Err(invalid(field, problem));
        }
    }
    let mut texts = told.facts.iter().flat_map(|(name, value)| [name, value]);
    if told.facts.len() > FACTS_MAX || texts.any(|text| text.len() > FACT_BYTES_MAX) {
        let problem = format!("at most {FACTS_MAX} facts of {FACT_BYTES_MAX} bytes are kept");
        return Err(invalid("payload", problem));
    }
    Ok(())
}

pub(super) fn match_to(
    state: &OrganisationState,
    event: ProviderEventId,
    call: CallId,
    status: CallStatus,
) -> Decision {
    settle(state, event, &Settled::Matched { call, status }, || {
        OrganisationEvent::ProviderEventMatched { event, call, status }
    })
}

pub(super) fn dismiss(state: &OrganisationState, event: ProviderEventId, note: &str) -> Decision {
    let note = note.trim();
    let chars = note.chars().count();
    if chars == 0 || chars > DISMISSAL_NOTE_CHARS_MAX || note.chars().any(char::is_control) {
        let problem = format!(
            "must say why on one line of 1 to {DISMISSAL_NOTE_CHARS_MAX} characters, this has {chars}"
        );
        return Err(invalid("note", problem));
    }
    settle(state, event, &Settled::Dismissed { note: note.to_owned() }, || {
        OrganisationEvent::ProviderEventDismissed { event, note: note.to_owned() }
    })
}

/// The first decision stands; the same one again is no news.
fn settle(
    state: &OrganisationState,
    event: ProviderEventId,
    how: &Settled,
    made: impl FnOnce() -> OrganisationEvent,
) -> Decision {
    let kept: &KeptEvent =
        state.provider.get(event).ok_or(OrganisationRejection::ProviderEventNotFound { event })?;
    match &kept.settled {
        None => Ok(vec![made()]),
        Some((settled, ..)) if settled == how => Ok(Vec::new()),
        Some(_) => Err(OrganisationRejection::ProviderEventSettled { event, state: kept.state() }),
    }
}

pub(super) fn set_words(state: &OrganisationState, provider: &str, words: &Words) -> Decision {
    check_provider(provider).map_err(|problem| invalid("provider", problem))?;
    if words.len() > WORDS_MAX {
        let problem = format!("has {} words, at most {WORDS_MAX} are kept", words.len());
        return Err(invalid("words", problem));
    }
    let mut compared = Words::new();
    for (word, meaning) in words {
        check_word(word).map_err(|problem| invalid("words", format!("`{word}`: {problem}")))?;
        if let Some(other) = compared.insert(as_compared(word), *meaning)
            && other != *meaning
        {
            let problem = format!("`{word}` is there twice: upper and lower case are the same");
            return Err(invalid("words", problem));
        }
    }
    let known = &state.provider.words;
    let none = Words::new();
    if *known.get(provider).unwrap_or(&none) == compared {
        return Ok(Vec::new());
    }
    if !known.contains_key(provider) && known.len() >= PROVIDERS_MAX {
        let problem = format!("words of {PROVIDERS_MAX} providers are set, the most there may be");
        return Err(invalid("provider", problem));
    }
    Ok(vec![OrganisationEvent::ProviderWordsSet { provider: provider.to_owned(), words: compared }])
}
