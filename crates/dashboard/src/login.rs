//! Logging in with an API key, and out.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
};
use branchline_http_api::pages::{self, Fault, LOGIN_PATH, Visitor};
use maud::{Markup, html};

use crate::shell::{self, Form, Frame, PageAnswer, Section, fault, parameter};

/// `GET /login?next=…`
pub(crate) async fn page(request: HttpRequest) -> PageAnswer {
    let next = next_of(parameter(&request, "next").as_deref());
    if !pages::needs_login(&request) || Visitor::if_any(&request).is_some() {
        return Ok(to(&next));
    }
    Ok(form(StatusCode::OK, &next, None))
}

/// `POST /login`: `key`, and `next`, where to go then.
pub(crate) async fn log_in(request: HttpRequest, sent: Form) -> PageAnswer {
    let next = next_of(sent.get("next"));
    let session = sent.required("key").and_then(|key| pages::log_in(&request, key));
    match session {
        Ok(cookie) => {
            let mut response = to(&next);
            response.headers_mut().insert(header::SET_COOKIE, cookie);
            Ok(response)
        }
        Err(refused) => Ok(form(refused.status(), &next, Some(&refused))),
    }
}

/// `POST /logout`
pub(crate) async fn log_out(request: HttpRequest, _sent: Form) -> PageAnswer {
    let mut response = shell::done(LOGIN_PATH, "logged-out");
    if let Some(cookie) = pages::log_out(&request) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Only a path of ours: an address of another site must not be reached through our login.
fn next_of(next: Option<&str>) -> String {
    let ours = next.filter(|next| {
        let second = next.chars().nth(1);
        next.starts_with('/')
            && !matches!(second, Some('/' | '\\'))
            && !next.chars().any(|c| c.is_control() || c == '\\')
    });
    ours.unwrap_or("/").to_owned()
}

fn to(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, path)).finish()
}

fn form(status: StatusCode, next: &str, refused: Option<&Fault>) -> HttpResponse {
    let main: Markup = html! {
        div.narrow.card {
            h1 { "Log in" }
            p.muted {
                "This server asks for an API key. One with the scope " code { "read" }
                " shows everything of its organisation; with " code { "operate" } " and "
                code { "resolve" } " it has buttons too. " code { "branchline keys create" } " makes one."
            }
            @if let Some(refused) = refused { (fault(refused)) }
            form method="post" action=(LOGIN_PATH) {
                input type="hidden" name="next" value=(next);
                label for="key" { "API key" }
                input #key type="password" name="key" required autocomplete="current-password"
                    placeholder="key_…:bls_…" autofocus;
                button.button.primary type="submit" { "Log in" }
            }
        }
    };
    Frame::new("Log in", Section::Elsewhere).answer_to_nobody(status, &main)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_leads_back_to_a_page_of_ours_alone() {
        assert_eq!(next_of(Some("/leads/lead_1?tab=calls")), "/leads/lead_1?tab=calls");
        for foreign in ["//evil.example", "/\\evil.example", "https://evil.example", "", "/a\r\nb"]
        {
            assert_eq!(next_of(Some(foreign)), "/", "{foreign}");
        }
        assert_eq!(next_of(None), "/");
    }
}
