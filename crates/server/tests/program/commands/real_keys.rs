//! Commands with real keys of a running server: what each scope opens, how often a key may ask, and when a
//! stream of events ends that a key has opened.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    process::{Output, Stdio},
    time::Duration,
};

use super::{Asked, branchline, told};
use crate::operator::directory::done;

const SCOPES: [&str; 6] = ["read", "operate", "resolve", "ingest", "admin", "audit"];

impl Asked {
    /// A key of the server, made by its operator.
    fn key(&self, scope: &str, more: &[&str]) -> String {
        let create = [&["keys", "create", "--name", "test", "--scope", scope], more].concat();
        done(&self.data(), &create).trim().to_owned()
    }

    fn data(&self) -> std::path::PathBuf {
        self.directory.path().join("data")
    }

    fn as_key(&self, key: &str, line: &[&str]) -> Output {
        let mut command = branchline(self.directory.path(), line);
        command.env("BRANCHLINE_URL", self.url()).env("BRANCHLINE_API_KEY", key);
        command.stdin(Stdio::null()).output().unwrap()
    }

    /// Asks over HTTP with a key: the head of the answer in lower case, its status first.
    fn raw(&self, key: &str, method: &str, path: &str, body: &str) -> (u16, String) {
        let mut stream = self.connect();
        let (host, length) = (self.server.address, body.len());
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\nauthorization: Bearer {key}\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let head = answer.split("\r\n\r\n").next().unwrap().to_lowercase();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), head)
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.server.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_mins(2))).unwrap();
        stream
    }

    /// A stream of events that has begun.
    fn stream(&self, key: &str) -> TcpStream {
        let mut stream = self.connect();
        let host = self.server.address;
        write!(
            stream,
            "GET /v1/events HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {key}\r\n\
             connection: close\r\naccept: text/event-stream\r\n\r\n"
        )
        .unwrap();
        let (mut read, mut piece) = (Vec::new(), [0; 4_096]);
        while !String::from_utf8_lossy(&read).contains("retry:") {
            let length = stream.read(&mut piece).unwrap();
            assert!(length > 0, "{}", String::from_utf8_lossy(&read));
            read.extend_from_slice(&piece[..length]);
        }
        stream
    }
}

/// What is left of a stream, to its end.
fn rest(mut stream: TcpStream) -> String {
    let mut read = String::new();
    stream.read_to_string(&mut read).unwrap();
    read
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

#[test]
fn each_scope_opens_its_own_commands_and_a_refusal_has_its_own_exit_code() {
    let asked = Asked::start();
    asked.spring();
    asked.done(&["lead", "add", "Spring", "+1 212 555 0123"]);
    let keys = SCOPES.map(|scope| (scope, asked.key(scope, &[])));
    let id = |json: &[&str]| -> String {
        let output = asked.as_key(&keys[0].1, &[json, &["--json"]].concat());
        assert!(output.status.success(), "{output:?}");
        let row: serde_json::Value =
            serde_json::from_slice(output.stdout.split(|&byte| byte == b'\n').next().unwrap())
                .unwrap();
        row["id"].as_str().unwrap().to_owned()
    };
    let (workflow, lead) = (id(&["workflow", "list"]), id(&["lead", "list", "Spring"]));
    // By their ids: a name is looked up, which is a read.
    let rows: &[(&[&str], &[&str])] = &[
        (&["workflow", "list"], &["read"]),
        (&["lead", "history", &lead, "--workflow", &workflow], &["read"]),
        (&["call", "list"], &["read"]),
        (&["events", "--limit", "1"], &["read", "audit"]),
        (&["workflow", "create", "--title", "Autumn"], &["operate"]),
        (&["workflow", "edit", &workflow, "--description", "d"], &["operate"]),
        (&["lead", "add", &workflow, "+1 212 555 0124"], &["operate"]),
        (&["call", "claim", "--max", "1"], &["ingest"]),
    ];
    for (line, opened_by) in rows {
        for (scope, key) in &keys {
            let output = asked.as_key(key, line);
            if opened_by.contains(scope) {
                assert!(output.status.success(), "{scope}: {line:?}: {output:?}");
            } else {
                let said = told(&output, 4);
                assert!(said.contains("(scope_missing)"), "{scope}: {line:?}: {said}");
            }
        }
    }
    // A lead without a hold: whoever may decide is told so, and everybody else that they may not.
    let resolve = ["lead", "resolve", &lead, "--workflow", &workflow, "--output", "COMPLETED"];
    for (scope, key) in &keys {
        let code = if *scope == "resolve" { 1 } else { 4 };
        assert_eq!(asked.as_key(key, &resolve).status.code(), Some(code), "{scope}");
    }
    for none in ["", "key_00000000-0000-0000-0000-000000000009:bls_x"] {
        assert!(told(&asked.as_key(none, &["workflow", "list"]), 4).contains("(unauthorized)"));
    }
}

#[test]
fn a_key_that_asks_too_often_is_told_when_to_come_back_and_is_in_nobodys_way() {
    let asked = Asked::start_with(
        "[limits]\nrequests_per_s = 1\nrequests_burst = 3\nintake_per_s = 1\nintake_burst = 5\n",
    );
    let (busy, other) = (asked.key("read,ingest", &[]), asked.key("read", &[]));
    let list = |key: &str| asked.raw(key, "GET", "/v1/workflows", "");
    let claim = || asked.raw(&busy, "POST", "/v1/call-logs/claim", r#"{"max": 1, "lease_s": 60}"#);
    let (status, head) = list(&busy);
    assert_eq!((status, header(&head, "ratelimit-limit")), (200, Some("3")), "{head}");
    assert_eq!(header(&head, "ratelimit-remaining"), Some("2"), "{head}");
    assert!(header(&head, "ratelimit-reset").is_some(), "{head}");
    // One comes back each second: however slow this machine is, a hundred are too many at some time.
    let refused = (0..100).map(|_| list(&busy)).find(|(status, _)| *status == 429);
    let (_, head) = refused.expect("nobody was told to wait");
    assert_eq!(header(&head, "ratelimit-remaining"), Some("0"), "{head}");
    let wait: u64 = header(&head, "retry-after").unwrap().parse().unwrap();
    assert!(wait >= 1 && header(&head, "content-type") == Some("application/problem+json"));
    let (status, head) = claim();
    assert_eq!((status, header(&head, "ratelimit-limit")), (200, Some("5")), "its own budget");
    assert_eq!(list(&other).0, 200, "another key is not in the way");
    // A command waits as it is told, and then does what it was asked.
    let output = asked.as_key(&busy, &["workflow", "list", "--retries", "20"]);
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn a_stream_ends_when_its_key_is_revoked_or_expires_and_at_once_when_the_server_stops() {
    let asked = Asked::start_with("[limits]\nstream_heartbeat_s = 1\n");
    let (revoked, lasting) = (asked.key("read", &[]), asked.key("audit", &[]));
    let (first, going_on) = (asked.stream(&revoked), asked.stream(&lasting));
    done(&asked.data(), &["keys", "revoke", revoked.split(':').next().unwrap()]);
    assert!(rest(first).contains("the stream ends with its key"));
    assert_eq!(asked.raw(&revoked, "GET", "/v1/events?limit=1", "").0, 401);

    let short = asked.key("read", &["--expires", "20s"]);
    assert!(rest(asked.stream(&short)).contains("the stream ends with its key"));
    assert_eq!(asked.raw(&short, "GET", "/v1/events?limit=1", "").0, 401);

    let Asked { server, directory } = asked;
    server.signal("TERM");
    let told = rest(going_on);
    assert!(!told.contains("the stream ends with its key"), "it is cut: {told}");
    assert!(server.wait().success());
    drop(directory);
}
