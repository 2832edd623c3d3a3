//! The window: routes, JSON shapes, errors, the event stream. Source: CONTRACT.md 9.
//!
//! A route parses, asks the engine, and shows what the read models say afterwards. No rule of the
//! product is decided here.
//!
//! Security: without API keys everybody who reaches the socket may do everything, so
//! [`check_listen`] refuses an address that others can reach; requests for another host name and
//! writes from pages of other sites are refused too. There is no CORS. The routes of the operator,
//! [`admin`], want a token besides.

mod access;
pub mod admin;
mod api_keys;
mod body;
mod call_logs;
mod connection;
mod csv_rows;
mod csv_table;
mod error_mapping;
mod event_shapes;
mod event_streams;
mod events;
mod exports;
mod graph;
mod headers;
mod health;
mod imports;
mod insights;
mod json;
mod json_depth;
mod lead_actions;
mod lead_changes;
mod lead_columns;
mod lead_csv;
pub mod lead_file;
mod lead_upload;
mod lead_workbook;
mod leads;
mod limits;
mod listen;
mod metrics;
mod mishaps;
mod observe;
mod openapi;
pub mod pages;
mod paging;
mod paths;
mod positions;
mod problem;
mod provider_events;
mod provider_words;
mod query;
mod rates;
mod revisions;
mod routes;
mod server;
mod sessions;
mod spool;
pub mod system;
pub mod tls;
mod unquoted;
mod visits;
mod whole_graph;
mod workflows;
mod written;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use actix_web::web::ServiceConfig;
use branchline_engine::EngineHandle;
use tokio::sync::Semaphore;

use crate::{
    body::Bodies, event_streams::EventStreams, metrics::ApiMetrics, rates::Rates,
    sessions::Sessions,
};

pub use health::Readiness;
pub use limits::Limits;
pub use listen::{ListenRefused, Reach, check_keys, check_listen};
pub use observe::{OpenedSpan, RequestLog, RequestSpans, TraceContext};
pub use routes::configure;
pub use server::{Shutdown, serve};

/// What all routes share. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ApiState {
    /// Whom the routes ask.
    pub engine: EngineHandle,
    /// How much a request may bring.
    pub limits: Limits,
    /// Whether only this machine is answered, told by the `Host` of a request. [`serve`] sets it
    /// from the address it listens on.
    pub loopback_only: bool,
    /// Whether a proxy passes requests of others on to this address.
    behind_proxy: bool,
    /// A directory with room for uploads while they are read. Their files have no name, so none is ever
    /// left there.
    uploads: Arc<Path>,
    /// How many bytes of JSON bodies are in memory.
    bodies: Arc<Bodies>,
    /// Streams of events that are open.
    event_streams: Arc<EventStreams>,
    /// How often each key may ask.
    rates: Arc<Rates>,
    /// Ends the event streams, and the server.
    pub shutdown: Shutdown,
    /// How many files of leads and calls may be written at once.
    exports: Arc<Semaphore>,
    /// What the operator's routes work with; there are none without it.
    admin: Option<admin::Admin>,
    /// Registers pages for people beside the API.
    pages: Option<fn(&mut ServiceConfig)>,
    /// Who is logged in to them.
    sessions: Arc<Sessions>,
    /// Encrypts connections; they are plain without it.
    tls: Option<tls::Tls>,
    /// What the API counts about itself.
    metrics: Arc<ApiMetrics>,
    /// What the last check of the journal's newest records found.
    checked: system::LastCheck,
    /// Which requests have a line in the log.
    request_log: RequestLog,
    /// Puts requests into traces, for a host that exports them.
    spans: Option<RequestSpans>,
    /// When the server is not ready.
    readiness: Readiness,
}

impl ApiState {
    /// For this machine only, with uploads in the system's temporary directory.
    pub fn new(engine: EngineHandle, limits: Limits, shutdown: Shutdown) -> Self {
        Self {
            engine,
            limits,
            uploads: PathBuf::into_boxed_path(std::env::temp_dir()).into(),
            bodies: Arc::new(Bodies::new(limits.bodies_max_bytes)),
            event_streams: Arc::default(),
            rates: Arc::new(Rates::new(&limits)),
            loopback_only: true,
            behind_proxy: false,
            shutdown,
            exports: Arc::new(Semaphore::new(exports::AT_ONCE)),
            admin: None,
            pages: None,
            sessions: Arc::default(),
            tls: None,
            metrics: Arc::new(ApiMetrics::new()),
            checked: system::LastCheck::default(),
            request_log: RequestLog::Failed,
            spans: None,
            readiness: Readiness::default(),
        }
    }

    /// The same, behind a proxy that passes requests of others on.
    #[must_use]
    pub fn behind_proxy(self, behind_proxy: bool) -> Self {
        Self { behind_proxy, ..self }
    }

    /// Whether others than who sits at this machine can reach the server.
    pub(crate) const fn is_exposed(&self) -> bool {
        !self.loopback_only || self.behind_proxy
    }

    /// The same, with uploads in this directory.
    #[must_use]
    pub fn with_uploads(self, directory: &Path) -> Self {
        Self { uploads: directory.into(), ..self }
    }

    /// The same, with these requests in the log.
    #[must_use]
    pub fn with_request_log(self, request_log: RequestLog) -> Self {
        Self { request_log, ..self }
    }

    /// The same, with a span in a trace for every request.
    #[must_use]
    pub fn with_spans(self, spans: RequestSpans) -> Self {
        Self { spans: Some(spans), ..self }
    }

    /// The same, with these limits beyond which the server says that it is not ready.
    #[must_use]
    pub fn with_readiness(self, readiness: Readiness) -> Self {
        Self { readiness, ..self }
    }

    /// The same, with the routes of the operator.
    #[must_use]
    pub fn with_admin(self, admin: admin::Admin) -> Self {
        Self { admin: Some(admin), ..self }
    }

    /// The same, with pages for people. They are registered by [`pages::register`].
    #[must_use]
    pub fn with_pages(self, pages: fn(&mut ServiceConfig)) -> Self {
        Self { pages: Some(pages), ..self }
    }

    /// The same, with TLS, and without plain HTTP.
    #[must_use]
    pub fn with_tls(self, tls: tls::Tls) -> Self {
        Self { tls: Some(tls), ..self }
    }
}
