//! How long something took, counted in buckets that widen with the time.

/// Buckets to a doubling. With eight, a bucket's middle is at most a sixteenth off.
const STEPS_LOG2: u32 = 3;
const STEPS: u64 = 1 << STEPS_LOG2;

/// Counts of durations. Takes eight bytes for each bucket that has one, and a node's durations
/// mostly lie within a few doublings.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Histogram {
    /// Bucket and count, in order of buckets. No count is 0.
    buckets: Vec<(u16, u32)>,
}

impl Histogram {
    /// Counts one duration. Unit: milliseconds.
    pub(crate) fn add(&mut self, millis: u64) {
        let bucket = bucket_of(millis);
        match self.buckets.binary_search_by_key(&bucket, |&(bucket, _)| bucket) {
            Ok(place) => {
                if let Some((_, count)) = self.buckets.get_mut(place) {
                    *count = count.saturating_add(1);
                }
            }
            Err(place) => self.buckets.insert(place, (bucket, 1)),
        }
    }

    /// How many were counted.
    pub(crate) fn count(&self) -> u64 {
        self.buckets.iter().map(|&(_, count)| u64::from(count)).sum()
    }

    /// The duration that this share of all does not exceed, from 0 to 100: the middle of its bucket,
    /// at most a sixteenth from the truth. `None` before the first. Unit: milliseconds.
    pub(crate) fn percentile(&self, percent: u64) -> Option<u64> {
        let wanted = (self.count() * percent).div_ceil(100).max(1);
        let mut seen = 0;
        let found = self.buckets.iter().find(|&&(_, count)| {
            seen += u64::from(count);
            seen >= wanted
        });
        found.map(|&(bucket, _)| middle_of(bucket))
    }

    pub(crate) fn buckets(&self) -> &[(u16, u32)] {
        &self.buckets
    }

    /// From buckets in order. `None` when they are in another, or one is empty or none of ours.
    pub(crate) fn of(buckets: Vec<(u16, u32)>) -> Option<Self> {
        let in_order = buckets.is_sorted_by(|(one, _), (next, _)| one < next);
        let sound =
            buckets.iter().all(|&(bucket, count)| bucket <= bucket_of(u64::MAX) && count > 0);
        (in_order && sound).then_some(Self { buckets })
    }
}

/// Below eight milliseconds each has its own; from there on eight to a doubling.
fn bucket_of(millis: u64) -> u16 {
    let Some(octave) = millis.checked_ilog2().and_then(|log2| log2.checked_sub(STEPS_LOG2)) else {
        return u16::try_from(millis).unwrap_or_default();
    };
    let step = (millis >> octave) - STEPS;
    u16::try_from((u64::from(octave) + 1) * STEPS + step).unwrap_or(u16::MAX)
}

fn middle_of(bucket: u16) -> u64 {
    let (octaves, step) = (u64::from(bucket) / STEPS, u64::from(bucket) % STEPS);
    let Some(octave) = octaves.checked_sub(1) else { return step };
    ((STEPS + step) << octave) + ((1 << octave) >> 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_bucket_tells_a_duration_to_a_sixteenth(millis in 0..u64::MAX / 2) {
            let told = middle_of(bucket_of(millis));
            prop_assert!(told.abs_diff(millis) <= millis / 16, "{millis} was told as {told}");
        }

        #[test]
        fn longer_durations_are_in_no_lower_bucket(one in any::<u64>(), other in any::<u64>()) {
            let (short, long) = (one.min(other), one.max(other));
            prop_assert!(bucket_of(short) <= bucket_of(long));
            prop_assert!(bucket_of(long) <= bucket_of(u64::MAX));
        }

        #[test]
        fn percentiles_are_those_of_the_sorted_list(
            mut all in proptest::collection::vec(0..100_000_000_u64, 1..200),
            percent in 1..=100_u64,
        ) {
            let mut histogram = Histogram::default();
            for &millis in &all {
                histogram.add(millis);
            }
            all.sort_unstable();
            let rank = (all.len() * usize::try_from(percent).unwrap()).div_ceil(100);
            let truth = all[rank - 1];
            let told = histogram.percentile(percent).unwrap();
            prop_assert!(told.abs_diff(truth) <= truth / 16, "{truth} was told as {told}");
            prop_assert_eq!(histogram.count(), all.len() as u64);
        }
    }

    #[test]
    fn nothing_has_no_percentile() {
        assert_eq!(Histogram::default().percentile(50), None);
    }

    #[test]
    fn buckets_out_of_order_or_empty_are_refused() {
        assert!(Histogram::of(vec![(3, 1), (9, 2)]).is_some());
        for wrong in [vec![(9, 2), (3, 1)], vec![(3, 1), (3, 1)], vec![(3, 0)], vec![(u16::MAX, 1)]]
        {
            assert_eq!(Histogram::of(wrong), None);
        }
    }
}
