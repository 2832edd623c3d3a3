//! How a workflow's graph came to be: its revisions, and what is different between two.

use std::{collections::BTreeMap, sync::Arc};

use actix_web::HttpRequest;
use branchline_domain::{graph::Graph, id::WorkflowId, time::Timestamp, workflow::WorkflowEvent};
use branchline_engine::{RecordedEvents, RecordedFact};
use branchline_http_api::pages::{self, Visitor};
use maud::{Markup, html};

use super::{Head, Tab, difference::Difference, drawn::framed, find, tabs};
use crate::{
    drawing::layout::{LayoutInput, Placement, arrange},
    live::Topic,
    shell::{Frame, PageAnswer, PageError, Section, id, parameter, time},
};

/// Revisions on a page.
const ROWS: usize = 30;

/// Who made a revision, and when.
struct Made {
    at: Timestamp,
    principal: Arc<str>,
}

/// All revisions, by number; 0 is the empty graph of a new workflow.
type Graphs = BTreeMap<u32, Arc<Graph>>;

/// `GET /workflows/{workflow}/revisions`
pub(crate) async fn page(request: HttpRequest) -> PageAnswer {
    let workflow: WorkflowId = id(&request, "workflow", "workflow")?;
    let visitor = Visitor::of(&request)?;
    let engine = pages::engine(&request)?;
    let organisation = visitor.organisation();
    let (head, graphs) = engine
        .read(|projections| {
            let row = find(projections, organisation, workflow)?;
            Ok::<_, PageError>((Head::of(&row), Arc::clone(&row.state.revisions)))
        })
        .await??;
    let wanted = |name| parameter(&request, name).and_then(|text| text.parse::<u32>().ok());
    let compared = wanted("from").zip(wanted("to"));
    let made = made(&engine.workflow_facts(organisation, workflow).await?);
    let below = wanted("before").unwrap_or(u32::MAX);
    let main = html! {
        (head.show(&visitor, Some("Revisions")))
        (tabs(workflow, Tab::Revisions, &visitor))
        @match compared {
            Some((from, to)) => (comparison(&head, &graphs, &made, from, to)?),
            None => (list(&head, &graphs, &made, below)),
        }
    };
    let frame = Frame {
        topics: &[Topic::Workflow(workflow).to_string()],
        styles: &["workflow.css", "graph.css"],
        ..Frame::new("Revisions", Section::Overview)
    };
    Ok(frame.answer(&request, &main))
}

fn made(facts: &[RecordedFact]) -> BTreeMap<u32, Made> {
    let mut made = BTreeMap::new();
    for fact in facts {
        let RecordedEvents::Workflow(_, events) = &fact.events else { continue };
        for event in events {
            if let WorkflowEvent::GraphRevised { revision, .. } = event {
                let principal = Arc::clone(&fact.principal);
                made.insert(*revision, Made { at: fact.at, principal });
            }
        }
    }
    made
}

/// A revision; 0 is before the first.
fn graph(graphs: &Graphs, revision: u32) -> Option<Arc<Graph>> {
    match graphs.get(&revision) {
        Some(graph) => Some(Arc::clone(graph)),
        None => (revision == 0).then(|| Arc::new(Graph::default())),
    }
}

fn list(head: &Head, graphs: &Graphs, made: &BTreeMap<u32, Made>, below: u32) -> Markup {
    let path = head.path();
    let numbers: Vec<u32> =
        graphs.range(1..below.max(1)).rev().map(|(&number, _)| number).take(ROWS + 1).collect();
    let shown = numbers.get(..ROWS).unwrap_or(&numbers);
    let more = numbers.len() > ROWS;
    html! {
        section.card #revisions data-fragment {
            h2 { "Revisions of the graph" }
            @if shown.is_empty() { p.muted { "None yet: the graph is empty." } }
            @else {
                div.scroll { table.rows {
                    thead { tr {
                        th scope="col" { "Revision" }
                        th scope="col" { "When" }
                        th scope="col" { "By" }
                        th scope="col" { "What is different from the one before" }
                    } }
                    tbody { @for &number in shown {
                        @let (before, now) = (graph(graphs, number - 1), graph(graphs, number));
                        tr {
                            th scope="row" { (number) @if number == head.revision { " " span.badge.good { "newest" } } }
                            @if let Some(made) = made.get(&number) {
                                td.nowrap { (time(made.at)) }
                                td.mono.small { (made.principal) }
                            } @else { td { "–" } td { "–" } }
                            td {
                                @if let Some((before, now)) = before.zip(now) {
                                    a href={ (path) "/revisions?from=" (number - 1) "&to=" (number) } {
                                        (Difference::between(&before, &now).summary())
                                    }
                                }
                            }
                        }
                    } }
                } }
            }
            @if let Some(last) = shown.last().filter(|_| more) {
                nav.pager aria-label="Pages" {
                    a.button href={ (path) "/revisions?before=" (last) } rel="next" { "Older" }
                }
            }
        }
        @if head.revision > 1 { (choice(head, 1, head.revision)) }
    }
}

/// Which two are compared.
fn choice(head: &Head, from: u32, to: u32) -> Markup {
    html! {
        form.card.lead-filter method="get" action={ (head.path()) "/revisions" } {
            div {
                label for="from" { "Compare revision" }
                input #from name="from" type="number" min="0" max=(head.revision) value=(from);
            }
            div {
                label for="to" { "with revision" }
                input #to name="to" type="number" min="0" max=(head.revision) value=(to);
            }
            button.button type="submit" { "Compare" }
        }
    }
}

fn comparison(
    head: &Head,
    graphs: &Graphs,
    made: &BTreeMap<u32, Made>,
    from: u32,
    to: u32,
) -> Result<Markup, PageError> {
    let find = |number: u32| {
        graph(graphs, number).ok_or_else(|| PageError::not_found("revision", &number.to_string()))
    };
    let (before, now) = (find(from)?, find(to)?);
    let difference = Difference::between(&before, &now);
    let title = format!("What is different between revision {from} and revision {to}");
    let picture = difference.picture(&before, &now, title.clone());
    let placement = if picture.has_chosen_places() { Placement::Chosen } else { Placement::Tidy };
    // Both at once is no revision that a layout is kept of.
    let layout = arrange(&LayoutInput { placement, ..picture.layout_input() });
    let path = head.path();
    Ok(html! {
        section.card {
            h2 { (title) }
            @if let Some(made) = made.get(&to) {
                p.muted { "Revision " (to) " was made " (time(made.at)) " by " span.mono { (made.principal) } "." }
            }
            @if difference.is_empty() {
                p { "Nothing that leads notice." @if difference.moved > 0 { " Steps were drawn elsewhere." } }
            } @else {
                ul.changes { @for (change, words) in difference.in_words(&before, &now) {
                    li { span.badge.(badge(change)) { (change.in_words()) } " " (words) }
                } }
            }
            div.actions {
                @if from > 0 && to == from + 1 {
                    a.button href={ (path) "/revisions?from=" (from - 1) "&to=" (from) } rel="prev" { "The one before" }
                }
                @if to < head.revision && to == from + 1 {
                    a.button href={ (path) "/revisions?from=" (to) "&to=" (to + 1) } rel="next" { "The next" }
                }
                a.button href={ (path) "/revisions" } { "All revisions" }
            }
        }
        @if !picture.steps.is_empty() {
            section.card { (framed(&picture.draw(&layout), &picture)) }
        }
        (choice(head, from, to))
    })
}

const fn badge(change: crate::drawing::graph::Change) -> &'static str {
    use crate::drawing::graph::Change;
    match change {
        Change::Added => "good",
        Change::Removed => "bad",
        Change::Changed => "warn",
    }
}
