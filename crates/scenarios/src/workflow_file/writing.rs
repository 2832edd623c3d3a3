//! To a text.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use branchline_domain::{
    graph::{Graph, NodeConfig, NodeType},
    id::NodeId,
    output::Output,
    value::{Decimal, Value},
    workflow::Settings,
};
use serde::Serialize;

use super::{FileFormat, WorkflowFile, keys};
use crate::{
    graph_lines::{EdgeLine, GraphLines, NodeLine},
    words::Wrong,
};

#[derive(Serialize)]
struct Document<'a> {
    title: &'a str,
    description: &'a str,
    settings: &'a Settings,
    nodes: Vec<NodeEntry<'a>>,
    edges: Vec<EdgeEntry<'a>>,
}

#[derive(Serialize)]
struct NodeEntry<'a> {
    key: &'a str,
    label: &'a str,
    node_type: NodeType,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    entry: bool,
    position_x: Value,
    position_y: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    config: Option<&'a NodeConfig>,
}

#[derive(Serialize)]
struct EdgeEntry<'a> {
    from: &'a str,
    to: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a Output>,
}

impl WorkflowFile {
    /// The workflow without its ids. Edges that lead from or to a node that is not there cannot be
    /// named in a file: they are left out and told.
    pub fn of(
        title: &str,
        description: &str,
        settings: &Settings,
        graph: &Graph,
    ) -> (Self, Vec<String>) {
        let mut names: BTreeMap<NodeId, String> = BTreeMap::new();
        let mut taken = BTreeSet::new();
        for node in graph.nodes() {
            let key = keys::make(node, &taken);
            taken.insert(key.clone());
            names.insert(node.id, key);
        }
        let named = |id: &NodeId| names.get(id).cloned();
        let mut lines = GraphLines::default();
        for node in graph.nodes() {
            let mut config = node.config.clone();
            config.rename_nodes(|node| named(&node.parse().ok()?));
            lines.nodes.push(NodeLine {
                name: named(&node.id).unwrap_or_default(),
                label: Some(node.label.clone()),
                position: node.position,
                config: Box::new(config),
                entry: node.entry,
            });
        }
        let mut left_out = Vec::new();
        for edge in graph.edges() {
            let label = edge.label.clone();
            match (named(&edge.from_node_id), named(&edge.to_node_id)) {
                (Some(from), Some(to)) => lines.edges.push(EdgeLine { from, label, to }),
                (_, _) => left_out.push(format!(
                    "{} from {} to {}, of which one is not in the graph",
                    edge.id, edge.from_node_id, edge.to_node_id
                )),
            }
        }
        let file = Self {
            title: title.into(),
            description: description.into(),
            settings: settings.clone(),
            graph: lines,
        };
        (file, left_out)
    }

    /// The text of the file.
    ///
    /// # Errors
    ///
    /// When the format cannot hold a value of a config: TOML has no null.
    pub fn write(&self, format: FileFormat) -> Result<String, Wrong> {
        let document = self.document();
        match format {
            FileFormat::Json => serde_json::to_string_pretty(&document)
                .map(|text| text + "\n")
                .map_err(|wrong| wrong.to_string()),
            FileFormat::Toml => as_toml(&document).map_err(|wrong| {
                format!("the workflow cannot be written as TOML ({wrong}); write it as JSON")
            }),
        }
    }

    fn document(&self) -> Document<'_> {
        let node = |line: &'_ NodeLine| {
            let node_type = line.config.node_type();
            (node_type, *line.config != NodeConfig::empty(node_type))
        };
        Document {
            title: &self.title,
            description: &self.description,
            settings: &self.settings,
            nodes: (self.graph.nodes.iter())
                .map(|line| {
                    let (node_type, told) = node(line);
                    NodeEntry {
                        key: &line.name,
                        label: line.label(),
                        node_type,
                        entry: line.entry,
                        position_x: canvas_units(line.position.x_milli),
                        position_y: canvas_units(line.position.y_milli),
                        config: told.then_some(&line.config),
                    }
                })
                .collect(),
            edges: (self.graph.edges.iter())
                .map(|line| EdgeEntry {
                    from: &line.from,
                    to: &line.to,
                    label: line.label.as_ref(),
                })
                .collect(),
        }
    }
}

/// Thousandths as a number with up to three places.
fn canvas_units(milli: i64) -> Value {
    format!("{milli}e-3").parse::<Decimal>().map_or_else(|_| Value::from(0), Value::Number)
}

/// Tables of nodes and edges one after the other, each config on a line of its own.
fn as_toml(document: &Document<'_>) -> Result<String, toml::ser::Error> {
    let title = toml::Value::from(document.title);
    let description = toml::Value::from(document.description);
    let mut text = format!("title = {title}\ndescription = {description}\n");
    table(&mut text, "[settings]", &document.settings)?;
    for node in &document.nodes {
        table(&mut text, "[[nodes]]", node)?;
    }
    for edge in &document.edges {
        table(&mut text, "[[edges]]", edge)?;
    }
    Ok(text)
}

fn table(text: &mut String, head: &str, entries: &impl Serialize) -> Result<(), toml::ser::Error> {
    // Writing to a text does not fail.
    let _ = writeln!(text, "\n{head}");
    for (key, value) in toml::Table::try_from(entries)? {
        let _ = writeln!(text, "{key} = {value}");
    }
    Ok(())
}
