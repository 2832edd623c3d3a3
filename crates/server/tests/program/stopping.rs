//! A stop: what ends at once, what is seen through, and in which order.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    client::expect,
    server::{Running, eventually},
};

fn connect(address: SocketAddr) -> TcpStream {
    let connection = TcpStream::connect(address).unwrap();
    connection.set_read_timeout(Some(Duration::from_mins(2))).unwrap();
    connection
}

/// Reads until this text has come.
fn read_until(connection: &mut TcpStream, text: &str) -> String {
    let mut read = Vec::new();
    let mut piece = [0; 4_096];
    loop {
        let length = connection.read(&mut piece).unwrap();
        assert!(length > 0, "it ended before `{text}`: {}", String::from_utf8_lossy(&read));
        read.extend_from_slice(&piece[..length]);
        let told = String::from_utf8_lossy(&read);
        if told.contains(text) {
            return told.into_owned();
        }
    }
}

/// Reads what is left, to the end of the connection.
fn read_to_end(connection: &mut TcpStream) -> String {
    let mut read = String::new();
    connection.read_to_string(&mut read).unwrap();
    read
}

/// Asks to make a workflow, and keeps the last bytes of the body back.
fn half_a_request(address: SocketAddr) -> (TcpStream, String) {
    let mut connection = connect(address);
    let body = json!({ "title": "Made while the server stopped" }).to_string();
    let (first, rest) = body.split_at(10);
    write!(
        connection,
        "POST /v1/workflows HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         expect: 100-continue\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )
    .unwrap();
    // Its handler asks for the body: it is under way.
    read_until(&mut connection, "100 Continue");
    connection.write_all(first.as_bytes()).unwrap();
    (connection, rest.to_owned())
}

#[test]
fn streams_end_at_once_and_what_is_under_way_is_answered_and_kept() {
    let directory = tempfile::tempdir().unwrap();
    let patient = [("BRANCHLINE_SERVER_SHUTDOWN_TIMEOUT_S", "200")];
    let server = Running::start_with("serve", directory.path(), &[], &patient);
    let address = server.address;

    let mut stream = connect(address);
    let accept = "accept: text/event-stream";
    write!(stream, "GET /v1/events HTTP/1.1\r\nhost: {address}\r\n{accept}\r\n\r\n").unwrap();
    read_until(&mut stream, "retry:");
    let mut idle = connect(address);
    write!(idle, "GET /readyz HTTP/1.1\r\nhost: {address}\r\n\r\n").unwrap();
    read_until(&mut idle, "\"ready\":true");
    let (mut slow, rest) = half_a_request(address);

    server.signal("TERM");
    // Nobody has to wait for the slow one: these end while it is under way.
    read_to_end(&mut stream);
    read_to_end(&mut idle);
    eventually("nobody is let in any more", || TcpStream::connect(address).err());

    slow.write_all(rest.as_bytes()).unwrap();
    let answer = read_to_end(&mut slow);
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let body: Value = serde_json::from_str(answer.rsplit("\r\n\r\n").next().unwrap()).unwrap();
    assert!(server.wait().success());

    let again = Running::start("serve", directory.path(), &[]);
    let path = format!("/v1/workflows/{}", body["id"].as_str().unwrap());
    let kept = expect(again.address, 200, "GET", &path, None);
    assert_eq!(kept["title"], "Made while the server stopped");
}

#[test]
fn a_request_that_never_comes_to_its_end_keeps_no_server_from_stopping() {
    let directory = tempfile::tempdir().unwrap();
    let impatient = [("BRANCHLINE_SERVER_SHUTDOWN_TIMEOUT_S", "1")];
    let server = Running::start_with("serve", directory.path(), &[], &impatient);
    let (slow, _rest) = half_a_request(server.address);
    assert!(server.stop().success());
    drop(slow);
    let again = Running::start("serve", directory.path(), &[]);
    let list = expect(again.address, 200, "GET", "/v1/workflows", None);
    assert_eq!(list["meta"]["total"], 0);
}
