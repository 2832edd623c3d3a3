//! An engine with many leads, and the API and the pages over it.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    sync::Arc,
    thread,
};

use anyhow::Context as _;
use branchline_domain::{
    call_status::CallStatus,
    id::{CallId, ImportId, LeadId, WorkflowId},
    lead::CallReport,
};
use branchline_engine::{
    DataDirectory, Engine, EngineConfig, EngineHandle, EngineParts, UuidV7Ids,
    applications::Applications,
    clock::SystemClock,
    command::{CallAction, Caller},
    ports::{Clock, Phones},
};
use branchline_http_api::{ApiState, Limits, Shutdown};
use branchline_projections::{LeadFilter, Projections};

use super::Ids;
use crate::scale;

/// Leads whose first call has ended: at most these, so that there are calls to show.
const CALLED: usize = 2_000;

/// The engine, and who serves it.
pub(super) struct House {
    engine: Engine,
    workflow: WorkflowId,
    import: ImportId,
    /// One whose first call has ended.
    lead: LeadId,
    pub(super) address: SocketAddr,
    shutdown: Shutdown,
    server: thread::JoinHandle<anyhow::Result<()>>,
}

/// Fills an engine, and serves it.
pub(super) fn open(place: &Path, leads: u32) -> anyhow::Result<House> {
    let DataDirectory { store, vault } = DataDirectory::open(&place.join("data"))?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let mut config = EngineConfig::embedded();
    config.enrol_max = config.enrol_max.max(usize::try_from(leads)?);
    let engine = Engine::start(EngineParts {
        store,
        vault,
        ids: Arc::new(UuidV7Ids::new(Arc::clone(&clock))),
        clock,
        phones: Phones::External,
        applications: Applications::default(),
        config,
    })?;
    let handle = engine.handle();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let (workflow, import, lead) = runtime.block_on(async {
        let (workflow, import) = scale::enrol_file(&handle, place, leads).await?;
        let lead = call(&handle, workflow).await?;
        anyhow::Ok((workflow, import, lead))
    })?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port to listen on")?;
    listener.set_nonblocking(true)?;
    let (address, shutdown) = (listener.local_addr()?, Shutdown::new());
    let state = ApiState::new(handle, Limits::embedded(), shutdown.clone())
        .with_pages(branchline_dashboard::pages);
    let server = thread::spawn(move || {
        let system = actix_web::rt::System::new();
        Ok(system.block_on(branchline_http_api::serve(listener, state))?)
    });
    Ok(House { engine, workflow, import, lead, address, shutdown, server })
}

impl House {
    pub(super) fn ids(&self) -> anyhow::Result<Ids> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        let (newest, node) =
            runtime.block_on(self.engine.handle().read(|read: &Projections| {
                let node =
                    read.workflow(self.workflow).and_then(|row| Ids::entry(&row.state.graph));
                (read.position().0, node)
            }))?;
        let node = node.context("the workflow has no entry")?;
        let (workflow, lead, import) = (self.workflow, self.lead, self.import);
        Ok(Ids { workflow, node, lead, import, newest })
    }

    pub(super) fn close(self) -> anyhow::Result<()> {
        self.shutdown.cancel();
        let served = self.server.join();
        self.engine.shutdown();
        served.map_err(|_| anyhow::anyhow!("the server stopped by a panic"))?
    }
}

/// Ends the first calls of some leads. Gives one of them.
async fn call(engine: &EngineHandle, workflow: WorkflowId) -> anyhow::Result<LeadId> {
    let leads = engine.read(|read| read.matching_leads(workflow, LeadFilter::default())).await?;
    let every = (leads.len() / CALLED).max(1);
    let mut last = None;
    for (number, (lead, _)) in leads.into_iter().step_by(every).enumerate() {
        let status = match number % 4 {
            0 | 1 => CallStatus::Completed,
            2 => CallStatus::DidNotPick,
            _ => CallStatus::NoAnswer,
        };
        let report = CallReport {
            heard: None,
            status,
            occurred_at: None,
            end_reason: None,
            attributes: BTreeMap::new(),
            provider_ref: None,
        };
        let call = CallId { lead, number: 1 };
        engine.tell_of_call(&Caller::host(), call, CallAction::Report(report)).await?;
        last = Some(lead);
    }
    last.context("there is no lead")
}
