//! Whether the process lives, and whether it may be asked.

use std::{path::Path, sync::Arc};

use actix_web::{HttpRequest, HttpResponse, web};
use branchline_domain::id::LeadId;
use branchline_engine::Health;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    ApiState,
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

/// Beyond what the server says that it is not ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// Records that reads may be behind the journal.
    pub lag_max_records: u64,
    /// Room that the disk of the journal must have. Unit: bytes. Zero: nobody looks.
    pub disk_free_min_bytes: u64,
    /// A directory on that disk.
    pub data_dir: Arc<Path>,
}

impl Default for Readiness {
    /// However far reads are behind, and however full the disk is.
    fn default() -> Self {
        let data_dir = Path::new(".").into();
        Self { lag_max_records: u64::MAX, disk_free_min_bytes: 0, data_dir }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = Readiness)]
struct ReadyShape {
    ready: bool,
    /// Everything that is in the way of being ready; empty when it is.
    reasons: Vec<Reason>,
    /// Last durable record.
    position: u64,
    /// Last record that reads show.
    folded: u64,
    /// Why no writes are taken.
    failure: Option<String>,
    /// Leads that could not be rebuilt. They are in nobody else's way.
    set_aside: Vec<LeadReason>,
    /// Erased leads whose keys could not be destroyed.
    keys_kept: Vec<LeadReason>,
    version: &'static str,
}

/// Why the server is not ready.
#[derive(Serialize, ToSchema)]
#[schema(as = ReadinessReason)]
struct Reason {
    code: ReasonCode,
    /// For people: what is the matter, and what to do.
    message: String,
}

/// Which kind of reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ReadinessCode)]
#[serde(rename_all = "snake_case")]
enum ReasonCode {
    /// It stops: ask another one.
    ShuttingDown,
    /// A write or a sync failed, or reads cannot go on: it takes no more writes.
    JournalFailed,
    /// It has not read everything yet that was acknowledged before its start.
    Starting,
    /// Reads are far behind the journal.
    ReadsBehind,
    /// The disk is nearly full. A write that fails would stop the journal.
    DiskNearlyFull,
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

/// Whether it may be asked: reads are up to date, writes are taken, and nothing is about to end that.
#[utoipa::path(
    get, path = "/readyz", operation_id = "getReadiness", tag = openapi::HEALTH,
    responses((status = 200, description = "It may.", body = ReadyShape), (status = 503, description = "It may not: `reasons` say why.", body = ReadyShape)),
)]
pub(crate) async fn readyz(request: HttpRequest) -> Answer {
    let state = state(&request)?;
    let health = state.engine.health();
    let free = free_bytes(&state.readiness).await;
    let reasons = reasons(&health, &state.readiness, state.shutdown.is_cancelled(), free);
    let leads = |lead_id, reason: &str| LeadReason { lead_id, reason: reason.to_owned() };
    let (set_aside, keys_kept) = (health.set_aside.iter(), health.keys_kept.iter());
    let shape = ReadyShape {
        ready: reasons.is_empty(),
        reasons,
        position: health.position.0,
        folded: health.folded.0,
        failure: health.failure.as_deref().map(Into::into),
        set_aside: set_aside.map(|found| leads(found.lead, &found.reason)).collect(),
        keys_kept: keys_kept.map(|kept| leads(kept.lead, &kept.reason)).collect(),
        version: health.version,
    };
    let mut response =
        if shape.ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    Ok(response.json(shape))
}

/// The version, and everything that is in the way of being ready, for people.
pub(crate) async fn not_ready(state: &ApiState) -> (&'static str, Vec<String>) {
    let health = state.engine.health();
    let free = free_bytes(&state.readiness).await;
    let reasons = reasons(&health, &state.readiness, state.shutdown.is_cancelled(), free);
    (health.version, reasons.into_iter().map(|reason| reason.message).collect())
}

/// Everything that is in the way; `free_bytes` is what the journal's disk has left, where that is
/// known.
fn reasons(
    health: &Health,
    readiness: &Readiness,
    stopping: bool,
    free_bytes: Option<u64>,
) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let mut add = |code, message: String| reasons.push(Reason { code, message });
    if stopping {
        add(ReasonCode::ShuttingDown, "the server is shutting down".into());
    }
    match &health.failure {
        Some(reason) => add(
            ReasonCode::JournalFailed,
            format!("no writes are taken: {reason}; mend that and start the server again"),
        ),
        None if !health.ready => {
            add(ReasonCode::Starting, "the journal is being read, or the engine stops".into());
        }
        None => {}
    }
    let (lag, most) =
        (health.position.0.saturating_sub(health.folded.0), readiness.lag_max_records);
    if lag > most {
        let message = format!("reads are {lag} records behind the journal, at most {most} may be");
        add(ReasonCode::ReadsBehind, message);
    }
    let least = readiness.disk_free_min_bytes;
    if let Some(free) = free_bytes.filter(|&free| free < least) {
        let message = format!(
            "the journal's disk has {free} bytes left, less than {least}: make room, before a write \
             fails and stops the journal"
        );
        add(ReasonCode::DiskNearlyFull, message);
    }
    reasons
}

/// What is left on the disk for programs without privileges. `None` where nobody looks or the
/// operating system does not tell. A disk that does not answer keeps no other request waiting.
async fn free_bytes(readiness: &Readiness) -> Option<u64> {
    if readiness.disk_free_min_bytes == 0 {
        return None;
    }
    let directory = Arc::clone(&readiness.data_dir);
    web::block(move || free_in(&directory)).await.ok()?
}

/// What is left on the disk of a directory. Unit: bytes.
#[cfg(unix)]
pub(crate) fn free_in(directory: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(directory).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// What is left on the disk of a directory: unknown here.
#[cfg(not(unix))]
pub(crate) fn free_in(_directory: &Path) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use branchline_journal::record::Position;

    use super::*;

    fn sound() -> Health {
        Health {
            ready: true,
            position: Position(500),
            folded: Position(400),
            failure: None,
            set_aside: Vec::new(),
            keys_kept: Vec::new(),
            lead_actors: 0,
            version: "0",
        }
    }

    fn codes(health: &Health, stopping: bool, free: Option<u64>) -> Vec<ReasonCode> {
        let readiness = Readiness {
            lag_max_records: 100,
            disk_free_min_bytes: 1_000,
            data_dir: Path::new(".").into(),
        };
        let reasons = reasons(health, &readiness, stopping, free);
        reasons.into_iter().map(|reason| reason.code).collect()
    }

    #[test]
    fn a_server_is_ready_up_to_its_limits_and_not_beyond() {
        assert_eq!(codes(&sound(), false, Some(1_000)), []);
        assert_eq!(codes(&sound(), false, None), []);
        assert_eq!(codes(&sound(), false, Some(999)), [ReasonCode::DiskNearlyFull]);
        let behind = Health { folded: Position(399), ..sound() };
        assert_eq!(codes(&behind, false, None), [ReasonCode::ReadsBehind]);
        assert_eq!(codes(&sound(), true, None), [ReasonCode::ShuttingDown]);
        let starting = Health { ready: false, ..sound() };
        assert_eq!(codes(&starting, false, None), [ReasonCode::Starting]);
    }

    #[test]
    fn every_reason_is_told_not_only_the_first() {
        let failed = Health { ready: false, failure: Some("no room".into()), ..sound() };
        let told =
            [ReasonCode::ShuttingDown, ReasonCode::JournalFailed, ReasonCode::DiskNearlyFull];
        assert_eq!(codes(&failed, true, Some(0)), told);
    }
}
