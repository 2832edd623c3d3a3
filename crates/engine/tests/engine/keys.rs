//! Keys of organisations: recorded, shown to requests before they are answered, remembered over
//! restarts, and what was refused to them.

use std::{sync::Arc, time::Duration};

use branchline_domain::{
    id::{ApiKeyId, OrganisationId},
    organisation::{
        ApiKeyStatus, OrganisationEvent, OrganisationRejection, Scope, Scopes, SecretDigest,
    },
};
use branchline_engine::{
    EngineError, RecordedEvents,
    api_keys::{KeyAction, KeyAnswer, KnownKey, REFUSALS_A_MINUTE, digest_of, refusals_of},
    command::Caller,
};
use branchline_event_codec::encode_organisation;
use branchline_projections::{Order, Paging, RefusalSort};

use crate::{
    twin,
    world::{World, config, host, keyed, story},
};

fn scopes() -> Scopes {
    [Scope::Read, Scope::Ingest].into_iter().collect()
}

fn create() -> KeyAction {
    let name = "Dialler".into();
    KeyAction::Create { name, scopes: scopes(), expires_at: None, new_organisation: false }
}

async fn ask(world: &World, action: KeyAction) -> Result<KeyAnswer, EngineError> {
    world.handle().act_on_keys(host(), action).await
}

async fn made(world: &World) -> (ApiKeyId, String) {
    let answer = ask(world, create()).await.unwrap();
    assert_eq!(answer.organisation, OrganisationId::DEFAULT);
    (answer.key.unwrap(), answer.secret.unwrap().expose().to_owned())
}

/// Whether a request with this key and secret is let in.
fn opens(world: &World, key: ApiKeyId, secret: &str) -> Option<Arc<KnownKey>> {
    world.handle().api_keys().open(Some(key), |wanted| *wanted == digest_of(secret))
}

async fn status(world: &World, key: ApiKeyId) -> ApiKeyStatus {
    let now = world.clock_now();
    let read = world.handle().read(|read| {
        read.organisation(OrganisationId::DEFAULT).map(|state| state.keys[&key].status(now))
    });
    read.await.unwrap().unwrap()
}

#[test]
fn a_key_opens_from_its_answer_on_and_over_a_restart_and_its_secret_is_nowhere() {
    story(async {
        let world = World::start(config());
        assert!(!world.handle().api_keys().are_required());
        let (key, secret) = made(&world).await;
        let known = opens(&world, key, &secret).unwrap();
        assert_eq!((known.organisation, known.scopes), (OrganisationId::DEFAULT, scopes()));
        assert_eq!(*known.principal, format!("key:{key}"));
        assert!(opens(&world, key, "bls_0").is_none());
        assert!(!format!("{:?}", world.facts().await).contains(&secret));
        let world = world.crash_and_restart();
        assert!(world.handle().api_keys().are_required());
        assert!(opens(&world, key, &secret).is_some());
    });
}

#[test]
fn a_revoked_key_opens_nothing_from_the_answer_on_and_the_last_end_opens_no_door() {
    story(async {
        let world = World::start(config());
        let (key, secret) = made(&world).await;
        ask(&world, KeyAction::Revoke { key }).await.unwrap();
        assert!(opens(&world, key, &secret).is_none());
        assert_eq!(world.handle().api_keys().live(), 0);
        assert_eq!(status(&world, key).await, ApiKeyStatus::Revoked);
        let again = ask(&world, KeyAction::Revoke { key }).await.unwrap();
        assert_eq!(again.committed.position, None);
        let world = world.stop_and_restart();
        assert!(world.handle().api_keys().are_required() && opens(&world, key, &secret).is_none());
    });
}

#[test]
fn a_rotated_key_and_its_successor_both_open_during_the_overlap() {
    story(async {
        let world = World::start(config());
        let (old, old_secret) = made(&world).await;
        let overlap_s = 3_600;
        let rotated = ask(&world, KeyAction::Rotate { key: old, overlap_s }).await.unwrap();
        let (new, new_secret) = (rotated.key.unwrap(), rotated.secret.unwrap());
        let facts = world.facts().await;
        let events = match &facts.last().unwrap().events {
            RecordedEvents::Organisation(_, events) => events.len(),
            RecordedEvents::Workflow(..) | RecordedEvents::Lead(..) => 0,
        };
        assert_eq!(events, 2, "one record holds both");
        assert!(opens(&world, old, &old_secret).is_some());
        assert_eq!(opens(&world, new, new_secret.expose()).unwrap().scopes, scopes());
        world.clock.advance(Duration::from_hours(1));
        assert!(opens(&world, old, &old_secret).is_none());
        assert!(opens(&world, new, new_secret.expose()).is_some());
        let ended = ask(&world, KeyAction::Rotate { key: old, overlap_s }).await.unwrap_err();
        let status = ApiKeyStatus::Expired;
        let rejection = OrganisationRejection::KeyEnded { key: old, status };
        assert_eq!(ended, EngineError::Organisation(rejection));
    });
}

#[test]
fn an_expiry_is_judged_by_the_engines_clock() {
    story(async {
        let world = World::start(config());
        let (key, secret) = made(&world).await;
        let expires_at = Some(world.clock_now().plus_seconds(60));
        ask(&world, KeyAction::SetExpiry { key, expires_at }).await.unwrap();
        assert!(opens(&world, key, &secret).is_some());
        world.clock.advance(Duration::from_mins(1));
        assert!(opens(&world, key, &secret).is_none());
    });
}

#[test]
fn keys_of_another_organisation_are_not_there() {
    story(async {
        let world = World::start(config());
        let (key, _) = made(&world).await;
        let founding = KeyAction::Create {
            name: "First".into(),
            scopes: scopes(),
            expires_at: None,
            new_organisation: true,
        };
        let founded = ask(&world, founding).await.unwrap();
        assert_ne!(founded.organisation, OrganisationId::DEFAULT);
        let stranger = Caller { organisation: founded.organisation, ..Caller::host() };
        for action in [KeyAction::Revoke { key }, KeyAction::Rotate { key, overlap_s: 0 }] {
            let refused = world.handle().act_on_keys(&stranger, action).await.unwrap_err();
            let rejection = OrganisationRejection::KeyNotFound { key };
            assert_eq!(refused, EngineError::Organisation(rejection));
        }
        assert_eq!(world.handle().api_keys().live(), 2);
    });
}

#[test]
fn a_repeat_under_a_key_of_the_caller_makes_no_second_key_and_tells_no_secret() {
    story(async {
        let world = World::start(config());
        let caller = keyed("make", 1);
        let ask = || world.handle().act_on_keys(&caller, create());
        let (first, second) = tokio::join!(ask(), ask());
        let (first, second) = (first.unwrap(), second.unwrap());
        assert_eq!((first.key, first.committed), (second.key, second.committed));
        assert!(first.secret.is_some() && second.secret.is_none());
        let other = world.handle().act_on_keys(&keyed("make", 2), create()).await;
        assert_eq!(other, Err(EngineError::KeyReused));
        assert_eq!(world.handle().api_keys().live(), 1);
    });
}

/// What is asked of an organisation, by the name of the command that it becomes.
#[derive(Clone, Copy, Debug)]
enum ToOrganisation {
    CreateKey,
    RotateKey,
    SetKeyExpiry,
    RevokeKey,
    NoteRefusal,
}

#[test]
fn every_command_to_a_stale_organisation_is_fenced_and_done_after_what_the_other_wrote() {
    use ToOrganisation as To;
    for command in [To::CreateKey, To::RotateKey, To::SetKeyExpiry, To::RevokeKey, To::NoteRefusal]
    {
        story(async move {
            let world = World::start(config());
            let (key, _) = made(&world).await;
            let by_a_twin = ApiKeyId::from_u128(77);
            let event = encode_organisation(&OrganisationEvent::ApiKeyCreated {
                key: by_a_twin,
                name: twin::BY_A_TWIN.into(),
                scopes: scopes(),
                secret_sha256: SecretDigest([7; 32]),
                expires_at: None,
            });
            twin::write_to_organisation(&world, event.unwrap()).await;
            let expires_at = Some(world.clock_now().plus_seconds(60));
            let action = match command {
                To::CreateKey => create(),
                To::RotateKey => KeyAction::Rotate { key, overlap_s: 60 },
                To::SetKeyExpiry => KeyAction::SetExpiry { key, expires_at },
                To::RevokeKey => KeyAction::Revoke { key },
                To::NoteRefusal => KeyAction::NoteRefusal {
                    action: "workflow.pause".into(),
                    target: String::new(),
                    code: "wrong_status".into(),
                },
            };
            let before = world.facts().await.len();
            let answer = ask(&world, action).await.unwrap();
            assert_eq!(world.facts().await.len(), before + 1, "{command:?}: once");
            assert!(answer.committed.position.unwrap().0 > before as u64, "{command:?}");
            let names = world.handle().read(|read| {
                let page =
                    read.api_keys(OrganisationId::DEFAULT, Order::default(), Paging::first(9));
                page.items.iter().map(|(id, _)| *id).collect::<Vec<_>>()
            });
            assert!(names.await.unwrap().contains(&by_a_twin), "{command:?}");
            assert!(world.handle().api_keys().find(by_a_twin).is_some(), "{command:?}");
        });
    }
}

#[test]
fn the_last_use_of_a_key_outlives_a_stop() {
    story(async {
        let world = World::start(config());
        let (key, secret) = made(&world).await;
        let (unused, _) = made(&world).await;
        world.clock.advance(Duration::from_secs(125));
        let used = world.clock_now();
        assert!(opens(&world, key, &secret).is_some());
        let last = |world: &World, key| world.handle().api_keys().find(key).unwrap().last_used_at();
        let minute = last(&world, key).unwrap();
        assert!(used.micros_since(minute) < 60_000_000 && minute <= used);
        let world = world.stop_and_restart();
        assert_eq!((last(&world, key), last(&world, unused)), (Some(minute), None));
    });
}

#[test]
fn what_was_refused_to_a_key_is_recorded_though_nobody_waits_and_not_without_end() {
    story(async {
        let world = World::start(config());
        let (key, secret) = made(&world).await;
        let known = opens(&world, key, &secret).unwrap();
        for number in 0..REFUSALS_A_MINUTE + 5 {
            let refusal = ("workflow.pause", format!("wf_{number}"), "wrong_status");
            world.handle().note_refusal(&known, Some("req-7".into()), refusal);
        }
        // A stop in order comes after all of them.
        let world = world.stop_and_restart();
        let newest = Order { by: RefusalSort::At, descending: true };
        let paging = Paging::first(1_000);
        let organisation = OrganisationId::DEFAULT;
        let refused = world.handle().refused_actions(organisation, newest, paging).await;
        let refused = refused.unwrap();
        assert_eq!(refused.total, u64::from(REFUSALS_A_MINUTE));
        let newest = &refused.items[0];
        assert_eq!(*newest.principal, format!("key:{key}"));
        let told: Vec<_> = refusals_of(newest).collect();
        assert_eq!(told, [("workflow.pause", "wf_59", "wrong_status")]);
    });
}
