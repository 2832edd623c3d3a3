//! Clocks behind the port: real time, compressed time, and time moved by hand.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use branchline_domain::time::Timestamp;

use crate::ports::Clock;

/// Microseconds of the machine's wall clock since 1970-01-01 UTC.
fn wall_micros() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// Real time until `micros` of the clock's time have passed, `speed` of them in one.
fn real_time(micros: i64, speed: u32) -> Duration {
    // Rounded up, and one more: a sleep that ends early would look again at once.
    let real = u64::try_from(micros).unwrap_or(0).div_ceil(u64::from(speed.max(1)));
    Duration::from_micros(real)
}

/// The machine's wall clock. Never goes back: where the machine's does, it stands still until that
/// is made up for.
#[derive(Debug, Default)]
pub struct SystemClock {
    latest: AtomicI64,
}

impl SystemClock {
    /// The machine's clock.
    pub const fn new() -> Self {
        Self { latest: AtomicI64::new(i64::MIN) }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let now = wall_micros();
        Timestamp::from_micros(self.latest.fetch_max(now, Ordering::AcqRel).max(now))
    }

    fn until(&self, at: Timestamp) -> Duration {
        real_time(at.micros_since(self.now()), 1)
    }
}

/// Time that runs faster than the machine's, for demos and rehearsals.
#[derive(Debug)]
pub struct ScaledClock {
    start: Timestamp,
    origin: Instant,
    speed: u32,
}

impl ScaledClock {
    /// A clock that shows `start` now, and `speed` seconds a second. A speed of 0 counts as 1.
    pub fn starting_at(start: Timestamp, speed: u32) -> Self {
        Self { start, origin: Instant::now(), speed: speed.max(1) }
    }

    /// A clock that goes on from the wall clock, or from the last recorded instant when that is
    /// later: a journal written in compressed time is ahead of the wall.
    pub fn resuming(last_recorded: Option<Timestamp>, speed: u32) -> Self {
        let wall = Timestamp::from_micros(wall_micros());
        Self::starting_at(last_recorded.map_or(wall, |last| last.max(wall)), speed)
    }
}

impl Clock for ScaledClock {
    fn now(&self) -> Timestamp {
        let real = i64::try_from(self.origin.elapsed().as_micros()).unwrap_or(i64::MAX);
        self.start.plus_micros(real.saturating_mul(i64::from(self.speed)))
    }

    fn until(&self, at: Timestamp) -> Duration {
        real_time(at.micros_since(self.now()), self.speed)
    }
}

/// Time that moves only by hand, for tests and simulations.
#[derive(Debug)]
pub struct ManualClock {
    now: AtomicI64,
}

impl ManualClock {
    /// How often who sleeps looks whether somebody has moved the clock.
    const LOOK_AGAIN: Duration = Duration::from_millis(5);

    /// A clock that shows this instant until it is moved.
    pub const fn at(now: Timestamp) -> Self {
        Self { now: AtomicI64::new(now.as_micros()) }
    }

    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        self.now.fetch_add(by, Ordering::AcqRel);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.now.load(Ordering::Acquire))
    }

    fn until(&self, at: Timestamp) -> Duration {
        if at <= self.now() { Duration::ZERO } else { Self::LOOK_AGAIN }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_clock_never_goes_back() {
        let clock = SystemClock::new();
        clock.latest.store(wall_micros() + 3_600_000_000, Ordering::Release);
        let ahead = clock.now();
        assert!(clock.now() >= ahead);
    }

    #[test]
    fn a_scaled_clock_sleeps_a_fraction_of_what_it_shows() {
        let clock = ScaledClock::starting_at(Timestamp::from_micros(0), 3_600);
        let sleep = clock.until(clock.now().plus_seconds(3_600));
        assert!(sleep <= Duration::from_secs(1), "{sleep:?}");
        assert_eq!(clock.until(Timestamp::from_micros(-1)), Duration::ZERO);
    }

    #[test]
    fn a_scaled_clock_resumes_from_what_was_recorded_ahead_of_the_wall() {
        let ahead = Timestamp::from_micros(wall_micros()).plus_seconds(86_400);
        assert!(ScaledClock::resuming(Some(ahead), 10).now() >= ahead);
        assert!(ScaledClock::resuming(None, 0).now() < ahead);
    }

    #[test]
    fn a_manual_clock_moves_only_by_hand() {
        let clock = ManualClock::at(Timestamp::from_micros(5));
        assert_eq!(clock.now(), Timestamp::from_micros(5));
        let goal = Timestamp::from_micros(5).plus_seconds(1);
        assert!(!clock.until(goal).is_zero());
        clock.advance(Duration::from_secs(1));
        assert_eq!(clock.until(goal), Duration::ZERO);
    }
}
