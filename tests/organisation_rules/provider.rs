//! What providers told and nobody could use.

use branchline_domain::{
    call_status::CallStatus,
    id::{CallId, LeadId, ProviderEventId},
    organisation::{
        DISMISSAL_NOTE_CHARS_MAX, NewProviderEvent, Organisation, OrganisationCommand,
        OrganisationEvent, OrganisationRejection, ProviderEventState, ProviderTold,
        SETTLED_EVENTS_KEPT, UnmatchedReason, WORDS_MAX,
    },
    provider::{WordMeaning, Words, meaning},
};
use branchline_testkit::{Given, given};

use crate::support::{UNMATCHED_MAX, at};

const EVENT: ProviderEventId = ProviderEventId::from_u128(7);
const CALL: CallId = CallId { lead: LeadId::from_u128(2), number: 1 };

fn told() -> ProviderTold {
    ProviderTold { provider: "acme".into(), word: "Rang out".into(), ..ProviderTold::default() }
}

fn new(event: ProviderEventId, told: ProviderTold) -> OrganisationCommand {
    let reason = UnmatchedReason::UnknownWord;
    OrganisationCommand::KeepProviderEvent(Box::new(NewProviderEvent { event, reason, told }))
}

fn unmatched(event: ProviderEventId) -> OrganisationEvent {
    let (reason, told) = (UnmatchedReason::UnknownWord, Box::new(told()));
    OrganisationEvent::ProviderEventUnmatched { event, reason, told }
}

fn match_to(status: CallStatus) -> OrganisationCommand {
    OrganisationCommand::MatchProviderEvent { event: EVENT, call: CALL, status }
}

fn dismiss(note: &str) -> OrganisationCommand {
    OrganisationCommand::DismissProviderEvent { event: EVENT, note: note.into() }
}

fn set(words: &[(&str, WordMeaning)]) -> OrganisationCommand {
    let words = words.iter().map(|&(word, meaning)| (word.to_owned(), meaning)).collect();
    OrganisationCommand::SetProviderWords { provider: "acme".into(), words }
}

fn with_one() -> Given<Organisation> {
    given([unmatched(EVENT)])
}

const DNP: WordMeaning = WordMeaning::Status(CallStatus::DidNotPick);

#[test]
fn what_a_provider_told_is_kept_until_a_person_has_decided() {
    let story =
        given::<Organisation>([]).when(&new(EVENT, told()), &at(1)).then([unmatched(EVENT)]);
    let desk = &story.state().provider;
    assert_eq!(desk.unmatched(), 1);
    assert_eq!(desk.get(EVENT).unwrap().state(), ProviderEventState::Unmatched);
    let settled = story.when(&match_to(CallStatus::DidNotPick), &at(2)).then([
        OrganisationEvent::ProviderEventMatched {
            event: EVENT,
            call: CALL,
            status: CallStatus::DidNotPick,
        },
    ]);
    let desk = &settled.state().provider;
    assert_eq!(desk.unmatched(), 0);
    assert_eq!(desk.get(EVENT).unwrap().state(), ProviderEventState::Matched);
}

#[test]
fn the_same_message_is_kept_once_also_after_it_was_decided_about() {
    with_one().when(&new(EVENT, told()), &at(1)).then_nothing_happens().done();
    given::<Organisation>([
        unmatched(EVENT),
        OrganisationEvent::ProviderEventDismissed { event: EVENT, note: "a test".into() },
    ])
    .when(&new(EVENT, told()), &at(1))
    .then_nothing_happens()
    .done();
}

#[test]
fn no_more_are_kept_than_may_wait_and_no_longer_texts_than_there_may_be() {
    let full: Vec<_> = (0..UNMATCHED_MAX as u128)
        .map(|number| unmatched(ProviderEventId::from_u128(100 + number)))
        .collect();
    given::<Organisation>(full.clone())
        .when(&new(EVENT, told()), &at(1))
        .then_refused(&OrganisationRejection::TooManyUnmatched { unmatched: UNMATCHED_MAX })
        .done();
    // One that is there already is no more.
    given::<Organisation>(full)
        .when(&new(ProviderEventId::from_u128(100), told()), &at(1))
        .then_nothing_happens()
        .done();
    for wrong in [
        ProviderTold { provider: "Acme!".into(), ..told() },
        ProviderTold { word: "x".repeat(65), ..told() },
        ProviderTold { event_id: Some("x".repeat(257)), ..told() },
        ProviderTold { facts: [("Duration".into(), "x".repeat(65))].into(), ..told() },
    ] {
        given::<Organisation>([])
            .when(&new(EVENT, wrong), &at(1))
            .then_refused_as(|no| matches!(no, OrganisationRejection::Invalid { .. }))
            .done();
    }
}

#[test]
fn the_first_decision_about_a_message_stands_and_the_same_again_is_no_news() {
    let matched =
        || {
            let status = CallStatus::DidNotPick;
            with_one().when(&match_to(status), &at(1)).then([
                OrganisationEvent::ProviderEventMatched { event: EVENT, call: CALL, status },
            ])
        };
    matched().when(&match_to(CallStatus::DidNotPick), &at(2)).then_nothing_happens().done();
    let state = ProviderEventState::Matched;
    let settled = OrganisationRejection::ProviderEventSettled { event: EVENT, state };
    matched().when(&match_to(CallStatus::Busy), &at(2)).then_refused(&settled).done();
    matched().when(&dismiss("a test"), &at(2)).then_refused(&settled).done();
    given::<Organisation>([])
        .when(&match_to(CallStatus::Busy), &at(1))
        .then_refused(&OrganisationRejection::ProviderEventNotFound { event: EVENT })
        .done();
}

#[test]
fn a_message_is_dismissed_once_and_with_a_note() {
    let dismissed = || {
        with_one().when(&dismiss(" a test "), &at(1)).then([
            OrganisationEvent::ProviderEventDismissed { event: EVENT, note: "a test".into() },
        ])
    };
    dismissed().when(&dismiss("a test"), &at(2)).then_nothing_happens().done();
    let state = ProviderEventState::Dismissed;
    let settled = OrganisationRejection::ProviderEventSettled { event: EVENT, state };
    dismissed().when(&dismiss("another reason"), &at(2)).then_refused(&settled).done();
    dismissed().when(&match_to(CallStatus::Busy), &at(2)).then_refused(&settled).done();
    for wrong in ["", "  ", "two\nlines", &"x".repeat(DISMISSAL_NOTE_CHARS_MAX + 1)] {
        with_one()
            .when(&dismiss(wrong), &at(1))
            .then_refused_as(|no| matches!(no, OrganisationRejection::Invalid { .. }))
            .done();
    }
}

#[test]
fn words_are_set_as_a_whole_in_lower_case_and_the_same_again_is_no_news() {
    let words: Words = [("rang out".to_owned(), DNP)].into();
    let story = given::<Organisation>([])
        .when(&set(&[(" Rang out", DNP)]), &at(1))
        .then([OrganisationEvent::ProviderWordsSet { provider: "acme".into(), words }]);
    assert_eq!(meaning(&story.state().provider.words, "acme", "RANG OUT"), Some(DNP));
    let again = story.when(&set(&[("rang out", DNP)]), &at(2)).then_nothing_happens();
    let none = again.when(&set(&[]), &at(3)).then([OrganisationEvent::ProviderWordsSet {
        provider: "acme".into(),
        words: Words::new(),
    }]);
    assert!(none.state().provider.words.is_empty());
}

#[test]
fn words_have_their_limits_and_say_one_thing() {
    let many: Vec<String> = (0..=WORDS_MAX).map(|number| format!("w{number}")).collect();
    let many: Vec<_> = many.iter().map(|word| (word.as_str(), DNP)).collect();
    for wrong in [&many[..], &[("", DNP)], &[("Gone", DNP), ("gone", WordMeaning::Ignore)]] {
        given::<Organisation>([])
            .when(&set(wrong), &at(1))
            .then_refused_as(|no| matches!(no, OrganisationRejection::Invalid { .. }))
            .done();
    }
}

#[test]
fn of_what_was_decided_the_newest_are_remembered() {
    let events = (0..=SETTLED_EVENTS_KEPT as u128).flat_map(|number| {
        let event = ProviderEventId::from_u128(number + 1);
        let note = "a test".into();
        [unmatched(event), OrganisationEvent::ProviderEventDismissed { event, note }]
    });
    let story = given::<Organisation>(events.chain([unmatched(ProviderEventId::from_u128(0))]));
    let desk = &story.state().provider;
    assert_eq!((desk.events().count(), desk.unmatched()), (SETTLED_EVENTS_KEPT + 1, 1));
    assert!(desk.get(ProviderEventId::from_u128(1)).is_none());
    assert!(desk.get(ProviderEventId::from_u128(2)).is_some());
    story.when(&dismiss("a test"), &at(1)).then_nothing_happens().done();
}
