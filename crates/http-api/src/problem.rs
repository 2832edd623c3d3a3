//! Errors as people and programs read them: RFC 9457 `application/problem+json`.

use std::{fmt, sync::Arc};

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use serde::Serialize;

use crate::error_mapping::Refusal;

/// One thing that is wrong with a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct FieldFault {
    /// Where in the body, as a JSON pointer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pointer: Option<String>,
    /// Which query parameter or header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parameter: Option<String>,
    /// Line of malformed JSON, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<usize>,
    /// Column of malformed JSON, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) column: Option<usize>,
    /// What is wrong, and what would be right.
    pub(crate) detail: String,
}

/// What the answer to a failed request says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    /// Stable; programs match on it.
    pub(crate) code: &'static str,
    /// One sentence for people.
    pub(crate) detail: Box<str>,
    /// Every field at fault.
    pub(crate) errors: Vec<FieldFault>,
    /// Every fault of a graph or a file, in its own shape.
    pub(crate) faults: Option<Box<serde_json::Value>>,
    /// The status that stands in the way of a 409.
    pub(crate) current_status: Option<&'static str>,
    /// The newest revision of a graph, in a 412.
    pub(crate) current_revision: Option<u32>,
    /// When to try again. Unit: seconds.
    pub(crate) retry_after_s: Option<u32>,
    /// The methods of a 405.
    pub(crate) allow: Option<Arc<str>>,
}

/// The answer's body.
#[derive(Serialize)]
struct Body<'a> {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: &'a str,
    code: &'static str,
    errors: &'a [FieldFault],
    #[serde(skip_serializing_if = "Option::is_none")]
    faults: Option<&'a serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_revision: Option<u32>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into().into_boxed_str(),
            errors: Vec::new(),
            faults: None,
            current_status: None,
            current_revision: None,
            retry_after_s: None,
            allow: None,
        }
    }

    fn body(&self) -> Body<'_> {
        Body {
            r#type: format!("urn:branchline:problem:{}", self.code),
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: &self.detail,
            code: self.code,
            errors: &self.errors,
            faults: self.faults.as_deref(),
            current_status: self.current_status,
            current_revision: self.current_revision,
        }
    }

    /// The body of the answer.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(&self.body()).unwrap_or_default()
    }

    /// The body of the answer, for a problem with one item of many.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self.body()).unwrap_or_default()
    }

    /// A refusal in words.
    pub(crate) fn of(refusal: Refusal, detail: impl Into<String>) -> Self {
        let (status, code) = refusal.status_and_code();
        Self::new(status, code, detail)
    }

    /// 500: a mistake of ours. What it was is in the log alone.
    pub(crate) fn internal() -> Self {
        let detail =
            "something went wrong here; the log has it under the X-Request-Id of this answer";
        Self::of(Refusal::Internal, detail)
    }

    /// A refusal of what may be asked again in a second.
    pub(crate) fn later(refusal: Refusal, detail: impl Into<String>) -> Self {
        Self { retry_after_s: Some(1), ..Self::of(refusal, detail) }
    }

    /// A refusal, with every field at fault.
    pub(crate) fn invalid(refusal: Refusal, errors: Vec<FieldFault>) -> Self {
        let detail = match errors.as_slice() {
            [only] => only.detail.clone(),
            several => format!("{} things are wrong with the request", several.len()),
        };
        Self { errors, ..Self::of(refusal, detail) }
    }

    /// 405 for a path that takes these methods.
    pub(crate) fn other_methods(allow: Arc<str>) -> Self {
        let problem = Self::of(Refusal::MethodNotAllowed, format!("this route takes {allow}"));
        Self { allow: Some(allow), ..problem }
    }

    /// 404 for an id that names nothing here, malformed ones too: what is not ours to see and what
    /// is not there look the same. What is no id of ours is not said back.
    pub(crate) fn not_found(code: &'static str, noun: &str, id: &str) -> Self {
        let detail = if is_like_an_id(id) {
            format!("there is no {noun} {id}")
        } else {
            format!("there is no {noun} by this id, which is none of ours")
        };
        Self::of(Refusal::NotFound(code), detail)
    }

    /// 404 for a path in no row of the table of routes.
    pub(crate) fn no_route() -> Self {
        let detail = "there is no such route: /docs and /openapi.json list those that there are";
        Self::of(Refusal::NotFound("route_not_found"), detail)
    }
}

/// Whether a text could be one of our ids, as people shorten them too: a secret or a number in its place
/// is none.
fn is_like_an_id(text: &str) -> bool {
    const KINDS: [&str; 8] = ["wf", "node", "edge", "lead", "import", "call", "key", "org"];
    /// A UUID, and the number of a call.
    const BYTES_MAX: usize = 47;
    text.split_once('_').is_some_and(|(kind, rest)| {
        let digit = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-' || byte == b'_';
        KINDS.contains(&kind) && rest.len() <= BYTES_MAX && rest.bytes().all(digit)
    })
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        response.insert_header((header::CONTENT_TYPE, "application/problem+json"));
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        if let Some(seconds) = self.retry_after_s {
            response.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        if let Some(methods) = &self.allow {
            response.insert_header((header::ALLOW, &**methods));
        }
        response.body(self.to_bytes())
    }
}

/// What a route answers.
pub(crate) type Answer = Result<HttpResponse, Problem>;
