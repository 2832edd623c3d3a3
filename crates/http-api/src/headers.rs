//! What comes with every request: who asks, its id, its idempotency key, its body.

use std::{
    future::Future,
    hash::{BuildHasher, RandomState},
    pin::Pin,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    body::MessageBody,
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
    web,
};
use branchline_domain::id::OrganisationId;
use branchline_engine::command::Caller;
use branchline_journal::record::IdempotencyKey;
use sha2::{Digest, Sha256};

use crate::{
    ApiState,
    access::{self, Identity},
    body::{Body, collect, media_type, unsupported},
    error_mapping::Refusal,
    json::Fields,
    json_depth, mishaps,
    observe::TraceContext,
    positions,
    problem::{FieldFault, Problem},
    revisions,
    routes::path_of,
};

/// Longest `Idempotency-Key` and `X-Request-Id`. Unit: bytes. The journal keeps no longer ones.
const KEY_BYTES_MAX: usize = 128;
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The one route whose answer does not end.
pub(crate) const EVENTS_PATH: &str = "/v1/events";

/// The id of a request, given or made up.
#[derive(Clone)]
pub(crate) struct RequestId(Arc<str>);

impl RequestId {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Made-up request ids differ between runs of the process and count up within one.
pub(crate) fn fresh_request_id() -> Arc<str> {
    static RUN: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(std::process::id()));
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("req-{:016x}-{}", *RUN, COUNT.fetch_add(1, Ordering::Relaxed)).into()
}

/// The id of a request, as the answer names it.
pub(crate) fn request_id(request: &HttpRequest) -> Option<Arc<str>> {
    request.extensions().get::<RequestId>().map(|id| Arc::clone(&id.0))
}

/// Owns nothing: what is asked for it is not found.
const NOBODY: OrganisationId = OrganisationId::from_u128(0);

/// Whose things a request may see: none, when no guard has looked at it.
pub(crate) fn organisation(request: &HttpRequest) -> OrganisationId {
    access::identity(request).map_or(NOBODY, |identity| identity.organisation)
}

/// A header's value, when it is short visible text.
fn short_text(headers: &HeaderMap, name: &HeaderName) -> Option<Result<Arc<str>, ()>> {
    let value = headers.get(name)?;
    let text = value.to_str().ok().map(str::trim);
    Some(
        text.filter(|text| !text.is_empty() && text.len() <= KEY_BYTES_MAX)
            .map(Into::into)
            .ok_or(()),
    )
}

pub(crate) fn header_fault(name: &str, problem: String) -> Problem {
    let fault =
        FieldFault { parameter: Some(name.into()), detail: problem, ..FieldFault::default() };
    Problem::invalid(Refusal::InvalidHeader, vec![fault])
}

/// Who asks with this request, as [`access::guard`] found it.
///
/// # Errors
///
/// 400 for an idempotency key that cannot be kept; 503 when no guard has looked at the request.
pub(crate) fn caller(request: &HttpRequest, body: &[u8]) -> Result<Caller, Problem> {
    let idempotency = match short_text(request.headers(), &IDEMPOTENCY_KEY) {
        None => None,
        Some(Ok(key)) => Some(IdempotencyKey { key, digest: digest(request, body) }),
        Some(Err(())) => {
            let problem = format!("Idempotency-Key: must be 1 to {KEY_BYTES_MAX} visible bytes");
            return Err(header_fault("Idempotency-Key", problem));
        }
    };
    let request_id = request_id(request);
    let Identity { organisation, principal, .. } =
        access::identity(request).ok_or_else(access::nobody)?;
    let if_revision = revisions::expected(request)?;
    let last_position = positions::noted(request);
    Ok(Caller { organisation, principal, request_id, idempotency, if_revision, last_position })
}

/// What makes two requests the same: method, path with query, body, and the revision they were made
/// from, if they name one. Lengths stand in between, so that no text can move from one to the next.
fn digest(request: &HttpRequest, body: &[u8]) -> [u8; 32] {
    let target = request.uri().path_and_query().map_or("", |target| target.as_str());
    let mut sha = Sha256::new();
    for part in [request.method().as_str().as_bytes(), target.as_bytes(), body] {
        sha.update(part.len().to_be_bytes());
        sha.update(part);
    }
    if let Some(revision) = request.headers().get(header::IF_MATCH) {
        sha.update(revision.as_bytes());
    }
    sha.finalize().into()
}

/// A write: who asks, and the body.
#[derive(Debug)]
pub(crate) struct Write {
    pub(crate) caller: Caller,
    body: Body,
    media_type: Option<String>,
    depth_max: usize,
}

impl Write {
    /// The fields of the JSON body.
    ///
    /// # Errors
    ///
    /// 415 unless it says it is JSON; 400 when it is malformed or no object.
    pub(crate) fn fields(&self) -> Result<Fields, Problem> {
        match self.media_type.as_deref() {
            Some("application/json") => {
                json_depth::check(&self.body, self.depth_max)?;
                Fields::of_body(&self.body)
            }
            other => Err(unsupported(other, "application/json")),
        }
    }

    /// The route takes no body: nothing, or an empty object.
    ///
    /// # Errors
    ///
    /// 400 naming the fields of a body that has some.
    pub(crate) fn no_body(&self) -> Result<(), Problem> {
        if self.body.iter().all(u8::is_ascii_whitespace) {
            return Ok(());
        }
        json_depth::check(&self.body, self.depth_max)?;
        Fields::of_body(&self.body)?.finish(Some(()))
    }
}

impl FromRequest for Write {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move {
            let limits = &state(&request)?.limits;
            let body = collect(&request, &mut payload, limits.json_body_max_bytes).await?;
            let caller = caller(&request, &body)?;
            let media_type = media_type(&request);
            Ok(Self { caller, body, media_type, depth_max: limits.json_depth_max })
        })
    }
}

/// The state that [`crate::configure`] put there.
///
/// # Errors
///
/// 503 when it did not: a mistake of the program, not of the caller.
pub(crate) fn state(request: &HttpRequest) -> Result<&ApiState, Problem> {
    request.app_data::<web::Data<ApiState>>().map(web::Data::get_ref).ok_or_else(|| {
        tracing::error!("a route was asked without the state of the API");
        Problem::of(Refusal::NotConfigured, "the API has no engine")
    })
}

/// Runs before and after every route: refuses what is too long and pages of other sites, gives each
/// request its id, and answers for a route that panics.
pub(crate) async fn guard(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let id = short_text(request.headers(), &REQUEST_ID)
        .and_then(Result::ok)
        .or_else(|| Some(request.extensions().get::<TraceContext>()?.request_id()?.into()))
        .unwrap_or_else(fresh_request_id);
    request.extensions_mut().insert(RequestId(Arc::clone(&id)));
    let hsts = state(request.request())
        .ok()
        .and_then(|state| state.tls.as_ref()?.strict_transport_security());
    let refused = refuse(&request);
    // HEAD is GET whose body the server leaves out; a stream without a body would never end.
    if *request.method() == Method::HEAD && path_of(request.request()) != EVENTS_PATH {
        request.head_mut().method = Method::GET;
    }
    let mut response = if let Some(problem) = refused {
        drop(request.take_payload());
        let refusal = actix_web::ResponseError::error_response(&problem);
        request.into_response(refusal).map_into_right_body()
    } else {
        mishaps::caught(async { next.call(request).await }, &id, hsts.as_ref())
            .await?
            .map_into_left_body()
    };
    label(response.headers_mut(), &id, hsts.as_ref());
    Ok(response)
}

/// What is refused before any route is looked for.
fn refuse(request: &ServiceRequest) -> Option<Problem> {
    let Ok(state) = state(request.request()) else { return None };
    let (url_max, headers_max) = (state.limits.url_max_bytes, state.limits.headers_max);
    if request.uri().path_and_query().is_some_and(|target| target.as_str().len() > url_max) {
        let detail = format!("path and query are longer than {url_max} bytes");
        return Some(Problem::of(Refusal::UrlTooLong, detail));
    }
    if request.headers().len() > headers_max {
        let detail = format!("there are more than {headers_max} headers");
        return Some(Problem::of(Refusal::HeadTooLarge, detail));
    }
    // A page of another site has no key. What comes without one may come from such a page: with the
    // session of a browser, or to a server that asks nobody for a key.
    let keyed = state.engine.api_keys().are_required();
    let is_of_v1 = path_of(request.request()).starts_with("/v1/");
    if !(keyed && is_of_v1 && access::brings_key(request.headers())) {
        let loopback = !state.is_exposed();
        let foreign = refuse_foreign(request.method(), request.headers(), loopback);
        if foreign.is_some() {
            return foreign;
        }
    }
    access::check_outside(request.request(), state).err()
}

/// The headers that every answer has.
pub(crate) fn label(headers: &mut HeaderMap, id: &str, hsts: Option<&HeaderValue>) {
    if let Some(hsts) = hsts {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, hsts.clone());
    }
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// A browser names the page that sends a request. Without API keys such a page must be one of
/// ours, and the host it asks for must be this machine: else any page on the web could command a
/// server on the reader's own machine, through a form or a name that it points there.
fn refuse_foreign(method: &Method, headers: &HeaderMap, loopback: bool) -> Option<Problem> {
    let text =
        |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("unreadable"));
    let host = text(&header::HOST);
    if loopback && host.is_some_and(|host| !is_loopback_name(host)) {
        let detail = "the Host is not this machine: ask 127.0.0.1, [::1] or localhost";
        return Some(Problem::of(Refusal::ForeignHost, detail));
    }
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return None;
    }
    let foreign_site = text(&FETCH_SITE).is_some_and(|site| site == "cross-site");
    let foreign_origin = text(&header::ORIGIN).is_some_and(|origin| {
        let authority = origin.split_once("://").map(|(_, authority)| authority);
        authority.is_none() || authority != host
    });
    (foreign_site || foreign_origin).then(|| {
        let detail = "the request comes from a page of another site";
        Problem::of(Refusal::CrossSite, detail)
    })
}

fn is_loopback_name(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        Some(_) | None => host,
    };
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    name.eq_ignore_ascii_case("localhost")
        || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn refused(method: &Method, headers: &[(&'static str, &'static str)]) -> Option<&'static str> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        refuse_foreign(method, &map, true).map(|problem| problem.code)
    }

    #[test]
    fn a_page_of_another_site_commands_nothing() {
        let host = ("host", "127.0.0.1:8080");
        assert_eq!(refused(&Method::POST, &[host, ("origin", "http://127.0.0.1:8080")]), None);
        assert_eq!(refused(&Method::POST, &[host]), None);
        for origin in ["https://evil.example", "null", "http://127.0.0.1:9999"] {
            assert_eq!(refused(&Method::POST, &[host, ("origin", origin)]), Some("cross_site"));
        }
        let site = ("sec-fetch-site", "cross-site");
        assert_eq!(refused(&Method::DELETE, &[host, site]), Some("cross_site"));
        assert_eq!(refused(&Method::GET, &[host, site]), None);
    }

    #[test]
    fn a_name_that_points_here_is_not_this_machine() {
        assert_eq!(refused(&Method::GET, &[("host", "evil.example")]), Some("foreign_host"));
        assert_eq!(
            refused(&Method::GET, &[("host", "localhost.evil.example:80")]),
            Some("foreign_host")
        );
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1", "[::1]:8080", "[::1]"] {
            assert_eq!(refused(&Method::GET, &[("host", host)]), None, "{host}");
        }
    }

    #[test]
    fn the_digest_of_a_request_is_its_method_target_and_body() {
        let request =
            |method, uri: &str| TestRequest::default().method(method).uri(uri).to_http_request();
        let base = digest(&request(Method::POST, "/v1/a"), b"{}");
        assert_eq!(base, digest(&request(Method::POST, "/v1/a"), b"{}"));
        assert_ne!(base, digest(&request(Method::POST, "/v1/a"), b"{ }"));
        assert_ne!(base, digest(&request(Method::POST, "/v1/b"), b"{}"));
        assert_ne!(base, digest(&request(Method::POST, "/v1/a?force=true"), b"{}"));
        assert_ne!(base, digest(&request(Method::PATCH, "/v1/a"), b"{}"));
        let from = |revision: &str| {
            let request = TestRequest::post().uri("/v1/a").insert_header(("if-match", revision));
            digest(&request.to_http_request(), b"{}")
        };
        assert_ne!(base, from("\"1\""));
        assert_ne!(from("\"1\""), from("\"2\""));
    }

    #[test]
    fn an_idempotency_key_that_cannot_be_kept_is_refused() {
        for key in ["", &"k".repeat(129)] {
            let request =
                TestRequest::post().insert_header((IDEMPOTENCY_KEY, key)).to_http_request();
            assert_eq!(caller(&request, b"").unwrap_err().code, "invalid_header");
        }
        let request = TestRequest::post().insert_header((IDEMPOTENCY_KEY, "k-1")).to_http_request();
        assert_eq!(caller(&request, b"").unwrap_err().code, "not_configured");
        request.extensions_mut().insert(Identity::everybody());
        assert_eq!(&*caller(&request, b"").unwrap().idempotency.unwrap().key, "k-1");
    }
}
