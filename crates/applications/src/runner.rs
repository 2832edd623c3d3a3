//! Sends the requests, on a thread of its own.

use std::{error::Error, sync::Arc, thread, time::Duration};

use branchline_domain::{
    graph::{HttpAction, HttpRequest},
    template::Fill,
};
use branchline_engine::{
    applications::{ApplicationReply, ApplicationRequest, HttpRunner},
    ports::BoxFuture,
};
use reqwest::{
    Client, Method, Response, Url,
    header::{HeaderMap, HeaderName, HeaderValue},
    redirect,
};
use tokio::{runtime, sync::Notify};

use crate::{
    answer::{Answer, BODY_BYTES_MAX},
    evidence,
    resolver::{PrivateAddress, Reach},
    secrets::Secrets,
};

/// Longest time to connect, TLS included; less when the whole try may take less.
const CONNECT_WAIT: Duration = Duration::from_secs(5);
/// Idle connections that are kept to one host. Unit: connections.
const IDLE_PER_HOST_MAX: usize = 8;
/// Whom the other side sees, unless the request says otherwise.
const USER_AGENT: &str = concat!("branchline/", env!("CARGO_PKG_VERSION"));

/// What requests may do.
#[derive(Debug, Default)]
pub struct HttpSettings {
    /// Whether requests may go to private, local and special addresses, and secrets over plain
    /// HTTP. For tests, and for hosts whose workflows all come from people they trust.
    pub allow_private_addresses: bool,
    /// What `{{secret:NAME}}` stands for.
    pub secrets: Secrets,
}

/// Why no requests can be sent.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The operating system gave no thread, or no way to wait for sockets.
    #[error("the runner of HTTP actions got no thread")]
    Thread(#[source] std::io::Error),
    /// TLS or the client cannot be set up.
    #[error("the runner of HTTP actions cannot be set up: {0}")]
    Client(String),
}

/// The engine's runner of HTTP actions.
///
/// A try is one request: no redirect is followed, and at most 64 KiB of the answer are read. Each
/// carries the visit's key as `Idempotency-Key`. A status of 2xx is a success; 408, 425, 429, 5xx
/// and no answer at all may pass; everything else is a failure for good.
pub struct HttpActions {
    shared: Arc<Shared>,
    runtime: runtime::Handle,
    stop: Arc<Notify>,
}

struct Shared {
    client: Client,
    reach: Reach,
    secrets: Secrets,
}

impl std::fmt::Debug for HttpActions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpActions").field("reach", &self.shared.reach).finish_non_exhaustive()
    }
}

impl HttpActions {
    /// Starts the thread that requests are sent on. It ends when this is dropped.
    ///
    /// # Errors
    ///
    /// [`StartError`].
    pub fn start(settings: HttpSettings) -> Result<Self, StartError> {
        let HttpSettings { allow_private_addresses, secrets } = settings;
        let reach = Reach { allow_private_addresses };
        let client = client(reach)?;
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(StartError::Thread)?;
        let handle = runtime.handle().clone();
        let stop = Arc::new(Notify::new());
        let stopped = Arc::clone(&stop);
        thread::Builder::new()
            .name("branchline-http-actions".into())
            .spawn(move || runtime.block_on(stopped.notified()))
            .map_err(StartError::Thread)?;
        Ok(Self { shared: Arc::new(Shared { client, reach, secrets }), runtime: handle, stop })
    }
}

impl Drop for HttpActions {
    fn drop(&mut self) {
        self.stop.notify_one();
    }
}

impl HttpRunner for HttpActions {
    fn takes(&self, action: &HttpAction) -> bool {
        let secrets = action.secrets();
        if secrets.is_empty() {
            return true;
        }
        let Some((scheme, host)) = action.scheme_and_host() else { return false };
        let is_private = scheme == "https" || self.shared.reach.allow_private_addresses;
        is_private && secrets.iter().all(|name| self.shared.secrets.may_go(name, &host))
    }

    fn run(&self, request: ApplicationRequest, action: HttpAction) -> BoxFuture<ApplicationReply> {
        let shared = Arc::clone(&self.shared);
        let answered = self.runtime.spawn(async move { shared.make(&request, &action).await });
        Box::pin(async move {
            answered.await.unwrap_or_else(|_| {
                ApplicationReply::unavailable("the runner of HTTP actions has stopped")
            })
        })
    }
}

fn client(reach: Reach) -> Result<Client, StartError> {
    let problem = |error: &dyn Error| StartError::Client(error.to_string());
    let mut roots = rustls::RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "some certificates of this system cannot be read");
    }
    let (known, _) = roots.add_parsable_certificates(found.certs);
    if known == 0 {
        tracing::warn!("this system has no root certificates; requests with https will fail");
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| problem(&error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Client::builder()
        .tls_backend_preconfigured(tls)
        .dns_resolver(Arc::new(reach))
        .redirect(redirect::Policy::none())
        // A proxy would connect for us, past the check of addresses.
        .no_proxy()
        .connect_timeout(CONNECT_WAIT)
        .pool_max_idle_per_host(IDLE_PER_HOST_MAX)
        .user_agent(USER_AGENT)
        .build()
        .map_err(|error| problem(&error))
}

/// Why there is no answer.
#[derive(Debug)]
struct NoAnswer {
    /// In a sentence, without anything that was filled in.
    reason: String,
    may_pass: bool,
}

impl NoAnswer {
    fn for_good(reason: &(impl ToString + ?Sized)) -> Self {
        Self { reason: reason.to_string(), may_pass: false }
    }
}

impl Shared {
    async fn make(&self, request: &ApplicationRequest, action: &HttpAction) -> ApplicationReply {
        let answer = self.send(request, action).await;
        let mut reply = match &answer {
            Ok(answer) => ApplicationReply {
                end: answer.end(),
                fields: answer.fields(),
                request: None,
                response: Some(self.evidence(answer, action)),
                error: None,
            },
            Err(NoAnswer { reason, may_pass: true }) => ApplicationReply::unavailable(reason),
            Err(NoAnswer { reason, may_pass: false }) => ApplicationReply::failure(reason),
        };
        reply.request = Some(evidence::of_request(action, &request.idempotency_key));
        reply
    }

    fn evidence(&self, answer: &Answer, action: &HttpAction) -> branchline_domain::json::Json {
        let secrets = action.secrets();
        let sent: Vec<&str> = secrets.iter().filter_map(|name| self.secrets.value(name)).collect();
        evidence::of_answer(answer, &sent)
    }

    async fn send(
        &self,
        request: &ApplicationRequest,
        action: &HttpAction,
    ) -> Result<Answer, NoAnswer> {
        let filled = action
            .request(&Fill {
                phone_number: request.phone_number.as_deref(),
                variables: &request.variables,
                secret: &|name| self.secrets.value(name).map(Into::into),
            })
            .map_err(|problem| NoAnswer::for_good(&problem))?;
        let url = Url::parse(&filled.url)
            .map_err(|error| NoAnswer::for_good(&format!("the url cannot be read: {error}")))?;
        self.reach.check(&url).map_err(|problem| NoAnswer::for_good(&problem))?;
        let method = Method::from_bytes(filled.method.as_bytes())
            .map_err(|_| NoAnswer::for_good("the method cannot be sent"))?;
        let headers = headers(&filled, &request.idempotency_key)?;
        let mut sending =
            self.client.request(method, url).headers(headers).timeout(request.timeout);
        if let Some(body) = filled.body {
            sending = sending.body(body);
        }
        let within = request.timeout;
        let response = sending.send().await.map_err(|error| no_answer(&error, within))?;
        read(response).await.map_err(|error| no_answer(&error, within))
    }
}

fn headers(filled: &HttpRequest, idempotency_key: &str) -> Result<HeaderMap, NoAnswer> {
    let mut headers = HeaderMap::new();
    let given = filled.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, value) in given.chain([("idempotency-key", idempotency_key)]) {
        let cannot = || NoAnswer::for_good(&format!("the header {name} cannot be sent"));
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| cannot())?;
        let mut value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| cannot())?;
        // Kept out of everything that shows headers.
        value.set_sensitive(true);
        headers.insert(header, value);
    }
    Ok(headers)
}

async fn read(mut response: Response) -> Result<Answer, reqwest::Error> {
    let status = response.status().as_u16();
    let mut body = Vec::new();
    let mut whole = true;
    while let Some(chunk) = response.chunk().await? {
        let room = BODY_BYTES_MAX - body.len();
        body.extend_from_slice(chunk.get(..room.min(chunk.len())).unwrap_or_default());
        if chunk.len() > room {
            whole = false;
            break;
        }
    }
    Ok(Answer { status, body: String::from_utf8_lossy(&body).into_owned(), whole })
}

/// What a failure on the way means. The words of the errors beneath name hosts at most.
fn no_answer(error: &reqwest::Error, within: Duration) -> NoAnswer {
    let mut cause: &dyn Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
        if let Some(refused) = cause.downcast_ref::<PrivateAddress>() {
            return NoAnswer::for_good(refused);
        }
    }
    if error.is_builder() {
        return NoAnswer::for_good("the request cannot be sent as it is");
    }
    let reason = if error.is_timeout() && !error.is_connect() {
        format!("there was no whole answer within {} s", within.as_secs())
    } else if error.is_connect() {
        format!("cannot connect: {cause}")
    } else {
        // Its own words would name the whole address.
        format!(
            "the connection broke: {}",
            if cause.source().is_none() && !cause.is::<reqwest::Error>() {
                cause.to_string()
            } else {
                "no reason given".into()
            }
        )
    };
    NoAnswer { reason, may_pass: true }
}
