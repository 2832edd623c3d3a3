//! The server: listens, answers, and stops without leaving streams open.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use actix_http::{HttpService, KeepAlive, error::DispatchError};
use actix_service::{IntoServiceFactory as _, ServiceFactory, ServiceFactoryExt as _, map_config};
use actix_web::{
    App,
    dev::{AppConfig, Server, fn_service},
    middleware::from_fn,
    rt::net::TcpStream,
};
use futures_util::future::{Either, select};
use tokio::sync::watch;

use crate::{
    ApiState, configure,
    connection::{self, Encryption, Room},
};

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

    /// Whether somebody has cancelled.
    pub fn is_cancelled(&self) -> bool {
        *self.0.borrow()
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
pub async fn serve(listener: TcpListener, mut state: ApiState) -> io::Result<()> {
    let address = listener.local_addr()?;
    state.loopback_only = address.ip().is_loopback();
    connection::prepare(&listener, &state.limits)?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let connections_max = connection::connections_max(&state.limits).div_ceil(threads);
    let encryption = match &state.tls {
        Some(tls) => Some(Encryption {
            config: Arc::new(tls.server_config().map_err(io::Error::other)?),
            handshake_timeout: tls.files().handshake_timeout,
            hsts: tls.strict_transport_security(),
        }),
        None => None,
    };
    let shutdown = state.shutdown.clone();
    let timeout_s = state.limits.shutdown_timeout.as_secs();
    let server = Server::build()
        .workers(threads)
        // Each thread sees to it that there are no more than it has room for.
        .max_concurrent_connections(usize::MAX / 2)
        .disable_signals()
        .shutdown_timeout(timeout_s)
        .listen("branchline", listener, move || {
            http(&state, address, encryption.clone(), connections_max)
        })?
        .run();
    let handle = server.handle();
    match select(server, Box::pin(shutdown.cancelled())).await {
        Either::Left((ended, _)) => ended,
        Either::Right(((), server)) => {
            futures_util::future::join(handle.stop(true), server).await.1
        }
    }
}

/// What one thread does with the connections that it is given.
fn http(
    state: &ApiState,
    address: SocketAddr,
    encryption: Option<Encryption>,
    connections_max: usize,
) -> impl ServiceFactory<TcpStream, Config = (), Response = (), Error = DispatchError, InitError = ()>
+ use<> {
    let limits = Rc::new(state.limits);
    let room = Room::new(connections_max);
    let shutdown = state.shutdown.clone();
    let app = App::new().wrap(from_fn(connection::attend)).configure(configure(state.clone()));
    let app = app.into_factory().map_err(|error| error.error_response());
    let requests = HttpService::build()
        // The times of a connection are those of `Wire`.
        .keep_alive(KeepAlive::Os)
        .client_request_timeout(Duration::ZERO)
        .client_disconnect_timeout(connection::LINGER)
        // Connections that wait for their next request end at once when the server stops.
        .graceful_shutdown_signal(move || {
            let shutdown = shutdown.clone();
            async move { shutdown.cancelled().await }
        })
        .on_connect_ext(connection::introduce)
        .local_addr(address)
        .h1(map_config(app, |()| AppConfig::default()));
    fn_service(move |stream| {
        connection::accept(stream, Rc::clone(&room), encryption.clone(), Rc::clone(&limits))
    })
    .map_err(DispatchError::Io)
    .and_then(requests)
}
