//! Style sheets, scripts and the icon, out of the binary. An address names the content by its hash, so
//! a browser keeps what it has until it changes; debug builds read the files from disk.

use std::{borrow::Cow, fmt::Write as _, sync::LazyLock};

use actix_web::{HttpRequest, HttpResponse, http::header};
use branchline_http_api::pages::Fault;
use rust_embed::RustEmbed;
use sha2::{Digest as _, Sha256};

use crate::shell::{PageAnswer, PageError};

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Assets;

/// Bytes of the hash in an address.
const HASH_BYTES: usize = 8;

/// The address of an asset. All share one hash, that of all of them, so that what a script loads from
/// beside itself is kept as well.
pub(crate) fn url(name: &str) -> String {
    format!("/assets/{}/{name}", hash())
}

/// In debug builds files change while the program runs.
fn hash() -> Cow<'static, str> {
    static ONCE: LazyLock<String> = LazyLock::new(hash_now);
    if cfg!(debug_assertions) { hash_now().into() } else { ONCE.as_str().into() }
}

fn hash_now() -> String {
    let mut names: Vec<_> = Assets::iter().collect();
    names.sort_unstable();
    let mut sha = Sha256::new();
    for file in names.iter().filter_map(|name| Assets::get(name)) {
        sha.update(file.metadata.sha256_hash());
    }
    sha.finalize().iter().take(HASH_BYTES).fold(String::new(), |mut text, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// `GET /assets/{hash}/{file}`
pub(crate) async fn file(request: HttpRequest) -> PageAnswer {
    let (asked, name) = (request.match_info().query("hash"), request.match_info().query("file"));
    let found = Assets::get(name);
    let file = found.ok_or_else(|| PageError::from(Fault::not_found("file", name)))?;
    // An old page may ask for what has changed since: it gets what there is, and must not keep it.
    let keep = if asked == hash() { "public, max-age=31536000, immutable" } else { "no-store" };
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, media_type(name)))
        .insert_header((header::CACHE_CONTROL, keep))
        .body(file.data.into_owned()))
}

/// `GET /favicon.ico`, which browsers ask for by themselves.
pub(crate) async fn icon() -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, url("icon.svg"))).finish()
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some(_) | None => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_asset_has_a_hash_and_a_type() {
        for name in Assets::iter() {
            let url = url(&name);
            assert_eq!(url.split('/').nth(2).map(str::len), Some(2 * HASH_BYTES), "{url}");
            assert_ne!(media_type(&name), "application/octet-stream", "{name}");
        }
    }
}
