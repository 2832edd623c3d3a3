//! The first page: is it running, where is everybody, what needs somebody.

use std::collections::BTreeMap;

use actix_web::HttpRequest;
use branchline_domain::{
    id::{OrganisationId, WorkflowId},
    lead::HoldCode,
    organisation::Scope,
    time::Timestamp,
    workflow::WorkflowStatus,
};
use branchline_http_api::pages::{self, Visitor};
use branchline_projections::{
    MinuteCounts, PageStart, Paging, Projections, THROUGHPUT_MINUTES, Totals, WorkflowFilter,
};
use maud::{Markup, html};

use crate::{
    builder,
    live::{NEWEST_FIRST, OVERVIEW_ROWS, Topic, put},
    shell::{Frame, PageAnswer, Section, hold_in_words, number, parameter, time, workflow_badge},
    throughput,
};

/// How far ahead "due soon" looks. Unit: seconds.
const SOON_S: u64 = 3_600;

/// Releases that are counted one by one; beyond it the page says "more than".
const DUE_MAX: usize = 10_000;

/// A workflow in the list.
struct Row {
    id: WorkflowId,
    title: String,
    status: WorkflowStatus,
    totals: Totals,
    updated_at: Timestamp,
}

/// Everything on the page.
struct Overview {
    totals: Totals,
    /// Workflows, the newest first.
    rows: Vec<Row>,
    /// All workflows, with those that the page does not show.
    workflows: u64,
    /// Where the next page of the list begins.
    next: Option<String>,
    /// Waits that end soon.
    due: usize,
    /// Branches of the last hour.
    minutes: [MinuteCounts; THROUGHPUT_MINUTES],
    /// Held leads by reason and workflow.
    held: BTreeMap<HoldCode, Vec<(WorkflowId, String, u64)>>,
}

/// `GET /`
pub(crate) async fn page(request: HttpRequest) -> PageAnswer {
    let visitor = Visitor::of(&request)?;
    let engine = pages::engine(&request)?;
    let status = parameter(&request, "status").and_then(|word| word.parse().ok());
    let start = parameter(&request, "cursor").and_then(|cursor| cursor.parse().ok());
    let now = engine.api_keys().now();
    let paging =
        Paging { start: start.map_or(PageStart::Page(1), PageStart::After), limit: OVERVIEW_ROWS };
    let overview = engine
        .read(|projections| look(projections, visitor.organisation(), status, paging, now))
        .await?;
    let main = html! {
        div.page-head {
            h1 { "Workflows" }
            @if visitor.may(Scope::Operate) && overview.workflows > 0 {
                a.button.primary href="/workflows/new" { "New workflow" }
            }
        }
        (figures(&overview))
        @if overview.workflows > 0 {
            div.columns {
                section.card #throughput data-fragment { (throughput::picture(&overview.minutes, None)) }
                (attention(&overview.held))
            }
        }
        (list(&overview, status, visitor.may(Scope::Operate)))
    };
    let mut topics = vec![Topic::Overview.to_string()];
    if status.is_some() || paging.start != PageStart::Page(1) {
        // The topic of all tells the numbers of the newest only.
        topics.extend(overview.rows.iter().map(|row| Topic::Workflow(row.id).to_string()));
    }
    Ok(Frame {
        topics: &topics,
        styles: &["charts.css"],
        ..Frame::new("Workflows", Section::Overview)
    }
    .answer(&request, &main))
}

fn look(
    projections: &Projections,
    organisation: OrganisationId,
    status: Option<WorkflowStatus>,
    paging: Paging,
    now: Timestamp,
) -> Overview {
    let soon = now.plus_seconds(SOON_S);
    let everyone = WorkflowFilter { organisation: Some(organisation), status: None };
    let filter = WorkflowFilter { status, ..everyone };
    let page = projections.ordered_workflows(filter, NEWEST_FIRST, paging).unwrap_or_default();
    let mut held: BTreeMap<HoldCode, Vec<_>> = BTreeMap::new();
    let mut due = 0;
    let all = projections.workflows(everyone, Paging::first(usize::MAX));
    for row in &all.items {
        if row.state.status.can_process_leads() {
            due += projections.releases_before(row.id, soon, DUE_MAX.saturating_sub(due));
        }
        for (code, leads) in projections.totals_of_workflow(row.id).held {
            held.entry(code).or_default().push((row.id, row.state.title.clone(), leads));
        }
    }
    let rows = page.items.iter().map(|row| Row {
        id: row.id,
        title: row.state.title.clone(),
        status: row.state.status,
        totals: projections.totals_of_workflow(row.id),
        updated_at: row.state.updated_at,
    });
    Overview {
        totals: projections.totals_of_organisation(organisation),
        rows: rows.collect(),
        workflows: all.total,
        next: page.next.map(|cursor| cursor.to_string()),
        due,
        minutes: projections.throughput(organisation, now),
        held,
    }
}

fn figures(overview: &Overview) -> Markup {
    let mut counts = BTreeMap::new();
    put(&mut counts, "all", &overview.totals);
    let active = overview.totals.workflows.get(&WorkflowStatus::Active).copied().unwrap_or(0);
    let due = if overview.due >= DUE_MAX {
        format!("{}+", number(DUE_MAX as u64))
    } else {
        number(overview.due as u64)
    };
    let live = |key: &str, words: &str| {
        let count = counts.get(key).copied().unwrap_or(0);
        html! { div.figure { dt { (words) } dd data-live=(key) { (number(count)) } } }
    };
    html! {
        dl.figures #figures data-fragment {
            div.figure { dt { "Active workflows" } dd { (number(active)) } }
            (live("all.active", "Leads under way"))
            (live("all.calls", "Calls in progress"))
            div.figure { dt { "Waits that end within the hour" } dd { (due) } }
            (live("all.completed", "Converted"))
            (live("all.held", "Need attention"))
        }
    }
}

fn attention(held: &BTreeMap<HoldCode, Vec<(WorkflowId, String, u64)>>) -> Markup {
    html! {
        section.card #attention data-fragment aria-label="What needs attention" {
            h2 { "Needs attention" }
            @if held.is_empty() {
                p.muted { "No lead is held: everybody moves, waits or is done." }
            } @else {
                ul.attention {
                    @for (&code, workflows) in held {
                        li {
                            strong {
                                span data-live=(format!("all.held.{}", code.as_str())) {
                                    (number(workflows.iter().map(|(.., leads)| leads).sum()))
                                }
                                " " (hold_in_words(code))
                            }
                            " in "
                            @for (index, (id, title, _)) in workflows.iter().take(5).enumerate() {
                                @if index > 0 { ", " }
                                a href=(format!("/workflows/{id}/leads?hold={}", code.as_str())) { (title) }
                            }
                            @if workflows.len() > 5 { " and " (workflows.len() - 5) " more" }
                        }
                    }
                }
            }
        }
    }
}

fn list(overview: &Overview, status: Option<WorkflowStatus>, may_operate: bool) -> Markup {
    if overview.workflows == 0 {
        return nothing_yet(may_operate);
    }
    html! {
        section.card #workflows data-fragment aria-label="Workflows" {
            nav.filters aria-label="By status" {
                a href="/" aria-current=[status.is_none().then_some("true")] {
                    "All " span.count { (number(overview.workflows)) }
                }
                @for (&of, &count) in &overview.totals.workflows {
                    a href=(format!("/?status={of}")) aria-current=[(status == Some(of)).then_some("true")] {
                        (of.as_str()) " " span.count { (number(count)) }
                    }
                }
            }
            div.scroll {
                table.rows {
                    thead {
                        tr {
                            th scope="col" { "Workflow" }
                            th scope="col" { "Status" }
                            th.num scope="col" { "Leads" }
                            th.num scope="col" { "Under way" }
                            th.num scope="col" { "Calls" }
                            th.num scope="col" { "Converted" }
                            th.num scope="col" { "Dropped" }
                            th.num scope="col" { "Held" }
                            th scope="col" { "Changed" }
                        }
                    }
                    tbody { @for row in &overview.rows { (line(row)) } }
                }
            }
            @if let Some(cursor) = &overview.next {
                nav.pager aria-label="Pages" {
                    a.button href=(next_page(status, cursor)) { "Next" }
                }
            }
        }
    }
}

fn next_page(status: Option<WorkflowStatus>, cursor: &str) -> String {
    let status = status.map_or_else(String::new, |status| format!("status={status}&"));
    format!("/?{status}cursor={cursor}")
}

fn line(row: &Row) -> Markup {
    let name = row.id.to_string();
    let mut counts = BTreeMap::new();
    put(&mut counts, &name, &row.totals);
    let cell = |key: &str| {
        let key = format!("{name}.{key}");
        let count = counts.get(&key).copied().unwrap_or(0);
        html! { td.num data-live=(key) { (number(count)) } }
    };
    html! {
        tr {
            th scope="row" { a href=(format!("/workflows/{name}")) { (row.title) } }
            td { (workflow_badge(row.status)) }
            (cell("enrolled"))
            (cell("active"))
            (cell("calls"))
            (cell("completed"))
            (cell("dropped"))
            (cell("held"))
            td.nowrap { (time(row.updated_at)) }
        }
    }
}

/// What somebody sees who has just started the server.
fn nothing_yet(may_operate: bool) -> Markup {
    html! {
        section.card.empty #workflows data-fragment {
            h2 { "No workflow yet" }
            p {
                "A workflow is a graph of steps that leads walk: calls, waits, conditions, messages. "
                "Draw one, bring in the leads, and activate it."
            }
            @if may_operate {
                div.actions {
                    a.button.primary href="/workflows/new" { "New workflow" }
                }
            }
        }
        @if may_operate { (builder::demo_offer()) }
    }
}
