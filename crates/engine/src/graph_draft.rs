//! A whole graph as somebody draws it: with ids of ours where they are known, and names of its own
//! for what is new.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    sync::Arc,
};

use branchline_domain::{
    graph::{Edge, Graph, Node},
    id::{EdgeId, NodeId, WorkflowId},
    output::Output,
    workflow::{WorkflowCommand, WorkflowView},
};
use uuid::Uuid;

use crate::{
    EngineError,
    asked::Asked,
    command::{Answer, Caller, Committed, NewNode},
    core::Core,
};

/// Longest name of a new node. Unit: bytes.
const NAME_BYTES_MAX: usize = 128;

/// A whole graph, as somebody draws it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DraftGraph {
    /// All nodes.
    pub nodes: Vec<DraftNode>,
    /// All edges; those that leave one node are tried in this order.
    pub edges: Vec<DraftEdge>,
    /// Where the leads of nodes go that are not in it any more: from an id to an id or a name.
    pub moves: BTreeMap<String, String>,
}

/// A node of a drawn graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftNode {
    /// The id of a node that is or was in the workflow, or any other text as a name for a new one,
    /// by which edges, moves and fields `application.<name>.<field>` of the same graph find it. At
    /// most 128 bytes. `None` for a new node that nothing refers to.
    pub name: Option<String>,
    /// What it is.
    pub node: NewNode,
}

/// An edge of a drawn graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftEdge {
    /// The id of an edge that is there; any other text, and none, is a new edge, unless one is there
    /// that goes the same way.
    pub id: Option<String>,
    /// Id or name of the node where it starts.
    pub from: String,
    /// Id or name of the node where it ends.
    pub to: String,
    /// The output it serves.
    pub label: Option<Output>,
}

/// What came of putting a graph.
#[derive(Clone, Debug, PartialEq)]
pub struct PutGraph {
    /// The graph as it is then. Its revision is the one before where nothing had changed.
    pub graph: Arc<Graph>,
    /// The ids of new nodes, by their names in the drawn graph.
    pub node_ids: BTreeMap<String, NodeId>,
    /// Where it is recorded.
    pub committed: Committed,
}

/// A draft in ids.
#[derive(Debug, PartialEq)]
struct Resolved {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    moves: BTreeMap<NodeId, NodeId>,
    /// What the names of the draft stand for.
    node_ids: BTreeMap<String, NodeId>,
}

/// Puts a graph, and gives it as it is then.
///
/// Its message is with the workflow's actor when this returns.
pub(crate) fn put(
    core: &Rc<Core>,
    caller: &Caller,
    workflow: WorkflowId,
    expected_revision: u32,
    draft: DraftGraph,
) -> Result<impl Future<Output = Result<Answer, EngineError>> + use<>, EngineError> {
    let cell = core.workflow_of(caller.organisation, workflow)?;
    let ids = Rc::clone(&core.services);
    let resolved = resolve(&cell.view(), expected_revision, &draft, || ids.ids.uuid())?;
    let Resolved { nodes, edges, moves, node_ids } = resolved;
    let command = WorkflowCommand::PutGraph { expected_revision, nodes, edges, moves };
    let outcome = core.perform_workflow(workflow, command, Asked::by(caller));
    Ok(async move {
        let outcome = outcome.await?;
        let view = cell.view();
        let changed = outcome.committed.position.is_some();
        let revision = expected_revision.saturating_add(u32::from(changed));
        let graph = view.revisions.get(&revision).map_or_else(Arc::default, Arc::clone);
        let node_ids = if outcome.repeated {
            // Only the record of the first request knows what was minted for it.
            let mut minted = minted(&view, expected_revision, &graph).into_iter();
            let fresh = || minted.next().map(NodeId::as_uuid).unwrap_or_default();
            resolve(&view, expected_revision, &draft, fresh)?.node_ids
        } else {
            node_ids
        };
        Ok(Answer::Graph(PutGraph { graph, node_ids, committed: outcome.committed }))
    })
}

/// Whether a node was in a revision up to this one.
fn was_known(view: &WorkflowView, upto: u32, node: NodeId) -> bool {
    view.revisions.range(..=upto).rev().any(|(_, graph)| graph.node(node).is_some())
}

/// The nodes that came with a revision and were never there before, in the order of their list.
fn minted(view: &WorkflowView, before: u32, graph: &Graph) -> Vec<NodeId> {
    let ids = graph.nodes().iter().map(|node| node.id);
    ids.filter(|id| !was_known(view, before, *id)).collect()
}

/// Turns the names of a draft into ids. The id of a node that was in the workflow up to this
/// revision names that node; any other text is a name of the draft's own, for a new node.
fn resolve(
    view: &WorkflowView,
    revision: u32,
    draft: &DraftGraph,
    mut fresh: impl FnMut() -> Uuid,
) -> Result<Resolved, EngineError> {
    let mut ids = Vec::with_capacity(draft.nodes.len());
    let mut names = BTreeMap::new();
    let mut node_ids = BTreeMap::new();
    for DraftNode { name, .. } in &draft.nodes {
        let Some(name) = name else {
            ids.push(NodeId::from_uuid(fresh()));
            continue;
        };
        let known = name.parse().ok().filter(|id| was_known(view, revision, *id));
        let id = known.unwrap_or_else(|| NodeId::from_uuid(fresh()));
        if known.is_none() {
            if name.len() > NAME_BYTES_MAX {
                let problem = format!("an id of theirs is longer than {NAME_BYTES_MAX} bytes");
                return Err(invalid("nodes", problem));
            }
            node_ids.insert(name.clone(), id);
        }
        if names.insert(name.as_str(), id).is_some() {
            return Err(invalid("nodes", format!("two of them have the id `{name}`")));
        }
        ids.push(id);
    }
    let id_of = |name: &str| names.get(name).copied().or_else(|| name.parse().ok());
    let named = |field, name: &str| {
        let unknown = || {
            let name: String = name.chars().take(80).collect();
            invalid(field, format!("there is no node `{name}` among nodes"))
        };
        id_of(name).ok_or_else(unknown)
    };
    let nodes = ids.iter().zip(&draft.nodes).map(|(&id, DraftNode { node, .. })| {
        let mut config = node.config.clone();
        config.rename_nodes(|name| names.get(name).map(NodeId::to_string));
        Node { id, label: node.label.clone(), position: node.position, config, entry: node.entry }
    });
    let nodes = nodes.collect();
    let moves = draft
        .moves
        .iter()
        .map(|(from, to)| Ok((named("move", from)?, named("move", to)?)))
        .collect::<Result<_, EngineError>>()?;
    let edges = edges(&view.graph, draft, |name| named("edges", name), &mut fresh)?;
    Ok(Resolved { nodes, edges, moves, node_ids })
}

/// An edge that is there keeps its id, named or not: the way it goes says which it is.
fn edges(
    graph: &Graph,
    draft: &DraftGraph,
    node: impl Fn(&str) -> Result<NodeId, EngineError>,
    fresh: &mut impl FnMut() -> Uuid,
) -> Result<Vec<Edge>, EngineError> {
    let named = |id: &Option<String>| {
        let id: EdgeId = id.as_ref()?.parse().ok()?;
        graph.edge(id).map(|edge| edge.id)
    };
    let mut taken: BTreeSet<EdgeId> =
        draft.edges.iter().filter_map(|edge| named(&edge.id)).collect();
    let mut edges = Vec::with_capacity(draft.edges.len());
    for drawn in &draft.edges {
        let (from_node_id, to_node_id) = (node(&drawn.from)?, node(&drawn.to)?);
        let same_way = || {
            let mut standing = graph.outgoing(from_node_id);
            let found = standing.find(|edge| {
                edge.to_node_id == to_node_id
                    && edge.label == drawn.label
                    && !taken.contains(&edge.id)
            });
            found.map(|edge| edge.id)
        };
        let known = named(&drawn.id).or_else(same_way);
        taken.extend(known);
        let id = known.unwrap_or_else(|| EdgeId::from_uuid(fresh()));
        edges.push(Edge { id, from_node_id, to_node_id, label: drawn.label.clone() });
    }
    Ok(edges)
}

fn invalid(field: &'static str, problem: String) -> EngineError {
    EngineError::Invalid { field, problem }
}

#[cfg(test)]
mod tests {
    use branchline_domain::graph::{
        CanvasPosition, Condition, ConditionalConfig, GraphChange, NodeConfig,
    };

    use super::*;

    const KNOWN: NodeId = NodeId::from_u128(1);
    const GONE: NodeId = NodeId::from_u128(2);
    const EDGE: EdgeId = EdgeId::from_u128(3);

    /// A node that is there and leads to itself, and one that was there before.
    fn view() -> WorkflowView {
        let put = |id| {
            GraphChange::NodePut(Node {
                id,
                label: String::new(),
                position: CanvasPosition::default(),
                config: NodeConfig::Converted,
                entry: false,
            })
        };
        let edge = Edge { id: EDGE, from_node_id: KNOWN, to_node_id: KNOWN, label: None };
        let first = Graph::default().revised(1, &[put(KNOWN), put(GONE)]);
        let second =
            first.revised(2, &[GraphChange::NodeRemoved(GONE), GraphChange::EdgeAdded(edge)]);
        let graph = Arc::new(second);
        let revisions = [(1, Arc::new(first)), (2, Arc::clone(&graph))].into();
        WorkflowView { graph, revisions: Arc::new(revisions), ..WorkflowView::default() }
    }

    fn drawn(name: Option<&str>, config: NodeConfig) -> DraftNode {
        DraftNode {
            name: name.map(Into::into),
            node: NewNode {
                label: String::new(),
                position: CanvasPosition::default(),
                config,
                entry: false,
            },
        }
    }

    fn way(from: &str, to: &str) -> DraftEdge {
        DraftEdge { id: None, from: from.into(), to: to.into(), label: None }
    }

    /// Ids from 100 on.
    fn resolved(draft: &DraftGraph) -> Result<Resolved, EngineError> {
        let mut next = 100_u128;
        resolve(&view(), 2, draft, || {
            next += 1;
            Uuid::from_u128(next - 1)
        })
    }

    #[test]
    fn an_id_that_was_ever_known_is_that_node_and_any_other_text_is_a_name() {
        let stranger = NodeId::from_u128(77).to_string();
        let nodes = [Some(KNOWN.to_string()), Some(GONE.to_string()), Some(stranger.clone()), None];
        let nodes = nodes.map(|name| drawn(name.as_deref(), NodeConfig::Converted)).into();
        let resolved = resolved(&DraftGraph { nodes, ..DraftGraph::default() }).unwrap();
        let ids: Vec<NodeId> = resolved.nodes.iter().map(|node| node.id).collect();
        assert_eq!(ids, [KNOWN, GONE, NodeId::from_u128(100), NodeId::from_u128(101)]);
        assert_eq!(resolved.node_ids, [(stranger, NodeId::from_u128(100))].into());
    }

    #[test]
    fn names_are_read_in_edges_moves_and_conditions() {
        let field = Some("application.first.score".to_owned());
        let asks = NodeConfig::Conditional(ConditionalConfig {
            conditions: vec![Condition { field, ..Condition::default() }],
            ..ConditionalConfig::default()
        });
        let nodes = vec![drawn(Some("first"), NodeConfig::Converted), drawn(Some("second"), asks)];
        let draft = DraftGraph {
            nodes,
            edges: vec![way("second", "first")],
            moves: [(KNOWN.to_string(), "first".to_owned())].into(),
        };
        let resolved = resolved(&draft).unwrap();
        let [first, second] = [NodeId::from_u128(100), NodeId::from_u128(101)];
        assert_eq!((resolved.edges[0].from_node_id, resolved.edges[0].to_node_id), (second, first));
        assert_eq!(resolved.moves, [(KNOWN, first)].into());
        let NodeConfig::Conditional(config) = &resolved.nodes[1].config else { panic!() };
        assert_eq!(
            config.conditions[0].field.as_deref(),
            Some(format!("application.{first}.score").as_str())
        );
    }

    #[test]
    fn an_edge_that_is_there_keeps_its_id() {
        let known = KNOWN.to_string();
        let nodes = vec![drawn(Some(&known), NodeConfig::Converted)];
        let by_id = DraftEdge { id: Some(EDGE.to_string()), ..way(&known, &known) };
        for edge in [way(&known, &known), by_id] {
            let edges = vec![edge];
            let draft = DraftGraph { nodes: nodes.clone(), edges, ..DraftGraph::default() };
            assert_eq!(resolved(&draft).unwrap().edges[0].id, EDGE);
        }
    }

    #[test]
    fn a_name_that_is_there_twice_or_not_at_all_is_refused() {
        let end = || drawn(Some("end"), NodeConfig::Converted);
        let twice = DraftGraph { nodes: vec![end(), end()], ..DraftGraph::default() };
        assert!(matches!(resolved(&twice), Err(EngineError::Invalid { field: "nodes", .. })));
        let nowhere = DraftGraph { edges: vec![way("x", "y")], ..DraftGraph::default() };
        assert!(matches!(resolved(&nowhere), Err(EngineError::Invalid { field: "edges", .. })));
        let moves = [("x".to_owned(), "y".to_owned())].into();
        let moved = DraftGraph { moves, ..DraftGraph::default() };
        assert!(matches!(resolved(&moved), Err(EngineError::Invalid { field: "move", .. })));
        let long = drawn(Some(&"x".repeat(129)), NodeConfig::Converted);
        let long = DraftGraph { nodes: vec![long], ..DraftGraph::default() };
        assert!(matches!(resolved(&long), Err(EngineError::Invalid { field: "nodes", .. })));
    }

    #[test]
    fn what_was_minted_for_a_revision_can_be_told_from_it() {
        let view = view();
        let names = [Some(GONE), None, Some(KNOWN)].map(|id| id.map(|id| id.to_string()));
        let nodes =
            names.map(|name| drawn(name.as_deref(), NodeConfig::Converted)).into_iter().collect();
        let draft = DraftGraph { nodes, ..DraftGraph::default() };
        let put = resolved(&draft).unwrap().nodes.into_iter().map(GraphChange::NodePut);
        let next = view.graph.revised(3, &put.collect::<Vec<_>>());
        assert_eq!(minted(&view, 2, &next), [NodeId::from_u128(100)]);
    }
}
