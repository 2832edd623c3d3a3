//! Forgetting a lead.

use actix_web::{HttpRequest, HttpResponse};
use branchline_domain::{id::LeadId, time::Timestamp};
use branchline_engine::command::Caller;
use serde::Serialize;

use crate::{
    headers::{Write, state},
    paths,
    problem::Answer,
    query::Query,
};

/// Who erased, in the record.
const PRINCIPAL: &str = "operator";

#[derive(Serialize)]
struct ErasureShape {
    lead_id: LeadId,
    /// The record that says so.
    position: u64,
    erased_at: Timestamp,
    key_destroyed: bool,
    /// What could not be destroyed, and what to do about it; null when the key is.
    remains: Option<String>,
}

/// `POST /v1/admin/leads/{lead}/erase`
///
/// 200 with what was recorded and destroyed, also for a lead that was erased before. 404; 409 while
/// the lead may still move or has a call or an application at work.
pub(crate) async fn erase(request: HttpRequest, write: Write) -> Answer {
    let lead: LeadId = paths::id(&request)?;
    Query::of(&request)?.finish()?;
    write.no_body()?;
    let caller = Caller { principal: PRINCIPAL.into(), ..write.caller };
    let erased = state(&request)?.engine.erase_lead(&caller, lead).await?;
    Ok(HttpResponse::Ok().json(ErasureShape {
        lead_id: lead,
        position: erased.position.0,
        erased_at: erased.erased_at,
        key_destroyed: erased.key_destroyed,
        remains: erased.remains.map(|remains| remains.to_string()),
    }))
}
