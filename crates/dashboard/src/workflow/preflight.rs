//! Before a workflow is activated: whether it can be, who starts, when the first calls go out.

use std::collections::BTreeSet;

use actix_web::{HttpRequest, http::StatusCode};
use branchline_domain::{
    call_status::CallStatus,
    graph::{self, Graph, NodeConfig, Report},
    id::WorkflowId,
    lead::HoldCode,
    organisation::Scope,
    time::Timestamp,
    workflow::WorkflowStatus,
    zone::Zone,
};
use branchline_http_api::pages::{self, Fault, Visitor};
use branchline_projections::{Projections, WorkflowRow};
use maud::{Markup, html};

use super::{Head, drawn, find};
use crate::{
    drawing::graph::GraphPicture,
    live::Topic,
    shell::{Frame, PageAnswer, Section, fault, id, number, once, plural, time},
};

/// Waits that have ended and are counted one by one; beyond it the page says "more than".
const OVERDUE_MAX: usize = 10_000;

/// What is known before the button is pressed.
struct Preflight {
    head: Head,
    report: Report,
    picture: GraphPicture,
    /// Leads that start.
    pending: u64,
    /// Leads under way that go on.
    active: u64,
    /// Of those, held by the pause alone.
    decided: u64,
    /// Waits that ended meanwhile.
    overdue: usize,
    /// Calls that were asked for and that nobody has begun to dial.
    undialled: u64,
    first: FirstCall,
    timezone: String,
}

/// When leads that start now are first called.
#[derive(Clone, Debug, PartialEq, Eq)]
enum FirstCall {
    /// No way from the start leads to a call.
    Never,
    /// At this time at the earliest, at this step.
    At(Timestamp, String),
}

/// `GET /workflows/{workflow}/activate`
pub(crate) async fn page(request: HttpRequest) -> PageAnswer {
    let workflow = id(&request, "workflow", "workflow")?;
    show(&request, workflow, None).await
}

/// The page, with what was refused on top of it.
pub(super) async fn show(
    request: &HttpRequest,
    workflow: WorkflowId,
    refused: Option<&Fault>,
) -> PageAnswer {
    let visitor = Visitor::of(request)?;
    let engine = pages::engine(request)?;
    let (organisation, now) = (visitor.organisation(), engine.api_keys().now());
    let seen = engine
        .read(|projections| {
            find(projections, organisation, workflow).map(|row| look(projections, &row, now))
        })
        .await??;
    let main = html! {
        (seen.head.show(&visitor, Some("Activate")))
        // Every fault of the graph is below, with the way to its step.
        @if let Some(refused) = refused { (fault(refused)) }
        div #preflight data-fragment {
            @match seen.head.status {
                WorkflowStatus::Draft | WorkflowStatus::Paused => {
                    (verdict(&seen, &visitor, now))
                    (findings(&seen))
                }
                WorkflowStatus::Active => { (settled(&seen, "It is active: leads move.")) }
                WorkflowStatus::Completed | WorkflowStatus::Cancelled => {
                    (settled(&seen, seen.head.status.control_reason()))
                }
            }
        }
    };
    let frame = Frame {
        topics: &[Topic::Workflow(workflow).to_string()],
        styles: &["workflow.css", "graph.css"],
        ..Frame::new("Activate", Section::Overview)
    };
    let status = refused.map_or(StatusCode::OK, Fault::status);
    Ok(frame.answer_with(status, request, &main))
}

fn look(projections: &Projections, row: &WorkflowRow<'_>, now: Timestamp) -> Preflight {
    let state = row.state;
    let totals = projections.totals_of_workflow(row.id);
    let report = graph::validate(&state.graph, &state.variable_keys);
    let mut picture = GraphPicture::of(&state.graph, format!("Graph of {}", state.title));
    for fault in &report.faults {
        if let Some(step) = fault.node_id.and_then(|node| picture.step_mut(node)) {
            step.fault = Some(fault.message.clone());
        }
        if let Some(way) = fault.edge_id.and_then(|edge| picture.way_mut(edge)) {
            way.fault = Some(fault.message.clone());
        }
    }
    let zone = Zone::named(&state.settings.default_timezone).unwrap_or_else(Zone::utc);
    Preflight {
        head: Head::of(row),
        report,
        picture,
        pending: totals.leads.pending,
        active: totals.leads.active,
        decided: totals.held.get(&HoldCode::WorkflowPaused).copied().unwrap_or(0),
        overdue: projections.releases_before(row.id, now, OVERDUE_MAX),
        undialled: projections.call_counts(row.id).get(&CallStatus::Created).copied().unwrap_or(0),
        first: first_call(&state.graph, now, &zone),
        timezone: state.settings.default_timezone.clone(),
    }
}

/// The earliest call on any way from the start: fixed waits are waited for, calling windows are kept
/// to, and what cannot be known takes no time.
fn first_call(graph: &Graph, now: Timestamp, zone: &Zone) -> FirstCall {
    let mut open: BTreeSet<_> = graph.entry().map(|node| (now, node)).into_iter().collect();
    let mut seen = BTreeSet::new();
    let mut first = FirstCall::Never;
    while let Some((at, id)) = open.pop_first() {
        if matches!(&first, FirstCall::At(found, _) if *found <= at) {
            break;
        }
        let Some(node) = graph.node(id).filter(|_| seen.insert(id)) else { continue };
        let leaves = match &node.config {
            NodeConfig::VoiceCall(config) => {
                // A number without a country stands for those whose clock is the workflow's.
                let window = config.calling_window.as_ref();
                let opens = window.map_or(at, |window| window.opens_at(at, "", zone));
                if !matches!(&first, FirstCall::At(found, _) if *found <= opens) {
                    first = FirstCall::At(opens, node.label.clone());
                }
                continue;
            }
            NodeConfig::Time(config) => at.plus_seconds(config.fixed_seconds().unwrap_or(0)),
            NodeConfig::Conditional(_) | NodeConfig::Application(_) => at,
            NodeConfig::Converted | NodeConfig::Dropped => continue,
        };
        open.extend(graph.outgoing(id).map(|edge| (leaves, edge.to_node_id)));
    }
    first
}

fn settled(seen: &Preflight, words: &str) -> Markup {
    html! {
        section.card {
            p { (words) }
            p { a.button href=(seen.head.path()) { "Back to the workflow" } }
        }
    }
}

/// What happens then, and the button.
fn verdict(seen: &Preflight, visitor: &Visitor, now: Timestamp) -> Markup {
    let path = seen.head.path();
    let is_paused = seen.head.status == WorkflowStatus::Paused;
    let may = visitor.may(Scope::Operate);
    html! {
        section.card.statement {
            @if seen.report.valid {
                h2 { "Ready: the graph has no fault" }
            } @else {
                h2 { "Not yet: " (plural(seen.report.faults.len() as u64, "fault")) " in the graph" }
                p { "Each is below, with how to mend it. Then come back." }
            }
            dl.facts.what-happens {
                dt { "Starts" }
                dd { (plural(seen.pending, "lead")) " that have not started"
                    @if seen.pending == 0 && !is_paused { ". " a href={ (path) "/import" } { "Import leads" } " before or after" }
                    "."
                }
                @if is_paused { (goes_on(seen)) }
                dt { "First calls" }
                dd { (first_in_words(seen, now)) }
            }
            @if may && seen.report.valid {
                form.statement-form method="post" action={ (path) "/activate" } {
                    (once())
                    div.actions {
                        button.button.primary type="submit" { "Activate now" }
                        a.button href=(path) { "Not yet" }
                    }
                }
            } @else if may {
                div.actions {
                    a.button.primary href={ (path) "/edit" } { "To the builder" }
                    a.button href=(path) { "Back to the workflow" }
                }
                @if is_paused {
                    p.hint { "Leads that wait inside can go on without this check: Resume does that." }
                }
            } @else {
                p.muted { "Your key may look, and not steer." }
            }
        }
    }
}

fn goes_on(seen: &Preflight) -> Markup {
    let more = if seen.overdue >= OVERDUE_MAX { "More than " } else { "" };
    html! {
        dt { "Goes on" }
        dd {
            (plural(seen.active, "lead")) " under way. Of those: "
            (number(seen.decided)) " whose outcome was decided during the pause move at once; "
            (more) (number(seen.overdue as u64)) " whose wait has ended meanwhile go on at once; "
            (plural(seen.undialled, "call")) " asked for and not dialled yet are dialled."
        }
    }
}

fn first_in_words(seen: &Preflight, now: Timestamp) -> Markup {
    html! {
        @match &seen.first {
            FirstCall::Never => { "No way from the start leads to a call." }
            FirstCall::At(at, _) if at.as_micros() == i64::MAX => {
                "Never: the calling window does not open."
            }
            FirstCall::At(at, step) => {
                "For leads that start now: "
                @if *at <= now { "at once" } @else { "not before " (time(*at)) }
                ", at " strong { (step) } ". "
                span.muted {
                    "A calling window without a time zone follows the clock of each lead's number; this is for "
                    (seen.timezone) "."
                }
            }
        }
    }
}

/// What validation found, each with the way to its step, and the graph with it.
fn findings(seen: &Preflight) -> Markup {
    let path = seen.head.path();
    let list = |faults: &[graph::Fault]| {
        html! {
            ul.findings {
                @for fault in faults {
                    li {
                        @if let Some(node) = fault.node_id {
                            a href={ (path) "/edit?node=" (node) } { (fault.message) }
                        } @else if let Some(edge) = fault.edge_id {
                            a href={ (path) "/edit?edge=" (edge) } { (fault.message) }
                        } @else { (fault.message) }
                        " " span.muted { "To mend it: " (fault.fix) "." }
                    }
                }
            }
        }
    };
    html! {
        @if !seen.report.faults.is_empty() {
            section.card {
                h2 { "Faults: they block activation" }
                div.fault { (list(&seen.report.faults)) }
            }
        }
        @if !seen.report.warnings.is_empty() {
            section.card {
                h2 { "Doubtful: look at it, it blocks nothing" }
                div.warning { (list(&seen.report.warnings)) }
            }
        }
        @if !seen.picture.steps.is_empty() {
            section.card {
                h2 { "The graph" }
                (drawn::draw(&seen.picture, seen.head.id, seen.head.revision))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use branchline_domain::{
        graph::{
            CallingWindow, CanvasPosition, Edge, GraphChange, Node, TimeConfig, VoiceCallConfig,
        },
        id::{EdgeId, NodeId},
    };

    use super::*;

    fn graph(configs: Vec<NodeConfig>, edges: &[(u128, u128)]) -> Graph {
        let node = |(id, config)| {
            GraphChange::NodePut(Node {
                id: NodeId::from_u128(id),
                label: format!("step {id}"),
                position: CanvasPosition::default(),
                config,
                entry: id == 1,
            })
        };
        let edge = |(id, &(from, to)): (u128, &(u128, u128))| {
            GraphChange::EdgeAdded(Edge {
                id: EdgeId::from_u128(id),
                from_node_id: NodeId::from_u128(from),
                to_node_id: NodeId::from_u128(to),
                label: None,
            })
        };
        let mut changes: Vec<_> = (1..).zip(configs).map(node).collect();
        changes.extend((1..).zip(edges).map(edge));
        Graph::default().revised(1, &changes)
    }

    fn wait(hours: i64) -> NodeConfig {
        NodeConfig::Time(TimeConfig { delay_hours: Some(hours), ..TimeConfig::default() })
    }

    fn call(window: Option<CallingWindow>) -> NodeConfig {
        NodeConfig::VoiceCall(VoiceCallConfig {
            calling_window: window,
            ..VoiceCallConfig::default()
        })
    }

    #[test]
    fn the_first_call_is_after_the_shortest_wait() {
        // Friday 5 June 2026, 06:00 in UTC.
        let now: Timestamp = "2026-06-05T06:00:00Z".parse().unwrap();
        let first = |graph: &Graph| first_call(graph, now, &Zone::utc());
        assert_eq!(
            first(&graph(vec![wait(1), NodeConfig::Converted], &[(1, 2)])),
            FirstCall::Never
        );
        assert_eq!(first(&graph(vec![call(None)], &[])), FirstCall::At(now, "step 1".into()));
        // Three ways: after five hours, after two and one, and back to where it began.
        let ways = graph(
            vec![
                NodeConfig::Conditional(graph::ConditionalConfig::default()),
                wait(5),
                call(None),
                wait(2),
                wait(1),
            ],
            &[(1, 2), (2, 3), (1, 4), (4, 5), (5, 3), (4, 1)],
        );
        assert_eq!(first(&ways), FirstCall::At(now.plus_seconds(3 * 3_600), "step 3".into()));
        let morning = CallingWindow { from: Some("09:00".into()), ..CallingWindow::default() };
        let opens: Timestamp = "2026-06-05T09:00:00Z".parse().unwrap();
        assert_eq!(
            first(&graph(vec![wait(1), call(Some(morning))], &[(1, 2)])),
            FirstCall::At(opens, "step 2".into())
        );
        // A later arrival at a call that may be made at once is before a window that opens late.
        let evening = CallingWindow { from: Some("20:00".into()), ..CallingWindow::default() };
        let both = graph(
            vec![
                NodeConfig::Conditional(graph::ConditionalConfig::default()),
                call(Some(evening)),
                wait(1),
                call(None),
            ],
            &[(1, 2), (1, 3), (3, 4)],
        );
        assert_eq!(first(&both), FirstCall::At(now.plus_seconds(3_600), "step 4".into()));
    }
}
