//! The leads of a workflow: filtered, sorted, in pages; one person's by their number.

pub(crate) mod bulk;
mod filter;
mod table;

use actix_web::HttpRequest;
use branchline_domain::{
    graph::Graph,
    id::{LeadId, WorkflowId},
    lead::{HoldCode, LeadStatus},
    organisation::Scope,
};
use branchline_engine::{EngineError, EngineHandle, normalise};
use branchline_http_api::pages::{self, Visitor};
use branchline_projections::{
    LeadRow, LeadSort, ListCursor, Order, Page, PageStart, Paging, SortKey as _, StatusCounts,
};
use maud::{Markup, html};

use self::filter::Filter;
pub(super) use self::filter::label;
use super::{Head, Tab, find, tabs};
use crate::{
    live::Topic,
    shell::{
        Frame, PageAnswer, PageError, Section, hold_in_words, id, number, parameter, plural, query,
    },
};

/// Leads on a page.
const ROWS: usize = 50;

/// A row of the table, with the number, which is in the lead's own records.
struct Line {
    row: LeadRow,
    /// None once it is erased.
    phone_number: Option<String>,
}

/// What the page shows besides rows.
struct Listed {
    head: Head,
    graph: std::sync::Arc<Graph>,
    country: Option<String>,
    leads: StatusCounts,
    held: u64,
    page: Page<LeadRow>,
}

/// `GET /workflows/{workflow}/leads`
pub(crate) async fn page(request: HttpRequest) -> PageAnswer {
    let workflow: WorkflowId = id(&request, "workflow", "workflow")?;
    let visitor = Visitor::of(&request)?;
    let engine = pages::engine(&request)?;
    let filter = Filter::read(|name| parameter(&request, name))?;
    let order = order(&request);
    let cursor = parameter(&request, "cursor").and_then(|text| text.parse::<ListCursor>().ok());
    let start = cursor.filter(|cursor| cursor.is_of(order));
    let paging = Paging { start: start.map_or(PageStart::Page(1), PageStart::After), limit: ROWS };
    let organisation = visitor.organisation();
    let listed = engine
        .read(|projections| {
            let row = find(projections, organisation, workflow)?;
            Ok::<_, PageError>(Listed {
                head: Head::of(&row),
                graph: std::sync::Arc::clone(&row.state.graph),
                country: row.state.settings.default_country.clone(),
                leads: row.leads,
                held: projections.totals_of_workflow(workflow).held.values().sum(),
                page: projections.ordered_leads(workflow, filter.as_lead_filter(), order, paging),
            })
        })
        .await??;
    let wanted = parameter(&request, "phone");
    let found = match &wanted {
        Some(text) => Some(search(engine, &visitor, text, listed.country.as_deref()).await?),
        None => None,
    };
    let lines = if found.is_some() {
        Vec::new()
    } else {
        with_numbers(engine, &visitor, &listed.page.items).await?
    };
    let main = html! {
        (listed.head.show(&visitor, Some("Leads")))
        (tabs(workflow, Tab::Leads, &visitor))
        (chips(&listed, &filter))
        (form(&listed, &filter, order, wanted.as_deref()))
        @match &found {
            Some(found) => (table::found(found, workflow, &listed.graph)),
            None => (list(&listed, &lines, &filter, order, &visitor)),
        }
    };
    let frame = Frame {
        topics: &[Topic::Workflow(workflow).to_string()],
        styles: &["workflow.css"],
        ..Frame::new("Leads", Section::Overview)
    };
    Ok(frame.answer(&request, &main))
}

/// Reads `sort`: a name, with a `-` before it for the greatest first. Another word is the usual
/// order.
fn order(request: &HttpRequest) -> Order<LeadSort> {
    let text = parameter(request, "sort").unwrap_or_default();
    let (name, descending) = match text.strip_prefix('-') {
        Some(name) => (name, true),
        None => (text.as_str(), false),
    };
    let by = LeadSort::ALL.iter().find(|(known, _)| *known == name).map(|&(_, by)| by);
    by.map_or_else(Order::default, |by| Order { by, descending })
}

/// An order as the address has it.
fn sort_word(order: Order<LeadSort>) -> String {
    let name = LeadSort::ALL.iter().find(|(_, by)| *by == order.by).map_or("", |(name, _)| name);
    format!("{}{name}", if order.descending { "-" } else { "" })
}

/// The rows with what only the leads' own records have. One that is gone in between is left out.
async fn with_numbers(
    engine: &EngineHandle,
    visitor: &Visitor,
    rows: &[LeadRow],
) -> Result<Vec<Line>, EngineError> {
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        match engine.lead(visitor.organisation(), row.id).await {
            Ok(story) => lines.push(Line {
                row: row.clone(),
                phone_number: story.state.phone_number.known().cloned(),
            }),
            Err(EngineError::LeadNotFound(_)) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(lines)
}

/// A person's leads, with the title of each one's workflow; or why the number is none.
async fn search(
    engine: &EngineHandle,
    visitor: &Visitor,
    text: &str,
    country: Option<&str>,
) -> Result<Result<Vec<(Line, String)>, String>, EngineError> {
    // A `+` that was not escaped arrives as a space, and the form's fields are trimmed.
    let text = text.trim();
    let number = normalise(text, country).or_else(|_| normalise(&format!("+{text}"), None));
    let number = match number {
        Ok(number) => number,
        Err(problem) => return Ok(Err(problem.to_string())),
    };
    let leads: Vec<LeadId> = engine.leads_of_person(visitor.organisation(), &number).await?;
    let rows = engine
        .read(|projections| {
            let rows = leads.iter().filter_map(|&lead| projections.lead(lead));
            let titled = rows.filter_map(|row| {
                let title = projections.workflow(row.workflow_id)?.state.title.clone();
                Some((row, title))
            });
            titled.take(ROWS).collect::<Vec<_>>()
        })
        .await?;
    let found = rows
        .into_iter()
        .map(|(row, title)| (Line { row, phone_number: Some(number.clone()) }, title));
    Ok(Ok(found.collect()))
}

/// Leads by status, each a way to its leads, with counts that stay fresh.
fn chips(listed: &Listed, filter: &Filter) -> Markup {
    let (path, name) = (listed.head.path(), listed.head.id);
    let leads = &listed.leads;
    let chip = |words: &str, key: &str, count: u64, one: Filter| {
        let is_open = one.status == filter.status
            && one.removed == filter.removed
            && one.held.is_some() == filter.held.is_some();
        let query = query(one.fields());
        let target = if query.is_empty() { String::new() } else { format!("?{query}") };
        html! {
            a href={ (path) "/leads" (target) } aria-current=[is_open.then_some("true")] {
                (words) " " span.count data-live={ (name) "." (key) } { (number(count)) }
            }
        }
    };
    let with = |status| Filter { status: Some(status), ..Filter::default() };
    html! {
        nav.filters aria-label="Leads by status" {
            (chip("all", "enrolled", leads.enrolled(), Filter::default()))
            @for status in LeadStatus::ALL {
                (chip(status.as_str(), status.as_str(), leads.with(status), with(status)))
            }
            (chip("removed", "removed", leads.removed, Filter { removed: true, ..Filter::default() }))
            (chip("held", "held", listed.held,
                Filter { held: Some(branchline_projections::Held::Any), ..Filter::default() }))
        }
    }
}

/// What else can be looked for. Without a script it is a form like any other.
fn form(listed: &Listed, filter: &Filter, order: Order<LeadSort>, phone: Option<&str>) -> Markup {
    let status =
        if filter.removed { Some("removed") } else { filter.status.map(LeadStatus::as_str) };
    let sorts = [
        ("enrolled_at", "Enrolled, the first first"),
        ("-enrolled_at", "Enrolled, the last first"),
        ("entered_at", "At their step, the longest first"),
        ("-entered_at", "At their step, the shortest first"),
        ("status", "Status"),
    ];
    let sort = sort_word(order);
    html! {
        form.lead-filter method="get" action={ (listed.head.path()) "/leads" } {
            @if let Some(status) = status { input type="hidden" name="status" value=(status); }
            div {
                label for="node" { "Step" }
                select #node name="node" {
                    option value="" { "any" }
                    @for node in listed.graph.nodes() {
                        option value=(node.id) selected[filter.node == Some(node.id)] { (node.label) }
                    }
                    // One of an older revision.
                    @if let Some(node) = filter.node.filter(|node| listed.graph.node(*node).is_none()) {
                        option value=(node) selected { (label(&listed.graph, node)) }
                    }
                }
            }
            div {
                label for="hold" { "Held" }
                select #hold name="hold" {
                    option value="" { "or not" }
                    option value="any" selected[filter.hold() == Some("any")] { "for any reason" }
                    @for code in HoldCode::ALL {
                        option value=(code.as_str()) selected[filter.hold() == Some(code.as_str())] {
                            (hold_in_words(code))
                        }
                    }
                }
            }
            div {
                label for="sort" { "Sorted by" }
                select #sort name="sort" {
                    @for (value, words) in sorts {
                        option value=(value) selected[value == sort] { (words) }
                    }
                }
            }
            div {
                label for="phone" { "Phone number" }
                input #phone name="phone" type="search" inputmode="tel" autocomplete="off"
                    placeholder="+12125550123" value=[phone];
            }
            button.button type="submit" { "Look" }
        }
    }
}

fn list(
    listed: &Listed,
    lines: &[Line],
    filter: &Filter,
    order: Order<LeadSort>,
    visitor: &Visitor,
) -> Markup {
    let path = listed.head.path();
    let api = filter.api_query();
    let separator = if api.is_empty() { "" } else { "?" };
    let acts = query(filter.fields());
    let may = visitor.may(Scope::Operate) || visitor.may(Scope::Resolve);
    html! {
        section.card {
            div.page-head {
                h2 { (plural(listed.page.total, "lead")) }
                @if may && listed.page.total > 0 && !filter.removed {
                    a.button href={ (path) "/leads/act?" (acts) } { "Do something with all of these…" }
                }
                a.button href={ "/v1" (path) "/leads.csv" (separator) (api) } download { "Export as CSV" }
            }
            @if lines.is_empty() {
                p.muted { "There are no " (filter.in_words(&listed.graph)) "." }
            } @else {
                (table::table(lines, &listed.graph))
            }
            @if let Some(next) = listed.page.next {
                @let place = [("sort", sort_word(order)), ("cursor", next.to_string())];
                @let fields = filter.fields().into_iter().chain(place);
                nav.pager aria-label="Pages" {
                    a.button href={ (path) "/leads?" (query(fields)) } rel="next" { "Next" }
                }
            }
        }
    }
}
