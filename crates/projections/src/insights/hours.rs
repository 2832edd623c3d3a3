//! Calls by the time of the week at which they were dialled.

use branchline_domain::time::Timestamp;
use branchline_domain::zone::{QUARTERS_OF_WEEK, Zone};

use super::Answered;

/// Calls by quarter of an hour of a week, as a clock in the workflow's zone shows it. Quarters,
/// because that is how far apart zones are: hours could not follow a change of the zone.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Hours {
    /// None before the first call, then one for each quarter from Monday 00:00.
    quarters: Vec<(u32, u32)>,
}

impl Hours {
    /// Somebody was asked to dial at this instant.
    pub(crate) fn dial(&mut self, at: Timestamp, zone: &str) {
        if let Some((dialled, _)) = self.quarter(slot_of(at, zone)) {
            *dialled = dialled.saturating_add(1);
        }
    }

    /// A call that was dialled at this instant was answered.
    pub(crate) fn answer(&mut self, dialled_at: Timestamp, zone: &str) {
        if let Some((_, answered)) = self.quarter(slot_of(dialled_at, zone)) {
            *answered = answered.saturating_add(1);
        }
    }

    /// The workflow has another zone from this instant on. What was counted moves by as much as the
    /// clocks of the two differ then, so that a zone that was set late is as good as one that was
    /// set at once, but for calls on the other side of a change of summer time.
    pub(crate) fn change_zone(&mut self, from: &str, to: &str, at: Timestamp) {
        if from == to || self.quarters.is_empty() {
            return;
        }
        let (before, after) = (slot_of(at, from), slot_of(at, to));
        self.quarters.rotate_right((after + QUARTERS_OF_WEEK - before) % QUARTERS_OF_WEEK);
    }

    /// By hour of the week, 168 from Monday 00:00.
    pub(crate) fn by_hour(&self) -> Vec<Answered> {
        let hour = |quarters: &[(u32, u32)]| Answered {
            dialled: quarters.iter().map(|&(dialled, _)| u64::from(dialled)).sum(),
            answered: quarters.iter().map(|&(_, answered)| u64::from(answered)).sum(),
        };
        let mut hours: Vec<Answered> = self.quarters.chunks(4).map(hour).collect();
        hours.resize(QUARTERS_OF_WEEK / 4, Answered::default());
        hours
    }

    /// The quarters with a call: number, dialled, answered.
    pub(crate) fn used(&self) -> impl Iterator<Item = (usize, u32, u32)> {
        let all = self.quarters.iter().enumerate();
        all.filter(|(_, counts)| **counts != (0, 0))
            .map(|(slot, &(dialled, answered))| (slot, dialled, answered))
    }

    /// Puts a quarter back. `false` when a week has none of that number.
    pub(crate) fn restore(&mut self, slot: usize, dialled: u32, answered: u32) -> bool {
        self.quarter(slot).map(|counts| *counts = (dialled, answered)).is_some()
    }

    fn quarter(&mut self, slot: usize) -> Option<&mut (u32, u32)> {
        if self.quarters.is_empty() {
            self.quarters = vec![(0, 0); QUARTERS_OF_WEEK];
        }
        self.quarters.get_mut(slot)
    }
}

fn slot_of(at: Timestamp, zone: &str) -> usize {
    Zone::named(zone).unwrap_or_else(Zone::utc).quarter_of_week(at)
}
