//! One person in one workflow: where they are, why, how they came there, and what can be done.
//!
//! The page shows the lead as it is, or as it was at an earlier record, `?at=<position>`: path,
//! variables and records are then those of that moment, and the page says so.

mod actions;
mod decided;
mod happened;
mod person;
mod picture;
mod raw;
mod remedies;
mod scrubber;
mod search;
mod story;
mod told;
mod why;

pub(crate) use actions::{edit, erase, move_to, remove, resolve};
pub(crate) use search::{search, search_box};
pub(crate) use story::Story;
pub(crate) use told::{personal, tell, values, who};

use actix_web::{HttpRequest, http::StatusCode};
use branchline_domain::{id::LeadId, lead::Explanation, organisation::Scope};
use branchline_http_api::pages::{self, Fault, Visitor};
use maud::{Markup, html};

use crate::{
    live::Topic,
    shell::{
        Form, Frame, PageAnswer, Section, fault as fault_in_words, id, lead_badge, parameter, time,
    },
};

/// A write that was refused, for the page that it was sent from.
enum Refused<'a> {
    /// Something that moves the lead.
    Steering(Fault),
    /// Other variables or notes: what was typed is kept.
    Editing(&'a Form, Fault),
}

impl Refused<'_> {
    const fn fault(&self) -> &Fault {
        match self {
            Self::Steering(fault) | Self::Editing(_, fault) => fault,
        }
    }
}

/// `GET /leads/{lead}`
pub(crate) async fn page(request: HttpRequest) -> PageAnswer {
    let visitor = Visitor::of(&request)?;
    let lead: LeadId = id(&request, "lead", "lead")?;
    show(&request, &visitor, lead, None).await
}

/// The page; after a refused write, with why and with its status.
async fn show(
    request: &HttpRequest,
    visitor: &Visitor,
    lead: LeadId,
    refused: Option<&Refused<'_>>,
) -> PageAnswer {
    let engine = pages::engine(request)?;
    let at = parameter(request, "at").and_then(|at| at.parse().ok());
    let organisation = visitor.organisation();
    let story = Story::load(engine, organisation, lead, at).await?;
    let why = if story.is_past() { None } else { Some(engine.explain(organisation, lead).await?) };
    let main = main(&story, visitor, why.as_ref(), refused);
    let topics = [Topic::Lead(lead).to_string()];
    let title = format!("{} · {}", story.name(), story.workflow_title);
    let frame = Frame {
        // The past does not change.
        topics: if story.is_past() { &[] } else { &topics },
        styles: &["lead.css", "graph.css", "charts.css"],
        scripts: &["lead.js"],
        ..Frame::new(&title, Section::Elsewhere)
    };
    let status = refused.map_or(StatusCode::OK, |refused| refused.fault().status());
    Ok(frame.answer_with(status, request, &main))
}

fn main(
    story: &Story,
    visitor: &Visitor,
    why: Option<&Explanation>,
    refused: Option<&Refused<'_>>,
) -> Markup {
    let steering = match refused {
        Some(Refused::Steering(fault)) => Some(fault),
        Some(Refused::Editing(..)) | None => None,
    };
    let typed = match refused {
        Some(Refused::Editing(form, fault)) => Some((*form, fault)),
        Some(Refused::Steering(_)) | None => None,
    };
    html! {
        (crumbs(story))
        (part("lead-head", &head(story, visitor)))
        @if let Some(fault) = steering { (fault_in_words(fault)) }
        (part("lead-note", &note(story)))
        (scrubber::scrubber(story))
        div.columns {
            div {
                section.card #lead-why data-fragment data-scrub {
                    @match why {
                        Some(why) => (why::card(story, visitor, why)),
                        None => (why::card_of_then(story)),
                    }
                }
                section.card #lead-way data-fragment data-scrub {
                    h2 { "Its way" }
                    (picture::picture(story))
                }
                section.card #lead-time data-fragment data-scrub { (happened::chart(story)) }
                section.card #lead-records data-fragment data-scrub {
                    h2 { "What happened" }
                    (happened::list(story))
                }
            }
            div {
                section.card #lead-person data-fragment data-scrub { (person::facts(story)) }
                section.card #lead-known data-fragment data-scrub {
                    (person::known(story))
                    @if person::can_edit(story, visitor) { (person::form(story, typed)) }
                }
                section.card #lead-calls data-fragment data-scrub { (person::calls(story)) }
                (part("lead-others", &others(story, visitor)))
                section.card #lead-raw data-fragment data-scrub { (raw::events(story)) }
            }
        }
    }
}

/// A part that is loaded again when something is recorded, and when another record is shown.
fn part(id: &str, inside: &Markup) -> Markup {
    html! { div id=(id) data-fragment data-scrub { (inside) } }
}

fn crumbs(story: &Story) -> Markup {
    html! {
        nav.crumbs aria-label="Where this is" {
            a href="/" { "Workflows" }
            " / "
            @if story.view.deleted { (story.workflow_title) " (deleted)" }
            @else {
                a href={ "/workflows/" (story.workflow) } { (story.workflow_title) }
                " / "
                a href={ "/workflows/" (story.workflow) "/leads" } { "Leads" }
            }
            " / " span aria-current="page" { (story.name()) }
        }
    }
}

fn head(story: &Story, visitor: &Visitor) -> Markup {
    let state = &story.state;
    let is_open = !story.is_past() && !state.has_ended() && !story.view.deleted;
    html! {
        div.page-head {
            div.lead-name {
                h1 { (story.name()) }
                (lead_badge(state.status, state.removed))
                @if let Some(hold) = &state.hold {
                    span.badge.bad { "held: " (hold.reason.code().as_str().replace('_', " ")) }
                }
            }
            @if is_open && visitor.may(Scope::Operate) { (remedies::remove(story)) }
        }
    }
}

/// What must not be overlooked: this is the past, or the person was erased.
fn note(story: &Story) -> Markup {
    html! {
        @if story.is_past() {
            div.warning role="status" {
                p {
                    strong { "This is the past. " }
                    "The lead as it was after record " (story.last().map_or(0, |fact| fact.position.0))
                    ", " (time(story.time())) ". " a href=(story.path()) { "Back to now" }
                }
            }
        }
        @if let Some(at) = story.state.erased_at {
            div.warning {
                p {
                    strong { "What is personal was erased " } (time(at))
                    ". The number, variables, notes and what calls found cannot be read any more, at "
                    "any record. What happened stays."
                }
            }
        } @else if story.state.phone_number.known().is_none() {
            div.warning { p { strong { "What is personal was erased since." } " It cannot be read at any record." } }
        }
        @if story.view.deleted {
            div.warning { p { "The workflow was deleted. Nothing moves any more; what happened stays." } }
        }
    }
}

/// Steering that the lead does not call for, and is possible all the same.
fn others(story: &Story, visitor: &Visitor) -> Markup {
    let state = &story.state;
    let is_there = !story.is_past() && !story.view.deleted;
    let can_move = is_there && !state.has_ended() && state.node.is_some();
    let can_erase = is_there && state.has_ended() && !state.is_erased();
    let move_to =
        if can_move && visitor.may(Scope::Resolve) { remedies::move_to(story) } else { None };
    let erase = (can_erase && visitor.may(Scope::Admin)).then(|| remedies::erase(story));
    html! {
        @if move_to.is_some() || erase.is_some() {
            section.card {
                h2 { "Steer" }
                @if let Some(form) = move_to {
                    (form)
                    p.hint { "It begins that step anew. Refused while a call or an application is at work." }
                }
                @if let Some(form) = erase { (form) }
            }
        }
    }
}
