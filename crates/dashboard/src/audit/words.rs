//! Events in words. Nothing personal is in them: the records of many people are read without their keys.

use branchline_domain::{
    graph::GraphChange,
    lead::{BranchCause, HoldReason, LeadEvent, Resolution},
    organisation::{OrganisationEvent, UnmatchedReason},
    output::Output,
    workflow::{ImportRefusal, WorkflowEvent},
};
use branchline_engine::{RecordedEvents, RecordedFact};
use maud::{Markup, html};

use super::{Names, filter::Kind, names::end_of};
use crate::shell::{call_badge, hold_in_words, plural, time};

/// Changes of a graph that are told one by one.
const CHANGES_TOLD: usize = 12;

/// One event.
pub(super) struct Sentence {
    /// What it is about.
    pub(super) kind: Kind,
    /// What happened.
    pub(super) words: Markup,
}

/// The events of a record, in order.
pub(super) fn sentences(names: &Names, fact: &RecordedFact) -> Vec<Sentence> {
    match &fact.events {
        RecordedEvents::Workflow(_, events) => events
            .iter()
            .map(|event| Sentence {
                kind: Kind::of_workflow(event),
                words: of_workflow(names, fact, event),
            })
            .collect(),
        RecordedEvents::Lead(_, events) => events
            .iter()
            .map(|event| Sentence {
                kind: Kind::of_lead(event),
                words: of_lead(names, fact, event),
            })
            .collect(),
        RecordedEvents::Organisation(_, events) => events
            .iter()
            .map(|event| Sentence {
                kind: Kind::of_organisation(event),
                words: of_organisation(event),
            })
            .collect(),
    }
}

fn of_workflow(names: &Names, fact: &RecordedFact, event: &WorkflowEvent) -> Markup {
    html! {
        @match event {
            WorkflowEvent::WorkflowCreated { title, source, .. } => {
                "Created as " strong { (title) }
                @if let Some(source) = source { ", a copy of " a href={ "/workflows/" (source) } { "another" } }
            }
            WorkflowEvent::WorkflowRenamed { title, .. } => { "Called " strong { (title) } " from now on" }
            WorkflowEvent::SettingsChanged { settings } => {
                "Settings changed: time zone " (settings.default_timezone)
                @if let Some(country) = &settings.default_country { ", country " (country) }
                ", leads start " @if settings.start_on_enrol { "at once" } @else { "when told" }
                @if settings.auto_complete { ", completes by itself" }
            }
            WorkflowEvent::GraphRevised { revision, changes } => {
                "Graph changed to revision " (revision) (changed(names, fact, changes))
            }
            WorkflowEvent::GraphStaged { part, changes } => {
                "Part " (part) " of a new graph came: " (plural(changes.len() as u64, "change"))
            }
            WorkflowEvent::NodeReplaced { node, by } => {
                "Step " (names.node(fact, *node)) " gave way to " (names.node(fact, *by))
            }
            WorkflowEvent::WorkflowActivated => strong { "Activated" },
            WorkflowEvent::WorkflowPaused => strong { "Paused" },
            WorkflowEvent::WorkflowResumed => strong { "Resumed" },
            WorkflowEvent::WorkflowCompleted { automatic } => {
                strong { "Completed" } @if *automatic { ", because every lead had come to its end" }
            }
            WorkflowEvent::WorkflowCancelled => strong { "Cancelled for good" },
            WorkflowEvent::WorkflowDeleted => strong { "Deleted" },
            WorkflowEvent::ImportOpened { opening, .. } => {
                "Import of " (plural(u64::from(opening.rows), "lead")) " began"
                (file(opening.file_name.as_deref()))
            }
            WorkflowEvent::ImportClosed { enrolled, duplicates_skipped, .. } => {
                "Import done: " (plural(u64::from(*enrolled), "lead")) " enrolled"
                @if *duplicates_skipped > 0 {
                    ", " (plural(u64::from(*duplicates_skipped), "duplicate")) " skipped"
                }
            }
            WorkflowEvent::ImportCancelled { reason, .. } => { "Import given up: " (reason) }
            WorkflowEvent::ImportRefused { refusal, .. } => (import_refused(refusal)),
        }
    }
}

fn import_refused(refusal: &ImportRefusal) -> Markup {
    html! {
        "Import of " (plural(u64::from(refusal.rows), "row")) " refused"
        (file(refusal.file_name.as_deref())) ": "
        (plural(u64::from(refusal.reasons), "reason"))
        @if let Some(first) = refusal.faults.first() { "; the first: " (first.reason) }
    }
}

fn file(name: Option<&str>) -> Markup {
    html! { @if let Some(name) = name { ", file " (name) } }
}

fn changed(names: &Names, fact: &RecordedFact, changes: &[GraphChange]) -> Markup {
    let left_out = changes.len().saturating_sub(CHANGES_TOLD);
    html! {
        ul.changes {
            @for change in changes.iter().take(CHANGES_TOLD) {
                li {
                    @match change {
                        GraphChange::NodePut(node) => {
                            "step " strong { (node.label) } " (" (node.node_type()) ")"
                            @if node.entry { ", where leads start" }
                        }
                        GraphChange::NodeRemoved(node) => { "without " (names.node(fact, *node)) }
                        GraphChange::EdgeAdded(edge) => {
                            "way from " (names.node(fact, edge.from_node_id))
                            " to " (names.node(fact, edge.to_node_id))
                            @if let Some(label) = &edge.label { " on " strong { (spelled(label)) } }
                        }
                        GraphChange::EdgeRemoved(edge) => {
                            "without the way " span title=(edge) { "…" (end_of(&edge.to_string())) }
                        }
                    }
                }
            }
            @if left_out > 0 { li { "and " (plural(left_out as u64, "more change")) } }
        }
    }
}

#[expect(clippy::too_many_lines, reason = "one arm an event: cutting it would hide the list")]
fn of_lead(names: &Names, fact: &RecordedFact, event: &LeadEvent) -> Markup {
    let node = |id| names.node(fact, id);
    let call = |number: u32| {
        let lead = super::trail::lead_of(fact);
        html! {
            @match lead {
                Some(lead) => a href={ "/calls/" (branchline_domain::id::CallId { lead, number }) } {
                    "Call " (number)
                },
                None => { "Call " (number) }
            }
        }
    };
    html! {
        @match event {
            LeadEvent::LeadEnrolled { import, .. } => {
                "Enrolled" @if import.is_some() { " with an import" }
            }
            LeadEvent::NodeEntered { node: to, release_at, .. } => {
                "Came to " (node(*to))
                @if let Some(at) = release_at { "; waits until " (time(*at)) }
            }
            LeadEvent::CallRequested { call: number, from, .. } => {
                (call(*number)) " is wanted, from " (from)
            }
            LeadEvent::CallScheduled { call: number, not_before, .. } => {
                (call(*number)) " is not dialled before " (time(*not_before))
            }
            LeadEvent::CallDispatchStarted { call: number, .. } => {
                (call(*number)) " was handed out to be dialled"
            }
            LeadEvent::CallDispatched { call: number, .. } => { "The carrier took " (call(*number)) }
            LeadEvent::CallDispatchRefused { call: number, .. } => {
                "The carrier refused " (call(*number))
            }
            LeadEvent::CallDispatchUnknown { call: number } => {
                "Nobody knows whether " (call(*number)) " was dialled"
            }
            LeadEvent::CallStatusChanged { call: number, status, .. } => {
                (call(*number)) " is " (call_badge(*status))
            }
            LeadEvent::CallConcluded { call: number, status, end_reason, .. } => {
                (call(*number)) " ended: " (call_badge(*status))
                @if let Some(reason) = end_reason { " (" (reason) ")" }
            }
            LeadEvent::CallConflictRecorded { call: number, status, .. } => {
                (call(*number)) " was reported as " (call_badge(*status))
                " after it had ended: recorded, and moved nothing"
            }
            LeadEvent::CallReferenced { call: number, provider_ref } => {
                "The carrier calls " (call(*number)) " " code { (provider_ref) }
            }
            LeadEvent::ProviderStatusHeard { call: number, heard, status } => {
                (heard.provider) " said " code { (heard.word) } " of " (call(*number)) ": taken for "
                (call_badge(*status))
            }
            LeadEvent::CallAttributesAttached { call: number, .. } => {
                "Analysis of " (call(*number)) " came"
            }
            LeadEvent::BranchTaken { from, output, to, cause, .. } => {
                strong { (spelled(output)) } ": from " (node(*from)) " to " (node(*to)) "; "
                (because(*cause))
            }
            LeadEvent::LeadMoved { from, to, .. } => {
                "Put from " (node(*from)) " to " (node(*to)) ": no outcome was decided"
            }
            LeadEvent::AnalysisAwaited { until } => {
                "Waits for what analysis of the call finds, until " (time(*until)) " at most"
            }
            LeadEvent::ApplicationRequested { attempt } => {
                "Try " (attempt) " of the application is wanted"
            }
            LeadEvent::ApplicationStarted { attempt } => {
                "Try " (attempt) " of the application began"
            }
            LeadEvent::ApplicationTried { attempt, outcome, latency_ms, missing_fields, .. } => {
                "Try " (attempt) " of the application: " strong { (outcome.as_str()) }
                " after " (latency_ms) " ms"
                @if !missing_fields.is_empty() { "; missing: " (missing_fields.join(", ")) }
            }
            LeadEvent::ApplicationAnswered { node: asked, .. } => { (node(*asked)) " was answered" }
            LeadEvent::RoutingHeld { reason } => (held(reason)),
            LeadEvent::HoldResolved { choice } => {
                "A person decided: "
                @match choice {
                    Resolution::Output(output) => { "take " strong { (spelled(output)) } }
                    Resolution::Redial => "call again",
                    Resolution::ReleaseAt(at) => { "go on at " (time(*at)) }
                }
            }
            LeadEvent::ReleasePlanned { release_at } => { "The wait ends at " (time(*release_at)) }
            LeadEvent::LeadCompleted => strong { "Converted" },
            LeadEvent::LeadDropped => strong { "Dropped" },
            LeadEvent::LeadRemoved => { strong { "Removed" } " by a person" }
            LeadEvent::LeadWithdrawn => "Taken out with an import that was given up",
            LeadEvent::LeadErased { .. } => strong { "What is personal was erased" },
            LeadEvent::LeadEdited { .. } => "Variables or notes were changed",
        }
    }
}

const fn because(cause: BranchCause) -> &'static str {
    match cause {
        BranchCause::Call(_) => "the call decided",
        BranchCause::Condition => "the condition decided",
        BranchCause::Release => "the wait ended",
        BranchCause::Application => "the application answered",
        BranchCause::Person => "a person decided",
    }
}

fn held(reason: &HoldReason) -> Markup {
    html! {
        strong { "Held" } ", as one of those " (hold_in_words(reason.code()))
        @match reason {
            HoldReason::WorkflowPaused(outcome) | HoldReason::MissingOutput(outcome) => {
                ": " strong { (spelled(&outcome.output)) }
            }
            HoldReason::ReviewRequired(status) => { ": " (call_badge(*status)) }
            HoldReason::UnreadableTime(_)
            | HoldReason::NodeIncomplete
            | HoldReason::CallOverdue
            | HoldReason::DialOutcomeUnknown
            | HoldReason::DialRefused
            | HoldReason::ApplicationReview
            | HoldReason::EndlessLoop => {}
        }
    }
}

fn of_organisation(event: &OrganisationEvent) -> Markup {
    html! {
        @match event {
            OrganisationEvent::ApiKeyCreated { key, name, scopes, expires_at, .. } => {
                "Key " strong title=(key) { (name) } " made, for " (scopes)
                @if let Some(at) = expires_at { ", until " (time(*at)) }
            }
            OrganisationEvent::ApiKeyExpirySet { key, expires_at } => {
                "Key " (short(&key.to_string()))
                @match expires_at {
                    Some(at) => { " ends at " (time(*at)) }
                    None => " has no end any more",
                }
            }
            OrganisationEvent::ApiKeyRevoked { key } => { "Key " (short(&key.to_string())) " revoked" }
            OrganisationEvent::ActionRefused { action, target, code } => {
                strong { "Refused" } ": " code { (action) }
                @if !target.is_empty() { " of " code.target { (target) } }
                ", because " code { (code) }
            }
            OrganisationEvent::ProviderEventUnmatched { reason, told, .. } => {
                (told.provider) " said " code { (told.word) } ": kept, because "
                @match reason {
                    UnmatchedReason::UnknownWord => "no table says what that means",
                    UnmatchedReason::UnknownCall => "nobody knows of which call",
                }
            }
            OrganisationEvent::ProviderEventMatched { call, status, .. } => {
                "What a provider had said was found to be of "
                a href={ "/calls/" (call) } { "a call" } ", as " (call_badge(*status))
            }
            OrganisationEvent::ProviderEventDismissed { note, .. } => {
                "What a provider had said was put aside"
                @if !note.is_empty() { ": " (note) }
            }
            OrganisationEvent::ProviderWordsSet { provider, words } => {
                "What " (provider) " means by " (plural(words.iter().count() as u64, "word")) " was set"
            }
        }
    }
}

fn short(id: &str) -> Markup {
    html! { span title=(id) { "…" (end_of(id)) } }
}

/// An output; the empty text of a switch is named.
fn spelled(output: &Output) -> &str {
    match output.as_str() {
        "" => "(empty)",
        text => text,
    }
}
