//! The server: listens, answers, and stops without leaving streams open.

use std::{net::TcpListener, sync::Arc};

use actix_web::{App, HttpServer};
use futures_util::future::{Either, select};
use tokio::sync::watch;

use crate::{ApiState, configure};

/// Ends event streams and the server. Clones are one and the same.
#[derive(Clone, Debug)]
pub struct Shutdown(Arc<watch::Sender<bool>>);

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}

impl Shutdown {
    /// Not cancelled yet.
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    /// Stops, for good.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }

    /// Waits until somebody cancels.
    pub async fn cancelled(&self) {
        let mut stopping = self.0.subscribe();
        // The sender lives in `self`, so waiting cannot fail.
        let _stopped = stopping.wait_for(|stopped| *stopped).await;
    }
}

/// Answers requests on a bound listener until [`ApiState::shutdown`] is cancelled, then lets what is
/// under way end. Runs on any tokio runtime. Whether the address is allowed is the caller's to
/// [`check`](crate::check_listen) before.
///
/// # Errors
///
/// What the operating system says about the listener.
pub async fn serve(listener: TcpListener, mut state: ApiState) -> std::io::Result<()> {
    state.loopback_only = listener.local_addr()?.ip().is_loopback();
    let shutdown = state.shutdown.clone();
    let timeout_s = state.limits.shutdown_timeout.as_secs();
    let tls = state.tls.clone();
    let server = HttpServer::new(move || App::new().configure(configure(state.clone())))
        .disable_signals()
        .shutdown_timeout(timeout_s);
    let server = match &tls {
        None => server.listen(listener)?,
        Some(tls) => server
            .tls_handshake_timeout(tls.files().handshake_timeout)
            .listen_rustls_0_23(listener, tls.server_config().map_err(std::io::Error::other)?)?,
    };
    let server = server.run();
    let handle = server.handle();
    match select(server, Box::pin(shutdown.cancelled())).await {
        Either::Left((ended, _)) => ended,
        Either::Right(((), server)) => {
            futures_util::future::join(handle.stop(true), server).await.1
        }
    }
}
