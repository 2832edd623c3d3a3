//! Requests that two programs could read in two ways, and headers that hold more than one.

use super::target::Target;
use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpStream},
    time::Duration,
};

const HOST: &str = "host: 127.0.0.1\r\n";
/// What is smuggled: it would be answered with 200 and this id.
const SMUGGLED: &str = "GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nx-request-id: smuggled\r\n\r\n";

/// Sends bytes and ends; gives all that is answered.
fn say(address: SocketAddr, bytes: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    // It may be heard enough of before its end.
    let _ = stream.write_all(bytes.as_bytes());
    let _ = stream.shutdown(Shutdown::Write);
    let mut heard = Vec::new();
    let _reset = stream.read_to_end(&mut heard);
    String::from_utf8_lossy(&heard).into_owned()
}

/// How many answers these are: a status line begins each.
fn answers(heard: &str) -> usize {
    let begins = |rest: &str| rest.bytes().next().is_some_and(|byte| byte.is_ascii_digit());
    heard.split("HTTP/1.1 ").skip(1).filter(|rest| begins(rest)).count()
}

/// Each is refused as a whole, and what stands behind it is never a request of its own. Source:
/// docs/http-limits.md; RFC 9112, 5.2, 6.1, 6.3, 7.1.
#[test]
fn what_two_programs_could_read_in_two_ways_is_400_and_ends_the_connection() {
    let target = Target::start("");
    let json = "content-type: application/json\r\n";
    for (shape, bytes) in [
        ("two lengths", "content-length: 0\r\ncontent-length: 60\r\n\r\n"),
        ("two equal lengths in one", "content-length: 0, 0\r\n\r\n"),
        ("a length and chunks", "content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("chunks and a length", "transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n"),
        ("a length with a sign", "content-length: +0\r\n\r\n"),
        ("a length in hexadecimal", "content-length: 0x0\r\n\r\n"),
        ("a length that is too large", "content-length: 99999999999999999999\r\n\r\n"),
        ("a negative length", "content-length: -1\r\n\r\n"),
        ("an empty length", "content-length:\r\n\r\n"),
        ("an unknown coding", "transfer-encoding: xchunked\r\n\r\n0\r\n\r\n"),
        (
            "chunks that are not the last coding",
            "transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        ),
        (
            "chunks in two headers",
            "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        ),
        ("a quoted coding", "transfer-encoding: \"chunked\"\r\n\r\n0\r\n\r\n"),
        ("a coding behind a tab", "transfer-encoding:\x0bchunked\r\n\r\n0\r\n\r\n"),
        ("a space before the colon", "transfer-encoding : chunked\r\n\r\n0\r\n\r\n"),
        ("a folded coding", "transfer-encoding:\r\n chunked\r\n\r\n0\r\n\r\n"),
        ("a folded header", "x: 1\r\n transfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("a header after a bare CR", "x: 1\rtransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("a null byte", "x: 1\0\r\ncontent-length: 0\r\n\r\n"),
        ("a second host", "host: example.com\r\ncontent-length: 0\r\n\r\n"),
    ] {
        let heard = say(
            target.address(),
            &format!("POST /v1/workflows HTTP/1.1\r\n{HOST}{json}{bytes}{SMUGGLED}"),
        );
        assert!(heard.starts_with("HTTP/1.1 400 "), "{shape}: {heard}");
        assert!(heard.contains("\"malformed_request\""), "{shape}: {heard}");
        assert!(!heard.contains("smuggled"), "{shape}: {heard}");
        assert_eq!(answers(&heard), 1, "{shape}: {heard}");
    }
}

/// What is found only when the body is read. Source: docs/http-limits.md; RFC 9112, 7.1.
#[test]
fn a_chunk_that_could_be_read_in_two_ways_ends_the_connection() {
    let target = Target::start("");
    for (shape, chunks) in [
        ("a length that is none", "zz\r\n{}\r\n0\r\n\r\n"),
        ("a length with 0x", "0x2\r\n{}\r\n0\r\n\r\n"),
        ("a length with a sign", "+2\r\n{}\r\n0\r\n\r\n"),
        ("a negative length", "-2\r\n{}\r\n0\r\n\r\n"),
        ("a length beyond 64 bits", "10000000000000002\r\n{}\r\n0\r\n\r\n"),
        ("a longer chunk than it says", "2\r\n{}{}\r\n0\r\n\r\n"),
        ("a length that ends with a bare LF", "2\n{}\r\n0\r\n\r\n"),
        ("data that end with a bare LF", "2\r\n{}\n0\r\n\r\n"),
        ("an extension with a bare LF", "2;x\n{}\r\n0\r\n\r\n"),
        ("no length", "\r\n{}\r\n0\r\n\r\n"),
    ] {
        let heard = say(
            target.address(),
            &format!(
                "POST /v1/workflows HTTP/1.1\r\n{HOST}content-type: application/json\r\n\
                 transfer-encoding: chunked\r\n\r\n{chunks}{SMUGGLED}"
            ),
        );
        assert!(heard.starts_with("HTTP/1.1 400 "), "{shape}: {heard}");
        assert!(!heard.contains("smuggled"), "{shape}: {heard}");
        assert_eq!(answers(&heard), 1, "{shape}: {heard}");
    }
}

/// What is read in one way only, as RFC 9112, 2.2 and 7.1 allow, is one request each.
#[test]
fn what_is_plain_is_one_request() {
    let target = Target::start("");
    let plain = [
        ("lines that end with LF", "GET /healthz HTTP/1.1\nhost: 127.0.0.1\n\n".to_owned()),
        ("an empty line before", format!("\r\nGET /healthz HTTP/1.1\r\n{HOST}\r\n")),
        ("a length of zero", format!("GET /healthz HTTP/1.1\r\n{HOST}content-length: 0\r\n\r\n")),
    ];
    for (shape, request) in plain {
        let heard = say(target.address(), &format!("{request}{SMUGGLED}"));
        assert_eq!(heard.matches("HTTP/1.1 200 ").count(), 2, "{shape}: {heard}");
        assert_eq!(answers(&heard), 2, "{shape}: {heard}");
    }
}

/// Values that are said back or kept, with a line break in them. Source: docs/http-limits.md.
#[test]
fn a_header_never_makes_another_one() {
    let target = Target::start("");
    let breaks = [
        "\r\nx-evil: 1",
        "\rx-evil: 1",
        "\nx-evil: 1",
        "%0d%0ax-evil: 1",
        "\\r\\nx-evil: 1",
        "\u{560d}\u{560a}x-evil: 1",
        "\0x-evil: 1",
    ];
    for name in [
        "x-request-id",
        "traceparent",
        "tracestate",
        "idempotency-key",
        "last-event-id",
        "if-match",
        "branchline-position",
        "origin",
        "accept",
        "authorization",
    ] {
        for line_break in breaks {
            let request = format!(
                "POST /v1/workflows HTTP/1.1\r\n{HOST}content-type: application/json\r\ncontent-length: 14\r\n\
                 {name}: a{line_break}\r\n\r\n{{\"title\": \"x\"}}"
            );
            let heard = say(target.address(), &request);
            assert!(heard.starts_with("HTTP/1.1 "), "{name}: {line_break:?}: {heard}");
            assert!(!heard.starts_with("HTTP/1.1 5"), "{name}: {line_break:?}: {heard}");
            let (head, _) = heard.split_once("\r\n\r\n").unwrap();
            for line in head.split(['\r', '\n']) {
                assert!(
                    !line.trim_start().to_ascii_lowercase().starts_with("x-evil"),
                    "{name}: {heard}"
                );
            }
            assert_eq!(answers(&heard), 1, "{name}: {line_break:?}: {heard}");
        }
    }
    // Neither does one that comes in a path or a query: nothing of them is in a head.
    for path in ["/docs%0d%0ax-evil:1", "/v1/workflows?limit=%0d%0ax-evil:1", "/%0d%0aset-cookie:1"]
    {
        let heard = say(target.address(), &format!("GET {path} HTTP/1.1\r\n{HOST}\r\n"));
        let (head, _) = heard.split_once("\r\n\r\n").unwrap();
        assert!(!head.contains("x-evil") && !head.contains("set-cookie"), "{heard}");
        assert!(heard.starts_with("HTTP/1.1 4"), "{heard}");
    }
}
