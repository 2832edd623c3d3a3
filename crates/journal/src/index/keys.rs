//! Idempotency keys that are still remembered.

use std::collections::{HashMap, VecDeque};

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::KeyRetention;
use crate::{
    record::{Micros, Position},
    store::KnownKey,
};

/// Half a SHA-256 of organisation and key: a fixed size, and no two keys of a journal share one.
pub(crate) type Fingerprint = [u8; 16];

pub(super) fn fingerprint(organisation: Uuid, key: &str) -> Fingerprint {
    let whole: [u8; 32] =
        Sha256::new().chain_update(organisation.as_bytes()).chain_update(key).finalize().into();
    let (half, _) = whole.split_at(16);
    let mut print = [0; 16];
    print.copy_from_slice(half);
    print
}

/// Keys by fingerprint, and in the order they were recorded.
#[derive(Debug, Default)]
pub(super) struct Keys {
    retention: KeyRetention,
    /// Newest time of any record. Never goes back, so a clock that did cannot revive a key.
    newest: Micros,
    known: HashMap<Fingerprint, KnownKey>,
    order: VecDeque<(Micros, Position, Fingerprint)>,
}

impl Keys {
    pub(super) fn new(retention: KeyRetention) -> Self {
        Self { retention, newest: Micros(i64::MIN), ..Self::default() }
    }

    pub(super) fn get(&self, print: &Fingerprint) -> Option<KnownKey> {
        self.known.get(print).copied()
    }

    /// Moves the time on by a record, with its key if it has one, and forgets what is due.
    pub(super) fn advance(&mut self, at: Micros, key: Option<(Fingerprint, KnownKey)>) {
        self.newest = self.newest.max(at);
        if let Some((print, known)) = key {
            self.known.insert(print, known);
            self.order.push_back((self.newest, known.position, print));
        }
        let ttl = i64::try_from(self.retention.ttl.as_micros()).unwrap_or(i64::MAX);
        let oldest = Micros(self.newest.0.saturating_sub(ttl));
        while let Some((recorded, position, print)) = self.order.front() {
            if self.order.len() <= self.retention.keys_max && *recorded >= oldest {
                break;
            }
            // A key used again after it was forgotten belongs to the newer record.
            if self.known.get(print).is_some_and(|known| known.position == *position) {
                self.known.remove(print);
            }
            self.order.pop_front();
        }
    }
}
