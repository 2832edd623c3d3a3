//! What an `APPLICATION` node lacks. Source: CONTRACT.md 5.

use super::{FaultCode, node::Gap};
use crate::{
    graph::{
        ApplicationConfig, ApplicationRetry, HttpAction, METHODS, address, application::BodyKind,
    },
    json::Json,
    template::{Template, TemplateFault},
};

/// Headers of one request.
const HEADERS_MAX: usize = 30;
/// Longest name of a header. Unit: bytes.
const HEADER_NAME_BYTES_MAX: usize = 128;
/// Variables that one node may require, as many as a lead may have.
const REQUIRED_FIELDS_MAX: usize = 100;

/// Headers that whoever sends the request decides: they frame it, or name the try.
const RESERVED_HEADERS: [&str; 13] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "idempotency-key",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
];

/// Everything that an `APPLICATION` node lacks.
pub(super) fn gaps(config: &ApplicationConfig) -> Vec<Gap> {
    const ONE: &str =
        "set handler to the key of one that the host has registered, or http to a request";
    let mut gaps = Vec::new();
    let handler = config.handler.as_ref().filter(|handler| !handler.is_empty());
    match (handler, &config.http) {
        (None, None) => gaps.push(incomplete("names no handler and no http request", ONE)),
        (Some(_), Some(_)) => {
            gaps.push(incomplete("has both a handler and an http request", "keep one of the two"));
        }
        (Some(_), None) => {}
        (None, Some(action)) => http_gaps(action, &mut gaps),
    }
    if config.timeout_s.is_some_and(|timeout_s| !(1..=120).contains(&timeout_s)) {
        let what = "has a timeout that is not 1 to 120 seconds";
        gaps.push(incomplete(what, "set timeout_s from 1 to 120, or leave it out for 10"));
    }
    gaps.extend(config.retry.as_ref().and_then(retry_gap));
    let required = &config.required_fields;
    if required.len() > REQUIRED_FIELDS_MAX || required.iter().any(String::is_empty) {
        let what = "requires a field without a name, or more than 100 fields";
        gaps.push(incomplete(what, "name variables of the leads in required_fields"));
    }
    gaps
}

fn incomplete(what: impl Into<String>, fix: &'static str) -> Gap {
    Gap::new(FaultCode::IncompleteApplication, what, fix)
}

fn retry_gap(retry: &ApplicationRetry) -> Option<Gap> {
    let gap = |what: &str, fix| Some(Gap::new(FaultCode::InvalidRetry, what, fix));
    if !retry.max_attempts.is_some_and(|attempts| (1..=10).contains(&attempts)) {
        return gap(
            "has a retry without 1 to 10 attempts",
            "set retry.max_attempts from 1 to 10, or take retry away",
        );
    }
    if !retry.delay_s.is_some_and(|delay_s| (1..=3_600).contains(&delay_s)) {
        return gap(
            "has a retry without a delay of 1 second to an hour",
            "set retry.delay_s from 1 to 3600",
        );
    }
    None
}

fn http_gaps(action: &HttpAction, gaps: &mut Vec<Gap>) {
    for (place, text) in action.texts() {
        gaps.extend(Template::parse(text).err().map(|fault| bad_template(&place, &fault)));
    }
    gaps.extend(method_gap(action));
    match action.url.as_deref() {
        None | Some("") => {
            gaps.push(incomplete("has an http request without an url", "set http.url"));
        }
        Some(url) => {
            gaps.extend(address::check(url).err().map(|fault| incomplete(fault.what, fault.fix)));
        }
    }
    header_gaps(action, gaps);
    gaps.extend(body_gap(action));
}

fn bad_template(place: &str, fault: &TemplateFault) -> Gap {
    let what = format!("has a template in its {place} that cannot be read: {fault}");
    Gap::new(FaultCode::BadTemplate, what, fault.fix())
}

/// A method that is filled in is judged when it is.
fn method_gap(action: &HttpAction) -> Option<Gap> {
    const FIX: &str = "set http.method to GET, POST, PUT, PATCH or DELETE";
    match action.method.as_deref() {
        None | Some("") => Some(incomplete("has an http request without a method", FIX)),
        Some(method) if METHODS.contains(&method) || method.contains("{{") => None,
        Some(_) => Some(incomplete("has an http request with another method than is sent", FIX)),
    }
}

fn header_gaps(action: &HttpAction, gaps: &mut Vec<Gap>) {
    if action.headers.len() > HEADERS_MAX {
        gaps.push(incomplete("has more than 30 headers", "take some away"));
    }
    let mut names: Vec<String> = Vec::new();
    for (name, value) in &action.headers {
        let shown: String = name.chars().take(80).collect();
        let small = name.to_ascii_lowercase();
        if !is_header_name(name) {
            let what = format!("has a header `{shown}`, which is no name of a header");
            gaps.push(incomplete(what, "write letters, digits and hyphens, such as X-Lead-City"));
        } else if RESERVED_HEADERS.contains(&&*small) {
            let what = format!("has the header `{shown}`, which the sender of the request decides");
            gaps.push(incomplete(what, "take it away"));
        } else if names.contains(&small) {
            let what = format!("has the header `{shown}` twice");
            gaps.push(incomplete(what, "keep one of them; case does not count"));
        }
        if value.contains(char::is_control) {
            let what = format!("has a control character in the header `{shown}`");
            gaps.push(incomplete(what, "write the value in one line"));
        }
        // Decides how values are escaped, so it cannot depend on them.
        let is_written_out = !value.contains("{{");
        if small == "content-type" && !is_written_out {
            let what = "has a Content-Type that is filled in";
            gaps.push(incomplete(what, "write it out, such as application/json"));
        }
        names.push(small);
    }
}

/// A token. Source: RFC 9110, 5.6.2.
fn is_header_name(name: &str) -> bool {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    (1..=HEADER_NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(token)
}

fn body_gap(action: &HttpAction) -> Option<Gap> {
    let body = action.body.as_ref()?;
    if matches!(action.method.as_deref(), Some("GET")) {
        return Some(incomplete("sends a body with GET", "take http.body away, or use POST"));
    }
    if body.member_names().iter().any(|name| name.contains("{{")) {
        let what = "has a template in the name of a member of its body";
        let fix = "write the names out; only texts are filled in";
        return Some(Gap::new(FaultCode::BadTemplate, what, fix));
    }
    let is_json_type = action.content_type().contains("json");
    let is_text = matches!(action.body_kind(), BodyKind::Text(_));
    // In a text that is JSON to the other side, a value could end its string.
    (is_text && is_json_type && !matches!(body, Json::Null)).then(|| {
        incomplete(
            "sends a text as JSON, in which values could not be escaped",
            "write http.body as JSON instead of a text",
        )
    })
}
