//! Calls, filtered, sorted, in pages: all of the organisation at `/calls`, and those of a workflow on
//! its tab.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::HttpRequest;
use branchline_domain::{
    call_status::CallStatus,
    id::{CallId, LeadId, WorkflowId},
    time::Timestamp,
};
use branchline_http_api::pages::{self, Visitor};
use branchline_projections::{
    CallFilter, CallSort, Order, PageStart, Paging, Projections, SortKey as _, TooLongToSort,
    WorkflowFilter, WorkflowSort,
};
use maud::{Markup, html};

use crate::{
    lead::search_box,
    live::Topic,
    shell::{
        Frame, PageAnswer, PageError, Section, call_badge, duration, id, number, parameter, time,
    },
    workflow::{Head, Tab, find, tabs},
};

/// Calls on a page.
const ROWS: usize = 50;

/// Workflows to choose from: the newest ones.
const WORKFLOWS_MAX: usize = 200;

/// What the address asks for.
struct Asked {
    /// The list without any of it.
    path: String,
    status: Option<CallStatus>,
    workflow: Option<WorkflowId>,
    lead: Option<LeadId>,
    order: Order<CallSort>,
}

impl Asked {
    fn of(request: &HttpRequest) -> Self {
        let read = |name| parameter(request, name);
        let sort = read("sort").unwrap_or_else(|| "-created_at".into());
        let named = |name: &str| CallSort::ALL.iter().find(|(known, _)| *known == name);
        let by = named(sort.trim_start_matches('-')).map(|(_, by)| *by).unwrap_or_default();
        Self {
            path: "/calls".into(),
            status: read("status").and_then(|text| text.parse().ok()),
            workflow: read("workflow").and_then(|text| text.parse().ok()),
            lead: read("lead").and_then(|text| text.parse().ok()),
            order: Order { by, descending: sort.starts_with('-') },
        }
    }

    /// The filters as a query, without order and place.
    fn filters(&self) -> String {
        let mut query = Vec::new();
        query.extend(self.status.map(|status| format!("status={}", status.as_str())));
        query.extend(self.workflow.map(|workflow| format!("workflow={workflow}")));
        query.extend(self.lead.map(|lead| format!("lead={lead}")));
        query.join("&")
    }

    fn sort(&self) -> String {
        let name = CallSort::ALL.iter().find(|(_, by)| *by == self.order.by);
        let name = name.map_or("created_at", |(name, _)| *name);
        format!("{}{name}", if self.order.descending { "-" } else { "" })
    }

    /// The address of the list with these filters, this order, and more.
    fn address(&self, sort: &str, more: &str) -> String {
        let parts = [self.filters(), format!("sort={sort}"), more.to_owned()];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        format!("{}?{}", self.path, parts.join("&"))
    }
}

/// A call in the list.
struct Row {
    id: CallId,
    workflow: String,
    node: Option<String>,
    status: CallStatus,
    created_at: Timestamp,
    ended_at: Option<Timestamp>,
}

struct List {
    rows: Vec<Row>,
    total: u64,
    next: Option<String>,
    workflows: Vec<(WorkflowId, String)>,
}

/// `GET /calls`
pub(crate) async fn page(request: HttpRequest) -> PageAnswer {
    let visitor = Visitor::of(&request)?;
    let asked = Asked::of(&request);
    let list = list(&request, &visitor, &asked).await?;
    let main = html! {
        div.page-head {
            h1 { "Calls" }
            (download(&asked))
        }
        section.card { (search_box(None, None)) }
        (list)
    };
    Ok(Frame { styles: &["lead.css"], ..Frame::new("Calls", Section::Calls) }
        .answer(&request, &main))
}

/// `GET /workflows/{workflow}/calls`
pub(crate) async fn of_workflow(request: HttpRequest) -> PageAnswer {
    let visitor = Visitor::of(&request)?;
    let workflow: WorkflowId = id(&request, "workflow", "workflow")?;
    let head = |projections: &Projections| {
        find(projections, visitor.organisation(), workflow).map(|row| Head::of(&row))
    };
    let head = pages::engine(&request)?.read(head).await??;
    let path = format!("/workflows/{workflow}/calls");
    let asked = Asked { path, workflow: Some(workflow), ..Asked::of(&request) };
    let list = list(&request, &visitor, &asked).await?;
    let main = html! {
        (head.show(&visitor, Some("Calls")))
        (tabs(workflow, Tab::Calls, &visitor))
        (list)
        p { (download(&asked)) }
    };
    let title = format!("Calls · {}", head.title);
    let topics = [Topic::Workflow(workflow).to_string()];
    Ok(Frame {
        topics: &topics,
        styles: &["workflow.css", "lead.css"],
        ..Frame::new(&title, Section::Overview)
    }
    .answer(&request, &main))
}

fn download(asked: &Asked) -> Markup {
    html! { a.button href={ "/v1/call-logs.csv?" (asked.filters()) } download { "Download as CSV" } }
}

async fn list(
    request: &HttpRequest,
    visitor: &Visitor,
    asked: &Asked,
) -> Result<Markup, PageError> {
    let engine = pages::engine(request)?;
    let start = parameter(request, "cursor").and_then(|cursor| cursor.parse().ok());
    let paging = Paging { start: start.map_or(PageStart::Page(1), PageStart::After), limit: ROWS };
    let organisation = visitor.organisation();
    let filter = CallFilter {
        organisation: Some(organisation),
        workflow: asked.workflow,
        lead: asked.lead,
        status: asked.status,
    };
    let found = engine.read(|projections| look(projections, filter, asked.order, paging)).await?;
    let list = match found {
        Ok(list) => list,
        Err(too_long) => return Ok(too_many(asked, too_long)),
    };
    // Numbers are sealed in the streams of the leads; those of a page are opened.
    let mut numbers = BTreeMap::new();
    for lead in list.rows.iter().map(|row| row.id.lead).collect::<BTreeSet<_>>() {
        let logs = engine.calls_of_lead(organisation, lead).await?;
        numbers.insert(lead, logs.first().and_then(|log| log.to.known().cloned()));
    }
    Ok(table(asked, &list, &numbers))
}

fn look(
    projections: &Projections,
    filter: CallFilter,
    order: Order<CallSort>,
    paging: Paging,
) -> Result<List, TooLongToSort> {
    let page = projections.ordered_calls(filter, order, paging)?;
    let rows = page.items.into_iter().map(|call| {
        let workflow = projections.workflow_or_deleted(call.workflow_id);
        let label = workflow.and_then(|row| {
            let graphs = || row.state.revisions.values().rev();
            let newest = row.state.graph.node(call.node_id?);
            let node = newest.or_else(|| graphs().find_map(|graph| graph.node(call.node_id?)));
            node.map(|node| node.label.clone())
        });
        Row {
            id: call.id,
            workflow: workflow.map(|row| row.state.title.clone()).unwrap_or_default(),
            node: label,
            status: call.status,
            created_at: call.created_at,
            ended_at: call.ended_at,
        }
    });
    let rows = rows.collect();
    let all = WorkflowFilter { organisation: filter.organisation, status: None };
    let newest_first = Order { by: WorkflowSort::CreatedAt, descending: true };
    let workflows = projections.ordered_workflows(all, newest_first, Paging::first(WORKFLOWS_MAX));
    let workflows = workflows.unwrap_or_default().items.into_iter();
    Ok(List {
        rows,
        total: page.total,
        next: page.next.map(|cursor| cursor.to_string()),
        workflows: workflows.map(|row| (row.id, row.state.title.clone())).collect(),
    })
}

/// What to do when there are too many calls for an order.
fn too_many(asked: &Asked, too_long: TooLongToSort) -> Markup {
    html! {
        div.warning {
            p {
                (number(too_long.rows)) " calls are too many to be sorted like this. Choose a workflow, or "
                a href=(asked.address("-created_at", "")) { "sort them by when they were wanted" } "."
            }
        }
    }
}

fn filters(asked: &Asked, list: &List) -> Markup {
    html! {
        form.find.call-filters method="get" action=(asked.path) {
            div {
                label for="status" { "Status" }
                select #status name="status" {
                    option value="" { "any" }
                    @for status in CallStatus::ALL {
                        option value=(status.as_str()) selected[asked.status == Some(status)] {
                            (status.as_str().replace('_', " "))
                        }
                    }
                }
            }
            @if asked.path == "/calls" {
                div {
                    label for="workflow" { "Workflow" }
                    select #workflow name="workflow" {
                        option value="" { "all" }
                        @for (id, title) in &list.workflows {
                            option value=(id) selected[asked.workflow == Some(*id)] { (title) }
                        }
                    }
                }
            }
            @if let Some(lead) = asked.lead { input type="hidden" name="lead" value=(lead); }
            input type="hidden" name="sort" value=(asked.sort());
            button.button type="submit" { "Show" }
            @if asked.status.is_some() || asked.lead.is_some() || (asked.workflow.is_some() && asked.path == "/calls") {
                a.button href=(asked.path) { "All calls" }
            }
        }
    }
}

fn table(asked: &Asked, list: &List, numbers: &BTreeMap<LeadId, Option<String>>) -> Markup {
    html! {
        section.card aria-label="Calls" {
            (filters(asked, list))
            p.muted {
                @if let Some(lead) = asked.lead { "Calls of " a href={ "/leads/" (lead) } { "one lead" } ": " }
                (number(list.total)) @if list.total == 1 { " call" } @else { " calls" }
            }
            @if list.rows.is_empty() {
                p.muted { "No call is like this." }
            } @else {
                div.scroll {
                    table.rows {
                        thead { tr {
                            th scope="col" { "Call" }
                            (sorted(asked, "status", "Status"))
                            th scope="col" { "Number" } th scope="col" { "Workflow" } th scope="col" { "Step" }
                            (sorted(asked, "created_at", "Wanted"))
                            (sorted(asked, "ended_at", "Ended"))
                            th.num scope="col" { "Took" }
                        } }
                        tbody { @for row in &list.rows { (line(row, numbers)) } }
                    }
                }
            }
            @if let Some(cursor) = &list.next {
                nav.pager aria-label="Pages" {
                    a.button href=(asked.address(&asked.sort(), &format!("cursor={cursor}"))) { "Next" }
                }
            }
        }
    }
}

/// The head of a column that the list can be sorted by; again, the other way round.
fn sorted(asked: &Asked, name: &str, words: &str) -> Markup {
    let now = asked.sort();
    let is_by = now.trim_start_matches('-') == name;
    let descends = now.starts_with('-');
    let other = if is_by && descends { name.to_owned() } else { format!("-{name}") };
    let aria = is_by.then_some(if descends { "descending" } else { "ascending" });
    html! {
        th scope="col" aria-sort=[aria] {
            a href=(asked.address(&other, "")) { (words) @if is_by { (if descends { " ↓" } else { " ↑" }) } }
        }
    }
}

fn line(row: &Row, numbers: &BTreeMap<LeadId, Option<String>>) -> Markup {
    let to = numbers.get(&row.id.lead).and_then(Option::as_deref);
    let took = row.ended_at.map(|at| at.micros_since(row.created_at).max(0).unsigned_abs());
    html! {
        tr {
            th.nowrap scope="row" { a href={ "/calls/" (row.id) } { "Call " (row.id.number) } }
            td { (call_badge(row.status)) }
            td.nowrap {
                a href={ "/leads/" (row.id.lead) } {
                    @match to { Some(to) => (to), None => "erased lead" }
                }
            }
            td { (row.workflow) }
            td { (row.node.as_deref().unwrap_or_default()) }
            td.nowrap { (time(row.created_at)) }
            td.nowrap { @if let Some(at) = row.ended_at { (time(at)) } }
            td.num { @if let Some(micros) = took { (duration(micros / 1_000_000)) } }
        }
    }
}
