//! The key under which a batch asks one lead.

use branchline_domain::id::LeadId;
use branchline_journal::record::IdempotencyKey;
use sha2::{Digest, Sha256};

/// The key of one lead's command in a batch that came under a key. The journal keeps it with the
/// record that the command makes, so a batch that is sent again, after a crash in its middle too,
/// asks no lead a second time.
pub(super) fn lead_key(batch: &IdempotencyKey, lead: LeadId) -> IdempotencyKey {
    let mut sha = Sha256::new();
    sha.update(batch.key.as_bytes());
    // Of fixed length and last, so that no two pairs read the same.
    sha.update(lead.as_uuid().as_bytes());
    let digest: [u8; 32] = sha.finalize().into();
    let mut key = String::with_capacity(6 + 32);
    key.push_str("batch:");
    for byte in digest.iter().take(16) {
        key.extend(
            [byte >> 4, byte & 15].map(|half| char::from_digit(half.into(), 16)).iter().flatten(),
        );
    }
    IdempotencyKey { key: key.into(), digest: batch.digest }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_lead_of_each_batch_has_a_key_of_its_own_that_the_journal_can_keep() {
        let key = |batch: &str, lead| {
            let batch = IdempotencyKey { key: batch.into(), digest: [7; 32] };
            lead_key(&batch, LeadId::from_u128(lead))
        };
        let long = "k".repeat(128);
        let keys = [key("a", 1), key("a", 2), key("b", 1), key(&long, 1)];
        let distinct: std::collections::BTreeSet<_> = keys.iter().map(|key| &key.key).collect();
        assert_eq!(distinct.len(), keys.len());
        assert_eq!(key("a", 1), keys[0]);
        for key in keys {
            assert!(key.key.len() == 38 && key.digest == [7; 32], "{}", key.key);
        }
    }
}
