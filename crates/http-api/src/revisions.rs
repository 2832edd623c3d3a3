//! Revisions of graphs in headers: `ETag`, `If-None-Match`, `If-Match`. Source: RFC 9110, 13.

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::header::{self, HeaderMap},
};
use serde::Serialize;

use crate::{error_mapping::Refusal, headers::header_fault, problem::Problem};

/// A revision as an entity tag.
fn tag(revision: u32) -> String {
    format!("\"{revision}\"")
}

/// Answers with something that is the same as long as the graph has this revision.
pub(crate) fn tagged(
    mut response: HttpResponseBuilder,
    revision: u32,
    shape: impl Serialize,
) -> HttpResponse {
    response.insert_header((header::ETAG, tag(revision))).json(shape)
}

/// The same for a read: 304 without a body when the caller has it already.
pub(crate) fn fresh<T: Serialize>(
    request: &HttpRequest,
    revision: u32,
    shape: impl FnOnce() -> T,
) -> HttpResponse {
    if is_known(request.headers(), revision) {
        return HttpResponse::NotModified().insert_header((header::ETAG, tag(revision))).finish();
    }
    tagged(HttpResponse::Ok(), revision, shape())
}

/// Whether `If-None-Match` names the revision. What cannot be read matches nothing: then the whole
/// answer is right too.
fn is_known(headers: &HeaderMap, revision: u32) -> bool {
    let wanted = tag(revision);
    headers.get_all(header::IF_NONE_MATCH).filter_map(|given| given.to_str().ok()).any(|given| {
        given
            .split(',')
            .map(str::trim)
            .any(|given| given == "*" || given.strip_prefix("W/").unwrap_or(given) == wanted)
    })
}

/// The revision that `If-Match` names; `None` without one, and for any (`*`).
///
/// # Errors
///
/// 400 for anything but one revision in quotes.
pub(crate) fn expected(request: &HttpRequest) -> Result<Option<u32>, Problem> {
    let Some(given) = request.headers().get(header::IF_MATCH) else { return Ok(None) };
    let text = given.to_str().ok().map(str::trim);
    if text == Some("*") {
        return Ok(None);
    }
    let quoted = text.and_then(|text| text.strip_prefix('"')?.strip_suffix('"'));
    let digits = quoted.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let revision = digits.and_then(|digits| digits.parse().ok());
    revision.map(Some).ok_or_else(unreadable)
}

fn unreadable() -> Problem {
    header_fault("If-Match", "If-Match: must be one revision in quotes, such as \"6\"".to_owned())
}

/// The revision that `If-Match` must name.
///
/// # Errors
///
/// 428 without one; 400 for any (`*`); those of [`expected`].
pub(crate) fn required(request: &HttpRequest) -> Result<u32, Problem> {
    expected(request)?.ok_or_else(|| {
        if request.headers().contains_key(header::IF_MATCH) {
            return unreadable();
        }
        let detail = "say which revision the graph was made from: If-Match: \"<revision>\", as the \
                      ETag of GET has it";
        Problem::of(Refusal::PreconditionRequired, detail)
    })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_known_revision_is_noticed_however_it_is_named() {
        let known = |given: &str| {
            let request = TestRequest::get().insert_header(("if-none-match", given));
            is_known(request.to_http_request().headers(), 6)
        };
        for given in ["\"6\"", "W/\"6\"", "*", "\"4\", \"6\"", "\"6\",\"9\""] {
            assert!(known(given), "{given}");
        }
        for given in ["", "6", "\"16\"", "\"6", "W/6", "\"4\", \"5\""] {
            assert!(!known(given), "{given}");
        }
    }

    #[test]
    fn one_revision_or_any_is_expected() {
        let expected = |given: &str| {
            let request = TestRequest::put().insert_header(("if-match", given));
            expected(&request.to_http_request()).map_err(|problem| problem.code)
        };
        assert_eq!(expected("\"6\""), Ok(Some(6)));
        assert_eq!(expected("*"), Ok(None));
        for given in ["6", "W/\"6\"", "\"6\", \"7\"", "\"x\"", "\"\"", "\"99999999999\""] {
            assert_eq!(expected(given), Err("invalid_header"), "{given}");
        }
    }
}
