//! `/calls/{call}`: one call.

use actix_web::HttpRequest;
use branchline_domain::{
    id::CallId,
    lead::{LeadEvent, LeadState},
};
use branchline_http_api::pages::{self, Visitor};
use branchline_projections::{
    call_log::{CallLog, call_logs},
    event_shapes::call_number,
};
use maud::{Markup, html};

use super::{carrier, heard};
use crate::{
    drawing::words::config_in_words,
    lead::{Story, values},
    live::Topic,
    shell::{Frame, PageAnswer, PageError, Section, call_badge, id, time},
};

/// `GET /calls/{call}`
pub(crate) async fn page(request: HttpRequest) -> PageAnswer {
    let visitor = Visitor::of(&request)?;
    let call: CallId = id(&request, "call", "call")?;
    let missing = || PageError::not_found("call", &call.to_string());
    let engine = pages::engine(&request)?;
    let story = Story::load(engine, visitor.organisation(), call.lead, None).await;
    // Whoever asks for a call is told about the call, not about its lead.
    let story = story.map_err(|error| if error.0.status() == 404 { missing() } else { error })?;
    let logs = call_logs(call.lead, story.all_facts().iter().map(|fact| fact.as_fact()));
    let log = logs.into_iter().find(|log| log.id == call).ok_or_else(missing)?;
    let title = format!("Call {} · {}", call.number, story.name());
    let topics = [Topic::Lead(call.lead).to_string()];
    let main = main(&story, &log);
    Ok(Frame { topics: &topics, styles: &["lead.css"], ..Frame::new(&title, Section::Calls) }
        .answer(&request, &main))
}

fn main(story: &Story, log: &CallLog) -> Markup {
    html! {
        nav.crumbs aria-label="Where this is" {
            a href="/calls" { "Calls" } " / "
            a href=(story.path()) { (story.name()) } " / "
            span aria-current="page" { "Call " (log.id.number) }
        }
        div.page-head #call-head data-fragment {
            div.lead-name { h1 { "Call " (log.id.number) " to " (story.name()) } (call_badge(log.status)) }
        }
        @if story.state.is_erased() {
            div.warning { p {
                strong { "What is personal was erased. " }
                "The number and what the call found cannot be read any more; what happened stays."
            } }
        }
        div.columns {
            div {
                section.card #call-heard data-fragment {
                    h2 { "What was heard of it" }
                    (heard::timeline(story, log))
                }
                section.card #call-carrier data-fragment {
                    h2 { "The carrier" }
                    (carrier::asked(story, log))
                    (carrier::answered(log))
                }
            }
            div {
                section.card #call-facts data-fragment { (facts(story, log)) }
                section.card #call-found data-fragment {
                    h2 { "What analysis found" }
                    (carrier::attributes(&log.attributes))
                }
                section.card { (known(story, log)) }
            }
        }
    }
}

fn facts(story: &Story, log: &CallLog) -> Markup {
    html! {
        h2 { "The call" }
        dl.facts {
            dt { "Lead" } dd { a href=(story.path()) { (story.name()) } }
            dt { "Workflow" }
            dd {
                @if story.view.deleted { (story.workflow_title) " (deleted)" }
                @else { a href={ "/workflows/" (story.workflow) } { (story.workflow_title) } }
            }
            @if let Some(node) = log.node_id {
                dt { "Step" }
                dd {
                    @if story.view.deleted { (story.label(node)) }
                    @else { a href={ "/workflows/" (story.workflow) "/leads?node=" (node) } { (story.label(node)) } }
                    ", step " (log.visit) " of its way"
                }
            }
            dt { "To" }
            dd.mono { @match log.to.known() { Some(to) => (to), None => em.muted { "erased" } } }
            dt { "From" } dd.mono { (log.from) }
            dt { "Wanted" } dd { (time(log.created_at)) }
            @if let Some(at) = log.ended_at { dt { "Ended" } dd { (time(at)) } }
            @if let Some(reason) = &log.end_reason { dt { "Why it ended" } dd { (reason) } }
            dt { "Call" } dd.mono.small { (log.id) }
        }
    }
}

/// What the engine knew when it had the call dialled: the lead and the step just before.
fn known(story: &Story, log: &CallLog) -> Markup {
    let (mut before_dial, mut before_request): (Option<(u64, LeadState)>, _) = (None, None);
    story.walk(|fact, event, before| {
        if call_number(event) != Some(log.id.number) {
            return;
        }
        let then = || Some((fact.position.0, before.clone()));
        if matches!(event, LeadEvent::CallRequested { .. }) {
            before_request = then();
        }
        if matches!(event, LeadEvent::CallDispatchStarted { .. }) && before_dial.is_none() {
            before_dial = then();
        }
    });
    let is_dialled = before_dial.is_some();
    let Some((position, state)) = before_dial.or(before_request) else { return html! {} };
    let node = log.node_id.and_then(|node| story.node(state.entered_revision, node));
    html! {
        h2 { @if is_dialled { "What was known when it was dialled" } @else { "What was known when it was wanted" } }
        dl.facts {
            @if let Some(node) = node {
                dt { "Step" } dd { strong { (node.label) } ": " (config_in_words(&node.config)) }
                dt { "Revision" } dd { (state.entered_revision) }
            }
        }
        h3 { "Variables" }
        (values(&state.variables))
        p.hint { a href={ (story.path()) "?at=" (position) } { "The lead as it was then" } }
    }
}
