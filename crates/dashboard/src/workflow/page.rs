//! The workflow itself: the graph with where everybody is, what is stuck, what moved.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode};
use branchline_domain::{
    call_status::CallStatus,
    graph::Graph,
    id::{EdgeId, OrganisationId, WorkflowId},
    time::Timestamp,
};
use branchline_http_api::pages::{self, Fault, Visitor};
use branchline_projections::{Counts, MinuteCounts, Projections, THROUGHPUT_MINUTES, Totals};
use maud::{Markup, html};

use super::{Head, Tab, drawn, find, tabs};
use crate::{
    drawing::graph::{GraphPicture, StepCounts},
    live::{Topic, put},
    shell::{Frame, PageAnswer, PageError, Section, call_badge, fault, hold_in_words, id, number},
    throughput,
};

/// Everything on the page.
struct Seen {
    head: Head,
    graph: std::sync::Arc<Graph>,
    totals: Totals,
    counts: Counts,
    traffic: BTreeMap<EdgeId, u64>,
    calls: BTreeMap<CallStatus, u64>,
    minutes: [MinuteCounts; THROUGHPUT_MINUTES],
}

/// `GET /workflows/{workflow}`
pub(crate) async fn page(request: HttpRequest) -> PageAnswer {
    let workflow = id(&request, "workflow", "workflow")?;
    show(&request, workflow, None).await
}

/// The page, with what was refused on top of it.
pub(super) async fn show(
    request: &HttpRequest,
    workflow: WorkflowId,
    refused: Option<&Fault>,
) -> Result<HttpResponse, PageError> {
    let visitor = Visitor::of(request)?;
    let engine = pages::engine(request)?;
    let now = engine.api_keys().now();
    let organisation = visitor.organisation();
    let seen = engine.read(|projections| look(projections, organisation, workflow, now)).await??;
    let csv = format!("/v1{}/insights.csv?table=throughput", seen.head.path());
    let main = html! {
        (seen.head.show(&visitor, None))
        @if let Some(refused) = refused { (fault(refused)) }
        (tabs(workflow, Tab::Graph, &visitor))
        @if !seen.head.description.is_empty() { p.workflow-about { (seen.head.description) } }
        (held(&seen))
        (figures(&seen))
        div.columns.workflow-columns {
            (graph(&seen))
            div {
                (calls(&seen))
                section.card #workflow-throughput data-fragment { (throughput::picture(&seen.minutes, Some(&csv))) }
            }
        }
    };
    let frame = Frame {
        topics: &[Topic::Workflow(workflow).to_string()],
        styles: &["workflow.css", "graph.css", "charts.css"],
        ..Frame::new(&seen.head.title, Section::Overview)
    };
    let status = refused.map_or(StatusCode::OK, Fault::status);
    Ok(frame.answer_with(status, request, &main))
}

fn look(
    projections: &Projections,
    organisation: OrganisationId,
    workflow: WorkflowId,
    now: Timestamp,
) -> Result<Seen, PageError> {
    let row = find(projections, organisation, workflow)?;
    Ok(Seen {
        head: Head::of(&row),
        graph: std::sync::Arc::clone(&row.state.graph),
        totals: projections.totals_of_workflow(workflow),
        counts: projections.counts(workflow),
        traffic: projections.edge_traffic(workflow),
        calls: projections.call_counts(workflow),
        minutes: projections.workflow_throughput(workflow, now),
    })
}

/// What waits for somebody, by reason.
fn held(seen: &Seen) -> Markup {
    let path = seen.head.path();
    html! {
        div #workflow-held data-fragment {
            @if !seen.totals.held.is_empty() {
                section.card {
                    h2 { "Needs attention" }
                    ul.attention {
                        @for (&code, &leads) in &seen.totals.held {
                            li {
                                a href={ (path) "/leads?hold=" (code.as_str()) } {
                                    strong { span data-live={ (seen.head.id) ".held." (code.as_str()) } { (number(leads)) } @if leads == 1 { " lead" } @else { " leads" } }
                                }
                                " " (hold_in_words(code))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn figures(seen: &Seen) -> Markup {
    let name = seen.head.id.to_string();
    let path = seen.head.path();
    let mut counts = BTreeMap::new();
    put(&mut counts, &name, &seen.totals);
    html! {
        dl.figures #workflow-figures {
            @for (key, words, query) in [
                ("enrolled", "Leads", ""),
                ("pending", "Not started", "?status=pending"),
                ("active", "Under way", "?status=active"),
                ("completed", "Converted", "?status=completed"),
                ("dropped", "Dropped", "?status=dropped"),
                ("held", "Held", "?hold=any"),
            ] {
                @let key = format!("{name}.{key}");
                div.figure {
                    dt { (words) }
                    dd {
                        a href={ (path) "/leads" (query) } data-live=(key) {
                            (number(counts.get(&key).copied().unwrap_or(0)))
                        }
                    }
                }
            }
            @let key = format!("{name}.calls");
            div.figure {
                dt { "Calls in progress" }
                dd data-live=(key) { (number(counts.get(&key).copied().unwrap_or(0))) }
            }
        }
    }
}

fn graph(seen: &Seen) -> Markup {
    let path = seen.head.path();
    if seen.graph.nodes().is_empty() {
        return html! {
            section.card.empty #workflow-graph data-fragment {
                h2 { "No graph yet" }
                p { "A graph says what happens to a lead: calls, waits, conditions. Draw it in the builder." }
                p { a.button href={ (path) "/edit" } { "To the builder" } }
            }
        };
    }
    html! {
        section.card #workflow-graph data-fragment {
            h2 { "Where everybody is" }
            (drawn::draw(&picture(seen), seen.head.id, seen.head.revision))
        }
    }
}

fn picture(seen: &Seen) -> GraphPicture {
    let path = seen.head.path();
    let mut picture = GraphPicture::of(&seen.graph, format!("Graph of {}", seen.head.title));
    picture.by_traffic = true;
    picture.live = true;
    for step in &mut picture.steps {
        let counts = seen.counts.by_node.get(&step.id).copied().unwrap_or_default();
        step.counts =
            Some(StepCounts { here: counts.here, passed: counts.passed, held: counts.held });
        step.href = Some(format!("{path}/leads?node={}", step.id));
    }
    let ends: Vec<_> = picture.steps.iter().map(|step| step.href.clone()).collect();
    for way in &mut picture.ways {
        way.traffic = Some(seen.traffic.get(&way.id).copied().unwrap_or_default());
        // Where a way led to is where its leads are now, if they did not go on.
        way.href = way.to.and_then(|to| ends.get(to).cloned()).flatten();
    }
    picture
}

fn calls(seen: &Seen) -> Markup {
    let path = seen.head.path();
    html! {
        section.card #workflow-calls data-fragment {
            h2 { "Calls" }
            @if seen.calls.is_empty() {
                p.muted { "No call yet." }
            } @else {
                table.rows {
                    thead { tr { th scope="col" { "Status" } th.num scope="col" { "Calls" } } }
                    tbody {
                        @for (&status, &count) in &seen.calls {
                            tr {
                                td { a href={ (path) "/calls?status=" (status.as_str()) } { (call_badge(status)) } }
                                td.num { (number(count)) }
                            }
                        }
                    }
                }
            }
        }
    }
}
