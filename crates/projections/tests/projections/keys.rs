//! Keys of an organisation, and what was refused to them.

use branchline_domain::{
    id::{ApiKeyId, OrganisationId},
    organisation::{OrganisationEvent, Scope, SecretDigest},
};
use branchline_journal::record::Position;
use branchline_projections::{
    ApiKeySort, Order, PageStart, Paging, REFUSED_ACTIONS_MAX, RefusalSort,
};

use crate::story::{ORG, Story, minute};

const CREATED: Order<ApiKeySort> = Order { by: ApiKeySort::CreatedAt, descending: false };
const NEWEST: Order<RefusalSort> = Order { by: RefusalSort::At, descending: true };

const fn key(number: u128) -> ApiKeyId {
    ApiKeyId::from_u128(number)
}

fn created(number: u128) -> OrganisationEvent {
    OrganisationEvent::ApiKeyCreated {
        key: key(number),
        name: format!("key {number}"),
        scopes: Scope::ALL.into_iter().take(usize::try_from(number).unwrap()).collect(),
        secret_sha256: SecretDigest([7; 32]),
        expires_at: (number == 2).then(|| minute(900)),
    }
}

pub(crate) fn refused() -> OrganisationEvent {
    OrganisationEvent::ActionRefused {
        action: "workflow.pause".into(),
        target: String::new(),
        code: "scope_missing".into(),
    }
}

/// Three keys: one that is live, one that ends, one that was revoked; and something refused.
pub(crate) fn story_of_keys() -> Story {
    let mut story = Story::default();
    story.keys([created(1)]);
    story.keys([created(2)]);
    let ends = OrganisationEvent::ApiKeyExpirySet { key: key(2), expires_at: Some(minute(10)) };
    story.keys([created(3), ends]);
    story.keys([refused()]);
    story.keys([OrganisationEvent::ApiKeyRevoked { key: key(3) }]);
    story
}

#[test]
fn keys_are_listed_in_order_of_creation_as_they_stand() {
    let story = story_of_keys();
    let page = story.read.api_keys(ORG, CREATED, Paging::first(2));
    let ids: Vec<ApiKeyId> = page.items.iter().map(|(id, _)| *id).collect();
    assert_eq!((ids, page.total), (vec![key(1), key(2)], 3));
    let next = Paging { start: PageStart::After(page.next.unwrap()), limit: 2 };
    let rest = story.read.api_keys(ORG, CREATED, next);
    let [(id, third)] = &rest.items[..] else { panic!("{rest:?}") };
    assert_eq!((*id, third.revoked_at.is_some(), rest.next), (key(3), true, None));
    let state = story.read.organisation(ORG).unwrap();
    assert_eq!((state.live_keys(minute(9)), state.live_keys(minute(10))), (2, 1));
    let newest = Order { descending: true, ..CREATED };
    let page = story.read.api_keys(ORG, newest, Paging::first(2));
    let next = Paging { start: PageStart::After(page.next.unwrap()), limit: 2 };
    let rest = story.read.api_keys(ORG, newest, next).items;
    let ids: Vec<ApiKeyId> = page.items.iter().chain(&rest).map(|(id, _)| *id).collect();
    assert_eq!(ids, [3, 2, 1].map(key));
    let nobody = OrganisationId::from_u128(9);
    assert_eq!(story.read.api_keys(nobody, CREATED, Paging::first(9)).total, 0);
}

#[test]
fn refused_actions_come_newest_first_and_a_cursor_stays_good_while_more_come() {
    let mut story = Story::default();
    story.keys([created(1)]);
    for _ in 0..3 {
        story.keys([refused()]);
    }
    let first = story.read.refused_actions(ORG, NEWEST, Paging::first(1));
    assert_eq!((first.items, first.total), (vec![Position(4)], 3));
    story.keys([refused()]);
    let next = Paging { start: PageStart::After(first.next.unwrap()), limit: 9 };
    assert_eq!(story.read.refused_actions(ORG, NEWEST, next).items, [Position(3), Position(2)]);
    let oldest = Order { descending: false, ..NEWEST };
    let page = story.read.refused_actions(ORG, oldest, Paging::first(3));
    assert_eq!(page.items, [2, 3, 4].map(Position));
    let next = Paging { start: PageStart::After(page.next.unwrap()), limit: 3 };
    assert_eq!(story.read.refused_actions(ORG, oldest, next).items, [Position(5)]);
}

#[test]
fn only_the_newest_refused_actions_are_listed() {
    let mut story = Story::default();
    story.keys([created(1)]);
    for _ in 0..REFUSED_ACTIONS_MAX + 2 {
        story.keys([refused()]);
    }
    let page = story.read.refused_actions(ORG, NEWEST, Paging::first(REFUSED_ACTIONS_MAX + 9));
    assert_eq!(page.total, REFUSED_ACTIONS_MAX as u64);
    assert_eq!(page.items.last(), Some(&Position(4)), "the two oldest are gone");
}
