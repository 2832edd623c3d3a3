//! The HTTP client: one request with its repeats, answers as documents, lists page by page.

mod connection;
mod file_form;
mod pages;
mod problem;
mod retry;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    io::{self, Read as _},
    thread,
    time::Duration,
};

use reqwest::{
    Method, Url,
    blocking::{Client, Response},
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER},
};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use self::retry::{Patience, Trouble};
pub(crate) use self::{connection::ServerFlags, file_form::FileForm, pages::Pages};
pub use self::{
    connection::{KEY_VARIABLE, URL_VARIABLE},
    problem::{FieldFault, ListedFault, Problem},
};
use crate::fault::Fault;

/// How much of an answer that says no is read. Unit: bytes.
const PROBLEM_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Longest time in which a file must be sent and answered.
const UPLOAD_WAIT: Duration = Duration::from_hours(1);
/// Code of the problem that the first request under a key is still under way.
const UNDER_WAY: &str = "request_under_way";

/// A server, and the right to ask it.
pub(crate) struct Server {
    http: Client,
    tls: rustls::ClientConfig,
    base: String,
    key: Option<HeaderValue>,
    patience: Patience,
}

/// A request.
#[derive(Debug)]
pub(crate) struct Ask {
    method: Method,
    /// Below `/v1`; made of ids and words of ours, which need no escapes.
    path: String,
    query: Vec<(&'static str, String)>,
    headers: Vec<(&'static str, String)>,
    body: Body,
    /// How long the whole may take, where that is not a matter of silence.
    wait: Option<Duration>,
}

#[derive(Debug)]
enum Body {
    None,
    Json(Vec<u8>),
    Form(FileForm),
}

/// A request that has no good answer.
struct Failure {
    /// What a repeat depends on; `None` when it would fail in the same way.
    trouble: Option<Trouble>,
    fault: Fault,
}

impl Failure {
    const fn misused(reason: String) -> Self {
        Self { trouble: None, fault: Fault::Misused(reason) }
    }
}

/// A good answer.
#[derive(Debug)]
pub(crate) struct Answer {
    url: String,
    body: Vec<u8>,
}

impl Ask {
    fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            query: Vec::new(),
            headers: Vec::new(),
            body: Body::None,
            wait: None,
        }
    }

    /// A read.
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    /// A write that the server knows again by this key.
    pub(crate) fn write(method: Method, path: impl Into<String>, key: &IdempotencyKey) -> Self {
        let ask = Self::new(method, path);
        Self { headers: vec![("idempotency-key", key.0.clone())], ..ask }
    }

    /// A question that is asked by POST, such as a preview: it changes nothing.
    pub(crate) fn question(path: impl Into<String>) -> Self {
        Self::new(Method::POST, path)
    }

    /// A parameter, where there is one.
    pub(crate) fn query(mut self, name: &'static str, value: Option<impl fmt::Display>) -> Self {
        self.query.extend(value.map(|value| (name, value.to_string())));
        self
    }

    /// A header.
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// A document as its body.
    pub(crate) fn json(self, body: &serde_json::Value) -> Self {
        Self { body: Body::Json(body.to_string().into_bytes()), ..self }
    }

    /// A file as its body.
    pub(crate) fn form(self, form: FileForm) -> Self {
        Self { body: Body::Form(form), wait: Some(UPLOAD_WAIT), ..self }
    }
}

/// Names one intent, so that the server does it once however often it is asked.
#[derive(Clone, Debug)]
pub(crate) struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The one that was given, or a fresh one.
    ///
    /// # Errors
    ///
    /// [`Fault::Failed`] when the system has no randomness.
    pub(crate) fn given_or_fresh(given: Option<&str>) -> Result<Self, Fault> {
        if let Some(given) = given {
            return Ok(Self(given.to_owned()));
        }
        let mut drawn = [0; 16];
        getrandom::fill(&mut drawn)
            .map_err(|error| Fault::Failed(format!("no idempotency key can be drawn: {error}")))?;
        Ok(Self(format!("cli-{:032x}", u128::from_be_bytes(drawn))))
    }

    /// The key as it is sent.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The key of one part of many.
    pub(crate) fn part(&self, number: u64) -> Self {
        Self(format!("{}-{number}", self.0))
    }
}

impl Server {
    /// Where it is.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// The answer to a request, sent again when what stands in the way may pass.
    ///
    /// # Errors
    ///
    /// [`Fault::Unanswered`], [`Fault::Refused`]; [`Fault::Strange`] for a redirect.
    pub(crate) fn ask(&self, ask: &Ask) -> Result<Answer, Fault> {
        self.with_repeats(&self.http, ask, |response, url| {
            let body = response.bytes().map_err(|error| broke_off(url, &error))?.to_vec();
            Ok(Answer { url: url.into(), body })
        })
    }

    /// A good answer whose body is read as it comes, however long it is; `silence` is the longest
    /// time until its next piece. Repeats end where it begins.
    ///
    /// # Errors
    ///
    /// As [`Self::ask`].
    pub(crate) fn open(&self, ask: &Ask, silence: Duration) -> Result<Response, Fault> {
        let http = connection::client(&self.tls, silence)?;
        self.with_repeats(&http, ask, |response, _| Ok(response))
    }

    fn with_repeats<T>(
        &self,
        http: &Client,
        ask: &Ask,
        take: impl Fn(Response, &str) -> Result<T, Failure>,
    ) -> Result<T, Fault> {
        let (mut sent, mut said) = (0, String::new());
        loop {
            sent += 1;
            let answer = self.send(http, ask).and_then(|(response, url)| take(response, &url));
            let Failure { trouble, fault } = match answer {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let Some(trouble) = trouble else { return Err(fault) };
            let mut jitter = [0];
            // Without randomness everybody waits equally long.
            let _ = getrandom::fill(&mut jitter);
            let [jitter] = jitter;
            let Some(wait) = self.patience.wait(trouble, sent, jitter) else {
                return Err(fault);
            };
            let reason = fault.to_string();
            let reason = reason.lines().next().unwrap_or_default();
            // Once is enough, as long as it is the same.
            if reason != said {
                eprintln!("branchline: {reason}; asking again in {:.1} s", wait.as_secs_f32());
                reason.clone_into(&mut said);
            }
            thread::sleep(wait);
        }
    }

    fn send(&self, http: &Client, ask: &Ask) -> Result<(Response, String), Failure> {
        let url = format!("{}/v1{}", self.base, ask.path);
        let target = if ask.query.is_empty() {
            Url::parse(&url)
        } else {
            Url::parse_with_params(&url, &ask.query)
        };
        let target = target
            .map_err(|error| Failure::misused(format!("`{url}` cannot be asked: {error}")))?;
        let mut request = http.request(ask.method.clone(), target);
        if let Some(wait) = ask.wait {
            request = request.timeout(wait);
        }
        if let Some(key) = &self.key {
            request = request.header(AUTHORIZATION, key.clone());
        }
        for (name, value) in &ask.headers {
            let value = HeaderValue::from_str(value)
                .map_err(|_| Failure::misused(format!("`{value}` cannot be sent as {name}")))?;
            request = request.header(*name, value);
        }
        request = match &ask.body {
            Body::None => request,
            Body::Json(json) => request.header(CONTENT_TYPE, "application/json").body(json.clone()),
            Body::Form(form) => {
                let body = form.body().map_err(|fault| Failure { trouble: None, fault })?;
                request.header(CONTENT_TYPE, form.content_type()).body(body)
            }
        };
        match request.send() {
            Ok(response) if response.status().is_success() => Ok((response, url)),
            Ok(response) => Err(refusal(&url, response)),
            Err(error) => Err(broke_off(&url, &error)),
        }
    }
}

/// An answer that says no.
fn refusal(url: &str, response: Response) -> Failure {
    let status = response.status();
    if status.is_redirection() {
        let reason = format!("it answers {status} and sends elsewhere: give that address");
        return Failure { trouble: None, fault: Fault::Strange { url: url.into(), reason } };
    }
    let header = |name: &str| text_of(response.headers(), name);
    let (retry_after, request_id) = (header(RETRY_AFTER.as_str()), header("x-request-id"));
    let retry_after_s = retry_after.and_then(|text| text.parse().ok());
    let mut body = Vec::new();
    // What cannot be read is not told.
    let _ = response.take(PROBLEM_BYTES_MAX).read_to_end(&mut body);
    let problem = Problem::read(status.as_u16(), &body, request_id);
    let under_way = problem.code == UNDER_WAY;
    let trouble = Trouble::Answered { status: status.as_u16(), retry_after_s, under_way };
    Failure { trouble: Some(trouble), fault: Fault::Refused(Box::new(problem)) }
}

fn text_of(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

/// An error by what is at the bottom of it, because the outermost says little.
fn broke_off(url: &str, error: &reqwest::Error) -> Failure {
    let mut bottom: &(dyn std::error::Error + 'static) = error;
    let mut untrusted = is_about_trust(bottom);
    while let Some(below) = bottom.source() {
        untrusted |= is_about_trust(below);
        bottom = below;
    }
    let mut reason = bottom.to_string();
    if untrusted {
        reason.push_str("; --ca FILE names certificates to trust besides those of the system");
    }
    let fault = Fault::Unanswered { url: url.into(), reason };
    // Who is not trusted now will not be trusted in a moment.
    Failure { trouble: (!untrusted).then_some(Trouble::Unanswered), fault }
}

/// Whether TLS found that the other side is not who it says. An error of input and output may hold
/// another one, several times.
fn is_about_trust(error: &(dyn std::error::Error + 'static)) -> bool {
    let held = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    error.is::<rustls::Error>() || held.is_some_and(|held| is_about_trust(held))
}

impl Answer {
    /// The answer, read.
    ///
    /// # Errors
    ///
    /// [`Fault::Strange`] when it is something else.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        serde_json::from_slice(&self.body)
            .map_err(|error| Fault::Strange { url: self.url.clone(), reason: error.to_string() })
    }

    /// The answer as it came.
    ///
    /// # Errors
    ///
    /// [`Fault::Strange`] when it is no JSON.
    pub(crate) fn raw(&self) -> Result<Box<RawValue>, Fault> {
        self.read()
    }
}
