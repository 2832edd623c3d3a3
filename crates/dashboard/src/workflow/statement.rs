//! Before a workflow is paused or ended: what finishes, what stops, what is lost. In numbers of now.

use actix_web::{HttpRequest, http::StatusCode};
use branchline_domain::{
    call_status::CallStatus, id::WorkflowId, organisation::Scope, workflow::WorkflowStatus,
};
use branchline_engine::command::WorkflowAction;
use branchline_http_api::pages::{self, Fault, Visitor};
use branchline_projections::Totals;
use maud::{Markup, html};

use super::{Head, find};
use crate::{
    live::Topic,
    shell::{Frame, PageAnswer, Section, fault, id, once, plural},
};

/// What stops a workflow, for now or for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// For now.
    Pause,
    /// Before it was done.
    Cancel,
    /// As done.
    Complete,
    /// Out of sight.
    Delete,
}

impl Ending {
    /// The name in the journal of refused actions.
    pub(super) const fn action_name(self) -> &'static str {
        match self {
            Self::Pause => "workflow.pause",
            Self::Cancel => "workflow.cancel",
            Self::Complete => "workflow.complete",
            Self::Delete => "workflow.delete",
        }
    }

    /// What the engine is asked.
    pub(super) const fn action(self, force: bool) -> WorkflowAction {
        match self {
            Self::Pause => WorkflowAction::Pause,
            Self::Cancel => WorkflowAction::Cancel,
            Self::Complete => WorkflowAction::Complete { force },
            Self::Delete => WorkflowAction::Delete,
        }
    }

    /// The word of the notice afterwards.
    pub(super) const fn notice(self) -> &'static str {
        match self {
            Self::Pause => "paused",
            Self::Cancel => "cancelled",
            Self::Complete => "completed",
            Self::Delete => "deleted",
        }
    }

    const fn place(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Cancel => "cancel",
            Self::Complete => "complete",
            Self::Delete => "delete",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Pause => "Pause",
            Self::Cancel => "Cancel",
            Self::Complete => "Complete",
            Self::Delete => "Delete",
        }
    }

    const fn heading(self) -> &'static str {
        match self {
            Self::Pause => "Pause this workflow?",
            Self::Cancel => "Cancel this workflow for good?",
            Self::Complete => "Complete this workflow?",
            Self::Delete => "Delete this workflow?",
        }
    }

    const fn button(self) -> &'static str {
        match self {
            Self::Pause => "Pause now",
            Self::Cancel => "Cancel for good",
            Self::Complete => "Complete now",
            Self::Delete => "Delete",
        }
    }

    /// Why it cannot be done with a workflow of this status; the engine says the same.
    const fn hindrance(self, status: WorkflowStatus) -> Option<&'static str> {
        let is_open = match status {
            WorkflowStatus::Draft | WorkflowStatus::Active | WorkflowStatus::Paused => true,
            WorkflowStatus::Completed | WorkflowStatus::Cancelled => false,
        };
        let is_active = matches!(status, WorkflowStatus::Active);
        match self {
            Self::Pause if !is_active => Some("Only an active workflow can be paused."),
            Self::Cancel | Self::Complete if !is_open => Some("It has ended already."),
            Self::Complete if matches!(status, WorkflowStatus::Draft) => {
                Some("A draft that never ran cannot be completed: cancel or delete it.")
            }
            Self::Delete if is_active => {
                Some("An active workflow cannot be deleted: pause it first.")
            }
            Self::Pause | Self::Cancel | Self::Complete | Self::Delete => None,
        }
    }
}

/// `GET /workflows/{workflow}/pause`
pub(crate) async fn pause(request: HttpRequest) -> PageAnswer {
    let workflow = id(&request, "workflow", "workflow")?;
    show(&request, workflow, Ending::Pause, None).await
}

/// `GET /workflows/{workflow}/cancel`
pub(crate) async fn cancel(request: HttpRequest) -> PageAnswer {
    let workflow = id(&request, "workflow", "workflow")?;
    show(&request, workflow, Ending::Cancel, None).await
}

/// `GET /workflows/{workflow}/complete`
pub(crate) async fn complete(request: HttpRequest) -> PageAnswer {
    let workflow = id(&request, "workflow", "workflow")?;
    show(&request, workflow, Ending::Complete, None).await
}

/// `GET /workflows/{workflow}/delete`
pub(crate) async fn delete(request: HttpRequest) -> PageAnswer {
    let workflow = id(&request, "workflow", "workflow")?;
    show(&request, workflow, Ending::Delete, None).await
}

/// What will be so and so many of, when it is done now.
struct Numbers {
    totals: Totals,
    /// Calls that were asked for and that nobody has begun to dial.
    undialled: u64,
}

/// The page, with what was refused on top of it.
pub(super) async fn show(
    request: &HttpRequest,
    workflow: WorkflowId,
    ending: Ending,
    refused: Option<&Fault>,
) -> PageAnswer {
    let visitor = Visitor::of(request)?;
    let organisation = visitor.organisation();
    let (head, numbers) = pages::engine(request)?
        .read(|projections| {
            let row = find(projections, organisation, workflow)?;
            let totals = projections.totals_of_workflow(workflow);
            let calls = projections.call_counts(workflow);
            let undialled = calls.get(&CallStatus::Created).copied().unwrap_or(0);
            Ok::<_, crate::shell::PageError>((Head::of(&row), Numbers { totals, undialled }))
        })
        .await??;
    let path = head.path();
    let hindrance = ending.hindrance(head.status);
    let may = visitor.may(Scope::Operate);
    let main = html! {
        (head.show(&visitor, Some(ending.name())))
        @if let Some(refused) = refused { (fault(refused)) }
        section.card.statement #statement data-fragment {
            h2 { (ending.heading()) }
            @if let Some(hindrance) = hindrance {
                p { (hindrance) }
                p { a.button href=(path) { "Back to the workflow" } }
            } @else {
                (what_happens(ending, head.status, &numbers))
                @if may {
                    form.statement-form method="post" action={ (path) "/" (ending.place()) } {
                        (once())
                        (force_box(ending, &numbers.totals))
                        div.actions {
                            button.button.(class(ending)) type="submit" { (ending.button()) }
                            a.button href=(path) { "Leave it as it is" }
                        }
                    }
                } @else {
                    p.muted { "Your key may look, and not steer." }
                }
            }
        }
    };
    let frame = Frame {
        topics: &[Topic::Workflow(workflow).to_string()],
        styles: &["workflow.css"],
        ..Frame::new(ending.heading(), Section::Overview)
    };
    let status = refused.map_or(StatusCode::OK, Fault::status);
    Ok(frame.answer_with(status, request, &main))
}

const fn class(ending: Ending) -> &'static str {
    match ending {
        Ending::Pause => "primary",
        Ending::Cancel | Ending::Complete | Ending::Delete => "danger",
    }
}

/// The sentences, each with whether it goes on, waits or ends.
fn what_happens(ending: Ending, status: WorkflowStatus, numbers: &Numbers) -> Markup {
    let sentences = match ending {
        Ending::Pause => of_pause(numbers),
        Ending::Cancel => of_cancel(numbers),
        Ending::Complete => of_complete(numbers),
        Ending::Delete => of_delete(numbers),
    };
    html! {
        dl.facts.what-happens {
            @for (what, sentence) in sentences { dt { (what) } dd { (sentence) } }
        }
        @if ending != Ending::Pause {
            p.muted {
                @if status == WorkflowStatus::Active && ending == Ending::Cancel {
                    "To stop for a while only, pause it instead. "
                }
                "This cannot be undone."
            }
        }
    }
}

type Sentences = Vec<(&'static str, String)>;

fn of_pause(numbers: &Numbers) -> Sentences {
    let leads = &numbers.totals.leads;
    let finishes = format!(
        "{} in progress: each goes on to its end and is recorded. What it decides is held until you \
         resume.",
        plural(numbers.totals.calls_in_progress, "call")
    );
    let waits = format!(
        "{} under way stay where they are. Planned times do not move: what falls due meanwhile goes \
         on when you resume.",
        plural(leads.active, "lead")
    );
    let undialled = format!(
        "{} asked for and not dialled yet: nobody is dialled during a pause.",
        plural(numbers.undialled, "call")
    );
    let stays = format!(
        "{} held already wait for a decision as before. Decisions made during the pause are kept, and \
         move when you resume.",
        plural(numbers.totals.held.values().sum(), "lead")
    );
    let pending = format!("{} that have not started.", plural(leads.pending, "lead"));
    vec![
        ("Finishes", finishes),
        ("Waits", waits),
        ("Waits", undialled),
        ("Waits", pending),
        ("Stays", stays),
    ]
}

/// What calls do once nothing moves any more.
fn last_calls(numbers: &Numbers) -> (&'static str, String) {
    let calls = plural(numbers.totals.calls_in_progress, "call");
    let words = "in progress: each goes on to its end and is recorded, and moves nobody.";
    ("Finishes", format!("{calls} {words}"))
}

fn of_cancel(numbers: &Numbers) -> Sentences {
    let leads = &numbers.totals.leads;
    let undialled = plural(numbers.undialled, "call");
    let stays = "Everything recorded can still be read, and the workflow can be duplicated.";
    vec![
        last_calls(numbers),
        ("Stops", format!("{} under way never move again.", plural(leads.active, "lead"))),
        ("Stops", format!("{undialled} asked for and not dialled yet will not be dialled.")),
        ("Stops", format!("{} that have not started never start.", plural(leads.pending, "lead"))),
        ("Stays", stays.into()),
    ]
}

fn of_complete(numbers: &Numbers) -> Sentences {
    let leads = &numbers.totals.leads;
    let stops = format!(
        "{} under way and {} that have not started never move again.",
        plural(leads.active, "lead"),
        plural(leads.pending, "lead")
    );
    let stays = format!(
        "{} converted and {} dropped stay as they are.",
        plural(leads.completed, "lead"),
        plural(leads.dropped, "lead")
    );
    vec![last_calls(numbers), ("Stops", stops), ("Stays", stays)]
}

fn of_delete(numbers: &Numbers) -> Sentences {
    let leads = plural(numbers.totals.leads.enrolled(), "lead");
    let calls = numbers.totals.calls_in_progress;
    let note = if calls > 0 {
        format!("{} in progress: it cannot be deleted before then.", plural(calls, "call"))
    } else {
        "No call is in progress.".into()
    };
    let stays = "Its history stays in the journal, and its calls in the list of calls.";
    vec![
        ("Goes", format!("The workflow and its {leads} are not shown any more.")),
        ("Stays", stays.into()),
        ("Note", note),
    ]
}

/// To complete while leads are under way takes one more look.
fn force_box(ending: Ending, totals: &Totals) -> Markup {
    let open = totals.leads.active + totals.leads.pending;
    html! {
        @if ending == Ending::Complete && open > 0 {
            label.check {
                input type="checkbox" name="force" value="true";
                span { "Complete it although " (plural(open, "lead")) " have not reached an end" }
            }
        }
    }
}
