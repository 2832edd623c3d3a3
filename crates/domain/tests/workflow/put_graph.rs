//! A graph put as a whole: what it records, what it refuses, and how little it changes.

use std::collections::{BTreeMap, BTreeSet};

use branchline_domain::{
    graph::{Edge, Graph, GraphChange, Node, NodeConfig, NodeType},
    id::{EdgeId, NodeId},
    workflow::{
        MOVES_MAX, WorkflowCommand, WorkflowContext, WorkflowEvent, WorkflowRejection,
        WorkflowState, WorkflowStatus, decide,
    },
};
use proptest::{collection::vec, option, prelude::*};

use crate::support::{
    CALL, EDGE, OTHER, WON, after, call, create, decided, edge, node, standing, take, valid_graph,
    wait,
};

const NO_MOVES: [(NodeId, NodeId); 0] = [];

fn put(
    nodes: &[Node],
    edges: &[Edge],
    moves: impl IntoIterator<Item = (NodeId, NodeId)>,
) -> WorkflowCommand {
    WorkflowCommand::PutGraph {
        expected_revision: 1,
        nodes: nodes.to_vec(),
        edges: edges.to_vec(),
        moves: moves.into_iter().collect(),
    }
}

fn draft() -> WorkflowState {
    standing(WorkflowStatus::Draft)
}

/// The valid graph as it stands.
fn stands() -> (Vec<Node>, Vec<Edge>) {
    let nodes = vec![node(CALL, call()), node(WON, NodeConfig::Converted)];
    (nodes, vec![edge(1, CALL, WON, None)])
}

fn revised(changes: Vec<GraphChange>) -> Vec<WorkflowEvent> {
    vec![WorkflowEvent::GraphRevised { revision: 2, changes }]
}

fn waiting_at(node: NodeId) -> WorkflowContext {
    WorkflowContext { leads_at: [(node, 3)].into(), ..WorkflowContext::default() }
}

#[test]
fn a_whole_graph_is_recorded_as_what_differs_in_one_revision() {
    let wanted_nodes = [node(CALL, call()), node(OTHER, wait(2))];
    let wanted_edges = [edge(2, CALL, OTHER, Some("DNP")), edge(3, OTHER, CALL, None)];
    for status in WorkflowStatus::ALL {
        let expected = if status.is_final() {
            Err(WorkflowRejection::WrongStatus { action: "edit the graph of", status })
        } else {
            // The edge to the node that goes away goes with it.
            Ok(revised(vec![
                GraphChange::NodeRemoved(WON),
                GraphChange::NodePut(node(OTHER, wait(2))),
                GraphChange::EdgeAdded(wanted_edges[0].clone()),
                GraphChange::EdgeAdded(wanted_edges[1].clone()),
            ]))
        };
        let command = put(&wanted_nodes, &wanted_edges, NO_MOVES);
        assert_eq!(decided(&standing(status), &command), expected, "{status}");
    }
}

#[test]
fn the_graph_that_is_there_is_no_revision_in_whatever_order_its_nodes_are_told() {
    let (mut nodes, edges) = stands();
    assert_eq!(decided(&draft(), &put(&nodes, &edges, NO_MOVES)), Ok(vec![]));
    nodes.reverse();
    assert_eq!(decided(&draft(), &put(&nodes, &edges, NO_MOVES)), Ok(vec![]));
}

#[test]
fn a_graph_made_from_an_older_revision_is_refused_with_the_newest_even_where_it_is_the_same() {
    let (nodes, edges) = stands();
    for stale in [0, 2] {
        let command = WorkflowCommand::PutGraph {
            expected_revision: stale,
            nodes: nodes.clone(),
            edges: edges.clone(),
            moves: BTreeMap::new(),
        };
        assert_eq!(
            decided(&draft(), &command),
            Err(WorkflowRejection::StaleRevision { expected: stale, actual: 1 })
        );
    }
    let mut state = draft();
    let command = put(&nodes[..1], &[], NO_MOVES);
    let events = decided(&state, &command).unwrap();
    take(&mut state, &events, 0);
    assert_eq!(
        decided(&state, &command),
        Err(WorkflowRejection::StaleRevision { expected: 1, actual: 2 })
    );
}

#[test]
fn what_single_edits_refuse_a_whole_graph_refuses_too() {
    let (nodes, edges) = stands();
    let refused = |nodes: &[Node], edges: &[Edge]| {
        decided(&draft(), &put(nodes, edges, NO_MOVES)).unwrap_err()
    };
    let other_type = [node(CALL, wait(1)), nodes[1].clone()];
    assert_eq!(
        refused(&other_type, &edges),
        WorkflowRejection::NodeTypeDiffers {
            node: CALL,
            is: NodeType::VoiceCall,
            given: NodeType::Time
        }
    );
    let twice = [nodes.clone(), nodes.clone()].concat();
    assert_eq!(refused(&twice, &edges), WorkflowRejection::NodeExists { node: CALL });
    let same_way = [edges[0].clone(), edge(2, CALL, WON, None)];
    assert!(matches!(refused(&nodes, &same_way), WorkflowRejection::EdgeExists { edge: EDGE, .. }));
    let two_entries: Vec<Node> =
        nodes.iter().map(|node| Node { entry: true, ..node.clone() }).collect();
    assert!(matches!(
        refused(&two_entries, &edges),
        WorkflowRejection::Invalid { field: "nodes", .. }
    ));
    let many: Vec<Node> =
        (1_000..1_501).map(|id| node(NodeId::from_u128(id), NodeConfig::Converted)).collect();
    assert!(matches!(refused(&many, &[]), WorkflowRejection::Invalid { field: "nodes", .. }));
}

#[test]
fn a_node_that_was_taken_away_comes_back_as_what_it_was() {
    let mut state = draft();
    let (nodes, edges) = stands();
    let events = decided(&state, &put(&nodes[..1], &[], NO_MOVES)).unwrap();
    take(&mut state, &events, 0);
    let again = |config| WorkflowCommand::PutGraph {
        expected_revision: 2,
        nodes: vec![nodes[0].clone(), node(WON, config)],
        edges: edges.clone(),
        moves: BTreeMap::new(),
    };
    assert!(matches!(
        decided(&state, &again(NodeConfig::Dropped)),
        Err(WorkflowRejection::NodeTypeDiffers { node: WON, .. })
    ));
    let events = decided(&state, &again(NodeConfig::Converted)).unwrap();
    take(&mut state, &events, 0);
    assert_eq!(state.graph.nodes(), state.revisions[&1].nodes());
    assert_eq!(state.graph.edges(), state.revisions[&1].edges());
}

#[test]
fn marking_another_entry_is_one_change() {
    let marked = |id, entry| Node { entry, ..node(id, NodeConfig::Converted) };
    let state = after(&[create(vec![
        GraphChange::NodePut(marked(WON, true)),
        GraphChange::NodePut(marked(OTHER, false)),
    ])]);
    let wanted = [marked(WON, false), marked(OTHER, true)];
    let decision = decided(&state, &put(&wanted, &[], NO_MOVES));
    assert_eq!(decision, Ok(revised(vec![GraphChange::NodePut(marked(OTHER, true))])));
    let unmarked = [marked(WON, false), marked(OTHER, false)];
    let decision = decided(&state, &put(&unmarked, &[], NO_MOVES));
    assert_eq!(decision, Ok(revised(vec![GraphChange::NodePut(marked(WON, false))])));
}

#[test]
fn edges_of_a_node_are_tried_in_the_order_of_the_list_and_no_more_of_them_change_than_must() {
    let ways = |labels: &[(u128, &str)]| -> Vec<Edge> {
        labels.iter().map(|(id, label)| edge(*id, CALL, WON, Some(label))).collect()
    };
    let graph = valid_graph().into_iter().take(2);
    let standing = ways(&[(1, "DNP"), (2, "FAILED"), (3, "COMPLETED")]);
    let edges = standing.iter().cloned().map(GraphChange::EdgeAdded);
    let state = after(&[create(graph.chain(edges).collect())]);
    let (nodes, _) = stands();
    for (wanted, removed, added) in [
        (vec![(1, "DNP"), (2, "FAILED"), (3, "COMPLETED"), (4, "x")], vec![], vec![4]),
        (vec![(1, "DNP"), (3, "COMPLETED")], vec![2], vec![]),
        // What is put between others can only be had by adding those after it again.
        (vec![(1, "DNP"), (4, "x"), (2, "FAILED"), (3, "COMPLETED")], vec![2, 3], vec![4, 2, 3]),
        (vec![(2, "FAILED"), (1, "DNP"), (3, "COMPLETED")], vec![1, 3], vec![1, 3]),
        // The same edge with another label is another way.
        (vec![(1, "DNP"), (2, "FAILED"), (3, "y")], vec![3], vec![3]),
    ] {
        let wanted = ways(&wanted);
        let mut state = state.clone();
        let events = decided(&state, &put(&nodes, &wanted, NO_MOVES)).unwrap();
        let changes = removed
            .iter()
            .map(|id| GraphChange::EdgeRemoved(EdgeId::from_u128(*id)))
            .chain(added.iter().map(|id| {
                let id = EdgeId::from_u128(*id);
                GraphChange::EdgeAdded(wanted.iter().find(|edge| edge.id == id).unwrap().clone())
            }))
            .collect();
        assert_eq!(events, revised(changes));
        take(&mut state, &events, 0);
        assert_eq!(state.graph.outgoing(CALL).cloned().collect::<Vec<_>>(), wanted);
    }
}

#[test]
fn a_node_with_leads_goes_only_when_it_is_said_where_they_go() {
    let (nodes, _) = stands();
    for status in [WorkflowStatus::Active, WorkflowStatus::Paused] {
        let state = standing(status);
        let gone = put(&nodes[1..], &[], NO_MOVES);
        let refused = decide(&state, &gone, &waiting_at(CALL)).unwrap_err();
        assert_eq!(refused, WorkflowRejection::LeadsAtNodes { leads: [(CALL, 3)].into() });
        assert!(refused.to_string().contains("3 leads"), "{refused}");
        let moved = put(&nodes[1..], &[], [(CALL, WON)]);
        assert_eq!(
            decide(&state, &moved, &waiting_at(CALL)),
            Ok(vec![
                WorkflowEvent::NodeReplaced { node: CALL, by: WON },
                WorkflowEvent::GraphRevised {
                    revision: 2,
                    changes: vec![GraphChange::NodeRemoved(CALL)]
                },
            ])
        );
    }
}

#[test]
fn leads_move_from_a_node_that_goes_to_one_that_stays() {
    let (nodes, edges) = stands();
    for wrong in [(CALL, CALL), (CALL, OTHER), (OTHER, WON), (WON, CALL)] {
        assert!(
            matches!(
                decided(&draft(), &put(&nodes[1..], &[], [wrong])),
                Err(WorkflowRejection::Invalid { field: "move", .. })
            ),
            "{wrong:?}"
        );
    }
    let unchanged = put(&nodes, &edges, [(CALL, WON)]);
    assert!(decided(&draft(), &unchanged).is_err(), "nothing goes, so nobody moves");
    let many = (0..=MOVES_MAX as u128).map(|id| (NodeId::from_u128(100 + id), WON));
    assert!(decided(&draft(), &put(&nodes[1..], &[], many)).is_err());
}

#[test]
fn deleting_one_node_moves_its_leads_to_another() {
    let delete = |move_to| WorkflowCommand::RemoveNode { node: CALL, move_to };
    let active = standing(WorkflowStatus::Active);
    assert_eq!(
        decide(&active, &delete(Some(WON)), &waiting_at(CALL)),
        Ok(vec![
            WorkflowEvent::NodeReplaced { node: CALL, by: WON },
            WorkflowEvent::GraphRevised {
                revision: 2,
                changes: vec![GraphChange::NodeRemoved(CALL)]
            },
        ])
    );
    for wrong in [CALL, OTHER] {
        assert!(matches!(
            decide(&active, &delete(Some(wrong)), &waiting_at(CALL)),
            Err(WorkflowRejection::Invalid { field: "move_to", .. })
        ));
    }
}

#[test]
fn leads_on_their_way_to_a_node_keep_it_too() {
    // The context counts leads that a stand-in stands in for: those of `CALL` go to `WON`.
    let mut state = standing(WorkflowStatus::Active);
    let moved = WorkflowCommand::RemoveNode { node: CALL, move_to: Some(WON) };
    let events = decided(&state, &moved).unwrap();
    take(&mut state, &events, 0);
    let command = WorkflowCommand::RemoveNode { node: WON, move_to: None };
    assert_eq!(
        decide(&state, &command, &waiting_at(WON)),
        Err(WorkflowRejection::LeadsAtNodes { leads: [(WON, 3)].into() })
    );
}

fn any_node() -> impl Strategy<Value = Node> {
    let config = prop_oneof![Just(call()), (1..3_i64).prop_map(wait), Just(NodeConfig::Converted)];
    (1..7_u128, config, any::<bool>(), 0..2_i64).prop_map(|(id, config, entry, x_milli)| {
        let mut node = Node { entry, ..node(NodeId::from_u128(id), config) };
        node.position.x_milli = x_milli;
        node
    })
}

fn any_edge() -> impl Strategy<Value = Edge> {
    let label = option::of(prop_oneof![Just("DNP"), Just("FAILED"), Just("next")]);
    (1..9_u128, 1..7_u128, 1..7_u128, label).prop_map(|(id, from, to, label)| {
        edge(id, NodeId::from_u128(from), NodeId::from_u128(to), label)
    })
}

fn any_graph() -> impl Strategy<Value = (Vec<Node>, Vec<Edge>)> {
    (vec(any_node(), 0..7), vec(any_edge(), 0..12))
}

/// What of a graph means something.
fn meaning(graph: &Graph) -> (BTreeMap<NodeId, Node>, BTreeMap<NodeId, Vec<Edge>>) {
    let nodes = graph.nodes().iter().map(|node| (node.id, Node::clone(node))).collect();
    let sources: BTreeSet<NodeId> = graph.edges().iter().map(|edge| edge.from_node_id).collect();
    let edges = sources.into_iter().map(|id| (id, graph.outgoing(id).cloned().collect())).collect();
    (nodes, edges)
}

proptest! {
    #[test]
    fn after_a_put_the_graph_is_the_one_that_was_put_and_putting_it_again_is_no_news(
        (first, second) in (any_graph(), any_graph()),
    ) {
        let mut state = draft();
        for (nodes, edges) in [first, second] {
            let moves = BTreeMap::new();
            let command = |revision: u32| WorkflowCommand::PutGraph {
                expected_revision: revision,
                nodes: nodes.clone(),
                edges: edges.clone(),
                moves: moves.clone(),
            };
            let Ok(events) = decided(&state, &command(state.graph.revision())) else { continue };
            take(&mut state, &events, 0);
            let nodes_put = nodes.iter().cloned().map(GraphChange::NodePut);
            let edges_put = edges.iter().cloned().map(GraphChange::EdgeAdded);
            let target = Graph::default().revised(0, &nodes_put.chain(edges_put).collect::<Vec<_>>());
            prop_assert_eq!(meaning(&state.graph), meaning(&target));
            prop_assert_eq!(decided(&state, &command(state.graph.revision())), Ok(vec![]));
        }
    }
}
