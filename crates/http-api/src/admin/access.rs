//! Who may ask: whoever brings the token.

use std::{fmt, sync::Arc};

use actix_web::{
    HttpMessage as _, ResponseError as _,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{self, HeaderValue},
    middleware::Next,
};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;

use super::admin;
use crate::{access::Identity, error_mapping::Refusal, problem::Problem};

/// The word that a request must bring: random, made anew at each start. Never printed.
#[derive(Clone)]
pub struct AdminToken(Arc<[u8; 32]>);

impl AdminToken {
    /// Of a text, such as 64 hexadecimal digits of random bytes. Only its digest is kept.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(Arc::new(Sha256::digest(text).into()))
    }

    /// Whether this is the same text. Takes as long for one that is almost right as for any other:
    /// digests are compared, and all of their bytes.
    fn is(&self, text: &[u8]) -> bool {
        let given: [u8; 32] = Sha256::digest(text).into();
        given.ct_eq(self.0.as_ref()).into()
    }
}

impl fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminToken(…)")
    }
}

/// Runs before every route of the operator, the missing ones too: nobody without the token learns
/// which there are.
pub(super) async fn guard(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let Err(problem) = check(&request) else {
        request.extensions_mut().insert(Identity::operator());
        return Ok(next.call(request).await?.map_into_left_body());
    };
    drop(request.take_payload());
    let refusal = problem.error_response();
    Ok(request.into_response(refusal).map_into_right_body())
}

fn check(request: &ServiceRequest) -> Result<(), Problem> {
    let admin = admin(request.request())?;
    let given = request.headers().get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
    let found = given.and_then(|value| {
        let (scheme, token) = value.split_at_checked(b"Bearer ".len())?;
        scheme.eq_ignore_ascii_case(b"Bearer ").then(|| token.trim_ascii())
    });
    if found.is_some_and(|token| admin.token.is(token)) {
        return Ok(());
    }
    let what = match (given, found) {
        (None, _) => "this route needs the operator's token",
        (Some(_), None) => "the Authorization is not `Bearer <token>`",
        (Some(_), Some(_)) => "the token is not that of this server; each start makes a new one",
    };
    let file = admin.token_file.display();
    let detail = format!("{what}: send `Authorization: Bearer <token>` with the text of {file}");
    Err(Problem::of(Refusal::Unauthorized, detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_text_is_the_token() {
        let token = AdminToken::new("4f2a");
        assert!(token.is(b"4f2a"));
        for other in [&b""[..], b"4f2", b"4f2b", b"4F2A", b"4f2a "] {
            assert!(!token.is(other), "{other:?}");
        }
        assert_eq!(format!("{token:?}"), "AdminToken(…)");
    }
}
