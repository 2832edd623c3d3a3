//! The key in a request: `Authorization: Bearer key_…:<secret>`.

use std::sync::Arc;

use actix_web::http::header::{self, HeaderMap};
use branchline_domain::id::ApiKeyId;
use branchline_engine::api_keys::{ApiKeys, KnownKey, digest_of};
use subtle::ConstantTimeEq as _;

/// Longest text that is looked at. Ours have about 110. Unit: bytes.
const CREDENTIALS_BYTES_MAX: usize = 512;

/// The key that a request comes with, when its secret is right and it is live.
///
/// Whether the id is unknown, the secret wrong or the key expired takes the same: digests are
/// compared, all of their bytes, and there is always one to compare with.
pub(super) fn open(keys: &ApiKeys, headers: &HeaderMap) -> Option<Arc<KnownKey>> {
    compare(keys, credentials(headers)?)
}

/// The same for the text of a key alone, as somebody typed it.
pub(super) fn open_text(keys: &ApiKeys, text: &str) -> Option<Arc<KnownKey>> {
    let (id, secret) =
        Some(text).filter(|text| text.len() <= CREDENTIALS_BYTES_MAX)?.split_once(':')?;
    compare(keys, (prefixed(id), secret))
}

fn compare(keys: &ApiKeys, (id, secret): (Option<ApiKeyId>, &str)) -> Option<Arc<KnownKey>> {
    let given = digest_of(secret);
    keys.open(id, |wanted| given.ct_eq(wanted).into())
}

/// The id, if it is one, and the secret.
fn credentials(headers: &HeaderMap) -> Option<(Option<ApiKeyId>, &str)> {
    let mut given = headers.get_all(header::AUTHORIZATION);
    let value = given.next().filter(|value| value.len() <= CREDENTIALS_BYTES_MAX)?;
    if given.next().is_some() {
        // Two of them: somebody in between may have looked at the other one.
        return None;
    }
    let (scheme, text) = value.to_str().ok()?.split_once(' ')?;
    let (id, secret) = text.trim().split_once(':')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| (prefixed(id), secret))
}

/// Only as we write it: a second spelling of an id would be a second name for one key.
fn prefixed(id: &str) -> Option<ApiKeyId> {
    let key: ApiKeyId = id.parse().ok()?;
    (key.to_string() == id).then_some(key)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn read(values: &[&str]) -> Option<(bool, String)> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        }
        credentials(&headers).map(|(id, secret)| (id.is_some(), secret.to_owned()))
    }

    #[test]
    fn a_key_is_read_as_it_was_told_and_in_no_other_way() {
        let key = ApiKeyId::from_u128(7);
        let whole = format!("Bearer {key}:bls_1");
        assert_eq!(read(&[&whole]), Some((true, "bls_1".into())));
        assert_eq!(read(&[&whole.replace("Bearer", "bearer")]), Some((true, "bls_1".into())));
        let bare = format!("Bearer {}:bls_1", key.as_uuid());
        assert_eq!(read(&[&bare]), Some((false, "bls_1".into())));
        assert_eq!(read(&["Bearer x:y:z"]), Some((false, "y:z".into())));
        let basic = whole.replace("Bearer", "Basic");
        for none in ["Bearer", "Bearer key_1", &basic, &format!("Bearer x:{}", "y".repeat(600))] {
            assert_eq!(read(&[none]), None, "{none}");
        }
        assert_eq!(read(&[]), None);
        assert_eq!(read(&[&whole, &whole]), None);
    }
}
