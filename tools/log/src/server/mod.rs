//! A running server, asked over the routes of its operator.
//!
//! What arrives is believed only as far as it proves itself: a record by its leaf hash and its
//! position, an export by its end. A connection that breaks off is never taken for an end.

mod client;
mod token;

use std::{
    io::{BufRead as _, BufReader, Read as _},
    time::Duration,
};

use branchline_admin_files::goes_in_clear;
use branchline_evidence::lines::{LINE_BYTES_MAX, Line, LineProblem, read_line};
use branchline_journal::record::{Position, Record};
use reqwest::{
    StatusCode, Url,
    blocking::{Client, Response},
    header::AUTHORIZATION,
};
use serde::Deserialize;

pub use self::token::{TOKEN_VARIABLE, TokenSource};
use crate::Fault;

/// How many records the journal had when an answer began.
const HEAD_HEADER: &str = "branchline-head";
/// Longest wait of a server for a record to come. Unit: milliseconds.
const WAIT_MAX_MS: u64 = 30_000;
/// Longest time for an answer beyond what the server waits. Unit: seconds.
const ANSWER_WAIT_S: u64 = 30;
/// Records asked for at once.
const PAGE_RECORDS: u64 = 1_000;
/// How much of an answer that says no is read. Unit: bytes.
const PROBLEM_BYTES_MAX: u64 = 64 * 1024;

/// Why a server gave no answer, or not the whole one.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Nobody answers there, or the connection broke off: it may pass.
    #[error("{url} gives no answer: {reason}")]
    Unreachable {
        /// Where.
        url: String,
        /// What happened.
        reason: String,
    },
    /// The server said no.
    #[error("{url} answers {status}: {detail}")]
    Refused {
        /// Which route.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The server's reason.
        detail: String,
    },
    /// The answer is not what such a server says.
    #[error("{url} is no server of this kind, or of another release: {reason}")]
    Strange {
        /// Which route.
        url: String,
        /// What does not fit.
        reason: String,
    },
    /// What came is not what was recorded.
    #[error("{url} gave a damaged record after position {after}: {problem}")]
    Damaged {
        /// Which route.
        url: String,
        /// The last sound record.
        after: Position,
        /// What is wrong with it.
        problem: LineProblem,
    },
    /// The token cannot be read.
    #[error("{0}")]
    Token(String),
}

impl ServerError {
    /// Whether a server that is started again, or a better connection, may answer.
    pub const fn may_pass(&self) -> bool {
        match self {
            // The file of the token is gone while no server runs.
            Self::Unreachable { .. } | Self::Token(_) => true,
            // A server that stops says 503; another start has another token.
            Self::Refused { status, .. } => matches!(status, 401 | 502..=504),
            Self::Strange { .. } | Self::Damaged { .. } => false,
        }
    }
}

/// A server, and the right to ask it.
#[derive(Debug)]
pub struct Server {
    client: Client,
    base: String,
    token: TokenSource,
}

impl Server {
    /// The server at a URL such as `http://127.0.0.1:8080`. Nothing is asked yet.
    ///
    /// # Errors
    ///
    /// [`Fault::Misused`] when it is no URL of a server.
    pub fn new(url: &str, token: TokenSource) -> anyhow::Result<Self> {
        let misused = |reason: String| {
            Fault::Misused(format!(
                "`{url}` is no URL of a server such as http://127.0.0.1:8080: {reason}"
            ))
        };
        let parsed = Url::parse(url).map_err(|error| misused(error.to_string()))?;
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(misused("the token is not given in it".into()).into());
        }
        if parsed.query().is_some() || parsed.fragment().is_some() {
            return Err(misused("it ends before `?` and `#`".into()).into());
        }
        if goes_in_clear(parsed.scheme(), parsed.host_str().unwrap_or_default()) {
            eprintln!(
                "the token and the records go to {url} in clear, and whoever is on the way can \
                 read them; put TLS before it, or run this beside it"
            );
        }
        Ok(Self {
            client: client::build(token.file())?,
            base: parsed.as_str().trim_end_matches('/').to_owned(),
            token,
        })
    }

    /// How many records the journal has now.
    ///
    /// # Errors
    ///
    /// [`ServerError`].
    pub fn head(&self) -> Result<Position, ServerError> {
        let url = format!("{}/v1/admin/records?after={}", self.base, u64::MAX);
        let answer = self.get(&url, Some(Duration::from_secs(ANSWER_WAIT_S)))?;
        head_of(&answer, &url)
    }

    /// The records after a position, in order, one page of them. The server waits up to half a
    /// minute for the first when there is none yet.
    ///
    /// # Errors
    ///
    /// [`ServerError`].
    pub fn records_after(&self, after: Position) -> Result<Page, ServerError> {
        let url = format!(
            "{}/v1/admin/records?after={after}&limit={PAGE_RECORDS}&wait_ms={WAIT_MAX_MS}",
            self.base
        );
        let wait = Duration::from_millis(WAIT_MAX_MS) + Duration::from_secs(ANSWER_WAIT_S);
        let answer = self.get(&url, Some(wait))?;
        let head = head_of(&answer, &url)?;
        Ok(Page { head, url, lines: BufReader::new(answer), line: Vec::new(), last: after })
    }

    /// The whole journal as it is now, as a file of this form: `jsonl` or `blocks`. Whether it came
    /// whole is for its reader to see.
    ///
    /// # Errors
    ///
    /// [`ServerError`].
    pub fn export(&self, form: &str) -> Result<Export, ServerError> {
        let url = format!("{}/v1/admin/export?format={form}", self.base);
        let answer = self.get(&url, None)?;
        Ok(Export { head: head_of(&answer, &url)?, url, answer })
    }

    fn get(&self, url: &str, wait: Option<Duration>) -> Result<Response, ServerError> {
        let token =
            self.token.header().map_err(|error| ServerError::Token(format!("{error:#}")))?;
        let request = self.client.get(url).header(AUTHORIZATION, token);
        let request = match wait {
            Some(wait) => request.timeout(wait),
            None => request,
        };
        let answer = request.send().map_err(|error| broke_off(url, &error))?;
        if answer.status().is_success() { Ok(answer) } else { Err(refusal(url, answer)) }
    }
}

/// Records as they come. Ends for good after an error: what came before it is sound.
#[derive(Debug)]
pub struct Page {
    /// How many records the journal had.
    pub head: Position,
    url: String,
    lines: BufReader<Response>,
    line: Vec<u8>,
    last: Position,
}

impl Page {
    fn read(&mut self) -> Result<Option<Record>, ServerError> {
        self.line.clear();
        let most = LINE_BYTES_MAX as u64 + 1;
        let read = self.lines.by_ref().take(most).read_until(b'\n', &mut self.line);
        if read.map_err(|error| broke_off(&self.url, &error))? == 0 {
            return Ok(None);
        }
        let (expected, url) = (self.last.next(), &self.url);
        let damaged =
            |problem| ServerError::Damaged { url: url.clone(), after: self.last, problem };
        match read_line(&self.line).map_err(damaged)? {
            Line::Record(record, _) if record.position == expected => {
                self.last = expected;
                Ok(Some(*record))
            }
            Line::Record(record, _) => {
                let found = record.position;
                Err(damaged(LineProblem::Position { expected, found }))
            }
            Line::End(_) => Err(ServerError::Strange {
                url: url.clone(),
                reason: "an export came where records were asked for".into(),
            }),
        }
    }
}

impl Iterator for Page {
    type Item = Result<Record, ServerError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

/// An export as it comes.
#[derive(Debug)]
pub struct Export {
    /// How many records it has.
    pub head: Position,
    url: String,
    answer: Response,
}

impl Export {
    /// Fills the buffer from its beginning and says how far; 0 at the end.
    ///
    /// # Errors
    ///
    /// [`ServerError::Unreachable`] when the connection breaks off.
    pub fn read(&mut self, piece: &mut [u8]) -> Result<usize, ServerError> {
        self.answer.read(piece).map_err(|error| broke_off(&self.url, &error))
    }
}

/// An error with all that is below it, because the outermost says little.
fn broke_off(url: &str, error: &(dyn std::error::Error + 'static)) -> ServerError {
    let mut reason = error.to_string();
    let mut below = error.source();
    while let Some(cause) = below {
        let said = cause.to_string();
        if !reason.contains(&said) {
            reason = format!("{reason}: {said}");
        }
        below = cause.source();
    }
    ServerError::Unreachable { url: url.into(), reason }
}

fn head_of(answer: &Response, url: &str) -> Result<Position, ServerError> {
    let head = answer.headers().get(HEAD_HEADER).and_then(|head| head.to_str().ok()?.parse().ok());
    head.map(Position).ok_or_else(|| ServerError::Strange {
        url: url.into(),
        reason: format!("its answer has no {HEAD_HEADER}"),
    })
}

/// What the server says in an RFC 9457 problem, where it does.
fn refusal(url: &str, answer: Response) -> ServerError {
    #[derive(Deserialize)]
    struct Problem {
        detail: String,
    }
    let status = answer.status();
    let mut body = Vec::new();
    // What cannot be read is not told.
    let _ = answer.take(PROBLEM_BYTES_MAX).read_to_end(&mut body);
    let detail = match serde_json::from_slice::<Problem>(&body) {
        Ok(problem) => problem.detail,
        Err(_) if status == StatusCode::NOT_FOUND => {
            "it has no routes for its operator; is it an older release, or another program?".into()
        }
        Err(_) => "it does not say why".into(),
    };
    // The reason comes from outside, and a terminal obeys control characters.
    let detail = detail.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    ServerError::Refused { url: url.into(), status: status.as_u16(), detail }
}
