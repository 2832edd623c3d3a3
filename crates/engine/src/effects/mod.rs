//! What follows from committed records: dials, timers, sweeps, hand-outs.

use std::rc::Rc;

use crate::{
    EngineError,
    command::Caller,
    core::Core,
    ports::{DialRequest, Phones},
};

/// Starts everything that follows from committed records. Called once, after what a crash left
/// half done was mended. A carrier of our own is attached already.
pub(crate) fn start(_core: &Rc<Core>, phones: Phones) {
    tracing::debug!(?phones, "effects are not wired in yet");
}

/// Hands out requested calls to an external carrier, each once.
#[expect(clippy::unused_async, reason = "hand-outs wait for the journal")]
pub(crate) async fn claim(
    _core: Rc<Core>,
    _caller: Caller,
    _max: usize,
    _lease_s: u32,
) -> Result<Vec<DialRequest>, EngineError> {
    Err(EngineError::Invalid { field: "max", problem: "nothing can be claimed yet".into() })
}
