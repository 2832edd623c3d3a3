//! The rules of one organisation's stream. Source: CONTRACT.md 9.

use std::collections::BTreeMap;

use branchline_domain::{
    id::{ApiKeyId, OrganisationId, ProviderEventId},
    organisation::OrganisationEvent,
};

use super::rule::{Judge, Rule};
use crate::fact::Fact;

/// What an organisation's stream told so far.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The keys that were made, each with whether it was revoked.
    keys: BTreeMap<ApiKeyId, bool>,
    /// The messages of providers that were kept, each with whether a person has decided.
    provider_events: BTreeMap<ProviderEventId, bool>,
}

/// Takes the events of one record in.
pub(super) fn follow(
    told: &mut Told,
    id: OrganisationId,
    events: &[OrganisationEvent],
    fact: &Fact<'_>,
    judge: &mut Judge,
) {
    let own = fact.organisation == id;
    judge.ensure(Rule::ApiKey, own, || format!("is written for {}", fact.organisation));
    let Told { keys, provider_events } = told;
    for event in events {
        match event {
            OrganisationEvent::ApiKeyCreated { key, .. } => {
                let is_new = keys.insert(*key, false).is_none();
                judge.ensure(Rule::ApiKey, is_new, || format!("made {key} twice"));
            }
            OrganisationEvent::ApiKeyExpirySet { key, .. } => {
                let live = keys.get(key) == Some(&false);
                judge.ensure(Rule::ApiKey, live, || format!("dated {key}, which is not there"));
            }
            OrganisationEvent::ApiKeyRevoked { key } => {
                let live = keys.insert(*key, true) == Some(false);
                judge.ensure(Rule::ApiKey, live, || format!("revoked {key}, which is not there"));
            }
            OrganisationEvent::ActionRefused { action, .. } => {
                judge.ensure(Rule::ApiKey, !keys.is_empty(), || {
                    format!("refused {action} to a key before there was one")
                });
            }
            OrganisationEvent::ProviderEventUnmatched { event, .. } => {
                // One that was decided about long ago may be forgotten, and come again.
                let is_new = provider_events.insert(*event, false) != Some(false);
                judge.ensure(Rule::ProviderEvent, is_new, || format!("kept {event} twice"));
            }
            OrganisationEvent::ProviderEventMatched { event, .. }
            | OrganisationEvent::ProviderEventDismissed { event, .. } => {
                let waits = provider_events.insert(*event, true) == Some(false);
                judge.ensure(Rule::ProviderEvent, waits, || {
                    format!("decided about {event}, which does not wait for it")
                });
            }
            OrganisationEvent::ProviderWordsSet { .. } => {}
        }
    }
}
