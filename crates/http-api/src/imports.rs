//! Imports: enrolments of many leads, and how they went.

use actix_web::{HttpRequest, HttpResponse};
use branchline_domain::{
    id::{ImportId, OrganisationId, WorkflowId},
    time::Timestamp,
};
use branchline_engine::{EngineHandle, RowFault};
use branchline_projections::{ImportRow, ImportStatus};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    headers::{organisation, state},
    openapi::{self, answers, names, parameters::Paging},
    paging::{Listing, Wanted},
    paths::{id, missing},
    problem::{Answer, Problem},
    query::Query,
    workflows::find,
};

/// An import as JSON. Source: CONTRACT.md 9.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Import)]
pub(crate) struct ImportShape {
    #[schema(value_type = names::ImportId)]
    id: ImportId,
    /// Name of the file, if there was one.
    file_name: Option<String>,
    #[schema(value_type = names::Timestamp)]
    at: Timestamp,
    /// `running`, `done`, `cancelled` or `refused`.
    status: &'static str,
    /// Rows of the list.
    rows: u32,
    leads_enrolled: u32,
    duplicates_skipped: u32,
    /// Why it was refused or given up.
    #[schema(value_type = Vec<answers::RowFault>)]
    faults: Vec<RowFault>,
}

impl From<ImportRow> for ImportShape {
    fn from(row: ImportRow) -> Self {
        let status = match row.status {
            ImportStatus::Running => "running",
            ImportStatus::Done => "done",
            ImportStatus::Cancelled => "cancelled",
            ImportStatus::Refused => "refused",
        };
        let refused =
            row.faults.into_iter().map(|fault| RowFault { reason: fault.reason, rows: fault.rows });
        let given_up = row.reason.map(|reason| RowFault { reason, rows: Vec::new() });
        Self {
            id: row.id,
            file_name: row.file_name,
            at: row.at,
            status,
            rows: row.rows,
            leads_enrolled: row.leads_enrolled,
            duplicates_skipped: row.duplicates_skipped,
            faults: refused.chain(given_up).collect(),
        }
    }
}

/// An import as it is now.
///
/// # Errors
///
/// 404.
pub(crate) async fn shape(
    engine: &EngineHandle,
    organisation: OrganisationId,
    workflow: WorkflowId,
    import: ImportId,
) -> Result<impl Serialize, Problem> {
    let row = engine
        .read(|projections| {
            find(projections, organisation, workflow)?;
            let row = projections.import(import).filter(|row| row.workflow_id == workflow);
            row.ok_or_else(|| missing(&import))
        })
        .await??;
    Ok(ImportShape::from(row))
}

/// Enrolments of many leads, oldest first unless `sort` says otherwise, refused ones too.
#[utoipa::path(
    get, path = "/v1/workflows/{workflow}/imports", operation_id = "listImports", tag = openapi::LEADS,
    params(("sort" = Option<names::ImportSort>, Query, description = "In which order."), Paging),
    responses((status = 200, description = "A page.", body = Listing<ImportShape>)),
)]
pub(crate) async fn list(request: HttpRequest) -> Answer {
    let workflow: WorkflowId = id(&request)?;
    let mut query = Query::of(&request)?;
    let (wanted, order) = Wanted::in_order(&mut query);
    query.finish()?;
    let organisation = organisation(&request);
    let page = state(&request)?
        .engine
        .read(|projections| {
            find(projections, organisation, workflow)?;
            Ok::<_, Problem>(projections.ordered_imports(workflow, order, wanted.paging()))
        })
        .await??;
    let rows: Vec<_> = page.items.into_iter().map(ImportShape::from).collect();
    Ok(HttpResponse::Ok().json(wanted.listing(page.total, page.next, rows)))
}

/// How an enrolment of many leads goes or went.
#[utoipa::path(
    get, path = "/v1/workflows/{workflow}/imports/{import}", operation_id = "getImport", tag = openapi::LEADS,
    responses((status = 200, description = "The import.", body = ImportShape)),
)]
pub(crate) async fn one(request: HttpRequest) -> Answer {
    let (workflow, import): (WorkflowId, ImportId) = (id(&request)?, id(&request)?);
    Query::of(&request)?.finish()?;
    let engine = &state(&request)?.engine;
    let shape = shape(engine, organisation(&request), workflow, import).await?;
    Ok(HttpResponse::Ok().json(shape))
}
