//! The server's process: the API as it is released over an engine on disk, or a handler that does
//! nothing.

use std::{
    io::{self, Read as _, Write as _},
    net::TcpListener,
    path::{Path, PathBuf},
    sync::Arc,
};

use actix_web::{App, HttpResponse, HttpServer, web};
use anyhow::Context as _;
use branchline_domain::organisation::Scope;
use branchline_engine::{
    DataDirectory, Engine, EngineConfig, EngineHandle, EngineParts, UuidV7Ids,
    api_keys::KeyAction,
    applications::Applications,
    clock::SystemClock,
    command::Caller,
    ports::{Clock, Phones},
};
use branchline_http_api::{ApiState, Limits, Shutdown};
use serde::{Deserialize, Serialize};

use crate::campaign;

/// Flags of the hidden `http-server`.
#[derive(Debug, clap::Args)]
pub(crate) struct ServerArgs {
    /// Where its journal goes; without it, a handler answers that does nothing.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Leads that wait for their first call when it begins to listen.
    #[arg(long, default_value_t = 0)]
    leads: u32,
    /// API keys in force. Without one, everybody who reaches it may ask.
    #[arg(long, default_value_t = 0)]
    keys: u32,
}

/// What the server says on its standard output, in one line, once it can be asked.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Ready {
    pub(super) port: u16,
    /// Ids of the leads, as paths have them.
    pub(super) leads: Vec<String>,
    /// What `Authorization` says with each key, if there are any.
    pub(super) credentials: Vec<String>,
}

/// What the bare handler answers with: as long as the log of a call that has ended.
const CONSTANT: &str = include_str!("constant_answer.json");

/// Serves until its standard input ends, which it does with the process that started it.
pub(crate) fn serve(args: &ServerArgs) -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").context("no port to listen on")?;
    listener.set_nonblocking(true)?;
    match &args.data_dir {
        Some(directory) => serve_engine(listener, directory, args),
        None => serve_constant(listener),
    }
}

/// The engine over a data directory, with a limit of one enrolment that lets all leads in.
fn start_engine(directory: &Path, leads: u32) -> anyhow::Result<Engine> {
    let DataDirectory { store, vault } = DataDirectory::open(directory)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let mut config = EngineConfig::embedded();
    config.enrol_max = config.enrol_max.max(usize::try_from(leads)?);
    Ok(Engine::start(EngineParts {
        store,
        vault,
        ids: Arc::new(UuidV7Ids::new(Arc::clone(&clock))),
        clock,
        phones: Phones::External,
        applications: Applications::default(),
        config,
    })?)
}

fn serve_engine(listener: TcpListener, directory: &Path, args: &ServerArgs) -> anyhow::Result<()> {
    let engine = start_engine(directory, args.leads)?;
    actix_web::rt::System::new().block_on(async {
        let handle = engine.handle();
        let workflow = campaign::prepare(&handle).await?;
        let leads = campaign::enrol(&handle, workflow, args.leads).await?;
        let leads = leads.iter().map(ToString::to_string).collect();
        let mut credentials = Vec::new();
        for number in 0..args.keys {
            credentials.push(make_key(&handle, number).await?);
        }
        let shutdown = Shutdown::new();
        say_ready(&listener, leads, credentials)?;
        let stop = shutdown.clone();
        when_asked_to_stop(move || stop.cancel());
        branchline_http_api::serve(listener, ApiState::new(handle, Limits::embedded(), shutdown))
            .await?;
        anyhow::Ok(())
    })?;
    engine.shutdown();
    Ok(())
}

/// A key for what carriers report, and for the count at the end. Gives what opens with it.
async fn make_key(engine: &EngineHandle, number: u32) -> anyhow::Result<String> {
    let action = KeyAction::Create {
        name: format!("benchmark {number}"),
        scopes: [Scope::Ingest, Scope::Read].into_iter().collect(),
        expires_at: None,
        new_organisation: false,
    };
    let made = engine.act_on_keys(&Caller::host(), action).await?;
    let (key, secret) = made.key.zip(made.secret).context("the engine made no key")?;
    Ok(format!("Bearer {key}:{}", secret.expose()))
}

/// Reads the same bodies, and knows nothing.
fn serve_constant(listener: TcpListener) -> anyhow::Result<()> {
    actix_web::rt::System::new().block_on(async {
        say_ready(&listener, Vec::new(), Vec::new())?;
        let answer = |_: web::Json<serde_json::Value>| async {
            HttpResponse::Ok().content_type("application/json").body(CONSTANT)
        };
        let app = move || App::new().route("/v1/call-logs/{call}/status", web::post().to(answer));
        let server = HttpServer::new(app).listen(listener)?.disable_signals().run();
        let stop = server.handle();
        when_asked_to_stop(move || drop(stop.stop(false)));
        server.await?;
        Ok(())
    })
}

#[expect(clippy::print_stdout, reason = "the process that started this one reads it")]
fn say_ready(
    listener: &TcpListener,
    leads: Vec<String>,
    credentials: Vec<String>,
) -> anyhow::Result<()> {
    let ready = Ready { port: listener.local_addr()?.port(), leads, credentials };
    println!("{}", serde_json::to_string(&ready)?);
    Ok(io::stdout().flush()?)
}

fn when_asked_to_stop(stop: impl FnOnce() + Send + 'static) {
    std::thread::spawn(move || {
        // Nothing is ever written there; an error means the same as its end.
        let _ended = io::stdin().read_to_end(&mut Vec::new());
        stop();
    });
}
