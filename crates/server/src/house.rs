//! Opens what both commands need: data directory, engine, HTTP API.

use std::{convert::Infallible, path::Path, sync::Arc, time::Duration};

use anyhow::Context as _;
use branchline_domain::time::Timestamp;
use branchline_engine::{
    DataDirectory, Engine, EngineHandle, EngineParts,
    ports::{Clock, Ids, Phones},
};
use branchline_evidence::head::SignedHead;
use branchline_http_api::{
    ApiState, Limits, Readiness, RequestLog, Shutdown,
    admin::{Admin, SignHead},
    tls::Tls,
};
use branchline_journal::{record::Position, store::EventStore};

use branchline_vault::signing::SigningKey;

use crate::{
    applications,
    config::{AuditConfig, Config, LoggedRequests},
    front::{self, Front},
    operator::Access,
    service_manager,
    signals::{Hangups, Signals},
    traces,
};

/// The engine over a data directory.
pub(crate) fn start_engine(
    config: &Config,
    directory: DataDirectory,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    phones: Phones,
) -> anyhow::Result<Engine> {
    let parts = EngineParts {
        store: directory.store,
        vault: directory.vault,
        clock,
        ids,
        phones,
        applications: applications::start(&config.applications)?,
        config: config.engine.clone(),
    };
    Engine::start(parts).context("the engine cannot start")
}

/// The engine, if it may be served where the front is: before anybody is told that somebody listens.
///
/// # Errors
///
/// Where others can reach it and there is no live key. The engine is stopped then.
pub(crate) fn admit(front: &Front, engine: Engine) -> anyhow::Result<Engine> {
    if let Err(refused) = front.check_keys(engine.handle().api_keys()) {
        engine.shutdown();
        return Err(refused);
    }
    Ok(engine)
}

/// When the last record was decided; `None` in an empty journal.
pub(crate) fn last_recorded_at(store: &dyn EventStore) -> anyhow::Result<Option<Timestamp>> {
    let before_last = Position(store.head().0.saturating_sub(1));
    let last = store.read_all(before_last, 1)?;
    Ok(last.last().map(|record| Timestamp::from_micros(record.body.recorded_at.0)))
}

/// Opens journal and keys.
pub(crate) fn open_directory(path: &Path) -> anyhow::Result<DataDirectory> {
    DataDirectory::open(path)
        .with_context(|| format!("cannot open the data directory {}", path.display()))
}

/// What the operator's routes work with. Its files are there as long as the second value.
pub(crate) fn operator(
    config: &Config,
    directory: &DataDirectory,
    front: &Front,
) -> anyhow::Result<(Admin, Access)> {
    let sign = signer(&config.audit)?;
    let certificate = front.tls.as_ref().map(|tls| tls.certificate().der);
    let access = Access::open(&config.storage.data_dir, &front.url(), certificate.as_ref())?;
    let vault = Arc::clone(&directory.vault);
    let admin = Admin {
        token: access.token(),
        token_file: access.token_file().into(),
        store: Arc::clone(&directory.store),
        keys: Arc::new(move |out| vault.back_up(out).map(drop).map_err(std::io::Error::other)),
        sign,
    };
    Ok((admin, access))
}

/// What signs heads, if there is a key for it.
fn signer(config: &AuditConfig) -> anyhow::Result<Option<Arc<SignHead>>> {
    if config.signing_key_path.as_os_str().is_empty() {
        return Ok(None);
    }
    let file = &config.signing_key_path;
    let key = SigningKey::read(file).with_context(|| {
        format!("audit.signing_key_path: no key to sign heads with in {}", file.display())
    })?;
    Ok(Some(Arc::new(move |head| SignedHead::sign(head, &key))))
}

/// Serves an engine that was [admitted](admit) until `until` resolves, somebody wants the program to stop, or the journal fails.
pub(crate) async fn serve_until(
    config: &Config,
    front: Front,
    engine: &EngineHandle,
    (admin, access): (Admin, Access),
    Signals { mut stops, hangups }: Signals,
    failed: impl Future<Output = Arc<str>>,
    until: impl Future<Output = ()>,
) -> anyhow::Result<Ending> {
    let shutdown = Shutdown::new();
    let limits = Limits { shutdown_timeout: StopTimes::of(config).requests, ..config.limits };
    let state = ApiState::new(engine.clone(), limits, shutdown.clone())
        .behind_proxy(config.server.behind_proxy)
        .with_uploads(&config.storage.data_dir)
        .with_admin(admin)
        .with_pages(branchline_dashboard::pages)
        .with_request_log(match config.log.requests {
            LoggedRequests::None => RequestLog::None,
            LoggedRequests::Failed => RequestLog::Failed,
            LoggedRequests::All => RequestLog::All,
        })
        .with_readiness(Readiness {
            lag_max_records: config.readiness.lag_max_records,
            disk_free_min_bytes: config.readiness.disk_free_min_bytes,
            data_dir: config.storage.data_dir.as_path().into(),
        });
    let state = match traces::spans() {
        Some(spans) => state.with_spans(spans),
        None => state,
    };
    let state = match &front.tls {
        Some(tls) => state.with_tls(tls.clone()),
        None => state,
    };
    let url = front.url();
    let server = branchline_http_api::serve(front.listener, state);
    tokio::pin!(server);
    let ending = tokio::select! {
        served = &mut server => {
            served.context("the HTTP API stopped")?;
            return Ok(Ending::Stopped);
        }
        () = stops.requested() => Ending::Stopped,
        reason = failed => {
            tracing::error!(%reason, "the journal failed; nothing is taken any more");
            Ending::JournalFailed
        }
        () = until => Ending::Finished,
        never = service_manager::attend(engine, &url) => match never {},
        never = keep_certificate_fresh(front.tls, &access, hangups) => match never {},
    };
    service_manager::stopping();
    shutdown.cancel();
    server.await.context("the HTTP API did not stop cleanly")?;
    traces::finish();
    Ok(ending)
}

/// Never ends, with TLS or without.
async fn keep_certificate_fresh(
    tls: Option<Tls>,
    access: &Access,
    mut hangups: Hangups,
) -> Infallible {
    if let Some(tls) = tls {
        return front::keep_certificate_fresh(tls, access, hangups).await;
    }
    loop {
        hangups.next().await;
        tracing::info!("without TLS there is nothing to read again");
    }
}

/// What a stop may take, in its two parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StopTimes {
    /// For requests that are under way. Whole seconds, one at least.
    pub(crate) requests: Duration,
    /// For what the engine does by itself afterwards.
    pub(crate) engine: Duration,
}

impl StopTimes {
    pub(crate) fn of(config: &Config) -> Self {
        let all_s = config.server.shutdown_timeout_s;
        let requests_s = (all_s.saturating_mul(3) / 5).max(1);
        let engine = Duration::from_secs(all_s.saturating_sub(requests_s));
        Self { requests: Duration::from_secs(requests_s), engine }
    }
}

/// Why serving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Somebody wanted it.
    Stopped,
    /// What was waited for came about.
    Finished,
    /// The journal takes no more.
    JournalFailed,
}
