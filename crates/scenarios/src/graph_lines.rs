//! Nodes and edges as scenario files write them.

use branchline_domain::{
    graph::{
        ApplicationConfig, CanvasPosition, Condition, ConditionalConfig, Edge, Logic, Node,
        NodeConfig, NodeType, Operator, TimeConfig, TimeSource, TimeUnit,
    },
    id::NodeId,
    output::Output,
    workflow::NodePatch,
};

use crate::{
    call_words::voice_call,
    story_ids,
    words::{self, Wrong},
};

/// `intro: VOICE_CALL from +15550100`.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeLine {
    /// What the story calls it.
    pub name: String,
    /// What people call it; its name when there is none.
    pub label: Option<String>,
    /// Where it is drawn.
    pub position: CanvasPosition,
    /// What it does. Speaks of other nodes by their names.
    pub config: Box<NodeConfig>,
    /// Whether `(entry)` stands behind the name.
    pub entry: bool,
}

/// `intro --DNP--> later`.
#[derive(Clone, Debug, PartialEq)]
pub struct EdgeLine {
    /// Name of the node it leaves.
    pub from: String,
    /// The output it serves; every one when there is none.
    pub label: Option<Output>,
    /// Name of the node it leads to.
    pub to: String,
}

/// Nodes and edges, by names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GraphLines {
    /// In order of creation.
    pub nodes: Vec<NodeLine>,
    /// In order of creation, which is the order they are tried in.
    pub edges: Vec<EdgeLine>,
}

impl GraphLines {
    /// The id of the node with this name, if there is one.
    pub fn id_of(&self, name: &str) -> Option<NodeId> {
        self.nodes.iter().any(|node| node.name == name).then(|| story_ids::node_id(name))
    }
}

impl NodeLine {
    /// What people call it.
    pub fn label(&self) -> &str {
        self.label.as_deref().unwrap_or(&self.name)
    }

    /// The node, under an id made from its name. `id_of` knows the nodes that its config may speak
    /// of.
    pub fn as_node(&self, id_of: impl Fn(&str) -> Option<NodeId>) -> Node {
        Node {
            id: story_ids::node_id(&self.name),
            label: self.label().into(),
            position: self.position,
            config: self.config_for(id_of),
            entry: self.entry,
        }
    }

    /// The change that makes a node what the line says.
    pub fn as_patch(&self, id_of: impl Fn(&str) -> Option<NodeId>) -> NodePatch {
        NodePatch {
            label: None,
            x_milli: None,
            y_milli: None,
            config: Some(self.config_for(id_of)),
            entry: Some(self.entry),
        }
    }

    /// The config with ids in the place of names that are known.
    fn config_for(&self, id_of: impl Fn(&str) -> Option<NodeId>) -> NodeConfig {
        let mut config = NodeConfig::clone(&self.config);
        config.rename_nodes(|name| id_of(name).map(|id| id.to_string()));
        config
    }
}

impl EdgeLine {
    /// The edge, under an id made from its line.
    pub fn as_edge(&self) -> Edge {
        Edge {
            id: story_ids::edge_id(&self.to_string()),
            from_node_id: story_ids::node_id(&self.from),
            to_node_id: story_ids::node_id(&self.to),
            label: self.label.clone(),
        }
    }
}

impl std::fmt::Display for EdgeLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.label {
            Some(label) => write!(f, "{} --{label}--> {}", self.from, self.to),
            None => write!(f, "{} --> {}", self.from, self.to),
        }
    }
}

/// Reads the line of a node.
///
/// # Errors
///
/// When the line is none; says what would be one.
pub fn node(line: &str) -> Result<NodeLine, Wrong> {
    let (name, rest) = line.split_once(": ").ok_or_else(|| {
        format!("`{line}` is no node: write `name: TYPE …`, for example `won: CONVERTED`")
    })?;
    let (name, entry) = match name.strip_suffix(" (entry)") {
        Some(name) => (name, true),
        None => (name, false),
    };
    if let Some((node_type, document)) =
        rest.split_once(' ').filter(|(_, rest)| rest.starts_with('{'))
    {
        let node_type: NodeType = node_type.parse().map_err(|wrong| format!("{wrong}"))?;
        let mut document = serde_json::Deserializer::from_str(document);
        let config = NodeConfig::read(node_type, &mut document);
        let config = config.map_err(|wrong| format!("the config of `{name}`: {wrong}"))?;
        return Ok(node_line(name, config, entry));
    }
    let given = words::split(rest)?;
    let (node_type, config) = given.split_first().ok_or("a node needs a type")?;
    let node_type: NodeType = node_type.parse().map_err(|wrong| format!("{wrong}"))?;
    let config: Vec<&str> = config.iter().map(String::as_str).collect();
    let config = match node_type {
        NodeType::VoiceCall => NodeConfig::VoiceCall(voice_call(&config)?),
        NodeType::Conditional => NodeConfig::Conditional(conditional(&config)?),
        NodeType::Time => NodeConfig::Time(time(&config)?),
        NodeType::Application => NodeConfig::Application(application(&config)?),
        NodeType::Converted | NodeType::Dropped if !config.is_empty() => {
            return Err(format!("a {node_type} node takes no config"));
        }
        NodeType::Converted | NodeType::Dropped => NodeConfig::empty(node_type),
    };
    Ok(node_line(name, config, entry))
}

fn node_line(name: &str, config: NodeConfig, entry: bool) -> NodeLine {
    NodeLine {
        name: name.into(),
        label: None,
        position: CanvasPosition::default(),
        config: Box::new(config),
        entry,
    }
}

fn time(config: &[&str]) -> Result<TimeConfig, Wrong> {
    match config {
        [] => Ok(TimeConfig::default()),
        ["delay_hours", hours] => {
            let hours = hours.parse().map_err(|_| format!("`{hours}` is not a number"))?;
            Ok(TimeConfig { delay_hours: Some(hours), ..TimeConfig::default() })
        }
        ["from", field] => Ok(TimeConfig {
            time_source: Some(TimeSource::PostcallAnalysis),
            pca_field: Some(words::text(field)),
            ..TimeConfig::default()
        }),
        [amount, unit] => {
            let amount = amount.parse().map_err(|_| format!("`{amount}` is not a number"))?;
            let unit = match *unit {
                "minutes" => TimeUnit::Minutes,
                "hours" => TimeUnit::Hours,
                "days" => TimeUnit::Days,
                other => return Err(format!("`{other}` is not minutes, hours or days")),
            };
            Ok(TimeConfig { duration: Some(amount), unit: Some(unit), ..TimeConfig::default() })
        }
        _ => Err("write `TIME 2 hours`, `TIME delay_hours 2` or `TIME from callback_at`".into()),
    }
}

fn application(config: &[&str]) -> Result<ApplicationConfig, Wrong> {
    match config {
        [] => Ok(ApplicationConfig::default()),
        [handler] => Ok(ApplicationConfig {
            handler: Some(words::text(handler)),
            ..ApplicationConfig::default()
        }),
        _ => Err("write `APPLICATION handler_key`".into()),
    }
}

/// `switch lead.language hindi english`, or conditions with `AND` or `OR` between them.
fn conditional(config: &[&str]) -> Result<ConditionalConfig, Wrong> {
    if let ["switch", field, branches @ ..] = config {
        return Ok(ConditionalConfig {
            condition_field: Some(words::text(field)),
            branches: branches.iter().map(|branch| words::text(branch)).collect(),
            ..ConditionalConfig::default()
        });
    }
    let logic = match (config.contains(&"AND"), config.contains(&"OR")) {
        (true, true) => return Err("AND and OR do not mix in one node".into()),
        (true, false) => Some(Logic::And),
        (false, true) => Some(Logic::Or),
        (false, false) => None,
    };
    let conditions = config
        .split(|word| *word == "AND" || *word == "OR")
        .filter(|condition| !condition.is_empty())
        .map(condition)
        .collect::<Result<_, Wrong>>()?;
    Ok(ConditionalConfig { logic, conditions, ..ConditionalConfig::default() })
}

fn condition(condition: &[&str]) -> Result<Condition, Wrong> {
    let (field, operator, value) = match condition {
        [field, operator] => (field, operator, None),
        [field, operator, value] => (field, operator, Some(words::value(value))),
        _ => {
            return Err(
                "a condition is `field operator value`; put texts with spaces in quotes".into()
            );
        }
    };
    let operator = match *operator {
        "equals" => Operator::Equals,
        "not_equals" => Operator::NotEquals,
        "exists" => Operator::Exists,
        "contains" => Operator::Contains,
        "greater_than" => Operator::GreaterThan,
        "less_than" => Operator::LessThan,
        other => return Err(format!("`{other}` is not an operator")),
    };
    Ok(Condition { field: Some(words::text(field)), operator: Some(operator), value })
}

/// Reads the line of an edge.
///
/// # Errors
///
/// When the line is none; says what would be one.
pub fn edge(line: &str) -> Result<EdgeLine, Wrong> {
    let wrong =
        || format!("`{line}` is no edge: write `intro --DNP--> later` or `intro --> later`");
    if let Some((from, to)) = line.split_once(" --> ") {
        return Ok(EdgeLine { from: from.into(), label: None, to: to.into() });
    }
    let (from, rest) = line.split_once(" --").ok_or_else(wrong)?;
    let (label, to) = rest.split_once("--> ").ok_or_else(wrong)?;
    Ok(EdgeLine { from: from.into(), label: Some(Output::from(label)), to: to.into() })
}
