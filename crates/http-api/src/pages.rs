//! What pages for people need of the API: who looks, which engine, refusals in words. The pages
//! themselves are another room's; [`ApiState::with_pages`] puts them beside the API.
//!
//! A page is for whoever may [`Scope::Read`]. Without API keys that is whoever reaches the server;
//! with keys it is who logged in with one: the browser then has a session in place of the key, and
//! requests to `/v1` that come with it are asked like requests with that key.

use std::{fmt::Write as _, sync::Arc};

use actix_web::{
    HttpMessage as _, HttpRequest, HttpResponse, ResponseError as _, Route,
    body::{EitherBody, MessageBody},
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::{StatusCode, header},
    middleware::{Next, from_fn},
    web::{self, ServiceConfig},
};
use branchline_domain::{
    id::{OrganisationId, WorkflowId},
    organisation::Scope,
};
use branchline_engine::{
    EngineError, EngineHandle, RecordedFact,
    command::{Caller, DraftGraph, Imported, LastPosition},
};
use branchline_journal::record::IdempotencyKey;
use sha2::{Digest as _, Sha256};

use crate::{
    ApiState, Shutdown,
    access::{self, Identity, refusals},
    error_mapping::Refusal,
    event_shapes,
    event_streams::EventStreamPlace,
    headers::{request_id, state},
    lead_upload,
    metrics::OpenStream,
    problem::Problem,
    rates, routes, sessions, whole_graph,
};

/// Where people log in.
pub const LOGIN_PATH: &str = "/login";

/// Longest address that a login leads back to. Unit: bytes.
const NEXT_BYTES_MAX: usize = 1_024;

/// Who may see a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageAccess {
    /// Everybody: the login, style sheets.
    Everybody,
    /// Who may read.
    Visitors,
}

/// One page: a method of a pattern, who may see it, and who answers.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// In lower case.
    pub method: &'static str,
    /// The whole path, with `{…}` for ids.
    pub pattern: &'static str,
    /// Who may see it.
    pub access: PageAccess,
    /// Makes the route.
    pub route: fn() -> Route,
}

/// Registers pages: those of a pattern as one resource, which answers every other method with those
/// that it takes.
pub fn register(config: &mut ServiceConfig, pages: &[Page]) {
    for (index, page) in pages.iter().enumerate() {
        if pages.iter().take(index).any(|earlier| earlier.pattern == page.pattern) {
            continue;
        }
        let mut resource = web::resource(page.pattern);
        let mut methods = Vec::new();
        for page in pages.iter().filter(|other| other.pattern == page.pattern) {
            resource = resource.route((page.route)());
            methods.push(page.method.to_ascii_uppercase());
            if page.method == "get" {
                methods.push("HEAD".into());
            }
        }
        let resource = resource.default_service(routes::only(&methods.join(", ")));
        match page.access {
            PageAccess::Everybody => config.service(resource.wrap(from_fn(rates::of_strangers))),
            PageAccess::Visitors => config.service(resource.wrap(from_fn(guard))),
        };
    }
}

/// Who looks at a page.
#[derive(Clone, Debug)]
pub struct Visitor(Identity);

impl Visitor {
    /// Who looks at the page that this request is for, as the guard of pages found it.
    ///
    /// # Errors
    ///
    /// 503 for a page without that guard: a mistake of the program.
    pub fn of(request: &HttpRequest) -> Result<Self, Fault> {
        access::identity(request).map(Self).ok_or_else(|| Fault(access::nobody()))
    }

    /// Whoever reaches the server, or who is logged in: for a page that everybody may see.
    pub fn if_any(request: &HttpRequest) -> Option<Self> {
        access::identify(request).ok().map(Self)
    }

    /// Whose things may be seen; those of others are not there.
    pub const fn organisation(&self) -> OrganisationId {
        self.0.organisation
    }

    /// The name in the journal.
    pub fn principal(&self) -> &str {
        &self.0.principal
    }

    /// Whether they came with a key, and can log out.
    pub const fn is_logged_in(&self) -> bool {
        self.0.key.is_some()
    }

    /// Whether they may do what this scope opens.
    pub fn may(&self, scope: Scope) -> bool {
        self.0.scopes.contains(scope)
    }

    /// Says whether they may do what one of these scopes opens. A refusal is noted in the journal
    /// under the name of the action, like that of the API.
    ///
    /// # Errors
    ///
    /// 403 with the scopes that would do.
    pub fn check(
        &self,
        request: &HttpRequest,
        action: &'static str,
        any_of: &[Scope],
    ) -> Result<(), Fault> {
        self.0.may(any_of).map_err(|problem| {
            let fault = Fault(problem);
            self.note(request, action, &fault);
            fault
        })
    }

    /// Notes in the journal that an action was refused, by scope or by the state of things.
    pub fn note(&self, request: &HttpRequest, action: &'static str, fault: &Fault) {
        if let Some(key) = &self.0.key {
            refusals::note_action(key, action, true, request, &fault.0);
        }
    }

    /// Who asks the engine. `once` is a text that the form came with, so that a form sent twice is
    /// one intent; the request is told apart by its path and `body`.
    pub fn caller(&self, request: &HttpRequest, once: Option<&str>, body: &[u8]) -> Caller {
        let idempotency = once.filter(|once| !once.is_empty() && once.len() <= 64).map(|once| {
            let mut sha = Sha256::new();
            for part in [request.path().as_bytes(), body] {
                sha.update(part.len().to_be_bytes());
                sha.update(part);
            }
            IdempotencyKey { key: format!("form-{once}").into(), digest: sha.finalize().into() }
        });
        Caller {
            organisation: self.0.organisation,
            principal: Arc::clone(&self.0.principal),
            request_id: request_id(request),
            idempotency,
            if_revision: None,
            last_position: LastPosition::default(),
        }
    }

    /// Whether they are still who they were: an answer that does not end must ask now and then.
    pub fn is_still_good(&self, engine: &EngineHandle) -> bool {
        self.0.is_still_good(engine.api_keys())
    }
}

/// Why a page cannot be shown, or an action was refused; in the words of the API.
#[derive(Clone, Debug)]
pub struct Fault(Problem);

impl Fault {
    /// 404 for an id that names nothing here.
    pub fn not_found(noun: &str, id: &str) -> Self {
        Self(Problem::not_found("page_not_found", noun, id))
    }

    /// 400 for what a form says.
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self(Problem::of(Refusal::InvalidForm, detail))
    }

    /// 413 for a form that is too long.
    pub fn too_large(detail: impl Into<String>) -> Self {
        Self(Problem::of(Refusal::BodyTooLarge, detail))
    }

    /// The status of the answer.
    pub const fn status(&self) -> StatusCode {
        self.0.status
    }

    /// Stable; the same as in the API.
    pub const fn code(&self) -> &'static str {
        self.0.code
    }

    /// One sentence for people.
    pub const fn detail(&self) -> &str {
        &self.0.detail
    }

    /// Every field at fault, in words.
    pub fn errors(&self) -> impl Iterator<Item = &str> {
        self.0.errors.iter().map(|fault| fault.detail.as_str())
    }

    /// Every field at fault: where in the body, as a JSON pointer, and in words.
    pub fn places(&self) -> impl Iterator<Item = (Option<&str>, &str)> {
        self.0.errors.iter().map(|fault| (fault.pointer.as_deref(), fault.detail.as_str()))
    }

    /// Every fault of a graph or a file, as the API shows them.
    pub fn faults(&self) -> Option<&serde_json::Value> {
        self.0.faults.as_deref()
    }

    /// When to try again. Unit: seconds.
    pub const fn retry_after_s(&self) -> Option<u32> {
        self.0.retry_after_s
    }
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<EngineError> for Fault {
    fn from(error: EngineError) -> Self {
        Self(error.into())
    }
}

/// How far the read models were before a page read them.
#[derive(Clone, Copy, Debug)]
struct ReadFrom(u64);

/// The engine that pages ask.
///
/// # Errors
///
/// 503 when there is none: a mistake of the program.
pub fn engine(request: &HttpRequest) -> Result<&EngineHandle, Fault> {
    let engine = state(request).map(|state| &state.engine).map_err(Fault)?;
    if read_from(request).is_none() {
        let from = ReadFrom(engine.health().folded.0);
        request.extensions_mut().insert(from);
    }
    Ok(engine)
}

/// A position in the journal up to which a page knows everything: where the read models were when it
/// asked for the engine. `None` before that.
pub fn read_from(request: &HttpRequest) -> Option<u64> {
    request.extensions().get::<ReadFrom>().map(|from| from.0)
}

/// The graph that a body draws, as `PUT /v1/workflows/{id}/graph` reads it.
///
/// # Errors
///
/// 400 with every fault.
pub fn drawn_graph(body: &[u8]) -> Result<DraftGraph, Fault> {
    whole_graph::drawn(body).map_err(Fault)
}

/// Enrols the leads of a form with a `file` and `duplicates`, as `POST /v1/workflows/{id}/leads` does.
///
/// # Errors
///
/// Those of that route; for a faulty file with its rows.
pub async fn enrol_file(
    request: &HttpRequest,
    payload: Payload,
    workflow: WorkflowId,
) -> Result<Imported, Fault> {
    lead_upload::enrolled(request, payload, workflow, None).await.map_err(Fault)
}

/// What ends answers that do not end.
///
/// # Errors
///
/// As [`engine`].
pub fn shutdown(request: &HttpRequest) -> Result<Shutdown, Fault> {
    state(request).map(|state| state.shutdown.clone()).map_err(Fault)
}

/// A place for one answer that does not end. It is counted until it is dropped.
#[derive(Debug)]
pub struct StreamPlace {
    _open: OpenStream,
    _place: EventStreamPlace,
}

/// Takes a place for an answer that does not end.
///
/// # Errors
///
/// 429 when there are too many.
pub fn enter_stream(request: &HttpRequest, visitor: &Visitor) -> Result<StreamPlace, Fault> {
    let state = state(request).map_err(Fault)?;
    let reader = Arc::clone(&visitor.0.principal);
    let has_limit = rates::is_key(&reader);
    let place = state.event_streams.enter(reader, has_limit, &state.limits).map_err(Fault)?;
    Ok(StreamPlace { _open: state.metrics.open_stream(), _place: place })
}

/// The id of the request, as the answer and the log name it.
pub fn id_of(request: &HttpRequest) -> Option<Arc<str>> {
    request_id(request)
}

/// The events of a record as the API shows them: place, type, principal, cause and payload, with
/// nothing personal in them. `home` is the workflow of its lead.
pub fn events_of(fact: &RecordedFact, home: Option<WorkflowId>) -> Vec<serde_json::Value> {
    let shapes = event_shapes::events_of(fact, home);
    shapes.iter().map(|shape| serde_json::to_value(shape).unwrap_or_default()).collect()
}

/// Logs in with an API key, `key_…:<secret>`. The header that gives the browser its session.
///
/// # Errors
///
/// 401 for a key that is not live; 403 for one that cannot read; 503 when there is no session to be
/// had.
pub fn log_in(request: &HttpRequest, key: &str) -> Result<header::HeaderValue, Fault> {
    let state = state(request).map_err(Fault)?;
    let known = access::open_text(state, key.trim()).map_err(Fault)?;
    let identity = Identity::of(known);
    identity.may(&[Scope::Read]).map_err(Fault)?;
    let id = identity.key.as_ref().map(|key| key.id);
    let cookie = id
        .and_then(|id| state.sessions.open(id))
        .and_then(|token| sessions::set_cookie(&token, comes_over_tls(state)));
    cookie.ok_or_else(|| Fault(Problem::internal()))
}

/// Ends the session of a browser. The header that takes it away.
pub fn log_out(request: &HttpRequest) -> Option<header::HeaderValue> {
    let state = state(request).ok()?;
    state.sessions.end(request.headers());
    sessions::set_cookie("", comes_over_tls(state))
}

/// Whether a login is needed to see pages.
pub fn needs_login(request: &HttpRequest) -> bool {
    state(request).is_ok_and(|state| state.engine.api_keys().are_required())
}

const fn comes_over_tls(state: &ApiState) -> bool {
    state.tls.is_some() || state.behind_proxy
}

/// Runs before every page for visitors: who is nobody is led to the login.
async fn guard(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<EitherBody<impl MessageBody>>, actix_web::Error> {
    let Ok(identity) = access::identify(request.request()) else {
        drop(request.take_payload());
        let response = to_login(request.request());
        return Ok(request.into_response(response).map_into_right_body());
    };
    let allowed = identity.may(&[Scope::Read]);
    request.extensions_mut().insert(identity);
    let taken = allowed.err().map_or_else(|| rates::check_key(&request), Err);
    if let Err(problem) = taken {
        drop(request.take_payload());
        return Ok(request.into_response(problem.error_response()).map_into_right_body());
    }
    Ok(next.call(request).await?.map_into_left_body())
}

/// Leads to the login, and from there back.
fn to_login(request: &HttpRequest) -> HttpResponse {
    let asked = request.uri().path_and_query().map_or("/", |target| target.as_str());
    let back = request.method() == actix_web::http::Method::GET && asked.len() <= NEXT_BYTES_MAX;
    let query =
        if back && asked != "/" { format!("?next={}", in_query(asked)) } else { String::new() };
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, format!("{LOGIN_PATH}{query}")))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .finish()
}

/// Spells a text so that it can be the value of a query parameter.
pub fn in_query(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.') {
            out.push(char::from(byte));
        } else {
            // Writing to a `String` cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}
