//! The HTTP client.

use std::{path::Path, time::Duration};

use anyhow::Context as _;
use branchline_admin_files::{certificate_file, tls_client};
use reqwest::{blocking::Client, redirect};

/// Longest time to connect, TLS included.
const CONNECT_WAIT: Duration = Duration::from_secs(10);

/// A client that brings the token to whom it is meant for only: it follows no redirect, and asks no
/// proxy. A server is known by who signed its certificate, or by having the one beside the file of
/// its token: that server wrote both.
pub(super) fn build(token_file: Option<&Path>) -> anyhow::Result<Client> {
    let mut roots = rustls::RootCertStore::empty();
    // None at all matters only with https, which then says so.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let known = token_file.and_then(Path::parent).map(certificate_file);
    let tls = tls_client(roots, known).context("TLS cannot be set up")?;
    Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .connect_timeout(CONNECT_WAIT)
        // An export takes as long as it takes; each other request says how long it may.
        .timeout(None)
        .user_agent(concat!("branchline-log/", env!("CARGO_PKG_VERSION")))
        .build()
        .context("the HTTP client cannot be set up")
}
