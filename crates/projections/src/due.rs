//! What falls due, in order, over many workflows of which only some may move.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, BinaryHeap},
};

use branchline_domain::time::Timestamp;

/// Rows by due time, a lane for each workflow. Closed lanes keep their rows and give none, so that
/// the leads of a paused workflow are not handed out over and over.
#[derive(Clone, Debug, Default)]
pub(crate) struct DueQueue {
    lanes: Vec<Lane>,
    /// First due time of every open lane that has one, with the lane.
    heads: BTreeSet<(Timestamp, u32)>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Lane {
    entries: BTreeSet<(Timestamp, u32)>,
    open: bool,
    /// Added to the time of every entry. Unit: seconds.
    delay_s: u64,
    /// What `heads` holds for this lane.
    head: Option<Timestamp>,
}

impl Lane {
    fn first(&self) -> Option<Timestamp> {
        let (at, _) = self.entries.first().filter(|_| self.open)?;
        Some(at.plus_seconds(self.delay_s))
    }
}

impl PartialEq for DueQueue {
    /// A lane that nothing was ever said of counts as an empty, closed one.
    fn eq(&self, other: &Self) -> bool {
        let lanes = self.lanes.len().max(other.lanes.len());
        let unsaid = Lane::default();
        let same = |lane| {
            let (ours, theirs) = (self.lanes.get(lane), other.lanes.get(lane));
            ours.unwrap_or(&unsaid) == theirs.unwrap_or(&unsaid)
        };
        self.heads == other.heads && (0..lanes).all(same)
    }
}

impl DueQueue {
    /// Opens or closes a lane, and sets what is added to its times.
    pub(crate) fn set_lane(&mut self, lane: u32, open: bool, delay_s: u64) {
        self.with_lane(lane, |lane| {
            lane.open = open;
            lane.delay_s = delay_s;
        });
    }

    /// Moves a row from one time to another; `None` is "not in the queue".
    pub(crate) fn change(
        &mut self,
        lane: u32,
        row: u32,
        before: Option<Timestamp>,
        after: Option<Timestamp>,
    ) {
        if before == after {
            return;
        }
        self.with_lane(lane, |lane| {
            if let Some(at) = before {
                lane.entries.remove(&(at, row));
            }
            if let Some(at) = after {
                lane.entries.insert((at, row));
            }
        });
    }

    /// Rows of a lane, open or closed, that fall due before a time; at most `most` are counted.
    pub(crate) fn count_before(&self, lane: u32, until: Timestamp, most: usize) -> usize {
        let entries = self.lanes.get(lane as usize).map(|lane| &lane.entries);
        entries.map_or(0, |entries| entries.range(..(until, 0)).take(most).count())
    }

    fn with_lane(&mut self, number: u32, change: impl FnOnce(&mut Lane)) {
        if self.lanes.len() <= number as usize {
            self.lanes.resize_with(number as usize + 1, Lane::default);
        }
        let Some(lane) = self.lanes.get_mut(number as usize) else { return };
        change(lane);
        let head = lane.first();
        if head != lane.head {
            if let Some(old) = lane.head {
                self.heads.remove(&(old, number));
            }
            if let Some(new) = head {
                self.heads.insert((new, number));
            }
            lane.head = head;
        }
    }

    /// When the next row of an open lane falls due.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        self.heads.first().map(|&(at, _)| at)
    }

    /// When the next row of this lane falls due; `None` while it is closed.
    pub(crate) fn next_of(&self, lane: u32) -> Option<Timestamp> {
        self.lanes.get(lane as usize)?.head
    }

    /// Rows of open lanes that are due at `until` or before, earliest first, at most `limit`.
    pub(crate) fn due(&self, until: Timestamp, limit: usize) -> Vec<(Timestamp, u32)> {
        let mut found = Vec::new();
        let mut lanes = Vec::new();
        let mut heap = BinaryHeap::new();
        for &(_, number) in self.heads.iter().take_while(|(head, _)| *head <= until) {
            let Some(lane) = self.lanes.get(number as usize) else { continue };
            let mut rows =
                lane.entries.iter().map(|&(at, row)| (at.plus_seconds(lane.delay_s), row));
            if let Some(first) = rows.next() {
                heap.push(Reverse((first, lanes.len())));
                lanes.push(rows);
            }
        }
        while let Some(Reverse(((at, row), lane))) = heap.pop() {
            if at > until || found.len() >= limit {
                break;
            }
            found.push((at, row));
            if let Some(next) = lanes.get_mut(lane).and_then(Iterator::next) {
                heap.push(Reverse((next, lane)));
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_micros(second * 1_000_000)
    }

    fn queue() -> DueQueue {
        let mut queue = DueQueue::default();
        queue.set_lane(0, true, 0);
        queue.set_lane(1, true, 10);
        for (lane, row, second) in [(0, 1, 5), (0, 2, 30), (1, 3, 1), (1, 4, 9), (2, 5, 0)] {
            queue.change(lane, row, None, Some(at(second)));
        }
        queue
    }

    #[test]
    fn rows_of_all_open_lanes_come_in_one_order() {
        let queue = queue();
        assert_eq!(queue.due(at(29), 9), [(at(5), 1), (at(11), 3), (at(19), 4)]);
        assert_eq!(queue.due(at(29), 2), [(at(5), 1), (at(11), 3)]);
        assert_eq!(queue.due(at(4), 9), []);
        assert_eq!(queue.next(), Some(at(5)));
    }

    #[test]
    fn a_closed_lane_gives_nothing_until_it_is_opened() {
        let mut queue = queue();
        queue.set_lane(0, false, 0);
        assert_eq!(queue.next(), Some(at(11)));
        queue.set_lane(2, true, 0);
        assert_eq!(queue.next(), Some(at(0)));
        queue.set_lane(0, true, 0);
        assert_eq!(queue.due(at(5), 9), [(at(0), 5), (at(5), 1)]);
    }

    #[test]
    fn a_row_moves_when_its_time_or_the_delay_of_its_lane_changes() {
        let mut queue = queue();
        queue.change(0, 1, Some(at(5)), Some(at(40)));
        assert_eq!(queue.next(), Some(at(11)));
        queue.set_lane(1, true, 100);
        assert_eq!(queue.due(at(101), 9), [(at(30), 2), (at(40), 1), (at(101), 3)]);
        queue.change(0, 1, Some(at(40)), None);
        queue.change(0, 2, Some(at(30)), None);
        assert_eq!(queue.next(), Some(at(101)));
    }
}
