//! The ways that leads took between two moments.

use std::collections::BTreeMap;

use branchline_domain::{
    id::{LeadId, NodeId, WorkflowId},
    lead::LeadEvent,
    output::Output,
};
use branchline_projections::Projections;
use serde::Serialize;

/// A way from node to node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Way {
    /// `null` for where leads come in.
    pub(super) from_node_id: Option<NodeId>,
    /// The output that decided; `null` where none did: an entry, or a lead that was put elsewhere.
    pub(super) output: Option<Output>,
    pub(super) to_node_id: NodeId,
}

/// How often a way was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Moved {
    #[serde(flatten)]
    pub(super) way: Way,
    pub(super) moves: u64,
}

/// All ways that were taken. Nodes are of one workflow only, so that the first lead on a way says
/// which workflow it is in.
#[derive(Debug, Default)]
pub(super) struct Moves(BTreeMap<Way, (LeadId, u64)>);

impl Moves {
    pub(super) fn take(&mut self, lead: LeadId, events: &[LeadEvent]) {
        for event in events {
            if let Some(way) = way(event) {
                self.0.entry(way).or_insert((lead, 0)).1 += 1;
            }
        }
    }

    /// The ways of each workflow, those that were taken most often first.
    pub(super) fn by_workflow(&self, read: &Projections) -> BTreeMap<WorkflowId, Vec<Moved>> {
        let mut found = BTreeMap::<WorkflowId, Vec<Moved>>::new();
        for (way, (lead, moves)) in &self.0 {
            if let Some((workflow, _)) = read.lead_home(*lead) {
                let moved = Moved { way: way.clone(), moves: *moves };
                found.entry(workflow).or_default().push(moved);
            }
        }
        for ways in found.values_mut() {
            ways.sort_by(|a, b| b.moves.cmp(&a.moves).then_with(|| a.way.cmp(&b.way)));
        }
        found
    }
}

fn way(event: &LeadEvent) -> Option<Way> {
    match event {
        // Any other arrival comes with the branch or the move that led there.
        LeadEvent::NodeEntered { visit: 1, node, .. } => {
            Some(Way { from_node_id: None, output: None, to_node_id: *node })
        }
        LeadEvent::BranchTaken { from, output, to, .. } => {
            Some(Way { from_node_id: Some(*from), output: Some(output.clone()), to_node_id: *to })
        }
        LeadEvent::LeadMoved { from, to, .. } => {
            Some(Way { from_node_id: Some(*from), output: None, to_node_id: *to })
        }
        LeadEvent::NodeEntered { .. }
        | LeadEvent::LeadEnrolled { .. }
        | LeadEvent::CallRequested { .. }
        | LeadEvent::CallScheduled { .. }
        | LeadEvent::CallDispatchStarted { .. }
        | LeadEvent::CallDispatched { .. }
        | LeadEvent::CallDispatchRefused { .. }
        | LeadEvent::CallDispatchUnknown { .. }
        | LeadEvent::CallStatusChanged { .. }
        | LeadEvent::CallConcluded { .. }
        | LeadEvent::CallConflictRecorded { .. }
        | LeadEvent::CallReferenced { .. }
        | LeadEvent::ProviderStatusHeard { .. }
        | LeadEvent::CallAttributesAttached { .. }
        | LeadEvent::AnalysisAwaited { .. }
        | LeadEvent::ApplicationRequested { .. }
        | LeadEvent::ApplicationStarted { .. }
        | LeadEvent::ApplicationTried { .. }
        | LeadEvent::ApplicationAnswered { .. }
        | LeadEvent::RoutingHeld { .. }
        | LeadEvent::HoldResolved { .. }
        | LeadEvent::ReleasePlanned { .. }
        | LeadEvent::LeadCompleted
        | LeadEvent::LeadDropped
        | LeadEvent::LeadRemoved
        | LeadEvent::LeadWithdrawn
        | LeadEvent::LeadErased { .. }
        | LeadEvent::LeadEdited { .. } => None,
    }
}
