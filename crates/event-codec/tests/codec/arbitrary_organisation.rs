//! Arbitrary events of an organisation.

use branchline_domain::{
    id::{ApiKeyId, CallId, LeadId, ProviderEventId},
    organisation::{OrganisationEvent, ProviderTold, Scope, SecretDigest, UnmatchedReason},
    provider::WordMeaning,
};
use proptest::{
    collection::{btree_map, vec},
    option,
    prelude::*,
    strategy::Union,
};

use crate::arbitrary::{instants, short, status, text};

/// Any event of an organisation; each type as likely as the others.
pub(crate) fn organisation_event() -> impl Strategy<Value = OrganisationEvent> {
    let key = || any::<u128>().prop_map(ApiKeyId::from_u128);
    let scopes = vec(proptest::sample::select(Scope::ALL.to_vec()), 0..9);
    Union::new([
        (key(), text(100), scopes, any::<[u8; 32]>(), instants())
            .prop_map(|(key, name, scopes, digest, expires_at)| OrganisationEvent::ApiKeyCreated {
                key,
                name,
                scopes: scopes.into_iter().collect(),
                secret_sha256: SecretDigest(digest),
                expires_at,
            })
            .boxed(),
        (key(), instants())
            .prop_map(|(key, expires_at)| OrganisationEvent::ApiKeyExpirySet { key, expires_at })
            .boxed(),
        key().prop_map(|key| OrganisationEvent::ApiKeyRevoked { key }).boxed(),
        (text(16), text(40), text(16))
            .prop_map(|(action, target, code)| OrganisationEvent::ActionRefused {
                action,
                target,
                code,
            })
            .boxed(),
        unmatched().boxed(),
        (pe(), call(), status())
            .prop_map(|(event, call, status)| OrganisationEvent::ProviderEventMatched {
                event,
                call,
                status,
            })
            .boxed(),
        (pe(), text(50))
            .prop_map(|(event, note)| OrganisationEvent::ProviderEventDismissed { event, note })
            .boxed(),
        (text(8), btree_map(text(16), meaning(), 0..9))
            .prop_map(|(provider, words)| OrganisationEvent::ProviderWordsSet { provider, words })
            .boxed(),
    ])
}

fn pe() -> impl Strategy<Value = ProviderEventId> {
    any::<u128>().prop_map(ProviderEventId::from_u128)
}

fn call() -> impl Strategy<Value = CallId> {
    (any::<u128>(), any::<u32>())
        .prop_map(|(lead, number)| CallId { lead: LeadId::from_u128(lead), number })
}

fn meaning() -> impl Strategy<Value = WordMeaning> {
    prop_oneof![status().prop_map(WordMeaning::Status), Just(WordMeaning::Ignore)]
}

fn unmatched() -> impl Strategy<Value = OrganisationEvent> {
    let told = (
        text(8),
        text(16),
        option::of(short()),
        option::of(call()),
        option::of(short()),
        option::of(short()),
        instants(),
        btree_map(text(9), text(16), 0..5),
    )
        .prop_map(
            |(provider, word, provider_call_id, call, event_id, end_reason, at, facts)| {
                let occurred_at = at;
                Box::new(ProviderTold {
                    provider,
                    word,
                    provider_call_id,
                    call,
                    event_id,
                    end_reason,
                    occurred_at,
                    facts,
                })
            },
        );
    let reasons = proptest::sample::select(UnmatchedReason::ALL.to_vec());
    (pe(), reasons, told).prop_map(|(event, reason, told)| {
        OrganisationEvent::ProviderEventUnmatched { event, reason, told }
    })
}
