//! Who asks, and whether they may.
//!
//! [`guard`] stands in front of every route below `/v1`. The operator's want a token of their own;
//! for all others it leaves an [`Identity`] with the request, and [`crate::headers`] reads the
//! organisation and the principal from there. As long as there has never been a key, whoever reaches
//! the server is [`Identity::everybody`]; from the first key on, every request needs one.
//!
//! A key that is unknown, wrong, expired or revoked is one and the same to whoever brings it.

mod bearer;
pub(crate) mod needs;
pub(crate) mod refusals;

use std::sync::Arc;

use actix_web::{
    HttpMessage as _, HttpRequest,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{self, HeaderMap},
    middleware::Next,
};
use branchline_domain::{
    id::OrganisationId,
    organisation::{Scope, Scopes},
};
use branchline_engine::api_keys::{ApiKeys, KnownKey};

use self::needs::{Access, Found, Needs, find};
use crate::{
    ApiState,
    error_mapping::Refusal,
    headers::state,
    problem::Problem,
    routes::{allow, path_of},
};

/// The name of the operator in the journal.
pub(crate) const OPERATOR: &str = "operator";

/// Who asks, as the request proved it.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    /// Whose things may be touched; those of others are not there.
    pub(crate) organisation: OrganisationId,
    /// The name in the journal.
    pub(crate) principal: Arc<str>,
    /// What may be done.
    pub(crate) scopes: Scopes,
    /// The key that was brought; none where none is needed.
    pub(crate) key: Option<Arc<KnownKey>>,
}

impl Identity {
    /// Whoever reaches a server without keys.
    pub(crate) fn everybody() -> Self {
        let organisation = OrganisationId::DEFAULT;
        Self { organisation, principal: "api".into(), scopes: Scopes::ALL, key: None }
    }

    /// Who brought the operator's token. What is done is done in the organisation that a route names.
    pub(crate) fn operator() -> Self {
        let organisation = OrganisationId::DEFAULT;
        Self { organisation, principal: OPERATOR.into(), scopes: Scopes::ALL, key: None }
    }

    /// Who brought this key.
    pub(crate) fn of(key: Arc<KnownKey>) -> Self {
        let (organisation, principal) = (key.organisation, Arc::clone(&key.principal));
        Self { organisation, principal, scopes: key.scopes, key: Some(key) }
    }

    /// Whether it is still as good as it was: an answer that does not end must ask now and then.
    pub(crate) fn is_still_good(&self, keys: &ApiKeys) -> bool {
        match &self.key {
            Some(key) => keys.is_live(key.id),
            None => !keys.are_required(),
        }
    }

    /// Says whether one of these scopes is there.
    ///
    /// # Errors
    ///
    /// 403 with the scopes that would do.
    pub(crate) fn may(&self, any_of: &[Scope]) -> Result<(), Problem> {
        if any_of.iter().any(|&scope| self.scopes.contains(scope)) {
            return Ok(());
        }
        let words: Vec<&str> = any_of.iter().map(|scope| scope.as_str()).collect();
        let detail = format!(
            "the key lacks the scope {}: make a key that has it, keys do not change",
            words.join(" or ")
        );
        Err(Problem::of(Refusal::ScopeMissing, detail))
    }
}

/// Runs before every route below `/v1`.
pub(crate) async fn guard(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    if is_operators(path_of(request.request())) {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    let found = find(request.method().as_str(), path_of(request.request()));
    let identity = match identify(request.request()) {
        Ok(identity) => identity,
        Err(problem) => return Ok(refused(request, &problem)),
    };
    let key = identity.key.clone();
    let allowed = admit(&identity, found);
    request.extensions_mut().insert(identity);
    let noted = key.zip(needs_of(found));
    if let Err(problem) = allowed {
        if let Some((key, needs)) = noted {
            refusals::note(&key, needs, request.request(), &problem);
        }
        return Ok(refused(request, &problem));
    }
    let response = next.call(request).await?;
    if let Some((key, needs)) = noted
        && let Some(problem) = problem_of(&response)
    {
        refusals::note(&key, needs, response.request(), problem);
    }
    Ok(response.map_into_left_body())
}

/// Why a route refused, if it did.
fn problem_of<B>(response: &ServiceResponse<B>) -> Option<&Problem> {
    response.response().error()?.as_error::<Problem>()
}

/// Whether a path is one of the operator's, there or not: nobody without the token learns which are.
pub(crate) fn is_operators(path: &str) -> bool {
    path.strip_prefix("/v1/admin").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What the row of a request asks of a key.
const fn needs_of(found: Found) -> Option<Needs> {
    match found {
        Found::Route(line) => match line.access {
            Access::Key(needs) => Some(needs),
            Access::Everybody | Access::Local | Access::Operator => None,
        },
        Found::OtherMethods(_) | Found::Nothing => None,
    }
}

fn refused<B>(
    mut request: ServiceRequest,
    problem: &Problem,
) -> ServiceResponse<actix_web::body::EitherBody<B>> {
    drop(request.take_payload());
    let response = actix_web::HttpResponse::from_error(problem.clone());
    request.into_response(response).map_into_right_body()
}

/// Who asks.
///
/// # Errors
///
/// 401 where a key is needed and none that is good came.
pub(crate) fn identify(request: &HttpRequest) -> Result<Identity, Problem> {
    let state = state(request)?;
    let keys = state.engine.api_keys();
    if !keys.are_required() {
        return Ok(Identity::everybody());
    }
    // The one place that every bad key passes. A session counts only where no key came: who sends a
    // wrong key is told so.
    let key = if brings_key(request.headers()) {
        bearer::open(keys, request.headers())
    } else {
        state.sessions.key_of(request.headers(), keys)
    };
    key.map(Identity::of).ok_or_else(unauthorized)
}

/// Whether a request comes with a key of its own, so that no browser sent it by itself.
pub(crate) fn brings_key(headers: &HeaderMap) -> bool {
    headers.contains_key(header::AUTHORIZATION)
}

/// The key that somebody typed, `key_…:<secret>`.
///
/// # Errors
///
/// 401 unless it is live.
pub(crate) fn open_text(state: &ApiState, text: &str) -> Result<Arc<KnownKey>, Problem> {
    bearer::open_text(state.engine.api_keys(), text).ok_or_else(unauthorized)
}

/// The same for every key that is not good.
fn unauthorized() -> Problem {
    let detail = "this needs an API key that is live: send `Authorization: Bearer <key>:<secret>`; \
                  `branchline keys create` makes one";
    Problem::of(Refusal::Unauthorized, detail)
}

/// Says whether this may be asked.
///
/// # Errors
///
/// 403 when the key has none of the scopes that open the route; 404 and 405 for what the table does
/// not have.
fn admit(identity: &Identity, found: Found) -> Result<(), Problem> {
    if let Some(needs) = needs_of(found) {
        return identity.may(needs.any_of);
    }
    // Without keys the router says what is there instead.
    if identity.key.is_none() {
        return Ok(());
    }
    match found {
        Found::OtherMethods(lines) => {
            Err(Problem::other_methods(allow(lines.iter().copied()).into()))
        }
        // What opens to no key is not there for one.
        Found::Route(_) | Found::Nothing => Err(Problem::of(
            Refusal::NotFound("route_not_found"),
            "there is no such route for a key",
        )),
    }
}

/// Who asks; nobody when no guard has looked at the request.
pub(crate) fn identity(request: &HttpRequest) -> Option<Identity> {
    request.extensions().get::<Identity>().cloned()
}

/// Says whether who asks has one of these scopes: for a route that its body decides about.
///
/// # Errors
///
/// 403 with the scopes that would do; 503 when no guard has looked at the request.
pub(crate) fn require(request: &HttpRequest, any_of: &[Scope]) -> Result<(), Problem> {
    identity(request).ok_or_else(nobody)?.may(any_of)
}

/// 503 for a route that was asked without a guard before it: a mistake of the program.
pub(crate) fn nobody() -> Problem {
    tracing::error!("a route was asked without a guard before it");
    Problem::of(Refusal::NotConfigured, "nobody checked who asks")
}

/// What lies outside `/v1`, there or not: some of it is for everybody, and what tells of the server is for
/// everybody who sits at the machine, and with a key that reads for others. Notes who asks, as far as that is
/// proved.
///
/// # Errors
///
/// 401 and 403, where others reach the server and the route is [`Access::Local`].
pub(crate) fn check_outside(request: &HttpRequest, state: &ApiState) -> Result<(), Problem> {
    let is_local = match find(request.method().as_str(), path_of(request)) {
        Found::Route(line) => match line.access {
            Access::Everybody => false,
            Access::Local => true,
            // Their own guards look at it.
            Access::Key(_) | Access::Operator => return Ok(()),
        },
        Found::OtherMethods(lines) => lines.iter().any(|line| line.access == Access::Local),
        Found::Nothing => return Ok(()),
    };
    let identity = identify(request);
    let allowed = if is_local && state.is_exposed() {
        identity.as_ref().map_err(Clone::clone).and_then(|identity| identity.may(&[Scope::Read]))
    } else {
        Ok(())
    };
    if let Ok(identity) = identity {
        request.extensions_mut().insert(identity);
    }
    allowed
}
