//! How fast leads are asked to go on by timers and sweeps together.

use std::{cell::Cell, time::Duration};

use tokio::time::Instant;

/// What may be asked at once after a pause: what gathers in this time.
const BURST: Duration = Duration::from_millis(10);

/// Leads that may be asked now; they come back with time. Lives on the engine thread.
#[derive(Debug)]
pub(super) struct Pace {
    per_s: f64,
    burst: f64,
    left: Cell<f64>,
    /// When `left` was counted.
    counted: Cell<Instant>,
}

impl Pace {
    /// So many in a second; 0 is read as 1.
    pub(super) fn new(per_s: u32) -> Self {
        let per_s = f64::from(per_s.max(1));
        let burst = (per_s * BURST.as_secs_f64()).max(1.0);
        Self { per_s, burst, left: Cell::new(burst), counted: Cell::new(Instant::now()) }
    }

    fn count(&self) -> f64 {
        let now = Instant::now();
        let since = now.saturating_duration_since(self.counted.replace(now));
        let left = (self.left.get() + since.as_secs_f64() * self.per_s).min(self.burst);
        self.left.set(left);
        left
    }

    /// How many of these may be asked now.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between nothing and the burst, which came out of an u32"
    )]
    pub(super) fn room(&self, wanted: usize) -> usize {
        wanted.min(self.count() as usize)
    }

    /// So many are asked.
    pub(super) fn take(&self, leads: usize) {
        let leads = u32::try_from(leads).map_or(f64::INFINITY, f64::from);
        self.left.set((self.left.get() - leads).max(0.0));
    }

    /// How long until a burst may be asked; never nothing.
    pub(super) fn pause(&self) -> Duration {
        let missing = (self.burst - self.count()).max(0.0);
        Duration::from_secs_f64(missing / self.per_s).max(Duration::from_millis(1))
    }

    /// Waits until one more may be asked.
    pub(super) async fn one(&self) {
        while self.room(1) == 0 {
            tokio::time::sleep(self.pause()).await;
        }
        self.take(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_may_go_at_once_and_nothing_after_it() {
        let pace = Pace::new(1);
        assert_eq!(pace.room(9), 1, "a pace below one a burst still goes on");
        pace.take(1);
        assert_eq!(pace.room(9), 0);
        assert!(pace.pause() > Duration::ZERO);
    }

    #[test]
    fn what_is_not_used_does_not_gather() {
        let pace = Pace::new(100);
        pace.left.set(1_000.0);
        assert_eq!(pace.room(9), 1, "ten milliseconds of a hundred a second");
        assert_eq!(pace.room(0), 0);
    }
}
