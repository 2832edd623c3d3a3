//! Who asks, and whether they may.
//!
//! [`guard`] stands in front of every route below `/v1` but the operator's, which want a token of
//! their own. It leaves an [`Identity`] with the request; [`crate::headers`] reads the organisation
//! and the principal from there.

pub(crate) mod routes;

use std::sync::Arc;

use actix_web::{
    HttpMessage as _, HttpRequest, ResponseError as _,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};
use branchline_domain::{
    id::OrganisationId,
    organisation::{Scope, Scopes},
};

use self::routes::{Access, Found};
use crate::{error_mapping::Refusal, problem::Problem};

/// Who asks, as the request proved it.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    /// Whose things may be touched; those of others are not there.
    pub(crate) organisation: OrganisationId,
    /// The name in the journal.
    pub(crate) principal: Arc<str>,
    /// What may be done.
    pub(crate) scopes: Scopes,
}

impl Identity {
    /// Whoever reaches a server without keys.
    pub(crate) fn everybody() -> Self {
        let organisation = OrganisationId::DEFAULT;
        Self { organisation, principal: "api".into(), scopes: Scopes::ALL }
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
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let found = routes::find(request.method().as_str(), request.match_info().as_str());
    match admit(&found) {
        Ok(identity) => {
            request.extensions_mut().insert(identity);
            Ok(next.call(request).await?.map_into_left_body())
        }
        Err(problem) => {
            drop(request.take_payload());
            let refusal = problem.error_response();
            Ok(request.into_response(refusal).map_into_right_body())
        }
    }
}

/// Who asks, when they may ask this.
///
/// # Errors
///
/// 403 when the key has none of the scopes that open the route.
fn admit(found: &Found) -> Result<Identity, Problem> {
    let identity = Identity::everybody();
    match found {
        Found::Route(Access { any_of, .. }) => identity.may(any_of)?,
        // The router says what is there instead.
        Found::OtherMethods | Found::Nothing => {}
    }
    Ok(identity)
}

/// Who asks; nobody when no guard has looked at the request.
pub(crate) fn identity(request: &HttpRequest) -> Option<Identity> {
    request.extensions().get::<Identity>().cloned()
}
