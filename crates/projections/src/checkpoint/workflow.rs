//! A workflow in a checkpoint: a piece of bytes, and events for what the journal keeps as events
//! too. Its settings and graphs have a format there that knows how to grow; a second one would be
//! one too many.
//!
//! ```text
//! bytes   id · organisation · status position · nodes in order of their numbers
//!         flags · organisation of its state · status · control epoch · freed at · last refused import
//!         created · updated · variable keys · replaced nodes · newest revision · count of events
//! events  workflow.created: title, description, settings, source
//!         for each revision: what differs from the one before as workflow.graph_staged, one change
//!         each, then workflow.graph_revised; then what is staged
//!         workflow.import_opened for each import that has not ended
//! ```

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use branchline_domain::{
    graph::{Edge, Graph, GraphChange},
    id::{EdgeId, ImportId, NodeId, OrganisationId, WorkflowId},
    time::Timestamp,
    workflow::{WorkflowEvent, WorkflowState},
};
use branchline_journal::record::Position;

use super::{
    row_format::{put_id, put_time, read_id, read_time},
    wire::{FormatError, Input, put_len, put_text, put_varint},
};
use crate::workflows::StoredWorkflow;

const EXISTS: u8 = 1;
const DELETED: u8 = 2;

/// Longest text. Unit: bytes. Each was in a record once, and records are smaller.
pub(super) const TEXT_BYTES_MAX: usize = 65_536;

/// What is kept of a workflow.
pub(super) struct Facts {
    id: WorkflowId,
    organisation: OrganisationId,
    status_position: Position,
    nodes: Vec<NodeId>,
    state: WorkflowState,
}

impl Facts {
    pub(super) fn of(stored: &StoredWorkflow) -> Self {
        Self {
            id: stored.id,
            organisation: stored.organisation,
            status_position: stored.status_position,
            nodes: stored.nodes.ids().to_vec(),
            state: stored.state.clone(),
        }
    }

    pub(super) fn events(&self) -> Vec<WorkflowEvent> {
        let state = &self.state;
        let mut events = vec![WorkflowEvent::WorkflowCreated {
            organisation: state.organisation.unwrap_or(OrganisationId::DEFAULT),
            title: state.title.clone(),
            description: state.description.clone(),
            settings: state.settings.clone(),
            source: state.source,
        }];
        let mut before = Arc::<Graph>::default();
        for (&revision, graph) in state.revisions.iter() {
            events.extend(staged(changes_between(&before, graph)));
            events.push(WorkflowEvent::GraphRevised { revision, changes: Vec::new() });
            before = Arc::clone(graph);
        }
        events.extend(staged(state.staged.clone()));
        events.extend(state.open_imports.iter().map(|(&import, opening)| {
            WorkflowEvent::ImportOpened { import, opening: opening.clone() }
        }));
        events
    }

    /// Appends the bytes of a workflow that so many events follow.
    pub(super) fn put(&self, out: &mut Vec<u8>, events: usize) {
        let WorkflowState {
            exists,
            organisation,
            title: _,
            description: _,
            settings: _,
            status,
            deleted,
            graph,
            revisions: _,
            staged: _,
            replaced,
            control_epoch,
            freed_at,
            open_imports: _,
            variable_keys,
            last_refused_import,
            source: _,
            created_at,
            updated_at,
        } = &self.state;
        put_id(out, self.id.as_uuid().as_u128());
        put_id(out, self.organisation.as_uuid().as_u128());
        put_varint(out, self.status_position.0);
        put_len(out, self.nodes.len());
        for node in &self.nodes {
            put_id(out, node.as_uuid().as_u128());
        }
        out.push((u8::from(*exists) * EXISTS) | (u8::from(*deleted) * DELETED));
        put_optional(out, organisation.map(|id| id.as_uuid().as_u128()), put_id);
        put_text(out, status.as_str());
        put_varint(out, u64::from(*control_epoch));
        put_optional(out, *freed_at, put_varint);
        put_optional(out, last_refused_import.map(|id| id.as_uuid().as_u128()), put_id);
        put_time(out, *created_at, Timestamp::default());
        put_time(out, *updated_at, Timestamp::default());
        put_len(out, variable_keys.len());
        for key in variable_keys {
            put_text(out, key);
        }
        put_len(out, replaced.len());
        for (node, by) in replaced.iter() {
            put_id(out, node.as_uuid().as_u128());
            put_id(out, by.as_uuid().as_u128());
        }
        put_varint(out, u64::from(graph.revision()));
        put_len(out, events);
    }
}

fn staged(changes: Vec<GraphChange>) -> impl Iterator<Item = WorkflowEvent> {
    let parts = (1..).zip(changes);
    parts.map(|(part, change)| WorkflowEvent::GraphStaged { part, changes: vec![change] })
}

/// What makes one graph of another. The shortest list where that gives the same order of nodes and
/// edges, else all of it anew.
fn changes_between(before: &Graph, after: &Graph) -> Vec<GraphChange> {
    let gone = before.nodes().iter().filter(|node| after.node(node.id).is_none());
    let mut changes: Vec<_> = gone.map(|node| GraphChange::NodeRemoved(node.id)).collect();
    let edges = |graph: &Graph| -> HashMap<EdgeId, Edge> {
        graph.edges().iter().map(|edge| (edge.id, edge.clone())).collect()
    };
    let (old, new) = (edges(before), edges(after));
    let dropped = before.edges().iter().filter(|edge| new.get(&edge.id) != Some(edge));
    changes.extend(dropped.map(|edge| GraphChange::EdgeRemoved(edge.id)));
    let put = after.nodes().iter().filter(|node| {
        before.node(node.id).is_none_or(|old| !Arc::ptr_eq(old, node) && old != *node)
    });
    changes.extend(put.map(|node| GraphChange::NodePut(node.as_ref().clone())));
    let added = after.edges().iter().filter(|edge| old.get(&edge.id) != Some(edge));
    changes.extend(added.map(|edge| GraphChange::EdgeAdded(edge.clone())));
    if before.revised(after.revision(), &changes) == *after {
        return changes;
    }
    let edges = before.edges().iter().map(|edge| GraphChange::EdgeRemoved(edge.id));
    let nodes = before.nodes().iter().map(|node| GraphChange::NodeRemoved(node.id));
    let put = after.nodes().iter().map(|node| GraphChange::NodePut(node.as_ref().clone()));
    let added = after.edges().iter().map(|edge| GraphChange::EdgeAdded(edge.clone()));
    edges.chain(nodes).chain(put).chain(added).collect()
}

/// A workflow whose events are still coming.
pub(super) struct Unfinished {
    stored: StoredWorkflow,
    newest_revision: u32,
    before: Arc<Graph>,
    /// Events still to come.
    left: usize,
}

impl Unfinished {
    pub(super) fn read(input: &mut Input<'_>) -> Result<Self, FormatError> {
        let id = WorkflowId::from_u128(read_id(input)?);
        let organisation = OrganisationId::from_u128(read_id(input)?);
        let mut stored = StoredWorkflow::new(id, organisation);
        stored.status_position = Position(input.varint()?);
        for _ in 0..input.small::<u32>()? {
            stored.nodes.number_or_new(NodeId::from_u128(read_id(input)?));
        }
        let state = &mut stored.state;
        let flags = input.byte()?;
        if flags > (EXISTS | DELETED) {
            return Err(FormatError("there is no such flag"));
        }
        (state.exists, state.deleted) = (flags & EXISTS != 0, flags & DELETED != 0);
        state.organisation = read_optional(input, read_id)?.map(OrganisationId::from_u128);
        let status = input.text(TEXT_BYTES_MAX)?;
        state.status =
            status.parse().map_err(|_| FormatError("a status is not one of this release"))?;
        state.control_epoch = input.small()?;
        state.freed_at = read_optional(input, Input::varint)?;
        state.last_refused_import = read_optional(input, read_id)?.map(ImportId::from_u128);
        state.created_at = read_time(input, Timestamp::default())?;
        state.updated_at = read_time(input, Timestamp::default())?;
        let mut keys = BTreeSet::new();
        for _ in 0..input.small::<u32>()? {
            keys.insert(input.text(TEXT_BYTES_MAX)?.to_owned());
        }
        state.variable_keys = keys;
        for _ in 0..input.small::<u32>()? {
            let node = NodeId::from_u128(read_id(input)?);
            let by = NodeId::from_u128(read_id(input)?);
            Arc::make_mut(&mut state.replaced).insert(node, by);
        }
        let newest_revision = input.small()?;
        let left = input.small()?;
        Ok(Self { stored, newest_revision, before: Arc::default(), left })
    }

    /// Takes the next of its events.
    pub(super) fn take(&mut self, event: WorkflowEvent) -> Result<(), FormatError> {
        self.left = self.left.checked_sub(1).ok_or(FormatError("an event is of no workflow"))?;
        let state = &mut self.stored.state;
        match event {
            WorkflowEvent::WorkflowCreated {
                organisation: _,
                title,
                description,
                settings,
                source,
            } => {
                state.title = title;
                state.description = description;
                state.settings = settings;
                state.source = source;
            }
            WorkflowEvent::GraphStaged { part: _, changes } => state.staged.extend(changes),
            WorkflowEvent::GraphRevised { revision, changes } => {
                state.staged.extend(changes);
                let graph = Arc::new(self.before.revised(revision, &state.staged));
                state.staged.clear();
                Arc::make_mut(&mut state.revisions).insert(revision, Arc::clone(&graph));
                self.before = graph;
            }
            WorkflowEvent::ImportOpened { import, opening } => {
                state.open_imports.insert(import, opening);
            }
            WorkflowEvent::WorkflowRenamed { .. }
            | WorkflowEvent::SettingsChanged { .. }
            | WorkflowEvent::NodeReplaced { .. }
            | WorkflowEvent::WorkflowActivated
            | WorkflowEvent::WorkflowPaused
            | WorkflowEvent::WorkflowResumed
            | WorkflowEvent::WorkflowCompleted { .. }
            | WorkflowEvent::WorkflowCancelled
            | WorkflowEvent::WorkflowDeleted
            | WorkflowEvent::ImportClosed { .. }
            | WorkflowEvent::ImportCancelled { .. }
            | WorkflowEvent::ImportRefused { .. } => {
                return Err(FormatError("no checkpoint has such an event"));
            }
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<StoredWorkflow, FormatError> {
        let Self { mut stored, newest_revision, before: _, left } = self;
        if left > 0 {
            return Err(FormatError("events of a workflow are missing"));
        }
        let state = &mut stored.state;
        if let Some(graph) = state.revisions.get(&newest_revision) {
            state.graph = Arc::clone(graph);
        } else if newest_revision > 0 {
            return Err(FormatError("the newest graph of a workflow is missing"));
        }
        Ok(stored)
    }
}

pub(super) fn put_optional<T>(out: &mut Vec<u8>, value: Option<T>, put: impl Fn(&mut Vec<u8>, T)) {
    out.push(u8::from(value.is_some()));
    if let Some(value) = value {
        put(out, value);
    }
}

pub(super) fn read_optional<'a, T>(
    input: &mut Input<'a>,
    read: impl Fn(&mut Input<'a>) -> Result<T, FormatError>,
) -> Result<Option<T>, FormatError> {
    match input.byte()? {
        0 => Ok(None),
        1 => read(input).map(Some),
        _ => Err(FormatError("a mark is neither 0 nor 1")),
    }
}
