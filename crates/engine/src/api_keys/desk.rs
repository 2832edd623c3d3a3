//! One desk an organisation: decides, records, shows the keys as they are, answers; one command at a
//! time, in the order they came.
//!
//! An actor would be one that is asked a few times a day: a lock that waits its turn is enough. Like
//! an actor it trusts nothing but the journal: when somebody else wrote to its stream it reads that
//! again, and decides anew.

use std::{cell::RefCell, collections::HashMap, future::Future, rc::Rc, sync::Arc};

use branchline_domain::{
    decider::Recorded,
    id::{ApiKeyId, OrganisationId},
    organisation::{
        self, NewApiKey, OrganisationCommand, OrganisationContext, OrganisationEvent,
        OrganisationState,
    },
    time::Timestamp,
};
use branchline_event_codec::encode_organisation;
use branchline_journal::{
    record::{ExpectedVersion, Micros, NewRecord, Position, RecordBody, StreamId, Version},
    store::AppendError,
};
use branchline_vault::SystemEntropy;
use tokio::sync::Mutex;

use super::{KeyAction, KeyAnswer, KeySecret};
use crate::{
    EngineError,
    asked::Asked,
    command::{Answer, Caller, Committed},
    core::Core,
    rebuild::{RebuiltOrganisation, unreadable},
    refusals::append_failed,
    repeat,
};

/// How often a decision is made anew when somebody else wrote first.
const ATTEMPTS: u32 = 3;

/// The desks that were asked since the start.
#[derive(Default)]
pub(crate) struct Desks(RefCell<HashMap<OrganisationId, Rc<Mutex<RebuiltOrganisation>>>>);

/// What came of a command.
#[derive(Clone, Copy, Debug, Default)]
struct Outcome {
    committed: Committed,
    /// Whether an earlier request with the same key is answered: its events are at the position.
    repeated: bool,
}

/// Does what a host asks about keys.
pub(crate) fn perform(
    core: &Rc<Core>,
    caller: Caller,
    action: KeyAction,
) -> impl Future<Output = Result<Answer, EngineError>> + use<> {
    let core = Rc::clone(core);
    async move { answer(&core, caller, action).await.map(Answer::Key) }
}

async fn answer(
    core: &Rc<Core>,
    mut caller: Caller,
    action: KeyAction,
) -> Result<KeyAnswer, EngineError> {
    if let KeyAction::Create { new_organisation: true, .. } = &action {
        caller.organisation = OrganisationId::from_uuid(core.services.ids.uuid());
    }
    let organisation = caller.organisation;
    let (command, key, secret) = prepare(core, action);
    let outcome = decide_and_record(core, organisation, command, &Asked::by(&caller)).await?;
    let committed = outcome.committed;
    if !outcome.repeated || secret.is_none() {
        return Ok(KeyAnswer { organisation, key, secret, committed });
    }
    // The secret of the first answer is nowhere any more.
    let key = key_made_at(core, repeat::position(&committed)?).await?;
    Ok(KeyAnswer { organisation, key: Some(key), secret: None, committed })
}

/// The command, the key that it is about or makes, and the secret of one that it makes.
fn prepare(
    core: &Core,
    action: KeyAction,
) -> (OrganisationCommand, Option<ApiKeyId>, Option<KeySecret>) {
    let fresh = || {
        let secret = KeySecret::draw(&SystemEntropy);
        (ApiKeyId::from_uuid(core.services.ids.uuid()), secret.digest(), secret)
    };
    match action {
        KeyAction::Create { name, scopes, expires_at, new_organisation: _ } => {
            let (key, secret_sha256, secret) = fresh();
            let new = NewApiKey { key, name, scopes, secret_sha256, expires_at };
            (OrganisationCommand::CreateKey(new), Some(key), Some(secret))
        }
        KeyAction::Rotate { key, overlap_s } => {
            let (successor, secret_sha256, secret) = fresh();
            let rotate =
                OrganisationCommand::RotateKey { key, successor, secret_sha256, overlap_s };
            (rotate, Some(successor), Some(secret))
        }
        KeyAction::SetExpiry { key, expires_at } => {
            (OrganisationCommand::SetKeyExpiry { key, expires_at }, Some(key), None)
        }
        KeyAction::Revoke { key } => (OrganisationCommand::RevokeKey { key }, Some(key), None),
        KeyAction::NoteRefusal { action, target, code } => {
            (OrganisationCommand::NoteRefusal { action, target, code }, None, None)
        }
    }
}

/// The key that a record made.
async fn key_made_at(core: &Rc<Core>, position: Position) -> Result<ApiKeyId, EngineError> {
    let events = repeat::organisation_events_at(core, position).await?;
    let made = events.iter().find_map(|event| match event {
        OrganisationEvent::ApiKeyCreated { key, .. } => Some(*key),
        OrganisationEvent::ApiKeyExpirySet { .. }
        | OrganisationEvent::ApiKeyRevoked { .. }
        | OrganisationEvent::ActionRefused { .. } => None,
    });
    made.ok_or(EngineError::KeyReused)
}

/// The desk of an organisation. Nobody has asked it since the start when it is made, so the read
/// models, which showed everything recorded before, have its state as it is.
fn desk(core: &Core, id: OrganisationId) -> Rc<Mutex<RebuiltOrganisation>> {
    let mut desks = core.desks.0.borrow_mut();
    let desk = desks.entry(id).or_insert_with(|| {
        let state = core.reads().look(|read| read.organisation(id).cloned());
        let head = core.store().stream_head(StreamId::organisation(id.as_uuid()));
        Rc::new(Mutex::new(RebuiltOrganisation {
            state: state.unwrap_or_default(),
            version: head.map(|head| head.version).unwrap_or_default(),
        }))
    });
    Rc::clone(desk)
}

async fn decide_and_record(
    core: &Rc<Core>,
    id: OrganisationId,
    command: OrganisationCommand,
    asked: &Asked,
) -> Result<Outcome, EngineError> {
    let desk = desk(core, id);
    let mut known = desk.lock().await;
    for _ in 0..ATTEMPTS {
        if let Some(position) = repeat::known(core, id, asked)? {
            let committed = Committed { position: Some(position) };
            return Ok(Outcome { committed, repeated: true });
        }
        let now = core.now();
        let context = OrganisationContext { now };
        let events = organisation::decide(&known.state, &command, &context)
            .map_err(EngineError::Organisation)?;
        if events.is_empty() {
            return Ok(Outcome::default());
        }
        let record = record(id, &known, &events, now, asked)?;
        match core.services.journal.append(record).await {
            Ok(appended) => {
                let recorded = Recorded { at: now, position: appended.position.0 };
                for event in &events {
                    organisation::evolve(&mut known.state, event, recorded);
                }
                known.version = appended.version;
                // Before the answer: whoever is told of the change finds it in force.
                core.reads().api_keys().publish(id, &known.state);
                let committed = Committed { position: Some(appended.position) };
                return Ok(Outcome { committed, repeated: false });
            }
            Err(AppendError::WrongExpectedVersion { .. }) => {
                tracing::info!(organisation = %id, "somebody else wrote keys; they are read again");
                *known = reread(core, id, &known.state).await?;
            }
            // The same request came on another way, and is answered like a repeat.
            Err(AppendError::KeyKnown { .. }) => {}
            Err(error) => return Err(append_failed(error)),
        }
    }
    Err(EngineError::Busy)
}

async fn reread(
    core: &Rc<Core>,
    id: OrganisationId,
    before: &OrganisationState,
) -> Result<RebuiltOrganisation, EngineError> {
    let read = core.reader.organisation(id).await;
    let read = read.map_err(|error| unreadable(&error))?;
    if read.state != *before {
        core.reads().api_keys().publish(id, &read.state);
    }
    Ok(read)
}

fn record(
    id: OrganisationId,
    known: &RebuiltOrganisation,
    events: &[OrganisationEvent],
    now: Timestamp,
    asked: &Asked,
) -> Result<NewRecord, EngineError> {
    let events = events.iter().map(encode_organisation).collect::<Result<Vec<_>, _>>();
    let events = events.map_err(|error| EngineError::TooLarge { problem: error.to_string() })?;
    let expected = if known.version == Version::default() {
        ExpectedVersion::NoStream
    } else {
        ExpectedVersion::Exact(known.version)
    };
    Ok(NewRecord {
        expected,
        body: RecordBody {
            organisation: id.as_uuid(),
            stream: StreamId::organisation(id.as_uuid()),
            recorded_at: Micros(now.as_micros()),
            principal: Arc::clone(&asked.principal),
            cause: asked.cause.clone(),
            key: asked.key.clone(),
            guard: None,
            control: None,
            claims: Vec::new(),
            events,
        },
    })
}
