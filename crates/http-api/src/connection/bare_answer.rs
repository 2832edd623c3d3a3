//! What the library below answers by itself: a status without a word. It is found at the end of what is
//! being sent, and a problem document takes its place.

use std::time::SystemTime;

use actix_web::{
    ResponseError as _,
    http::header::{HeaderValue, HttpDate, STRICT_TRANSPORT_SECURITY},
};

use crate::{error_mapping::Refusal, headers::fresh_request_id, problem::Problem};

/// A head without a body that the library made, at the end of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BareAnswer {
    /// Where it begins.
    pub(super) at: usize,
    pub(super) complaint: Complaint,
}

/// What is wrong before there is a request that a route could answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Complaint {
    Malformed,
    SlowHead,
    UrlTooLong,
    HeadTooLarge,
    TooManyConnections,
    Internal,
}

/// Its status lines, and what they mean here. Ours have a body, so none of them is bare.
const STATUS_LINES: [(&[u8], Complaint); 4] = [
    (b" 400 Bad Request\r\n", Complaint::Malformed),
    (b" 408 Request Timeout\r\n", Complaint::SlowHead),
    (b" 431 Request Header Fields Too Large\r\n", Complaint::HeadTooLarge),
    (b" 500 Internal Server Error\r\n", Complaint::Internal),
];

/// Longest such head. Unit: bytes.
const LONGEST: usize = 256;

/// Finds one at the end of `bytes`. Nothing that a body can hold is taken for one: each of its lines is
/// known, and a body that is sent in chunks ends with a line that is not.
pub(super) fn find(bytes: &[u8]) -> Option<BareAnswer> {
    if !bytes.ends_with(b"\r\n\r\n") {
        return None;
    }
    let start = bytes.len().saturating_sub(LONGEST);
    let end = bytes.get(start..)?;
    let at = end.windows(7).rposition(|window| window == b"HTTP/1.")?;
    let head = end.get(at..)?;
    // Past the minor version.
    let line = head.get(8..)?;
    let (status_line, complaint) =
        STATUS_LINES.iter().find(|(status_line, _)| line.starts_with(status_line))?;
    let headers = line.get(status_line.len()..line.len() - 2)?;
    let known = headers.split_inclusive(|&byte| byte == b'\n').all(|header| {
        header == b"content-length: 0\r\n"
            || header == b"connection: close\r\n"
            || header == b"connection: keep-alive\r\n"
            || (header.starts_with(b"date: ") && header.ends_with(b" GMT\r\n"))
    });
    let empty = headers.windows(19).any(|window| window == b"content-length: 0\r\n");
    (known && empty).then_some(BareAnswer { at: start + at, complaint: *complaint })
}

impl Complaint {
    fn problem(self) -> Problem {
        match self {
            Self::Malformed => Problem::of(
                Refusal::MalformedRequest,
                "this is no HTTP/1.1 request: its first line, a header, its length or a chunk of its body \
                 is malformed",
            ),
            Self::SlowHead => Problem::of(
                Refusal::SlowHead,
                "request line and headers did not come in time (`limits.head_timeout_s`)",
            ),
            Self::UrlTooLong => {
                Problem::of(Refusal::UrlTooLong, "the URL is too long (`limits.url_max_bytes`)")
            }
            Self::HeadTooLarge => Problem::of(
                Refusal::HeadTooLarge,
                "request line and headers are too long (`limits.head_max_bytes`) or too many \
                 (`limits.headers_max`)",
            ),
            Self::TooManyConnections => Problem::later(
                Refusal::TooManyConnections,
                "there are too many connections (`limits.connections_max`): try again in a second",
            ),
            Self::Internal => Problem::internal(),
        }
    }

    /// As a problem document, as it goes over the wire. The connection ends with it.
    pub(super) fn in_words(self, hsts: Option<&HeaderValue>) -> Vec<u8> {
        let problem = self.problem();
        let mut response = problem.error_response();
        if let Some(hsts) = hsts {
            response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, hsts.clone());
        }
        let mut words = format!(
            "HTTP/1.1 {}\r\ndate: {}\r\nconnection: close\r\nx-content-type-options: nosniff\r\n\
             x-request-id: {}\r\n",
            problem.status,
            HttpDate::from(SystemTime::now()),
            fresh_request_id(),
        )
        .into_bytes();
        for (name, value) in response.headers() {
            for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
                words.extend_from_slice(part);
            }
        }
        let body = problem.to_bytes();
        words.extend_from_slice(format!("content-length: {}\r\n\r\n", body.len()).as_bytes());
        words.extend_from_slice(&body);
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: &str = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\
                        date: Wed, 25 Nov 2026 14:00:00 GMT\r\n\r\n";

    #[test]
    fn a_bare_answer_is_found_behind_another_answer() {
        let found = BareAnswer { at: 0, complaint: Complaint::Malformed };
        assert_eq!(find(BARE.as_bytes()), Some(found));
        let before = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
        let both = format!("{before}{BARE}");
        assert_eq!(find(both.as_bytes()), Some(BareAnswer { at: before.len(), ..found }));
    }

    #[test]
    fn nothing_else_is_taken_for_one() {
        let ok = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        let ours = "HTTP/1.1 400 Bad Request\r\ncontent-type: a\r\ncontent-length: 0\r\n\r\n";
        // What an export could hold, with the end of its last chunk.
        let held = format!("{}\r\n0\r\n\r\n", BARE.trim_end());
        let no_length = "HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n";
        for other in ["", "\r\n\r\n", "HTTP/1.\r\n\r\n", ok, ours, &held, no_length] {
            assert_eq!(find(other.as_bytes()), None, "{other:?}");
        }
    }

    #[test]
    fn in_words_it_is_a_problem_document() {
        let words = String::from_utf8(Complaint::TooManyConnections.in_words(None)).unwrap();
        let (head, body) = words.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{head}");
        for header in
            ["content-type: application/problem+json", "retry-after: 1", "connection: close"]
        {
            assert!(head.contains(header), "{header} in {head}");
        }
        assert!(head.ends_with(&format!("content-length: {}", body.len())), "{head}");
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["code"], "too_many_connections");
        assert!(!head.contains("strict-transport-security"), "in clear it would mean nothing");
        let hsts = HeaderValue::from_static("max-age=60");
        let words = String::from_utf8(Complaint::SlowHead.in_words(Some(&hsts))).unwrap();
        assert!(words.contains("\r\nstrict-transport-security: max-age=60\r\n"), "{words}");
    }
}
