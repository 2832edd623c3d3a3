//! What an `APPLICATION` node is told to do, and the request that comes of it for one lead.
//! Source: CONTRACT.md 5.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    json::Json,
    lead::Values,
    template::{Fill, Place, Template, TemplateFault, UnknownSecret, missing_fields},
    value::Value,
};

/// Methods of a request.
pub const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// Largest request after everything is filled in: address, headers and body. Unit: bytes.
const FILLED_BYTES_MAX: usize = 256 * 1_024;

/// Config of an `APPLICATION` node: exactly one of `handler` and `http`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplicationConfig {
    /// Key of a handler that the host registered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handler: Option<String>,
    /// An HTTP request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<HttpAction>,
    /// How long one try may take, from 1 to 120; 10 unless said otherwise. Unit: seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_s: Option<u32>,
    /// How often it is tried within one visit; once, unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<ApplicationRetry>,
    /// Variables without which nothing is tried: the outcome is `failure`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub required_fields: Vec<String>,
}

/// How often an application is tried within one visit, when a try failed in a way that may pass.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplicationRetry {
    /// Tries of one visit at most, the first one among them. From 1 to 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_attempts: Option<u32>,
    /// How long after the first try the second one is due, from 1 to 3,600. Doubles with every
    /// further try, up to an hour. Unit: seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_s: Option<u32>,
}

/// An HTTP request. All texts are templates, see [`crate::template`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpAction {
    /// One of [`METHODS`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Where to, with `http` or `https`. Scheme, host and port stand there as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Headers. `Content-Type` stands there as it is, and decides how values are escaped in a
    /// body of text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// A text is sent as it is; everything else is sent as JSON. In JSON each text is a template,
    /// and stays one text whatever is filled in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Json>,
}

/// A request with everything filled in: what is sent. Holds personal values and secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// One of [`METHODS`].
    pub method: &'static str,
    /// Where to.
    pub url: String,
    /// Headers, `Content-Type` among them when there is a body.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<String>,
}

impl std::fmt::Debug for HttpRequest {
    /// Never what was filled in: debug output ends up in logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpRequest").field("method", &self.method).finish_non_exhaustive()
    }
}

/// Why no request can be made of an action for a lead. Nothing is sent then, and trying again
/// would not help.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FillFault {
    /// The config lacks something that validation names.
    #[error("the node's http action has no {part}")]
    Incomplete {
        /// What is not there.
        part: &'static str,
    },
    /// A text is no template.
    #[error("{part}: {fault}")]
    Template {
        /// Which text.
        part: String,
        /// What is wrong with it.
        #[source]
        fault: TemplateFault,
    },
    /// A secret is not known.
    #[error(transparent)]
    Secret(#[from] UnknownSecret),
    /// The method is none of those that are sent.
    #[error("the method is none of GET, POST, PUT, PATCH, DELETE")]
    Method,
    /// A value would have led to another path than the one that was written.
    #[error("with the values filled in, the path of the url has a step `.` or `..`")]
    PathStep,
    /// A header would have ended early.
    #[error("with the values filled in, the header {name} has a control character")]
    Header {
        /// Which header.
        name: String,
    },
    /// Values make the request too large.
    #[error("with the values filled in, the request is larger than 256 KiB")]
    TooLarge,
}

impl ApplicationConfig {
    /// How long one try may take unless said otherwise. Unit: seconds.
    const TIMEOUT_S: u32 = 10;

    /// How long one try may take. Unit: seconds.
    pub fn timeout_s(&self) -> u32 {
        self.timeout_s.unwrap_or(Self::TIMEOUT_S)
    }

    /// How long to wait before the next try, when there is one after this many. Unit: seconds.
    pub fn next_attempt_s(&self, tries: u32) -> Option<u64> {
        const DELAY_S_MAX: u64 = 3_600;
        let retry = self.retry.as_ref()?;
        let doublings = tries.saturating_sub(1).min(12);
        let delay_s = u64::from(retry.delay_s?) << doublings;
        (tries < retry.max_attempts?).then_some(delay_s.min(DELAY_S_MAX))
    }

    /// Every name that it reads of a lead: those in its templates and those it requires. A text
    /// that is no template reads nothing; validation tells what is wrong with it.
    pub fn names(&self) -> BTreeSet<&str> {
        let templates = self.http.iter().flat_map(HttpAction::texts);
        let read = templates.filter_map(|(_, text)| Template::parse(text).ok());
        read.flat_map(|template| template.names().collect::<Vec<_>>())
            .chain(self.required_fields.iter().map(String::as_str))
            .collect()
    }

    /// Names that it reads and this lead has no value for.
    pub fn missing_fields(
        &self,
        phone_number: Option<&str>,
        variables: &Values,
    ) -> BTreeSet<String> {
        missing_fields(self.names(), phone_number, variables)
    }

    /// Names that this lead has no value for and without which nothing may be tried.
    pub fn missing_required(
        &self,
        phone_number: Option<&str>,
        variables: &Values,
    ) -> BTreeSet<String> {
        let required = self.required_fields.iter().map(String::as_str);
        missing_fields(required, phone_number, variables)
    }
}

/// How values are escaped in the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyKind {
    /// Each text of a JSON document.
    Json,
    /// A text, with its values escaped like this.
    Text(Place),
}

impl HttpAction {
    /// Every text in it that is a template, with the name of its place.
    pub(super) fn texts(&self) -> Vec<(String, &str)> {
        let mut found: Vec<(String, &str)> = Vec::new();
        found.extend(self.method.as_deref().map(|method| ("method".into(), method)));
        found.extend(self.url.as_deref().map(|url| ("url".into(), url)));
        found.extend(self.headers.iter().map(|(name, value)| (format!("header {name}"), &**value)));
        let body = self.body.iter().flat_map(Json::texts);
        found.extend(body.map(|text| ("body".into(), text)));
        found
    }

    /// The secrets that it names.
    pub fn secrets(&self) -> BTreeSet<&str> {
        let read = self.texts().into_iter().filter_map(|(_, text)| Template::parse(text).ok());
        read.flat_map(|template| template.secrets().collect::<Vec<_>>()).collect()
    }

    /// Scheme and host, in small letters, of where it goes. `None` when validation finds no
    /// address there.
    pub fn scheme_and_host(&self) -> Option<(String, String)> {
        let (scheme, host) = super::address::scheme_and_host(self.url.as_deref()?).ok()?;
        Some((scheme.to_ascii_lowercase(), host.to_ascii_lowercase()))
    }

    /// In small letters; empty when it is left to the sender.
    pub(super) fn content_type(&self) -> String {
        let mut headers = self.headers.iter();
        let found = headers.find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        found.map(|(_, value)| value.to_ascii_lowercase()).unwrap_or_default()
    }

    pub(super) fn body_kind(&self) -> BodyKind {
        let content_type = self.content_type();
        match &self.body {
            Some(Json::Scalar(Value::Text(_))) | None => {
                BodyKind::Text(if content_type.contains("x-www-form-urlencoded") {
                    Place::Url
                } else if content_type.contains("xml") || content_type.contains("html") {
                    Place::Markup
                } else {
                    Place::Plain
                })
            }
            Some(Json::Null | Json::Scalar(_) | Json::List(_) | Json::Object(_)) => BodyKind::Json,
        }
    }

    /// The request for one lead.
    ///
    /// # Errors
    ///
    /// What is filled in makes no request that could be sent safely.
    pub fn request(&self, fill: &Fill<'_>) -> Result<HttpRequest, FillFault> {
        let method = self.method.as_deref().ok_or(FillFault::Incomplete { part: "method" })?;
        let method = filled("method", method, fill, Place::Plain)?;
        let method = METHODS.into_iter().find(|known| *known == method).ok_or(FillFault::Method)?;
        let url = self.url.as_deref().ok_or(FillFault::Incomplete { part: "url" })?;
        let url = filled("url", url, fill, Place::Url)?;
        if super::address::has_path_step(&url) {
            return Err(FillFault::PathStep);
        }
        let mut headers = Vec::new();
        for (name, value) in &self.headers {
            let value = filled(&format!("header {name}"), value, fill, Place::Plain)?;
            if value.contains(char::is_control) {
                return Err(FillFault::Header { name: name.clone() });
            }
            headers.push((name.clone(), value));
        }
        let body = self.filled_body(fill)?;
        if body.is_some() && self.content_type().is_empty() {
            let content_type = match self.body_kind() {
                BodyKind::Json => "application/json",
                BodyKind::Text(_) => "text/plain; charset=utf-8",
            };
            headers.push(("Content-Type".into(), content_type.into()));
        }
        let lines: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        if url.len() + lines + body.as_ref().map_or(0, String::len) > FILLED_BYTES_MAX {
            return Err(FillFault::TooLarge);
        }
        Ok(HttpRequest { method, url, headers, body })
    }

    fn filled_body(&self, fill: &Fill<'_>) -> Result<Option<String>, FillFault> {
        let Some(body) = &self.body else { return Ok(None) };
        let (place, is_json) = match self.body_kind() {
            BodyKind::Json => (Place::Plain, true),
            BodyKind::Text(place) => (place, false),
        };
        let mut bytes = 0_usize;
        let body = body.with_texts(&mut |text| {
            let text = filled("body", text, fill, place)?;
            bytes = bytes.saturating_add(text.len());
            if bytes > FILLED_BYTES_MAX { Err(FillFault::TooLarge) } else { Ok(text) }
        })?;
        Ok(Some(match body {
            Json::Scalar(Value::Text(text)) if !is_json => text,
            body @ (Json::Null | Json::Scalar(_) | Json::List(_) | Json::Object(_)) => {
                body.to_string()
            }
        }))
    }
}

fn filled(part: &str, text: &str, fill: &Fill<'_>, place: Place) -> Result<String, FillFault> {
    let template = Template::parse(text)
        .map_err(|fault| FillFault::Template { part: part.to_owned(), fault })?;
    Ok(template.filled(fill, place)?)
}

#[cfg(test)]
mod tests;
