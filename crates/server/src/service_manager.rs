//! What systemd, or whoever speaks its protocol, is told of the server: that it is ready, that it
//! lives, that it stops. Without `NOTIFY_SOCKET` nobody is told anything.
//!
//! Source: `sd_notify(3)`.

use std::{convert::Infallible, env, fmt::Display, time::Duration};

use branchline_engine::{EngineError, EngineHandle, command::Caller};
use sd_notify::NotifyState;
use tokio::time::{sleep, timeout};

/// How often is looked whether a starting server is ready.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How often the status line is told without a watchdog.
const STATUS_EVERY: Duration = Duration::from_secs(30);
/// Signs of life in one time of the watchdog: three may be late before it acts.
const BEATS: u32 = 4;

/// Whether somebody wants to be told.
pub(crate) fn is_there() -> bool {
    env::var_os("NOTIFY_SOCKET").is_some()
}

/// The journal is being opened, which takes its time when it is large.
pub(crate) fn opening() {
    tell(&[NotifyState::Status("opening the journal")]);
}

/// No more requests are taken.
pub(crate) fn stopping() {
    tell(&[NotifyState::Stopping, NotifyState::Status("stopping: requests under way end")]);
}

/// Tells once that the server at this URL is ready, when it is; then that it lives, for as long as
/// its engine answers. Never ends.
pub(crate) async fn attend(engine: &EngineHandle, url: &str) -> Infallible {
    if !is_there() {
        return std::future::pending().await;
    }
    while !engine.health().ready {
        sleep(LOOK_EVERY).await;
    }
    tell(&[NotifyState::Ready, NotifyState::Status(&format!("ready at {url}"))]);
    let watchdog = sd_notify::watchdog_enabled();
    let every = watchdog.map_or(STATUS_EVERY, |limit| limit / BEATS);
    loop {
        match beat(ask(engine), every).await {
            Ok(()) => {
                let health = engine.health();
                let status = format!(
                    "serving {url}: {} records, {} leads in memory",
                    health.position, health.lead_actors
                );
                match watchdog {
                    Some(_) => tell(&[NotifyState::Watchdog, NotifyState::Status(&status)]),
                    None => tell(&[NotifyState::Status(&status)]),
                }
                sleep(every).await;
            }
            Err(reason) => {
                tracing::error!(%reason, "the engine does not answer; the watchdog is not told");
                tell(&[NotifyState::Status(&format!("the engine does not answer: {reason}"))]);
                sleep(every / BEATS).await;
            }
        }
    }
}

/// Goes the way of every command, to the engine's thread and back, and asks for nothing.
async fn ask(engine: &EngineHandle) -> Result<(), EngineError> {
    engine.tell_of_calls(&Caller::host(), Vec::new()).await.map(drop)
}

/// Waits for an answer, but not long.
///
/// # Errors
///
/// Why there is none.
async fn beat<E: Display>(
    asking: impl Future<Output = Result<(), E>>,
    patience: Duration,
) -> Result<(), String> {
    match timeout(patience, asking).await {
        Ok(answer) => answer.map_err(|error| error.to_string()),
        Err(_) => Err(format!("nothing came within {} ms", patience.as_millis())),
    }
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the service manager in NOTIFY_SOCKET cannot be told");
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[test]
    fn an_engine_lives_when_it_answers_and_in_no_other_case() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let patience = Duration::from_millis(5);
        runtime.block_on(async {
            assert_eq!(beat(ready(Ok::<_, EngineError>(())), patience).await, Ok(()));
            let refused = beat(ready(Err(EngineError::Busy)), patience).await.unwrap_err();
            assert_eq!(refused, EngineError::Busy.to_string());
            let silent = beat(pending::<Result<(), EngineError>>(), patience).await.unwrap_err();
            assert!(silent.contains("5 ms"), "{silent}");
        });
    }
}
