//! Asking the server that runs on a data directory.

use std::{fs, io::Write, path::Path, time::Duration};

use anyhow::{Context as _, bail};
use branchline_admin_files::{certificate_file, tls_client, token_file, url_file};
use reqwest::{Client, Method, Response, StatusCode};
use rustls::RootCertStore;
use serde_json::Value;
use tokio::runtime::Runtime;

/// How long a server of this machine may take to take a connection.
const CONNECT_WAIT: Duration = Duration::from_secs(5);
/// How long it may take until more of an answer comes.
const READ_WAIT: Duration = Duration::from_mins(1);

/// The server that its files in a data directory speak of. Whether it runs is seen when it is asked:
/// one that was killed leaves its files.
pub(super) struct Server {
    url: String,
    token: String,
    client: Client,
    runtime: Runtime,
}

impl Server {
    /// The server of a directory; `None` when nothing speaks of one.
    pub(super) fn of(data_dir: &Path) -> anyhow::Result<Option<Self>> {
        let read = |file: &Path| match fs::read_to_string(file) {
            Ok(text) => Ok(Some(text.trim().to_owned())),
            Err(wrong) if wrong.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(wrong) => Err(wrong).with_context(|| {
                format!("cannot read {}; ask as the user of the server", file.display())
            }),
        };
        let url = read(&url_file(data_dir))?;
        let token = read(&token_file(data_dir))?;
        let (Some(url), Some(token)) = (url, token) else { return Ok(None) };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Some(Self { url, token, client: client(data_dir)?, runtime }))
    }

    /// Asks for a JSON answer. `None` when no server of this directory runs.
    ///
    /// # Errors
    ///
    /// What the server refuses, in its words.
    pub(super) fn ask(&self, method: Method, path: &str) -> anyhow::Result<Option<Value>> {
        self.tell(method, path, None)
    }

    /// The same, with a JSON body.
    ///
    /// # Errors
    ///
    /// As [`Self::ask`].
    pub(super) fn tell(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Option<Value>> {
        self.runtime.block_on(async {
            let Some(response) = self.send(method, path, body).await? else { return Ok(None) };
            let answer = response.bytes().await.context("the answer broke off")?;
            Ok(Some(serde_json::from_slice(&answer).context("the answer is not JSON")?))
        })
    }

    /// Writes an answer to `out` as it comes. False when no server of this directory runs.
    ///
    /// # Errors
    ///
    /// What the server refuses; an answer that breaks off.
    pub(super) fn download(&self, path: &str, out: &mut dyn Write) -> anyhow::Result<bool> {
        self.runtime.block_on(async {
            let Some(mut response) = self.send(Method::GET, path, None).await? else {
                return Ok(false);
            };
            while let Some(piece) = response.chunk().await.context("the answer broke off")? {
                out.write_all(&piece)?;
            }
            Ok(true)
        })
    }

    /// The answer to a request; `None` when nobody is there, or somebody who does not know the
    /// token or is no server of ours: the files are then those of a server that was killed. Whether
    /// one runs after all is told by the lock of the directory, which is tried next.
    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Option<Response>> {
        let url = format!("{}{path}", self.url);
        let request = self.client.request(method, &url).bearer_auth(&self.token);
        let request = match body {
            Some(body) => request
                .header(reqwest::header::CONTENT_TYPE, "application/json")
                .body(body.to_string()),
            None => request,
        };
        let response = match request.send().await {
            Err(wrong) => {
                if !wrong.is_connect() {
                    eprintln!("no answer from {}: {wrong}; the directory is opened", self.url);
                }
                return Ok(None);
            }
            Ok(response) => response,
        };
        let status = response.status();
        if status.is_success() {
            return Ok(Some(response));
        }
        let body = response.bytes().await.unwrap_or_default();
        let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
        let told = |name: &str| problem.get(name).and_then(Value::as_str);
        match (told("code"), told("detail")) {
            (Some(code), Some(detail)) if status != StatusCode::UNAUTHORIZED => {
                bail!("the server refuses: {detail} ({code})")
            }
            _ => Ok(None),
        }
    }
}

/// For a server of this machine: no proxy, and no certificate but the one beside its URL.
fn client(data_dir: &Path) -> anyhow::Result<Client> {
    let tls = tls_client(RootCertStore::empty(), Some(certificate_file(data_dir)))?;
    Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(CONNECT_WAIT)
        .read_timeout(READ_WAIT)
        .build()
        .context("cannot ask a server")
}
