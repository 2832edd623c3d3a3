//! The backup of the keys.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, http::header};

use super::{admin, body};
use crate::{headers::state, problem::Answer, query::Query};

/// `GET /v1/admin/keys`
///
/// 200 with all keys in one piece that checks itself. Whoever has it can open every lead's fields.
pub(crate) async fn keys(request: HttpRequest) -> Answer {
    Query::of(&request)?.finish()?;
    let write = Arc::clone(&admin(&request)?.keys);
    tracing::warn!("the keys of all leads are handed out to the operator");
    let written = body::written(state(&request)?.shutdown.clone(), move |out| write(out));
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/octet-stream"))
        .streaming(written))
}
