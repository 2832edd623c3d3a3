//! What carries the bytes: a socket, with TLS or without.

use std::{
    fs,
    future::poll_fn,
    io,
    net::{SocketAddr, TcpListener},
    pin::{Pin, pin},
    rc::Rc,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use actix_web::{http::header::HeaderValue, rt::net::TcpStream};
use futures_util::future::{Either, select};
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::{
    Room,
    bare_answer::Complaint,
    wire::{LINGER, Wire},
};
use crate::limits::Limits;

/// Files that the process may have open besides connections. Unit: files.
const OTHER_FILES: usize = 256;

/// A connection, as the operating system or TLS gives it.
pub(super) enum Transport {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// How connections begin that are encrypted.
#[derive(Clone)]
pub(crate) struct Encryption {
    pub(crate) config: Arc<rustls::ServerConfig>,
    pub(crate) handshake_timeout: Duration,
    /// `Strict-Transport-Security`, unless it is switched off.
    pub(crate) hsts: Option<HeaderValue>,
}

/// Sets what the kernel does for the connections of a listener, which inherit it: how many wait, how much
/// of an answer it keeps for each, and when it gives up on one whose other end is gone or takes nothing.
///
/// # Errors
///
/// What the operating system says.
pub(crate) fn prepare(listener: &TcpListener, limits: &Limits) -> io::Result<()> {
    let socket = SockRef::from(listener);
    socket.listen(i32::try_from(limits.backlog).unwrap_or(i32::MAX))?;
    socket.set_send_buffer_size(limits.answer_buffer_bytes)?;
    socket.set_tcp_nodelay(true)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(limits.answer_stall))?;
    Ok(())
}

/// How many connections there is room for: as many as the setting says, or as the process may have open.
pub(crate) fn connections_max(limits: &Limits) -> usize {
    let wanted = limits.connections_max.max(1);
    let Some(files) = open_files_max() else { return wanted };
    let most = files.saturating_sub(OTHER_FILES).max(files / 2).max(1);
    if most < wanted {
        tracing::warn!(
            "the process may have {files} files open, so at most {most} connections are taken and not \
             {wanted}: raise `ulimit -n`, or lower `limits.connections_max`"
        );
    }
    wanted.min(most)
}

/// The soft limit of open files. `None` where the system does not say.
fn open_files_max() -> Option<usize> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Takes a connection, when there is room for it.
///
/// # Errors
///
/// There is no room, which a plain connection is told; or the TLS handshake fails, or takes too long.
pub(crate) async fn accept(
    stream: TcpStream,
    room: Rc<Room>,
    encryption: Option<Encryption>,
    limits: Rc<Limits>,
) -> io::Result<(Wire, Option<SocketAddr>)> {
    let peer = stream.peer_addr().ok();
    let Some(seat) = room.enter() else {
        if encryption.is_none()
            && let Some(_turning) = room.turn_away()
        {
            turn_away(stream).await;
        }
        return Err(io::Error::other("there are too many connections"));
    };
    let (io, hsts) = match encryption {
        None => (Transport::Plain(stream), None),
        Some(Encryption { config, handshake_timeout, hsts }) => {
            let handshake = TlsAcceptor::from(config).accept(stream);
            let handshake = tokio::time::timeout(handshake_timeout, handshake);
            let evicted = poll_fn(|context| seat.connection.poll_evicted(context));
            match select(pin!(handshake), evicted).await {
                Either::Left((stream, _)) => (Transport::Tls(Box::new(stream??)), hsts),
                Either::Right(_) => return Err(io::Error::other("another one takes its place")),
            }
        }
    };
    Ok((Wire::new(io, seat, limits, hsts), peer))
}

/// Tells a connection that there is no room, and takes what it sends for a moment: closing at once would make
/// the kernel reset the connection, and the word could be lost.
async fn turn_away(mut stream: TcpStream) {
    let told = async {
        let words = Complaint::TooManyConnections.in_words(None);
        poll_fn(|context| Pin::new(&mut stream).poll_write(context, &words)).await?;
        poll_fn(|context| Pin::new(&mut stream).poll_shutdown(context)).await?;
        let mut scrap = [0; 1_024];
        loop {
            stream.readable().await?;
            match stream.try_read(&mut scrap) {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    };
    // Whether it arrived is not ours to know.
    let _told = tokio::time::timeout(LINGER, told).await;
}

impl AsyncRead for Transport {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Transport {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
