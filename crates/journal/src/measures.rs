//! What a running part counts about itself, cheap enough for its hot path: relaxed atomics, no lock,
//! no allocation. Whoever shows the figures reads them while they go on.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// Upper bounds for durations. Unit: microseconds. From a commit on a fast disk to a request that
/// somebody has given up.
pub const DURATION_BOUNDS_US: &[u64] = &[
    50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
    1_000_000, 2_500_000, 5_000_000, 10_000_000,
];

/// Upper bounds for how many records share a commit. Unit: records.
pub const RECORD_BOUNDS: &[u64] = &[1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000];

/// How often values fell into each of a few fixed buckets. Written by any thread.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [u64],
    /// One a bound, and one for what is beyond the last.
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
}

impl Histogram {
    /// Nothing observed. `bounds` ascend; each belongs to its bucket.
    pub fn new(bounds: &'static [u64]) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self { bounds, counts, sum: AtomicU64::new(0) }
    }

    /// For durations, in buckets of [`DURATION_BOUNDS_US`].
    pub fn of_durations() -> Self {
        Self::new(DURATION_BOUNDS_US)
    }

    /// Counts a value, in the unit of the bounds.
    pub fn observe(&self, value: u64) {
        let bucket = self.bounds.partition_point(|&bound| bound < value);
        if let Some(count) = self.counts.get(bucket) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    /// Counts a duration in a histogram [`of_durations`](Self::of_durations).
    pub fn observe_duration(&self, duration: Duration) {
        self.observe(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX));
    }

    /// As it stands. Values that are counted meanwhile may be in it in part.
    pub fn read(&self) -> HistogramReading {
        HistogramReading {
            bounds: self.bounds,
            counts: self.counts.iter().map(|count| count.load(Ordering::Relaxed)).collect(),
            sum: self.sum.load(Ordering::Relaxed),
        }
    }
}

/// What a [`Histogram`] had counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistogramReading {
    /// The highest value of each bucket.
    pub bounds: &'static [u64],
    /// How many fell into each; one more than bounds, for what is beyond the last.
    pub counts: Vec<u64>,
    /// All values together.
    pub sum: u64,
}

impl HistogramReading {
    /// Of a histogram in which nothing was counted.
    pub fn empty(bounds: &'static [u64]) -> Self {
        Self { bounds, counts: vec![0; bounds.len() + 1], sum: 0 }
    }

    /// How many values were counted.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Counts what another one counted, too. Those with other bounds are left as they are.
    pub fn add(&mut self, other: &Self) {
        if self.bounds != other.bounds {
            return;
        }
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count = count.saturating_add(*more);
        }
        self.sum = self.sum.saturating_add(other.sum);
    }

    /// The bound that a share (of a thousand) of all values did not exceed: as exact as the buckets are.
    /// `None` when nothing was counted, or when the value is beyond the last bound.
    pub fn at_most(&self, per_mille: u64) -> Option<u64> {
        let wanted = (u128::from(self.count()) * u128::from(per_mille)).div_ceil(1_000).max(1);
        let mut passed = 0;
        let reached = self.counts.iter().position(|&count| {
            passed += u128::from(count);
            passed >= wanted
        });
        reached.and_then(|bucket| self.bounds.get(bucket).copied())
    }
}

/// What the writer of a journal counts since it was opened.
#[derive(Debug)]
pub(crate) struct WriterMeasures {
    pub(crate) sync: Histogram,
    pub(crate) records: Histogram,
    pub(crate) block_bytes: AtomicU64,
}

impl WriterMeasures {
    pub(crate) fn new() -> Self {
        Self {
            sync: Histogram::of_durations(),
            records: Histogram::new(RECORD_BOUNDS),
            block_bytes: AtomicU64::new(0),
        }
    }
}

/// What a store says about its work since it was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreReading {
    /// How long the disk took for each commit. Unit: microseconds.
    pub sync: HistogramReading,
    /// Records of each commit.
    pub commit_records: HistogramReading,
    /// Blocks that were written, as they are packed. Unit: bytes.
    pub block_bytes: u64,
    /// What waits for the writer. Unit: bytes, about.
    pub queued_bytes: u64,
    /// The file that holds the blocks. Unit: bytes.
    pub disk_bytes: u64,
}

impl Default for StoreReading {
    /// Of a store without a disk.
    fn default() -> Self {
        Self {
            sync: HistogramReading::empty(DURATION_BOUNDS_US),
            commit_records: HistogramReading::empty(RECORD_BOUNDS),
            block_bytes: 0,
            queued_bytes: 0,
            disk_bytes: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_falls_into_the_first_bucket_that_reaches_it() {
        let histogram = Histogram::new(&[1, 10, 100]);
        for value in [0, 1, 2, 10, 11, 100, 101, 5_000] {
            histogram.observe(value);
        }
        let read = histogram.read();
        assert_eq!(read.counts, [2, 2, 2, 2]);
        assert_eq!((read.count(), read.sum), (8, 5_225));
    }

    #[test]
    fn a_share_of_the_values_is_told_by_the_bound_of_its_bucket() {
        let histogram = Histogram::new(&[1, 10, 100]);
        assert_eq!(histogram.read().at_most(500), None);
        (0..98).for_each(|_| histogram.observe(5));
        histogram.observe(50);
        histogram.observe(5_000);
        let mut read = histogram.read();
        let shares = [0, 500, 980, 990, 1_000].map(|share| read.at_most(share));
        assert_eq!(shares, [Some(10), Some(10), Some(10), Some(100), None]);
        read.add(&read.clone());
        assert_eq!((read.count(), read.at_most(990)), (200, Some(100)));
        read.add(&HistogramReading::empty(&[1]));
        assert_eq!(read.count(), 200, "other bounds say something else");
    }

    #[test]
    fn bounds_ascend_and_a_duration_counts_in_microseconds() {
        for bounds in [DURATION_BOUNDS_US, RECORD_BOUNDS] {
            assert!(bounds.is_sorted_by(|one, next| one < next));
        }
        let histogram = Histogram::of_durations();
        histogram.observe_duration(Duration::from_millis(2));
        histogram.observe_duration(Duration::MAX);
        let read = histogram.read();
        let at = DURATION_BOUNDS_US.iter().position(|&bound| bound == 2_500).unwrap();
        assert_eq!((read.counts[at], read.counts.last()), (1, Some(&1)));
    }
}
