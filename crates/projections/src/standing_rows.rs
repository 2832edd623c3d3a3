//! The rows of a workflow's leads by where they stand, so that a page of a list looks at few of
//! them.

use std::collections::BTreeSet;

use branchline_domain::{lead::LeadStatus, time::Timestamp};

use crate::{
    standing::{Arrival, Bucket},
    workflows::PerNode,
};

/// When a lead came to its node, and its row; in the order of the time.
///
/// Three words of four bytes: a pair of the time and the row would take four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entered {
    high: i32,
    low: u32,
    pub(crate) row: u32,
}

impl Entered {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the two halves of a number"
    )]
    pub(crate) const fn at(micros: i64, row: u32) -> Self {
        Self { high: (micros >> 32) as i32, low: micros as u32, row }
    }

    /// Unit: microseconds since 1970.
    pub(crate) fn micros(self) -> i64 {
        (i64::from(self.high) << 32) | i64::from(self.low)
    }
}

const _: () = assert!(size_of::<Entered>() == 12);

/// Rows of the leads that lists show.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct StandingRows {
    by_bucket: [BTreeSet<u32>; Bucket::COUNT],
    /// Those at each node, removed ones too, by number of the node.
    at_node: PerNode<BTreeSet<Entered>>,
}

impl StandingRows {
    /// Leads that count in a bucket.
    pub(crate) fn in_bucket(&self, bucket: Bucket) -> &BTreeSet<u32> {
        let [pending, active, completed, dropped, removed] = &self.by_bucket;
        match bucket {
            Bucket::With(LeadStatus::Pending) => pending,
            Bucket::With(LeadStatus::Active) => active,
            Bucket::With(LeadStatus::Completed) => completed,
            Bucket::With(LeadStatus::Dropped) => dropped,
            Bucket::Removed => removed,
        }
    }

    fn in_bucket_mut(&mut self, bucket: Bucket) -> &mut BTreeSet<u32> {
        let [pending, active, completed, dropped, removed] = &mut self.by_bucket;
        match bucket {
            Bucket::With(LeadStatus::Pending) => pending,
            Bucket::With(LeadStatus::Active) => active,
            Bucket::With(LeadStatus::Completed) => completed,
            Bucket::With(LeadStatus::Dropped) => dropped,
            Bucket::Removed => removed,
        }
    }

    /// Leads at a node.
    pub(crate) fn at_node(&self, node: u32) -> Option<&BTreeSet<Entered>> {
        self.at_node.get(node)
    }

    /// Leads at each node, in order of the nodes' numbers.
    pub(crate) fn at_nodes(&self) -> impl Iterator<Item = (u32, &BTreeSet<Entered>)> {
        (0..).zip(self.at_node.iter())
    }

    pub(crate) fn change_bucket(&mut self, row: u32, old: Option<Bucket>, new: Option<Bucket>) {
        if old == new {
            return;
        }
        if let Some(old) = old {
            self.in_bucket_mut(old).remove(&row);
        }
        if let Some(new) = new {
            self.in_bucket_mut(new).insert(row);
        }
    }

    pub(crate) fn change_arrival(&mut self, row: u32, old: Option<Arrival>, new: Option<Arrival>) {
        if old == new {
            return;
        }
        if let Some(Arrival { node, at }) = old {
            self.at_node.slot(node).remove(&Entered::at(at.as_micros(), row));
        }
        if let Some(Arrival { node, at }) = new {
            self.at_node.slot(node).insert(Entered::at(at.as_micros(), row));
        }
    }

    /// Puts everybody at the nodes at once: many times faster than one by one, out of order.
    pub(crate) fn fill_nodes(&mut self, arrivals: Vec<(u32, Arrival)>) {
        let mut at_node: Vec<Vec<Entered>> = Vec::new();
        for (row, Arrival { node, at }) in arrivals {
            let node = node as usize;
            if at_node.len() <= node {
                at_node.resize_with(node + 1, Vec::new);
            }
            if let Some(there) = at_node.get_mut(node) {
                there.push(Entered::at(at.as_micros(), row));
            }
        }
        for (node, there) in (0..).zip(at_node) {
            if !there.is_empty() {
                *self.at_node.slot(node) = there.into_iter().collect();
            }
        }
    }
}

/// An arrival whose time is not known counts as the earliest: so old a one is in no journal.
pub(crate) const LONG_AGO: Timestamp = Timestamp::from_micros(0);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_before_and_after_1970_keep_their_order_and_value() {
        let times =
            [-5_000_000_000_000, -1, 0, 1, 0xffff_ffff, 0x1_0000_0000, 1_800_000_000_000_000];
        let entered = times.map(|micros| Entered::at(micros, 7));
        assert!(entered.is_sorted());
        assert_eq!(entered.map(Entered::micros), times);
        assert!(Entered::at(5, 1) < Entered::at(5, 2));
    }
}
