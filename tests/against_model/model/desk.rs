//! What people do with the workflow as a whole: its status, its settings, its graph, its leads.

use std::collections::{BTreeMap, BTreeSet};

use branchline_domain::{lead::LeadStatus, workflow::WorkflowStatus};

use super::{Answer, Choice, Config, Drawing, Edge, Lead, Model, Name, graph::Node};
use crate::step::Duplicates;

type Answered = Result<Answer, &'static str>;

/// Source: the table of CONTRACT.md 2.
impl Model {
    pub(super) fn activate(&mut self) -> Answered {
        if !matches!(self.status, WorkflowStatus::Draft | WorkflowStatus::Paused) {
            return Err("wrong_status");
        }
        if !self.graph().is_valid() {
            return Err("invalid_graph");
        }
        self.free();
        Ok(Answer::Done)
    }

    pub(super) fn resume(&mut self) -> Answered {
        if self.status != WorkflowStatus::Paused {
            return Err("wrong_status");
        }
        self.free();
        Ok(Answer::Done)
    }

    fn free(&mut self) {
        self.status = WorkflowStatus::Active;
        self.freed_step = Some(self.step);
    }

    pub(super) fn pause(&mut self) -> Answered {
        if self.status != WorkflowStatus::Active {
            return Err("wrong_status");
        }
        self.status = WorkflowStatus::Paused;
        Ok(Answer::Done)
    }

    pub(super) fn cancel(&mut self) -> Answered {
        if self.has_stopped() {
            return Err("wrong_status");
        }
        self.status = WorkflowStatus::Cancelled;
        Ok(Answer::Done)
    }

    pub(super) fn complete(&mut self, force: bool) -> Answered {
        if !matches!(self.status, WorkflowStatus::Active | WorkflowStatus::Paused) {
            return Err("wrong_status");
        }
        if !force && !self.leads.iter().all(Lead::has_ended) {
            return Err("leads_under_way");
        }
        self.status = WorkflowStatus::Completed;
        Ok(Answer::Done)
    }

    pub(super) fn choose(&mut self, choice: Choice) -> Answered {
        if self.has_stopped() && choice != self.choice {
            return Err("wrong_status");
        }
        self.choice = choice;
        Ok(Answer::Done)
    }
}

/// Edits of the graph: each makes a new revision. Source: CONTRACT.md 6.
impl Model {
    fn edit(&mut self, change: impl FnOnce(&mut Drawing)) {
        let mut next = self.graph().clone();
        change(&mut next);
        if next != *self.graph() {
            self.drawings.push(next);
        }
    }

    const fn refuse_final(&self) -> Result<(), &'static str> {
        match self.status {
            WorkflowStatus::Completed | WorkflowStatus::Cancelled => Err("wrong_status"),
            WorkflowStatus::Draft | WorkflowStatus::Active | WorkflowStatus::Paused => Ok(()),
        }
    }

    pub(super) fn add_node(&mut self, name: Name) -> Answered {
        self.refuse_final()?;
        let node = Node { name, config: Config::first(name), entry: false };
        self.edit(|graph| graph.nodes.push(node));
        Ok(Answer::Done)
    }

    pub(super) fn configure(&mut self, name: Name, config: Config) -> Answered {
        self.patch(name, |node| node.config = config)
    }

    pub(super) fn mark_entry(&mut self, name: Name, entry: bool) -> Answered {
        self.patch(name, |node| node.entry = entry)
    }

    fn patch(&mut self, name: Name, change: impl FnOnce(&mut Node)) -> Answered {
        self.refuse_final()?;
        let mut node = *self.graph().node(name).ok_or("node_not_found")?;
        change(&mut node);
        self.edit(|graph| {
            for other in &mut graph.nodes {
                if other.name == name {
                    *other = node;
                } else if node.entry {
                    other.entry = false;
                }
            }
        });
        Ok(Answer::Done)
    }

    pub(super) fn remove_node(&mut self, name: Name) -> Answered {
        self.refuse_final()?;
        self.graph().node(name).ok_or("node_not_found")?;
        if self.leads.iter().any(|lead| lead.node == Some(name) && !lead.has_ended()) {
            return Err("leads_at_node");
        }
        self.edit(|graph| {
            graph.nodes.retain(|node| node.name != name);
            graph.edges.retain(|edge| edge.from != name && edge.to != name);
        });
        Ok(Answer::Done)
    }

    pub(super) fn add_edge(&mut self, edge: Edge) -> Answered {
        self.refuse_final()?;
        if self.graph().edges.contains(&edge) {
            return Err("edge_exists");
        }
        self.edit(|graph| graph.edges.push(edge));
        Ok(Answer::Done)
    }

    pub(super) fn remove_edge(&mut self, edge: Edge) -> Answered {
        self.refuse_final()?;
        self.edit(|graph| graph.edges.retain(|known| *known != edge));
        Ok(Answer::Done)
    }
}

/// Source: CONTRACT.md 7.
impl Model {
    pub(super) fn enrol(
        &mut self,
        phones: &[u8],
        duplicates: Duplicates,
        city: Option<&'static str>,
    ) -> Answered {
        if self.has_stopped() {
            return Err("workflow_ended");
        }
        let mut seen: BTreeSet<u8> =
            self.leads.iter().filter(|lead| !lead.removed).map(|lead| lead.phone).collect();
        let mut wanted = Vec::new();
        let mut skipped = 0;
        for &phone in phones {
            let is_new = seen.insert(phone);
            match duplicates {
                Duplicates::Allow => wanted.push(phone),
                Duplicates::Skip | Duplicates::Reject if is_new => wanted.push(phone),
                Duplicates::Skip => skipped += 1,
                Duplicates::Reject => return Err("rows"),
            }
        }
        let new = wanted.len();
        for phone in wanted {
            let lead = Lead {
                phone,
                city,
                enrolled_step: self.step,
                status: LeadStatus::Pending,
                removed: false,
                node: None,
                visit: 0,
                entered_revision: 0,
                release_s: None,
                analysis_s: None,
                call: None,
                hold: None,
                calls: BTreeMap::new(),
                passed: BTreeSet::new(),
                erased: false,
            };
            self.leads.push(lead);
        }
        Ok(Answer::Enrolled { new, skipped })
    }
}
