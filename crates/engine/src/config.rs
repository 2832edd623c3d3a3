//! What the engine is told at start.

use serde::Deserialize;

/// Read once at start, then passed by value. No `Default`: `config/default.toml` is the only place
/// where defaults live, and it is embedded in the binary; [`EngineConfig::embedded`] reads it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EngineConfig {
    /// Commands from hosts that may be under way at once; one more is answered with Busy. Unit:
    /// commands.
    pub host_channel_capacity: usize,
    /// A lead actor idle this long leaves memory; its next message rebuilds it. Unit: milliseconds.
    pub lead_idle_ms: u64,
    /// Lead actors in memory at once; beyond that the longest idle ones leave. Those that only timers
    /// and sweeps asked for get an eighth of it and leave first. Unit: actors.
    pub lead_actors_max: usize,
    /// Rebuilds of one lead that may fail before it is set aside. Unit: attempts.
    pub lead_rebuilds_max: u32,
    /// Times a decision is made anew because its workflow moved on. Unit: attempts.
    pub decide_attempts_max: u32,
    /// Leads that timers and sweeps (after activate, resume or an edit) each have under way at once,
    /// and so does one batch of lead actions. Unit: leads.
    pub sweep_in_flight: usize,
    /// Leads that timers and sweeps together ask to go on in one second. Unit: leads a second.
    pub drain_per_s: u32,
    /// How long a read waits for what was written before it. Unit: milliseconds.
    pub read_wait_ms: u64,
    /// Records after which the read models are saved again at a quiet moment; without such a moment
    /// after ten times as many, and at a stop after a tenth. A start folds what came after. Unit:
    /// records.
    pub checkpoint_records: u64,
    /// Calls handed to a carrier of our own that may be under way at once. Unit: calls.
    pub calls_in_flight_max: usize,
    /// Tries of application steps that may be under way at once. Unit: tries.
    pub applications_in_flight_max: usize,
    /// Longest hand-out of calls to an external carrier. Unit: seconds.
    pub claim_lease_s_max: u32,
    /// Calls in one hand-out. Unit: calls.
    pub claim_max: usize,
    /// Leads enrolled by one request. Unit: leads.
    pub enrol_max: usize,
    /// Messages of providers that could not be used and wait for a person, in one organisation; one
    /// more is refused, so that whoever sends it keeps it. Unit: messages.
    pub unmatched_provider_events_max: usize,
    /// A list up to this long is answered when its leads are enrolled; a longer one when it is
    /// checked and its import is open. Unit: rows.
    pub import_wait_rows: u32,
}

/// The `[engine]` table of `config/default.toml`.
#[derive(Deserialize)]
struct DefaultFile {
    engine: EngineConfig,
}

impl EngineConfig {
    /// The defaults, as `config/default.toml` has them.
    ///
    /// # Panics
    ///
    /// Never: a test reads the embedded file.
    #[expect(clippy::expect_used, reason = "the embedded file is read by a test")]
    pub fn embedded() -> Self {
        toml::from_str::<DefaultFile>(include_str!("../../../config/default.toml"))
            .expect("the embedded defaults are well formed")
            .engine
    }
}
