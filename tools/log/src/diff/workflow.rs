//! What changed about a workflow: its fields, its graph, its imports, the ways its leads took.

use std::collections::BTreeMap;

use branchline_domain::{
    graph::{Edge, Graph},
    id::WorkflowId,
};
use branchline_projections::{ImportRow, Projections, WorkflowRow, event_shapes::NodeShape};
use serde::Serialize;
use serde_json::Value;

use super::{
    Limited,
    fields::{FieldChange, changes},
    moves::Moved,
};
use crate::standing::WorkflowStanding;

/// What changed about one workflow.
#[derive(Debug, Serialize)]
pub(super) struct WorkflowDifference {
    pub(super) workflow_id: WorkflowId,
    pub(super) title: String,
    /// Whether it was created between the two moments.
    pub(super) new: bool,
    /// Names as `replay --json` has them; counts are fields too.
    pub(super) fields: Limited<FieldChange>,
    pub(super) graph: GraphDifference,
    pub(super) imports: Limited<ImportChange>,
    pub(super) moves: Limited<Moved>,
}

/// What changed about a graph.
#[derive(Debug, Serialize)]
pub(super) struct GraphDifference {
    pub(super) nodes_added: Limited<NodeShape>,
    pub(super) nodes_removed: Limited<NodeShape>,
    pub(super) nodes_changed: Limited<NodeChange>,
    pub(super) edges_added: Limited<Edge>,
    pub(super) edges_removed: Limited<Edge>,
}

/// A node that is there at both moments, and is not the same.
#[derive(Debug, Serialize)]
pub(super) struct NodeChange {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) fields: Vec<FieldChange>,
}

/// An import that is new, or not as it was.
#[derive(Debug, Serialize)]
pub(super) struct ImportChange {
    pub(super) id: String,
    pub(super) fields: Vec<FieldChange>,
}

impl WorkflowDifference {
    /// What changed; `None` when nothing did.
    pub(super) fn of(
        old: &Projections,
        new: &Projections,
        row: &WorkflowRow<'_>,
        moves: Vec<Moved>,
        limit: usize,
    ) -> Option<Self> {
        let before = old.every_workflow().find(|known| known.id == row.id);
        let standing = |read: &Projections, row: &WorkflowRow<'_>| {
            document(&WorkflowStanding::of_row(read, row))
        };
        let was = before.as_ref().map_or(Value::Null, |row| standing(old, row));
        let mut fields = changes(&was, &standing(new, row));
        fields.retain(is_told);
        let empty = Graph::default();
        let old_graph = before.as_ref().map_or(&empty, |row| row.state.graph.as_ref());
        let graph = GraphDifference::of(old_graph, &row.state.graph, limit);
        let imports = imports(old, new, row.id);
        let difference = Self {
            workflow_id: row.id,
            title: row.state.title.clone(),
            new: before.is_none(),
            fields: Limited::of(fields, limit),
            graph,
            imports: Limited::of(imports, limit),
            moves: Limited::of(moves, limit),
        };
        let nothing = difference.fields.is_empty()
            && difference.graph.is_empty()
            && difference.imports.is_empty()
            && difference.moves.is_empty();
        (!nothing).then_some(difference)
    }
}

impl GraphDifference {
    fn of(old: &Graph, new: &Graph, limit: usize) -> Self {
        let shapes = |graph: &Graph, other: &Graph| {
            let nodes = graph.nodes().iter().filter(|node| other.node(node.id).is_none());
            Limited::of(nodes.map(|node| NodeShape::of(node)), limit)
        };
        let edges = |graph: &Graph, other: &Graph| {
            let known: Vec<_> = other.edges().iter().map(|edge| edge.id).collect();
            let edges = graph.edges().iter().filter(|edge| !known.contains(&edge.id));
            Limited::of(edges.cloned(), limit)
        };
        let changed = new.nodes().iter().filter_map(|node| {
            let was = old.node(node.id)?;
            let fields = changes(&document(&NodeShape::of(was)), &document(&NodeShape::of(node)));
            (!fields.is_empty()).then(|| NodeChange {
                id: node.id.to_string(),
                label: node.label.clone(),
                fields,
            })
        });
        Self {
            nodes_added: shapes(new, old),
            nodes_removed: shapes(old, new),
            nodes_changed: Limited::of(changed, limit),
            edges_added: edges(new, old),
            edges_removed: edges(old, new),
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.nodes_added.is_empty()
            && self.nodes_removed.is_empty()
            && self.nodes_changed.is_empty()
            && self.edges_added.is_empty()
            && self.edges_removed.is_empty()
    }
}

fn imports(old: &Projections, new: &Projections, workflow: WorkflowId) -> Vec<ImportChange> {
    let before: BTreeMap<_, &ImportRow> =
        old.every_import(workflow).map(|import| (import.id, import)).collect();
    let rows = new.every_import(workflow);
    let changed = rows.filter_map(|import| {
        let was = before.get(&import.id).map_or(Value::Null, document);
        let mut fields = changes(&was, &document(import));
        fields.retain(is_told);
        (!fields.is_empty()).then(|| ImportChange { id: import.id.to_string(), fields })
    });
    changed.collect()
}

/// Whether a field is news: that there is nobody at what is new or gone is none, nor are the ids that
/// say what it is.
fn is_told(change: &FieldChange) -> bool {
    let none = |value: &Value| value.is_null() || value.as_u64() == Some(0);
    let nobody = change.field.starts_with("counts.") && none(&change.from) && none(&change.to);
    !nobody && change.field != "id" && change.field != "workflow_id"
}

/// As JSON. Shapes have names and values only, which always can be.
fn document(shape: &impl Serialize) -> Value {
    serde_json::to_value(shape).unwrap_or_default()
}
