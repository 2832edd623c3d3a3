//! What happened in a workflow, as readers get it.

use std::collections::BTreeMap;

use branchline_domain::{
    call_status::CallStatus,
    graph::Day,
    id::{EdgeId, NodeId, OrganisationId, WorkflowId},
    output::Output,
    time::Timestamp,
};
use serde::Serialize;

use super::{Answered, MinuteCounts, StoredNode, THROUGHPUT_MINUTES, histogram::Histogram};
use crate::{Projections, workflows::StoredWorkflow};

/// What happened in a workflow so far. Leads that were removed or erased since count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Insights {
    /// How far leads came.
    pub funnel: Funnel,
    /// Calls by which of their lead's calls they are: the first that was dialled, the second, …;
    /// the last of [`super::ATTEMPTS_TOLD`] counts those beyond it too. As long as the highest one
    /// that there was: the first says how many leads were dialled, and the difference of two how
    /// many were dialled so often and no more.
    pub attempts: Vec<Answered>,
    /// Where the clock stands that `hours` are told by: the zone of the workflow's settings. That
    /// of a lead follows from its number, which is sealed.
    pub timezone: String,
    /// Calls by the time at which they were dialled, by weekday and hour: 168, from Monday 00:00.
    pub hours: Vec<HourOfWeek>,
    /// By node: every node of the newest revision, and older ones that were entered.
    pub by_node: BTreeMap<NodeId, NodeInsights>,
}

/// How far leads came. Each one counts once in each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Funnel {
    /// Enrolled; those of imports that run do not count yet.
    pub enrolled: u64,
    /// Came to a first node.
    pub started: u64,
    /// Had a call that somebody was asked to dial.
    pub dialled: u64,
    /// Had a call that was answered.
    pub answered: u64,
    /// Reached a `CONVERTED` node, with or without a call.
    pub converted: u64,
    /// Reached a `DROPPED` node.
    pub dropped: u64,
}

/// Calls of an hour of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct HourOfWeek {
    /// Day.
    pub weekday: Day,
    /// Hour on the clock, from 0 to 23.
    pub hour: u8,
    /// The calls that were dialled within it.
    #[serde(flatten)]
    pub calls: Answered,
}

/// What happened at a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NodeInsights {
    /// Visits that began.
    pub entered: u64,
    /// The branches that leads took from here, in the order each was first taken.
    pub branches: Vec<BranchTraffic>,
    /// Its calls that ended, by status.
    pub calls: BTreeMap<CallStatus, u64>,
    /// Its calls by which of their visit's calls they are, like [`Insights::attempts`].
    pub attempts: Vec<Answered>,
    /// How long visits took that ended with a branch or a move; `None` before the first.
    pub stay: Option<Stay>,
}

/// A way out of a node, and how often it was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BranchTraffic {
    /// The node it leaves.
    pub from_node: NodeId,
    /// The output that decided.
    pub output: Output,
    /// The node it leads to.
    pub to_node: NodeId,
    /// How often it was taken; a lead may take it more than once.
    pub taken: u64,
}

/// How long visits took, pauses and calls included; within a sixteenth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Stay {
    /// Visits.
    pub visits: u64,
    /// Half of them took no longer. Unit: milliseconds.
    pub p50_ms: u64,
    /// 95 of 100 took no longer. Unit: milliseconds.
    pub p95_ms: u64,
}

impl Stay {
    fn of(stay: &Histogram) -> Option<Self> {
        Some(Self {
            visits: stay.count(),
            p50_ms: stay.percentile(50)?,
            p95_ms: stay.percentile(95)?,
        })
    }
}

impl Projections {
    /// What happened in a workflow so far; nothing for one that there is not. Takes time for its
    /// nodes, none for leads.
    pub fn insights(&self, workflow: WorkflowId) -> Insights {
        let Some(stored) = self.workflows.by_id(workflow) else { return Insights::default() };
        let kept = &stored.insights;
        let funnel = Funnel {
            enrolled: stored.by_status.enrolled(),
            started: kept.started,
            dialled: kept.attempts.first().map_or(0, |first| first.dialled),
            answered: kept.answered,
            converted: kept.converted,
            dropped: kept.dropped,
        };
        let of_day =
            Day::ALL.into_iter().flat_map(|weekday| (0..24).map(move |hour| (weekday, hour)));
        let hours = of_day.zip(kept.hours.by_hour());
        let mut by_node: BTreeMap<NodeId, NodeInsights> = BTreeMap::new();
        for node in stored.state.graph.nodes() {
            by_node.insert(node.id, NodeInsights::default());
        }
        for (number, of_node) in (0..).zip(kept.nodes.iter()) {
            if let Some(id) = stored.nodes.id(number)
                && *of_node != StoredNode::default()
            {
                by_node.insert(id, shown_node(stored, id, of_node));
            }
        }
        Insights {
            funnel,
            attempts: kept.attempts.clone(),
            timezone: stored.state.settings.default_timezone.clone(),
            hours: hours
                .map(|((weekday, hour), calls)| HourOfWeek { weekday, hour, calls })
                .collect(),
            by_node,
        }
    }

    /// The branches that leads of a workflow took, by the node they left. Takes time for its nodes,
    /// none for leads.
    pub fn traffic(&self, workflow: WorkflowId) -> Vec<BranchTraffic> {
        let Some(stored) = self.workflows.by_id(workflow) else { return Vec::new() };
        let nodes = (0..).zip(stored.insights.nodes.iter());
        let named = nodes.filter_map(|(number, node)| Some((stored.nodes.id(number)?, node)));
        named.flat_map(|(from, node)| branches(stored, from, node)).collect()
    }

    /// How often each edge of a workflow's newest graph was taken. A branch counts for the edge
    /// that has its output as label, else for one without a label; one that no edge leads along any
    /// more counts for none.
    pub fn edge_traffic(&self, workflow: WorkflowId) -> BTreeMap<EdgeId, u64> {
        let Some(stored) = self.workflows.by_id(workflow) else { return BTreeMap::new() };
        let graph = &stored.state.graph;
        let mut edges: BTreeMap<EdgeId, u64> =
            graph.edges().iter().map(|edge| (edge.id, 0)).collect();
        for branch in self.traffic(workflow) {
            let along = || {
                graph.outgoing(branch.from_node).filter(|edge| edge.to_node_id == branch.to_node)
            };
            let labelled = along().find(|edge| edge.label.as_ref() == Some(&branch.output));
            let edge = labelled.or_else(|| along().find(|edge| edge.label.is_none()));
            if let Some(taken) = edge.and_then(|edge| edges.get_mut(&edge.id)) {
                *taken += branch.taken;
            }
        }
        edges
    }

    /// The branches that leads of an organisation took in the minute of `now` and those before it,
    /// oldest first, by when they were recorded. Deleted workflows count: it did happen. Takes time
    /// for each workflow, none for leads.
    pub fn throughput(
        &self,
        organisation: OrganisationId,
        now: Timestamp,
    ) -> [MinuteCounts; THROUGHPUT_MINUTES] {
        let mut minutes = [MinuteCounts::default(); THROUGHPUT_MINUTES];
        for (_, stored) in self.workflows.all().filter(|(_, one)| one.organisation == organisation)
        {
            stored.insights.minutes.add_to(&mut minutes, now);
        }
        minutes
    }

    /// The same of one workflow.
    pub fn workflow_throughput(
        &self,
        workflow: WorkflowId,
        now: Timestamp,
    ) -> [MinuteCounts; THROUGHPUT_MINUTES] {
        let mut minutes = [MinuteCounts::default(); THROUGHPUT_MINUTES];
        if let Some(stored) = self.workflows.by_id(workflow) {
            stored.insights.minutes.add_to(&mut minutes, now);
        }
        minutes
    }
}

fn shown_node(stored: &StoredWorkflow, id: NodeId, node: &StoredNode) -> NodeInsights {
    NodeInsights {
        entered: node.entered,
        branches: branches(stored, id, node).collect(),
        calls: node.ended.iter().copied().collect(),
        attempts: node.attempts.clone(),
        stay: Stay::of(&node.stay),
    }
}

fn branches(
    stored: &StoredWorkflow,
    from_node: NodeId,
    node: &StoredNode,
) -> impl Iterator<Item = BranchTraffic> {
    node.branches.iter().filter_map(move |branch| {
        let to_node = stored.nodes.id(branch.to)?;
        let output = branch.output.clone();
        Some(BranchTraffic { from_node, output, to_node, taken: branch.taken })
    })
}
