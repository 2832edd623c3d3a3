//! Paths that are spelled so that a guard might read another one than the router.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpStream},
};

use crate::{operator::directory::done, server::Running};

/// What needs a key, or a key with another scope, or the operator's token.
const GUARDED: [&str; 6] = [
    "/v1/workflows",
    "/v1/keys",
    "/v1/admin/head",
    "/v1/events?limit=1",
    "/metrics",
    "/openapi.json",
];

/// Other spellings of a path.
fn spellings(path: &str) -> Vec<String> {
    let rest = path.trim_start_matches('/');
    let (first, others) = rest.split_once('/').unwrap_or((rest, ""));
    let escaped: Vec<_> = rest.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let escaped = escaped.concat();
    let mut all: Vec<String> = [
        "/./{p}",
        "//{p}",
        "///{p}",
        "/docs/../{p}",
        "/healthz/../{p}",
        "/docs/..%2f{p}",
        "/docs/%2e%2e/{p}",
        "/docs/%2E%2E%2F{p}",
        "/docs/..%5c{p}",
        "/docs/..\\{p}",
        "/docs/..;/{p}",
        "/healthz;/../{p}",
        "/%2f{p}",
        "/%2e/{p}",
        "/{p}/",
        "/{p}/.",
        "/{p}//",
        "/{p};x=1",
        "/{p}%00",
        "/{p}%00.json",
        "/{p}%20",
        "/{p}%2f",
        "/{p}%3f",
        "/{p}%23",
        "/{p}.json",
        "/%00/{p}",
        "/%c0%ae%c0%ae/{p}",
        "/%c0%af{p}",
        "/%e0%80%af{p}",
        "/%ff{p}",
        "/%252e%252e/{p}",
        "/docs/%252e%252e/{p}",
        "/\\{p}",
        "/{p}/../{p}",
        "/healthz/{p}",
        "/docs/{p}",
        "http://127.0.0.1/docs/../{p}",
        "http://127.0.0.1//{p}",
    ]
    .iter()
    .map(|spelling| spelling.replace("{p}", rest))
    .collect();
    all.extend([
        format!("/{escaped}"),
        format!("/%{:02x}{}", rest.as_bytes()[0], &rest[1..]),
        format!("/{}", rest.to_uppercase()),
        format!("/{first}//{others}"),
        format!("/{first}/./{others}"),
        format!("/{first}/x/../{others}"),
        format!("/{first}%2f{others}"),
        format!("/{first}\\{others}"),
        format!("/{first};a=b/{others}"),
        format!("http://127.0.0.1/{rest}"),
        format!("http://user@127.0.0.1/{rest}"),
    ]);
    all
}

fn ask(address: SocketAddr, method: &str, path: &str, headers: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut heard = Vec::new();
    let _reset = stream.read_to_end(&mut heard);
    String::from_utf8_lossy(&heard).into_owned()
}

/// Whoever has no key, or one that does not fit, gets nothing under any spelling: 400, 401, 403 or 404,
/// each a problem document. Source: README.md, "Keys"; docs/http-limits.md.
#[test]
fn no_spelling_of_a_path_gets_past_its_guard() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let key = done(&data, &["keys", "create", "--name", "worker", "--scope", "ingest"]);
    // Whoever guesses as often is told to wait, otherwise.
    let exposed = [
        ("BRANCHLINE_SERVER_BEHIND_PROXY", "true"),
        ("BRANCHLINE_LIMITS_BAD_KEYS_PER_MIN", "1000000"),
        ("BRANCHLINE_LIMITS_REQUESTS_BURST", "1000000"),
    ];
    let server = Running::start_with("serve", &data, &[], &exposed);
    let worker = format!("authorization: Bearer {}\r\n", key.trim());
    let mut asked = 0;
    for path in GUARDED {
        for spelling in std::iter::once(path.to_owned()).chain(spellings(path)) {
            for headers in ["", &worker] {
                for method in ["GET", "HEAD", "POST", "DELETE", "OPTIONS", "TRACE", "get", "X"] {
                    let heard = ask(server.address, method, &spelling, headers);
                    let status = heard.get(9..12).unwrap_or_default();
                    asked += 1;
                    assert!(
                        matches!(status, "400" | "401" | "403" | "404" | "405"),
                        "{method} {spelling} with {headers:?}: {heard}"
                    );
                    let head = heard.to_ascii_lowercase();
                    assert!(head.contains("content-type: application/problem+json"), "{heard}");
                }
            }
        }
    }
    assert!(asked > 4_000, "{asked}");
}
