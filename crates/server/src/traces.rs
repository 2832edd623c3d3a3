//! Spans of requests, sent to a collector of traces. Compiled in with the feature `otlp` only: most
//! servers need none of it, and it is a quarter of the dependencies.

#[cfg(feature = "otlp")]
mod otlp;

use branchline_http_api::RequestSpans;
use tracing_subscriber::{Layer, Registry};

use crate::config::TraceConfig;

/// Takes spans.
pub(crate) type SpanLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// What takes spans, if they are to be sent.
///
/// # Errors
///
/// When they are and this program cannot, or a setting is wrong.
#[cfg(feature = "otlp")]
pub(crate) fn start(config: &TraceConfig) -> anyhow::Result<Option<SpanLayer>> {
    if config.otlp_endpoint.is_empty() { Ok(None) } else { otlp::start(config).map(Some) }
}

/// What takes spans: nothing, in this program.
///
/// # Errors
///
/// When somebody wants them.
#[cfg(not(feature = "otlp"))]
pub(crate) fn start(config: &TraceConfig) -> anyhow::Result<Option<SpanLayer>> {
    if config.otlp_endpoint.is_empty() {
        return Ok(None);
    }
    anyhow::bail!(
        "trace.otlp_endpoint is set, and this branchline was built without traces: build it with \
         `cargo build --release -p branchline --features otlp` (service {}, {} % of traces), or leave \
         the endpoint empty",
        config.service_name,
        config.sample_percent
    )
}

/// What puts requests into traces, once [`start`] gave a layer.
pub(crate) fn spans() -> Option<RequestSpans> {
    #[cfg(feature = "otlp")]
    return otlp::spans();
    #[cfg(not(feature = "otlp"))]
    None
}

/// Sends what has not been sent.
pub(crate) fn finish() {
    #[cfg(feature = "otlp")]
    otlp::finish();
}
