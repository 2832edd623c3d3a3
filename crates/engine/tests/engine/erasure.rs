//! Erasure: the record first, then the key, and both again after a crash.
//!
//! Source: CONTRACT.md 3.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use branchline_domain::{
    call_status::CallStatus,
    id::LeadId,
    lead::{CallReport, LeadEvent, LeadRejection, LeadState, Values},
    personal::Personal,
};
use branchline_engine::{
    EngineError, LeadStory, RecordedEvents,
    command::{CallAction, Caller, LeadAction},
    erasure::Erasure,
};
use branchline_journal::record::Cause;
use branchline_projections::{Invariants, call_log, history};
use branchline_vault::{KeySlot, SeededEntropy, Vault, VaultOptions};

use crate::{
    twin,
    world::{Campaign, World, call, config, host, keyed, lead, list, report, story},
};

/// A lead with variables, notes and attributes, that was called and removed.
async fn removed(world: &World, campaign: &Campaign, number: u64) -> LeadId {
    let mut new = lead(number);
    new.variables = Values::from([("city".into(), "Pune".into())]);
    new.notes = Some("asked for Hindi".into());
    let enrolled = world.handle().enrol(host(), campaign.workflow, list(vec![new])).await.unwrap();
    let id = enrolled.lead_ids[0];
    // New names of variables come with an import, whose leads a sweep starts.
    while world.state(id).await.call.is_none() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let attributes = Values::from([("interested".into(), "yes".into())]);
    let heard = CallReport { attributes, ..report(CallStatus::DidNotPick) };
    world.handle().report_call_status(host(), call(id, 1), heard).await.unwrap();
    let action = LeadAction::Remove;
    // A lead without a branch for its outcome is held, one with a branch has ended.
    match world.handle().act_on_lead(host(), id, action).await {
        Ok(_) | Err(EngineError::Lead(LeadRejection::Ended { .. })) => id,
        Err(other) => panic!("{other}"),
    }
}

async fn erase(world: &World, lead: LeadId) -> Erasure {
    world.handle().erase_lead(host(), lead).await.unwrap()
}

async fn told(world: &World, lead: LeadId) -> LeadStory {
    world.handle().lead(host().organisation, lead).await.unwrap()
}

async fn told_phone(world: &World, lead: LeadId) -> Personal<String> {
    told(world, lead).await.state.phone_number
}

/// Whether the lead's key can still be had.
async fn has_key(world: &World, lead: LeadId) -> bool {
    twin::key_of(world, lead).await.is_some()
}

/// The state without what an erasure changes.
fn impersonal(state: &LeadState) -> LeadState {
    let mut state = LeadState {
        phone_number: Personal::Erased,
        variables: Personal::Erased,
        notes: Personal::Erased,
        erased_at: None,
        erased_position: 0,
        ..state.clone()
    };
    for call in state.calls.values_mut() {
        call.attributes = Personal::Erased;
    }
    state
}

/// Source: CONTRACT.md 3-erase, 3-erased-key.
#[test]
fn an_erased_lead_is_recorded_and_its_key_is_destroyed_before_the_answer() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let [doomed, other] =
            [removed(&world, &campaign, 1).await, removed(&world, &campaign, 2).await];
        let before = told(&world, doomed).await.state;
        assert_eq!(before.phone_number, Personal::Known("+919876500001".into()));
        assert!(has_key(&world, doomed).await);

        let caller = Caller {
            principal: "api:dpo".into(),
            request_id: Some("req_7".into()),
            ..Caller::host()
        };
        let erased = world.handle().erase_lead(&caller, doomed).await.unwrap();

        assert!(erased.key_destroyed);
        assert_eq!(erased.remains, None);
        assert!(!has_key(&world, doomed).await);
        assert!(has_key(&world, other).await, "nobody else's key is touched");
        let story = told(&world, doomed).await;
        assert_eq!(impersonal(&story.state), impersonal(&before));
        assert_eq!(story.state.phone_number, Personal::Erased);
        assert_eq!(story.state.erased_at, Some(erased.erased_at));
        let record = story.facts.last().unwrap();
        assert_eq!(record.position, erased.position);
        assert_eq!(&*record.principal, "api:dpo");
        assert_eq!(record.cause, Cause::Request("req_7".into()));
        let rows = world.handle().read(|read| (read.lead(doomed), read.lead(other)));
        let (row, untouched) = rows.await.unwrap();
        assert_eq!(row.unwrap().erased_at, Some(erased.erased_at));
        assert_eq!(untouched.unwrap().erased_at, None);
    });
}

/// Source: CONTRACT.md 3-erased, 3-erased-duplicate.
#[test]
fn an_erased_lead_is_shown_without_what_was_personal_and_nothing_fails() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let id = removed(&world, &campaign, 1).await;
        erase(&world, id).await;

        let story = told(&world, id).await;
        let facts = || story.facts.iter().map(|fact| fact.as_fact());
        let logs = call_log::call_logs(id, facts());
        assert_eq!(logs.len(), 1);
        assert_eq!((&logs[0].to, &logs[0].attributes), (&Personal::Erased, &Personal::Erased));
        assert_eq!(logs[0].status, CallStatus::DidNotPick);
        assert_eq!(history::lead_history(id, facts()).visits.len(), 2);
        let explained = world.handle().explain(host().organisation, id).await.unwrap();
        assert_eq!(explained.erased_at, story.state.erased_at);
        let person = world.handle().leads_of_person(host().organisation, "+919876500001").await;
        assert_eq!(person.unwrap(), [id], "the contact tag outlives the erasure");
        let mut invariants = Invariants::new();
        for fact in world.facts().await {
            assert_eq!(invariants.check(&fact.as_fact()), []);
        }
    });
}

#[test]
fn an_erasure_asked_again_is_answered_with_the_first_record() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let id = removed(&world, &campaign, 1).await;
        let handle = world.handle();
        let first = handle.erase_lead(&keyed("erase", 1), id).await.unwrap();
        let head = handle.health().position;
        assert_eq!(handle.erase_lead(&keyed("erase", 1), id).await.unwrap(), first, "same key");
        assert_eq!(handle.erase_lead(&keyed("another", 1), id).await.unwrap(), first);
        assert_eq!(erase(&world, id).await, first);
        assert_eq!(handle.health().position, head, "nothing new is recorded");
        let reused = handle.erase_lead(&keyed("erase", 2), id).await;
        assert_eq!(reused, Err(EngineError::KeyReused));
    });
}

#[test]
fn a_lead_of_another_organisation_or_one_that_may_still_move_is_not_erased() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let id = world.enrol_one(campaign.workflow, 1).await;
        let refused = world.handle().erase_lead(host(), id).await;
        assert!(
            matches!(refused, Err(EngineError::Lead(LeadRejection::CannotErase { .. }))),
            "{refused:?}"
        );
        let organisation = branchline_domain::id::OrganisationId::from_u128(99);
        let stranger = Caller { organisation, ..Caller::host() };
        let unknown = world.handle().erase_lead(&stranger, id).await;
        assert_eq!(unknown, Err(EngineError::LeadNotFound(id)));
        let nobody = LeadId::from_u128(5);
        let unknown = world.handle().erase_lead(host(), nobody).await;
        assert_eq!(unknown, Err(EngineError::LeadNotFound(nobody)));
        assert!(has_key(&world, id).await);
    });
}

/// Source: CONTRACT.md 3-erased.
#[test]
fn nothing_personal_reaches_an_erased_lead_and_late_reports_are_taken() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let id = removed(&world, &campaign, 1).await;
        erase(&world, id).await;
        let variables = BTreeMap::from([("city".into(), Some("Delhi".into()))]);
        let edit = LeadAction::Edit { variables, notes: None };
        let edited = world.handle().act_on_lead(host(), id, edit).await;
        assert_eq!(edited, Err(EngineError::Lead(LeadRejection::Erased)));
        let attributes = Values::from([("mood".into(), "good".into())]);
        let attach = CallAction::AttachAttributes(attributes.clone());
        let attached = world.handle().tell_of_call(host(), call(id, 1), attach).await;
        assert_eq!(attached, Err(EngineError::Lead(LeadRejection::Erased)));
        let late = CallReport {
            attributes,
            end_reason: Some("spoke to Asha".into()),
            provider_ref: Some("prov_1".into()),
            ..report(CallStatus::Busy)
        };
        let told_late = world.handle().report_call_status(host(), call(id, 1), late).await.unwrap();
        assert!(!told_late.accepted, "another final status than the first is a conflict");
        let story = told(&world, id).await;
        assert_eq!(story.state.calls[&1].provider_ref.as_deref(), Some("prov_1"));
        assert_eq!(story.state.calls[&1].conflicts, [CallStatus::Busy]);
        let logs = call_log::call_logs(id, story.facts.iter().map(|fact| fact.as_fact()));
        assert_eq!(logs[0].conflicts[0].end_reason, None);
    });
}

#[test]
fn an_erasure_by_a_stale_actor_is_fenced_and_its_successor_erases() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let id = removed(&world, &campaign, 1).await;
        let key = twin::key_of(&world, id).await;
        twin::write_to_lead(&world, id, key.as_ref()).await;

        let erased = erase(&world, id).await;

        assert!(erased.key_destroyed && !has_key(&world, id).await);
        let story = told(&world, id).await;
        assert_eq!(story.facts.last().unwrap().position, erased.position);
        assert_eq!(story.state.notes, Personal::Erased, "what the twin wrote is forgotten too");
    });
}

/// Source: CONTRACT.md 3-erased-key.
#[test]
fn a_crash_between_the_record_and_the_key_is_made_good_before_anybody_is_served() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let id = removed(&world, &campaign, 1).await;
        let slot = world.state(id).await.key_slot;
        world.store.shut();
        let handle = world.handle().clone();
        let erasing = tokio::spawn(async move { handle.erase_lead(host(), id).await });
        while world.store.waiting() == 0 {
            tokio::task::yield_now().await;
        }
        // The record is durable, and nobody is told.
        world.store.let_through_and_lose_the_rest(1);
        let vault = Arc::clone(&world.vault);
        let live = || vault.key(KeySlot(slot), id.as_uuid()).unwrap().is_some();
        assert!(live(), "the key is there when the engine goes away");
        let unread = told(&world, id).await.state;
        assert_eq!(unread.phone_number, Personal::Erased, "no reader opens a field any more");

        let world = world.crash_and_restart();

        assert!(!live());
        assert_eq!(world.handle().health().keys_kept, []);
        assert!(erasing.await.unwrap().is_err());
        let erased = erase(&world, id).await;
        assert!(erased.key_destroyed);
        assert_eq!(told(&world, id).await.facts.last().unwrap().position, erased.position);
    });
}

#[test]
fn a_start_with_restored_keys_forgets_everybody_again() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let [doomed, other] =
            [removed(&world, &campaign, 1).await, removed(&world, &campaign, 2).await];
        erase(&world, doomed).await;
        // What a backup from before the erasure holds: a key in each slot.
        let backup = Arc::new(Vault::in_memory(Arc::new(SeededEntropy::new(8))));
        backup.create_keys(&[doomed.as_uuid(), other.as_uuid()]).unwrap();
        assert!(backup.key(KeySlot(0), doomed.as_uuid()).unwrap().is_some());

        let world = world.stop_and_restart_with(Arc::clone(&backup));

        assert!(backup.key(KeySlot(0), doomed.as_uuid()).unwrap().is_none());
        assert!(backup.key(KeySlot(1), other.as_uuid()).unwrap().is_some());
        assert_eq!(world.handle().health().keys_kept, []);
    });
}

#[test]
fn a_start_with_keys_of_another_journal_tells_whom_it_could_not_forget() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let leads = [
            removed(&world, &campaign, 1).await,
            removed(&world, &campaign, 2).await,
            removed(&world, &campaign, 3).await,
        ];
        for lead in leads {
            erase(&world, lead).await;
        }
        // Another lead in the first slot, the right one in the second, and no third slot.
        let foreign = Arc::new(Vault::in_memory(Arc::new(SeededEntropy::new(8))));
        let stranger = LeadId::from_u128(9);
        foreign.create_keys(&[stranger.as_uuid(), leads[1].as_uuid()]).unwrap();

        let world = world.stop_and_restart_with(Arc::clone(&foreign));

        assert!(foreign.key(KeySlot(0), stranger.as_uuid()).unwrap().is_some());
        assert!(foreign.key(KeySlot(1), leads[1].as_uuid()).unwrap().is_none());
        let kept = world.handle().health().keys_kept;
        let told: Vec<_> = kept.iter().map(|kept| (kept.lead, &*kept.reason)).collect();
        assert_eq!(told.iter().map(|(lead, _)| *lead).collect::<Vec<_>>(), [leads[0], leads[2]]);
        assert!(told[0].1.contains("belongs to lead"), "{}", told[0].1);
        assert!(told[1].1.contains("it may be older than the journal"), "{}", told[1].1);
        // Their fields are not opened all the same, and the engine serves.
        assert_eq!(told_phone(&world, leads[0]).await, Personal::Erased);
        assert!(world.handle().health().ready);
    });
}

/// Leads of an import that was given up never counted, and are in the journal all the same.
#[test]
fn a_withdrawn_lead_is_erased_too() {
    story(async {
        let world = World::start(config());
        let campaign = world.draft().await;
        let before = world.handle().health().position.0;
        let handle = world.handle().clone();
        let enrolling = tokio::spawn(async move {
            handle.enrol(host(), campaign.workflow, list((0..3_000).map(lead).collect())).await
        });
        while world.handle().health().position.0 < before + 1_000 {
            tokio::task::yield_now().await;
        }
        world.store.shut();
        let world = world.crash_and_restart();
        assert!(enrolling.await.unwrap().is_err());
        let withdrawn = world.facts().await.into_iter().rev().find_map(|fact| match fact.events {
            RecordedEvents::Lead(lead, events) if events == [LeadEvent::LeadWithdrawn] => {
                Some(lead)
            }
            RecordedEvents::Lead(..)
            | RecordedEvents::Workflow(..)
            | RecordedEvents::Organisation(..) => None,
        });
        let id = withdrawn.unwrap();
        let position = world.handle().health().position.0;

        let erased = erase(&world, id).await;

        assert_eq!((erased.position.0, erased.key_destroyed), (position + 1, true));
        let world = world.stop_and_restart();
        let known = world.handle().read(|read| read.erased_leads().collect::<Vec<_>>()).await;
        let known = known.unwrap();
        assert_eq!(known.iter().map(|erased| erased.lead).collect::<Vec<_>>(), [id]);
        let key = world.vault.key(KeySlot(known[0].key_slot), id.as_uuid()).unwrap();
        assert!(key.is_none());
    });
}

#[test]
fn without_sealing_the_answer_says_that_the_clear_text_remains() {
    story(async {
        let options = VaultOptions { sealing: false };
        let vault = Arc::new(Vault::in_memory_with(Arc::new(SeededEntropy::new(7)), options));
        let world = World::with_vault(vault, config());
        let campaign = world.active().await;
        let id = removed(&world, &campaign, 1).await;

        let erased = erase(&world, id).await;

        assert!(!erased.key_destroyed);
        let remains = erased.remains.unwrap();
        assert!(remains.contains("clear text"), "{remains}");
        assert_eq!(told(&world, id).await.state.phone_number, Personal::Erased);
    });
}
