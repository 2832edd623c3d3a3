//! Leads as rows.

use branchline_domain::{graph::Graph, id::WorkflowId};
use maud::{Markup, html};

use super::{Line, filter::label};
use crate::shell::{call_badge, hold_in_words, lead_badge, time};

const COLUMNS: [&str; 7] =
    ["Phone number", "Status", "Step", "There since", "Goes on", "Held", "Call"];

pub(super) fn table<'a>(lines: impl IntoIterator<Item = &'a Line>, graph: &Graph) -> Markup {
    html! {
        div.scroll {
            table.rows {
                thead { tr { @for words in COLUMNS { th scope="col" { (words) } } } }
                tbody { @for line in lines { (row(line, graph)) } }
            }
        }
    }
}

fn row(line: &Line, graph: &Graph) -> Markup {
    let lead = &line.row;
    html! {
        tr {
            th scope="row" { (named(line)) }
            td { (lead_badge(lead.status, lead.removed)) }
            td { @if let Some(node) = lead.current_node_id { (label(graph, node)) } @else { "–" } }
            td.nowrap { @if let Some(at) = lead.entered_at { (time(at)) } @else { "–" } }
            td.nowrap { @if let Some(at) = lead.release_at { (time(at)) } @else { "–" } }
            td { @if let Some(code) = lead.hold { span.lead-hold { (hold_in_words(code)) } } @else { "–" } }
            td {
                @if let Some(call) = &lead.call { a href={ "/calls/" (call.id) } { (call_badge(call.status)) } }
                @else { "–" }
            }
        }
    }
}

/// The way to the lead, by its number.
fn named(line: &Line) -> Markup {
    html! {
        a.mono href={ "/leads/" (line.row.id) } {
            @match &line.phone_number {
                Some(number) => (number),
                None => "erased",
            }
        }
    }
}

/// One person's leads: those here, and where else they are.
pub(super) fn found(
    found: &Result<Vec<(Line, String)>, String>,
    workflow: WorkflowId,
    graph: &Graph,
) -> Markup {
    let found = match found {
        Ok(found) => found,
        Err(problem) => return html! { div.fault role="alert" { p { (problem) } } },
    };
    let here: Vec<&(Line, String)> =
        found.iter().filter(|(line, _)| line.row.workflow_id == workflow).collect();
    html! {
        section.card {
            h2 { "With this number" }
            @if here.is_empty() { p.muted { "Nobody in this workflow." } }
            @else {
                (table(here.iter().map(|(line, _)| line), graph))
            }
        }
        @if here.len() < found.len() {
            section.card {
                h2 { "In other workflows" }
                ul {
                    @for (line, title) in found.iter().filter(|(line, _)| line.row.workflow_id != workflow) {
                        li { (named(line)) " in " a href={ "/workflows/" (line.row.workflow_id) } { (title) } " "
                            (lead_badge(line.row.status, line.row.removed)) }
                    }
                }
            }
        }
    }
}
