//! What the script draws a graph with: a palette, a canvas, the form of what is chosen, problems, a dry
//! run. The script fills it; everything that depends on the product's rules comes from the server.

use branchline_domain::graph::NodeType;
use maud::{Markup, html};

use super::{Subject, config_form};
use crate::drawing::{
    graph::{CARD, icon},
    words::node_type_in_words,
};

/// The canvas, shown by its script.
pub(super) fn editor(subject: &Subject) -> Markup {
    html! {
        div #builder.b-builder hidden
            data-workflow=(subject.id)
            data-path=(subject.path())
            data-card={ (CARD.width) " " (CARD.height) } {
            (bar())
            div.b-main {
                (palette())
                div.b-stage #stage {
                    svg #canvas.graph.b-canvas role="application" tabindex="0"
                        aria-label="The graph: arrow keys move the chosen step, Delete takes it away" {}
                    p.b-empty #empty hidden { "Drag a step from the left to here, or click one." }
                }
                aside.b-side #side aria-label="What is chosen" {}
            }
            (trial())
            section.card #problems aria-label="Problems" aria-live="polite" {}
            (dialogs())
            @for node_type in NodeType::ALL { (config_form::template(node_type)) }
            (config_form::condition_template())
            datalist #b-known-fields {
                option value="lead.phone_number" {}
                option value="call.status" {}
                option value="call.end_reason" {}
                @for key in &subject.variable_keys { option value={ "lead." (key) } {} }
            }
        }
    }
}

fn bar() -> Markup {
    let button = |id: &str, words: &str, title: &str| {
        html! { button.button id=(id) type="button" title=(title) { (words) } }
    };
    html! {
        div.b-bar role="toolbar" aria-label="Drawing" {
            (button("undo", "Undo", "Ctrl+Z"))
            (button("redo", "Redo", "Ctrl+Shift+Z"))
            (button("tidy", "Tidy", "Puts the steps in order"))
            (button("fit", "Fit", "Shows the whole graph"))
            button.button #zoom-out type="button" aria-label="Smaller" { "−" }
            button.button #zoom-in type="button" aria-label="Larger" { "+" }
            (button("try", "Dry run", "Shows the way a lead would take"))
            span.b-state #state role="status" {}
            button.button.primary #save type="button" title="Ctrl+S" { "Save" }
        }
        div #say role="alert" hidden {}
    }
}

fn palette() -> Markup {
    html! {
        aside.b-palette aria-label="Steps to add" {
            @for node_type in NodeType::ALL {
                button.b-kind type="button" data-kind=(node_type) {
                    (icon(node_type))
                    span { (node_type_in_words(node_type)) }
                }
            }
        }
    }
}

fn trial() -> Markup {
    html! {
        section.card #trial hidden aria-label="Dry run" {
            div.b-trial-head {
                h2 { "Dry run" }
                button.button #trial-close type="button" { "Close" }
            }
            p.muted { "Say what a lead brings and how its calls end; nobody is called." }
            div.b-trial {
                form #trial-form {}
                div #trial-way aria-live="polite" {}
            }
        }
    }
}

fn dialogs() -> Markup {
    html! {
        dialog #stale aria-labelledby="stale-title" {
            h2 #stale-title { "Somebody saved in between" }
            div #stale-words {}
            div.actions {
                button.button.primary #stale-mine type="button" { "Save mine over it" }
                button.button #stale-theirs type="button" { "Take theirs" }
                a.button #stale-look target="_blank" { "Look at the revisions" }
                button.button #stale-back type="button" { "Back to my drawing" }
            }
        }
        dialog #moves aria-labelledby="moves-title" {
            h2 #moves-title { "Leads stand at steps that you deleted" }
            p { "Say where they go on." }
            form #moves-form method="dialog" {}
            div.actions {
                button.button.primary #moves-save type="button" { "Save" }
                button.button #moves-back type="button" { "Back to my drawing" }
            }
        }
    }
}
