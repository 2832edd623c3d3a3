//! `/leads?phone=…`: a person's leads over all workflows.

use actix_web::{HttpRequest, HttpResponse, http::header};
use branchline_domain::{
    id::{LeadId, WorkflowId},
    lead::{HoldCode, LeadStatus},
    time::Timestamp,
};
use branchline_engine::normalise;
use branchline_http_api::pages::{self, Fault, Visitor};
use branchline_projections::Projections;
use maud::{Markup, html};

use crate::shell::{
    Frame, PageAnswer, Section, fault as fault_in_words, lead_badge, parameter, plural, time,
};

/// Leads of one person that are shown; nobody has so many.
const ROWS_MAX: usize = 200;

struct Found {
    lead: LeadId,
    workflow: WorkflowId,
    title: String,
    step: Option<String>,
    status: LeadStatus,
    removed: bool,
    hold: Option<HoldCode>,
    enrolled_at: Timestamp,
}

/// `GET /leads?phone=…&country=…`
pub(crate) async fn search(request: HttpRequest) -> PageAnswer {
    let visitor = Visitor::of(&request)?;
    let typed = parameter(&request, "phone");
    let country = parameter(&request, "country").map(|country| country.trim().to_uppercase());
    let number = typed.as_deref().map(|typed| number(typed, country.as_deref()));
    let mut found = Vec::new();
    let mut fault = None;
    match number {
        Some(Ok(number)) => {
            let engine = pages::engine(&request)?;
            let leads = engine.leads_of_person(visitor.organisation(), &number).await?;
            found = engine.read(|projections| rows(projections, &leads)).await?;
        }
        Some(Err(refused)) => fault = Some(refused),
        None => {}
    }
    if let [only] = found.as_slice() {
        let address = format!("/leads/{}", only.lead);
        return Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, address)).finish());
    }
    let main = html! {
        div.page-head { h1 { "Find a person" } }
        section.card {
            (search_box(typed.as_deref(), country.as_deref()))
            @if let Some(fault) = &fault { (fault_in_words(fault)) }
        }
        @if typed.is_some() && fault.is_none() { (list(&found)) }
    };
    Ok(Frame { styles: &["lead.css"], ..Frame::new("Find a person", Section::Calls) }
        .answer(&request, &main))
}

/// The form that finds a person by number.
pub(crate) fn search_box(typed: Option<&str>, country: Option<&str>) -> Markup {
    html! {
        form.find method="get" action="/leads" role="search" {
            div {
                label for="phone" { "Phone number" }
                input #phone type="tel" name="phone" value=(typed.unwrap_or_default())
                    placeholder="+1 212 555 0123" autocomplete="off" required;
            }
            div {
                label for="country" { "Country, without +" }
                input #country name="country" value=(country.unwrap_or_default()) placeholder="US" maxlength="2" size="4";
            }
            button.button type="submit" { "Find" }
        }
    }
}

/// The number in E.164.
fn number(typed: &str, country: Option<&str>) -> Result<String, Fault> {
    // A `+` that was not escaped arrives as a space.
    let typed = match typed.strip_prefix(' ') {
        Some(digits) => format!("+{}", digits.trim_start()),
        None => typed.trim().to_owned(),
    };
    normalise(&typed, country).map_err(|problem| Fault::invalid(problem.to_string()))
}

fn rows(projections: &Projections, leads: &[LeadId]) -> Vec<Found> {
    let rows = leads.iter().rev().take(ROWS_MAX).filter_map(|lead| {
        let row = projections.lead(*lead)?;
        let workflow = projections.workflow(row.workflow_id)?;
        let node = row.current_node_id.and_then(|node| workflow.state.graph.node(node));
        Some(Found {
            lead: *lead,
            workflow: row.workflow_id,
            title: workflow.state.title.clone(),
            step: node.map(|node| node.label.clone()),
            status: row.status,
            removed: row.removed,
            hold: row.hold,
            enrolled_at: row.enrolled_at,
        })
    });
    rows.collect()
}

fn list(found: &[Found]) -> Markup {
    html! {
        section.card {
            @if found.is_empty() {
                p.muted { "Nobody with this number is in a workflow. Erased people are not found." }
            } @else {
                h2 { (plural(found.len() as u64, "lead")) " of this person" }
                div.scroll {
                    table.rows {
                        thead { tr {
                            th scope="col" { "Lead" } th scope="col" { "Workflow" } th scope="col" { "Status" }
                            th scope="col" { "Step" } th scope="col" { "Held" } th scope="col" { "Enrolled" }
                        } }
                        tbody { @for row in found { (line(row)) } }
                    }
                }
            }
        }
    }
}

fn line(row: &Found) -> Markup {
    html! {
        tr {
            th scope="row" { a href={ "/leads/" (row.lead) } { "Open" span.unseen { " the lead in " (row.title) } } }
            td { a href={ "/workflows/" (row.workflow) } { (row.title) } }
            td { (lead_badge(row.status, row.removed)) }
            td { (row.step.as_deref().unwrap_or("none yet")) }
            td { @if let Some(hold) = row.hold { (hold.as_str().replace('_', " ")) } }
            td.nowrap { (time(row.enrolled_at)) }
        }
    }
}
