//! Edits of the graph: what is stored, what is refused, what is no news.

use branchline_domain::{
    graph::{
        ApplicationConfig, CanvasPosition, Condition, ConditionalConfig, Edge, GraphChange, Node,
        NodeConfig, NodeType, VoiceCallConfig,
    },
    id::{EdgeId, NodeId},
    workflow::{
        EDGES_MAX, NODES_MAX, NodePatch, TITLE_CHARS_MAX, WorkflowCommand, WorkflowContext,
        WorkflowEvent, WorkflowRejection, WorkflowState, WorkflowStatus, decide,
    },
};

use crate::support::{CALL, EDGE, OTHER, WON, call, decided, edge, node, standing, take, wait};

const NO_PATCH: NodePatch =
    NodePatch { label: None, x_milli: None, y_milli: None, config: None, entry: None };

fn revised(change: GraphChange) -> Vec<WorkflowEvent> {
    vec![WorkflowEvent::GraphRevised { revision: 2, changes: vec![change] }]
}

fn patch(patch: NodePatch) -> WorkflowCommand {
    WorkflowCommand::PatchNode { node: CALL, patch }
}

fn draft() -> WorkflowState {
    standing(WorkflowStatus::Draft)
}

fn refused_field(state: &WorkflowState, command: &WorkflowCommand) -> &'static str {
    match decided(state, command) {
        Err(WorkflowRejection::Invalid { field, .. }) => field,
        other => panic!("{command:?} answered {other:?}"),
    }
}

#[test]
fn every_edit_makes_the_next_revision_unless_the_workflow_has_ended() {
    let added = node(OTHER, wait(1));
    let moved = Node { position: CanvasPosition { x_milli: 5, y_milli: 0 }, ..node(CALL, call()) };
    let way = edge(2, CALL, WON, Some("DNP"));
    for (command, change) in [
        (WorkflowCommand::AddNode(added.clone()), GraphChange::NodePut(added)),
        (patch(NodePatch { x_milli: Some(5), ..NO_PATCH }), GraphChange::NodePut(moved)),
        (WorkflowCommand::RemoveNode { node: WON, move_to: None }, GraphChange::NodeRemoved(WON)),
        (WorkflowCommand::AddEdge(way.clone()), GraphChange::EdgeAdded(way)),
        (WorkflowCommand::RemoveEdge { edge: EDGE }, GraphChange::EdgeRemoved(EDGE)),
    ] {
        for status in WorkflowStatus::ALL {
            let expected = if status.is_final() {
                Err(WorkflowRejection::WrongStatus { action: "edit the graph of", status })
            } else {
                Ok(revised(change.clone()))
            };
            assert_eq!(decided(&standing(status), &command), expected, "{command:?} {status}");
        }
    }
}

#[test]
fn an_edit_leaves_the_revision_before_it_as_it_was_and_does_not_move_the_epoch() {
    let mut state = standing(WorkflowStatus::Active);
    let (before, epoch) = (state.revisions[&1].clone(), state.control_epoch);
    let events =
        decided(&state, &WorkflowCommand::RemoveNode { node: WON, move_to: None }).unwrap();
    take(&mut state, &events, 0);
    assert_eq!(state.revisions[&1], before);
    assert_eq!((state.graph.revision(), state.graph.nodes().len()), (2, 1));
    assert_eq!(state.graph.edges().len(), 0, "its edges went with it");
    assert_eq!(state.control_epoch, epoch);
}

#[test]
fn a_node_that_is_there_is_not_added_again() {
    assert_eq!(
        decided(&draft(), &WorkflowCommand::AddNode(node(CALL, wait(1)))),
        Err(WorkflowRejection::NodeExists { node: CALL })
    );
}

#[test]
fn unfinished_nodes_and_edges_are_stored_for_validation_to_judge() {
    for node_type in NodeType::ALL {
        let added = node(OTHER, NodeConfig::empty(node_type));
        assert!(decided(&draft(), &WorkflowCommand::AddNode(added)).is_ok(), "{node_type}");
    }
    let nowhere = edge(2, OTHER, NodeId::from_u128(9), Some("never heard of"));
    assert!(decided(&draft(), &WorkflowCommand::AddEdge(nowhere)).is_ok());
}

#[test]
fn a_patch_changes_what_it_names_and_the_same_again_is_no_news() {
    let mut state = draft();
    let command = patch(NodePatch {
        label: Some("First call".into()),
        x_milli: Some(1),
        y_milli: Some(2),
        config: Some(NodeConfig::empty(NodeType::VoiceCall)),
        entry: Some(true),
    });
    let expected = Node {
        id: CALL,
        label: "First call".into(),
        position: CanvasPosition { x_milli: 1, y_milli: 2 },
        config: NodeConfig::empty(NodeType::VoiceCall),
        entry: true,
    };
    let decision = decided(&state, &command);
    assert_eq!(decision, Ok(revised(GraphChange::NodePut(expected))));
    take(&mut state, &decision.unwrap(), 0);
    assert_eq!(decided(&state, &command), Ok(vec![]));
    assert_eq!(decided(&state, &patch(NO_PATCH)), Ok(vec![]));
}

#[test]
fn marking_a_node_as_entry_unmarks_the_other() {
    let mut state = draft();
    for id in [CALL, WON] {
        let patch = NodePatch { entry: Some(true), ..NO_PATCH };
        let events = decided(&state, &WorkflowCommand::PatchNode { node: id, patch }).unwrap();
        take(&mut state, &events, 0);
        let marked = state.graph.nodes().iter().filter(|node| node.entry).map(|node| node.id);
        assert_eq!(marked.collect::<Vec<_>>(), [id]);
    }
}

#[test]
fn the_type_of_a_node_never_changes() {
    let other = NodePatch { config: Some(wait(1)), ..NO_PATCH };
    assert_eq!(
        decided(&draft(), &patch(other)),
        Err(WorkflowRejection::NodeTypeDiffers {
            node: CALL,
            is: NodeType::VoiceCall,
            given: NodeType::Time
        })
    );
}

#[test]
fn what_is_not_in_the_graph_is_not_found_and_so_is_what_was_removed() {
    let none = Err(WorkflowRejection::NodeNotFound { node: OTHER });
    let absent = WorkflowCommand::PatchNode { node: OTHER, patch: NO_PATCH };
    assert_eq!(decided(&draft(), &absent), none);
    assert_eq!(
        decided(&draft(), &WorkflowCommand::RemoveNode { node: OTHER, move_to: None }),
        none
    );
    for (command, refusal) in [
        (
            WorkflowCommand::RemoveEdge { edge: EDGE },
            WorkflowRejection::EdgeNotFound { edge: EDGE },
        ),
        (
            WorkflowCommand::RemoveNode { node: WON, move_to: None },
            WorkflowRejection::NodeNotFound { node: WON },
        ),
    ] {
        let mut state = draft();
        let events = decided(&state, &command).unwrap();
        take(&mut state, &events, 0);
        assert_eq!(decided(&state, &command), Err(refusal));
    }
}

#[test]
fn a_node_at_which_leads_stand_is_not_removed() {
    let context = WorkflowContext { leads_at: [(CALL, 3)].into(), ..WorkflowContext::default() };
    let command = WorkflowCommand::RemoveNode { node: CALL, move_to: None };
    for status in [WorkflowStatus::Active, WorkflowStatus::Paused] {
        assert_eq!(
            decide(&standing(status), &command, &context),
            Err(WorkflowRejection::LeadsAtNodes { leads: [(CALL, 3)].into() })
        );
    }
}

#[test]
fn the_same_way_twice_is_refused_with_the_edge_that_is_there() {
    let there = |edge: &Edge| WorkflowRejection::EdgeExists {
        edge: edge.id,
        from: edge.from_node_id,
        to: edge.to_node_id,
        label: edge.label.clone(),
    };
    let mut state = draft();
    let unlabelled = edge(1, CALL, WON, None);
    let labelled = edge(2, CALL, WON, Some("DNP"));
    let events = decided(&state, &WorkflowCommand::AddEdge(labelled.clone())).unwrap();
    take(&mut state, &events, 0);
    for (again, known) in [
        (edge(3, CALL, WON, None), &unlabelled),
        (edge(3, CALL, WON, Some("DNP")), &labelled),
        // An id names one edge.
        (edge(2, WON, CALL, None), &labelled),
    ] {
        assert_eq!(decided(&state, &WorkflowCommand::AddEdge(again)), Err(there(known)));
    }
    for other in [edge(3, CALL, WON, Some("FAILED")), edge(3, CALL, CALL, None)] {
        assert!(decided(&state, &WorkflowCommand::AddEdge(other)).is_ok());
    }
}

#[test]
fn a_graph_takes_500_nodes_and_2000_edges_and_no_more() {
    let mut state = draft();
    let node_at = |id| node(NodeId::from_u128(id), NodeConfig::Converted);
    let nodes = (3..=NODES_MAX as u128).map(|id| GraphChange::NodePut(node_at(id)));
    let edges = (2..=EDGES_MAX as u128)
        .map(|id| GraphChange::EdgeAdded(edge(id, CALL, WON, Some(&id.to_string()))));
    let changes = nodes.chain(edges).collect();
    take(&mut state, &[WorkflowEvent::GraphRevised { revision: 2, changes }], 0);
    assert_eq!((state.graph.nodes().len(), state.graph.edges().len()), (500, 2_000));
    let one_more = WorkflowCommand::AddNode(node_at(9_999));
    assert_eq!(refused_field(&state, &one_more), "nodes");
    let one_more = WorkflowCommand::AddEdge(edge(9_999, WON, CALL, None));
    assert_eq!(refused_field(&state, &one_more), "edges");

    for command in [
        WorkflowCommand::RemoveNode { node: NodeId::from_u128(500), move_to: None },
        WorkflowCommand::RemoveEdge { edge: EdgeId::from_u128(2_000) },
    ] {
        let events = decided(&state, &command).unwrap();
        take(&mut state, &events, 0);
    }
    assert!(decided(&state, &WorkflowCommand::AddNode(node_at(9_999))).is_ok());
    assert!(decided(&state, &WorkflowCommand::AddEdge(edge(9_999, WON, CALL, None))).is_ok());
}

#[test]
fn words_that_no_record_has_room_for_are_refused_with_the_name_of_their_field() {
    let long = |bytes: usize| Some("x".repeat(bytes));
    let calling = |from_phone_number, agent_id| {
        NodeConfig::VoiceCall(VoiceCallConfig {
            from_phone_number,
            agent_id,
            ..VoiceCallConfig::default()
        })
    };
    let asking = |field: usize, branch: usize| {
        NodeConfig::Conditional(ConditionalConfig {
            conditions: vec![Condition { field: long(field), ..Condition::default() }],
            branches: vec!["x".repeat(branch)],
            ..ConditionalConfig::default()
        })
    };
    let handled = |handler| {
        NodeConfig::Application(ApplicationConfig { handler, ..ApplicationConfig::default() })
    };
    for (config, field) in [
        (calling(long(65), None), "config.from_phone_number"),
        (calling(None, long(257)), "config.agent_id"),
        (asking(1, 257), "config.branches"),
        (asking(8_192, 1), "config"),
        (handled(Some("\u{1}".repeat(2_000))), "config"),
    ] {
        let added = WorkflowCommand::AddNode(node(OTHER, config.clone()));
        assert_eq!(refused_field(&draft(), &added), field);
        if config.node_type() == NodeType::VoiceCall {
            let patched = patch(NodePatch { config: Some(config), ..NO_PATCH });
            assert_eq!(refused_field(&draft(), &patched), field);
        }
    }
    for config in [calling(long(64), long(256)), asking(7_000, 256), handled(long(8_000))] {
        assert!(decided(&draft(), &WorkflowCommand::AddNode(node(OTHER, config))).is_ok());
    }

    let label = |chars: usize| patch(NodePatch { label: Some("é".repeat(chars)), ..NO_PATCH });
    assert_eq!(refused_field(&draft(), &label(TITLE_CHARS_MAX + 1)), "label");
    assert!(decided(&draft(), &label(TITLE_CHARS_MAX)).is_ok());
    for text in [String::new(), "x".repeat(257)] {
        let way = edge(2, CALL, WON, Some(&text));
        assert_eq!(refused_field(&draft(), &WorkflowCommand::AddEdge(way)), "label");
    }
}

#[test]
fn a_config_within_the_limit_is_no_larger_as_json_than_was_counted() {
    let conditions = vec![
        Condition {
            field: Some("lead.\"\u{1}\\".into()),
            operator: Some(branchline_domain::graph::Operator::GreaterThan),
            value: Some("\"\"\"\"\u{2}".into()),
        };
        200
    ];
    let config = |count: usize| {
        NodeConfig::Conditional(ConditionalConfig {
            conditions: conditions.iter().take(count).cloned().collect(),
            ..ConditionalConfig::default()
        })
    };
    let fits = |count: usize| {
        decided(&draft(), &WorkflowCommand::AddNode(node(OTHER, config(count)))).is_ok()
    };
    let most = (1..=200).rev().find(|&count| fits(count)).unwrap();
    assert!(most < 200, "the limit was not reached");
    assert!(serde_json::to_string(&config(most)).unwrap().len() <= 8 * 1_024);
}
