//! Who is logged in with a browser. A session stands for the API key that it was opened with, and
//! ends with it; none outlives the process.

use std::{
    collections::HashMap,
    fmt::{self, Write as _},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use actix_web::http::header::{self, HeaderMap, HeaderValue};
use branchline_domain::id::ApiKeyId;
use branchline_engine::api_keys::{ApiKeys, KnownKey};
use sha2::{Digest as _, Sha256};

/// Name of the cookie.
const COOKIE: &str = "branchline_session";

/// How long somebody stays logged in.
const LIFETIME: Duration = Duration::from_hours(12);

/// Sessions that are remembered at once; beyond it the one that ends first goes.
const REMEMBERED_MAX: usize = 10_000;

/// Longest `Cookie` header that is looked at. Unit: bytes.
const COOKIES_BYTES_MAX: usize = 4_096;

/// Bytes of a token: nobody guesses it.
const TOKEN_BYTES: usize = 32;

#[derive(Clone, Copy, Debug)]
struct Session {
    key: ApiKeyId,
    until: Instant,
}

/// The sessions that are open.
#[derive(Default)]
pub(crate) struct Sessions {
    /// By the digest of the token: how long a look takes tells nothing of it.
    open: Mutex<HashMap<[u8; 32], Session>>,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").finish_non_exhaustive()
    }
}

impl Sessions {
    /// Opens one for a key. Its token, for the cookie; `None` when the system gives no random bytes.
    pub(crate) fn open(&self, key: ApiKeyId) -> Option<String> {
        let token = fresh_token()?;
        let now = Instant::now();
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= REMEMBERED_MAX {
            open.retain(|_, session| session.until > now);
        }
        if open.len() >= REMEMBERED_MAX {
            let first = open.iter().min_by_key(|(_, session)| session.until).map(|(&at, _)| at);
            first.map(|at| open.remove(&at));
        }
        open.insert(digest(&token), Session { key, until: now + LIFETIME });
        Some(token)
    }

    /// The key behind the session that a request comes with, while both are good.
    pub(crate) fn key_of(&self, headers: &HeaderMap, keys: &ApiKeys) -> Option<Arc<KnownKey>> {
        let at = digest(token_of(headers)?);
        let session = {
            let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            open.get(&at).copied()?
        };
        let is_good = session.until > Instant::now() && keys.is_live(session.key);
        is_good.then(|| keys.find(session.key)).flatten()
    }

    /// Ends the session that a request comes with.
    pub(crate) fn end(&self, headers: &HeaderMap) {
        if let Some(token) = token_of(headers) {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            open.remove(&digest(token));
        }
    }
}

/// The header that gives a browser its session, or takes it away where `token` is empty. `secure`
/// where browsers come over TLS.
pub(crate) fn set_cookie(token: &str, secure: bool) -> Option<HeaderValue> {
    let age = if token.is_empty() { 0 } else { LIFETIME.as_secs() };
    let secure = if secure { "; Secure" } else { "" };
    HeaderValue::try_from(format!(
        "{COOKIE}={token}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}"
    ))
    .ok()
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

fn fresh_token() -> Option<String> {
    let mut bytes = [0; TOKEN_BYTES];
    rustls::crypto::ring::default_provider().secure_random.fill(&mut bytes).ok()?;
    let mut token = String::with_capacity(2 * TOKEN_BYTES);
    for byte in bytes {
        // Writing to a `String` cannot fail.
        let _ = write!(token, "{byte:02x}");
    }
    Some(token)
}

/// The token in the cookies of a request. Several sessions are none: somebody slipped one in.
fn token_of(headers: &HeaderMap) -> Option<&str> {
    let mut tokens = headers
        .get_all(header::COOKIE)
        .filter(|value| value.len() <= COOKIES_BYTES_MAX)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter_map(|(name, value)| (name == COOKIE).then_some(value));
    let token = tokens.next()?;
    (tokens.next().is_none() && token.len() == 2 * TOKEN_BYTES).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookies(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::COOKIE, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn a_session_is_found_by_its_cookie_alone() {
        let token = fresh_token().unwrap();
        assert_ne!(token, fresh_token().unwrap());
        let ours = format!("theme=dark; {COOKIE}={token}");
        assert_eq!(token_of(&cookies(&[&ours])), Some(token.as_str()));
        assert_eq!(token_of(&cookies(&["a=b", &ours])), Some(token.as_str()));
        let twice = format!("{ours}; {COOKIE}={token}");
        for none in [&twice, &ours.replace(COOKIE, "other"), &format!("{COOKIE}=short")] {
            assert_eq!(token_of(&cookies(&[none])), None, "{none}");
        }
        assert_eq!(token_of(&cookies(&[])), None);
    }

    #[test]
    fn sessions_that_are_too_many_push_out_the_oldest() {
        let sessions = Sessions::default();
        let first = sessions.open(ApiKeyId::from_u128(0)).unwrap();
        for number in 1..=REMEMBERED_MAX {
            sessions.open(ApiKeyId::from_u128(number as u128)).unwrap();
        }
        let open = sessions.open.lock().unwrap();
        assert_eq!((open.len(), open.contains_key(&digest(&first))), (REMEMBERED_MAX, false));
    }

    #[test]
    fn the_cookie_is_for_this_server_and_no_script() {
        let given = set_cookie("ab", true).unwrap();
        let text = given.to_str().unwrap();
        for part in ["branchline_session=ab;", "HttpOnly", "SameSite=Lax", "; Secure", "Path=/"] {
            assert!(text.contains(part), "{text}");
        }
        assert!(set_cookie("", false).unwrap().to_str().unwrap().contains("Max-Age=0"));
    }
}
