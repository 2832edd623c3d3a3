//! A workflow that is written and read again is the same, up to its ids.

use std::collections::BTreeSet;

use branchline_domain::{
    graph::{
        ApplicationConfig, CanvasPosition, Condition, ConditionalConfig, Edge, Graph, GraphChange,
        Node, NodeConfig, Operator, TimeConfig, TimeUnit, VoiceCallConfig,
    },
    id::{EdgeId, NodeId},
    output::Output,
    value::Value,
    workflow::Settings,
};
use branchline_scenarios::{
    source_text::SourceText,
    workflow_file::{FileFormat, WorkflowFile},
};
use proptest::prelude::*;

const NODES_MAX: usize = 8;

/// Texts as nobody should write them: quotes, line breaks, other scripts, control letters.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z ]{0,12}",
        any::<String>(),
        "[\"'\\\\\n\r\t#={}\\[\\]]{1,8}",
        Just("'''\"\"\"".to_owned()),
    ]
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any_text().prop_map(Value::Text),
        any::<i64>().prop_map(Value::from),
        (-99_999_i64..99_999)
            .prop_map(|number| { Value::Number(format!("{number}e-2").parse().unwrap()) }),
        any::<bool>().prop_map(Value::Bool),
    ]
}

/// A field; with a place to put the id of a node where it speaks of one.
fn any_field() -> impl Strategy<Value = (String, Option<usize>)> {
    prop_oneof![
        any_text().prop_map(|text| (format!("lead.{text}"), None)),
        any_text().prop_map(|text| (text, None)),
        (0..NODES_MAX, "[a-z.]{1,8}").prop_map(|(node, field)| (field, Some(node))),
    ]
}

fn id(node: usize) -> NodeId {
    NodeId::from_u128(node as u128 + 1)
}

fn any_config(nodes: usize) -> impl Strategy<Value = NodeConfig> {
    let text = || proptest::option::of(any_text());
    let calls = (text(), text(), proptest::option::of(any::<u32>())).prop_map(
        |(from_phone_number, agent_id, ring_timeout_s)| {
            NodeConfig::VoiceCall(VoiceCallConfig {
                from_phone_number,
                agent_id,
                ring_timeout_s,
                ..VoiceCallConfig::default()
            })
        },
    );
    let waits = proptest::option::of(any::<i64>()).prop_map(|duration| {
        let unit = duration.map(|_| TimeUnit::Hours);
        NodeConfig::Time(TimeConfig { duration, unit, ..TimeConfig::default() })
    });
    let condition =
        (any_field(), proptest::option::of(any_value())).prop_map(move |((field, node), value)| {
            let field = match node {
                Some(node) => format!("application.{}.{field}", id(node % nodes)),
                None => field,
            };
            Condition { field: Some(field), operator: Some(Operator::Contains), value }
        });
    let conditions = proptest::collection::vec(condition, 0..3).prop_map(|conditions| {
        NodeConfig::Conditional(ConditionalConfig { conditions, ..ConditionalConfig::default() })
    });
    let switches =
        (any_text(), proptest::collection::vec(any_text(), 0..3)).prop_map(|(field, branches)| {
            NodeConfig::Conditional(ConditionalConfig {
                condition_field: Some(field),
                branches,
                ..ConditionalConfig::default()
            })
        });
    let applications = text().prop_map(|handler| {
        NodeConfig::Application(ApplicationConfig { handler, ..ApplicationConfig::default() })
    });
    prop_oneof![
        calls,
        waits,
        conditions,
        switches,
        applications,
        Just(NodeConfig::Converted),
        Just(NodeConfig::Dropped),
    ]
}

prop_compose! {
    fn any_graph()(count in 1..NODES_MAX)(
        nodes in proptest::collection::vec(
            (any_text(), any_config(count), -1_000_000_000_i64..=1_000_000_000, any::<i16>()),
            count,
        ),
        entry in proptest::option::of(0..count),
        edges in proptest::collection::vec(
            (0..count, 0..count, proptest::option::of(any_text())), 0..12,
        ),
    ) -> Graph {
        let mut changes = Vec::new();
        for (place, (label, config, x_milli, y)) in nodes.into_iter().enumerate() {
            let position = CanvasPosition { x_milli, y_milli: y.into() };
            let entry = entry == Some(place);
            changes.push(GraphChange::NodePut(Node { id: id(place), label, position, config, entry }));
        }
        // The rules refuse the same edge twice and an empty label.
        let mut ways = BTreeSet::new();
        for (from, to, label) in edges {
            let label = label.filter(|label| !label.is_empty());
            if ways.insert((from, to, label.clone())) {
                changes.push(GraphChange::EdgeAdded(Edge {
                    id: EdgeId::from_u128(ways.len() as u128),
                    from_node_id: id(from),
                    to_node_id: id(to),
                    label: label.map(|label| Output::from(label.as_str())),
                }));
            }
        }
        Graph::default().revised(1, &changes)
    }
}

/// What a graph is without its ids: nodes with the places of the nodes they speak of, and edges.
fn shape(graph: &Graph) -> Vec<String> {
    let place = |wanted: NodeId| graph.nodes().iter().position(|node| node.id == wanted);
    let nodes = graph.nodes().iter().map(|node| {
        let mut config = node.config.clone();
        config.rename_nodes(|name| Some(format!("{:?}", place(name.parse().ok()?))));
        format!("{:?} {:?} {} {config:?}", node.label, node.position, node.entry)
    });
    let edges = graph.edges().iter().map(|edge| {
        let (from, to) = (place(edge.from_node_id), place(edge.to_node_id));
        format!("{from:?} {to:?} {:?}", edge.label)
    });
    nodes.chain(edges).collect()
}

proptest! {
    #[test]
    fn any_graph_that_is_exported_and_imported_is_the_same_up_to_ids(
        graph in any_graph(),
        title in any_text(),
        description in any_text(),
        auto_complete in any::<bool>(),
        format in prop_oneof![Just(FileFormat::Toml), Just(FileFormat::Json)],
    ) {
        let settings = Settings { auto_complete, ..Settings::default() };
        let (file, left_out) = WorkflowFile::of(&title, &description, &settings, &graph);
        prop_assert_eq!(left_out, Vec::<String>::new());
        let text = file.write(format).unwrap();
        let source = SourceText { name: "w", text: &text };
        let read = WorkflowFile::read(&source, format);
        prop_assert!(read.is_ok(), "{:?}\n{}", read, text);
        let read = read.unwrap();
        prop_assert_eq!(shape(&read.as_graph()), shape(&graph), "{}", text);
        prop_assert_eq!((&read.title, &read.description, &read.settings), (&title, &description, &settings));
        prop_assert_eq!(read.write(format).unwrap(), text, "written again it is the same text");
    }
}

#[test]
fn an_edge_to_a_node_that_is_not_there_is_left_out_and_told() {
    let node = Node {
        id: id(0),
        label: "Won".into(),
        position: CanvasPosition::default(),
        config: NodeConfig::Converted,
        entry: false,
    };
    let edge =
        Edge { id: EdgeId::from_u128(1), from_node_id: id(0), to_node_id: id(7), label: None };
    let graph =
        Graph::default().revised(1, &[GraphChange::NodePut(node), GraphChange::EdgeAdded(edge)]);
    let (file, left_out) = WorkflowFile::of("t", "", &Settings::default(), &graph);
    assert_eq!(file.graph.edges, []);
    assert_eq!(left_out.len(), 1);
}
