//! Raw sockets to a server: what is sent is exactly what is written here.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

use branchline_http_api::{ApiState, serve};
use serde_json::Value;

/// Longest wait for a byte that must come. A server that does not answer fails its test here.
const PATIENCE: Duration = Duration::from_mins(1);

/// A server on a port of its own.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    state: ApiState,
    running: actix_web::rt::task::JoinHandle<std::io::Result<()>>,
}

impl Served {
    pub(crate) fn start(state: &ApiState) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let running = actix_web::rt::spawn(serve(listener, state.clone()));
        Self { address, state: state.clone(), running }
    }

    /// Runs blocking code against the server, on a thread of its own.
    pub(crate) async fn with<T: Send + 'static>(
        &self,
        ask: impl FnOnce(SocketAddr) -> T + Send + 'static,
    ) -> T {
        let address = self.address;
        let asking = actix_web::rt::task::spawn_blocking(move || ask(address));
        match asking.await {
            Ok(told) => told,
            Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
        }
    }

    pub(crate) async fn stop(self) {
        self.state.shutdown.cancel();
        self.running.await.unwrap().unwrap();
    }
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Sends bytes on a new connection and reads all that comes back until it ends.
pub(crate) fn say(address: SocketAddr, bytes: impl AsRef<[u8]>) -> Vec<Told> {
    let mut stream = connect(address);
    stream.write_all(bytes.as_ref()).unwrap();
    told(&mut stream)
}

/// The same, and closes our half, so that the server ends the connection when it has answered.
pub(crate) fn say_all(address: SocketAddr, bytes: impl AsRef<[u8]>) -> Vec<Told> {
    let mut stream = connect(address);
    stream.write_all(bytes.as_ref()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    told(&mut stream)
}

/// One answer, as it came over the wire.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Told {
    /// A header; empty when it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        let line = self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        });
        line.unwrap_or_default()
    }

    /// The problem document, when status and code are these.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        assert_eq!(self.header("x-content-type-options"), "nosniff", "{self:?}");
        assert!(!self.header("x-request-id").is_empty(), "{self:?}");
        let body: Value = serde_json::from_slice(&self.body).unwrap();
        assert_eq!((&body["code"], &body["status"]), (&code.into(), &status.into()), "{body}");
        body
    }
}

/// All answers until the connection ends. Everything that came must be part of one.
pub(crate) fn told(stream: &mut TcpStream) -> Vec<Told> {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => panic!("{error} after {}", String::from_utf8_lossy(&bytes)),
    }
    answers(&bytes)
}

/// Cuts bytes into answers.
pub(crate) fn answers(mut bytes: &[u8]) -> Vec<Told> {
    let mut told = Vec::new();
    while !bytes.is_empty() {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("no head: {}", String::from_utf8_lossy(bytes)));
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        assert!(head.starts_with("HTTP/1."), "{head}");
        let status = head[9..12].parse().unwrap();
        let mut answer = Told { status, head, body: Vec::new() };
        let length = answer.header("content-length").parse().unwrap_or(0);
        let rest = &bytes[end + 4..];
        assert!(rest.len() >= length, "the body is cut off: {answer:?}");
        answer.body = rest[..length].to_vec();
        bytes = &rest[length..];
        told.push(answer);
    }
    told
}
