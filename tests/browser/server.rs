//! The program under test as a child, with a data directory and a port of its own.

use std::{
    env, fs,
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The organisation that is there from the beginning.
const OWN: &str = "org_00000000-0000-7000-8000-000000000001";

/// How often a server is asked whether it is ready before it is given up: a minute in all.
const ASKED_MAX: u32 = 600;

/// A running `branchline`, which ends with this.
pub(crate) struct Server {
    url: String,
    child: Child,
    folder: TempDir,
    client: Client,
    /// What the API is asked with, where it asks for a key.
    key: Option<String>,
}

impl Server {
    /// `branchline serve`, whose calls are claimed and reported over the API.
    pub(crate) async fn serve() -> Self {
        Self::start("serve", &[]).await
    }

    /// `branchline demo`: a campaign that is under way.
    pub(crate) async fn demo(arguments: &[&str]) -> Self {
        Self::start("demo", arguments).await
    }

    async fn start(command: &str, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the journal");
        // Free now; nobody else asks for it within the second.
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
        let listen = port.expect("a free port").to_string();
        let log = fs::File::create(folder.path().join("log")).expect("a file for the log");
        let child = Command::new(program())
            .arg(command)
            .arg("--data-dir")
            .arg(folder.path().join("data"))
            .args(["--listen", &listen])
            .args(arguments)
            // Settings of whoever runs the tests are not those of the test.
            .env_clear()
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("the log twice"))
            .stderr(log)
            .spawn()
            .expect("branchline runs");
        let url = format!("http://{listen}");
        let mut server = Self { url, child, folder, client: Client::new(), key: None };
        server.until_ready().await;
        server
    }

    async fn until_ready(&mut self) {
        for _ in 0..ASKED_MAX {
            if let Some(ended) = self.child.try_wait().expect("the child can be asked") {
                panic!("branchline ended at once ({ended}):\n{}", self.log());
            }
            let answer = self.client.get(format!("{}/readyz", self.url)).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("branchline did not become ready:\n{}", self.log());
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// The address of a path.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// What the API answers; the status must be one of success.
    async fn ask(&self, request: RequestBuilder) -> Value {
        let request = match &self.key {
            Some(key) => request.bearer_auth(key),
            None => request,
        };
        let (client, request) = request.build_split();
        let request = request.expect("a request");
        let asked = format!("{} {}", request.method(), request.url());
        let answer = client.execute(request).await.expect("the server answers");
        let status = answer.status();
        let text = answer.text().await.expect("an answer to its end");
        assert!(status.is_success(), "{asked}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// `GET` of the API.
    pub(crate) async fn get(&self, path: &str) -> Value {
        self.ask(self.client.get(self.at(path))).await
    }

    /// `POST` of the API.
    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        self.ask(self.client.post(self.at(path)).json(&body)).await
    }

    /// `POST` of the API, of what needs no words.
    pub(crate) async fn act(&self, path: &str) -> Value {
        self.ask(self.client.post(self.at(path))).await
    }

    /// Gives a workflow its first graph.
    pub(crate) async fn put_graph(&self, workflow: &str, graph: &Value) -> Value {
        let path = format!("/v1/workflows/{workflow}/graph");
        self.ask(self.client.put(self.at(&path)).header("If-Match", "\"0\"").json(graph)).await
    }

    /// Makes an API key: what its holder logs in with. From the first one on nobody comes in without.
    pub(crate) async fn make_key(&self, name: &str, scopes: &[&str]) -> String {
        let token = fs::read_to_string(self.folder.path().join("data/admin-token"));
        let path = format!("/v1/admin/organisations/{OWN}/keys");
        let request =
            self.client.post(self.at(&path)).json(&json!({ "name": name, "scopes": scopes }));
        let operator = request.bearer_auth(token.expect("the operator's token").trim());
        let answer = operator.send().await.expect("the server answers");
        let made: Value = answer.json().await.expect("a key as JSON");
        made["credentials"].as_str().expect("its secret").to_owned()
    }

    /// Asks the API with a key from now on.
    pub(crate) fn use_key(&mut self, key: &str) {
        self.key = Some(key.to_owned());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; the journal goes with the folder.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let log = self.log();
        if !std::thread::panicking() {
            assert!(!log.contains("panicked at"), "the server panicked:\n{log}");
        }
    }
}

/// The program that `tests/browser/run` has built.
fn program() -> PathBuf {
    let told = env::var_os("BRANCHLINE_BIN").map(PathBuf::from);
    let program = told.unwrap_or_else(|| {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/debug/branchline")
    });
    assert!(program.exists(), "{} is missing: start tests/browser/run", program.display());
    program
}
