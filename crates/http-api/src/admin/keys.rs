//! The backup of the keys.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, http::header};

use super::admin;
use crate::{headers::state, openapi, problem::Answer, query::Query, written};

/// The backup of all keys, in one piece that checks itself.
///
/// Whoever has it can open every lead's fields.
#[utoipa::path(
    get, path = "/v1/admin/keys", operation_id = "backUpKeys", tag = openapi::OPERATOR,
    responses((status = 200, description = "The keys.", content_type = "application/octet-stream", body = Vec<u8>)),
)]
pub(crate) async fn keys(request: HttpRequest) -> Answer {
    Query::of(&request)?.finish()?;
    let write = Arc::clone(&admin(&request)?.keys);
    tracing::warn!("the keys of all leads are handed out to the operator");
    let written = written::written(state(&request)?.shutdown.clone(), move |out| write(out));
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/octet-stream"))
        .streaming(written))
}
