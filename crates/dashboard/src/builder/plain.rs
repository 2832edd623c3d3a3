//! The graph as a list with forms: for whoever has no script, or does not want to draw.

use std::sync::Arc;

use branchline_domain::{
    graph::{Graph, Node, NodeType},
    id::NodeId,
};
use maud::{Markup, html};

use super::{Subject, config_form, edit::Typed};
use crate::{
    drawing::{
        graph::icon,
        words::{config_in_words, node_type_in_words, output_in_words},
    },
    shell::{once, post_button},
};

/// The list of nodes, and the forms of the one that was chosen.
pub(super) fn editor(
    subject: &Subject,
    chosen: Option<NodeId>,
    typed: Option<&Typed>,
    may_edit: bool,
) -> Markup {
    let chosen = chosen.and_then(|id| subject.graph.node(id)).filter(|_| may_edit);
    html! {
        div.columns {
            section.card {
                h2 { "Steps" }
                (list(subject, chosen.map(|node| node.id), may_edit))
                @if may_edit { (adding(subject)) }
            }
            @if let Some(node) = chosen {
                div { (form_of(subject, node, typed)) (ways_of(subject, node)) (deleting(subject, node)) }
            } @else if may_edit {
                section.card { p.muted { "Choose a step to change it, or add one." } }
            }
        }
    }
}

fn list(subject: &Subject, chosen: Option<NodeId>, may_edit: bool) -> Markup {
    let graph = &subject.graph;
    if graph.nodes().is_empty() {
        return html! { p.muted { "There is no step yet. Leads start at the first one that you add." } };
    }
    html! {
        div.scroll {
            table.rows {
                thead { tr { th scope="col" { "Step" } th scope="col" { "What it does" } th scope="col" { "Leads on to" } } }
                tbody {
                    @for node in graph.nodes() {
                        tr aria-current=[(chosen == Some(node.id)).then_some("true")] {
                            th scope="row" {
                                (icon(node.node_type())) " "
                                @if may_edit {
                                    a href={ (subject.path()) "/edit?node=" (node.id) "#node" } { (name(node)) }
                                } @else { (name(node)) }
                                @if graph.entry() == Some(node.id) { " " span.badge { "entry" } }
                            }
                            td { (config_in_words(&node.config)) }
                            td {
                                @for edge in graph.outgoing(node.id) {
                                    div {
                                        (output_in_words(node.node_type(), edge.label.as_ref()))
                                        " → " (target(graph, edge.to_node_id))
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A node as people find it.
pub(super) fn name(node: &Node) -> &str {
    match node.label.trim() {
        "" => node_type_in_words(node.node_type()),
        label => label,
    }
}

fn target(graph: &Graph, id: NodeId) -> String {
    graph.node(id).map_or_else(|| format!("{id}, which is not there"), |node| name(node).to_owned())
}

/// A hidden field with the revision that the form was made from: who is late is told.
fn made_from(graph: &Arc<Graph>) -> Markup {
    html! { input type="hidden" name="revision" value=(graph.revision()); }
}

fn adding(subject: &Subject) -> Markup {
    html! {
        form.b-row method="post" action={ (subject.path()) "/edit/nodes" } {
            (once()) (made_from(&subject.graph))
            div {
                label for="new-type" { "Add a step" }
                select #new-type name="node_type" {
                    @for node_type in NodeType::ALL {
                        option value=(node_type) { (node_type_in_words(node_type)) }
                    }
                }
            }
            div {
                label for="new-label" { "Name" }
                input #new-label name="label" maxlength="200" required;
            }
            button.button type="submit" { "Add" }
        }
    }
}

fn form_of(subject: &Subject, node: &Node, typed: Option<&Typed>) -> Markup {
    let node_type = node.node_type();
    let typed = typed.filter(|typed| typed.node_type == node_type);
    let config =
        typed.map_or_else(|| config_form::shown(&node.config), |typed| typed.config.clone());
    let label = typed.map_or(node.label.as_str(), |typed| typed.label.as_str());
    let entry = typed.map_or(node.entry, |typed| typed.entry);
    html! {
        form.card #node method="post" action={ (subject.path()) "/edit/nodes/" (node.id) } {
            h2 { (icon(node_type)) " " (node_type_in_words(node_type)) }
            (once()) (made_from(&subject.graph))
            label for="node-label" { "Name" }
            input #node-label name="label" maxlength="200" value=(label);
            label.check { input type="checkbox" name="entry" checked[entry]; "Leads start here" }
            (config_form::fields(node_type, &config, "config"))
            div.actions.b-submit { button.button.primary type="submit" { "Save this step" } }
        }
    }
}

fn ways_of(subject: &Subject, node: &Node) -> Markup {
    let (graph, node_type) = (&subject.graph, node.node_type());
    if node_type.is_terminal() {
        return html! { section.card { p.muted { "A lead that comes here has reached its end: nothing leads on." } } };
    }
    let path = format!("{}/edit/edges", subject.path());
    let outputs = node.config.outputs();
    html! {
        section.card {
            h2 { "Ways out" }
            ul.b-ways {
                @for edge in graph.outgoing(node.id) {
                    li {
                        span { strong { (output_in_words(node_type, edge.label.as_ref())) } " → " (target(graph, edge.to_node_id)) }
                        (post_button(&format!("{path}/{}/delete", edge.id), "Take away", ""))
                    }
                }
            }
            form.b-row method="post" action=(path) {
                (once()) (made_from(graph))
                input type="hidden" name="from" value=(node.id);
                @if node_type != NodeType::Time {
                    div {
                        label for="way-output" { "On" }
                        select #way-output name="label" {
                            @for output in &outputs { option value=(output) { (output) } }
                            option value="" { "any outcome" }
                        }
                    }
                }
                div { label for="way-to" { "go to" } (nodes(graph, "way-to", "to", None)) }
                button.button type="submit" { "Connect" }
            }
        }
    }
}

fn nodes(graph: &Graph, id: &str, field: &str, nobody: Option<(&str, NodeId)>) -> Markup {
    html! {
        select id=(id) name=(field) {
            @if let Some((words, _)) = nobody { option value="" { (words) } }
            @for node in graph.nodes() {
                @if nobody.is_none_or(|(_, without)| without != node.id) {
                    option value=(node.id) { (name(node)) }
                }
            }
        }
    }
}

fn deleting(subject: &Subject, node: &Node) -> Markup {
    html! {
        form.card.b-row method="post" action={ (subject.path()) "/edit/nodes/" (node.id) "/delete" } {
            (once()) (made_from(&subject.graph))
            div {
                label for="move-to" { "Leads that stand here go to" }
                (nodes(&subject.graph, "move-to", "move_to", Some(("nowhere: there are none", node.id))))
            }
            button.button.danger type="submit" { "Delete this step" }
        }
    }
}
