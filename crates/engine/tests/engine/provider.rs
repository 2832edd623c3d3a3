//! What providers tell: reported of its call, or kept until a person has decided.

use branchline_domain::{
    call_status::CallStatus,
    id::{CallId, LeadId, OrganisationId, ProviderEventId},
    organisation::{
        OrganisationEvent, OrganisationRejection, ProviderEventState, ProviderTold, UnmatchedReason,
    },
    provider::WordMeaning,
};
use branchline_engine::{
    EngineError,
    command::{CallAction, Caller},
    provider::{ProviderAction, ProviderAnswer, ProviderMessage, ProviderOutcome},
};
use branchline_event_codec::encode_organisation;

use crate::{
    twin,
    world::{World, call, config, host, keyed, story},
};

fn message(word: &str, provider_call_id: &str) -> ProviderAction {
    let told = ProviderTold {
        provider: "twilio".into(),
        word: word.into(),
        provider_call_id: Some(provider_call_id.into()),
        ..ProviderTold::default()
    };
    let content = format!("{word} {provider_call_id}");
    ProviderAction::Hear(Box::new(ProviderMessage { told, content }))
}

async fn ask(world: &World, action: ProviderAction) -> Result<ProviderAnswer, EngineError> {
    world.handle().tell_of_provider(host(), action).await
}

async fn outcome(world: &World, action: ProviderAction) -> ProviderOutcome {
    ask(world, action).await.unwrap().outcome
}

async fn kept(world: &World, action: ProviderAction) -> ProviderEventId {
    let outcome = outcome(world, action).await;
    let ProviderOutcome::Kept { event, .. } = outcome else { panic!("{outcome:?}") };
    event
}

async fn state(world: &World, event: ProviderEventId) -> Option<ProviderEventState> {
    let read = world.handle().read(|read| {
        Some(read.organisation(OrganisationId::DEFAULT)?.provider.get(event)?.state())
    });
    read.await.unwrap()
}

/// A call that a provider took under this name.
async fn dispatched(world: &World, name: &str) -> CallId {
    let campaign = world.active().await;
    let lead = world.enrol_one(campaign.workflow, 1).await;
    let action = CallAction::Dispatched { provider_ref: Some(name.into()) };
    world.handle().tell_of_call(host(), call(lead, 1), action).await.unwrap();
    call(lead, 1)
}

async fn status(world: &World, call: CallId) -> CallStatus {
    world.state(call.lead).await.calls[&call.number].status
}

fn set_words(words: &[(&str, WordMeaning)]) -> ProviderAction {
    let words = words.iter().map(|&(word, meaning)| (word.to_owned(), meaning)).collect();
    ProviderAction::SetWords { provider: "twilio".into(), words }
}

fn match_to(event: ProviderEventId, call: Option<CallId>) -> ProviderAction {
    ProviderAction::Match { event, call, status: None }
}

/// Source: CONTRACT.md 4-provider.
#[test]
fn a_known_word_of_a_known_call_is_reported_with_the_word_beside_it() {
    story(async {
        let world = World::start(config());
        let call = dispatched(&world, "CA1").await;
        let status = CallStatus::DidNotPick;
        let reported = ProviderOutcome::Reported { call, status, accepted: true };
        assert_eq!(outcome(&world, message("No-Answer", "CA1")).await, reported);
        let logs = world.handle().calls_of_lead(host().organisation, call.lead).await.unwrap();
        let heard = &logs[0].heard[0];
        assert_eq!((heard.word.as_str(), heard.status), ("No-Answer", status));
        assert_eq!(logs[0].status, status);
        // Again it is no news.
        let records = world.facts().await.len();
        assert_eq!(outcome(&world, message("no-answer", "CA1")).await, reported);
        assert_eq!(world.facts().await.len(), records);
        // Another final one is a conflict, and what was heard stands beside it.
        let busy = ask(&world, message("busy", "CA1")).await.unwrap().outcome;
        let accepted = false;
        assert_eq!(busy, ProviderOutcome::Reported { call, status: CallStatus::Busy, accepted });
    });
}

/// Source: CONTRACT.md 4-unmatched.
#[test]
fn what_cannot_be_used_is_kept_once_over_a_restart_and_says_why() {
    story(async {
        let world = World::start(config());
        let event = kept(&world, message("ringing", "CA9")).await;
        let again = ask(&world, message("ringing", "CA9")).await.unwrap();
        let reason = UnmatchedReason::UnknownCall;
        assert_eq!(again.outcome, ProviderOutcome::Kept { event, reason });
        assert_eq!(again.committed.position, None, "no second record");
        let unknown = outcome(&world, message("gone fishing", "CA9")).await;
        let ProviderOutcome::Kept { event: other, reason } = unknown else { panic!("{unknown:?}") };
        assert_eq!(reason, UnmatchedReason::UnknownWord);
        assert_ne!(event, other);
        let world = world.stop_and_restart().crash_and_restart();
        for event in [event, other] {
            assert_eq!(state(&world, event).await, Some(ProviderEventState::Unmatched));
        }
        let again = ask(&world, message("ringing", "CA9")).await.unwrap();
        assert_eq!(again.committed.position, None);
    });
}

#[test]
fn the_name_of_a_call_is_known_over_a_restart_and_to_its_organisation_alone() {
    story(async {
        let world = World::start(config());
        let call = dispatched(&world, "CA1").await;
        let world = world.stop_and_restart();
        let stranger = Caller { organisation: OrganisationId::from_u128(9), ..host().clone() };
        let theirs = world.handle().tell_of_provider(&stranger, message("busy", "CA1")).await;
        let theirs = theirs.unwrap().outcome;
        let reason = UnmatchedReason::UnknownCall;
        assert!(matches!(theirs, ProviderOutcome::Kept { reason: why, .. } if why == reason));
        let ours = outcome(&world, message("ringing", "CA1")).await;
        let status = CallStatus::Received;
        assert_eq!(ours, ProviderOutcome::Reported { call, status, accepted: true });
    });
}

/// Source: CONTRACT.md 4-unmatched.
#[test]
fn a_word_that_is_mapped_later_is_applied_to_what_was_kept() {
    story(async {
        let world = World::start(config());
        let call = dispatched(&world, "CA1").await;
        let event = kept(&world, message("rang out", "CA1")).await;
        let unmapped = ask(&world, match_to(event, None)).await.unwrap_err();
        let unmapped = unmapped.to_string();
        assert!(unmapped.contains("status") && unmapped.contains("rang out"), "{unmapped}");
        let meaning = WordMeaning::Status(CallStatus::DidNotPick);
        ask(&world, set_words(&[("Rang out", meaning), ("ping", WordMeaning::Ignore)]))
            .await
            .unwrap();
        let records = world.facts().await.len();
        let matched = ask(&world, match_to(event, None)).await.unwrap();
        assert_eq!(status(&world, call).await, CallStatus::DidNotPick);
        assert_eq!(state(&world, event).await, Some(ProviderEventState::Matched));
        assert_eq!(world.facts().await.len(), records + 2, "the report, then the decision");
        assert_eq!(matched.outcome, ProviderOutcome::Settled { event });
        let again = ask(&world, match_to(event, Some(call))).await.unwrap();
        assert_eq!(again.committed.position, None);
        assert_eq!(world.facts().await.len(), records + 2);
        assert_eq!(outcome(&world, message("PING", "CA1")).await, ProviderOutcome::Ignored);
    });
}

#[test]
fn a_person_names_the_call_and_one_that_is_not_there_is_refused_and_leaves_it_waiting() {
    story(async {
        let world = World::start(config());
        let call = dispatched(&world, "CA1").await;
        let event = kept(&world, message("completed", "CA7")).await;
        let nobody = CallId { lead: LeadId::from_u128(999), number: 1 };
        let refused = ask(&world, match_to(event, Some(nobody))).await.unwrap_err();
        assert_eq!(refused, EngineError::CallNotFound(nobody));
        assert_eq!(state(&world, event).await, Some(ProviderEventState::Unmatched));
        ask(&world, match_to(event, Some(call))).await.unwrap();
        assert_eq!(status(&world, call).await, CallStatus::Completed);
        let facts = world.facts().await;
        let reported = facts.iter().rev().nth(1).unwrap();
        assert_eq!(reported.principal, host().principal, "it is that person's report");
        let dismissed = ProviderAction::Dismiss { event, note: "too late".into() };
        let state = ProviderEventState::Matched;
        let settled = OrganisationRejection::ProviderEventSettled { event, state };
        let refused = ask(&world, dismissed).await.unwrap_err();
        assert_eq!(refused, EngineError::Organisation(settled));
    });
}

/// Source: CONTRACT.md 4-unmatched.
#[test]
fn more_than_may_wait_are_refused_and_taken_when_there_is_room() {
    story(async {
        let mut config = config();
        config.unmatched_provider_events_max = 1;
        let world = World::start(config);
        let event = kept(&world, message("ringing", "CA1")).await;
        let refused = ask(&world, message("ringing", "CA2")).await.unwrap_err();
        let full = OrganisationRejection::TooManyUnmatched { unmatched: 1 };
        assert_eq!(refused, EngineError::Organisation(full));
        ask(&world, ProviderAction::Dismiss { event, note: "a test".into() }).await.unwrap();
        assert_ne!(kept(&world, message("ringing", "CA2")).await, event);
    });
}

#[test]
fn a_request_sent_again_under_its_key_gets_its_first_answer() {
    story(async {
        let world = World::start(config());
        let call = dispatched(&world, "CA1").await;
        let caller = keyed("k1", 1);
        let tell = |action| world.handle().tell_of_provider(&caller, action);
        let first = tell(message("rang out", "CA1")).await.unwrap();
        let meaning = WordMeaning::Status(CallStatus::DidNotPick);
        ask(&world, set_words(&[("rang out", meaning)])).await.unwrap();
        assert_eq!(tell(message("rang out", "CA1")).await.unwrap(), first);
        assert_eq!(status(&world, call).await, CallStatus::Created);
    });
}

#[derive(Clone, Copy, Debug)]
enum ToProvider {
    Keep,
    Match,
    Dismiss,
    SetWords,
}

#[test]
fn every_command_about_providers_to_a_stale_organisation_is_fenced_and_done_anew() {
    use ToProvider as To;
    for command in [To::Keep, To::Match, To::Dismiss, To::SetWords] {
        story(async move {
            let world = World::start(config());
            let call = dispatched(&world, "CA1").await;
            let event = kept(&world, message("completed", "CA7")).await;
            let by_a_twin = ProviderEventId::from_u128(77);
            let written = encode_organisation(&OrganisationEvent::ProviderEventUnmatched {
                event: by_a_twin,
                reason: UnmatchedReason::UnknownWord,
                told: Box::default(),
            });
            twin::write_to_organisation(&world, written.unwrap()).await;
            let action = match command {
                To::Keep => message("ringing", "CA8"),
                To::Match => match_to(event, Some(call)),
                To::Dismiss => ProviderAction::Dismiss { event, note: "a test".into() },
                To::SetWords => set_words(&[("ping", WordMeaning::Ignore)]),
            };
            let answer = ask(&world, action).await.unwrap();
            let last = world.facts().await.last().unwrap().position;
            assert_eq!(answer.committed.position, Some(last), "{command:?}: once");
            // What the other wrote counts: it is not kept a second time.
            assert_eq!(state(&world, by_a_twin).await, Some(ProviderEventState::Unmatched));
        });
    }
}
