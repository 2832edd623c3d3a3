//! An API over an engine in memory, asked without a socket.

use std::{cell::RefCell, io, path::Path, sync::Arc, time::Duration};

use actix_web::{
    App, HttpMessage as _,
    body::to_bytes,
    http::{
        Method,
        header::{AUTHORIZATION, HeaderMap, HeaderValue},
    },
    test::{TestRequest, call_service, init_service},
    web::Bytes,
};
use branchline_engine::{
    Engine, EngineConfig, EngineParts, UuidV7Ids,
    applications::Applications,
    clock::SystemClock,
    ports::{Clock, Phones},
};
use branchline_evidence::head::SignedHead;
use branchline_http_api::{
    ApiState, Limits, Shutdown,
    admin::{Admin, AdminToken},
    configure,
};
use branchline_journal::{memory::MemoryStore, store::EventStore};
use branchline_vault::{
    SystemEntropy, Vault,
    signing::{SigningKey, VerifierKey},
};
use serde_json::{Value, json};

use crate::conformance;

/// Small, so that it is easy to go beyond them.
pub(crate) fn limits() -> Limits {
    Limits {
        json_body_max_bytes: 64 * 1024,
        file_max_bytes: 256 * 1024,
        // A stream that does not end hangs its test instead of slowing it down.
        shutdown_timeout: Duration::from_hours(1),
        ..Limits::embedded()
    }
}

pub(crate) struct Api {
    pub(crate) state: ApiState,
    pub(crate) store: Arc<dyn EventStore>,
    admin: Admin,
    pub(crate) engine: Engine,
    /// What requests bring that have no credentials of their own.
    credentials: RefCell<Option<String>>,
}

pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| {
            panic!("{} {error}: {}", self.status, String::from_utf8_lossy(&self.body))
        })
    }

    /// A header; empty when it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body, when the status is this.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        let body = String::from_utf8_lossy(&self.body);
        assert_eq!(self.status, status, "{body}");
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    /// The problem document, when status and code are these.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        let body = self.expect(status);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(body["code"], code, "{body}");
        assert_eq!(body["status"], status);
        assert!(body["title"].is_string() && body["detail"].is_string(), "{body}");
        assert_eq!(body["type"], format!("urn:branchline:problem:{code}"));
        body
    }
}

/// Asks an API.
pub(crate) async fn send(state: ApiState, request: TestRequest) -> Reply {
    send_as(state, request, None).await
}

/// Asks an API with a key, unless the request has credentials of its own.
async fn send_as(state: ApiState, request: TestRequest, credentials: Option<String>) -> Reply {
    let app = init_service(App::new().configure(configure(state))).await;
    let mut request = request.to_request();
    if let (Some(credentials), false) = (credentials, request.headers().contains_key(AUTHORIZATION))
    {
        let bearer = HeaderValue::from_str(&format!("Bearer {credentials}")).unwrap();
        request.headers_mut().insert(AUTHORIZATION, bearer);
    }
    let (method, path) = (request.method().clone(), request.path().to_owned());
    let response = call_service(&app, request).await;
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let body = to_bytes(response.into_body()).await.ok().unwrap();
    let reply = Reply { status, headers, body };
    conformance::check(method.as_str(), &path, &reply);
    reply
}

/// The operator's word at every API of these tests.
pub(crate) const TOKEN: &str = "4f2a9c";

fn admin_of(store: &Arc<dyn EventStore>, vault: &Arc<Vault>) -> Admin {
    let vault = Arc::clone(vault);
    Admin {
        token: AdminToken::new(TOKEN),
        token_file: Path::new("data/admin-token").into(),
        store: Arc::clone(store),
        keys: Arc::new(move |out| vault.back_up(out).map(drop).map_err(io::Error::other)),
        sign: None,
    }
}

impl Api {
    pub(crate) fn start() -> Self {
        Self::with(EngineConfig::embedded())
    }

    pub(crate) fn with(config: EngineConfig) -> Self {
        Self::at(Arc::new(SystemClock::new()), config)
    }

    /// In this clock's time.
    pub(crate) fn at(clock: Arc<dyn Clock>, config: EngineConfig) -> Self {
        let store: Arc<dyn EventStore> = Arc::new(MemoryStore::new());
        let vault = Arc::new(Vault::in_memory(Arc::new(SystemEntropy)));
        let admin = admin_of(&store, &vault);
        let engine = Engine::start(EngineParts {
            store: Arc::clone(&store),
            vault,
            ids: Arc::new(UuidV7Ids::new(Arc::clone(&clock))),
            clock,
            phones: Phones::External,
            applications: Applications::default(),
            config,
        })
        .unwrap();
        let state =
            ApiState::new(engine.handle(), limits(), Shutdown::new()).with_admin(admin.clone());
        Self { state, store, admin, engine, credentials: RefCell::default() }
    }

    pub(crate) async fn send(&self, request: TestRequest) -> Reply {
        let credentials = self.credentials.borrow().clone();
        send_as(self.state.clone(), request, credentials).await
    }

    /// From now on requests without credentials of their own bring these.
    pub(crate) fn ask_with(&self, credentials: &str) {
        *self.credentials.borrow_mut() = Some(credentials.to_owned());
    }

    /// Makes a key of an organisation, of a new one where none is named: the organisation, and what
    /// the key opens with.
    pub(crate) async fn key(
        &self,
        organisation: Option<&str>,
        scopes: &[&str],
    ) -> (String, String) {
        let path = match organisation {
            Some(id) => format!("/v1/admin/organisations/{id}/keys"),
            None => "/v1/admin/organisations".into(),
        };
        let bearer = (AUTHORIZATION, format!("Bearer {TOKEN}"));
        let body = json!({ "name": "test", "scopes": scopes });
        let made = TestRequest::post().uri(&path).insert_header(bearer).set_json(body);
        let made = self.send(made).await.expect(201);
        (text(&made["key"]["organisation_id"]), text(&made["credentials"]))
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(TestRequest::get().uri(path)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.send(TestRequest::delete().uri(path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(TestRequest::post().uri(path).set_json(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Reply {
        self.send(TestRequest::patch().uri(path).set_json(body)).await
    }

    /// Heads are signed from now on, for this key.
    pub(crate) fn sign_heads(&mut self) -> VerifierKey {
        let key = SigningKey::generate("example.com/journal".parse().unwrap(), &SystemEntropy);
        let verifier = key.verifier().clone();
        self.admin.sign = Some(Arc::new(move |head| SignedHead::sign(head, &key)));
        self.state = self.state.clone().with_admin(self.admin.clone());
        verifier
    }

    /// A GET by the operator.
    pub(crate) async fn admin_get(&self, path: &str) -> Reply {
        let bearer = ("authorization", format!("Bearer {TOKEN}"));
        self.send(TestRequest::get().uri(path).insert_header(bearer)).await
    }

    /// A POST without a body by the operator.
    pub(crate) async fn admin_act(&self, path: &str) -> Reply {
        let bearer = ("authorization", format!("Bearer {TOKEN}"));
        self.send(TestRequest::post().uri(path).insert_header(bearer)).await
    }

    /// A POST without a body.
    pub(crate) async fn act(&self, path: &str) -> Reply {
        self.send(TestRequest::post().uri(path)).await
    }

    pub(crate) async fn raw(
        &self,
        method: Method,
        path: &str,
        content_type: &str,
        body: &str,
    ) -> Reply {
        let request = TestRequest::default()
            .method(method)
            .uri(path)
            .insert_header(("content-type", content_type))
            .set_payload(body.to_owned());
        self.send(request).await
    }

    /// A CSV file in a form.
    pub(crate) async fn upload(&self, path: &str, file: &str) -> Reply {
        let body = format!(
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"leads.csv\"\r\n\
             Content-Type: text/csv\r\n\r\n{file}\r\n--b--\r\n"
        );
        self.raw(Method::POST, path, "multipart/form-data; boundary=b", &body).await
    }

    /// A draft without a graph: its path.
    pub(crate) async fn draft(&self) -> String {
        let workflow = self.post("/v1/workflows", json!({ "title": "Spring" })).await.expect(201);
        format!("/v1/workflows/{}", text(&workflow["id"]))
    }

    pub(crate) async fn node(&self, workflow: &str, node: Value) -> String {
        text(&self.post(&format!("{workflow}/nodes"), node).await.expect(201)["id"])
    }

    pub(crate) async fn edge(&self, workflow: &str, from: &str, to: &str, label: Value) -> String {
        let edge = json!({ "from_node_id": from, "to_node_id": to, "label": label });
        text(&self.post(&format!("{workflow}/edges"), edge).await.expect(201)["id"])
    }

    /// A draft with one call and two ends: its path, and its nodes.
    pub(crate) async fn calling(&self) -> Calling {
        let path = self.draft().await;
        let config = json!({ "from_phone_number": "+12025550100", "agent_id": "agent_1" });
        let call = json!({ "node_type": "VOICE_CALL", "label": "Intro", "config": config });
        let call = self.node(&path, call).await;
        let won = self.node(&path, json!({ "node_type": "CONVERTED", "label": "Won" })).await;
        let lost = self.node(&path, json!({ "node_type": "DROPPED", "label": "Lost" })).await;
        for (label, to) in [("COMPLETED", &won), ("DNP", &lost), ("FAILED", &lost)] {
            self.edge(&path, &call, to, json!(label)).await;
        }
        Calling { path, call, won, lost }
    }

    /// The same, active, with one lead whose call has been handed out: lead path and call id.
    pub(crate) async fn with_call(&self) -> (Calling, String, String) {
        let workflow = self.calling().await;
        self.act(&format!("{}/activate", workflow.path)).await.expect(200);
        let lead = self.enrol_one(&workflow.path, "+919876543210").await;
        let call = self.call_of(&lead).await;
        assert_eq!(self.claim().await, std::slice::from_ref(&call));
        (workflow, lead, call)
    }

    /// Enrols one lead: its path.
    pub(crate) async fn enrol_one(&self, workflow: &str, number: &str) -> String {
        let leads =
            json!({ "leads": [{ "phone_number": number, "variables": { "name": "Asha" } }] });
        let enrolled = self.post(&format!("{workflow}/leads"), leads).await.expect(201);
        format!("{workflow}/leads/{}", text(&enrolled["lead_ids"][0]))
    }

    /// The call that a lead waits for, once the engine has come to it.
    pub(crate) async fn call_of(&self, lead: &str) -> String {
        for _ in 0..20_000 {
            if let Some(call) = self.get(lead).await.expect(200)["call_id"].as_str() {
                return call.to_owned();
            }
            actix_web::rt::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("no call was requested for {lead}");
    }

    /// Takes the requested calls: their ids.
    pub(crate) async fn claim(&self) -> Vec<String> {
        // Longer than any of these tests takes on a busy machine.
        let wanted = json!({ "max": 100, "lease_s": 3_600 });
        let claimed = self.post("/v1/call-logs/claim", wanted).await.expect(200);
        claimed["calls"].as_array().unwrap().iter().map(|call| text(&call["call_id"])).collect()
    }
}

pub(crate) struct Calling {
    pub(crate) path: String,
    pub(crate) call: String,
    pub(crate) won: String,
    pub(crate) lost: String,
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// Where the faults of a problem are.
pub(crate) fn pointers(problem: &Value) -> Vec<String> {
    let faults = problem["errors"].as_array().unwrap().iter();
    faults.map(|fault| text(&fault["pointer"])).collect()
}

/// The names of an object's fields.
pub(crate) fn keys(value: &Value) -> Vec<&str> {
    let object = value.as_object().unwrap_or_else(|| panic!("{value} is no object"));
    object.keys().map(String::as_str).collect()
}

/// The names as a hand-written list has them, in the order of the alphabet.
pub(crate) fn sorted(names: &str) -> Vec<&str> {
    let mut names: Vec<&str> = names.split_whitespace().collect();
    names.sort_unstable();
    names
}
