//! Whether the process lives, and whether it may be asked.

use actix_web::{HttpRequest, HttpResponse};
use branchline_domain::id::LeadId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    headers::state,
    openapi::{self, names},
    problem::Answer,
};

#[derive(Serialize, ToSchema)]
#[schema(as = Health)]
struct Alive {
    status: &'static str,
    version: &'static str,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Readiness)]
struct ReadyShape {
    ready: bool,
    /// Last durable record.
    position: u64,
    /// Last record that reads show.
    folded: u64,
    /// Why no writes are taken.
    failure: Option<String>,
    /// Leads that could not be rebuilt.
    set_aside: Vec<LeadReason>,
    /// Erased leads whose keys could not be destroyed.
    keys_kept: Vec<LeadReason>,
    version: &'static str,
}

#[derive(Serialize, ToSchema)]
struct LeadReason {
    #[schema(value_type = names::LeadId)]
    lead_id: LeadId,
    reason: String,
}

/// Whether the process lives.
#[utoipa::path(
    get, path = "/healthz", operation_id = "getHealth", tag = openapi::HEALTH,
    responses((status = 200, description = "It answers.", body = Alive)),
)]
pub(crate) async fn healthz(request: HttpRequest) -> Answer {
    let version = state(&request)?.engine.health().version;
    Ok(HttpResponse::Ok().json(Alive { status: "ok", version }))
}

/// Whether it may be asked: reads show all that was acknowledged before the start, and writes are
/// taken.
#[utoipa::path(
    get, path = "/readyz", operation_id = "getReadiness", tag = openapi::HEALTH,
    responses((status = 200, description = "It may.", body = ReadyShape), (status = 503, description = "It may not: `failure`, or reads that are behind, say why.", body = ReadyShape)),
)]
pub(crate) async fn readyz(request: HttpRequest) -> Answer {
    let health = state(&request)?.engine.health();
    let set_aside = health.set_aside.into_iter();
    let keys_kept = health.keys_kept.into_iter();
    let shape = ReadyShape {
        ready: health.ready,
        position: health.position.0,
        folded: health.folded.0,
        failure: health.failure.map(|reason| reason.to_string()),
        set_aside: set_aside
            .map(|found| LeadReason { lead_id: found.lead, reason: found.reason.to_string() })
            .collect(),
        keys_kept: keys_kept
            .map(|kept| LeadReason { lead_id: kept.lead, reason: kept.reason.to_string() })
            .collect(),
        version: health.version,
    };
    let mut response =
        if shape.ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    Ok(response.json(shape))
}
