//! From a text.

use std::{collections::BTreeSet, fmt};

use branchline_domain::{
    graph::{CanvasPosition, NodeConfig, NodeType},
    nearest,
    output::Output,
    value::Value,
    workflow::Settings,
};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error as _, MapAccess, Visitor},
};

use super::{FileFormat, WorkflowFile, keys};
use crate::{
    graph_lines::{EdgeLine, GraphLines, NodeLine},
    source_text::{Complaint, SourceText},
};

/// Farthest place of a node from the origin, as the API has it. Unit: thousandths of a canvas unit.
const CANVAS_MILLI_MAX: i64 = 1_000_000_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    title: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    settings: Settings,
    #[serde(default)]
    nodes: Vec<NodeEntry>,
    #[serde(default)]
    edges: Vec<EdgeEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EdgeEntry {
    from: String,
    to: String,
    #[serde(default)]
    label: Option<Output>,
}

/// A node, whose config is read by its type.
struct NodeEntry(NodeLine);

impl WorkflowFile {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// What is wrong with its form: the first fault of a text that cannot be read, or else all names
    /// that do not fit together. Whether the graph may be activated is not asked here.
    pub fn read(source: &SourceText<'_>, format: FileFormat) -> Result<Self, Vec<Complaint>> {
        let read: Result<Document, Complaint> = match format {
            FileFormat::Toml => {
                toml::from_str(source.text).map_err(|wrong| source.complain_of_toml(&wrong))
            }
            FileFormat::Json => {
                serde_json::from_str(source.text).map_err(|wrong| source.complain_of_json(&wrong))
            }
        };
        let Document { title, description, settings, nodes, edges } =
            read.map_err(|complaint| vec![complaint])?;
        let nodes: Vec<NodeLine> = nodes.into_iter().map(|NodeEntry(line)| line).collect();
        let edges: Vec<EdgeLine> = edges
            .into_iter()
            .map(|EdgeEntry { from, to, label }| EdgeLine { from, label, to })
            .collect();
        let complaints = misfits(source, &nodes, &edges);
        if complaints.is_empty() {
            Ok(Self { title, description, settings, graph: GraphLines { nodes, edges } })
        } else {
            Err(complaints)
        }
    }
}

/// Names that are none, that two nodes have, or that no node has; edges that are there twice.
fn misfits(source: &SourceText<'_>, nodes: &[NodeLine], edges: &[EdgeLine]) -> Vec<Complaint> {
    let at = |name: &str, message: String| match source.quoted(name) {
        Some(span) => source.complain(&span, message),
        None => Complaint::of_file(source.name, message),
    };
    let mut complaints = Vec::new();
    let mut known = BTreeSet::new();
    for node in nodes {
        if let Some(message) = keys::fault(&node.name) {
            complaints.push(at(&node.name, message));
        } else if !known.insert(node.name.as_str()) {
            let message = format!("two nodes have the key `{}`", node.name);
            complaints.push(at(&node.name, message).with_help("give one of them another key"));
        }
    }
    let names: Vec<&str> = known.iter().copied().collect();
    let mut told = BTreeSet::new();
    for edge in edges {
        for end in [&edge.from, &edge.to] {
            if !known.contains(end.as_str()) && told.insert(end) {
                let message = format!("the edge {edge} names a node that is not there: `{end}`");
                complaints.push(at(end, message).with_help(nearest::advice(end, &names)));
            }
        }
    }
    let mut ways = BTreeSet::new();
    for edge in edges {
        if !ways.insert((&edge.from, &edge.to, &edge.label)) {
            let message = format!("the edge {edge} is there twice");
            let complaint = Complaint::of_file(source.name, message);
            complaints.push(complaint.with_help("take one of them out"));
        }
    }
    complaints
}

impl<'de> Deserialize<'de> for NodeEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(NodeVisitor)
    }
}

struct NodeVisitor;

/// A config of a node of this type.
struct ConfigSeed(NodeType);

impl<'de> DeserializeSeed<'de> for ConfigSeed {
    type Value = NodeConfig;

    fn deserialize<D: Deserializer<'de>>(self, config: D) -> Result<NodeConfig, D::Error> {
        NodeConfig::read(self.0, config)
    }
}

const NODE_KEYS: &[&str] =
    &["key", "label", "node_type", "config", "entry", "position_x", "position_y"];

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = NodeEntry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a node: key, label, node_type, config, entry, position_x, position_y")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<NodeEntry, A::Error> {
        let (mut name, mut label, mut entry) = (None, None, false);
        let mut position = CanvasPosition::default();
        let mut node_type = None;
        let mut config = None;
        // A config that stands before the type it is read by.
        let mut early: Option<serde_json::Value> = None;
        while let Some(field) = fields.next_key::<String>()? {
            match field.as_str() {
                "key" => name = Some(fields.next_value::<String>()?),
                "label" => label = Some(fields.next_value::<String>()?),
                "node_type" => node_type = Some(fields.next_value::<NodeType>()?),
                "entry" => entry = fields.next_value()?,
                "position_x" => position.x_milli = fields.next_value_seed(Coordinate)?,
                "position_y" => position.y_milli = fields.next_value_seed(Coordinate)?,
                "config" => match node_type {
                    Some(node_type) => {
                        config = Some(fields.next_value_seed(ConfigSeed(node_type))?);
                    }
                    None => early = Some(fields.next_value()?),
                },
                other => return Err(A::Error::unknown_field(other, NODE_KEYS)),
            }
        }
        let name = name.ok_or_else(|| A::Error::missing_field("key"))?;
        let node_type = node_type.ok_or_else(|| A::Error::missing_field("node_type"))?;
        if let Some(early) = early {
            let read = NodeConfig::read(node_type, early);
            config = Some(read.map_err(|wrong| A::Error::custom(format!("config: {wrong}")))?);
        }
        let config = Box::new(config.unwrap_or_else(|| NodeConfig::empty(node_type)));
        Ok(NodeEntry(NodeLine { name, label, position, config, entry }))
    }
}

/// A coordinate in canvas units, with at most three places.
struct Coordinate;

impl<'de> DeserializeSeed<'de> for Coordinate {
    type Value = i64;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<i64, D::Error> {
        let wrong = || {
            let most = CANVAS_MILLI_MAX / 1_000;
            D::Error::custom(format!(
                "a coordinate is a number from -{most} to {most} with at most three places"
            ))
        };
        let Value::Number(number) = Value::deserialize(deserializer)? else {
            return Err(wrong());
        };
        let (digits, places) = number.parts();
        let scale = 3_u32.checked_sub(places).ok_or_else(wrong)?;
        let milli = digits.checked_mul(10_i128.pow(scale)).and_then(|milli| milli.try_into().ok());
        milli.filter(|milli: &i64| milli.abs() <= CANVAS_MILLI_MAX).ok_or_else(wrong)
    }
}
