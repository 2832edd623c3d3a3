//! Branches of the last hour, by minute.

use branchline_domain::{output::Output, time::Timestamp};
use serde::Serialize;

/// Minutes that are kept.
pub const THROUGHPUT_MINUTES: usize = 60;

const MINUTE_MICROS: i64 = 60_000_000;

/// As the numbers of minutes count.
const MINUTES: i64 = 60;
const _: () = assert!(MINUTES.cast_unsigned() == THROUGHPUT_MINUTES as u64);

/// What kind of answer an output is: what pictures colour it by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeGroup {
    /// `COMPLETED`, `true`, `success`.
    Positive,
    /// `DNP`.
    Unreached,
    /// `FAILED`, `false`, `failure`.
    Negative,
    /// The output of a wait, or a named branch of a switch.
    Onward,
}

impl OutcomeGroup {
    /// All of them, in the order pictures stack them.
    pub const ALL: [Self; 4] = [Self::Positive, Self::Unreached, Self::Negative, Self::Onward];

    /// The group of an output.
    pub const fn of(output: &Output) -> Self {
        match output {
            Output::Completed | Output::True | Output::Success => Self::Positive,
            Output::Dnp => Self::Unreached,
            Output::Failed | Output::False | Output::Failure => Self::Negative,
            Output::Next | Output::Branch(_) => Self::Onward,
        }
    }

    /// The text form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Positive => "positive",
            Self::Unreached => "unreached",
            Self::Negative => "negative",
            Self::Onward => "onward",
        }
    }
}

/// Branches that leads took within one minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MinuteCounts {
    /// With an output of [`OutcomeGroup::Positive`].
    pub positive: u32,
    /// Of [`OutcomeGroup::Unreached`].
    pub unreached: u32,
    /// Of [`OutcomeGroup::Negative`].
    pub negative: u32,
    /// Of [`OutcomeGroup::Onward`].
    pub onward: u32,
}

impl MinuteCounts {
    /// Those of one group.
    pub const fn of(&self, group: OutcomeGroup) -> u32 {
        match group {
            OutcomeGroup::Positive => self.positive,
            OutcomeGroup::Unreached => self.unreached,
            OutcomeGroup::Negative => self.negative,
            OutcomeGroup::Onward => self.onward,
        }
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        OutcomeGroup::ALL.iter().map(|&group| u64::from(self.of(group))).sum()
    }

    pub(crate) const fn of_mut(&mut self, group: OutcomeGroup) -> &mut u32 {
        match group {
            OutcomeGroup::Positive => &mut self.positive,
            OutcomeGroup::Unreached => &mut self.unreached,
            OutcomeGroup::Negative => &mut self.negative,
            OutcomeGroup::Onward => &mut self.onward,
        }
    }
}

/// A ring of minutes that ends with the newest one that had a branch.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Minutes {
    /// Minutes since 1970.
    newest: i64,
    /// Each minute at its number modulo their count; empty before the first branch.
    slots: Vec<MinuteCounts>,
}

impl Minutes {
    /// Counts a branch that was recorded then. One from before the ring begins is not counted.
    pub(crate) fn add(&mut self, at: Timestamp, output: &Output) {
        let minute = minute_of(at);
        if self.slots.is_empty() {
            *self =
                Self { newest: minute, slots: vec![MinuteCounts::default(); THROUGHPUT_MINUTES] };
        }
        if minute > self.newest {
            if minute - self.newest >= MINUTES {
                self.slots.fill(MinuteCounts::default());
            } else {
                for gone in self.newest + 1..=minute {
                    if let Some(slot) = self.slots.get_mut(slot_of(gone)) {
                        *slot = MinuteCounts::default();
                    }
                }
            }
            self.newest = minute;
        }
        if let Some(slot) = self.has(minute).then(|| self.slots.get_mut(slot_of(minute))).flatten()
        {
            let count = slot.of_mut(OutcomeGroup::of(output));
            *count = count.saturating_add(1);
        }
    }

    /// Adds the counts of the minutes up to the one of `now`, oldest first.
    pub(crate) fn add_to(&self, sums: &mut [MinuteCounts; THROUGHPUT_MINUTES], now: Timestamp) {
        let last = minute_of(now);
        for (minute, sum) in (last - (MINUTES - 1)..=last).zip(sums) {
            let Some(counts) = self.has(minute).then(|| self.slots.get(slot_of(minute))).flatten()
            else {
                continue;
            };
            for group in OutcomeGroup::ALL {
                let sum = sum.of_mut(group);
                *sum = sum.saturating_add(counts.of(group));
            }
        }
    }

    const fn has(&self, minute: i64) -> bool {
        minute <= self.newest && minute > self.newest - MINUTES
    }

    /// The newest minute and the slots, unless nothing was counted.
    pub(crate) fn kept(&self) -> Option<(i64, &[MinuteCounts])> {
        (!self.slots.is_empty()).then_some((self.newest, self.slots.as_slice()))
    }

    /// From what [`Self::kept`] gave. `None` when it cannot have given that.
    pub(crate) fn of(newest: i64, slots: Vec<MinuteCounts>) -> Option<Self> {
        let sound = slots.len() == THROUGHPUT_MINUTES && newest == minute_of(instant_of(newest));
        sound.then_some(Self { newest, slots })
    }
}

const fn minute_of(at: Timestamp) -> i64 {
    at.as_micros().div_euclid(MINUTE_MICROS)
}

const fn instant_of(minute: i64) -> Timestamp {
    Timestamp::from_micros(minute.saturating_mul(MINUTE_MICROS))
}

fn slot_of(minute: i64) -> usize {
    usize::try_from(minute.rem_euclid(MINUTES)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        instant_of(29_000_000 + minute)
    }

    fn told(minutes: &Minutes, now: i64) -> Vec<u64> {
        let mut sums = [MinuteCounts::default(); THROUGHPUT_MINUTES];
        minutes.add_to(&mut sums, at(now));
        sums.iter().map(MinuteCounts::total).collect()
    }

    #[test]
    fn the_last_hour_is_told_minute_by_minute() {
        let mut minutes = Minutes::default();
        minutes.add(at(0), &Output::Dnp);
        minutes.add(at(59), &Output::Completed);
        minutes.add(at(59), &Output::Next);
        let hour = told(&minutes, 59);
        assert_eq!((hour[0], hour[59], hour.iter().sum()), (1, 2, 3));
        // Later nothing came: the picture moves on.
        let hour = told(&minutes, 61);
        assert_eq!((hour[57], hour.iter().sum()), (2, 2));
        assert_eq!(told(&minutes, 500).iter().sum::<u64>(), 0);
    }

    #[test]
    fn minutes_that_are_left_behind_do_not_come_back() {
        let mut minutes = Minutes::default();
        minutes.add(at(0), &Output::Dnp);
        minutes.add(at(60), &Output::Dnp);
        assert_eq!(told(&minutes, 60).iter().sum::<u64>(), 1);
        minutes.add(at(1), &Output::Dnp);
        minutes.add(at(0), &Output::Dnp);
        assert_eq!(told(&minutes, 60)[0], 1, "within the ring a late one counts, before it not");
        minutes.add(at(1_000), &Output::Dnp);
        assert_eq!(told(&minutes, 1_000).iter().sum::<u64>(), 1);
    }
}
