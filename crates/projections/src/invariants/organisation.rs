//! The rules of one organisation's stream. Source: CONTRACT.md 9.

use std::collections::BTreeMap;

use branchline_domain::{
    id::{ApiKeyId, OrganisationId},
    organisation::OrganisationEvent,
};

use super::rule::{Judge, Rule};
use crate::fact::Fact;

/// The keys that were made, each with whether it was revoked.
pub(super) type Keys = BTreeMap<ApiKeyId, bool>;

/// Takes the events of one record in.
pub(super) fn follow(
    keys: &mut Keys,
    id: OrganisationId,
    events: &[OrganisationEvent],
    fact: &Fact<'_>,
    judge: &mut Judge,
) {
    let own = fact.organisation == id;
    judge.ensure(Rule::ApiKey, own, || format!("is written for {}", fact.organisation));
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
        }
    }
}
