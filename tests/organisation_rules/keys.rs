//! Making, rotating, dating and ending keys.

use branchline_domain::{
    id::ApiKeyId,
    organisation::{
        ApiKeyStatus, KEY_NAME_CHARS_MAX, LIVE_KEYS_MAX, NewApiKey, OVERLAP_MAX_S, Organisation,
        OrganisationCommand, OrganisationEvent, OrganisationRejection, Scopes,
    },
    time::Timestamp,
};
use branchline_testkit::given;

use crate::support::{
    HOUR_S, KEY, REVOKED, SUCCESSOR, at, create, created, digest, expiry_set, hour, new, with_key,
};

fn rotate(overlap_s: u32) -> OrganisationCommand {
    let secret_sha256 = digest(2);
    OrganisationCommand::RotateKey { key: KEY, successor: SUCCESSOR, secret_sha256, overlap_s }
}

fn successor(expires_at: Option<Timestamp>) -> OrganisationEvent {
    let NewApiKey { name, scopes, .. } = new(SUCCESSOR, None);
    let secret_sha256 = digest(2);
    OrganisationEvent::ApiKeyCreated { key: SUCCESSOR, name, scopes, secret_sha256, expires_at }
}

const fn set_expiry(expires_at: Option<Timestamp>) -> OrganisationCommand {
    OrganisationCommand::SetKeyExpiry { key: KEY, expires_at }
}

const REVOKE: OrganisationCommand = OrganisationCommand::RevokeKey { key: KEY };

const fn ended(status: ApiKeyStatus) -> OrganisationRejection {
    OrganisationRejection::KeyEnded { key: KEY, status }
}

const NOT_FOUND: OrganisationRejection = OrganisationRejection::KeyNotFound { key: KEY };

fn is_invalid(field: &'static str) -> impl Fn(&OrganisationRejection) -> bool {
    move |rejection| matches!(rejection, OrganisationRejection::Invalid { field: at, .. } if *at == field)
}

#[test]
fn a_key_is_made_with_its_name_scopes_and_expiry_and_lives_up_to_it() {
    let story = given::<Organisation>([])
        .when(&create(KEY, Some(hour(2))), &at(0))
        .then([created(KEY, Some(hour(2)))]);
    let key = &story.state().keys[&KEY];
    assert!(key.is_live(hour(2).plus_micros(-1)));
    assert_eq!(key.status(hour(2)), ApiKeyStatus::Expired);
}

#[test]
fn a_key_without_a_name_or_a_scope_or_with_an_expiry_that_is_over_is_refused() {
    let mut nameless = new(KEY, None);
    for name in ["", "  ", "two\nlines", &"n".repeat(KEY_NAME_CHARS_MAX + 1)] {
        name.clone_into(&mut nameless.name);
        given::<Organisation>([])
            .when(&OrganisationCommand::CreateKey(nameless.clone()), &at(0))
            .then_refused_as(is_invalid("name"))
            .done();
    }
    let powerless = NewApiKey { scopes: Scopes::default(), ..new(KEY, None) };
    given::<Organisation>([])
        .when(&OrganisationCommand::CreateKey(powerless), &at(0))
        .then_refused_as(is_invalid("scopes"))
        .done();
    given::<Organisation>([])
        .when(&create(KEY, Some(hour(1))), &at(1))
        .then_refused_as(is_invalid("expires_at"))
        .done();
}

#[test]
fn the_same_key_again_is_no_news_and_another_one_with_its_id_is_refused() {
    let other = NewApiKey { secret_sha256: digest(9), ..new(KEY, None) };
    with_key(None)
        .when(&create(KEY, None), &at(1))
        .then_nothing_happens()
        .when(&OrganisationCommand::CreateKey(other), &at(1))
        .then_refused(&OrganisationRejection::KeyExists { key: KEY })
        .done();
}

#[test]
fn only_keys_that_open_something_count_against_the_limit() {
    let most = u128::try_from(LIVE_KEYS_MAX).unwrap();
    let full = |expires_at| (1..=most).map(move |id| created(ApiKeyId::from_u128(id), expires_at));
    let one_more = create(ApiKeyId::from_u128(most + 1), None);
    given::<Organisation>(full(None))
        .when(&one_more, &at(1))
        .then_refused(&OrganisationRejection::TooManyKeys)
        .when(&rotate(HOUR_S), &at(1))
        .then_refused(&OrganisationRejection::TooManyKeys)
        .when(&REVOKE, &at(1))
        .then([REVOKED])
        .when(&one_more, &at(1))
        .then_accepted()
        .done();
    given::<Organisation>(full(Some(hour(2)))).when(&one_more, &at(2)).then_accepted().done();
}

#[test]
fn a_rotation_makes_a_like_key_and_lets_the_old_one_end_after_the_overlap() {
    with_key(None)
        .when(&rotate(2 * HOUR_S), &at(5))
        .then([successor(None), expiry_set(KEY, Some(hour(7)))])
        .when(&rotate(2 * HOUR_S), &at(6))
        .then_nothing_happens()
        .done();
}

#[test]
fn a_successor_lives_as_long_as_its_forerunner_was_made_to_and_no_rotation_adds_to_a_key() {
    with_key(Some(hour(10)))
        .when(&rotate(9 * HOUR_S), &at(8))
        .then([successor(Some(hour(18)))])
        .done();
}

#[test]
fn a_key_that_ended_or_never_was_is_not_rotated_and_an_overlap_has_its_limit() {
    given::<Organisation>([]).when(&rotate(HOUR_S), &at(0)).then_refused(&NOT_FOUND).done();
    with_key(Some(hour(1)))
        .when(&rotate(OVERLAP_MAX_S + 1), &at(0))
        .then_refused_as(is_invalid("overlap_s"))
        .when(&rotate(HOUR_S), &at(1))
        .then_refused(&ended(ApiKeyStatus::Expired))
        .done();
}

#[test]
fn an_expiry_is_set_moved_and_taken_away_and_the_same_again_is_no_news() {
    with_key(None)
        .when(&set_expiry(Some(hour(3))), &at(0))
        .then([expiry_set(KEY, Some(hour(3)))])
        .when(&set_expiry(Some(hour(3))), &at(1))
        .then_nothing_happens()
        .when(&set_expiry(None), &at(2))
        .then([expiry_set(KEY, None)])
        .done();
}

#[test]
fn an_ended_key_gets_no_more_time_and_no_expiry_is_in_the_past() {
    given::<Organisation>([]).when(&set_expiry(None), &at(0)).then_refused(&NOT_FOUND).done();
    with_key(Some(hour(1)))
        .when(&set_expiry(Some(hour(0))), &at(0))
        .then_refused_as(is_invalid("expires_at"))
        .when(&set_expiry(Some(hour(9))), &at(1))
        .then_refused(&ended(ApiKeyStatus::Expired))
        .when(&REVOKE, &at(1))
        .then([REVOKED])
        .when(&set_expiry(Some(hour(1))), &at(1))
        .then_refused(&ended(ApiKeyStatus::Revoked))
        .done();
}

#[test]
fn a_key_is_revoked_once() {
    let story = with_key(None)
        .when(&REVOKE, &at(1))
        .then([REVOKED])
        .when(&REVOKE, &at(2))
        .then_nothing_happens();
    assert_eq!(story.state().keys[&KEY].status(hour(2)), ApiKeyStatus::Revoked);
    given::<Organisation>([]).when(&REVOKE, &at(0)).then_refused(&NOT_FOUND).done();
}
