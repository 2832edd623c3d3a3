//! Keys, and what may be told of them.

use branchline_domain::{
    id::ApiKeyId,
    organisation::{Scopes, SecretDigest},
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
