//! Where the server is, which key it is shown, and whom to trust about who it is.

use std::{
    env, fs,
    path::{Path, PathBuf},
    time::Duration,
};

use branchline_admin_files::{goes_in_clear, tls_client};
use clap::Args;
use reqwest::{Url, blocking::Client, header::HeaderValue, redirect};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};

use super::{Server, retry::Patience};
use crate::fault::Fault;

/// Environment variable with the address of the server.
pub const URL_VARIABLE: &str = "BRANCHLINE_URL";
/// Environment variable with the API key.
pub const KEY_VARIABLE: &str = "BRANCHLINE_API_KEY";
/// Where a server listens when its configuration does not say.
const URL_DEFAULT: &str = "http://127.0.0.1:8080";
/// Longest time to connect, TLS included.
const CONNECT_WAIT: Duration = Duration::from_secs(10);
/// The rights of a file by which others than its owner can read it.
const READ_BY_OTHERS: u32 = 0o044;

/// Which server, and how it is asked.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Server")]
pub(crate) struct ServerFlags {
    /// Where the server is; else `BRANCHLINE_URL`, else <http://127.0.0.1:8080>.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// File with the API key; else it is in `BRANCHLINE_API_KEY`. Never on the command line, which
    /// everybody on the machine can read.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// File with PEM certificates to trust besides those of the system.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Longest wait for an answer. Unit: seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3_600))]
    timeout: u32,
    /// How often a request is sent again when the server is busy or not there. A write goes again
    /// under the same idempotency key.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(0..=100))]
    retries: u32,
    /// The API's own JSON instead of tables: one document, or a line a row.
    #[arg(long)]
    pub(crate) json: bool,
}

impl ServerFlags {
    /// The server. Nothing is asked yet.
    ///
    /// # Errors
    ///
    /// [`Fault::Misused`] for an address that is none; [`Fault::Failed`] for a key or certificates
    /// that cannot be read.
    pub(crate) fn server(&self) -> Result<Server, Fault> {
        let url = match (&self.url, env::var(URL_VARIABLE)) {
            (Some(url), _) => url.clone(),
            (None, Ok(url)) if !url.is_empty() => url,
            (None, _) => URL_DEFAULT.to_owned(),
        };
        let base = base_of(&url)?;
        let key = self.key()?;
        if key.is_some() && goes_in_clear(base.scheme(), base.host_str().unwrap_or_default()) {
            eprintln!(
                "branchline: the key goes to {url} in clear, and whoever is on the way can read it: \
                 use https"
            );
        }
        let tls = tls(self.ca.as_deref())?;
        Ok(Server {
            http: client(&tls, Duration::from_secs(self.timeout.into()))?,
            tls,
            base: base.as_str().trim_end_matches('/').to_owned(),
            key,
            patience: Patience { repeats: self.retries },
        })
    }

    fn key(&self) -> Result<Option<HeaderValue>, Fault> {
        let (text, place) = match (&self.key_file, env::var(KEY_VARIABLE)) {
            (Some(file), _) => {
                let place = file.display().to_string();
                let text = fs::read_to_string(file).map_err(|error| {
                    Fault::io(&format!("cannot read the key in {place}"), &error)
                })?;
                warn_of_readers(file);
                (text, place)
            }
            (None, Ok(text)) if !text.is_empty() => (text, KEY_VARIABLE.to_owned()),
            (None, Err(env::VarError::NotUnicode(_))) => {
                return Err(Fault::Failed(format!("what is in {KEY_VARIABLE} is no key")));
            }
            (None, _) => return Ok(None),
        };
        // Not what is wrong: that would print a part of it.
        let mut header = HeaderValue::try_from(format!("Bearer {}", text.trim()))
            .map_err(|_| Fault::Failed(format!("what is in {place} is no key")))?;
        header.set_sensitive(true);
        Ok(Some(header))
    }
}

/// A key that others can read is not secret; what to do is one command.
fn warn_of_readers(file: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let readable =
            fs::metadata(file).is_ok_and(|found| found.permissions().mode() & READ_BY_OTHERS != 0);
        if readable {
            let file = file.display();
            eprintln!("branchline: others can read the key in {file}: chmod 600 {file}");
        }
    }
}

fn base_of(text: &str) -> Result<Url, Fault> {
    let misused = |reason: &str| {
        Fault::Misused(format!(
            "`{text}` is no address of a server such as {URL_DEFAULT}: {reason}"
        ))
    };
    let url = Url::parse(text).map_err(|error| misused(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(misused("it begins with http:// or https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        // Without the text, which has a secret in it.
        let reason = "an address has no key in it: use --key-file or BRANCHLINE_API_KEY";
        return Err(Fault::Misused(reason.into()));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(misused("it ends before `?` and `#`"));
    }
    Ok(url)
}

/// Whom to trust: the certificates of the system, and those of a file.
fn tls(ca: Option<&Path>) -> Result<rustls::ClientConfig, Fault> {
    let mut roots = rustls::RootCertStore::empty();
    // None at all matters only with https, which then says so.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(file) = ca {
        let place = file.display();
        let unread =
            |why: String| Fault::Failed(format!("cannot read the certificates in {place}: {why}"));
        let found: Vec<_> = CertificateDer::pem_file_iter(file)
            .and_then(Iterator::collect)
            .map_err(|error| unread(error.to_string()))?;
        if found.is_empty() {
            return Err(unread("it has none in PEM form".into()));
        }
        for certificate in found {
            roots.add(certificate).map_err(|error| unread(error.to_string()))?;
        }
    }
    // A certificate that its owner signed alone is known by itself, whatever else it says.
    tls_client(roots, ca.map(Path::to_owned)).map_err(|error| unset(&error))
}

fn unset(error: &dyn std::fmt::Display) -> Fault {
    Fault::Failed(format!("the client cannot be set up: {error}"))
}

/// A client that brings the key to whom it is meant for only: it follows no redirect, and asks no
/// proxy. `wait` bounds the time until an answer begins, and until each further piece of it comes;
/// a time that a request has of its own would bound the whole answer.
pub(super) fn client(tls: &rustls::ClientConfig, wait: Duration) -> Result<Client, Fault> {
    Client::builder()
        .tls_backend_preconfigured(tls.clone())
        .redirect(redirect::Policy::none())
        .no_proxy()
        .connect_timeout(CONNECT_WAIT)
        .timeout(wait)
        .user_agent(concat!("branchline/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| unset(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_http_and_nothing_more() {
        for good in ["http://127.0.0.1:8080", "https://calls.example.com/branchline/"] {
            base_of(good).unwrap();
        }
        for bad in ["127.0.0.1:8080", "ftp://a", "http://a/?x", "http://a/#x", "", "http://"] {
            assert!(matches!(base_of(bad), Err(Fault::Misused(_))), "{bad}");
        }
        let told = base_of("https://key_1:secret@a").unwrap_err().to_string();
        assert!(told.contains("--key-file") && !told.contains("secret"), "{told}");
    }
}
