//! Whether the workflow of a file could be created and activated.

use std::collections::BTreeSet;

use branchline_domain::{
    decider::Recorded,
    graph::{self, Fault, Graph},
    id::OrganisationId,
    workflow::{self, WorkflowCommand, WorkflowContext, WorkflowState},
};
use serde::Serialize;

use super::WorkflowFile;
use crate::{names::Names, story_ids, world::word_of};

/// One thing that is wrong with a workflow, or doubtful, in the names of its file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// What kind of thing, in the words of the API.
    pub code: String,
    /// Key of the node.
    pub node: Option<String>,
    /// The edge, as it is written in scenarios.
    pub edge: Option<String>,
    /// The same in a sentence.
    pub message: String,
    /// How to mend it.
    pub fix: String,
}

/// All that is wrong with a workflow, and all that is doubtful.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Judgement {
    /// Whether it can be created and activated.
    pub valid: bool,
    /// What blocks that.
    pub faults: Vec<Verdict>,
    /// What does not.
    pub warnings: Vec<Verdict>,
}

impl WorkflowFile {
    /// Judges the workflow: its limits, and everything that activation asks.
    pub fn judge(&self) -> Judgement {
        let graph = self.as_graph();
        let report = graph::validate(&graph, &BTreeSet::new());
        let mut names = Names::default();
        for line in &self.graph.nodes {
            names.name_node(story_ids::node_id(&line.name), &line.name);
        }
        for edge in graph.edges() {
            names.name_edge(edge.id, &names.line_of(edge));
        }
        let told = |fault: &Fault| named(&names, &graph, fault);
        let mut faults = self.refusals();
        faults.extend(report.faults.iter().map(told));
        let warnings = report.warnings.iter().map(told).collect();
        Judgement { valid: faults.is_empty(), faults, warnings }
    }

    /// What the rules refuse of it before any activation: texts and lists that are too long.
    fn refusals(&self) -> Vec<Verdict> {
        let id_of = |name: &str| self.graph.id_of(name);
        let create = WorkflowCommand::Create {
            organisation: OrganisationId::DEFAULT,
            title: self.title.clone(),
            description: self.description.clone(),
            settings: self.settings.clone(),
            graph: Vec::new(),
            source: None,
        };
        let nodes = self.graph.nodes.iter();
        let nodes =
            nodes.map(|line| (Some(&line.name), WorkflowCommand::AddNode(line.as_node(id_of))));
        let edges = self.graph.edges.iter();
        let edges = edges.map(|line| (None, WorkflowCommand::AddEdge(line.as_edge())));
        let mut state = WorkflowState::default();
        let mut refusals = Vec::new();
        for (node, command) in [(None, create)].into_iter().chain(nodes).chain(edges) {
            match workflow::decide(&state, &command, &WorkflowContext::default()) {
                Ok(events) => {
                    for event in &events {
                        let recorded = Recorded { at: story_ids::START, position: 0 };
                        workflow::evolve(&mut state, event, recorded);
                    }
                }
                Err(rejection) => {
                    refusals.push(Verdict {
                        code: "invalid".into(),
                        node: node.cloned(),
                        edge: None,
                        message: rejection.to_string(),
                        fix: "change it so that it is within its limits".into(),
                    });
                }
            }
        }
        refusals
    }
}

/// The fault in the names of the file. Its sentences tell ids where a node has no label, and of every
/// edge: nobody who reads a file has seen those.
fn named(names: &Names, graph: &Graph, fault: &Fault) -> Verdict {
    let in_names = |text: &str| {
        let text = graph.edges().iter().fold(text.to_owned(), |text, edge| {
            text.replace(&edge.id.to_string(), &names.of_edge(edge.id))
        });
        graph
            .nodes()
            .iter()
            .fold(text, |text, node| text.replace(&node.id.to_string(), &names.of_node(node.id)))
    };
    Verdict {
        code: word_of(&fault.code),
        node: fault.node_id.map(|node| names.of_node(node)),
        edge: fault.edge_id.map(|edge| names.of_edge(edge)),
        message: in_names(&fault.message),
        fix: in_names(&fault.fix),
    }
}
