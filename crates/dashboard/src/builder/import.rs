//! Bringing leads in: a file, what is wrong with it, and how imports went.

use std::fmt::Write as _;

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use branchline_domain::{id::ImportId, organisation::Scope};
use branchline_engine::command::WorkflowAction;
use branchline_http_api::pages::{self, Fault, Visitor};
use branchline_projections::{ImportRow, ImportSort, Order, PageStart, Paging};
use maud::{Markup, html};

use super::{Subject, builder, import_form};
use crate::{
    live::Topic,
    shell::{Form, Frame, PageAnswer, PageError, Section, done, fault, id, parameter},
    workflow::{Tab, tabs},
};

/// Imports on a page.
const IMPORTS: usize = 20;

/// `GET /workflows/{id}/import`
pub(crate) async fn page(request: HttpRequest) -> PageAnswer {
    let visitor = Visitor::of(&request)?;
    let subject = Subject::of(&request, &visitor).await?;
    show(&request, &visitor, &subject, None).await
}

/// `POST /workflows/{id}/import`
pub(crate) async fn upload(request: HttpRequest, payload: web::Payload) -> PageAnswer {
    let visitor = builder(&request, "lead.enrol")?;
    let subject = Subject::of(&request, &visitor).await?;
    match pages::enrol_file(&request, payload.into_inner(), subject.id).await {
        Ok(_) => Ok(done(&format!("{}/import", subject.path()), "imported")),
        Err(fault) => show(&request, &visitor, &subject, Some(&fault)).await,
    }
}

/// `POST /workflows/{id}/import/country`
pub(crate) async fn change_country(request: HttpRequest, form: Form) -> PageAnswer {
    let visitor = builder(&request, "workflow.edit")?;
    let subject = Subject::of(&request, &visitor).await?;
    let mut settings = subject.settings.clone();
    settings.default_country = form.get("default_country").map(str::to_ascii_uppercase);
    let action = WorkflowAction::Edit { title: None, description: None, settings: Some(settings) };
    let caller = form.caller(&visitor, &request);
    match pages::engine(&request)?.act_on_workflow(&caller, subject.id, action).await {
        Ok(_) => Ok(done(&format!("{}/import", subject.path()), "saved")),
        Err(error) => show(&request, &visitor, &subject, Some(&error.into())).await,
    }
}

/// `GET /workflows/{id}/import/{import}/faults.csv`
pub(crate) async fn faults_as_csv(request: HttpRequest) -> PageAnswer {
    let visitor = Visitor::of(&request)?;
    let subject = Subject::of(&request, &visitor).await?;
    let import: ImportId = id(&request, "import", "import")?;
    let row = pages::engine(&request)?
        .read(|projections| projections.import(import).filter(|row| row.workflow_id == subject.id))
        .await?;
    let row = row.ok_or_else(|| PageError::not_found("import", &import.to_string()))?;
    let mut csv = String::from("row,problem\r\n");
    for fault in &row.faults {
        // A spreadsheet runs no sentence of ours: they begin with a letter. Quotation marks are doubled.
        let reason = fault.reason.replace('"', "\"\"");
        for row in &fault.rows {
            // Writing to a `String` cannot fail.
            let _ = write!(csv, "{row},\"{reason}\"\r\n");
        }
        if fault.rows.is_empty() {
            let _ = write!(csv, ",\"{reason}\"\r\n");
        }
    }
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"faults-{import}.csv\""),
        ))
        .body(csv))
}

async fn show(
    request: &HttpRequest,
    visitor: &Visitor,
    subject: &Subject,
    refused: Option<&Fault>,
) -> PageAnswer {
    let start = parameter(request, "cursor").and_then(|cursor| cursor.parse().ok());
    let paging =
        Paging { start: start.map_or(PageStart::Page(1), PageStart::After), limit: IMPORTS };
    let newest_first = Order { by: ImportSort::At, descending: true };
    let imports = pages::engine(request)?
        .read(|projections| projections.ordered_imports(subject.id, newest_first, paging))
        .await?;
    let next = imports.next.map(|cursor| cursor.to_string());
    let may_import = visitor.may(Scope::Operate) && !subject.status.is_final();
    let main = html! {
        (subject.head.show(visitor, Some("Import")))
        (tabs(subject.id, Tab::Import, visitor))
        @if let Some(refused) = refused { (refusal(refused, subject, &imports.items)) }
        @if may_import { (import_form::form(subject)) }
        (import_form::list(subject, &imports.items, next.as_deref()))
    };
    let (title, topics) =
        (format!("Import into {}", subject.head.title), [Topic::Workflow(subject.id).to_string()]);
    let frame = Frame {
        topics: &topics,
        styles: &["workflow.css", "builder.css"],
        ..Frame::new(&title, Section::Overview)
    };
    Ok(match refused {
        Some(refused) => frame.answer_with(refused.status(), request, &main),
        None => frame.answer(request, &main),
    })
}

/// Why nobody was enrolled, with every faulty row.
fn refusal(refused: &Fault, subject: &Subject, imports: &[ImportRow]) -> Markup {
    let rows: Vec<import_form::FaultyRows> = refused
        .faults()
        .and_then(|faults| serde_json::from_value(faults.clone()).ok())
        .unwrap_or_default();
    html! {
        (fault(refused))
        @if !rows.is_empty() {
            section.card #faults {
                h2 { "Nobody was enrolled: mend these rows and import the file again" }
                (import_form::faults(&rows))
                // A refused list is kept among the imports: it is the newest one.
                @if let Some(import) = imports.first() {
                    p { a.button href={ (subject.path()) "/import/" (import.id) "/faults.csv" } { "Download as CSV" } }
                }
            }
        }
    }
}
