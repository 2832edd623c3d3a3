//! Waits until somebody wants the program to stop.

/// Resolves on Ctrl-C, and on the termination signal that service managers send.
pub(crate) async fn stop_requested() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = tokio::signal::ctrl_c() => {}
                }
                return;
            }
            Err(error) => tracing::warn!(%error, "the termination signal cannot be heard"),
        }
    }
    if let Err(error) = tokio::signal::ctrl_c().await {
        tracing::error!(%error, "Ctrl-C cannot be heard: kill the process to stop it");
        std::future::pending::<()>().await;
    }
}

/// The hang-up signal, by which service managers ask that files are read again. Where nobody listens
/// it ends the program, as when a terminal is closed.
#[derive(Debug)]
pub(crate) struct Hangups(Option<tokio::signal::unix::Signal>);

impl Hangups {
    /// Listens from now on, if there is something to read again.
    pub(crate) fn listen(wanted: bool) -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        if !wanted {
            return Self(None);
        }
        let heard = signal(SignalKind::hangup());
        if let Err(error) = &heard {
            tracing::warn!(%error, "SIGHUP cannot be heard: changed files are found by looking");
        }
        Self(heard.ok())
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) {
        match &mut self.0 {
            Some(signal) => {
                signal.recv().await;
            }
            None => std::future::pending().await,
        }
    }
}
