//! What a host asks about keys, and how it is answered.

use std::{future::Future, rc::Rc};

use branchline_domain::{
    id::{ApiKeyId, OrganisationId},
    organisation::{NewApiKey, OrganisationCommand, OrganisationEvent},
};
use branchline_journal::record::Position;
use branchline_vault::SystemEntropy;

use super::{KeyAction, KeyAnswer, KeySecret};
use crate::{
    EngineError,
    asked::Asked,
    command::{Answer, Caller},
    core::Core,
    organisation_desk::Desk,
    repeat,
};

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
    let desk = Desk::of(core, organisation);
    let outcome = desk.lock().await.decide(core, &command, &Asked::by(&caller)).await?;
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
        | OrganisationEvent::ActionRefused { .. }
        | OrganisationEvent::ProviderEventUnmatched { .. }
        | OrganisationEvent::ProviderEventMatched { .. }
        | OrganisationEvent::ProviderEventDismissed { .. }
        | OrganisationEvent::ProviderWordsSet { .. } => None,
    });
    made.ok_or(EngineError::KeyReused)
}
