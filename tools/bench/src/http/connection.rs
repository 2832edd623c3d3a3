//! One connection that is kept open, and as little of HTTP/1.1 as the API's answers need: a driver
//! that costs little leaves the processors to the server.

use std::{
    future::poll_fn,
    io,
    mem::MaybeUninit,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll, ready},
};

use anyhow::{Context as _, bail};
use tokio::{
    io::{AsyncRead as _, ReadBuf},
    net::TcpStream,
};

/// Read at once, on the stack. Unit: bytes.
const PIECE_BYTES: usize = 8 * 1024;

/// Longest head of an answer. Unit: bytes.
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// A connection: one request at a time.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    /// What came; one answer at most, because the next request waits for it.
    inbox: Vec<u8>,
}

/// Status and body of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reply<'a> {
    pub(crate) status: u16,
    pub(crate) body: &'a [u8],
}

/// Where an answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shape {
    status: u16,
    head: usize,
    body: usize,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await.context("the server takes no connection")?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, inbox: Vec::new() })
    }

    /// Sends a request as it is, and waits for the answer.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> anyhow::Result<Reply<'_>> {
        self.inbox.clear();
        let mut rest = request;
        while !rest.is_empty() {
            match self.stream.try_write(rest) {
                Ok(written) => rest = rest.get(written..).unwrap_or_default(),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    self.stream.writable().await?;
                }
                Err(error) => return Err(error).context("the server closed the connection"),
            }
        }
        let shape = loop {
            let come = poll_fn(|task| self.poll_inbox(task)).await;
            if come.context("the answer cannot be read")? == 0 {
                bail!("the server closed the connection");
            }
            if let Some(shape) = shape(&self.inbox)?
                && self.inbox.len() >= shape.head + shape.body
            {
                break shape;
            }
        };
        let Shape { status, head, body } = shape;
        anyhow::ensure!(self.inbox.len() == head + body, "more came than one answer");
        Ok(Reply { status, body: self.inbox.get(head..).unwrap_or_default() })
    }

    /// Takes what has come. Gives its bytes, none at the end.
    fn poll_inbox(&mut self, task: &mut Context<'_>) -> Poll<io::Result<usize>> {
        // Less than asked for tells tokio that nothing is left, which saves a read in vain each time.
        let mut piece = [MaybeUninit::uninit(); PIECE_BYTES];
        let mut piece = ReadBuf::uninit(&mut piece);
        ready!(Pin::new(&mut self.stream).poll_read(task, &mut piece))?;
        self.inbox.extend_from_slice(piece.filled());
        Poll::Ready(Ok(piece.filled().len()))
    }
}

/// The shape of an answer, once its head is there.
fn shape(bytes: &[u8]) -> anyhow::Result<Option<Shape>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        anyhow::ensure!(bytes.len() <= HEAD_BYTES_MAX, "the head of an answer does not end");
        return Ok(None);
    };
    let head = std::str::from_utf8(bytes.get(..end).unwrap_or_default())?;
    let mut lines = head.split("\r\n");
    let status =
        lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok());
    let body = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok()).flatten()
    });
    let status = status.with_context(|| format!("no answer of HTTP/1.1: {head}"))?;
    let body = body.with_context(|| format!("an answer without a length: {head}"))?;
    Ok(Some(Shape { status, head: end + 4, body }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_ends_where_its_length_says() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nx: y\r\n\r\n{}";
        assert_eq!(shape(answer).unwrap(), Some(Shape { status: 200, head: 44, body: 2 }));
        assert_eq!(shape(&answer[..40]).unwrap(), None);
    }

    #[test]
    fn what_is_no_answer_is_told() {
        assert!(shape(b"SSH-2.0-x\r\n\r\n").is_err());
        assert!(shape(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
        assert!(shape(&vec![b'x'; HEAD_BYTES_MAX + 1]).is_err());
    }
}
