//! As much of HTTP as a test needs.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
};

use serde_json::Value;

/// Sends one request and reads the whole answer. `None` when the connection breaks.
pub(crate) fn ask(
    address: SocketAddr,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> Option<(u16, Value)> {
    let body = body.map(Value::to_string).unwrap_or_default();
    send(address, method, path, "application/json", &body)
}

/// Sends a CSV file.
#[track_caller]
pub(crate) fn upload(address: SocketAddr, path: &str, file: &str) -> (u16, Value) {
    send(address, "POST", path, "text/csv", file).unwrap()
}

/// Asks as the operator does, with the words of a data directory's `admin-token`.
pub(crate) fn ask_as_operator(
    address: SocketAddr,
    token: &str,
    method: &str,
    path: &str,
) -> Option<(u16, Value)> {
    send_with(address, method, path, &format!("authorization: Bearer {token}\r\n"), "")
}

fn send(
    address: SocketAddr,
    method: &str,
    path: &str,
    kind: &str,
    body: &str,
) -> Option<(u16, Value)> {
    let kind = if body.is_empty() { String::new() } else { format!("content-type: {kind}\r\n") };
    send_with(address, method, path, &kind, body)
}

fn send_with(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &str,
    body: &str,
) -> Option<(u16, Value)> {
    let mut stream = TcpStream::connect(address).ok()?;
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{headers}content-length: \
         {}\r\n\r\n{body}",
        body.len()
    )
    .ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, serde_json::from_str(body).unwrap_or(Value::Null)))
}

/// [`ask`], with an answer that must be this status.
#[track_caller]
pub(crate) fn expect(
    address: SocketAddr,
    status: u16,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> Value {
    let (found, answer) = ask(address, method, path, body).unwrap();
    assert_eq!(found, status, "{method} {path}: {answer}");
    answer
}
