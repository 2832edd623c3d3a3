//! `branchline healthcheck`: whether a server answers, as an exit code. For containers, which have no
//! other program to ask with.

use std::{
    fs,
    net::{SocketAddr, ToSocketAddrs as _},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context as _, bail};
use branchline_admin_files::{certificate_file, tls_client, url_file};
use clap::Args;
use reqwest::Client;
use rustls::RootCertStore;
use serde_json::Value;

use crate::{
    config::{Config, ServerConfig},
    front::reachable,
    print,
};

/// Flags of `healthcheck`.
#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 it is ready (with --live: it answers), 1 it is not.\n\n\
    Example:\n  branchline healthcheck --data-dir my-data")]
pub(crate) struct HealthcheckArgs {
    /// Where the server is, such as `https://calls.example.com`. Without it: where `admin-url` in the
    /// data directory says, or else where the configuration says.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Directory of the server; a certificate that lies in it as `admin-cert` is trusted.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Whether the process lives (/healthz), not whether it is ready (/readyz).
    #[arg(long)]
    live: bool,
    /// Longest time for the answer. Unit: seconds.
    #[arg(long, value_name = "S", default_value_t = 4,
        value_parser = clap::value_parser!(u64).range(1..=3_600))]
    timeout_s: u64,
}

pub(crate) fn run(config: &Config, args: &HealthcheckArgs) -> anyhow::Result<ExitCode> {
    let data_dir = args.data_dir.as_deref().unwrap_or(&config.storage.data_dir);
    let url = match &args.url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => url_of(&config.server, data_dir)?,
    };
    let limit = Duration::from_secs(args.timeout_s);
    let path = if args.live { "/healthz" } else { "/readyz" };
    let answer = ask(data_dir, &format!("{url}{path}"), limit)?;
    let told = match answer.get("position") {
        Some(position) => format!("{url} is ready: {position} records\n"),
        None => format!("{url} answers\n"),
    };
    print::out(&told)?;
    Ok(ExitCode::SUCCESS)
}

/// Where the server of a directory is, or would be.
fn url_of(config: &ServerConfig, data_dir: &Path) -> anyhow::Result<String> {
    if let Ok(url) = fs::read_to_string(url_file(data_dir)) {
        return Ok(url.trim().to_owned());
    }
    let addresses = config.listen.to_socket_addrs();
    let address: SocketAddr = addresses
        .ok()
        .and_then(|mut found| found.next())
        .with_context(|| format!("`{}` is not an address; give --url", config.listen))?;
    let scheme = if config.tls_is_on() { "https" } else { "http" };
    Ok(format!("{scheme}://{}", reachable(address)))
}

/// What a health route says.
///
/// # Errors
///
/// When there is no answer, and when it is not 200: with the server's reason.
pub(crate) fn ask(data_dir: &Path, url: &str, limit: Duration) -> anyhow::Result<Value> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let tls = tls_client(roots, Some(certificate_file(data_dir)))?;
    let client = Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(limit)
        .build()
        .context("cannot ask a server")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (status, body) = runtime.block_on(async {
        let response = client.get(url).send().await?;
        Ok::<_, reqwest::Error>((response.status(), response.bytes().await?))
    })?;
    let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    if status.is_success() {
        return Ok(answer);
    }
    let reason = ["failure", "detail"].iter().find_map(|name| answer.get(name)?.as_str());
    bail!("{url} answers {status}: {}", reason.unwrap_or("it does not say why"))
}
