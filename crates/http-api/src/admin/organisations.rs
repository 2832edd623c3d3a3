//! Organisations and their keys, for the operator: who makes the first key of each.

use actix_web::{HttpRequest, HttpResponse};
use branchline_domain::id::OrganisationId;
use branchline_engine::command::Caller;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api_keys::{ApiKeyShape, MadeShape, edit_as, list_of, made, new_key, revoke_as, rotate_as},
    headers::{Write, state},
    openapi::{self, key_bodies, names, parameters::Paging},
    paging::{Listing, RowCursor, Wanted},
    paths,
    problem::{Answer, Problem},
    query::Query,
};

/// An organisation that has or had a key.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Organisation)]
struct OrganisationShape {
    #[schema(value_type = names::OrganisationId)]
    id: OrganisationId,
    /// Keys, ended ones too.
    keys: usize,
    /// Keys that open something.
    live_keys: usize,
}

/// Organisations that have or had a key.
#[utoipa::path(
    get, path = "/v1/admin/organisations", operation_id = "listOrganisations", tag = openapi::OPERATOR,
    params(Paging),
    responses((status = 200, description = "A page.", body = Listing<OrganisationShape>)),
)]
pub(crate) async fn list(request: HttpRequest) -> Answer {
    let mut query = Query::of(&request)?;
    let wanted = Wanted::<RowCursor>::of(&mut query);
    query.finish()?;
    let engine = &state(&request)?.engine;
    let now = engine.api_keys().now();
    let all: Vec<_> = engine
        .read(|read| {
            let shape = |(id, state): (_, &branchline_domain::organisation::OrganisationState)| {
                OrganisationShape { id, keys: state.keys.len(), live_keys: state.live_keys(now) }
            };
            let with_keys = read.organisations().filter(|(_, state)| !state.keys.is_empty());
            with_keys.map(shape).collect()
        })
        .await?;
    Ok(HttpResponse::Ok().json(wanted.cut(all)))
}

/// Makes an organisation, with its first key.
#[utoipa::path(
    post, path = "/v1/admin/organisations", operation_id = "createOrganisation", tag = openapi::OPERATOR,
    request_body = key_bodies::NewApiKey,
    responses((status = 201, description = "The key, and what it opens with.", body = MadeShape)),
    extensions(("x-problems" = json!(["invalid_value"]))),
)]
pub(crate) async fn create(request: HttpRequest, write: Write) -> Answer {
    Query::of(&request)?.finish()?;
    let action = new_key(write.fields()?, true)?;
    made(&request, &write.caller, action).await
}

/// Keys of an organisation, ended ones too, in order of creation unless `sort` says otherwise.
#[utoipa::path(
    get, path = "/v1/admin/organisations/{organisation}/keys", operation_id = "listApiKeysOf", tag = openapi::OPERATOR,
    params(("sort" = Option<names::ApiKeySort>, Query, description = "In which order."), Paging),
    responses((status = 200, description = "A page.", body = Listing<ApiKeyShape>)),
)]
pub(crate) async fn keys(request: HttpRequest) -> Answer {
    list_of(&request, there(&request).await?).await
}

/// Makes a key of an organisation.
#[utoipa::path(
    post, path = "/v1/admin/organisations/{organisation}/keys", operation_id = "createApiKeyOf", tag = openapi::OPERATOR,
    request_body = key_bodies::NewApiKey,
    responses((status = 201, description = "The key, and what it opens with.", body = MadeShape)),
    extensions(("x-problems" = json!(["invalid_value", "too_many_keys"]))),
)]
pub(crate) async fn create_key(request: HttpRequest, write: Write) -> Answer {
    let caller = caller(&request, &write).await?;
    Query::of(&request)?.finish()?;
    made(&request, &caller, new_key(write.fields()?, false)?).await
}

/// Sets from when on a key opens nothing.
#[utoipa::path(
    patch, path = "/v1/admin/organisations/{organisation}/keys/{key}", operation_id = "editApiKeyOf", tag = openapi::OPERATOR,
    request_body = key_bodies::ApiKeyEdit,
    responses((status = 200, description = "The key.", body = ApiKeyShape)),
    extensions(("x-problems" = json!(["invalid_value", "key_ended"]))),
)]
pub(crate) async fn edit_key(request: HttpRequest, write: Write) -> Answer {
    edit_as(&request, &write, &caller(&request, &write).await?).await
}

/// Makes a key with the same name and scopes, and lets this one end after an overlap.
#[utoipa::path(
    post, path = "/v1/admin/organisations/{organisation}/keys/{key}/rotate", operation_id = "rotateApiKeyOf", tag = openapi::OPERATOR,
    request_body = key_bodies::Rotation,
    responses((status = 201, description = "The successor, and what it opens with.", body = MadeShape)),
    extensions(("x-problems" = json!(["invalid_value", "key_ended", "too_many_keys"]))),
)]
pub(crate) async fn rotate_key(request: HttpRequest, write: Write) -> Answer {
    rotate_as(&request, &write, &caller(&request, &write).await?).await
}

/// Ends a key, for good. It opens nothing when this is answered.
#[utoipa::path(
    delete, path = "/v1/admin/organisations/{organisation}/keys/{key}", operation_id = "revokeApiKeyOf", tag = openapi::OPERATOR,
    responses((status = 200, description = "The key, revoked.", body = ApiKeyShape)),
)]
pub(crate) async fn revoke_key(request: HttpRequest, write: Write) -> Answer {
    revoke_as(&request, &write, &caller(&request, &write).await?).await
}

/// The operator, in the organisation that the path names.
async fn caller(request: &HttpRequest, write: &Write) -> Result<Caller, Problem> {
    Ok(Caller { organisation: there(request).await?, ..write.caller.clone() })
}

/// The organisation that the path names.
///
/// # Errors
///
/// 404 for one that never had a key, except the one of a server without keys.
async fn there(request: &HttpRequest) -> Result<OrganisationId, Problem> {
    let id: OrganisationId = paths::id(request)?;
    let engine = &state(request)?.engine;
    let is_there = id == OrganisationId::DEFAULT
        || engine.read(|read| read.organisation(id).is_some()).await?;
    if is_there { Ok(id) } else { Err(paths::missing(&id)) }
}
