//! Why a lead is where it is, and buttons that do what would move it.

use std::collections::BTreeSet;

use branchline_domain::lead::{Explanation, HoldingGuard, LeadEvent, Remedy};
use branchline_http_api::pages::Visitor;
use maud::{Markup, html};

use super::{
    remedies,
    story::{Story, events},
    told::tell,
};
use crate::shell::time;

/// The card of now.
pub(super) fn card(story: &Story, visitor: &Visitor, told: &Explanation) -> Markup {
    let remedies: BTreeSet<Remedy> =
        told.guards.iter().flat_map(|guard| guard.remedies.iter().copied()).collect();
    html! {
        h2 { "Why is it here" }
        p.where-it-is {
            @match told.current_node_id {
                Some(node) => { "It is at " strong { (story.label(node)) } }
                None => "It has not come to a step yet",
            }
            @if let Some(at) = story.state.entered_at { ", since " (time(at)) }
            "."
        }
        ul.guards { @for guard in &told.guards { (holds(story, guard)) } }
        @if let Some(next) = &told.next { p { strong { "Next: " } (next) "." } }
        (remedies::forms(story, visitor, &remedies))
    }
}

fn holds(story: &Story, guard: &HoldingGuard) -> Markup {
    html! {
        li {
            strong { (sentence(&guard.message)) }
            @if let Some(at) = guard.clears_at { p { "Earliest: " (time(at)) } }
            @if let Some(by) = &guard.clears_by { p.muted { "Clears when: " (by) "." } }
            @if let Some(position) = guard.evidence { (evidence(story, position)) }
        }
    }
}

/// The record that proves it, in words.
fn evidence(story: &Story, position: u64) -> Markup {
    let mut told = Vec::new();
    story.walk(|fact, event, before| {
        if fact.position.0 == position {
            told.push(tell(story, before, event));
        }
    });
    html! {
        @if told.is_empty() {
            p.small { "Evidence: record " (position) " of the workflow." }
        } @else {
            div.evidence {
                a href={ "#r" (position) } { "Record " (position) }
                @for told in told {
                    div { (told.words) @if let Some(detail) = told.detail { (detail) } }
                }
            }
        }
    }
}

/// The card of an earlier record: what it says.
pub(super) fn card_of_then(story: &Story) -> Markup {
    let position = story.last().map_or(0, |fact| fact.position.0);
    let mut told = Vec::new();
    story.walk(|fact, event, before| {
        if fact.position.0 == position {
            told.push(tell(story, before, event));
        }
    });
    html! {
        h2 { "What record " (position) " says" }
        @for told in told {
            div.told.(told.kind) {
                (told.words)
                @if let Some(detail) = told.detail { div.told-more { (detail) } }
            }
        }
        p.hint { "Why it stays is told of now only: " a href=(story.path()) { "see the lead as it is now" } "." }
    }
}

/// The first letter large, and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// How the shown record begins, for the line of the scrubber.
pub(super) fn shown_in_words(story: &Story) -> Option<Markup> {
    let fact = story.last()?;
    let mut first = None;
    story.walk(|told, event, before| {
        if first.is_none() && told.position == fact.position {
            first = Some(tell(story, before, event).words);
        }
    });
    first.filter(|_| !events(fact).iter().all(|event| matches!(event, LeadEvent::LeadWithdrawn)))
}
