//! Claims and who holds them: 22 bytes a claim and its place.

use std::hash::BuildHasher;

use super::{id_hash::IdHash, rows::Rows, slots::Slots};
use crate::record::{Claim, ClaimKind};

/// In a holder's field: the row is free, and the rest of the field names the next free one.
const FREE: u32 = 1 << 31;
/// After the last free row.
const NO_ROW: u32 = FREE - 1;

/// Bytes only, so that nothing is lost to alignment.
#[derive(Debug)]
struct Row {
    key: [u8; 16],
    kind: [u8; 2],
    holder: [u8; 4],
}

const _: () = assert!(size_of::<Row>() == 22);

impl Row {
    const fn of(claim: Claim, holder: u32) -> Self {
        let kind = claim.kind.0.to_be_bytes();
        Self { key: claim.key, kind, holder: holder.to_be_bytes() }
    }

    const fn claim(&self) -> Claim {
        Claim { kind: ClaimKind(u16::from_be_bytes(self.kind)), key: self.key }
    }

    const fn holder(&self) -> u32 {
        u32::from_be_bytes(self.holder)
    }
}

/// Claims that are held. Each names its holder by the number of a stream; rows of claims that were
/// given back are used again.
#[derive(Debug)]
pub(super) struct Claims {
    rows: Rows<Row>,
    /// The first free row, or [`NO_ROW`].
    free: u32,
    held: u32,
    slots: Slots,
    hash: IdHash,
}

impl Default for Claims {
    fn default() -> Self {
        let (rows, slots, hash) = Default::default();
        Self { rows, free: NO_ROW, held: 0, slots, hash }
    }
}

impl Claims {
    /// Claims that are held.
    pub(super) const fn len(&self) -> u32 {
        self.held
    }

    /// The number of the stream that holds the claim.
    pub(super) fn holder(&self, claim: Claim) -> Option<u32> {
        self.rows.get(self.number(claim)?).map(Row::holder)
    }

    fn number(&self, claim: Claim) -> Option<u32> {
        let is_it = |number| self.rows.get(number).is_some_and(|row| row.claim() == claim);
        self.slots.find(self.hash.hash_one(claim), is_it)
    }

    /// Gives the claim to a stream, whoever holds it.
    pub(super) fn take(&mut self, claim: Claim, holder: u32) {
        let row = Row::of(claim, holder);
        if let Some(held) = self.number(claim).and_then(|number| self.rows.get_mut(number)) {
            *held = row;
            return;
        }
        let number = match self.rows.get_mut(self.free) {
            Some(free) => {
                let next = free.holder() & !FREE;
                *free = row;
                std::mem::replace(&mut self.free, next)
            }
            None => self.rows.push(row),
        };
        let Self { rows, slots, hash, .. } = self;
        let hash_of = |number| rows.get(number).map_or(0, |row| hash.hash_one(row.claim()));
        slots.insert(hash.hash_one(claim), number, hash_of);
        self.held += 1;
    }

    /// Frees the claim.
    pub(super) fn release(&mut self, claim: Claim) {
        let Some(number) = self.number(claim) else { return };
        let Self { rows, slots, hash, .. } = self;
        let hash_of = |number| rows.get(number).map_or(0, |row| hash.hash_one(row.claim()));
        slots.remove(hash.hash_one(claim), number, hash_of);
        if let Some(row) = self.rows.get_mut(number) {
            row.holder = (self.free | FREE).to_be_bytes();
            self.free = number;
            self.held -= 1;
        }
    }

    /// The claims that are held, each with the number of its holder.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Claim, u32)> {
        let held = self.rows.iter().filter(|row| row.holder() & FREE == 0);
        held.map(|row| (row.claim(), row.holder()))
    }

    /// Memory. Unit: bytes.
    pub(super) fn bytes(&self) -> usize {
        self.rows.bytes() + self.slots.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(key: u8) -> Claim {
        Claim { kind: ClaimKind::LIVE_CALL, key: [key; 16] }
    }

    #[test]
    fn rows_of_claims_that_were_given_back_are_used_again() {
        let mut claims = Claims::default();
        for key in 0..100 {
            claims.take(claim(key), u32::from(key));
        }
        for key in 0..100 {
            claims.release(claim(key));
        }
        claims.release(claim(1));
        assert_eq!((claims.len(), claims.iter().count()), (0, 0));
        for key in 100..200 {
            claims.take(claim(key), 7);
        }
        assert_eq!((claims.rows.len(), claims.len()), (100, 100));
        assert!(claims.iter().all(|(_, holder)| holder == 7));
        assert_eq!(claims.holder(claim(5)), None);
        assert_eq!(claims.holder(claim(150)), Some(7));
    }
}
