//! Round numbers for axes.

/// The smallest of 1, 2, 5, 10, 20, 50 and so on that is not below a count; 1 for 0.
pub(super) fn round_up(count: u64) -> u64 {
    let mut size = 1_u64;
    loop {
        for step in [1, 2, 5] {
            let Some(round) = size.checked_mul(step) else { return u64::MAX };
            if round >= count {
                return round;
            }
        }
        let Some(next) = size.checked_mul(10) else { return u64::MAX };
        size = next;
    }
}

/// Lengths of time at which an axis can have its marks. Unit: milliseconds.
const STEPS: [u64; 22] = [
    1_000,
    5_000,
    15_000,
    30_000,
    60_000,
    300_000,
    900_000,
    1_800_000,
    3_600_000,
    7_200_000,
    14_400_000,
    21_600_000,
    43_200_000,
    86_400_000,
    172_800_000,
    345_600_000,
    604_800_000,
    1_209_600_000,
    2_592_000_000,
    7_776_000_000,
    15_552_000_000,
    31_104_000_000,
];

/// Marks of an axis of time from 0 on: at most about six of them, at round lengths.
/// Unit: milliseconds.
pub(super) fn time_marks(length_ms: u64) -> Vec<u64> {
    let step = STEPS.into_iter().find(|step| length_ms / step <= 6);
    let step = step.unwrap_or(length_ms / 6).max(1);
    (0..=length_ms / step).map(|nth| nth * step).collect()
}

/// Marks of a logarithmic axis of time. Unit: milliseconds.
const DECADES: [u64; 12] = [
    1,
    10,
    100,
    1_000,
    10_000,
    60_000,
    600_000,
    3_600_000,
    21_600_000,
    86_400_000,
    604_800_000,
    2_592_000_000,
];

/// A logarithmic axis of time between the marks around a range.
pub(super) struct LogTime {
    first: f64,
    last: f64,
    marks: Vec<u64>,
}

impl LogTime {
    /// An axis that has all of these lengths on it. Unit: milliseconds.
    pub(super) fn around(least_ms: u64, most_ms: u64) -> Self {
        let below = DECADES.iter().rposition(|mark| *mark <= least_ms.max(1)).unwrap_or_default();
        let above = DECADES.iter().position(|mark| *mark >= most_ms).unwrap_or(DECADES.len());
        let mut marks: Vec<u64> =
            DECADES.iter().copied().skip(below).take(above.saturating_sub(below) + 1).collect();
        let last = marks.last().copied().unwrap_or(1).max(most_ms);
        if marks.len() < 2 {
            marks.push(last.saturating_mul(10));
        }
        let last = marks.last().copied().unwrap_or(1).max(most_ms);
        Self { first: log(marks.first().copied().unwrap_or(1)), last: log(last), marks }
    }

    /// Where a length is, 0 to 1.
    pub(super) fn place(&self, length_ms: u64) -> f64 {
        ((log(length_ms) - self.first) / (self.last - self.first)).clamp(0.0, 1.0)
    }

    /// At most five of its marks. Unit: milliseconds.
    pub(super) fn marks(&self) -> impl Iterator<Item = u64> {
        self.marks.iter().copied().step_by(self.marks.len().div_ceil(5))
    }
}

#[expect(clippy::cast_precision_loss, reason = "a place on an axis")]
fn log(length_ms: u64) -> f64 {
    (length_ms.max(1) as f64).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_ends_at_a_round_number() {
        for (count, round) in [(0, 1), (1, 1), (3, 5), (11, 20), (21, 50), (999, 1_000)] {
            assert_eq!(round_up(count), round);
        }
        assert_eq!(round_up(u64::MAX), u64::MAX);
    }

    #[test]
    fn an_axis_of_time_has_a_few_marks() {
        for length in [0, 1, 999, 60_000, 4_000_000, 90_000_000, 40_000_000_000, u64::MAX] {
            let marks = time_marks(length);
            assert!((1..=8).contains(&marks.len()), "{length}: {marks:?}");
            assert!(marks.iter().all(|mark| *mark <= length));
        }
        assert_eq!(time_marks(7_200_000), [0, 1_800_000, 3_600_000, 5_400_000, 7_200_000]);
    }

    #[test]
    fn a_logarithmic_axis_has_everything_on_it() {
        for (least, most) in [(0, 0), (1, 1), (1_500, 9_000_000), (5, u64::MAX), (u64::MAX, 1)] {
            let axis = LogTime::around(least, most);
            assert!((2..=5).contains(&axis.marks().count()), "{least} {most}");
            assert!(axis.place(most).is_finite() && axis.place(least).is_finite());
        }
        let axis = LogTime::around(2_000, 50_000_000);
        assert!(axis.place(2_000) > 0.0 && axis.place(50_000_000) < 1.0);
        assert!(axis.place(60_000) < axis.place(3_600_000));
    }
}
