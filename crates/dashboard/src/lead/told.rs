//! Each event of a lead in words.

use branchline_domain::{
    id::{CallId, NodeId},
    lead::{BranchCause, HoldReason, LeadEvent, LeadState, Resolution, Values},
    output::Output,
    personal::Personal,
    time::Timestamp,
};
use maud::{Markup, html};

use super::{decided, story::Story};
use crate::shell::{call_badge, number, time};

/// An event in words.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    /// What kind of thing it is: a class of `lead.css`.
    pub(crate) kind: &'static str,
    /// The event.
    pub(crate) words: Markup,
    /// What is more to know of it.
    pub(crate) detail: Option<Markup>,
}

fn told(kind: &'static str, words: Markup) -> Told {
    Told { kind, words, detail: None }
}

impl Told {
    fn with(self, detail: Markup) -> Self {
        Self { detail: Some(detail), ..self }
    }
}

/// An event in words. `before` is what the events before it add up to.
#[expect(clippy::too_many_lines, reason = "one arm an event: cutting it would hide the list")]
pub(crate) fn tell(story: &Story, before: &LeadState, event: &LeadEvent) -> Told {
    let call = |number: u32| call_link(story, number);
    let node = |node: NodeId| html! { strong { (story.label(node)) } };
    match event {
        LeadEvent::LeadEnrolled { import, .. } => told(
            "is-entry",
            html! {
                "Enrolled in " strong { (story.workflow_title) }
                @if import.is_some() { " with an import" }
            },
        ),
        LeadEvent::NodeEntered { visit, node: to, release_at, .. } => told(
            "is-move",
            html! {
                "Came to " (node(*to))
                @if before.visit > 0 { ", step " (visit) " of its way" }
                @if let Some(at) = release_at { "; waits until " (time(*at)) }
            },
        ),
        LeadEvent::CallRequested { call: number, from, .. } => {
            told("is-call", html! { (call(*number)) " is wanted, from " (from) })
        }
        LeadEvent::CallScheduled { call: number, not_before, expires_at } => told(
            "is-call",
            html! {
                (call(*number)) " is not dialled before " (time(*not_before))
                @if let Some(at) = expires_at { ", and not after " (time(*at)) }
            },
        ),
        LeadEvent::CallDispatchStarted { call: number, lease_until } => told(
            "is-call",
            html! {
                (call(*number)) " was handed out to be dialled"
                @if let Some(at) = lease_until { ", until " (time(*at)) }
            },
        ),
        LeadEvent::CallDispatched { call: number, provider_ref } => told(
            "is-call",
            html! {
                "The carrier took " (call(*number)) (reference(provider_ref.as_deref()))
            },
        ),
        LeadEvent::CallDispatchRefused { call: number, reason } => told(
            "is-held",
            html! {
                "The carrier refused " (call(*number)) ": " (personal(reason))
            },
        ),
        LeadEvent::CallDispatchUnknown { call: number } => {
            told("is-held", html! { "Nobody knows whether " (call(*number)) " was dialled" })
        }
        LeadEvent::CallStatusChanged { call: number, status, occurred_at } => told(
            "is-call",
            html! {
                (call(*number)) " is " (call_badge(*status)) (since(*occurred_at))
            },
        ),
        LeadEvent::CallConcluded { call: number, status, end_reason, occurred_at } => told(
            "is-call",
            html! {
                (call(*number)) " ended: " (call_badge(*status)) (ended(end_reason.as_deref()))
                (since(*occurred_at))
            },
        ),
        LeadEvent::CallConflictRecorded { call: number, status, end_reason } => told(
            "is-held",
            html! {
                (call(*number)) " was reported as " (call_badge(*status)) (ended(end_reason.as_deref()))
                " after it had ended: recorded, and moved nothing"
            },
        ),
        LeadEvent::CallReferenced { call: number, provider_ref } => told(
            "is-call",
            html! {
                "The carrier calls " (call(*number)) " " code { (provider_ref) }
            },
        ),
        LeadEvent::ProviderStatusHeard { call: number, heard, status } => told(
            "is-call",
            html! {
                "Of " (call(*number)) " " (heard.provider) " said " code { (heard.word) }
                ", which is " (call_badge(*status))
            },
        ),
        LeadEvent::CallAttributesAttached { call: number, attributes } => {
            told("is-call", html! { "Analysis of " (call(*number)) " found" })
                .with(values(attributes))
        }
        LeadEvent::BranchTaken { from, output, to, cause, .. } => {
            branch(story, before, (*from, output, *to), *cause)
        }
        LeadEvent::LeadMoved { from, to, .. } => told(
            "is-move",
            html! {
                "Put from " (node(*from)) " to " (node(*to)) ": no outcome was decided"
            },
        ),
        LeadEvent::AnalysisAwaited { until } => told(
            "is-wait",
            html! {
                "Waits for what analysis of the last call finds, until " (time(*until)) " at most"
            },
        ),
        LeadEvent::ApplicationRequested { attempt } => {
            told("is-application", html! { "Try " (attempt) " of the application is wanted" })
        }
        LeadEvent::ApplicationStarted { attempt } => {
            told("is-application", html! { "Try " (attempt) " of the application began" })
        }
        LeadEvent::ApplicationTried { attempt, outcome, latency_ms, missing_fields, evidence } => {
            told(
                "is-application",
                html! {
                    "Try " (attempt) " of the application " strong { (outcome.as_str()) }
                    " in " (number(u64::from(*latency_ms))) " ms"
                    @if !missing_fields.is_empty() { "; missing: " (missing_fields.join(", ")) }
                },
            )
            .with(json_of(evidence))
        }
        LeadEvent::ApplicationAnswered { node: asked, fields } => {
            told("is-application", html! { (node(*asked)) " was answered" }).with(values(fields))
        }
        LeadEvent::RoutingHeld { reason } => {
            told("is-held", html! { "Held: " (held_in_words(reason)) })
        }
        LeadEvent::HoldResolved { choice } => {
            told("is-person", html! { "A person decided: " (choice_in_words(choice)) })
        }
        LeadEvent::ReleasePlanned { release_at } => {
            told("is-wait", html! { "The wait ends at " (time(*release_at)) })
        }
        LeadEvent::LeadCompleted => told("is-won", html! { strong { "Converted" } }),
        LeadEvent::LeadDropped => told("is-lost", html! { strong { "Dropped" } }),
        LeadEvent::LeadRemoved => told("is-lost", html! { strong { "Removed" } " by a person" }),
        LeadEvent::LeadWithdrawn => {
            told("is-lost", html! { "Taken out with an import that was given up" })
        }
        LeadEvent::LeadErased { .. } => told(
            "is-lost",
            html! {
                strong { "What is personal was erased" }
            },
        ),
        LeadEvent::LeadEdited { variables, notes } => {
            told("is-person", html! { "Variables or notes were changed" })
                .with(changes(before, variables, notes))
        }
    }
}

fn branch(
    story: &Story,
    before: &LeadState,
    (from, output, to): (NodeId, &Output, NodeId),
    cause: BranchCause,
) -> Told {
    let reads = match cause {
        BranchCause::Condition => decided::read(story, before, from),
        BranchCause::Call(_)
        | BranchCause::Release
        | BranchCause::Application
        | BranchCause::Person => Vec::new(),
    };
    let why = match cause {
        BranchCause::Call(number) => html! { (call_link(story, number)) " decided" },
        BranchCause::Condition => html! { "the condition decided" },
        BranchCause::Release => html! { "the wait ended" },
        BranchCause::Application => html! { "the application answered" },
        BranchCause::Person => html! { "a person decided" },
    };
    let words = html! {
        strong.output { (spelled(output)) } ": from " strong { (story.label(from)) } " to "
        strong { (story.label(to)) } "; " (why)
    };
    let moved = told("is-move", words);
    if reads.is_empty() {
        return moved;
    }
    moved.with(html! {
        ul.reads {
            @for read in reads { li { (read.asked) " — " span.muted { "it was " } strong { (read.found) } } }
        }
    })
}

/// An output; the empty text of a switch is named.
pub(crate) fn spelled(output: &Output) -> &str {
    match output.as_str() {
        "" => "(empty)",
        text => text,
    }
}

fn call_link(story: &Story, number: u32) -> Markup {
    let call = CallId { lead: story.lead, number };
    html! { a href={ "/calls/" (call) } { "Call " (number) } }
}

fn reference(name: Option<&str>) -> Markup {
    html! { @if let Some(name) = name { "; it calls it " code { (name) } } }
}

fn ended(reason: Option<&str>) -> Markup {
    html! { @if let Some(reason) = reason { " (" (reason) ")" } }
}

fn since(at: Option<Timestamp>) -> Markup {
    html! { @if let Some(at) = at { ", since " (time(at)) } }
}

/// A personal text; once it is erased, that it was.
pub(crate) fn personal(text: &Personal<String>) -> Markup {
    html! {
        @match text.known() {
            Some(text) => (text),
            None => em.muted { "erased" },
        }
    }
}

/// Named values, one a line.
pub(crate) fn values(values: &Personal<Values>) -> Markup {
    html! {
        @match values.known() {
            None => em.muted { "erased" },
            Some(values) => dl.facts {
                @for (name, value) in values { dt { (name) } dd { (value.as_text()) } }
            }
        }
    }
}

fn json_of(text: &Personal<String>) -> Markup {
    let Some(text) = text.known() else { return html! { em.muted { "erased" } } };
    if text.is_empty() {
        return html! {};
    }
    let json: Option<serde_json::Value> = serde_json::from_str(text).ok();
    let pretty = json.and_then(|json| serde_json::to_string_pretty(&json).ok());
    html! {
        details { summary { "What was sent and what came back" } pre { (pretty.as_deref().unwrap_or(text)) } }
    }
}

fn changes(
    before: &LeadState,
    variables: &Personal<Values>,
    notes: &Personal<Option<String>>,
) -> Markup {
    let (Some(new), Some(old)) = (variables.known(), before.variables.known()) else {
        return html! { em.muted { "erased" } };
    };
    let names: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let changed = names.into_iter().filter(|name| old.get(*name) != new.get(*name));
    html! {
        ul.reads {
            @for name in changed {
                li {
                    (name) ": "
                    @match old.get(name) { Some(value) => s { (value.as_text()) }, None => span.muted { "new" } }
                    " → "
                    @match new.get(name) { Some(value) => strong { (value.as_text()) }, None => em { "taken away" } }
                }
            }
            @if notes != &before.notes { li { "notes" } }
        }
    }
}

/// A person's decision.
fn choice_in_words(choice: &Resolution) -> Markup {
    match choice {
        Resolution::Output(output) => html! { "take " strong.output { (spelled(output)) } },
        Resolution::Redial => html! { "call again" },
        Resolution::ReleaseAt(at) => html! { "go on at " (time(*at)) },
    }
}

/// Why a lead is held.
pub(super) fn held_in_words(reason: &HoldReason) -> Markup {
    match reason {
        HoldReason::WorkflowPaused(outcome) => html! {
            strong.output { (spelled(&outcome.output)) } " came while the workflow was not active"
        },
        HoldReason::MissingOutput(outcome) => html! {
            "no edge serves " strong.output { (spelled(&outcome.output)) }
        },
        HoldReason::ReviewRequired(status) => html! {
            "the call ended as " (call_badge(*status)) ", which has no branch: a person must decide"
        },
        HoldReason::NodeIncomplete => html! { "the step lacks what it needs" },
        HoldReason::CallOverdue => html! { "the call has no final status and is overdue" },
        HoldReason::DialOutcomeUnknown => html! { "nobody knows whether the call was dialled" },
        HoldReason::DialRefused => html! { "the carrier refused to dial" },
        HoldReason::UnreadableTime(words) => html! {
            "the time to wait for cannot be read: " (personal(words))
        },
        HoldReason::ApplicationReview => html! { "nothing answers for the application" },
        HoldReason::EndlessLoop => html! { "it went around without a wait or a call" },
    }
}

/// Who caused something, as people say it; a key by the end of its id, since ids of one moment begin
/// alike.
pub(crate) fn who(principal: &str) -> Markup {
    let (kind, name) = principal.split_once(':').unwrap_or((principal, ""));
    match (kind, name) {
        ("engine", _) => html! { span title=(principal) { "the engine" } },
        ("api", "") => html! { "somebody without a key" },
        ("operator", "") => html! { "the operator" },
        ("carrier", name) => html! { "the carrier " (name) },
        ("key", name) => {
            let before = name.chars().count().saturating_sub(6);
            let end: String = name.chars().skip(before).collect();
            html! { span title=(principal) { "key …" (end) } }
        }
        (_, _) => html! { (principal) },
    }
}
