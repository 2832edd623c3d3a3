//! Workflows, each with what is kept about its leads and calls.

use std::collections::{BTreeMap, BTreeSet};

use branchline_domain::{
    call_status::CallStatus,
    id::{OrganisationId, WorkflowId},
    lead::HoldCode,
    time::Timestamp,
    workflow::WorkflowState,
};
use branchline_journal::record::Position;

use crate::{
    insights::StoredInsights,
    rows::{NodeCounts, StatusCounts},
    standing::Standing,
    standing_rows::StandingRows,
    stored::NodeTable,
};

/// One workflow. Leads and calls are named by their rows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StoredWorkflow {
    pub(crate) id: WorkflowId,
    pub(crate) organisation: OrganisationId,
    pub(crate) state: WorkflowState,
    pub(crate) status_position: Position,
    pub(crate) nodes: NodeTable,
    /// All of its leads in order of enrolment, those that lists do not show too.
    pub(crate) leads: Vec<u32>,
    /// All of its calls in order of request.
    pub(crate) calls: Vec<u32>,
    pub(crate) by_status: StatusCounts,
    /// By number of the node.
    pub(crate) by_node: PerNode<NodeCounts>,
    /// Active leads at each node, by number of the node; leads that ended there do not wait.
    pub(crate) waiting: PerNode<u64>,
    /// Leads of imports that run: they count for nothing but completion.
    pub(crate) in_open_import: u64,
    /// Its leads by where they stand.
    pub(crate) rows: StandingRows,
    pub(crate) held: BTreeMap<HoldCode, BTreeSet<u32>>,
    /// Calls to be dialled now.
    pub(crate) requested: BTreeSet<u32>,
    /// Calls to be dialled then.
    pub(crate) scheduled: BTreeSet<(Timestamp, u32)>,
    /// Leads with a try of an application that is wanted.
    pub(crate) applications: BTreeSet<u32>,
    pub(crate) in_progress: BTreeSet<u32>,
    pub(crate) calls_by_status: BTreeMap<CallStatus, u64>,
    pub(crate) imports: Vec<u32>,
    pub(crate) insights: StoredInsights,
}

impl StoredWorkflow {
    pub(crate) fn new(id: WorkflowId, organisation: OrganisationId) -> Self {
        Self {
            id,
            organisation,
            state: WorkflowState::default(),
            status_position: Position::START,
            nodes: NodeTable::default(),
            leads: Vec::new(),
            calls: Vec::new(),
            by_status: StatusCounts::default(),
            by_node: PerNode::default(),
            waiting: PerNode::default(),
            in_open_import: 0,
            rows: StandingRows::default(),
            held: BTreeMap::new(),
            requested: BTreeSet::new(),
            scheduled: BTreeSet::new(),
            applications: BTreeSet::new(),
            in_progress: BTreeSet::new(),
            calls_by_status: BTreeMap::new(),
            imports: Vec::new(),
            insights: StoredInsights::default(),
        }
    }

    /// Whether there is such a workflow for people: created and not deleted.
    pub(crate) const fn is_there(&self) -> bool {
        self.state.exists && !self.state.deleted
    }

    /// Whether its leads may move.
    pub(crate) const fn is_moving(&self) -> bool {
        self.is_there() && self.state.status.can_process_leads()
    }

    /// Whether its leads never move again.
    pub(crate) const fn has_ended(&self) -> bool {
        self.state.status.is_final() || self.state.deleted
    }

    /// Takes a lead out of the counts and sets, as it stood, and puts it in as it stands.
    pub(crate) fn restand(&mut self, lead: u32, before: &Standing, after: &Standing) {
        if before == after {
            return;
        }
        self.count(before, false);
        self.count(after, true);
        self.rows.change_bucket(lead, before.bucket, after.bucket);
        self.rows.change_arrival(lead, before.arrival, after.arrival);
        if before.held != after.held {
            if let Some(code) = before.held
                && let Some(set) = self.held.get_mut(&code)
            {
                set.remove(&lead);
                if set.is_empty() {
                    self.held.remove(&code);
                }
            }
            if let Some(code) = after.held {
                self.held.entry(code).or_default().insert(lead);
            }
        }
    }

    fn count(&mut self, standing: &Standing, add: bool) {
        let shift = |count: &mut u64| *count = shifted(*count, add);
        if standing.in_open_import {
            shift(&mut self.in_open_import);
        }
        if let Some(bucket) = standing.bucket {
            shift(bucket.of(&mut self.by_status));
        }
        if let Some(node) = standing.node {
            let counts = self.by_node.slot(node);
            shift(&mut counts.here);
            if standing.held.is_some() {
                shift(&mut counts.held);
            }
            if standing.is_active() {
                shift(self.waiting.slot(node));
            }
        }
        let mut passed = standing.passed;
        while passed != 0 {
            shift(&mut self.by_node.slot(passed.trailing_zeros()).passed);
            passed &= passed - 1;
        }
    }

    /// A lead left a node beyond the 64th for the first time, or does not count there any more.
    pub(crate) fn count_passed(&mut self, node: u32, add: bool) {
        let count = &mut self.by_node.slot(node).passed;
        *count = shifted(*count, add);
    }

    /// Calls that nobody was asked to dial, whenever they may be.
    pub(crate) fn queued(&self) -> impl Iterator<Item = u32> {
        self.requested.iter().copied().chain(self.scheduled.iter().map(|&(_, row)| row))
    }

    /// A call came to a status, or left it.
    pub(crate) fn count_call(&mut self, status: CallStatus, add: bool) {
        let count = self.calls_by_status.entry(status).or_default();
        *count = shifted(*count, add);
        if *count == 0 {
            self.calls_by_status.remove(&status);
        }
    }
}

const fn shifted(count: u64, add: bool) -> u64 {
    // Saturating: counts that a bug drove below zero must not take the readers down.
    if add { count + 1 } else { count.saturating_sub(1) }
}

/// A value for each node, by the node's number.
#[derive(Clone, Debug, Default)]
pub(crate) struct PerNode<T>(Vec<T>);

impl<T: Clone + Default + PartialEq> PartialEq for PerNode<T> {
    /// A node without a slot counts as one with the value of a new slot.
    fn eq(&self, other: &Self) -> bool {
        let (short, long) =
            if self.0.len() <= other.0.len() { (self, other) } else { (other, self) };
        let (same, beyond) = long.0.split_at(short.0.len());
        same == short.0 && beyond.iter().all(|value| *value == T::default())
    }
}

impl<T: Clone + Default> PerNode<T> {
    pub(crate) fn get(&self, node: u32) -> Option<&T> {
        self.0.get(node as usize)
    }

    /// The slots that there are, in order of the nodes' numbers.
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }

    /// The slot of a node, made if need be.
    #[expect(clippy::expect_used, reason = "the lines before make the slot")]
    pub(crate) fn slot(&mut self, node: u32) -> &mut T {
        let node = node as usize;
        if self.0.len() <= node {
            self.0.resize(node + 1, T::default());
        }
        self.0.get_mut(node).expect("the slot was just made")
    }
}

/// All workflows, in order of creation.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Workflows {
    all: Vec<StoredWorkflow>,
    numbers: BTreeMap<WorkflowId, u32>,
}

impl Workflows {
    pub(crate) fn all(&self) -> impl Iterator<Item = (u32, &StoredWorkflow)> {
        (0..).zip(&self.all)
    }

    pub(crate) fn get(&self, number: u32) -> Option<&StoredWorkflow> {
        self.all.get(number as usize)
    }

    pub(crate) fn get_mut(&mut self, number: u32) -> Option<&mut StoredWorkflow> {
        self.all.get_mut(number as usize)
    }

    pub(crate) fn number(&self, id: WorkflowId) -> Option<u32> {
        self.numbers.get(&id).copied()
    }

    pub(crate) fn by_id(&self, id: WorkflowId) -> Option<&StoredWorkflow> {
        self.get(self.number(id)?)
    }

    /// Adds a workflow. `false` when there is one with its id.
    pub(crate) fn add(&mut self, stored: StoredWorkflow) -> bool {
        let Ok(number) = u32::try_from(self.all.len()) else { return false };
        let is_new = self.numbers.insert(stored.id, number).is_none();
        self.all.push(stored);
        is_new
    }

    /// The workflow's number. A workflow that was not heard of before gets one: a reader of a part
    /// of a journal may see its leads only.
    pub(crate) fn number_or_new(&mut self, id: WorkflowId, organisation: OrganisationId) -> u32 {
        *self.numbers.entry(id).or_insert_with(|| {
            self.all.push(StoredWorkflow::new(id, organisation));
            u32::try_from(self.all.len() - 1).unwrap_or(crate::arena::NONE)
        })
    }
}
