//! What happened in a workflow, counted while records are folded: which branches were taken, what
//! became of calls, when they were answered, how long leads stayed at a node.
//!
//! Counts are of what happened. A lead that was removed or erased later has still been dialled, so
//! that nothing counted is ever taken back, and no personal value is looked at: how many there are
//! does not depend on who may read what. A workflow takes some kilobytes, a node some hundred
//! bytes, however many leads there are.

mod fold;
mod histogram;
mod hours;
mod minutes;
mod shown;

use branchline_domain::{call_status::CallStatus, output::Output};
use serde::Serialize;

pub(crate) use self::{
    histogram::{Bucket, Histogram},
    hours::Hours,
    minutes::Minutes,
};
pub use self::{
    minutes::{MinuteCounts, OutcomeGroup, THROUGHPUT_MINUTES},
    shown::{BranchTraffic, Funnel, HourOfWeek, Insights, NodeInsights, Stay},
};
use crate::workflows::PerNode;

/// Attempts that are told apart; the last one counts all beyond it too.
pub const ATTEMPTS_TOLD: usize = 10;

/// Calls, and how many of them were answered: somebody was on the line, or the call is `completed`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Answered {
    /// Calls that somebody was asked to dial.
    pub dialled: u64,
    /// Of those, answered.
    pub answered: u64,
}

/// What is kept of a workflow.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct StoredInsights {
    /// Leads that came to a first node.
    pub(crate) started: u64,
    /// Leads that somebody answered for at least once.
    pub(crate) answered: u64,
    pub(crate) converted: u64,
    pub(crate) dropped: u64,
    /// By which of its lead's calls it is: the first dialled, the second, …
    pub(crate) attempts: Vec<Answered>,
    pub(crate) nodes: PerNode<StoredNode>,
    pub(crate) hours: Hours,
    pub(crate) minutes: Minutes,
}

/// What is kept of a node.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct StoredNode {
    /// Visits that began.
    pub(crate) entered: u64,
    /// In the order they were first taken.
    pub(crate) branches: Vec<StoredBranch>,
    /// Calls that ended, by status, in the order statuses first came.
    pub(crate) ended: Vec<(CallStatus, u64)>,
    /// By which of its visit's calls it is.
    pub(crate) attempts: Vec<Answered>,
    pub(crate) stay: Histogram,
}

/// A way out of a node that was taken.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StoredBranch {
    pub(crate) output: Output,
    /// Number of the node it led to.
    pub(crate) to: u32,
    pub(crate) taken: u64,
}

impl StoredNode {
    fn take(&mut self, output: &Output, to: u32) {
        let known = self.branches.iter_mut().find(|one| one.to == to && one.output == *output);
        match known {
            Some(branch) => branch.taken += 1,
            None => self.branches.push(StoredBranch { output: output.clone(), to, taken: 1 }),
        }
    }

    fn end_call(&mut self, status: CallStatus) {
        match self.ended.iter_mut().find(|(known, _)| *known == status) {
            Some((_, count)) => *count += 1,
            None => self.ended.push((status, 1)),
        }
    }
}

/// The slot of the attempt with this number, from 1.
fn attempt(attempts: &mut Vec<Answered>, number: usize) -> Option<&mut Answered> {
    let place = number.clamp(1, ATTEMPTS_TOLD) - 1;
    if attempts.len() <= place {
        attempts.resize(place + 1, Answered::default());
    }
    attempts.get_mut(place)
}
