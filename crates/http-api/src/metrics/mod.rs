//! `GET /metrics`: what the engine, the API and the process count, as Prometheus reads it.
//!
//! Names begin with `branchline_` and end with their unit; those of the process are the ones that
//! dashboards know from every other program. Labels are words of ours, never an id or a value of
//! somebody, so the number of series has a bound. docs/operations.md lists them all.

mod engine;
mod format;
mod http;
mod process;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use branchline_engine::EngineHandle;
use prometheus_client::{
    encoding::prometheus_text::{CONTENT_TYPE, encode},
    registry::Registry,
};

use crate::{
    error_mapping::Refusal,
    headers::state,
    openapi,
    problem::{Answer, Problem},
};

pub(crate) use http::{Requests, method_name};
pub use process::ProcessReading;

/// What the API counts since the start of the process. Shared by its threads.
#[derive(Debug)]
pub(crate) struct ApiMetrics {
    pub(crate) requests: Requests,
    event_streams: AtomicU64,
    /// When the process began, about.
    started: SystemTime,
}

impl ApiMetrics {
    pub(crate) fn new() -> Self {
        Self {
            requests: Requests::default(),
            event_streams: AtomicU64::new(0),
            started: SystemTime::now(),
        }
    }

    /// How the process does. Reads files of the operating system.
    pub(crate) fn process(&self) -> ProcessReading {
        ProcessReading::of(self.started, self.event_streams.load(Ordering::Relaxed))
    }

    /// Counts a stream of events as open until the value is dropped.
    pub(crate) fn open_stream(self: &Arc<Self>) -> OpenStream {
        self.event_streams.fetch_add(1, Ordering::Relaxed);
        OpenStream(Arc::clone(self))
    }
}

/// A stream of events that is open.
#[derive(Debug)]
pub(crate) struct OpenStream(Arc<ApiMetrics>);

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.event_streams.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What the engine, the API and the process count.
///
/// Prometheus text format, of the whole machine, all organisations together.
#[utoipa::path(
    get, path = "/metrics", operation_id = "getMetrics", tag = openapi::HEALTH,
    responses((status = 200, description = "The figures.", body = String, content_type = "text/plain")),
    extensions(("x-problems" = json!(["unauthorized", "scope_missing"]))),
)]
pub(crate) async fn metrics(request: HttpRequest) -> Answer {
    let state = state(&request)?;
    let (engine, api) = (state.engine.clone(), Arc::clone(&state.metrics));
    // It reads files of the operating system.
    let text = web::block(move || render(engine, api)).await;
    let unavailable = |reason: String| {
        tracing::error!(%reason, "the metrics cannot be shown");
        Problem::of(Refusal::NotConfigured, "the metrics cannot be shown")
    };
    let text = text.map_err(|error| unavailable(error.to_string()))?;
    let text = text.map_err(|error| unavailable(error.to_string()))?;
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, CONTENT_TYPE)).body(text))
}

fn render(engine: EngineHandle, api: Arc<ApiMetrics>) -> Result<String, std::fmt::Error> {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(engine::EngineCollector(engine)));
    registry.register_collector(Box::new(http::HttpCollector(Arc::clone(&api))));
    registry.register_collector(Box::new(process::ProcessCollector(api)));
    let mut text = String::with_capacity(32 * 1024);
    encode(&mut text, &registry)?;
    Ok(text)
}
