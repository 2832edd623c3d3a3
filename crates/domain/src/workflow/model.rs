//! The words of a workflow: its state, commands and events.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{ImportRefusal, Settings, WorkflowStatus, view::stand_in};
use crate::{
    graph::{Graph, GraphChange, NodeConfig},
    id::{EdgeId, ImportId, NodeId, OrganisationId, WorkflowId},
    time::Timestamp,
};

/// Longest title of a workflow and label of a node. Unit: characters.
pub const TITLE_CHARS_MAX: usize = 200;
/// Longest description. Unit: characters.
pub const DESCRIPTION_CHARS_MAX: usize = 2_000;

/// What the history of a workflow adds up to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WorkflowState {
    /// Whether there is such a workflow at all.
    pub exists: bool,
    /// Whose it is.
    pub organisation: Option<OrganisationId>,
    /// What people call it.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// What its owner chose.
    pub settings: Settings,
    /// Where it stands.
    pub status: WorkflowStatus,
    /// Whether it was deleted. Its history stays.
    pub deleted: bool,
    /// The newest revision of its graph.
    pub graph: Arc<Graph>,
    /// All revisions, for steps that run on an old one.
    pub revisions: Arc<BTreeMap<u32, Arc<Graph>>>,
    /// Changes of the revision that is being written part by part. They mean nothing before the
    /// [`WorkflowEvent::GraphRevised`] that takes them in.
    pub staged: Vec<GraphChange>,
    /// For each node that was taken away from under its leads, the one that they go to instead.
    pub replaced: Arc<BTreeMap<NodeId, NodeId>>,
    /// Counts changes of status and settings. A record decided under another epoch is refused.
    pub control_epoch: u32,
    /// Position of the last activation or resumption: leads enrolled before it may start.
    pub freed_at: Option<u64>,
    /// Enrolments of many leads that have begun and not ended.
    pub open_imports: BTreeMap<ImportId, ImportOpening>,
    /// Names of variables that its leads came with. Source: CONTRACT.md 7.
    pub variable_keys: BTreeSet<String>,
    /// The import that was refused last.
    pub last_refused_import: Option<ImportId>,
    /// Workflow it was copied from.
    pub source: Option<WorkflowId>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl WorkflowState {
    /// As [`WorkflowView::stand_in`](super::WorkflowView::stand_in).
    pub fn stand_in(&self, node: NodeId) -> Option<NodeId> {
        stand_in(&self.graph, &self.replaced, node)
    }
}

/// How an import began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportOpening {
    /// Name of the file, if there was one.
    pub file_name: Option<String>,
    /// Rows that will be enrolled. Unit: leads.
    pub rows: u32,
    /// Duplicates that were skipped before.
    pub duplicates_skipped: u32,
    /// Names of the variables its rows have.
    pub variable_keys: Vec<String>,
}

/// A new node, as somebody asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodePatch {
    /// New label.
    pub label: Option<String>,
    /// New place to the right, thousandths.
    pub x_milli: Option<i64>,
    /// New place down, thousandths.
    pub y_milli: Option<i64>,
    /// New config; must be of the node's type.
    pub config: Option<NodeConfig>,
    /// Whether leads start here.
    pub entry: Option<bool>,
}

/// A request to a workflow.
#[derive(Clone, Debug, PartialEq)]
pub enum WorkflowCommand {
    /// Makes the workflow, in draft. A graph may come with it, as in a duplicate.
    Create {
        /// Whose it is.
        organisation: OrganisationId,
        /// What people call it.
        title: String,
        /// What it is for.
        description: String,
        /// What its owner chose.
        settings: Settings,
        /// The first graph.
        graph: Vec<GraphChange>,
        /// Workflow it is a copy of.
        source: Option<WorkflowId>,
    },
    /// Changes title, description or settings.
    Edit {
        /// New title.
        title: Option<String>,
        /// New description.
        description: Option<String>,
        /// New settings, whole.
        settings: Option<Settings>,
    },
    /// Adds a node.
    AddNode(crate::graph::Node),
    /// Changes a node.
    PatchNode {
        /// Which.
        node: NodeId,
        /// What changes.
        patch: NodePatch,
    },
    /// Takes a node and its edges away. The context says how many leads stand there.
    RemoveNode {
        /// Which.
        node: NodeId,
        /// Where its leads go. Without it the node stays while there are any.
        move_to: Option<NodeId>,
    },
    /// Makes this the newest graph, as a whole and in one revision. The context says how many leads
    /// stand at the nodes that are not in it.
    PutGraph {
        /// The revision that it was made from; refused when that is not the newest one.
        expected_revision: u32,
        /// All nodes. The type of one that is known never changes.
        nodes: Vec<crate::graph::Node>,
        /// All edges; those that leave one node are tried in this order.
        edges: Vec<crate::graph::Edge>,
        /// Where the leads of nodes go that are not in it any more.
        moves: BTreeMap<NodeId, NodeId>,
    },
    /// Adds an edge.
    AddEdge(crate::graph::Edge),
    /// Takes an edge away.
    RemoveEdge {
        /// Which.
        edge: EdgeId,
    },
    /// Starts it, or goes on: draft or paused to active.
    Activate,
    /// Active to paused.
    Pause,
    /// Paused to active, without validation.
    Resume,
    /// Stops it for good.
    Cancel,
    /// Ends it for good.
    Complete {
        /// Even while leads are pending or active.
        force: bool,
    },
    /// Ends it if its settings say so and every lead is final. Never refused.
    AutoComplete,
    /// Takes it out of sight.
    Delete,
    /// Begins an enrolment of many leads.
    OpenImport {
        /// Its name.
        import: ImportId,
        /// How it begins.
        opening: ImportOpening,
    },
    /// Ends an enrolment: its leads count from now on.
    CloseImport {
        /// Its name.
        import: ImportId,
        /// Leads that were enrolled.
        enrolled: u32,
        /// Duplicates that were skipped, in the file and in the workflow.
        duplicates_skipped: u32,
    },
    /// Gives up an enrolment: its leads never count.
    CancelImport {
        /// Its name.
        import: ImportId,
        /// Why, in words.
        reason: String,
    },
    /// Keeps that an enrolment was refused before it began.
    RefuseImport {
        /// Its name.
        import: ImportId,
        /// What was wrong with it. More than a record has room for is cut.
        refusal: ImportRefusal,
    },
}

/// A fact about a workflow. Names are storage format; see `branchline-event-codec`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkflowEvent {
    /// The workflow exists, in draft.
    WorkflowCreated {
        /// Whose it is.
        organisation: OrganisationId,
        /// What people call it.
        title: String,
        /// What it is for.
        description: String,
        /// What its owner chose.
        settings: Settings,
        /// Workflow it was copied from.
        source: Option<WorkflowId>,
    },
    /// Title or description changed.
    WorkflowRenamed {
        /// The title from now on.
        title: String,
        /// The description from now on.
        description: String,
    },
    /// The settings changed; all of them are here.
    SettingsChanged {
        /// The settings from now on.
        settings: Settings,
    },
    /// The graph has a new revision: what was staged since the last one, then these changes.
    GraphRevised {
        /// Its number, one more than the last.
        revision: u32,
        /// What changed, in order.
        changes: Vec<GraphChange>,
    },
    /// A part of a revision that is too large for one record. A stream that ends after some parts,
    /// because of a crash, has no such revision.
    GraphStaged {
        /// Counted from 1; the first part discards what was staged before.
        part: u32,
        /// What changed, in order.
        changes: Vec<GraphChange>,
    },
    /// A node is gone, and its leads go on at another one.
    NodeReplaced {
        /// The node that is gone.
        node: NodeId,
        /// Where its leads go.
        by: NodeId,
    },
    /// Leads move from now on.
    WorkflowActivated,
    /// No lead moves from now on.
    WorkflowPaused,
    /// Leads move again.
    WorkflowResumed,
    /// The workflow is finished.
    WorkflowCompleted {
        /// Whether it ended by itself.
        automatic: bool,
    },
    /// The workflow is stopped for good.
    WorkflowCancelled,
    /// The workflow is out of sight.
    WorkflowDeleted,
    /// An enrolment of many leads began.
    ImportOpened {
        /// Its name.
        import: ImportId,
        /// How it began.
        opening: ImportOpening,
    },
    /// The leads of an enrolment count from now on.
    ImportClosed {
        /// Its name.
        import: ImportId,
        /// Leads enrolled.
        enrolled: u32,
        /// Duplicates skipped.
        duplicates_skipped: u32,
    },
    /// An enrolment was given up; its leads never count.
    ImportCancelled {
        /// Its name.
        import: ImportId,
        /// Why, in words.
        reason: String,
    },
    /// An enrolment was refused before it began; nobody in it was enrolled.
    ImportRefused {
        /// Its name.
        import: ImportId,
        /// What was wrong with it.
        refusal: ImportRefusal,
    },
}

/// What a decision about a workflow reads from outside its stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkflowContext {
    /// Leads that are pending.
    pub pending: u64,
    /// Leads that are active.
    pub active: u64,
    /// Leads enrolled, whatever became of them.
    pub enrolled: u64,
    /// Calls whose dispatch has started and that have no final status.
    pub calls_in_progress: u64,
    /// Leads that stand at each node a command wants to remove, or that another one sends there.
    /// Nodes without any need not be here.
    pub leads_at: BTreeMap<NodeId, u64>,
}
