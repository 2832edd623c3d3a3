//! The leads that wait, and those of another workflow whose calls are reported meanwhile.

use std::{
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use branchline_domain::{
    graph::{CanvasPosition, NodeConfig, TimeConfig, TimeUnit, VoiceCallConfig},
    id::{NodeId, WorkflowId},
    time::Timestamp,
    workflow::Settings,
};
use branchline_engine::{
    DataDirectory, Engine, EngineConfig, EngineHandle, EngineParts, UuidV7Ids,
    applications::Applications,
    clock::{ManualClock, SystemClock},
    command::{
        Caller, Duplicates, ImportRequest, Imported, NewEdge, NewLead, NewNode, WorkflowAction,
    },
    lead_list::{LeadList, ListRow},
    ports::{Clock, Phones},
};
use branchline_projections::ImportStatus;
use serde::{Deserialize, Serialize};

use super::args::Then;
use crate::campaign;

/// How long the leads wait. Unit: hours. Less than a call may stay without news.
const WAIT_HOURS: i64 = 1;
/// Most leads whose calls are reported.
const OTHERS_MAX: u32 = 100_000;
/// What describes a staged directory, in it.
const FILE: &str = "herd.json";

/// What lies in a staged directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Staged {
    /// Leads that wait.
    pub(super) leads: u32,
    /// The workflow that they are in.
    pub(super) workflow: WorkflowId,
    /// The node that they wait at.
    pub(super) wait: NodeId,
    /// Where they go.
    then: String,
    /// When all of them are released. Unit: microseconds since 1970-01-01 UTC.
    due: i64,
    /// The workflow whose calls are reported.
    pub(super) other_workflow: WorkflowId,
    /// The leads in it.
    pub(super) others: u32,
    /// Last record of the stage.
    pub(super) head: u64,
}

impl Staged {
    pub(super) const fn due(&self) -> Timestamp {
        Timestamp::from_micros(self.due)
    }

    pub(super) fn read(directory: &Path) -> anyhow::Result<Self> {
        let path = directory.join(FILE);
        let text = fs::read(&path).with_context(|| {
            format!("{} cannot be read: give a new directory, and it is made", path.display())
        })?;
        Ok(serde_json::from_slice(&text)?)
    }
}

/// Makes a data directory in which this many leads wait, or looks at the one that is there.
pub(super) fn stage(directory: &Path, leads: u32, then: Then) -> anyhow::Result<Staged> {
    if directory.exists() {
        let staged = Staged::read(directory)?;
        let same = staged.leads == leads && staged.then == format!("{then:?}");
        anyhow::ensure!(same, "other leads wait in {}: {staged:?}", directory.display());
        return Ok(staged);
    }
    let began = Timestamp::from_micros(SystemClock::new().now().as_micros());
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(began));
    let mut config = EngineConfig::embedded();
    config.enrol_max = config.enrol_max.max(usize::try_from(leads)?);
    let DataDirectory { store, vault } = DataDirectory::open(directory)?;
    let engine = Engine::start(EngineParts {
        store: Arc::clone(&store),
        vault,
        ids: Arc::new(UuidV7Ids::new(Arc::clone(&clock))),
        clock,
        phones: Phones::External,
        applications: Applications::default(),
        config,
    })?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let others = leads.min(OTHERS_MAX);
    let handle = engine.handle();
    let (other_workflow, workflow, wait) = runtime.block_on(async {
        let other = campaign::prepare(&handle).await?;
        enrol(&handle, other, others).await?;
        let (workflow, wait) = prepare(&handle, then).await?;
        enrol(&handle, workflow, leads).await?;
        anyhow::Ok((other, workflow, wait))
    })?;
    drop(handle);
    engine.shutdown();
    let staged = Staged {
        leads,
        workflow,
        wait,
        then: format!("{then:?}"),
        due: began.plus_seconds(u64::try_from(WAIT_HOURS)? * 3_600).as_micros(),
        other_workflow,
        others,
        head: store.head().0,
    };
    fs::write(directory.join(FILE), serde_json::to_vec(&staged)?)?;
    Ok(staged)
}

/// An active workflow that begins with a wait.
async fn prepare(engine: &EngineHandle, then: Then) -> anyhow::Result<(WorkflowId, NodeId)> {
    let caller = Caller::host();
    let settings = Settings { default_country: Some("IN".into()), ..Settings::default() };
    let workflow = engine.create_workflow(&caller, "Herd", "", settings).await?;
    let node = |label: &str, config| NewNode {
        label: label.into(),
        position: CanvasPosition::default(),
        config,
        entry: label == "wait",
    };
    let wait = NodeConfig::Time(TimeConfig {
        duration: Some(WAIT_HOURS),
        unit: Some(TimeUnit::Hours),
        ..TimeConfig::default()
    });
    let wait = engine.add_node(&caller, workflow, node("wait", wait)).await?;
    let end = engine.add_node(&caller, workflow, node("end", NodeConfig::Converted)).await?;
    let edge = |from, to, label: Option<&str>| NewEdge {
        from_node_id: from,
        to_node_id: to,
        label: label.map(Into::into),
    };
    match then {
        Then::End => {
            engine.add_edge(&caller, workflow, edge(wait, end, None)).await?;
        }
        Then::Call => {
            let call = NodeConfig::VoiceCall(VoiceCallConfig {
                from_phone_number: Some("+12025550100".into()),
                agent_id: Some("agent_1".into()),
                ..VoiceCallConfig::default()
            });
            let call = engine.add_node(&caller, workflow, node("call", call)).await?;
            engine.add_edge(&caller, workflow, edge(wait, call, None)).await?;
            for label in ["COMPLETED", "DNP", "FAILED"] {
                engine.add_edge(&caller, workflow, edge(call, end, Some(label))).await?;
            }
        }
    }
    engine.act_on_workflow(&caller, workflow, WorkflowAction::Activate).await?;
    Ok((workflow, wait))
}

/// Numbers without gaps: an E.164 number of India has ten digits after 91.
struct Numbers(u32);

impl LeadList for Numbers {
    fn read(&self, take: &mut dyn FnMut(ListRow) -> ControlFlow<()>) {
        // The callback says when to stop; there is nothing else to give up.
        let _ = (0..self.0).try_for_each(|number| {
            take(Ok(NewLead {
                phone_number: format!("+91{}", 7_000_000_000_u64 + u64::from(number)),
                row: u64::from(number) + 1,
                ..NewLead::default()
            }))
        });
    }
}

/// Enrols, and waits until all of them stand at the first node.
async fn enrol(engine: &EngineHandle, workflow: WorkflowId, leads: u32) -> anyhow::Result<()> {
    let request = ImportRequest {
        list: Arc::new(Numbers(leads)),
        duplicates: Duplicates::Skip,
        file_name: None,
    };
    let imported = engine.import(&Caller::host(), workflow, request).await?;
    let import = match imported {
        Imported::Done(enrolled) => enrolled.import.context("a list is an import")?,
        Imported::Running { import, .. } => import,
    };
    loop {
        let (row, counts) =
            engine.read(|models| (models.import(import), models.counts(workflow))).await?;
        let row = row.context("the import is not listed")?;
        anyhow::ensure!(row.status != ImportStatus::Cancelled, "{row:?}");
        if counts.by_status.active == u64::from(leads) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A copy of a staged directory, to be changed.
pub(super) fn copy(from: &Path, to: &Path) -> anyhow::Result<PathBuf> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(to.to_owned())
}
