mod lone;

use super::*;
use crate::graph::{
    ApplicationConfig, CanvasPosition, Condition, ConditionalConfig, GraphChange, NodeConfig,
    NodeType, Operator, TimeConfig, VoiceCallConfig,
};

const A: NodeId = NodeId::from_u128(1);
const B: NodeId = NodeId::from_u128(2);
const C: NodeId = NodeId::from_u128(3);
const D: NodeId = NodeId::from_u128(4);
const NOWHERE: NodeId = NodeId::from_u128(99);

/// What is wrong, where: the code, the node, the edge.
type Place = (FaultCode, Option<NodeId>, Option<u128>);

fn put(id: NodeId, config: NodeConfig, entry: bool) -> GraphChange {
    let label = id.as_uuid().as_u128().to_string();
    GraphChange::NodePut(Node { id, label, position: CanvasPosition::default(), config, entry })
}

fn node(id: NodeId, config: NodeConfig) -> GraphChange {
    put(id, config, false)
}

fn entry(id: NodeId, config: NodeConfig) -> GraphChange {
    put(id, config, true)
}

fn edge(id: u128, from: NodeId, to: NodeId, label: Option<&str>) -> GraphChange {
    GraphChange::EdgeAdded(Edge {
        id: EdgeId::from_u128(id),
        from_node_id: from,
        to_node_id: to,
        label: label.map(Output::from),
    })
}

fn call() -> NodeConfig {
    NodeConfig::VoiceCall(VoiceCallConfig {
        from_phone_number: Some("+4915112345678".into()),
        ..VoiceCallConfig::default()
    })
}

fn wait() -> NodeConfig {
    NodeConfig::Time(TimeConfig { delay_hours: Some(2), ..TimeConfig::default() })
}

fn decide() -> NodeConfig {
    NodeConfig::Conditional(ConditionalConfig {
        conditions: vec![Condition {
            field: Some("lead.city".into()),
            operator: Some(Operator::Exists),
            value: None,
        }],
        ..ConditionalConfig::default()
    })
}

fn switch(branches: &[&str]) -> NodeConfig {
    NodeConfig::Conditional(ConditionalConfig {
        condition_field: Some("lead.tier".into()),
        branches: branches.iter().map(|&name| name.to_owned()).collect(),
        ..ConditionalConfig::default()
    })
}

fn application() -> NodeConfig {
    NodeConfig::Application(ApplicationConfig {
        handler: Some("crm".into()),
        ..ApplicationConfig::default()
    })
}

fn report(changes: &[GraphChange]) -> Report {
    validate(&Graph::default().revised(1, changes), &BTreeSet::new())
}

fn places(faults: &[Fault]) -> Vec<Place> {
    let edge = |fault: &Fault| fault.edge_id.map(|edge| edge.as_uuid().as_u128());
    faults.iter().map(|fault| (fault.code, fault.node_id, edge(fault))).collect()
}

fn faults(changes: &[GraphChange]) -> Vec<Place> {
    let report = report(changes);
    assert_eq!(report.valid, report.faults.is_empty());
    for fault in report.faults.iter().chain(&report.warnings) {
        assert!(!fault.message.is_empty() && !fault.fix.is_empty(), "{fault:?}");
    }
    places(&report.faults)
}

fn warnings(changes: &[GraphChange]) -> Vec<Place> {
    let report = report(changes);
    assert_eq!(report.faults, [], "a warning does not block");
    places(&report.warnings)
}

/// The node, and one that ends it.
fn ended(config: NodeConfig) -> [GraphChange; 3] {
    [node(A, config), node(B, NodeConfig::Converted), edge(1, A, B, None)]
}

#[test]
fn a_graph_of_every_kind_of_node_with_every_output_served_has_neither_faults_nor_warnings() {
    let (applied, asked) = (NodeId::from_u128(5), NodeId::from_u128(6));
    let report = report(&[
        entry(A, call()),
        node(B, wait()),
        node(C, NodeConfig::Converted),
        node(D, NodeConfig::Dropped),
        node(applied, application()),
        node(asked, decide()),
        edge(1, A, C, Some("COMPLETED")),
        edge(2, A, B, Some("DNP")),
        edge(3, A, applied, Some("FAILED")),
        edge(4, B, A, Some("next")),
        edge(5, applied, asked, Some("success")),
        edge(6, applied, D, Some("failure")),
        edge(7, asked, C, Some("true")),
        edge(8, asked, B, Some("false")),
    ]);
    assert_eq!(report, Report { valid: true, faults: Vec::new(), warnings: Vec::new() });
}

#[test]
fn without_nodes_or_without_a_node_that_nothing_leads_to_there_is_no_entry() {
    assert_eq!(faults(&[]), [(FaultCode::NoEntry, None, None)]);
    let ring = [node(A, call()), node(B, wait()), edge(1, A, B, None), edge(2, B, A, None)];
    assert_eq!(faults(&ring), [(FaultCode::NoEntry, None, None)]);
}

#[test]
fn several_nodes_that_nothing_leads_to_are_ambiguous_until_one_is_marked() {
    let [a, b, edge] = ended(call());
    let ambiguous = [a, b, edge, node(C, NodeConfig::Dropped)];
    assert_eq!(faults(&ambiguous), [(FaultCode::AmbiguousEntry, None, None)]);
    let message = &report(&ambiguous).faults[0].message;
    assert!(message.ends_with("VOICE_CALL `1`, DROPPED `3`"), "{message}");
    let marked = ambiguous.into_iter().chain([entry(A, call())]).collect::<Vec<_>>();
    assert_eq!(faults(&marked), []);
}

#[test]
fn an_edge_that_lacks_a_node_leads_nowhere() {
    let [a, b, good] = ended(call());
    let graph = [a, b, good, edge(2, A, NOWHERE, Some("DNP")), edge(3, NOWHERE, B, None)];
    assert_eq!(
        faults(&graph),
        [(FaultCode::EdgeToNowhere, Some(A), Some(2)), (FaultCode::EdgeToNowhere, None, Some(3))]
    );
}

#[test]
fn a_node_that_does_not_end_a_lead_needs_an_outgoing_edge() {
    for config in [call(), decide(), wait(), application()] {
        assert_eq!(faults(&[node(A, config)]), [(FaultCode::NoOutgoingEdge, Some(A), None)]);
    }
    for config in [NodeConfig::Converted, NodeConfig::Dropped] {
        assert_eq!(faults(&[node(A, config)]), []);
    }
}

#[test]
fn a_node_that_ends_a_lead_must_not_have_one() {
    for end in [NodeConfig::Converted, NodeConfig::Dropped] {
        let graph = [
            node(A, wait()),
            node(B, end),
            edge(1, A, B, None),
            edge(2, B, A, Some("next")),
            entry(A, wait()),
        ];
        assert_eq!(faults(&graph), [(FaultCode::TerminalWithOutgoingEdge, Some(B), Some(2))]);
    }
}

#[test]
fn an_edge_may_only_be_labelled_with_what_its_node_answers() {
    let labels =
        ["COMPLETED", "DNP", "FAILED", "true", "false", "gold", "next", "success", "failure"];
    for (config, own) in [
        (call(), &["COMPLETED", "DNP", "FAILED"][..]),
        (decide(), &["true", "false"]),
        (switch(&["gold", "true"]), &["gold", "true"]),
        (wait(), &["next"]),
        (application(), &["success", "failure"]),
    ] {
        for label in labels.into_iter().chain(["completed", "cancelled", "retry_expired"]) {
            let graph = ended(config.clone()).into_iter().chain([edge(2, A, B, Some(label))]);
            let expected: &[Place] = if own.contains(&label) {
                &[]
            } else {
                &[(FaultCode::UnknownLabel, Some(A), Some(2))]
            };
            assert_eq!(faults(&graph.collect::<Vec<_>>()), expected, "{config:?} {label}");
        }
    }
}

#[test]
fn a_cycle_without_a_wait_is_one_fault_that_names_its_nodes() {
    let cycle = [
        node(A, wait()),
        node(B, call()),
        node(C, decide()),
        node(D, NodeConfig::Dropped),
        edge(1, A, B, None),
        edge(2, B, C, None),
        edge(3, C, B, Some("true")),
        edge(4, C, D, Some("false")),
    ];
    assert_eq!(faults(&cycle), [(FaultCode::EndlessCycle, Some(B), None)]);
    let message = &report(&cycle).faults[0].message;
    assert!(message.ends_with("VOICE_CALL `2`, CONDITIONAL `3`"), "{message}");
}

#[test]
fn a_cycle_through_a_wait_is_how_people_retry() {
    let retry = [
        node(A, call()),
        node(B, wait()),
        node(C, NodeConfig::Converted),
        edge(1, A, C, Some("COMPLETED")),
        edge(2, A, B, None),
        edge(3, B, A, None),
        entry(A, call()),
    ];
    assert_eq!(faults(&retry), []);
    // One way back without a wait is enough.
    let hurried = retry.into_iter().chain([edge(4, A, A, Some("DNP"))]).collect::<Vec<_>>();
    assert_eq!(faults(&hurried), [(FaultCode::EndlessCycle, Some(A), None)]);
}

#[test]
fn a_cycle_through_a_call_with_a_cap_of_visits_comes_to_an_end() {
    let capped = |max_visits| {
        let NodeConfig::VoiceCall(call) = call() else { unreachable!() };
        NodeConfig::VoiceCall(VoiceCallConfig { max_visits, ..call })
    };
    let graph = |max_visits, also: &[GraphChange]| {
        let ring = [
            entry(A, capped(max_visits)),
            node(B, decide()),
            node(C, call()),
            node(D, NodeConfig::Dropped),
            edge(1, A, B, None),
            edge(2, B, A, Some("true")),
            edge(3, B, C, Some("false")),
            edge(4, C, D, None),
        ];
        ring.into_iter().chain(also.iter().cloned()).collect::<Vec<_>>()
    };
    assert_eq!(faults(&graph(Some(3), &[])), []);
    assert_eq!(faults(&graph(None, &[])), [(FaultCode::EndlessCycle, Some(A), None)]);
    // The cap of one call does not bound a way back that avoids it.
    let around = graph(Some(3), &[edge(5, C, B, Some("DNP"))]);
    assert_eq!(faults(&around), [(FaultCode::EndlessCycle, Some(B), None)]);
    let fix = &report(&around).faults[0].fix;
    assert!(fix.contains("TIME") && fix.contains("max_visits"), "{fix}");
}

#[test]
fn two_cycles_that_only_a_one_way_edge_joins_are_two_faults_in_the_order_of_their_nodes() {
    let graph = [
        entry(A, call()),
        node(B, decide()),
        node(C, call()),
        node(D, NodeConfig::Dropped),
        edge(1, C, C, Some("DNP")),
        edge(2, C, D, None),
        edge(3, A, B, None),
        edge(4, B, A, Some("true")),
        edge(5, B, C, Some("false")),
    ];
    assert_eq!(
        faults(&graph),
        [(FaultCode::EndlessCycle, Some(A), None), (FaultCode::EndlessCycle, Some(C), None)]
    );
}

#[test]
fn the_largest_cycle_and_the_longest_chain_are_judged_without_running_out_of_stack() {
    let id = |number: u128| NodeId::from_u128(number);
    let nodes = (1..=500).map(|number| node(id(number), call()));
    let chain = (1..500).map(|number| edge(number, id(number), id(number + 1), None));
    let mut graph: Vec<_> = nodes.chain(chain).collect();
    assert_eq!(faults(&graph), [(FaultCode::NoOutgoingEdge, Some(id(500)), None)]);
    graph.extend([edge(500, id(500), id(1), None), entry(id(1), call())]);
    assert_eq!(faults(&graph), [(FaultCode::EndlessCycle, Some(id(1)), None)]);
    let message = &report(&graph).faults[0].message;
    assert!(message.ends_with("`10` and 490 more"), "{message}");
}

#[test]
fn an_output_without_an_edge_is_a_warning() {
    let graph = [node(A, call()), node(B, NodeConfig::Converted), edge(1, A, B, Some("COMPLETED"))];
    let missing = (FaultCode::MissingOutput, Some(A), None);
    assert_eq!(warnings(&graph), [missing, missing]);
    let messages = report(&graph).warnings;
    assert!(messages[0].message.contains("DNP") && messages[1].message.contains("FAILED"));
    let switched = [
        node(A, switch(&["gold", "tin", "tin"])),
        node(B, NodeConfig::Converted),
        edge(1, A, B, Some("gold")),
    ];
    assert_eq!(warnings(&switched), [missing], "a branch named twice is missing once");
    assert_eq!(warnings(&ended(call())), [], "an unlabelled edge serves them all");
}

#[test]
fn a_node_that_no_path_leads_to_is_a_warning() {
    let [a, b, good] = ended(wait());
    let graph = [a, b, good, node(C, wait()), edge(2, C, B, None), entry(A, wait())];
    assert_eq!(warnings(&graph), [(FaultCode::Unreachable, Some(C), None)]);
}

#[test]
fn a_path_that_can_never_end_is_a_warning_at_each_of_its_nodes() {
    let graph = [
        entry(A, decide()),
        node(B, wait()),
        node(C, call()),
        node(D, NodeConfig::Dropped),
        edge(1, A, B, Some("true")),
        edge(2, A, D, Some("false")),
        edge(3, B, C, None),
        edge(4, C, B, None),
    ];
    let never = |node| (FaultCode::NeverEnds, Some(node), None);
    assert_eq!(warnings(&graph), [never(B), never(C)]);
}

#[test]
fn all_faults_are_told_at_once_in_the_order_of_nodes_and_then_of_edges() {
    let graph = [
        node(A, NodeConfig::empty(NodeType::VoiceCall)),
        node(B, NodeConfig::empty(NodeType::Time)),
        node(C, NodeConfig::empty(NodeType::Conditional)),
        node(D, NodeConfig::Dropped),
        edge(1, D, D, None),
        edge(2, A, NOWHERE, Some("next")),
        edge(3, A, A, None),
    ];
    assert_eq!(
        faults(&graph),
        [
            (FaultCode::AmbiguousEntry, None, None),
            (FaultCode::MissingNumber, Some(A), None),
            (FaultCode::InvalidDuration, Some(B), None),
            (FaultCode::NoOutgoingEdge, Some(B), None),
            (FaultCode::IncompleteCondition, Some(C), None),
            (FaultCode::NoOutgoingEdge, Some(C), None),
            (FaultCode::TerminalWithOutgoingEdge, Some(D), Some(1)),
            (FaultCode::EdgeToNowhere, Some(A), Some(2)),
            (FaultCode::UnknownLabel, Some(A), Some(2)),
            (FaultCode::EndlessCycle, Some(A), None),
        ]
    );
}
