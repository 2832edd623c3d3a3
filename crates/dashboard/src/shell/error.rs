//! Why a page cannot be shown, as a page.

use std::fmt;

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use branchline_engine::EngineError;
use branchline_http_api::pages::Fault;
use maud::{Markup, html};

use super::{Frame, Section};

/// What a page answers.
pub(crate) type PageAnswer = Result<HttpResponse, PageError>;

/// Why a page cannot be shown.
#[derive(Clone, Debug)]
pub(crate) struct PageError(pub(crate) Fault);

impl PageError {
    /// What is not there, or not ours to see.
    pub(crate) fn not_found(noun: &str, id: &str) -> Self {
        Self(Fault::not_found(noun, id))
    }
}

impl From<Fault> for PageError {
    fn from(fault: Fault) -> Self {
        Self(fault)
    }
}

impl From<EngineError> for PageError {
    fn from(error: EngineError) -> Self {
        Self(error.into())
    }
}

impl fmt::Display for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code(), self.0.detail())
    }
}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        self.0.status()
    }

    fn error_response(&self) -> HttpResponse {
        let frame = Frame::new(heading(self.0.status()), Section::Elsewhere);
        let main = html! {
            h1 { (heading(self.0.status())) }
            (fault(&self.0))
            p { a href="/" { "To the workflows" } }
        };
        let mut response = frame.answer_to_nobody(self.0.status(), &main);
        if let Some(seconds) = self.0.retry_after_s() {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// A refusal in words, with everything that is wrong; for a page that shows it beside its form.
pub(crate) fn fault(fault: &Fault) -> Markup {
    let several: Vec<&str> = fault.errors().collect();
    html! {
        div.fault role="alert" {
            p { (fault.detail()) }
            @if several.len() > 1 {
                ul { @for detail in several { li { (detail) } } }
            }
        }
    }
}

fn heading(status: StatusCode) -> &'static str {
    match status.as_u16() {
        403 => "That is not yours to do",
        404 => "There is no such page",
        409 => "Not as things stand",
        429 => "Too many at once",
        503 => "Not just now",
        _ if status.is_server_error() => "Something went wrong here",
        _ => "That cannot be done",
    }
}
