//! What `APPLICATION` nodes act with: handlers that the host registers by key, and a runner of HTTP
//! requests. Source: CONTRACT.md 5.

use std::{
    collections::HashMap,
    fmt,
    future::Future,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use branchline_domain::{
    graph::{ApplicationConfig, HttpAction},
    id::{LeadId, NodeId, OrganisationId, WorkflowId},
    json::Json,
    lead::Values,
    value::Value,
};
use tokio::sync::watch;

use crate::ports::BoxFuture;

/// What an application step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApplicationAction {
    /// Asks a handler of the host.
    Handler {
        /// Its key.
        key: String,
    },
    /// Sends an HTTP request. Not filled in yet: [`HttpAction::request`] does that.
    Http(Box<HttpAction>),
}

impl ApplicationAction {
    /// What a node's config asks for. `None` when the config is not complete.
    pub fn of(config: &ApplicationConfig) -> Option<Self> {
        match (&config.handler, &config.http) {
            (Some(key), None) => Some(Self::Handler { key: key.clone() }),
            (None, Some(action)) => Some(Self::Http(Box::new(action.clone()))),
            (Some(_), Some(_)) | (None, None) => None,
        }
    }
}

/// One try of an application step.
#[derive(Clone, PartialEq, Eq)]
pub struct ApplicationRequest {
    /// For whom.
    pub lead_id: LeadId,
    /// Workflow it is in.
    pub workflow_id: WorkflowId,
    /// Whose it is.
    pub organisation_id: OrganisationId,
    /// Node whose step it is.
    pub node_id: NodeId,
    /// Number of the lead's visit to it.
    pub visit: u32,
    /// Number of the try within the visit, from 1.
    pub attempt: u32,
    /// `<lead>_<visit>`: the same for all tries of a visit. A try that a crash interrupted may be
    /// made again, so whoever acts does a key's work once.
    pub idempotency_key: String,
    /// The lead's number, E.164; none when it cannot be read any more.
    pub phone_number: Option<String>,
    /// The lead's variables.
    pub variables: Values,
    /// What is to be done.
    pub action: ApplicationAction,
    /// How long it may take. Whoever takes longer is abandoned a second later.
    pub timeout: Duration,
}

impl fmt::Debug for ApplicationRequest {
    /// Never what is known of a person: debug output ends up in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApplicationRequest")
            .field("lead_id", &self.lead_id)
            .field("node_id", &self.node_id)
            .field("visit", &self.visit)
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}

/// How a try ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplicationEnd {
    /// It did what it was asked to: output `success`.
    Success,
    /// It did not: output `failure`, unless another try follows.
    Failure {
        /// Whether another try may help; it is made if the node has tries left.
        retryable: bool,
    },
}

/// What came of a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationReply {
    /// How it ended.
    pub end: ApplicationEnd,
    /// What conditions read as `application.<node>.<field>`. At most 30 are kept, with 1 KiB each
    /// and 4 KiB together; the others are left out.
    pub fields: Values,
    /// What was sent, for people who look into it: redacted, at most 1.5 KiB.
    pub request: Option<Json>,
    /// What came back, likewise.
    pub response: Option<Json>,
    /// What went wrong, in a sentence.
    pub error: Option<String>,
}

impl ApplicationReply {
    fn ended(end: ApplicationEnd, error: Option<String>) -> Self {
        Self { end, fields: Values::new(), request: None, response: None, error }
    }

    /// It worked, and nothing is told.
    pub fn success() -> Self {
        Self::ended(ApplicationEnd::Success, None)
    }

    /// It did not work, and will not when asked again.
    pub fn failure(error: impl Into<String>) -> Self {
        Self::ended(ApplicationEnd::Failure { retryable: false }, Some(error.into()))
    }

    /// It did not work this time.
    pub fn unavailable(error: impl Into<String>) -> Self {
        Self::ended(ApplicationEnd::Failure { retryable: true }, Some(error.into()))
    }

    /// The same with a field of the answer.
    #[must_use]
    pub fn with_field(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.fields.insert(name.into(), value.into());
        self
    }
}

/// Sends HTTP requests for application steps.
pub trait HttpRunner: Send + Sync + 'static {
    /// Whether it could send this request at all: it knows the secrets that the request names, and
    /// may send them there. A lead whose request it could not send waits for a person.
    fn takes(&self, action: &HttpAction) -> bool;

    /// Makes a try. Runs on the engine's thread, so it must not block; a panic counts as a failure
    /// that may pass. Called again for the same key when the first time was interrupted or failed.
    fn run(&self, request: ApplicationRequest, action: HttpAction) -> BoxFuture<ApplicationReply>;
}

type Handler = dyn Fn(ApplicationRequest) -> BoxFuture<ApplicationReply> + Send + Sync;

/// Everything that application steps can act with. Clones share it: a host keeps one, and may
/// register handlers before and after the engine has started. [`Default`] knows nothing, and every
/// lead at an application step waits then.
#[derive(Clone)]
pub struct Applications {
    http: Option<Arc<dyn HttpRunner>>,
    handlers: Arc<RwLock<HashMap<String, Arc<Handler>>>>,
    /// Counts registrations, so that waiting leads are looked at again.
    registered: Arc<watch::Sender<u64>>,
}

impl Default for Applications {
    fn default() -> Self {
        Self { http: None, handlers: Arc::default(), registered: Arc::new(watch::Sender::new(0)) }
    }
}

impl fmt::Debug for Applications {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let handlers = self.handlers.read().unwrap_or_else(PoisonError::into_inner);
        f.debug_struct("Applications")
            .field("http", &self.http.is_some())
            .field("handlers", &handlers.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl Applications {
    /// The same, with somebody who sends HTTP requests.
    #[must_use]
    pub fn with_http(mut self, runner: Arc<dyn HttpRunner>) -> Self {
        self.http = Some(runner);
        self
    }

    /// Registers the handler that answers to a key, in place of the one that did before. Leads
    /// that waited for it go on by themselves.
    ///
    /// Its future runs on the engine's thread, so it must not block; a panic counts as a failure
    /// that may pass. It may be asked twice for one [`ApplicationRequest::idempotency_key`].
    ///
    /// ```
    /// use branchline_engine::applications::{ApplicationReply, Applications};
    ///
    /// let applications = Applications::default();
    /// applications.register("crm.note", |request| async move {
    ///     match request.variables.get("city") {
    ///         Some(city) => ApplicationReply::success().with_field("city", &*city.as_text()),
    ///         None => ApplicationReply::failure("the lead has no city"),
    ///     }
    /// });
    /// ```
    pub fn register<F, R>(&self, key: impl Into<String>, handler: F)
    where
        F: Fn(ApplicationRequest) -> R + Send + Sync + 'static,
        R: Future<Output = ApplicationReply> + Send + 'static,
    {
        let handler: Arc<Handler> = Arc::new(move |request| Box::pin(handler(request)));
        let mut handlers = self.handlers.write().unwrap_or_else(PoisonError::into_inner);
        handlers.insert(key.into(), handler);
        drop(handlers);
        self.registered.send_modify(|count| *count += 1);
    }

    /// Whether somebody here answers to this action.
    pub fn knows(&self, action: &ApplicationAction) -> bool {
        match action {
            ApplicationAction::Handler { key } => self.handler(key).is_some(),
            ApplicationAction::Http(action) => {
                self.http.as_ref().is_some_and(|runner| runner.takes(action))
            }
        }
    }

    /// Tells when a handler was registered.
    pub(crate) fn registrations(&self) -> watch::Receiver<u64> {
        self.registered.subscribe()
    }

    /// The try; `None` when nobody here answers to its action.
    pub(crate) fn run(&self, request: ApplicationRequest) -> Option<BoxFuture<ApplicationReply>> {
        match &request.action {
            ApplicationAction::Handler { key } => {
                let handler = self.handler(key)?;
                Some(Box::pin(async move { handler(request).await }))
            }
            ApplicationAction::Http(action) => {
                let runner = Arc::clone(self.http.as_ref().filter(|runner| runner.takes(action))?);
                let action = (**action).clone();
                Some(Box::pin(async move { runner.run(request, action).await }))
            }
        }
    }

    fn handler(&self, key: &str) -> Option<Arc<Handler>> {
        self.handlers.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }
}
