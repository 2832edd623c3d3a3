//! The signals that the program hears. They are listened to before anybody can know that the server is
//! there: one that comes earlier ends the process, as it does any other.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// All of them.
#[derive(Debug)]
pub(crate) struct Signals {
    pub(crate) stops: Stops,
    pub(crate) hangups: Hangups,
}

impl Signals {
    /// Listens from now on, to hang-ups only if there is something to read again.
    pub(crate) fn listen(reloads: bool) -> Self {
        Self {
            stops: Stops {
                terminate: heard(SignalKind::terminate(), "SIGTERM"),
                interrupt: heard(SignalKind::interrupt(), "Ctrl-C"),
            },
            hangups: Hangups(if reloads { heard(SignalKind::hangup(), "SIGHUP") } else { None }),
        }
    }
}

fn heard(kind: SignalKind, name: &str) -> Option<Signal> {
    match signal(kind) {
        Ok(signal) => Some(signal),
        Err(error) => {
            tracing::warn!(%error, "{name} cannot be heard");
            None
        }
    }
}

/// Waits for a signal; for ever when it cannot be heard.
async fn next(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

/// Somebody wants the program to stop: Ctrl-C, or the signal that service managers send.
#[derive(Debug)]
pub(crate) struct Stops {
    terminate: Option<Signal>,
    interrupt: Option<Signal>,
}

impl Stops {
    /// Waits for it.
    pub(crate) async fn requested(&mut self) {
        tokio::select! {
            () = next(&mut self.terminate) => {}
            () = next(&mut self.interrupt) => {}
        }
    }
}

/// The hang-up signal, by which service managers ask that files are read again. Where nobody listens
/// it ends the program, as when a terminal is closed.
#[derive(Debug)]
pub(crate) struct Hangups(Option<Signal>);

impl Hangups {
    /// Waits for the next one.
    pub(crate) async fn next(&mut self) {
        next(&mut self.0).await;
    }
}
