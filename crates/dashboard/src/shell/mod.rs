//! What all pages share: the frame around them, times and numbers in words, forms, errors.

mod address;
mod error;
mod form;
mod frame;
mod words;

pub(crate) use address::query;
pub(crate) use error::{PageAnswer, PageError, fault};
pub(crate) use form::{Form, once, post_button};
pub(crate) use frame::{Frame, Section, done};
pub(crate) use words::{
    call_badge, duration, hold_in_words, lead_badge, plural, time, workflow_badge,
};

pub(crate) use crate::drawing::text::grouped as number;

use actix_web::HttpRequest;

/// A query parameter, if it is given and not empty. Parameters that a page does not know are not
/// looked at: an address with something behind it still leads to the page.
pub(crate) fn parameter(request: &HttpRequest, name: &str) -> Option<String> {
    parameters(request, name).into_iter().find(|value| !value.is_empty())
}

/// All values of a query parameter.
pub(crate) fn parameters(request: &HttpRequest, name: &str) -> Vec<String> {
    let given = actix_web::web::Query::<Vec<(String, String)>>::from_query(request.query_string());
    let given = given.map(actix_web::web::Query::into_inner).unwrap_or_default();
    given.into_iter().filter(|(key, _)| key == name).map(|(_, value)| value).collect()
}

/// The value of a path's parameter as an id. Malformed ones are not there.
///
/// # Errors
///
/// 404.
pub(crate) fn id<T: std::str::FromStr>(
    request: &HttpRequest,
    name: &str,
    noun: &str,
) -> Result<T, PageError> {
    let text = request.match_info().query(name);
    text.parse().map_err(|_| PageError::not_found(noun, text))
}
