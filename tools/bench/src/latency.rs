//! How long answers took.

use std::time::Duration;

/// Sorted waiting times.
#[derive(Debug)]
pub(crate) struct Latency {
    sorted: Vec<Duration>,
}

impl Latency {
    pub(crate) fn of(mut waits: Vec<Duration>) -> Self {
        waits.sort_unstable();
        Self { sorted: waits }
    }

    /// The wait that this share (of a thousand) of all answers did not exceed. Unit: milliseconds.
    pub(crate) fn per_mille_ms(&self, share: usize) -> f64 {
        let index = self.sorted.len().saturating_sub(1) * share / 1_000;
        self.sorted.get(index).map_or(0.0, |wait| wait.as_secs_f64() * 1_000.0)
    }

    /// Mean of all waits. Unit: milliseconds.
    pub(crate) fn mean_ms(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a figure for people to read")]
        let count = self.sorted.len().max(1) as f64;
        self.sorted.iter().sum::<Duration>().as_secs_f64() * 1_000.0 / count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_the_waits_is_read_from_the_sorted_list() {
        let latency = Latency::of((1..=100).rev().map(Duration::from_millis).collect());
        assert!((latency.per_mille_ms(500) - 50.0).abs() < 0.001);
        assert!((latency.per_mille_ms(990) - 99.0).abs() < 0.001);
        assert!((latency.mean_ms() - 50.5).abs() < 0.001);
        assert!((latency.per_mille_ms(1_000) - 100.0).abs() < 0.001);
        assert!(Latency::of(Vec::new()).mean_ms().abs() < 0.001);
        assert!(Latency::of(Vec::new()).per_mille_ms(500).abs() < 0.001);
    }
}
