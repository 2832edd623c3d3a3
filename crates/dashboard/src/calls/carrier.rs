//! What was asked of the carrier, and what came back.

use branchline_domain::{
    lead::{LeadEvent, Values},
    personal::Personal,
    value::Value,
};
use branchline_projections::{DispatchStage, call_log::CallLog};
use maud::{Markup, html};

use crate::{
    lead::{Story, personal},
    shell::{call_badge, duration, time},
};

/// What was asked.
pub(super) fn asked(story: &Story, log: &CallLog) -> Markup {
    let (mut ring, mut not_before, mut expires_at) = (None, None, None);
    let (mut dialled_at, mut lease_until) = (None, None);
    story.walk(|fact, event, _| {
        if let LeadEvent::CallRequested { call, ring_timeout_s, .. } = event
            && *call == log.id.number
        {
            ring = *ring_timeout_s;
        } else if let LeadEvent::CallScheduled { call, not_before: from, expires_at: until } = event
            && *call == log.id.number
        {
            (not_before, expires_at) = (Some(*from), *until);
        } else if let LeadEvent::CallDispatchStarted { call, lease_until: until } = event
            && *call == log.id.number
        {
            (dialled_at, lease_until) = (Some(fact.at), *until);
        }
    });
    html! {
        h3 { "What was asked" }
        dl.facts {
            dt { "Dial" } dd.mono { (personal(&log.to)) }
            dt { "Show the number" } dd.mono { (log.from) }
            @if let Some(agent) = &log.agent_id { dt { "Who talks" } dd { (agent) } }
            @if let Some(seconds) = ring { dt { "Ring at most" } dd { (duration(seconds.into())) } }
            @if let Some(at) = not_before { dt { "Not before" } dd { (time(at)) } }
            @if let Some(at) = expires_at { dt { "Not after" } dd { (time(at)) } }
            dt { "Handed out" }
            dd { @match dialled_at { Some(at) => (time(at)), None => span.muted { "not yet" } } }
            @if let Some(at) = lease_until { dt { "To be heard of by" } dd { (time(at)) } }
        }
    }
}

/// What came back.
pub(super) fn answered(log: &CallLog) -> Markup {
    let dialling = match log.dispatch {
        DispatchStage::Requested => "nobody has been asked to dial",
        DispatchStage::Started => "somebody was asked to dial, and has not answered",
        DispatchStage::Dispatched => "the carrier took it",
        DispatchStage::Refused => "the carrier refused it",
        DispatchStage::Unknown => "nobody knows whether it was dialled",
    };
    html! {
        h3.after { "What came back" }
        dl.facts {
            dt { "Dialling" } dd { (dialling) }
            @if let Some(refusal) = &log.refusal { dt { "Why refused" } dd { (personal(refusal)) } }
            @if let Some(name) = &log.provider_ref { dt { "Its name there" } dd.mono { (name) } }
            dt { "Furthest status" } dd { (call_badge(log.status)) }
            @if let Some(reason) = &log.end_reason { dt { "Why it ended" } dd { (reason) } }
            @for conflict in &log.conflicts {
                dt { "Also reported" }
                dd {
                    (call_badge(conflict.status)) " " (time(conflict.at))
                    @if let Some(reason) = &conflict.end_reason { " (" (reason) ")" }
                    span.muted { " moved nothing" }
                }
            }
        }
    }
}

/// Attributes, with links where they are safe to follow, and the same as JSON.
pub(super) fn attributes(attributes: &Personal<Values>) -> Markup {
    let Some(values) = attributes.known() else { return html! { p.muted { "Erased." } } };
    if values.is_empty() {
        return html! { p.muted { "Nothing, or nothing yet." } };
    }
    html! {
        dl.facts { @for (name, value) in values { dt { (name) } dd { (linked(value)) } } }
        details { summary { "As JSON" } pre tabindex="0" { (serde_json::to_string_pretty(values).unwrap_or_default()) } }
    }
}

/// A value; an address of the web over TLS is a link that tells nobody where it was followed from.
/// Whatever else a carrier sent is text.
fn linked(value: &Value) -> Markup {
    let text = value.as_text();
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    html! {
        @if is_plain && text.starts_with("https://") {
            a href=(text) rel="noopener noreferrer" target="_blank" { (text) }
        } @else { (text) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_over_tls_are_links() {
        let shown = |text: &str| linked(&Value::from(text)).into_string();
        assert!(shown("https://rec.example/1.mp3").starts_with("<a href=\"https://rec.example/1"));
        for text in [
            "http://rec.example/1.mp3",
            "javascript:alert(1)",
            " https://x.example",
            "https://x.example/ javascript:1",
            "data:text/html,x",
        ] {
            assert!(!shown(text).contains("<a"), "{text}");
        }
        assert_eq!(shown("<b>"), "&lt;b&gt;");
    }
}
