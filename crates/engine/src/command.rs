//! What a host asks of the engine, and what it is answered.

use std::{collections::BTreeMap, fmt, sync::Arc};

use branchline_domain::{
    graph::{CanvasPosition, NodeConfig},
    id::{CallId, EdgeId, ImportId, LeadId, NodeId, OrganisationId, WorkflowId},
    lead::{CallReport, Resolution, Values},
    output::Output,
    value::Value,
    workflow::{NodePatch, Settings},
};
use branchline_journal::record::{IdempotencyKey, Position};
use tokio::sync::oneshot;

use crate::{
    EngineError,
    api_keys::{KeyAction, KeyAnswer},
    batch::{BatchAnswer, LeadBatch},
    erasure::Erasure,
    lead_list::LeadList,
    ports::DialRequest,
    provider::{ProviderAction, ProviderAnswer},
};

pub use crate::{
    graph_draft::{DraftEdge, DraftGraph, DraftNode, PutGraph},
    last_position::LastPosition,
};

/// Who asks, and in which words the journal remembers that.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Whose things may be touched; those of others are not found.
    pub organisation: OrganisationId,
    /// Name in the journal, for example `api:key_1`. At most 128 bytes.
    pub principal: Arc<str>,
    /// Id of the request, for the cause of what it records. At most 128 bytes.
    pub request_id: Option<Arc<str>>,
    /// The caller's key for this one intent. Commands that make one record honour it, and batches,
    /// lead by lead; enrolment of many leads and claims do not.
    pub idempotency: Option<IdempotencyKey>,
    /// Only if the graph of the workflow has this revision: what is asked of a workflow is refused
    /// otherwise. Other commands do not look at it.
    pub if_revision: Option<u32>,
    /// Is told where the answers stand.
    pub last_position: LastPosition,
}

impl Caller {
    /// A host that embeds the engine, in the default organisation.
    pub fn host() -> Self {
        Self {
            organisation: OrganisationId::DEFAULT,
            principal: "host".into(),
            request_id: None,
            idempotency: None,
            if_revision: None,
            last_position: LastPosition::default(),
        }
    }
}

/// A lead to enrol.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewLead {
    /// Phone number as people write it; made E.164 with the workflow's `default_country`.
    pub phone_number: String,
    /// Variables.
    pub variables: Values,
    /// Notes.
    pub notes: Option<String>,
    /// Row in the file it came from, as a spreadsheet shows it (header = 1), or its place in a
    /// list, from 1. Named in faults.
    pub row: u64,
}

/// What to do with a number that is in the list twice, or in the workflow already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duplicates {
    /// Enrol the first one.
    #[default]
    Skip,
    /// Refuse the whole list.
    Reject,
    /// Enrol them all.
    Allow,
}

/// A list of leads to enrol: all of them or none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnrolRequest {
    /// The leads.
    pub leads: Vec<NewLead>,
    /// What to do with duplicates.
    pub duplicates: Duplicates,
    /// Name of the file, if there was one.
    pub file_name: Option<String>,
}

/// A list of leads to enrol, wherever it is: all of them or none.
#[derive(Clone)]
pub struct ImportRequest {
    /// The leads.
    pub list: Arc<dyn LeadList>,
    /// What to do with duplicates.
    pub duplicates: Duplicates,
    /// Name of the file, if there was one.
    pub file_name: Option<String>,
}

impl fmt::Debug for ImportRequest {
    /// Without the list: it is long, and people's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportRequest")
            .field("duplicates", &self.duplicates)
            .field("file_name", &self.file_name)
            .finish_non_exhaustive()
    }
}

impl PartialEq for ImportRequest {
    /// The same list, not one that reads the same.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.list, &other.list)
            && self.duplicates == other.duplicates
            && self.file_name == other.file_name
    }
}

/// A node to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewNode {
    /// What people call it.
    pub label: String,
    /// Where it is drawn.
    pub position: CanvasPosition,
    /// What it does; says its type.
    pub config: NodeConfig,
    /// Whether leads start here.
    pub entry: bool,
}

/// An edge to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEdge {
    /// Where it starts.
    pub from_node_id: NodeId,
    /// Where it ends.
    pub to_node_id: NodeId,
    /// The output it serves.
    pub label: Option<Output>,
}

/// What can be asked of a workflow.
#[derive(Clone, Debug, PartialEq)]
pub enum WorkflowAction {
    /// Draft or paused to active.
    Activate,
    /// Active to paused.
    Pause,
    /// Paused to active, without validation.
    Resume,
    /// Stop for good.
    Cancel,
    /// End for good.
    Complete {
        /// Even while leads are under way.
        force: bool,
    },
    /// Take out of sight.
    Delete,
    /// Change title, description or settings.
    Edit {
        /// New title.
        title: Option<String>,
        /// New description.
        description: Option<String>,
        /// New settings, whole.
        settings: Option<Settings>,
    },
    /// Change a node.
    PatchNode {
        /// Which.
        node: NodeId,
        /// What changes.
        patch: NodePatch,
    },
    /// Take a node and its edges away.
    RemoveNode {
        /// Which.
        node: NodeId,
        /// Where its leads go; without it the node stays while there are any.
        move_to: Option<NodeId>,
    },
    /// Take an edge away.
    RemoveEdge {
        /// Which.
        edge: EdgeId,
    },
}

/// What can be asked of a lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeadAction {
    /// A person decides about a hold.
    Resolve(Resolution),
    /// Take it out.
    Remove,
    /// Put it at another node, where its step begins.
    MoveTo {
        /// Which.
        node: NodeId,
    },
    /// Change variables or notes.
    Edit {
        /// Variables to set; `None` takes one away.
        variables: BTreeMap<String, Option<Value>>,
        /// New notes; `Some(None)` takes them away.
        notes: Option<Option<String>>,
    },
}

/// What can be told about a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallAction {
    /// A status. Of a call that nobody claimed it counts as the claim.
    Report(CallReport),
    /// Attributes of its analysis.
    AttachAttributes(Values),
    /// The carrier took it.
    Dispatched {
        /// Its name for the call.
        provider_ref: Option<String>,
    },
    /// The carrier surely did not dial.
    Refused {
        /// Why, in its words.
        reason: String,
    },
}

/// A request of a host.
#[derive(Clone, Debug, PartialEq)]
pub enum HostCommand {
    /// Makes a workflow in draft. Answer: [`Answer::Workflow`].
    CreateWorkflow {
        /// What people call it.
        title: String,
        /// What it is for.
        description: String,
        /// What its owner chooses.
        settings: Settings,
    },
    /// Copies a workflow into a new one in draft, with fresh ids. Answer: [`Answer::Workflow`].
    DuplicateWorkflow {
        /// Which.
        workflow: WorkflowId,
    },
    /// Makes a drawn graph the newest one. Answer: [`Answer::Graph`].
    PutGraph {
        /// Where.
        workflow: WorkflowId,
        /// The revision that it was made from.
        expected_revision: u32,
        /// What.
        graph: DraftGraph,
    },
    /// Answer: [`Answer::Workflow`].
    Workflow {
        /// Which.
        workflow: WorkflowId,
        /// What.
        action: WorkflowAction,
    },
    /// Answer: [`Answer::Node`].
    AddNode {
        /// Where.
        workflow: WorkflowId,
        /// What.
        node: NewNode,
    },
    /// Answer: [`Answer::Edge`].
    AddEdge {
        /// Where.
        workflow: WorkflowId,
        /// What.
        edge: NewEdge,
    },
    /// Enrols leads: all or none. Answer: [`Answer::Enrolled`].
    Enrol {
        /// Where.
        workflow: WorkflowId,
        /// Whom, and how.
        request: EnrolRequest,
    },
    /// Enrols the leads of a list, in the background when it is long: all or none. Answer:
    /// [`Answer::Imported`].
    Import {
        /// Where.
        workflow: WorkflowId,
        /// Whom, and how.
        request: ImportRequest,
    },
    /// Answer: [`Answer::Lead`].
    Lead {
        /// Which.
        lead: LeadId,
        /// What.
        action: LeadAction,
    },
    /// Erases what is personal of a lead, for good. Answer: [`Answer::Erased`].
    EraseLead {
        /// Which.
        lead: LeadId,
    },
    /// One action on many leads of a workflow. Answer: [`Answer::Batch`].
    Batch {
        /// Where.
        workflow: WorkflowId,
        /// Which leads, and what.
        batch: LeadBatch,
    },
    /// Answer: [`Answer::Call`].
    Call {
        /// Which.
        call: CallId,
        /// What.
        action: CallAction,
    },
    /// The same for many calls at once. Answer: [`Answer::Calls`], one an item, in order.
    Calls {
        /// Which, and what.
        actions: Vec<(CallId, CallAction)>,
    },
    /// About the keys of the caller's organisation. Answer: [`Answer::Key`].
    Keys {
        /// What.
        action: KeyAction,
    },
    /// About what providers tell of calls. Answer: [`Answer::Provider`].
    Provider {
        /// What.
        action: ProviderAction,
    },
    /// Hands out requested calls to an external carrier, each once. Answer: [`Answer::Claimed`].
    Claim {
        /// How many at most.
        max: usize,
        /// How long the caller has to say what came of them. Unit: seconds.
        lease_s: u32,
    },
}

/// Where the answer to a command stands in the journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// Position of the record it made; of the earlier one when the request is a repeat; `None`
    /// when there was nothing new to record.
    pub position: Option<Position>,
}

/// What came of a report about a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallAnswer {
    /// Whether the report is part of the call's story: false for another final status than the
    /// first, which is recorded as a conflict and moves nothing.
    pub accepted: bool,
    /// Where it is recorded.
    pub committed: Committed,
}

/// What came of an enrolment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Enrolled {
    /// The new leads, in the order of the list.
    pub lead_ids: Vec<LeadId>,
    /// Numbers skipped because they were in the list or the workflow before.
    pub duplicates_skipped: u32,
    /// The import's name; `None` for a single lead.
    pub import: Option<ImportId>,
    /// Position of the last record.
    pub committed: Committed,
}

/// What came of a list of leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Imported {
    /// Everybody is enrolled.
    Done(Enrolled),
    /// The list is sound and long; its import says how far it is.
    Running {
        /// The import's name.
        import: ImportId,
        /// Where its opening is recorded.
        committed: Committed,
    },
}

/// The answer to a [`HostCommand`].
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// A workflow was made or changed.
    Workflow(WorkflowId, Committed),
    /// A graph was put.
    Graph(PutGraph),
    /// A node was added.
    Node(NodeId, Committed),
    /// An edge was added.
    Edge(EdgeId, Committed),
    /// Leads were enrolled.
    Enrolled(Enrolled),
    /// A list of leads was taken.
    Imported(Imported),
    /// A lead was changed.
    Lead(Committed),
    /// A lead was erased.
    Erased(Erasure),
    /// Many leads were acted on.
    Batch(BatchAnswer),
    /// A call was told about.
    Call(CallAnswer),
    /// Many calls were told about.
    Calls(Vec<Result<CallAnswer, EngineError>>),
    /// A key was made or changed.
    Key(KeyAnswer),
    /// Something that a provider told was taken, or decided about.
    Provider(ProviderAnswer),
    /// Calls that the caller may dial now, once.
    Claimed(Vec<DialRequest>, Committed),
}

/// One request on the raw command channel.
#[derive(Debug)]
pub struct HostRequest {
    /// Who asks.
    pub caller: Caller,
    /// What.
    pub command: HostCommand,
    /// Takes the answer, after everything it says is durable.
    pub reply: oneshot::Sender<Result<Answer, EngineError>>,
}
