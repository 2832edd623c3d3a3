//! Keys, and what may be told of them.

use branchline_domain::{
    call_status::CallStatus,
    id::{ApiKeyId, CallId, ProviderEventId},
    organisation::{Scopes, SecretDigest, UnmatchedReason},
};

use super::*;

const KEY: ApiKeyId = ApiKeyId::from_u128(6);
const REVOKED: OrganisationEvent = OrganisationEvent::ApiKeyRevoked { key: KEY };
const DATED: OrganisationEvent = OrganisationEvent::ApiKeyExpirySet { key: KEY, expires_at: None };

pub(super) fn made() -> OrganisationEvent {
    OrganisationEvent::ApiKeyCreated {
        key: KEY,
        name: "Dialler".into(),
        scopes: Scopes::ALL,
        secret_sha256: SecretDigest([0; 32]),
        expires_at: None,
    }
}

const KEPT: ProviderEventId = ProviderEventId::from_u128(7);

pub(super) fn kept() -> OrganisationEvent {
    OrganisationEvent::ProviderEventUnmatched {
        event: KEPT,
        reason: UnmatchedReason::UnknownWord,
        told: Box::default(),
    }
}

fn refused() -> OrganisationEvent {
    OrganisationEvent::ActionRefused {
        action: "lead.resolve".into(),
        target: String::new(),
        code: "scope_missing".into(),
    }
}

fn of_keys(events: impl IntoIterator<Item = OrganisationEvent>) -> Vec<Step> {
    let step = |event| Step::Organisation(OrganisationId::DEFAULT, vec![event]);
    events.into_iter().map(step).collect()
}

#[test]
fn a_key_that_is_made_dated_refused_something_and_revoked_is_in_order() {
    assert_eq!(violations(&of_keys([made(), DATED, refused(), REVOKED])), []);
}

#[test]
fn a_key_twice_or_after_its_end_or_out_of_nowhere_is_told() {
    let twice = format!("made {KEY} twice");
    breaks(&of_keys([made(), made()]), Rule::ApiKey, &twice);
    let dated = format!("dated {KEY}, which is not there");
    breaks(&of_keys([made(), REVOKED, DATED]), Rule::ApiKey, &dated);
    let revoked = format!("revoked {KEY}, which is not there");
    breaks(&of_keys([made(), REVOKED, REVOKED]), Rule::ApiKey, &revoked);
    let early = "refused lead.resolve to a key before there was one";
    breaks(&of_keys([refused()]), Rule::ApiKey, early);
}

#[test]
fn keys_of_another_organisation_in_a_stream_are_told() {
    let stranger = OrganisationId::from_u128(8);
    let told = format!("is written for {}", OrganisationId::DEFAULT);
    breaks(&[Step::Organisation(stranger, vec![made()])], Rule::ApiKey, &told);
}

#[test]
fn a_provider_event_that_is_kept_twice_or_decided_twice_is_told() {
    let event = KEPT;
    let dismissed =
        || OrganisationEvent::ProviderEventDismissed { event, note: "a test call".into() };
    let call = CallId { lead: LeadId::from_u128(2), number: 1 };
    let status = CallStatus::Completed;
    let matched = OrganisationEvent::ProviderEventMatched { event, call, status };
    // One that was decided about may be forgotten after many others, and come again.
    let in_order = [kept(), dismissed(), kept(), matched.clone()];
    assert_eq!(violations(&of_keys(in_order)), []);
    let twice = format!("kept {event} twice");
    breaks(&of_keys([kept(), kept()]), Rule::ProviderEvent, &twice);
    let decided = format!("decided about {event}, which does not wait for it");
    breaks(&of_keys([kept(), dismissed(), matched]), Rule::ProviderEvent, &decided);
    breaks(&of_keys([dismissed()]), Rule::ProviderEvent, &decided);
}
