//! Keys of an organisation, and what was refused to them: the shapes, the routes of the organisation
//! itself, and what the operator's routes share with them.

use actix_web::{HttpRequest, HttpResponse};
use branchline_domain::{
    id::{ApiKeyId, OrganisationId},
    organisation::{ApiKey, ApiKeyStatus, Scope, Scopes},
    time::Timestamp,
};
use branchline_engine::{
    EngineError, EngineHandle,
    api_keys::{KeyAction, KeyAnswer, refusals_of},
    command::Caller,
};
use branchline_journal::record::Cause;
use branchline_projections::Order;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    headers::{Write, organisation, state},
    json::Fields,
    openapi::{self, key_bodies, names, parameters::Paging},
    paging::{Listing, Wanted},
    paths,
    problem::{Answer, Problem},
    query::Query,
    unquoted::unquoted,
};

/// How long a key goes on beside its successor when nobody says. Unit: seconds.
const OVERLAP_S: u32 = 24 * 3_600;

/// A key. What it opens with is told once, to whoever made it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub(crate) struct ApiKeyShape {
    #[schema(value_type = names::ApiKeyId)]
    id: ApiKeyId,
    #[schema(value_type = names::OrganisationId)]
    organisation_id: OrganisationId,
    name: String,
    #[schema(value_type = Vec<names::Scope>)]
    scopes: Scopes,
    #[schema(value_type = names::ApiKeyStatus)]
    status: ApiKeyStatus,
    #[schema(value_type = names::Timestamp)]
    created_at: Timestamp,
    /// From when on it opens nothing; null for never.
    #[schema(value_type = Option<names::Timestamp>)]
    expires_at: Option<Timestamp>,
    #[schema(value_type = Option<names::Timestamp>)]
    revoked_at: Option<Timestamp>,
    /// To the minute; null when it was not used as far as anybody knows.
    #[schema(value_type = Option<names::Timestamp>)]
    last_used_at: Option<Timestamp>,
}

impl ApiKeyShape {
    fn of(
        engine: &EngineHandle,
        organisation_id: OrganisationId,
        id: ApiKeyId,
        key: &ApiKey,
    ) -> Self {
        let keys = engine.api_keys();
        Self {
            id,
            organisation_id,
            name: key.name.clone(),
            scopes: key.scopes,
            status: key.status(keys.now()),
            created_at: key.created_at,
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
            last_used_at: keys.find(id).and_then(|known| known.last_used_at()),
        }
    }
}

/// A key that was made.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MadeApiKey)]
pub(crate) struct MadeShape {
    key: ApiKeyShape,
    /// What a request sends after `Bearer `. Told this once; null in the answer to a repeat.
    credentials: Option<String>,
}

/// Something that was refused to a key.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RefusedAction)]
pub(crate) struct RefusalShape {
    #[schema(value_type = names::Timestamp)]
    at: Timestamp,
    /// Who asked: `key:` and the key's id.
    principal: String,
    /// What was asked, such as `workflow.activate`.
    action: String,
    /// Of what: ids, with slashes in between.
    target: Option<String>,
    /// The code of the answer.
    code: String,
    /// The request that was refused.
    request_id: Option<String>,
    /// The record that says so.
    position: u64,
}

/// Keys, ended ones too, in order of creation unless `sort` says otherwise.
#[utoipa::path(
    get, path = "/v1/keys", operation_id = "listApiKeys", tag = openapi::KEYS,
    params(("sort" = Option<names::ApiKeySort>, Query, description = "In which order."), Paging),
    responses((status = 200, description = "A page.", body = Listing<ApiKeyShape>)),
)]
pub(crate) async fn list(request: HttpRequest) -> Answer {
    list_of(&request, organisation(&request)).await
}

/// Makes a key.
///
/// What it opens with is in this answer and nowhere else.
#[utoipa::path(
    post, path = "/v1/keys", operation_id = "createApiKey", tag = openapi::KEYS,
    request_body = key_bodies::NewApiKey,
    responses((status = 201, description = "The key, and what it opens with.", body = MadeShape)),
    extensions(("x-problems" = json!(["invalid_value", "too_many_keys"]))),
)]
pub(crate) async fn create(request: HttpRequest, write: Write) -> Answer {
    Query::of(&request)?.finish()?;
    let action = new_key(write.fields()?, false)?;
    made(&request, &write.caller, action).await
}

/// Sets from when on a key opens nothing.
#[utoipa::path(
    patch, path = "/v1/keys/{key}", operation_id = "editApiKey", tag = openapi::KEYS,
    request_body = key_bodies::ApiKeyEdit,
    responses((status = 200, description = "The key.", body = ApiKeyShape)),
    extensions(("x-problems" = json!(["invalid_value", "key_ended"]))),
)]
pub(crate) async fn edit(request: HttpRequest, write: Write) -> Answer {
    edit_as(&request, &write, &write.caller).await
}

/// Makes a key with the same name and scopes, and lets this one end after an overlap.
///
/// A key that was made to live for some time gets a successor that lives as long.
#[utoipa::path(
    post, path = "/v1/keys/{key}/rotate", operation_id = "rotateApiKey", tag = openapi::KEYS,
    request_body = key_bodies::Rotation,
    responses((status = 201, description = "The successor, and what it opens with.", body = MadeShape)),
    extensions(("x-problems" = json!(["invalid_value", "key_ended", "too_many_keys"]))),
)]
pub(crate) async fn rotate(request: HttpRequest, write: Write) -> Answer {
    rotate_as(&request, &write, &write.caller).await
}

/// Ends a key, for good. It opens nothing when this is answered.
#[utoipa::path(
    delete, path = "/v1/keys/{key}", operation_id = "revokeApiKey", tag = openapi::KEYS,
    responses((status = 200, description = "The key, revoked.", body = ApiKeyShape)),
)]
pub(crate) async fn revoke(request: HttpRequest, write: Write) -> Answer {
    revoke_as(&request, &write, &write.caller).await
}

/// What was refused to keys: writes that no scope of theirs opens, and steering at the wrong time.
///
/// The oldest first unless `sort` says otherwise; of many, the last 10,000. The journal has all.
#[utoipa::path(
    get, path = "/v1/refused-actions", operation_id = "listRefusedActions", tag = openapi::KEYS,
    params(("sort" = Option<names::RefusalSort>, Query, description = "In which order."), Paging),
    responses((status = 200, description = "A page.", body = Listing<RefusalShape>)),
)]
pub(crate) async fn refused(request: HttpRequest) -> Answer {
    let mut query = Query::of(&request)?;
    let (wanted, order) = Wanted::in_order(&mut query);
    query.finish()?;
    let engine = &state(&request)?.engine;
    let page = engine.refused_actions(organisation(&request), order, wanted.paging()).await?;
    let rows = page.items.iter().flat_map(|fact| {
        let request_id = match &fact.cause {
            Cause::Request(id) => Some(id.to_string()),
            Cause::None | Cause::Position(_) => None,
        };
        refusals_of(fact).map(move |(action, target, code)| RefusalShape {
            at: fact.at,
            principal: fact.principal.to_string(),
            action: action.into(),
            target: Some(target.to_owned()).filter(|target| !target.is_empty()),
            code: code.into(),
            request_id: request_id.clone(),
            position: fact.position.0,
        })
    });
    Ok(HttpResponse::Ok().json(wanted.listing(page.total, page.next, rows.collect())))
}

/// The keys of an organisation.
pub(crate) async fn list_of(request: &HttpRequest, organisation: OrganisationId) -> Answer {
    let mut query = Query::of(request)?;
    let (wanted, order): (_, Order<_>) = Wanted::in_order(&mut query);
    query.finish()?;
    let engine = &state(request)?.engine;
    let page = engine
        .read(|read| {
            let page = read.api_keys(organisation, order, wanted.paging());
            let rows: Vec<_> = page
                .items
                .iter()
                .map(|&(id, key)| ApiKeyShape::of(engine, organisation, id, key))
                .collect();
            wanted.listing(page.total, page.next, rows)
        })
        .await?;
    Ok(HttpResponse::Ok().json(page))
}

/// Reads a key to make.
///
/// # Errors
///
/// 400 naming every field at fault.
pub(crate) fn new_key(mut fields: Fields, new_organisation: bool) -> Result<KeyAction, Problem> {
    let name = fields.required::<String>("name");
    let scopes = fields.required::<Vec<String>>("scopes").and_then(|words| {
        let read: Result<Scopes, _> = words.iter().map(|word| word.parse::<Scope>()).collect();
        read.map_err(|error| fields.fault("scopes", &unquoted(&error.to_string()))).ok()
    });
    let expires_at = fields.optional::<Timestamp>("expires_at");
    let read = name.zip(scopes);
    let (name, scopes) = fields.finish(read)?;
    Ok(KeyAction::Create { name, scopes, expires_at, new_organisation })
}

/// Makes a key, and answers with it.
pub(crate) async fn made(request: &HttpRequest, caller: &Caller, action: KeyAction) -> Answer {
    let engine = &state(request)?.engine;
    let KeyAnswer { organisation, key, secret, .. } = engine.act_on_keys(caller, action).await?;
    let id = key.ok_or_else(nothing_made)?;
    let key = shown(engine, organisation, id).await?;
    let credentials = secret.map(|secret| format!("{id}:{}", secret.expose()));
    Ok(HttpResponse::Created().json(MadeShape { key, credentials }))
}

/// [`edit`], as somebody.
pub(crate) async fn edit_as(request: &HttpRequest, write: &Write, caller: &Caller) -> Answer {
    let key: ApiKeyId = known(request, caller.organisation).await?;
    Query::of(request)?.finish()?;
    let mut fields = write.fields()?;
    let expires_at = fields.nullable::<Timestamp>("expires_at");
    if expires_at.is_none() && !fields.is_at_fault("expires_at") {
        fields.fault("expires_at", "is missing: an instant, or null for never");
    }
    let expires_at = fields.finish(expires_at)?;
    changed(request, caller, KeyAction::SetExpiry { key, expires_at }).await
}

/// [`rotate`], as somebody.
pub(crate) async fn rotate_as(request: &HttpRequest, write: &Write, caller: &Caller) -> Answer {
    let key: ApiKeyId = known(request, caller.organisation).await?;
    Query::of(request)?.finish()?;
    let mut fields = write.fields()?;
    let overlap_s = fields.optional::<u32>("overlap_s").unwrap_or(OVERLAP_S);
    fields.finish(Some(()))?;
    made(request, caller, KeyAction::Rotate { key, overlap_s }).await
}

/// [`revoke`], as somebody.
pub(crate) async fn revoke_as(request: &HttpRequest, write: &Write, caller: &Caller) -> Answer {
    let key: ApiKeyId = known(request, caller.organisation).await?;
    Query::of(request)?.finish()?;
    write.no_body()?;
    changed(request, caller, KeyAction::Revoke { key }).await
}

/// The key that a path names, when the organisation has it.
///
/// # Errors
///
/// 404: a key of another organisation is not there.
async fn known(request: &HttpRequest, organisation: OrganisationId) -> Result<ApiKeyId, Problem> {
    let id: ApiKeyId = paths::id(request)?;
    shown(&state(request)?.engine, organisation, id).await.map(|_| id)
}

/// A key as the API shows it; `None` when the organisation has no such key.
///
/// # Errors
///
/// As [`EngineHandle::read`].
pub async fn document(
    engine: &EngineHandle,
    organisation: OrganisationId,
    id: ApiKeyId,
) -> Result<Option<serde_json::Value>, EngineError> {
    let key = found(engine, organisation, id).await?;
    Ok(key.and_then(|key| serde_json::to_value(key).ok()))
}

async fn found(
    engine: &EngineHandle,
    organisation: OrganisationId,
    id: ApiKeyId,
) -> Result<Option<ApiKeyShape>, EngineError> {
    let look = engine.read(|read| {
        let key = read.organisation(organisation)?.keys.get(&id)?;
        Some(ApiKeyShape::of(engine, organisation, id, key))
    });
    look.await
}

async fn shown(
    engine: &EngineHandle,
    organisation: OrganisationId,
    id: ApiKeyId,
) -> Result<ApiKeyShape, Problem> {
    found(engine, organisation, id).await?.ok_or_else(|| paths::missing(&id))
}

async fn changed(request: &HttpRequest, caller: &Caller, action: KeyAction) -> Answer {
    let engine = &state(request)?.engine;
    let KeyAnswer { organisation, key, .. } = engine.act_on_keys(caller, action).await?;
    let id = key.ok_or_else(nothing_made)?;
    Ok(HttpResponse::Ok().json(shown(engine, organisation, id).await?))
}

fn nothing_made() -> Problem {
    tracing::error!("a command about a key was answered without a key");
    Problem::of(crate::error_mapping::Refusal::NotConfigured, "the engine named no key")
}
