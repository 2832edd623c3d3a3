//! What ids in records are called.

use std::collections::BTreeMap;

use branchline_domain::{
    id::{LeadId, NodeId, WorkflowId},
    organisation::Scope,
};
use branchline_engine::{EngineError, EngineHandle, RecordedEvents, RecordedFact};
use branchline_http_api::pages::Visitor;
use maud::{Markup, html};

use super::trail::lead_of;

/// What is called how, of everything that the records of one page name.
#[derive(Debug, Default)]
pub(crate) struct Names {
    homes: BTreeMap<LeadId, WorkflowId>,
    workflows: BTreeMap<WorkflowId, Called>,
    /// By principal. Empty for those who may not see keys.
    keys: BTreeMap<String, String>,
}

/// A workflow and its steps.
#[derive(Debug, Default)]
struct Called {
    title: String,
    /// Of the newest graph: one that was taken away is shown by its id.
    labels: BTreeMap<NodeId, String>,
}

impl Names {
    /// What the records of a page name.
    pub(crate) async fn of(
        engine: &EngineHandle,
        visitor: &Visitor,
        facts: &[RecordedFact],
    ) -> Result<Self, EngineError> {
        let theirs = visitor.organisation();
        let sees_keys = visitor.may(Scope::Admin) || visitor.may(Scope::Audit);
        let look = engine.read(|read| {
            let mut names = Self::default();
            for fact in facts {
                let workflow = match &fact.events {
                    RecordedEvents::Workflow(workflow, _) => Some(*workflow),
                    RecordedEvents::Lead(lead, _) => read.lead_home(*lead).map(|(home, _)| {
                        names.homes.insert(*lead, home);
                        home
                    }),
                    RecordedEvents::Organisation(..) => None,
                };
                let Some(workflow) = workflow else { continue };
                if names.workflows.contains_key(&workflow) {
                    continue;
                }
                let row = read.workflow(workflow).filter(|row| row.organisation == theirs);
                let called = row.map(|row| Called {
                    title: row.state.title.clone(),
                    labels: row
                        .state
                        .graph
                        .nodes()
                        .iter()
                        .map(|node| (node.id, node.label.clone()))
                        .collect(),
                });
                names.workflows.extend(called.map(|called| (workflow, called)));
            }
            if sees_keys && let Some(state) = read.organisation(theirs) {
                let keys = state.keys.iter();
                names.keys =
                    keys.map(|(id, key)| (format!("key:{id}"), key.name.clone())).collect();
            }
            names
        });
        look.await
    }

    /// Who caused something.
    pub(crate) fn who(&self, principal: &str) -> Markup {
        let named = self.keys.get(principal);
        html! {
            @match (principal, named) {
                (_, Some(name)) => span title=(principal) { (name) },
                ("engine", None) => "the engine",
                ("api", None) => "somebody without a key",
                ("operator", None) => "the operator",
                (other, None) if other.starts_with("key:") => {
                    span title=(other) { "key …" (end_of(other)) }
                }
                (other, None) => (other),
            }
        }
    }

    /// A step of the workflow that a record is about.
    pub(super) fn node(&self, fact: &RecordedFact, node: NodeId) -> Markup {
        let called = self.workflow_of(fact).and_then(|workflow| self.workflows.get(&workflow));
        let label = called.and_then(|called| called.labels.get(&node));
        html! {
            @match label {
                Some(label) => strong { (label) },
                None => span title=(node) { "a step that is gone (…" (end_of(&node.to_string())) ")" },
            }
        }
    }

    /// What a record is about, with the way there.
    pub(super) fn about(&self, fact: &RecordedFact) -> Markup {
        let workflow = self.workflow_of(fact);
        let called = workflow.and_then(|workflow| self.workflows.get(&workflow));
        html! {
            @if let Some(lead) = lead_of(fact) {
                a href={ "/leads/" (lead) } title=(lead) { "lead …" (end_of(&lead.to_string())) }
            }
            @if let Some(workflow) = workflow {
                @match called {
                    Some(called) => a href={ "/workflows/" (workflow) } { (called.title) },
                    // Deleted: its history stays, its page does not.
                    None => span.muted title=(workflow) { "workflow …" (end_of(&workflow.to_string())) },
                }
            }
        }
    }

    fn workflow_of(&self, fact: &RecordedFact) -> Option<WorkflowId> {
        match &fact.events {
            RecordedEvents::Workflow(workflow, _) => Some(*workflow),
            RecordedEvents::Lead(lead, _) => self.homes.get(lead).copied(),
            RecordedEvents::Organisation(..) => None,
        }
    }
}

/// The end of an id: those of one moment begin alike.
pub(super) fn end_of(id: &str) -> String {
    let count = id.chars().count();
    id.chars().skip(count.saturating_sub(6)).collect()
}
