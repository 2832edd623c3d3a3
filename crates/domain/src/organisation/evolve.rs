//! Folds events into the state of an organisation.

use super::{ApiKey, OrganisationEvent, OrganisationState, Settled};
use crate::decider::Recorded;

/// Takes one more event into the state. Total: an event has already happened.
pub fn evolve(state: &mut OrganisationState, event: &OrganisationEvent, recorded: Recorded) {
    match event {
        OrganisationEvent::ApiKeyCreated { key, name, scopes, secret_sha256, expires_at } => {
            let created_at = recorded.at;
            let made = ApiKey {
                name: name.clone(),
                scopes: *scopes,
                secret_sha256: *secret_sha256,
                created_at,
                expires_at: *expires_at,
                lifetime_micros: expires_at
                    .map(|at| at.as_micros().saturating_sub(created_at.as_micros())),
                revoked_at: None,
            };
            state.keys.insert(*key, made);
        }
        OrganisationEvent::ApiKeyExpirySet { key, expires_at } => {
            if let Some(key) = state.keys.get_mut(key) {
                key.expires_at = *expires_at;
            }
        }
        OrganisationEvent::ApiKeyRevoked { key } => {
            if let Some(key) = state.keys.get_mut(key) {
                key.revoked_at = Some(recorded.at);
            }
        }
        // It changes nothing that a decision reads.
        OrganisationEvent::ActionRefused { .. } => {}
        OrganisationEvent::ProviderEventUnmatched { event, reason, told } => {
            state.provider.keep(*event, *reason, told, recorded);
        }
        OrganisationEvent::ProviderEventMatched { event, call, status } => {
            state.provider.settle(
                *event,
                Settled::Matched { call: *call, status: *status },
                recorded,
            );
        }
        OrganisationEvent::ProviderEventDismissed { event, note } => {
            state.provider.settle(*event, Settled::Dismissed { note: note.clone() }, recorded);
        }
        OrganisationEvent::ProviderWordsSet { provider, words } => {
            if words.is_empty() {
                state.provider.words.remove(provider);
            } else {
                state.provider.words.insert(provider.clone(), words.clone());
            }
        }
    }
}
