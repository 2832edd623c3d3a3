//! What the page for bringing leads in shows: the form, faulty rows, and the imports so far.

use branchline_domain::workflow::WorkflowStatus;
use branchline_http_api::lead_file::PHONE_COLUMN;
use branchline_projections::{ImportRow, ImportStatus};
use maud::{Markup, html};
use serde::Deserialize;

use super::Subject;
use crate::shell::{number, once, plural, time};

/// Faults that the page shows; the rest is in the file to download. Also rows of one of them.
const SHOWN_MAX: usize = 100;

/// What is wrong with some rows, as a refusal tells it.
#[derive(Debug, Deserialize)]
pub(super) struct FaultyRows {
    reason: String,
    /// As a spreadsheet counts them.
    rows: Vec<u64>,
}

/// The form, and what it needs to know beforehand.
pub(super) fn form(subject: &Subject) -> Markup {
    let path = format!("{}/import", subject.path());
    let country = subject.settings.default_country.as_deref();
    html! {
        section.card.b-sheet {
            h2 { "A list of leads" }
            p {
                "A CSV file or an XLSX workbook with a column " code { (PHONE_COLUMN) }
                ". Every other column becomes a variable. All rows are enrolled, or none."
            }
            form method="post" action=(path) enctype="multipart/form-data" {
                label for="file" { "File" }
                input #file type="file" name="file" required accept=".csv,.xlsx,text/csv";
                label for="duplicates" { "Numbers that are there already, or twice in the file" }
                select #duplicates name="duplicates" {
                    option value="skip" { "are skipped" }
                    option value="reject" { "make the file refused" }
                    option value="allow" { "are enrolled again" }
                }
                p.hint { (when_they_start(subject)) }
                div.actions.b-submit { button.button.primary type="submit" { "Import" } }
            }
        }
        form.card.b-sheet method="post" action={ (path) "/country" } {
            (once())
            label for="country" { "Country of numbers without a country code" }
            input #country name="default_country" maxlength="2" size="4" placeholder="US" value=[country];
            p.hint { "Two letters. Without one, only numbers that begin with + are taken." }
            div.actions.b-submit { button.button type="submit" { "Change" } }
        }
    }
}

fn when_they_start(subject: &Subject) -> &'static str {
    match subject.status {
        WorkflowStatus::Draft => "The workflow is a draft: its leads start when it is activated.",
        WorkflowStatus::Active if subject.settings.start_on_enrol => {
            "The workflow is active: its leads start at once."
        }
        WorkflowStatus::Active => "The workflow is active: its leads start at the next activation.",
        WorkflowStatus::Paused => "The workflow is paused: its leads start when it goes on.",
        WorkflowStatus::Completed | WorkflowStatus::Cancelled => "The workflow has ended.",
    }
}

/// What is wrong with a file, row by row.
pub(super) fn faults(faults: &[FaultyRows]) -> Markup {
    html! {
        div.scroll {
            table.rows {
                thead { tr { th scope="col" { "What is wrong" } th scope="col" { "Rows" } } }
                tbody {
                    @for fault in faults.iter().take(SHOWN_MAX) {
                        tr { td { (fault.reason) } td { (rows(&fault.rows)) } }
                    }
                }
            }
        }
        @if faults.len() > SHOWN_MAX { p.muted { "The first " (SHOWN_MAX) " of " (number(faults.len() as u64)) "." } }
    }
}

fn rows(rows: &[u64]) -> String {
    let shown: Vec<String> = rows.iter().take(SHOWN_MAX).map(ToString::to_string).collect();
    shown.join(", ")
}

/// The imports so far, the newest first.
pub(super) fn list(subject: &Subject, imports: &[ImportRow], next: Option<&str>) -> Markup {
    let path = format!("{}/import", subject.path());
    html! {
        section.card #imports data-fragment aria-label="Imports" {
            h2 { "Imports" }
            @if imports.is_empty() {
                p.muted { "Nothing was imported yet." }
            } @else {
                div.scroll {
                    table.rows {
                        thead {
                            tr {
                                th scope="col" { "File" }
                                th scope="col" { "When" }
                                th scope="col" { "Status" }
                                th.num scope="col" { "Rows" }
                                th.num scope="col" { "Enrolled" }
                                th.num scope="col" { "Skipped" }
                                th scope="col" { "Faults" }
                            }
                        }
                        tbody { @for import in imports { (line(&path, import)) } }
                    }
                }
                @if let Some(next) = next {
                    nav.pager aria-label="Pages" { a.button href={ (path) "?cursor=" (next) } { "Older" } }
                }
            }
        }
    }
}

fn line(path: &str, import: &ImportRow) -> Markup {
    let (kind, status) = match import.status {
        ImportStatus::Running => ("info", "running"),
        ImportStatus::Done => ("good", "done"),
        ImportStatus::Cancelled => ("plain", "cancelled"),
        ImportStatus::Refused => ("bad", "refused"),
    };
    html! {
        tr {
            th scope="row" { (import.file_name.as_deref().unwrap_or("no file")) }
            td.nowrap { (time(import.at)) }
            td {
                span.badge.(kind) { (status) }
                @if import.status == ImportStatus::Running {
                    progress max=(import.rows) value=(import.leads_enrolled)
                        aria-label={ (import.leads_enrolled) " of " (plural(import.rows.into(), "row")) } {}
                }
            }
            td.num { (number(import.rows.into())) }
            td.num { (number(import.leads_enrolled.into())) }
            td.num { (number(import.duplicates_skipped.into())) }
            td {
                @if let Some(reason) = &import.reason { (reason) " " }
                @if let Some(first) = import.faults.first() {
                    (first.reason)
                    @if import.faults.len() > 1 { ", and " (import.faults.len() - 1) " more" }
                    " " a href={ (path) "/" (import.id) "/faults.csv" } { "Download" }
                }
            }
        }
    }
}
