//! How long something took, counted in buckets that widen with the time.

/// Buckets to a doubling: sixteen, so that any two durations of a bucket differ by a sixteenth at most.
const STEPS_LOG2: u32 = 4;
const STEPS: u64 = 1 << STEPS_LOG2;

/// Counts of durations. Takes sixteen bytes for each bucket that has one, and a node's durations
/// mostly lie within a few doublings.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Histogram {
    /// In order of their numbers. None is empty.
    buckets: Vec<Bucket>,
}

/// Durations that hardly differ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bucket {
    /// Its number.
    pub(crate) number: u16,
    /// How many there are.
    pub(crate) count: u32,
    /// All of them together: a wait that is always two hours is told as two hours. Unit:
    /// milliseconds.
    pub(crate) sum: u64,
}

impl Histogram {
    /// Counts one duration. Unit: milliseconds.
    pub(crate) fn add(&mut self, millis: u64) {
        let number = bucket_of(millis);
        match self.buckets.binary_search_by_key(&number, |bucket| bucket.number) {
            Ok(place) => {
                // A bucket that is full stays as it is, so that its mean does.
                if let Some(bucket) = self.buckets.get_mut(place)
                    && let (Some(count), Some(sum)) =
                        (bucket.count.checked_add(1), bucket.sum.checked_add(millis))
                {
                    (bucket.count, bucket.sum) = (count, sum);
                }
            }
            Err(place) => self.buckets.insert(place, Bucket { number, count: 1, sum: millis }),
        }
    }

    /// How many were counted.
    pub(crate) fn count(&self) -> u64 {
        self.buckets.iter().map(|bucket| u64::from(bucket.count)).sum()
    }

    /// The duration that this share of all does not exceed, from 0 to 100: the mean of its bucket,
    /// at most a sixteenth from the truth. `None` before the first. Unit: milliseconds.
    pub(crate) fn percentile(&self, percent: u64) -> Option<u64> {
        let wanted = (self.count() * percent).div_ceil(100).max(1);
        let mut seen = 0;
        let found = self.buckets.iter().find(|bucket| {
            seen += u64::from(bucket.count);
            seen >= wanted
        });
        found.map(|bucket| bucket.sum / u64::from(bucket.count.max(1)))
    }

    pub(crate) fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    /// From buckets in order. `None` when they are in another, or one is empty or none of ours.
    pub(crate) fn of(buckets: Vec<Bucket>) -> Option<Self> {
        let in_order = buckets.is_sorted_by(|one, next| one.number < next.number);
        let sound = buckets.iter().all(|bucket| {
            bucket.sum.checked_div(bucket.count.into()).map(bucket_of) == Some(bucket.number)
        });
        (in_order && sound).then_some(Self { buckets })
    }
}

/// Below sixteen milliseconds each has its own; from there on sixteen to a doubling.
fn bucket_of(millis: u64) -> u16 {
    let Some(octave) = millis.checked_ilog2().and_then(|log2| log2.checked_sub(STEPS_LOG2)) else {
        return u16::try_from(millis).unwrap_or_default();
    };
    let step = (millis >> octave) - STEPS;
    u16::try_from((u64::from(octave) + 1) * STEPS + step).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn durations_of_a_bucket_differ_by_a_sixteenth_at_most(one in 0..u64::MAX / 2, off in 0..u64::MAX) {
            let other = one.saturating_add(off % (one / 8 + 2));
            if bucket_of(one) == bucket_of(other) {
                prop_assert!(other - one <= one / 16, "{one} and {other} are told apart no more");
            }
        }

        #[test]
        fn a_duration_that_never_changes_is_told_as_it_is(millis in 0..u64::MAX / 512, times in 1..9) {
            let mut histogram = Histogram::default();
            (0..times).for_each(|_| histogram.add(millis));
            prop_assert_eq!(histogram.percentile(50), Some(millis));
            prop_assert_eq!(Histogram::of(histogram.buckets().to_vec()), Some(histogram));
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
        let bucket = |number, count, sum| Bucket { number, count, sum };
        assert!(Histogram::of(vec![bucket(3, 1, 3), bucket(9, 2, 18)]).is_some());
        for wrong in [
            vec![bucket(9, 2, 18), bucket(3, 1, 3)],
            vec![bucket(3, 1, 3), bucket(3, 1, 3)],
            vec![bucket(3, 0, 0)],
            vec![bucket(3, 1, 4)],
        ] {
            assert_eq!(Histogram::of(wrong), None);
        }
    }
}
