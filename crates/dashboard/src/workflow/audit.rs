//! What was done with a workflow, by whom: its own records, the newest first.

use actix_web::HttpRequest;
use branchline_domain::{
    graph::{Graph, GraphChange},
    id::WorkflowId,
    workflow::WorkflowEvent,
};
use branchline_engine::{RecordedEvents, RecordedFact};
use branchline_http_api::pages::{self, Visitor};
use maud::{Markup, html};

use super::{Head, Tab, find, tabs};
use crate::{
    live::Topic,
    shell::{Frame, PageAnswer, PageError, Section, id, parameter, plural, time},
};

/// Records on a page.
const ROWS: usize = 50;

/// `GET /workflows/{workflow}/audit`
pub(crate) async fn page(request: HttpRequest) -> PageAnswer {
    let workflow: WorkflowId = id(&request, "workflow", "workflow")?;
    let visitor = Visitor::of(&request)?;
    let engine = pages::engine(&request)?;
    let organisation = visitor.organisation();
    let (head, graph) = engine
        .read(|projections| {
            let row = find(projections, organisation, workflow)?;
            Ok::<_, PageError>((Head::of(&row), std::sync::Arc::clone(&row.state.graph)))
        })
        .await??;
    let before = parameter(&request, "before").and_then(|text| text.parse::<u64>().ok());
    let facts = engine.workflow_facts(organisation, workflow).await?;
    let older =
        facts.iter().rev().filter(|fact| before.is_none_or(|before| fact.position.0 < before));
    let found: Vec<&RecordedFact> = older.take(ROWS + 1).collect();
    let shown = found.get(..ROWS).unwrap_or(&found);
    let next = shown.last().filter(|_| found.len() > ROWS).map(|fact| fact.position);
    let path = head.path();
    let main = html! {
        (head.show(&visitor, Some("Audit")))
        (tabs(workflow, Tab::Audit, &visitor))
        section.card #workflow-audit data-fragment {
            h2 { "What was done with this workflow" }
            div.scroll { table.rows {
                thead { tr {
                    th scope="col" { "When" }
                    th scope="col" { "What" }
                    th scope="col" { "By" }
                    th.num scope="col" { "Record" }
                } }
                tbody { @for fact in shown { (row(fact, &path, &graph)) } }
            } }
            @if let Some(next) = next {
                nav.pager aria-label="Pages" {
                    a.button href={ (path) "/audit?before=" (next) } rel="next" { "Older" }
                }
            }
            p.hint { "What happens to leads is on their own pages; everything of the organisation is in the "
                a href="/audit" { "audit" } "." }
        }
    };
    let frame = Frame {
        topics: &[Topic::Workflow(workflow).to_string()],
        styles: &["workflow.css"],
        ..Frame::new("Audit", Section::Overview)
    };
    Ok(frame.answer(&request, &main))
}

fn row(fact: &RecordedFact, path: &str, graph: &Graph) -> Markup {
    let RecordedEvents::Workflow(_, events) = &fact.events else { return html! {} };
    html! {
        tr {
            td.nowrap { (time(fact.at)) }
            td { ul.plain { @for event in events { li { (in_words(event, path, graph)) } } } }
            td.mono.small { (fact.principal) }
            td.num { (fact.position) }
        }
    }
}

/// An event in words.
fn in_words(event: &WorkflowEvent, path: &str, graph: &Graph) -> Markup {
    let name = |node| super::leads::label(graph, node);
    html! {
        @match event {
            WorkflowEvent::WorkflowCreated { title, source, .. } => {
                "Created as “" (title) "”"
                @if let Some(source) = source { ", a copy of " a href={ "/workflows/" (source) } { "another workflow" } }
            }
            WorkflowEvent::WorkflowRenamed { title, .. } => { "Title and description are now “" (title) "”" }
            WorkflowEvent::SettingsChanged { .. } => "Settings changed",
            WorkflowEvent::GraphRevised { revision, changes } => {
                a href={ (path) "/revisions?from=" (revision.saturating_sub(1)) "&to=" (revision) } {
                    "Revision " (revision) " of the graph"
                }
                @let what = counted(changes);
                @if !what.is_empty() { ": " (what) }
            }
            WorkflowEvent::GraphStaged { part, .. } => { "Part " (part) " of a large revision" }
            WorkflowEvent::NodeReplaced { by, .. } => {
                "A step was taken away; its leads go on at " (name(*by))
            }
            WorkflowEvent::WorkflowActivated => strong { "Activated" },
            WorkflowEvent::WorkflowPaused => strong { "Paused" },
            WorkflowEvent::WorkflowResumed => strong { "Resumed" },
            WorkflowEvent::WorkflowCompleted { automatic: true } => { strong { "Completed" } " by itself" }
            WorkflowEvent::WorkflowCompleted { automatic: false } => strong { "Completed" },
            WorkflowEvent::WorkflowCancelled => strong { "Cancelled" },
            WorkflowEvent::WorkflowDeleted => strong { "Deleted" },
            WorkflowEvent::ImportOpened { opening, .. } => {
                "Import of " (plural(opening.rows.into(), "lead")) " began"
                @if let Some(file) = &opening.file_name { ", from " (file) }
            }
            WorkflowEvent::ImportClosed { enrolled, duplicates_skipped, .. } => {
                (plural((*enrolled).into(), "lead")) " imported, "
                (plural((*duplicates_skipped).into(), "duplicate")) " skipped"
            }
            WorkflowEvent::ImportCancelled { reason, .. } => { "Import given up: " (reason) }
            WorkflowEvent::ImportRefused { refusal, .. } => {
                "Import of " (plural(refusal.rows.into(), "row")) " refused for "
                (plural(refusal.reasons.into(), "reason"))
                @if let Some(file) = &refusal.file_name { ", from " (file) }
            }
        }
    }
}

/// What a revision did, counted.
fn counted(changes: &[GraphChange]) -> String {
    let (mut put, mut removed, mut added, mut cut) = (0_u64, 0, 0, 0);
    for change in changes {
        match change {
            GraphChange::NodePut(_) => put += 1,
            GraphChange::NodeRemoved(_) => removed += 1,
            GraphChange::EdgeAdded(_) => added += 1,
            GraphChange::EdgeRemoved(_) => cut += 1,
        }
    }
    let parts = [
        (put, "step", "put"),
        (removed, "step", "removed"),
        (added, "way", "added"),
        (cut, "way", "removed"),
    ];
    let parts = parts.into_iter().filter(|(count, ..)| *count > 0);
    let parts: Vec<String> =
        parts.map(|(count, noun, what)| format!("{} {what}", plural(count, noun))).collect();
    parts.join(", ")
}
