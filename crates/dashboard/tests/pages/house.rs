//! A house with an engine in memory, the API and the pages.

use std::{cell::RefCell, path::Path, sync::Arc};

use actix_web::{
    App,
    body::{MessageBody as _, to_bytes},
    http::header::{AUTHORIZATION, COOKIE, HeaderMap, LOCATION, SET_COOKIE},
    test::{TestRequest, call_service, init_service},
};
use branchline_engine::{
    Engine, EngineConfig, EngineParts, UuidV7Ids,
    applications::Applications,
    clock::SystemClock,
    ports::{Clock, Phones},
};
use branchline_http_api::{
    ApiState, Limits, Shutdown,
    admin::{Admin, AdminToken},
    configure,
};
use branchline_journal::{memory::MemoryStore, store::EventStore};
use branchline_vault::{SystemEntropy, Vault};
use serde_json::{Value, json};

const TOKEN: &str = "4f2a9c";

pub(crate) struct House {
    state: ApiState,
    _engine: Engine,
    /// What the browser was given and sends back.
    cookie: RefCell<Option<String>>,
}

pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The text, when the status is this.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.text);
        self.text
    }

    /// Where it leads, when it leads elsewhere.
    #[track_caller]
    pub(crate) fn leads_to(&self) -> &str {
        assert_eq!(self.status, 303, "{}", self.text);
        self.header(LOCATION.as_str())
    }
}

impl House {
    pub(crate) fn open() -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let store: Arc<dyn EventStore> = Arc::new(MemoryStore::new());
        let vault = Arc::new(Vault::in_memory(Arc::new(SystemEntropy)));
        let admin = Admin {
            token: AdminToken::new(TOKEN),
            token_file: Path::new("data/admin-token").into(),
            store: Arc::clone(&store),
            keys: Arc::new(|_| Ok(())),
            sign: None,
        };
        let engine = Engine::start(EngineParts {
            store,
            vault,
            ids: Arc::new(UuidV7Ids::new(Arc::clone(&clock))),
            clock,
            phones: Phones::External,
            applications: Applications::default(),
            config: EngineConfig::embedded(),
        })
        .unwrap();
        let state = ApiState::new(engine.handle(), Limits::embedded(), Shutdown::new())
            .with_admin(admin)
            .with_pages(branchline_dashboard::pages);
        Self { state, _engine: engine, cookie: RefCell::default() }
    }

    /// The beginning of an answer that does not end, up to the piece that has this text.
    pub(crate) async fn beginning(&self, path: &str, wanted: &str) -> String {
        let app = init_service(App::new().configure(configure(self.state.clone()))).await;
        let response = call_service(&app, TestRequest::get().uri(path).to_request()).await;
        assert_eq!(response.status(), 200);
        let mut body = std::pin::pin!(response.into_body());
        let mut text = String::new();
        while !text.contains(wanted) {
            let piece = std::future::poll_fn(|cx| body.as_mut().poll_next(cx)).await;
            text.push_str(&String::from_utf8_lossy(&piece.unwrap().ok().unwrap()));
        }
        text
    }

    /// Asks, with the session if there is one, and keeps the one that is given.
    pub(crate) async fn send(&self, request: TestRequest) -> Reply {
        let app = init_service(App::new().configure(configure(self.state.clone()))).await;
        let cookie = self.cookie.borrow().clone();
        let request = match cookie {
            Some(cookie) => request.insert_header((COOKIE, cookie)),
            None => request,
        };
        let response = call_service(&app, request.to_request()).await;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        if let Some(given) = headers.get(SET_COOKIE) {
            let pair = given.to_str().unwrap().split(';').next().unwrap_or_default();
            *self.cookie.borrow_mut() = Some(pair.to_owned());
        }
        let body = to_bytes(response.into_body()).await.ok().unwrap();
        let text = String::from_utf8_lossy(&body).into_owned();
        Reply { status, headers, text }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(TestRequest::get().uri(path)).await
    }

    /// Sends a form of a page of ours.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        self.send(TestRequest::post().uri(path).set_form(fields)).await
    }

    /// Asks the API, with a key where one is needed.
    pub(crate) async fn api(&self, method: &str, path: &str, key: &str, body: Value) -> Value {
        let request = TestRequest::default().method(method.parse().unwrap()).uri(path);
        let request = request.insert_header((AUTHORIZATION, format!("Bearer {key}")));
        let body = if body.is_null() { request } else { request.set_json(body) };
        let reply = self.send(body).await;
        assert!(reply.status < 300, "{} {}", reply.status, reply.text);
        serde_json::from_str(&reply.text).unwrap_or_default()
    }

    /// A draft without a graph: its id.
    pub(crate) async fn draft(&self, title: &str) -> String {
        let made = self.api("POST", "/v1/workflows", "", json!({ "title": title })).await;
        made["id"].as_str().unwrap().to_owned()
    }

    /// Puts a whole graph, made from this revision.
    pub(crate) async fn put_graph(&self, workflow: &str, revision: u32, graph: Value) {
        let request = TestRequest::put()
            .uri(&format!("/v1/workflows/{workflow}/graph"))
            .insert_header(("if-match", format!("\"{revision}\"")))
            .set_json(graph);
        self.send(request).await.expect(200);
    }

    /// Makes a key of the default organisation, of a new one if so wanted: what it opens with.
    pub(crate) async fn key(&self, new_organisation: bool, scopes: &[&str]) -> String {
        let path = if new_organisation {
            "/v1/admin/organisations".into()
        } else {
            let default = branchline_domain::id::OrganisationId::DEFAULT;
            format!("/v1/admin/organisations/{default}/keys")
        };
        let made = self.api("POST", &path, TOKEN, json!({ "name": "t", "scopes": scopes })).await;
        made["credentials"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn log_in(&self, key: &str) -> Reply {
        self.post("/login", &[("key", key)]).await
    }

    /// The browser forgets its session.
    pub(crate) fn forget(&self) {
        *self.cookie.borrow_mut() = None;
    }
}
