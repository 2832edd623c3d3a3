//! The frame around every page: the bar on top with the ways to other pages, the title, the notice of
//! what was just done.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
};
use branchline_domain::time::Timestamp;
use branchline_http_api::pages::{self, Visitor};
use maud::{DOCTYPE, Markup, html};

use super::{form::hidden_submit, parameter};
use crate::assets;

/// What pages of ours may load: from here, and no script or style in the page itself.
const POLICY: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; \
                      base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// The ways in the bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    /// Workflows, and what needs somebody.
    Overview,
    /// Calls.
    Calls,
    /// What was done, by whom.
    Audit,
    /// How the engine is.
    System,
    /// None of them.
    Elsewhere,
}

impl Section {
    const ALL: [(Self, &'static str, &'static str); 4] = [
        (Self::Overview, "/", "Workflows"),
        (Self::Calls, "/calls", "Calls"),
        (Self::Audit, "/audit", "Audit"),
        (Self::System, "/system", "System"),
    ];
}

/// What a page says of itself.
#[derive(Debug)]
pub(crate) struct Frame<'a> {
    /// In the tab and for screen readers.
    pub(crate) title: &'a str,
    /// Which way in the bar is marked.
    pub(crate) section: Section,
    /// What the page wants to hear of: see [`crate::live`].
    pub(crate) topics: &'a [String],
    /// Style sheets beside `base.css`, by name.
    pub(crate) styles: &'a [&'a str],
    /// Scripts beside `page.js`, by name.
    pub(crate) scripts: &'a [&'a str],
}

/// When a page was made.
#[derive(Clone, Copy, Debug, Default)]
struct Clock {
    /// By the engine's clock.
    now: Option<Timestamp>,
    /// By the journal: what was recorded behind this position may be missing on the page.
    read_from: Option<u64>,
}

impl<'a> Frame<'a> {
    /// A page that hears of nothing and has nothing of its own.
    pub(crate) const fn new(title: &'a str, section: Section) -> Self {
        Self { title, section, topics: &[], styles: &[], scripts: &[] }
    }

    /// The page.
    pub(crate) fn answer(&self, request: &HttpRequest, main: &Markup) -> HttpResponse {
        self.answer_with(StatusCode::OK, request, main)
    }

    /// The page with a status of its own.
    pub(crate) fn answer_with(
        &self,
        status: StatusCode,
        request: &HttpRequest,
        main: &Markup,
    ) -> HttpResponse {
        let visitor = Visitor::of(request).ok();
        let notice = parameter(request, "notice").and_then(|word| notice(&word));
        let clock = Clock {
            now: pages::engine(request).ok().map(|engine| engine.api_keys().now()),
            read_from: pages::read_from(request),
        };
        respond(status, &self.document(visitor.as_ref(), notice, clock, main))
    }

    /// The page for somebody who is not known.
    pub(crate) fn answer_to_nobody(&self, status: StatusCode, main: &Markup) -> HttpResponse {
        respond(status, &self.document(None, None, Clock::default(), main))
    }

    fn document(
        &self,
        visitor: Option<&Visitor>,
        notice: Option<&str>,
        clock: Clock,
        main: &Markup,
    ) -> Markup {
        let topics = self.topics.join(" ");
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) " · Branchline" }
                    link rel="icon" href=(assets::url("icon.svg")) type="image/svg+xml";
                    link rel="stylesheet" href=(assets::url("base.css"));
                    @for style in self.styles {
                        link rel="stylesheet" href=(assets::url(style));
                    }
                    script type="module" src=(assets::url("page.js")) {}
                    @for script in self.scripts {
                        script type="module" src=(assets::url(script)) {}
                    }
                }
                body data-topics=(topics) data-now=[clock.now] data-read-from=[clock.read_from]
                    data-worker=(assets::url("live-worker.js")) {
                    a.skip href="#main" { "Skip to the content" }
                    (self.bar(visitor))
                    @if let Some(notice) = notice {
                        div.notice role="status" { (notice) }
                    }
                    main #main { (main) }
                }
            }
        }
    }

    fn bar(&self, visitor: Option<&Visitor>) -> Markup {
        html! {
            header.bar {
                a.brand href="/" {
                    img src=(assets::url("icon.svg")) alt="" width="24" height="24";
                    span { "Branchline" }
                }
                @if visitor.is_some() {
                    nav aria-label="Branchline" {
                        @for (section, href, words) in Section::ALL {
                            a href=(href) aria-current=[(section == self.section).then_some("page")] {
                                (words)
                            }
                        }
                    }
                }
                div.bar-end {
                    span.live-state #live-state hidden {}
                    // Filled by the script: without one, times are those of UTC.
                    span #time-choice {}
                    @if let Some(visitor) = visitor {
                        @if visitor.is_logged_in() {
                            form method="post" action="/logout" {
                                span.who title="The key that you are logged in with" {
                                    (short(visitor.principal()))
                                }
                                (hidden_submit("Log out"))
                            }
                        } @else {
                            span.who title="The server asks nobody for a key: whoever reaches it may do everything" {
                                "no key needed"
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The end of a principal: ids of one moment begin alike.
fn short(principal: &str) -> String {
    let length = principal.chars().count();
    if length <= 16 {
        return principal.to_owned();
    }
    format!("key …{}", principal.chars().skip(length - 6).collect::<String>())
}

/// What was just done, by the word in the address that a form led to.
fn notice(word: &str) -> Option<&'static str> {
    Some(match word {
        "activated" => "The workflow is active: its leads move.",
        "paused" => "The workflow is paused: no lead moves. Calls in progress finish.",
        "resumed" => "The workflow goes on.",
        "cancelled" => "The workflow is cancelled for good.",
        "completed" => "The workflow is completed.",
        "duplicated" => "This is the copy: a draft without leads.",
        "deleted" => "The workflow is deleted. Its calls and its history stay.",
        "created" => "The workflow is created: a draft. Draw its graph next.",
        "saved" => "It is saved.",
        "done" => "It is done.",
        "unchanged" => "Nothing had to be done.",
        "imported" => "The leads are enrolled.",
        "checked" => "The newest records of the journal were checked.",
        "key-revoked" => "The key is revoked: it opens nothing any more.",
        "logged-out" => "You are logged out.",
        _ => return None,
    })
}

fn respond(status: StatusCode, document: &Markup) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::REFERRER_POLICY, "same-origin"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(document.0.clone())
}

/// Leads to another page after something was done, with a word that [`notice`] knows.
pub(crate) fn done(path: &str, word: &str) -> HttpResponse {
    let separator = if path.contains('?') { '&' } else { '?' };
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, format!("{path}{separator}notice={word}")))
        .finish()
}
