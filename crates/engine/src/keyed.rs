//! Requests under an idempotency key that make many records: one at a time, and each record under a
//! key of its own that can be made again from the request's.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc, sync::Arc};

use branchline_domain::id::OrganisationId;
use branchline_journal::record::IdempotencyKey;
use sha2::{Digest, Sha256};

use crate::{EngineError, core::Core};

/// The key of one record of many that a request under a key makes: `kind` says of what, `part`
/// which one; parts of one kind are equally long, so that no two pairs read the same. The journal
/// keeps it with the record, so a request that is sent again, after a crash in its middle too, finds
/// what the first one did.
pub(crate) fn part_key(kind: &str, whole: &IdempotencyKey, part: &[u8]) -> IdempotencyKey {
    let mut sha = Sha256::new();
    sha.update(whole.key.as_bytes());
    sha.update(part);
    let digest: [u8; 32] = sha.finalize().into();
    let mut key = String::with_capacity(kind.len() + 1 + 32);
    key.push_str(kind);
    key.push(':');
    for byte in digest.iter().take(16) {
        key.extend(
            [byte >> 4, byte & 15].map(|half| char::from_digit(half.into(), 16)).iter().flatten(),
        );
    }
    IdempotencyKey { key: key.into(), digest: whole.digest }
}

type Name = (OrganisationId, Arc<str>);

/// Keys of such requests that are under way, each with the digest of its request.
#[derive(Debug, Default)]
pub(crate) struct KeyedRequests(RefCell<BTreeMap<Name, [u8; 32]>>);

/// The turn of a request. Dropped, the key is free for the next one.
pub(crate) struct Turn {
    core: Rc<Core>,
    name: Name,
}

impl Turn {
    /// Takes the turn.
    ///
    /// # Errors
    ///
    /// [`EngineError::RequestUnderWay`] while the same request is under way,
    /// [`EngineError::KeyReused`] while another one with its key is.
    pub(crate) fn take(
        core: &Rc<Core>,
        organisation: OrganisationId,
        key: &IdempotencyKey,
    ) -> Result<Self, EngineError> {
        let name = (organisation, Arc::clone(&key.key));
        let mut under_way = core.keyed.0.borrow_mut();
        match under_way.get(&name) {
            Some(digest) if *digest == key.digest => return Err(EngineError::RequestUnderWay),
            Some(_) => return Err(EngineError::KeyReused),
            None => {}
        }
        under_way.insert(name.clone(), key.digest);
        drop(under_way);
        Ok(Self { core: Rc::clone(core), name })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.core.keyed.0.borrow_mut().remove(&self.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_of_each_request_has_a_key_of_its_own_that_the_journal_can_keep() {
        let key = |kind, whole: &str, part: u32| {
            let whole = IdempotencyKey { key: whole.into(), digest: [7; 32] };
            part_key(kind, &whole, &part.to_be_bytes())
        };
        let long = "k".repeat(128);
        let keys = [
            key("batch", "a", 1),
            key("batch", "a", 2),
            key("batch", "b", 1),
            key("claim", &long, 1),
        ];
        let distinct: std::collections::BTreeSet<_> = keys.iter().map(|key| &key.key).collect();
        assert_eq!(distinct.len(), keys.len());
        assert_eq!(key("batch", "a", 1), keys[0]);
        for key in keys {
            assert!(key.key.len() == 38 && key.digest == [7; 32], "{}", key.key);
        }
    }
}
