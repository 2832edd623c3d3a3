//! What was done, by whom: the organisation's records in words, the newest first, and what was refused.
//!
//! Other rooms show records of one workflow with [`Wanted`] and [`records`].

mod filter;
mod names;
mod refused;
mod trail;
mod words;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode};
use branchline_domain::organisation::Scope;
use branchline_engine::{EngineHandle, RecordedFact};
use branchline_http_api::pages::{self, Fault, Visitor};
use maud::{Markup, html};

use self::{filter::Kind, words::Sentence};
pub(crate) use self::{
    filter::Wanted,
    names::Names,
    trail::{Trail, trail},
};
use crate::shell::{Frame, PageAnswer, PageError, Section, fault, number, parameter, plural, time};

/// `GET /audit`
pub(crate) async fn page(request: HttpRequest) -> PageAnswer {
    let visitor = Visitor::of(&request)?;
    let engine = pages::engine(&request)?;
    let wanted = match Wanted::of(&request) {
        Ok(wanted) => wanted,
        Err(wrong) => return Ok(with_fault(&request, &visitor, &wrong)),
    };
    let trail = trail(engine, &visitor, &wanted).await?;
    let main = html! {
        div.page-head { h1 { "Audit" } }
        (ways(&visitor, false))
        section.card {
            (form(&request, None))
            (records(engine, &visitor, "/audit", &wanted, &trail).await?)
        }
    };
    Ok(frame().answer(&request, &main))
}

pub(crate) use refused::page as refused_page;

fn frame() -> Frame<'static> {
    Frame { styles: &["audit.css"], ..Frame::new("Audit", Section::Audit) }
}

fn with_fault(request: &HttpRequest, visitor: &Visitor, wrong: &Fault) -> HttpResponse {
    let main = html! {
        div.page-head { h1 { "Audit" } }
        (ways(visitor, false))
        section.card { (form(request, Some(wrong))) }
    };
    frame().answer_with(StatusCode::BAD_REQUEST, request, &main)
}

fn ways(visitor: &Visitor, refused: bool) -> Markup {
    html! {
        nav.tabs aria-label="Kinds of records" {
            a href="/audit" aria-current=[(!refused).then_some("page")] { "What was done" }
            @if visitor.may(Scope::Audit) {
                a href="/audit/refused" aria-current=[refused.then_some("page")] { "What was refused" }
            }
        }
    }
}

/// The form of the filters, with what was typed.
fn form(request: &HttpRequest, wrong: Option<&Fault>) -> Markup {
    let typed = |name: &str| parameter(request, name).unwrap_or_default();
    let kind = typed("kind");
    let field = |name: &str, words: &str, hint: &str| {
        html! {
            div {
                label for=(name) { (words) }
                input id=(name) name=(name) value=(typed(name)) placeholder=(hint) maxlength="80"
                    autocomplete="off" spellcheck="false";
            }
        }
    };
    html! {
        @if let Some(wrong) = wrong { (fault(wrong)) }
        form.audit-form method="get" action="/audit" role="search" {
            div {
                label for="kind" { "What" }
                select #kind name="kind" {
                    option value="" { "everything" }
                    @for one in Kind::ALL {
                        option value=(one.as_str()) selected[one.as_str() == kind] { (one.words()) }
                    }
                }
            }
            (field("by", "Who", "key_…, engine, operator"))
            (field("workflow", "Workflow", "wf_…"))
            (field("lead", "Lead", "lead_…"))
            (field("from", "From (UTC)", "2026-11-25 09:00"))
            (field("until", "Until (UTC)", "2026-11-25 17:30"))
            div.audit-go {
                button.button.primary type="submit" { "Show" }
                a.button href="/audit" { "Everything" }
            }
        }
    }
}

/// Records in words, and the way to older ones. `path` is that of the page.
pub(crate) async fn records(
    engine: &EngineHandle,
    visitor: &Visitor,
    path: &str,
    wanted: &Wanted,
    trail: &Trail,
) -> Result<Markup, PageError> {
    let names = Names::of(engine, visitor, &trail.facts).await?;
    let shown = trail.facts.len() as u64;
    Ok(html! {
        @if trail.facts.is_empty() {
            p.muted {
                @if trail.older.is_some() { "None among the records that were looked at." }
                @else { "There is no such record." }
            }
        } @else {
            ol.trail { @for fact in &trail.facts { (line(&names, fact)) } }
        }
        div.trail-end {
            p.muted.small {
                (plural(shown, "record"))
                @if trail.looked_at > shown {
                    " of " (number(trail.looked_at)) " that were looked at"
                }
                @if trail.older.is_none() && shown > 0 { "; this is the oldest" }
                "."
            }
            @if let Some(older) = trail.older {
                nav.pager aria-label="Pages" {
                    @if wanted.before.is_some() { a.button href=(wanted.address(path, None)) { "Newest" } }
                    a.button href=(wanted.address(path, Some(older))) {
                        @if trail.facts.is_empty() { "Look further back" } @else { "Older" }
                    }
                }
            } @else if wanted.before.is_some() {
                nav.pager aria-label="Pages" {
                    a.button href=(wanted.address(path, None)) { "Newest" }
                }
            }
        }
    })
}

/// One record: when, who, what, because of what, and where it is in the journal.
fn line(names: &Names, fact: &RecordedFact) -> Markup {
    let position = fact.position.0;
    html! {
        li #{ "r" (position) } {
            div.trail-head {
                (time(fact.at))
                span.trail-who { (names.who(&fact.principal)) }
                (names.about(fact))
                span.trail-place { "#" (position) }
            }
            @for Sentence { kind, words } in words::sentences(names, fact) {
                p.told.(kind.as_str()) { (words) }
            }
            @if let Some(request) = fact.request_id() {
                p.trail-cause { "asked for by request " code { (request) } }
            } @else if let Some(before) = fact.follows_from() {
                p.trail-cause { "follows from #" (before) }
            }
        }
    }
}
