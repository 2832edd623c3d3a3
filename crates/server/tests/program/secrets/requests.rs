//! Requests with a secret in every place that a request has.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{
    bodies::{CREATE, JSON, REFUSED_BODIES},
    markers::Markers,
};

/// A request with a secret in it.
pub(super) struct Planted {
    pub(super) place: String,
    pub(super) bytes: Vec<u8>,
}

/// Makes the value of a header of a word.
type Authorization<'a> = &'a dyn Fn(&str) -> String;

/// Collects requests.
pub(super) struct Requests<'a> {
    pub(super) markers: &'a mut Markers,
    /// Of a good key.
    pub(super) credentials: &'a str,
    pub(super) workflow: &'a str,
    pub(super) all: Vec<Planted>,
}

impl Requests<'_> {
    /// Plants a word; `request` makes request line, headers and body of it.
    fn plant(&mut self, place: &str, request: impl FnOnce(&str) -> (String, String, String)) {
        let word = self.markers.plant(place);
        let (line, headers, body) = request(&word);
        let bytes = format!(
            "{line} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n\
             {body}",
            body.len()
        );
        self.all.push(Planted { place: place.into(), bytes: bytes.into_bytes() });
    }

    /// The header of the good key.
    fn key(&self) -> String {
        format!("authorization: Bearer {}\r\n", self.credentials)
    }

    /// With another `Authorization` than it should be, or none.
    pub(super) fn as_strangers(&mut self) {
        let id = self.credentials.split(':').next().unwrap().to_owned();
        let authorizations: [(&str, Authorization<'_>); 10] = [
            ("wrong secret", &|word| format!("Bearer {id}:bls_{word}")),
            ("secret without an id", &|word| format!("Bearer {word}")),
            ("secret of an unknown id", &|word| format!("Bearer key_{word}:{word}")),
            ("secret in a wrong scheme", &|word| format!("Token {id}:{word}")),
            ("secret in Basic", &|word| format!("Basic {}", STANDARD.encode(format!("u:{word}")))),
            ("secret in Digest", &|word| format!("Digest username=\"u\", response=\"{word}\"")),
            ("secret with a control character", &|word| format!("Bearer {id}:{word}\x01")),
            ("secret with bytes of no encoding", &|word| format!("Bearer {id}:{word}\u{fc}")),
            ("secret of 8 KB", &|word| format!("Bearer {id}:{}", word.repeat(300))),
            ("second of two secrets", &|word| {
                format!("Bearer {id}:x\r\nauthorization: Bearer {word}")
            }),
        ];
        for (place, authorization) in authorizations {
            for path in
                ["GET /v1/workflows", "POST /v1/keys", "GET /v1/admin/head", "GET /v1/nothing"]
            {
                self.plant(&format!("{place} at {path}"), |word| {
                    (
                        path.into(),
                        format!("authorization: {}\r\n", authorization(word)),
                        String::new(),
                    )
                });
            }
        }
        for name in ["key", "access_token", "api_key", "authorization", "token"] {
            for (who, key) in [("nobody", String::new()), ("a good key", self.key())] {
                self.plant(&format!("query {name} of {who}"), |word| {
                    (format!("GET /v1/workflows?{name}={word}"), key, String::new())
                });
            }
        }
    }

    /// In headers, of requests that are answered and of those that are not.
    pub(super) fn in_headers(&mut self) {
        let key = self.key();
        // Not X-Request-Id: it is there to be said back, logged and kept, as docs and openapi.json say.
        // Not Idempotency-Key: it names a request, and the journal keeps it.
        for name in [
            "Cookie",
            "X-Api-Key",
            "Proxy-Authorization",
            "X-Auth-Token",
            "X-Forwarded-For",
            "Forwarded",
            "Referer",
            "User-Agent",
            "Origin",
            "Sec-Fetch-Site",
            "Accept",
            "Content-Type",
            "If-Match",
            "If-None-Match",
            "Last-Event-Id",
            "Traceparent",
            "Tracestate",
            "Baggage",
            "Range",
            "Expect",
            "Content-Encoding",
            "Transfer-Encoding",
            "Upgrade",
            "Connection",
            "Branchline-Position",
            "Te",
            "X-HTTP-Method-Override",
        ] {
            for path in [
                "GET /v1/workflows",
                "POST /v1/workflows",
                "GET /v1/events?limit=1",
                "POST /healthz",
            ] {
                let key = key.clone();
                self.plant(&format!("header {name} at {path}"), |word| {
                    (path.into(), format!("{key}{name}: {word}\r\n"), String::new())
                });
            }
        }
        let path = format!("PUT {}/graph", self.workflow);
        self.plant("header If-Match of a graph", |word| {
            let headers = format!("{key}if-match: {word}\r\ncontent-type: application/json\r\n");
            (path, headers, r#"{"nodes": [], "edges": []}"#.into())
        });
        for (place, line) in [
            ("a header line without a colon", "{word}\r\n"),
            ("a header's name", "{word}: 1\r\n"),
            ("a header with a null byte", "x: {word}\0\r\n"),
            ("a folded header", "x: 1\r\n {word}\r\n"),
        ] {
            let key = key.clone();
            self.plant(place, |word| {
                (
                    "GET /v1/workflows".into(),
                    format!("{key}{}", line.replace("{word}", word)),
                    String::new(),
                )
            });
        }
    }

    /// In request lines: methods, versions, paths and queries.
    pub(super) fn in_lines(&mut self) {
        let (key, workflow) = (self.key(), self.workflow.to_owned());
        for (place, line) in [
            ("a method", "{word} /v1/workflows"),
            ("a method of no route", "{word} /x"),
            ("a version", "GET /v1/workflows HTTP/{word}"),
            ("a path of no route", "GET /{word}"),
            ("a path below v1", "GET /v1/{word}"),
            ("a path of the operator", "GET /v1/admin/{word}"),
            ("a page of the docs", "GET /docs/{word}"),
            ("a path with escapes", "GET /v1/%2e%2e%00/{word}"),
            ("a path that is no text", "GET /v1/workflows/%ff{word}"),
            ("a workflow's id", "GET /v1/workflows/{word}"),
            ("an action of a workflow's id", "POST /v1/workflows/{word}/activate"),
            ("a lead's id", "GET {workflow}/leads/{word}"),
            ("a node's id", "DELETE {workflow}/nodes/{word}"),
            ("an import's id", "GET {workflow}/imports/{word}"),
            ("a call's id", "GET /v1/call-logs/{word}"),
            ("the id of a call that is reported", "POST /v1/call-logs/{word}/status"),
            ("a key's id", "DELETE /v1/keys/{word}"),
            ("a whole URL", "GET http://user:{word}@localhost/v1/workflows"),
            ("a limit", "GET /v1/workflows?limit={word}"),
            ("a status", "GET {workflow}/leads?status={word}"),
            ("an order", "GET {workflow}/leads?sort={word}"),
            ("a cursor", "GET {workflow}/leads?cursor={word}"),
            ("a cursor of events", "GET /v1/events?after={word}"),
            ("a number to look for", "GET /v1/leads?phone_number={word}"),
            ("a flag", "POST {workflow}/cancel?force={word}"),
            ("a broken query", "GET /v1/workflows?status=%ff%zz{word}&%"),
            ("a fragment", "GET /v1/workflows#{word}"),
        ] {
            let key = key.clone();
            let line = line.replace("{workflow}", &workflow);
            self.plant(place, |word| (line.replace("{word}", word), key, String::new()));
        }
        // The whole key in a path, where it is easily put by mistake.
        let credentials = self.credentials.to_owned();
        for line in [
            "DELETE /v1/keys/{key}",
            "GET /v1/workflows?key={key}",
            "GET /{key}",
            "POST /v1/keys/{key}/rotate",
        ] {
            let line = line.replace("{key}", &credentials);
            self.plant("beside a whole key", |_| (line, key.clone(), String::new()));
        }
    }

    /// In bodies that are refused.
    pub(super) fn in_bodies(&mut self) {
        let (key, workflow) = (self.key(), self.workflow.to_owned());
        let deep = format!("{}\"{{word}}\"{}", "[".repeat(100), "]".repeat(100));
        let long = format!("{{\"title\": \"{}\"}}", "{word}".repeat(120_000));
        let made = [("what is too deep", &*deep), ("what is too long", &*long)];
        let made = made.map(|(place, body)| (place, CREATE, JSON, body));
        for (place, line, kind, body) in REFUSED_BODIES.iter().copied().chain(made) {
            let (key, line) = (key.clone(), line.replace("{workflow}", &workflow));
            self.plant(place, |word| (line, format!("{key}{kind}"), body.replace("{word}", word)));
        }
    }
}
