//! What an auditor takes home: the head, a lead's dossier, and that the journal continued. The dossier is
//! for auditors of an organisation too, with a key.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, http::header::ContentType};
use branchline_domain::{id::LeadId, time::Timestamp};
use branchline_engine::EngineError;
use branchline_evidence::{consistency::ConsistencyProof, dossier::Dossier, hex};
use branchline_journal::merkle::TreeHead;
use branchline_journal::record::{Position, Record, StreamId};
use branchline_journal::store::EventStore;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Admin, HEAD, admin};
use crate::{
    headers::organisation,
    openapi::{self, answers, names},
    paging::{NUMBER_MAX, number},
    paths,
    problem::{Answer, Problem},
    query::Query,
};

/// The head of the journal.
#[derive(Serialize, ToSchema)]
#[schema(as = JournalHead)]
struct HeadShape {
    /// How many records the journal has.
    size: u64,
    /// Root of its hash tree, hexadecimal.
    root: String,
    /// When the last record was decided; null in an empty journal.
    #[schema(value_type = Option<names::Timestamp>)]
    recorded_at: Option<Timestamp>,
    /// The head as a signed note; null without a key to sign it.
    note: Option<String>,
}

/// Does what reads the disk where it keeps nobody waiting.
///
/// # Errors
///
/// Those of `work`; 503 when the journal cannot be read.
pub(super) async fn reading<T: Send + 'static>(
    admin: &Admin,
    work: impl FnOnce(&dyn EventStore) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let store = Arc::clone(&admin.store);
    let done = tokio::task::spawn_blocking(move || work(store.as_ref())).await;
    done.map_err(|_| EngineError::ShuttingDown)?
}

pub(super) fn unreadable(wrong: impl std::fmt::Display) -> Problem {
    EngineError::Unavailable { reason: wrong.to_string().into() }.into()
}

/// Size and root of the journal's hash tree, signed when there is a key for it.
#[utoipa::path(
    get, path = "/v1/admin/head", operation_id = "getHead", tag = openapi::OPERATOR,
    responses((status = 200, description = "The head.", body = HeadShape, headers(("Branchline-Head" = u64, description = "How many records the journal has, or the answer is of.")))),
)]
pub(crate) async fn head(request: HttpRequest) -> Answer {
    Query::of(&request)?.finish()?;
    let admin = admin(&request)?;
    let (head, recorded_at) = reading(admin, |store| {
        let head = store.tree_head();
        let before_last = Position(head.size.saturating_sub(1));
        let last = store.read_all(before_last, 1).map_err(unreadable)?;
        let at = last.first().map(|last| Timestamp::from_micros(last.body.recorded_at.0));
        Ok((head, at))
    })
    .await?;
    let note = admin.sign.as_ref().map(|sign| sign(head).to_text());
    let shape = HeadShape { size: head.size, root: hex::text(&head.root), recorded_at, note };
    Ok(HttpResponse::Ok().insert_header((HEAD, head.size)).json(shape))
}

/// Everything recorded of a lead, and the proof that it is in the journal.
#[utoipa::path(
    get, path = "/v1/admin/leads/{lead}/dossier", operation_id = "getDossier", tag = openapi::OPERATOR,
    params(("size" = Option<u64>, Query, description = "Among how many records; all unless said otherwise.")),
    responses((status = 200, description = "The dossier.", body = answers::Dossier, headers(("Branchline-Head" = u64, description = "How many records the journal has, or the answer is of.")))),
)]
pub(crate) async fn dossier(request: HttpRequest) -> Answer {
    told(&request, |_| true).await
}

/// Everything recorded of a lead of the organisation, and the proof that it is in the journal.
///
/// The signed head in it is what the proof is checked against; personal fields stay sealed.
/// `branchline-log check` checks it without the journal and without a key of this server.
#[utoipa::path(
    get, path = "/v1/leads/{lead}/dossier", operation_id = "getLeadDossier", tag = openapi::LEADS,
    params(("size" = Option<u64>, Query, description = "Among how many records; all unless said otherwise.")),
    responses((status = 200, description = "The dossier.", body = answers::Dossier, headers(("Branchline-Head" = u64, description = "How many records the journal has, or the answer is of.")))),
)]
pub(crate) async fn own_dossier(request: HttpRequest) -> Answer {
    let organisation = organisation(&request).as_uuid();
    told(&request, move |record| record.body.organisation == organisation).await
}

/// The dossier of the lead in the path, unless its records are not for whoever asks.
///
/// # Errors
///
/// 404 for a lead of which nothing was recorded, or nothing that `is_theirs`.
async fn told(
    request: &HttpRequest,
    is_theirs: impl Fn(&Record) -> bool + Send + 'static,
) -> Answer {
    let lead: LeadId = paths::id(request)?;
    let admin = admin(request)?;
    let mut query = Query::of(request)?;
    let size = size(&mut query, "size", admin);
    query.finish()?;
    let sign = admin.sign.clone();
    let text = reading(admin, move |store| {
        let stream = StreamId::lead(lead.as_uuid());
        let mut records = store.read_stream(stream).map_err(unreadable)?;
        records.retain(|record| record.position.0 <= size && is_theirs(record));
        if records.is_empty() {
            return Err(paths::missing(&lead));
        }
        let positions: Vec<Position> = records.iter().map(|record| record.position).collect();
        let head = TreeHead { size, root: store.root_at(size).map_err(unreadable)? };
        let proof = store.prove_inclusion(&positions, size).map_err(unreadable)?;
        let dossier = Dossier::new(stream, head, records.iter().map(AsRef::as_ref), proof);
        let dossier = match sign {
            Some(sign) => dossier.with_note(sign(head)).map_err(unreadable)?,
            None => dossier,
        };
        dossier.to_json().map_err(unreadable)
    })
    .await?;
    Ok(HttpResponse::Ok().insert_header(ContentType::json()).insert_header((HEAD, size)).body(text))
}

/// The proof that the newer journal continues the older one.
#[utoipa::path(
    get, path = "/v1/admin/consistency", operation_id = "proveConsistency", tag = openapi::OPERATOR,
    params(("old" = u64, Query, description = "How many records the older one had."), ("new" = Option<u64>, Query, description = "How many records the newer one has; all unless said otherwise.")),
    responses((status = 200, description = "The proof.", body = answers::ConsistencyProof, headers(("Branchline-Head" = u64, description = "How many records the journal has, or the answer is of.")))),
)]
pub(crate) async fn consistency(request: HttpRequest) -> Answer {
    let admin = admin(&request)?;
    let mut query = Query::of(&request)?;
    let new = size(&mut query, "new", admin);
    let old = number(&mut query, "old", 0, NUMBER_MAX);
    match old {
        Some(old) if old > new => {
            query.fault("old", &format!("{old} is more than the {new} records of the newer one"));
        }
        Some(_) => {}
        // One that cannot be read is told already.
        None if query.is_at_fault("old") => {}
        None => query.fault("old", "is missing: how many records the older journal had"),
    }
    query.finish()?;
    let old = old.unwrap_or_default();
    let text = reading(admin, move |store| {
        let tree = |size| {
            let root = store.root_at(size).map_err(unreadable)?;
            Ok::<_, Problem>(TreeHead { size, root })
        };
        let proof = store.prove_consistency(old, new).map_err(unreadable)?;
        ConsistencyProof::new(tree(old)?, tree(new)?, proof).to_json().map_err(unreadable)
    })
    .await?;
    Ok(HttpResponse::Ok().insert_header(ContentType::json()).insert_header((HEAD, new)).body(text))
}

/// How many records are meant: all, when the caller does not say.
fn size(query: &mut Query, name: &'static str, admin: &Admin) -> u64 {
    let head = admin.store.tree_head().size;
    let size = number(query, name, 0, NUMBER_MAX).unwrap_or(head);
    if size > head {
        query.fault(name, &format!("the journal has {head} records"));
    }
    size
}
