//! What would move a lead, as forms; only those that the visitor may send.

use std::collections::BTreeSet;

use branchline_domain::{
    id::NodeId, lead::Remedy, organisation::Scope, output::Output, workflow::WorkflowStatus,
};
use branchline_http_api::pages::Visitor;
use maud::{Markup, html};

use super::{story::Story, told::spelled};
use crate::shell::{once, post_button};

/// Outputs that have a button each; beyond that they are chosen from a list.
const BUTTONS_MAX: usize = 4;

/// The forms of all remedies that somebody can do here.
pub(super) fn forms(story: &Story, visitor: &Visitor, remedies: &BTreeSet<Remedy>) -> Markup {
    if story.view.deleted {
        return html! {};
    }
    let forms: Vec<Markup> =
        remedies.iter().filter_map(|remedy| form(story, visitor, *remedy)).collect();
    html! { @if !forms.is_empty() { div.remedies { @for form in forms { (form) } } } }
}

fn form(story: &Story, visitor: &Visitor, remedy: Remedy) -> Option<Markup> {
    let (operate, resolve) = (visitor.may(Scope::Operate), visitor.may(Scope::Resolve));
    let workflow = format!("/workflows/{}", story.workflow);
    let link = |place: &str, words: &str| {
        operate.then(|| html! { a.button href={ (workflow) (place) } { (words) } })
    };
    match remedy {
        Remedy::Activate => link("/activate", "Activate the workflow…"),
        Remedy::Resume => (operate && story.view.status == WorkflowStatus::Paused)
            .then(|| post_button(&format!("{workflow}/resume"), "Resume the workflow", "primary")),
        Remedy::PauseAndResume => link("/pause", "Pause the workflow…"),
        Remedy::MarkEntry => link("/edit", "Mark an entry in the builder"),
        Remedy::AddEdge => link("/edit", "Add an edge in the builder"),
        Remedy::CompleteNode => link("/edit", "Complete the step in the builder"),
        Remedy::BreakCycle => link("/edit", "Break the cycle in the builder"),
        Remedy::ResolveOutput => resolve.then(|| outputs(story)),
        Remedy::Redial => resolve.then(|| redial(story)),
        Remedy::ResolveRelease => resolve.then(|| release(story)),
        Remedy::MoveTo => resolve.then(|| move_to(story)).flatten(),
        // To remove is on top of the page. Nobody can do the others from here: what clears it is
        // said in words.
        Remedy::Remove
        | Remedy::ImportEnds
        | Remedy::EngineGoesOn
        | Remedy::TimePasses
        | Remedy::CallIsDialled
        | Remedy::OtherCallEnds
        | Remedy::StatusArrives
        | Remedy::FinalStatusArrives
        | Remedy::AttributesArrive
        | Remedy::ApplicationAnswers
        | Remedy::RegisterHandler => None,
    }
}

/// The outputs of the step that the lead stands at.
fn outputs(story: &Story) -> Markup {
    let state = &story.state;
    let node = state.node.and_then(|node| story.node(state.entered_revision, node));
    let outputs: Vec<Output> = node.map(|node| node.config.outputs()).unwrap_or_default();
    let action = format!("{}/resolve", story.path());
    html! {
        @if outputs.len() > BUTTONS_MAX {
            form.choice method="post" action=(action) {
                (once())
                label for="output" { "Go on as if it were" }
                select #output name="output" {
                    @for output in &outputs { option value=(output.as_str()) { (spelled(output)) } }
                }
                button.button type="submit" { "Resolve" }
            }
        } @else if !outputs.is_empty() {
            form.choice method="post" action=(action) {
                (once())
                @for output in &outputs {
                    button.button type="submit" name="output" value=(output.as_str()) {
                        "Resolve as " (spelled(output))
                    }
                }
            }
        }
    }
}

fn redial(story: &Story) -> Markup {
    html! {
        form.choice method="post" action={ (story.path()) "/resolve" } {
            (once())
            button.button type="submit" name="action" value="redial" { "Call again" }
        }
    }
}

fn release(story: &Story) -> Markup {
    html! {
        form.choice method="post" action={ (story.path()) "/resolve" } {
            (once())
            label for="release_at" { "Wait until (UTC)" }
            input #release_at type="datetime-local" name="release_at" required;
            button.button type="submit" { "Set the time" }
        }
    }
}

/// A choice of the other steps; `None` where there is none.
pub(super) fn move_to(story: &Story) -> Option<Markup> {
    let nodes = story.view.graph.nodes().iter();
    let others: Vec<NodeId> =
        nodes.map(|node| node.id).filter(|node| Some(*node) != story.state.node).collect();
    if others.is_empty() {
        return None;
    }
    Some(html! {
        form.choice method="post" action={ (story.path()) "/move" } {
            (once())
            label for="node" { "Put it at" }
            select #node name="node" {
                @for node in others { option value=(node) { (story.label(node)) } }
            }
            button.button type="submit" { "Move" }
        }
    })
}

/// Taking the lead out, with what that means before the button.
pub(super) fn remove(story: &Story) -> Markup {
    html! {
        details.confirm {
            summary.button.danger { "Remove…" }
            form.confirm-panel method="post" action={ (story.path()) "/remove" } {
                (once())
                p {
                    "This person is taken out of the workflow for good. A call in progress may "
                    "finish and moves nothing; one that nobody dialled is called off. The history stays."
                }
                button.button.danger type="submit" { "Remove this lead" }
            }
        }
    }
}

/// Erasing what is personal, with what that means before the button.
pub(super) fn erase(story: &Story) -> Markup {
    html! {
        details.confirm {
            summary.button.danger { "Erase…" }
            form.confirm-panel method="post" action={ (story.path()) "/erase" } {
                (once())
                p {
                    "The key of this person's number, variables, notes and of what calls found is "
                    "destroyed: nobody can read them again. The history without them stays."
                }
                label.check { input type="checkbox" name="sure" required; "I know that nobody can undo this" }
                button.button.danger type="submit" { "Erase what is personal" }
            }
        }
    }
}
