//! Fresh names.

use std::sync::{Arc, Mutex, PoisonError};

use branchline_vault::{Entropy, SystemEntropy};
use uuid::{Builder, Uuid};

use crate::ports::{Clock, Ids};

/// `UUIDv7` in the engine's own time: names sort by when they were given, also in compressed time.
pub struct UuidV7Ids {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    last: Mutex<Last>,
}

/// RFC 9562, section 6.2, method 1: a counter in `rand_a` keeps names of one millisecond in order.
#[derive(Debug, Default)]
struct Last {
    millis: u64,
    counter: u16,
}

impl UuidV7Ids {
    /// The counter has 12 bits.
    const COUNTER_MAX: u16 = 0x0fff;

    /// Names with random parts from the operating system.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::with_entropy(clock, Arc::new(SystemEntropy))
    }

    /// Names with random parts from this source: a seeded one gives the same names again.
    pub fn with_entropy(clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { clock, entropy, last: Mutex::default() }
    }

    fn next(&self) -> (u64, u16) {
        let now = u64::try_from(self.clock.now().as_micros() / 1_000).unwrap_or(0);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if now > last.millis {
            *last = Last { millis: now, counter: 0 };
        } else if last.counter == Self::COUNTER_MAX {
            // More than 4,096 in a millisecond: borrow from the next one.
            *last = Last { millis: last.millis + 1, counter: 0 };
        } else {
            last.counter += 1;
        }
        (last.millis, last.counter)
    }
}

impl Ids for UuidV7Ids {
    fn uuid(&self) -> Uuid {
        let (millis, counter) = self.next();
        let mut random = [0; 10];
        self.entropy.fill(&mut random);
        let [high, low] = counter.to_be_bytes();
        let [first, second, ..] = &mut random;
        (*first, *second) = (high, low);
        Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }
}

impl std::fmt::Debug for UuidV7Ids {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UuidV7Ids").field("last", &self.last).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use branchline_domain::time::Timestamp;
    use branchline_vault::SeededEntropy;

    use super::*;
    use crate::clock::ManualClock;

    #[test]
    fn names_are_of_version_7_and_sort_in_the_order_they_were_given() {
        let clock = Arc::new(ManualClock::at(Timestamp::from_micros(1_800_000_000_000_000)));
        let ids = UuidV7Ids::with_entropy(clock, Arc::new(SeededEntropy::new(7)));
        let given: Vec<Uuid> = (0..10_000).map(|_| ids.uuid()).collect();
        assert!(given.iter().all(|id| id.get_version_num() == 7));
        assert!(given.is_sorted());
        assert!(given.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
