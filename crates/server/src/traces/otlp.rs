//! OTLP over HTTP, with protobuf.

use std::{sync::OnceLock, time::Duration};

use anyhow::{Context as _, ensure};
use branchline_admin_files::tls_client;
use branchline_http_api::{OpenedSpan, RequestSpans, TraceContext};
use opentelemetry::{
    Context, KeyValue,
    trace::{
        SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
        TracerProvider as _,
    },
};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::{
    Resource,
    trace::{Sampler, SdkTracerProvider},
};
use rustls::RootCertStore;
use tracing::{Level, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::{Layer as _, filter::Targets};

use super::SpanLayer;
use crate::config::TraceConfig;

/// Longest time for one delivery. Spans wait meanwhile, and those for which there is no room are
/// lost; no request ever waits for them.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest time that an end waits for the last delivery. Spans are not worth a late stop.
const LAST_DELIVERY_TIMEOUT: Duration = Duration::from_secs(1);

/// One a process, as its subscriber is.
static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();

pub(super) fn start(config: &TraceConfig) -> anyhow::Result<SpanLayer> {
    ensure!(
        config.sample_percent <= 100,
        "trace.sample_percent is {}, and a percentage is 100 at most",
        config.sample_percent
    );
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(client()?)
        .with_endpoint(&config.otlp_endpoint)
        .with_protocol(Protocol::HttpBinary)
        .with_timeout(DELIVERY_TIMEOUT)
        .build()
        .with_context(|| format!("trace.otlp_endpoint `{}`", config.otlp_endpoint))?;
    let ratio = f64::from(config.sample_percent) / 100.0;
    let resource = Resource::builder()
        .with_service_name(config.service_name.clone())
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(ratio))))
        .with_resource(resource)
        .build();
    let tracer = provider.tracer("branchline");
    PROVIDER.set(provider).map_err(|_| anyhow::anyhow!("traces were started twice"))?;
    let requests = Targets::new().with_target("branchline::requests", Level::INFO);
    Ok(tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_location(false)
        .with_threads(false)
        .with_filter(requests)
        .boxed())
}

/// The thread that delivers is its own, so the client may block.
fn client() -> anyhow::Result<reqwest::blocking::Client> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let tls = tls_client(roots, None).context("no TLS for traces")?;
    reqwest::blocking::Client::builder()
        .tls_backend_preconfigured(tls)
        .timeout(DELIVERY_TIMEOUT)
        .build()
        .context("no HTTP client for traces")
}

pub(super) fn spans() -> Option<RequestSpans> {
    PROVIDER.get().map(|_| RequestSpans::new(adopt))
}

/// Puts a span into the trace that its request came with, or into a new one.
fn adopt(span: &Span, trace: TraceContext) -> OpenedSpan {
    if let Some(parent) = trace.parent_id {
        let parent = SpanContext::new(
            TraceId::from(trace.trace_id),
            SpanId::from(parent),
            if trace.sampled { TraceFlags::SAMPLED } else { TraceFlags::default() },
            true,
            TraceState::default(),
        );
        // A span that nobody takes has no place in a trace; the request keeps its own then.
        let _ = span.set_parent(Context::new().with_remote_span_context(parent));
    }
    let context = span.context();
    let span = context.span();
    let placed = span.span_context();
    if !placed.is_valid() {
        let TraceContext { trace_id, span_id, sampled, .. } = trace;
        return OpenedSpan { trace_id, span_id, sampled };
    }
    OpenedSpan {
        trace_id: u128::from_be_bytes(placed.trace_id().to_bytes()),
        span_id: u64::from_be_bytes(placed.span_id().to_bytes()),
        sampled: placed.is_sampled(),
    }
}

pub(super) fn finish() {
    if let Some(provider) = PROVIDER.get()
        && let Err(error) = provider.shutdown_with_timeout(LAST_DELIVERY_TIMEOUT)
    {
        tracing::warn!(%error, "the last spans were not delivered");
    }
}
