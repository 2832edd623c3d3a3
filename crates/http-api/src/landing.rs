//! The page at `/`: what runs here, for somebody who has just started the server.

use std::fmt::Write as _;

use actix_web::{HttpRequest, HttpResponse, http::header};
use branchline_domain::id::OrganisationId;
use branchline_projections::{Paging, StatusCounts, WorkflowFilter};

use crate::{headers::state, problem::Answer, workflows::WorkflowShape};

/// Workflows on the page; the API lists all of them.
const ROWS_MAX: usize = 100;

/// How often the page loads itself again. Unit: seconds.
const REFRESH_S: u32 = 3;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;\
padding:0 1rem;color:#1b1f24;background:#fff}table{border-collapse:collapse;width:100%}\
th,td{padding:.35rem .6rem;text-align:right;border-bottom:1px solid #d8dee4}\
th:first-child,td:first-child,th:nth-child(2),td:nth-child(2){text-align:left}\
a{color:#0550ae}@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}\
th,td{border-color:#30363d}a{color:#79c0ff}}";

/// `GET /`
///
/// 200 with a page that needs no script.
pub(crate) async fn page(request: HttpRequest) -> Answer {
    let state = state(&request)?;
    let needs_key = state.engine.api_keys().are_required();
    let everybodys = Some(OrganisationId::DEFAULT);
    let filter = WorkflowFilter { organisation: everybodys, ..WorkflowFilter::default() };
    let (total, rows) = state
        .engine
        .read(|projections| {
            if needs_key {
                return (0, Vec::new());
            }
            let page = projections.workflows(filter, Paging::first(ROWS_MAX));
            let rows: Vec<_> =
                page.items.iter().map(|row| (WorkflowShape::of(row), row.leads)).collect();
            (page.total, rows)
        })
        .await?;
    let html = render(needs_key, total, &rows);
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'",
        ))
        .body(html))
}

fn render(needs_key: bool, total: u64, rows: &[(WorkflowShape, StatusCounts)]) -> String {
    let mut html = format!(
        "<!doctype html><html lang=en><meta charset=utf-8>\
         <meta name=viewport content=\"width=device-width\">\
         <meta http-equiv=refresh content={REFRESH_S}><title>Branchline</title>\
         <style>{STYLE}</style><h1>Branchline</h1>"
    );
    if needs_key {
        html.push_str(
            "<p>This server asks for a key: \
             <code>Authorization: Bearer &lt;key&gt;:&lt;secret&gt;</code>.</p>",
        );
    } else if rows.is_empty() {
        html.push_str(
            "<p>There are no workflows yet. <code>POST /v1/workflows</code> makes one.</p>",
        );
    } else {
        html.push_str(
            "<table><caption hidden>Workflows</caption><thead><tr><th scope=col>Workflow\
             <th scope=col>Status<th scope=col>Pending<th scope=col>Active<th scope=col>Completed\
             <th scope=col>Dropped<th scope=col>Removed<th scope=col>JSON</thead><tbody>",
        );
        for (workflow, leads) in rows {
            write_row(&mut html, workflow, leads);
        }
        html.push_str("</tbody></table>");
    }
    let shown = rows.len() as u64;
    if total > shown {
        // Writing to a `String` cannot fail.
        let _ = write!(html, "<p>The first {shown} of {total} workflows.</p>");
    }
    html.push_str(
        "<p><a href=/v1/workflows>workflows</a> · <a href=/v1/call-logs>call logs</a> · \
         <a href=\"/v1/events?limit=100\">events</a> · <a href=/readyz>readiness</a></p></html>",
    );
    html
}

fn write_row(html: &mut String, workflow: &WorkflowShape, leads: &StatusCounts) {
    let base = format!("/v1/workflows/{}", workflow.id);
    let _ = write!(
        html,
        "<tr><th scope=row><a href=\"{base}\">{}</a><td>{}<td>{}<td>{}<td>{}<td>{}<td>{}\
         <td><a href=\"{base}/leads\">leads</a> <a href=\"{base}/counts\">counts</a> \
         <a href=\"{base}/graph\">graph</a>",
        escape(&workflow.title),
        workflow.status,
        leads.pending,
        leads.active,
        leads.completed,
        leads.dropped,
        leads.removed,
    );
}

/// Text that people wrote, safe inside an element.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_wrote_stays_text() {
        assert_eq!(escape("<b onclick=\"x\">&"), "&lt;b onclick=&quot;x&quot;&gt;&amp;");
    }

    #[test]
    fn an_empty_server_says_what_to_do() {
        assert!(render(false, 0, &[]).contains("POST /v1/workflows"));
        assert!(render(true, 0, &[]).contains("asks for a key"));
    }
}
