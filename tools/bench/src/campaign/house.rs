//! An engine with its own data directory, and leads that wait for their first call.

use std::sync::Arc;

use anyhow::Context as _;
use branchline_domain::{
    id::{LeadId, WorkflowId},
    workflow::WorkflowView,
};
use branchline_engine::{
    DataDirectory, Engine, EngineConfig, EngineHandle, EngineParts, UuidV7Ids,
    applications::Applications,
    clock::SystemClock,
    ports::{Clock, Phones},
};
use branchline_journal::{record::Position, store::EventStore};
use tokio::runtime::Runtime;

use super::{
    round::Stopped,
    workflow::{enrol, prepare},
};

/// See the module. Stopped when dropped.
pub(crate) struct House {
    pub(crate) handle: EngineHandle,
    pub(super) store: Arc<dyn EventStore>,
    /// Drives the reports; the engine has threads of its own.
    pub(crate) runtime: Runtime,
    pub(crate) leads: Vec<LeadId>,
    /// The workflow as the leads see it.
    pub(super) view: WorkflowView,
    /// The journal's head before the first report.
    pub(super) before: Position,
    workflow: WorkflowId,
    engine: Engine,
    place: tempfile::TempDir,
}

impl House {
    /// In a fresh directory. `in_flight` reports are never answered with Busy.
    pub(crate) fn open(leads: u32, in_flight: usize) -> anyhow::Result<Self> {
        let place = tempfile::tempdir().context("no temporary directory")?;
        let DataDirectory { store, vault } = DataDirectory::open(place.path())?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let mut config = EngineConfig::embedded();
        config.enrol_max = config.enrol_max.max(usize::try_from(leads)?);
        config.host_channel_capacity = config.host_channel_capacity.max(in_flight);
        let engine = Engine::start(EngineParts {
            store: Arc::clone(&store),
            vault,
            ids: Arc::new(UuidV7Ids::new(Arc::clone(&clock))),
            clock,
            phones: Phones::External,
            applications: Applications::default(),
            config,
        })?;
        let handle = engine.handle();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        let (workflow, ids, view) = runtime.block_on(async {
            let workflow = prepare(&handle).await?;
            let ids = enrol(&handle, workflow, leads).await?;
            let view = handle.read(|models| models.workflow(workflow).map(|row| row.view()));
            anyhow::Ok((workflow, ids, view.await?.context("the workflow is not listed")?))
        })?;
        let before = store.head();
        Ok(Self { handle, store, runtime, leads: ids, view, before, workflow, engine, place })
    }

    /// Fails unless every lead reached its end.
    pub(crate) fn ensure_all_final(&self) -> anyhow::Result<()> {
        let counts = self.handle.read(|models| models.counts(self.workflow).by_status);
        let counts = self.runtime.block_on(counts)?;
        let (ended, leads) = (counts.completed + counts.dropped, self.leads.len());
        anyhow::ensure!(
            usize::try_from(ended)? == leads,
            "{ended} of {leads} leads reached their end"
        );
        Ok(())
    }

    /// Stops the engine; the store can still be read, and its directory is there until it is dropped.
    pub(super) fn stop(self) -> Stopped {
        let Self { store, leads, view, before, engine, place, .. } = self;
        engine.shutdown();
        Stopped { store, leads, view, before, place }
    }
}
