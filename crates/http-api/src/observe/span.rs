//! Spans of requests, for a host that exports traces.

use std::{fmt, sync::Arc};

use actix_web::http::{Method, StatusCode};
use tracing::{Span, field::Empty};

use super::{TARGET, TraceContext};
use crate::metrics::method_name;

/// What a host makes of the span of a request: where it stands in the trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenedSpan {
    /// The trace: the one that was given, or a new one.
    pub trace_id: u128,
    /// The span itself.
    pub span_id: u64,
    /// Whether the trace is kept.
    pub sampled: bool,
}

/// Puts spans of requests into traces. It is given the span that was opened, and what the request
/// said of its trace; it says where the span stands.
#[derive(Clone)]
pub struct RequestSpans(Arc<Adopt>);

type Adopt = dyn Fn(&Span, TraceContext) -> OpenedSpan + Send + Sync;

impl fmt::Debug for RequestSpans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RequestSpans")
    }
}

impl RequestSpans {
    /// `adopt` runs once a request, before anything else, and must not block.
    pub fn new(adopt: impl Fn(&Span, TraceContext) -> OpenedSpan + Send + Sync + 'static) -> Self {
        Self(Arc::new(adopt))
    }

    /// A span for a request, and its place in the trace. Names of fields are those of OpenTelemetry's
    /// conventions for HTTP servers.
    pub(super) fn open(&self, trace: TraceContext) -> (TraceContext, Span) {
        let span = tracing::info_span!(
            target: TARGET,
            "http.request",
            otel.name = Empty,
            otel.kind = "server",
            otel.status_code = Empty,
            http.request.method = Empty,
            http.route = Empty,
            http.response.status_code = Empty,
        );
        let OpenedSpan { trace_id, span_id, sampled } = (self.0)(&span, trace);
        (TraceContext { trace_id, span_id, sampled, ..trace }, span)
    }
}

/// What is known once the request was answered.
pub(super) fn record(span: &Span, method: &Method, route: &str, status: StatusCode) {
    if span.is_none() {
        return;
    }
    let method = method_name(method);
    span.record("otel.name", format!("{method} {route}"));
    span.record("http.request.method", method);
    span.record("http.route", route);
    span.record("http.response.status_code", status.as_u16());
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
}
