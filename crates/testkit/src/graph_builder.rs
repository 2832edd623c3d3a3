//! Graphs by names.

use branchline_domain::{
    graph::{
        ApplicationConfig, CanvasPosition, Condition, ConditionalConfig, Edge, Graph, GraphChange,
        Node, NodeConfig, Operator, TimeConfig, TimeSource, TimeUnit, VoiceCallConfig,
    },
    output::Output,
    value::Value,
};
use branchline_scenarios::story_ids::{edge_id, node_id};

/// The number that calls come from where a test does not say.
pub const FROM: &str = "+15550100";

/// Builds a graph; ids are derived from names.
#[derive(Clone, Debug, Default)]
pub struct GraphBuilder {
    changes: Vec<GraphChange>,
}

/// A node with this name, at the origin and not marked as entry.
pub fn node(name: &str, config: NodeConfig) -> Node {
    Node {
        id: node_id(name),
        label: name.into(),
        position: CanvasPosition::default(),
        config,
        entry: false,
    }
}

/// The edge from one node to another for this output; without one for every output.
pub fn edge(from: &str, label: Option<&str>, to: &str) -> Edge {
    Edge {
        id: edge_id(&format!("{from} --{}--> {to}", label.unwrap_or_default())),
        from_node_id: node_id(from),
        to_node_id: node_id(to),
        label: label.map(Output::from),
    }
}

impl GraphBuilder {
    /// An empty graph.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a node, or replaces the one with its id.
    #[must_use]
    pub fn node(mut self, node: Node) -> Self {
        self.changes.push(GraphChange::NodePut(node));
        self
    }

    /// A call from [`FROM`].
    #[must_use]
    pub fn call(self, name: &str) -> Self {
        let config =
            VoiceCallConfig { from_phone_number: Some(FROM.into()), ..VoiceCallConfig::default() };
        self.node(node(name, NodeConfig::VoiceCall(config)))
    }

    /// A call node without a number.
    #[must_use]
    pub fn call_without_number(self, name: &str) -> Self {
        self.node(node(name, NodeConfig::VoiceCall(VoiceCallConfig::default())))
    }

    /// A wait of this many hours.
    #[must_use]
    pub fn wait_hours(self, name: &str, hours: i64) -> Self {
        let config = TimeConfig {
            duration: Some(hours),
            unit: Some(TimeUnit::Hours),
            ..TimeConfig::default()
        };
        self.node(node(name, NodeConfig::Time(config)))
    }

    /// A wait until the time that this attribute of the last call says in words.
    #[must_use]
    pub fn wait_for_words(self, name: &str, attribute: &str) -> Self {
        let config = TimeConfig {
            time_source: Some(TimeSource::PostcallAnalysis),
            pca_field: Some(attribute.into()),
            ..TimeConfig::default()
        };
        self.node(node(name, NodeConfig::Time(config)))
    }

    /// One condition.
    #[must_use]
    pub fn condition(
        self,
        name: &str,
        field: &str,
        operator: Operator,
        value: impl Into<Value>,
    ) -> Self {
        let condition = Condition {
            field: Some(field.into()),
            operator: Some(operator),
            value: Some(value.into()),
        };
        let config =
            ConditionalConfig { conditions: vec![condition], ..ConditionalConfig::default() };
        self.node(node(name, NodeConfig::Conditional(config)))
    }

    /// A condition without anything to ask.
    #[must_use]
    pub fn condition_without_operands(self, name: &str) -> Self {
        self.node(node(name, NodeConfig::Conditional(ConditionalConfig::default())))
    }

    /// A switch on a field.
    #[must_use]
    pub fn switch(self, name: &str, field: &str, branches: &[&str]) -> Self {
        let config = ConditionalConfig {
            condition_field: Some(field.into()),
            branches: branches.iter().map(ToString::to_string).collect(),
            ..ConditionalConfig::default()
        };
        self.node(node(name, NodeConfig::Conditional(config)))
    }

    /// A step of another system.
    #[must_use]
    pub fn application(self, name: &str, handler: &str) -> Self {
        let config =
            ApplicationConfig { handler: Some(handler.into()), ..ApplicationConfig::default() };
        self.node(node(name, NodeConfig::Application(config)))
    }

    /// A good end.
    #[must_use]
    pub fn converted(self, name: &str) -> Self {
        self.node(node(name, NodeConfig::Converted))
    }

    /// A bad end.
    #[must_use]
    pub fn dropped(self, name: &str) -> Self {
        self.node(node(name, NodeConfig::Dropped))
    }

    /// An edge for one output.
    #[must_use]
    pub fn edge(mut self, from: &str, label: &str, to: &str) -> Self {
        self.changes.push(GraphChange::EdgeAdded(edge(from, Some(label), to)));
        self
    }

    /// An edge for every output.
    #[must_use]
    pub fn any_edge(mut self, from: &str, to: &str) -> Self {
        self.changes.push(GraphChange::EdgeAdded(edge(from, None, to)));
        self
    }

    /// Marks the last node as entry.
    ///
    /// # Panics
    ///
    /// When the last thing added is no node.
    #[must_use]
    pub fn as_entry(mut self) -> Self {
        let Some(GraphChange::NodePut(node)) = self.changes.last_mut() else {
            panic!("the last thing added is no node");
        };
        node.entry = true;
        self
    }

    /// The changes that make the graph out of an empty one.
    pub fn changes(self) -> Vec<GraphChange> {
        self.changes
    }

    /// The graph, as revision 1.
    pub fn build(&self) -> Graph {
        Graph::default().revised(1, &self.changes)
    }
}
