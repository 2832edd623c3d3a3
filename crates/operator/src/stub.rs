//! Servers that answer what a test wants.

use std::{
    io::{BufRead as _, BufReader, Read, Write},
    net::TcpListener,
    thread::{self, JoinHandle},
};

use clap::Parser;

use crate::client::{Server, ServerFlags};

/// Flags that name a server.
#[derive(Parser)]
pub(crate) struct Flags {
    #[command(flatten)]
    pub(crate) server: ServerFlags,
}

/// A request as a server saw it.
#[derive(Debug)]
pub(crate) struct Seen {
    /// Method and target.
    pub(crate) line: String,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

/// Answers one connection each, in order, and gives back what was asked.
pub(crate) fn stub(answers: Vec<String>) -> (String, JoinHandle<Vec<Seen>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serving = thread::spawn(move || {
        let serve = |answer: String| {
            let (stream, _) = listener.accept().unwrap();
            let seen = read_request(&stream);
            write_all(&stream, &answer);
            seen
        };
        answers.into_iter().map(serve).collect()
    });
    (url, serving)
}

pub(crate) fn read_request(stream: impl Read) -> Seen {
    let mut reader = BufReader::new(stream);
    let (mut line, mut head) = (String::new(), String::new());
    reader.read_line(&mut line).unwrap();
    loop {
        let begun = head.len();
        reader.read_line(&mut head).unwrap();
        if head[begun..].trim().is_empty() {
            break;
        }
    }
    let mut seen = Seen { line: line.trim().to_owned(), head, body: Vec::new() };
    let length = seen.header("content-length").map_or(0, |text| text.parse().unwrap());
    seen.body = vec![0; length];
    reader.read_exact(&mut seen.body).unwrap();
    seen
}

pub(crate) fn write_all(mut stream: impl Write, answer: &str) {
    stream.write_all(answer.as_bytes()).unwrap();
    stream.flush().unwrap();
}

pub(crate) fn answer(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\n{headers}connection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

pub(crate) fn ok(body: &str) -> String {
    answer("200 OK", "content-type: application/json\r\n", body)
}

pub(crate) fn busy() -> String {
    answer("503 Service Unavailable", "retry-after: 0\r\n", r#"{"code": "busy", "detail": "busy"}"#)
}

/// What breaks off in the middle.
pub(crate) fn broken() -> String {
    "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".to_owned()
}

impl Flags {
    /// What a command line says.
    pub(crate) fn of(flags: &[&str]) -> Self {
        Self::parse_from([&["test"], flags].concat())
    }
}

/// The client of a server.
pub(crate) fn server(url: &str, more: &[&str]) -> Server {
    Flags::of(&[&["--url", url], more].concat()).server.server().unwrap()
}
