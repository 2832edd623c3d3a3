//! The records of a lead as the API shows them.

use branchline_http_api::pages::events_of;
use maud::{Markup, html};
use serde_json::Value;

use super::story::Story;
use crate::shell::plural;

/// Events at most: the newest ones.
const EVENTS_MAX: usize = 200;

/// Every event up to the shown record as JSON, the newest first, each with its record, who caused
/// it, and the record that it follows from. What is personal is not in them.
pub(super) fn events(story: &Story) -> Markup {
    let home = Some(story.workflow);
    let mut events: Vec<Value> =
        story.facts().iter().flat_map(|fact| events_of(fact, home)).collect();
    let left_out = events.len().saturating_sub(EVENTS_MAX);
    events.drain(..left_out);
    html! {
        details.raw {
            summary { "Raw events (" (events.len()) ")" }
            ol.raw-events reversed { @for event in events.iter().rev() { li { (one(event)) } } }
            @if left_out > 0 {
                p.muted { (plural(left_out as u64, "older event")) " not shown; the API has them all." }
            }
        }
    }
}

fn one(event: &Value) -> Markup {
    let text = |name: &str| match event.get(name) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Null) | None => None,
        Some(other) => Some(other.to_string()),
    };
    let cause = text("cause_position").map(|position| format!("record {position}"));
    let cause = cause.or_else(|| text("request_id").map(|id| format!("request {id}")));
    html! {
        p {
            code { (text("type").unwrap_or_default()) }
            " · record " (text("position").unwrap_or_default())
            " · by " (text("principal").unwrap_or_default())
            @if let Some(cause) = cause { " · because of " (cause) }
        }
        pre tabindex="0" { (serde_json::to_string_pretty(event).unwrap_or_default()) }
    }
}
