//! What is noted about each request, whatever answers it: counts and durations, a line in the log,
//! its place in a trace.

mod span;
mod trace;

use std::time::{Duration, Instant};

use actix_web::{
    HttpMessage as _,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method, StatusCode,
        header::{HeaderName, HeaderValue},
    },
    middleware::Next,
    web,
};
use tracing::Instrument as _;

use crate::{ApiState, access::Identity, headers::RequestId, metrics::method_name};

pub use span::{OpenedSpan, RequestSpans};
pub use trace::TraceContext;

/// The route of requests that no route answers. Their paths are anybody's to make up, so none is a
/// label or in a log line.
const NO_ROUTE: &str = "none";

/// Where log lines about requests come from, for filters.
const TARGET: &str = "branchline::requests";

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Which requests have a line of their own in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestLog {
    /// None.
    None,
    /// Those that the server failed, 5xx.
    Failed,
    /// Every one.
    All,
}

/// Runs around everything else.
pub(crate) async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let (asked, method) = (Instant::now(), request.method().clone());
    let Some(state) = request.app_data::<web::Data<ApiState>>().cloned() else {
        return next.call(request).await;
    };
    let traceparent = request.headers().get(TRACEPARENT).and_then(|value| value.to_str().ok());
    let trace = TraceContext::of(traceparent);
    let (trace, span) = match &state.spans {
        Some(spans) => spans.open(trace),
        None => (trace, tracing::Span::none()),
    };
    request.extensions_mut().insert(trace);
    let answered = next.call(request).instrument(span.clone()).await;
    let (pattern, status) = match &answered {
        Ok(response) => (response.request().match_pattern(), response.status()),
        Err(error) => (None, error.as_response_error().status_code()),
    };
    let route = pattern.as_deref().unwrap_or(NO_ROUTE);
    let took = asked.elapsed();
    state.metrics.requests.answered(route, &method, status, took);
    span::record(&span, &method, route, status);
    let failed = status.is_server_error();
    let wanted = match state.request_log {
        RequestLog::None => false,
        RequestLog::Failed => failed,
        RequestLog::All => true,
    };
    if wanted {
        let who = answered.as_ref().map_or_else(|_| Who::default(), Who::of);
        log(&Line { who, trace, method: &method, route, status, took });
    }
    answered.map(|mut response| {
        if let Ok(value) = HeaderValue::from_str(&trace.to_string()) {
            response.headers_mut().insert(TRACEPARENT, value);
        }
        response
    })
}

/// Who asked, as far as the request proved it, and under which name.
#[derive(Default)]
struct Who {
    request_id: Option<RequestId>,
    identity: Option<Identity>,
}

impl Who {
    fn of<B>(response: &ServiceResponse<B>) -> Self {
        let extensions = response.request().extensions();
        Self { request_id: extensions.get().cloned(), identity: extensions.get().cloned() }
    }
}

/// What a log line says of a request: nothing of its path but the route, nothing of its query and its
/// bodies.
struct Line<'a> {
    who: Who,
    trace: TraceContext,
    method: &'a Method,
    route: &'a str,
    status: StatusCode,
    took: Duration,
}

fn log(line: &Line<'_>) {
    let request_id = line.who.request_id.as_ref().map_or("", |id| id.as_str());
    let identity = line.who.identity.as_ref();
    let principal = identity.map(|identity| &*identity.principal);
    let organisation = identity.map(|identity| tracing::field::display(identity.organisation));
    let trace_id = format_args!("{:032x}", line.trace.trace_id).to_string();
    let duration_us = u64::try_from(line.took.as_micros()).unwrap_or(u64::MAX);
    let (method, route) = (method_name(line.method), line.route);
    let status = line.status.as_u16();
    macro_rules! line_at {
        ($level:ident) => {
            tracing::$level!(
                target: TARGET,
                request_id, trace_id, method, route, status, duration_us, principal, organisation,
                "answered"
            )
        };
    }
    if line.status.is_server_error() {
        line_at!(warn);
    } else {
        line_at!(info);
    }
}
