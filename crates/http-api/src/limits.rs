//! How much a request, a connection and a caller may take. Each limit is a setting of the `[limits]`
//! table; what is answered beyond it is in docs/http-limits.md.

use std::time::Duration;

use serde::{Deserialize, Deserializer};

/// The limits of an API and of the server that [`crate::serve`] runs. No `Default`:
/// `config/default.toml` is the only place where defaults live, and [`Limits::embedded`] reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Longest JSON body. Unit: bytes.
    pub json_body_max_bytes: usize,
    /// Lists and objects within each other in a JSON body. Unit: levels.
    pub json_depth_max: usize,
    /// Longest upload of a file. Unit: bytes.
    pub file_max_bytes: usize,
    /// What a workbook may unpack to, a quarter of it in texts and styles. Unit: bytes.
    pub workbook_max_bytes: u64,
    /// All JSON bodies that are in memory at once. Unit: bytes.
    pub bodies_max_bytes: usize,
    /// Longest path with its query. Unit: bytes.
    pub url_max_bytes: usize,
    /// Parameters in a query. Unit: parameters.
    pub query_parameters_max: usize,
    /// Longest request line with all headers. Unit: bytes.
    pub head_max_bytes: usize,
    /// Headers of a request; the library below takes no more than 96. Unit: headers.
    pub headers_max: usize,
    /// How long request line and headers may take to come in.
    #[serde(rename = "head_timeout_s", deserialize_with = "seconds")]
    pub head_timeout: Duration,
    /// How long the next piece of a body may take.
    #[serde(rename = "body_idle_s", deserialize_with = "seconds")]
    pub body_idle: Duration,
    /// How fast a body must come in, on the whole, once [`Self::body_idle`] has passed. Unit: bytes a
    /// second.
    pub body_min_bytes_per_s: u64,
    /// How long an answer may wait for its reader to take more of it.
    #[serde(rename = "answer_stall_s", deserialize_with = "seconds")]
    pub answer_stall: Duration,
    /// What the kernel keeps of an answer for one connection. Unit: bytes.
    pub answer_buffer_bytes: usize,
    /// How long a connection may wait for its next request.
    #[serde(rename = "keep_alive_s", deserialize_with = "seconds")]
    pub keep_alive: Duration,
    /// Connections at once. Unit: connections.
    pub connections_max: usize,
    /// Connections that wait to be taken. Unit: connections.
    pub backlog: u32,
    /// Requests of one key in a second, and at once. Unit: requests.
    pub requests_per_s: u32,
    /// Unit: requests.
    pub requests_burst: u32,
    /// What one key reports of calls in a second, and at once. Unit: requests.
    pub intake_per_s: u32,
    /// Unit: requests.
    pub intake_burst: u32,
    /// Requests with a wrong key from one address in a minute. Unit: requests.
    pub bad_keys_per_min: u32,
    /// Streams of events that are open at once. Unit: streams.
    pub streams_max: usize,
    /// The same, of one key. Unit: streams.
    pub streams_per_key_max: usize,
    /// How often a stream says that it lives while nothing happens.
    #[serde(rename = "stream_heartbeat_s", deserialize_with = "seconds")]
    pub stream_heartbeat: Duration,
    /// How far behind a reader may fall that had caught up, before it is told to `resync`. Unit: records.
    pub stream_lag_max_records: u64,
    /// How long a stop waits for requests that are under way. Event streams end at once. Its setting is
    /// `server.shutdown_timeout_s`.
    #[serde(skip)]
    pub shutdown_timeout: Duration,
}

/// What is read of `config/default.toml` here.
#[derive(Deserialize)]
struct DefaultFile {
    server: ServerTable,
    limits: Limits,
}

#[derive(Deserialize)]
struct ServerTable {
    #[serde(deserialize_with = "seconds")]
    shutdown_timeout_s: Duration,
}

impl Limits {
    /// The defaults, as `config/default.toml` has them.
    ///
    /// # Panics
    ///
    /// Never: a test reads the embedded file.
    #[expect(clippy::expect_used, reason = "the embedded file is read by a test")]
    pub fn embedded() -> Self {
        let file: DefaultFile = toml::from_str(include_str!("../../../config/default.toml"))
            .expect("the embedded defaults are well formed");
        Self { shutdown_timeout: file.server.shutdown_timeout_s, ..file.limits }
    }
}

/// A number of whole seconds.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_limits_can_be_read_and_leave_room_for_what_the_routes_need() {
        let limits = Limits::embedded();
        assert!(limits.json_body_max_bytes <= limits.bodies_max_bytes);
        assert!(limits.url_max_bytes < limits.head_max_bytes);
        assert!(limits.headers_max <= 96);
        assert!(limits.shutdown_timeout > Duration::ZERO);
    }
}
