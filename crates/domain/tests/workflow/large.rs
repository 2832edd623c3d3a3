//! Graphs that one record has no room for.

use branchline_domain::{
    graph::{GraphChange, NodeConfig},
    id::NodeId,
    workflow::{
        EDGES_MAX, MOVES_MAX, NODES_MAX, WorkflowCommand, WorkflowEvent, WorkflowState,
        WorkflowStatus, into_records,
    },
};

use crate::support::{CALL, WON, create, decided, edge, node, standing, take};

/// A graph as large as they come, and larger than any one record.
fn largest() -> Vec<GraphChange> {
    let ids = (1..=NODES_MAX as u128).map(NodeId::from_u128);
    let nodes = ids.map(|id| GraphChange::NodePut(node(id, NodeConfig::Converted)));
    let edges = (1..=EDGES_MAX as u128).map(|id| {
        let (from, to) = (NodeId::from_u128(id % 500 + 1), NodeId::from_u128(id / 500 + 1));
        GraphChange::EdgeAdded(edge(id, from, to, Some("a label of some length")))
    });
    nodes.chain(edges).collect()
}

fn changes_of(event: &WorkflowEvent) -> &[GraphChange] {
    if let WorkflowEvent::GraphStaged { changes, .. }
    | WorkflowEvent::GraphRevised { changes, .. } = event
    {
        changes
    } else {
        &[]
    }
}

#[test]
fn a_new_workflow_with_a_large_graph_begins_with_parts_and_is_there_with_its_last_record() {
    let events = decided(&WorkflowState::default(), &create(largest())).unwrap();
    let records = into_records(events);
    assert!(records.len() > 10, "{} records", records.len());
    let mut state = WorkflowState::default();
    for (index, record) in records.iter().enumerate() {
        assert!(!state.exists, "nothing before the last record");
        let last = index + 1 == records.len();
        match record.as_slice() {
            [WorkflowEvent::GraphStaged { part, .. }] if !last => {
                assert_eq!(*part as usize, index + 1);
            }
            [WorkflowEvent::WorkflowCreated { .. }, WorkflowEvent::GraphRevised { .. }] if last => {
            }
            other => panic!("record {index} is {other:?}"),
        }
        take(&mut state, record, 0);
    }
    assert!(state.exists);
    assert_eq!((state.graph.revision(), state.revisions.len()), (1, 2));
    assert_eq!((state.graph.nodes().len(), state.graph.edges().len()), (NODES_MAX, EDGES_MAX));
    assert!(state.staged.is_empty());
}

#[test]
fn a_large_edit_is_one_revision_in_the_order_of_its_changes() {
    let mut state = standing(WorkflowStatus::Draft);
    let (nodes, edges): (Vec<_>, Vec<_>) =
        largest().into_iter().partition(|change| matches!(change, GraphChange::NodePut(_)));
    let node_of = |change| if let GraphChange::NodePut(node) = change { node } else { panic!() };
    let edge_of = |change| if let GraphChange::EdgeAdded(edge) = change { edge } else { panic!() };
    let moves = [(CALL, NodeId::from_u128(7)), (WON, NodeId::from_u128(7))].into();
    let command = WorkflowCommand::PutGraph {
        expected_revision: 1,
        nodes: nodes.into_iter().skip(2).map(node_of).collect(),
        edges: edges.into_iter().map(edge_of).collect(),
        moves,
    };
    let events = decided(&state, &command).unwrap();
    let flat: Vec<GraphChange> = events.iter().flat_map(changes_of).cloned().collect();
    let whole = state.graph.revised(2, &flat);
    let records = into_records(events);
    let [.., last] = records.as_slice() else { panic!("there are records") };
    assert_eq!(last.len(), 3, "two replacements and the revision: {last:?}");
    for record in &records {
        take(&mut state, record, 0);
    }
    assert_eq!((*state.graph).clone(), whole);
    assert_eq!(state.revisions.len(), 3);
}

#[test]
fn parts_that_a_crash_left_behind_never_become_part_of_another_revision() {
    let left = WorkflowEvent::GraphStaged {
        part: 1,
        changes: vec![GraphChange::NodePut(node(NodeId::from_u128(77), NodeConfig::Dropped))],
    };
    for (command, records_made) in [
        (WorkflowCommand::RemoveNode { node: WON, move_to: None }, 1),
        (
            WorkflowCommand::PutGraph {
                expected_revision: 1,
                nodes: largest()
                    .into_iter()
                    .filter_map(|change| {
                        if let GraphChange::NodePut(node) = change { Some(node) } else { None }
                    })
                    .filter(|node| node.id != CALL)
                    .collect(),
                edges: vec![],
                moves: [].into(),
            },
            3,
        ),
    ] {
        let clean = standing(WorkflowStatus::Draft);
        let mut crashed = clean.clone();
        take(&mut crashed, std::slice::from_ref(&left), 0);
        let records = into_records(decided(&crashed, &command).unwrap());
        assert_eq!(records.len(), records_made);
        let mut undisturbed = clean.clone();
        take(&mut undisturbed, &decided(&clean, &command).unwrap(), 0);
        for record in &records {
            take(&mut crashed, record, 0);
        }
        assert_eq!(crashed.graph, undisturbed.graph);
        assert!(crashed.staged.is_empty());
    }
}

#[test]
fn as_many_replacements_as_one_edit_may_make_leave_room_for_any_node() {
    // The last part is staged too when the replacements fill the last record.
    let long = "x".repeat(8_000);
    let handler = branchline_domain::graph::ApplicationConfig {
        handler: Some(long),
        ..branchline_domain::graph::ApplicationConfig::default()
    };
    let ids = (10..10 + MOVES_MAX as u128).map(NodeId::from_u128);
    let many = ids.clone().map(|id| GraphChange::NodePut(node(id, NodeConfig::Dropped)));
    let kept = GraphChange::NodePut(node(WON, NodeConfig::Converted));
    let mut state = WorkflowState::default();
    let made = decided(&state, &create(many.chain([kept]).collect())).unwrap();
    take(&mut state, &made, 0);
    let command = WorkflowCommand::PutGraph {
        expected_revision: 1,
        nodes: vec![
            node(WON, NodeConfig::Converted),
            node(NodeId::from_u128(5), NodeConfig::Application(handler)),
        ],
        edges: vec![],
        moves: ids.map(|id| (id, WON)).collect(),
    };
    let records = into_records(decided(&state, &command).unwrap());
    let [.., last] = records.as_slice() else { panic!("there are records") };
    assert_eq!(last.len(), MOVES_MAX + 1);
    assert_eq!(last.last(), Some(&WorkflowEvent::GraphRevised { revision: 2, changes: vec![] }));
}
