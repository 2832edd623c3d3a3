//! Forgetting a lead.

use actix_web::{HttpRequest, HttpResponse};
use branchline_domain::{id::LeadId, time::Timestamp};
use branchline_engine::command::Caller;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    headers::{Write, state},
    openapi::{self, names},
    paths,
    problem::Answer,
    query::Query,
};

#[derive(Serialize, ToSchema)]
#[schema(as = Erasure)]
pub(crate) struct ErasureShape {
    #[schema(value_type = names::LeadId)]
    lead_id: LeadId,
    /// The record that says so.
    position: u64,
    #[schema(value_type = names::Timestamp)]
    erased_at: Timestamp,
    key_destroyed: bool,
    /// What could not be destroyed, and what to do about it; null when the key is.
    remains: Option<String>,
}

/// Destroys the key of what is personal of a lead.
///
/// Also for a lead that was erased before. Refused while the lead may still move, or has a call or
/// an application at work.
#[utoipa::path(
    post, path = "/v1/admin/leads/{lead}/erase", operation_id = "eraseLead", tag = openapi::OPERATOR,
    responses((status = 200, description = "What was recorded and destroyed.", body = ErasureShape)),
    extensions(("x-problems" = json!(["cannot_erase"]))),
)]
pub(crate) async fn erase(request: HttpRequest, write: Write) -> Answer {
    let lead: LeadId = paths::id(&request)?;
    Query::of(&request)?.finish()?;
    write.no_body()?;
    let engine = &state(&request)?.engine;
    // The operator looks after all organisations; a lead that is not there is in none.
    let home = engine.read(|read| read.lead_home(lead)).await?;
    let organisation = home.map_or(write.caller.organisation, |(_, organisation)| organisation);
    erased(&request, &Caller { organisation, ..write.caller }, lead).await
}

/// Erases a lead, and answers with what came of it.
pub(crate) async fn erased(request: &HttpRequest, caller: &Caller, lead: LeadId) -> Answer {
    let erased = state(request)?.engine.erase_lead(caller, lead).await?;
    Ok(HttpResponse::Ok().json(ErasureShape {
        lead_id: lead,
        position: erased.position.0,
        erased_at: erased.erased_at,
        key_destroyed: erased.key_destroyed,
        remains: erased.remains.map(|remains| remains.to_string()),
    }))
}
