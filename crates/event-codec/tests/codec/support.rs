//! A lead whose key is always the same.

use std::{collections::BTreeMap, sync::Arc};

use branchline_domain::{id::LeadId, lead::Values, value::Value};
use branchline_event_codec::Sealing;
use branchline_vault::{LeadKey, SeededEntropy, Vault};

pub(crate) const LEAD: LeadId = LeadId::from_u128(0x0192_f3a1_0000_7000_8000_0000_0000_00a1);

/// A vault in memory and the key of [`LEAD`] in it: the same for the same seed.
pub(crate) struct Keyed {
    pub(crate) vault: Vault,
    pub(crate) key: LeadKey,
}

impl Keyed {
    pub(crate) fn new(seed: u64) -> Self {
        let vault = Vault::in_memory(Arc::new(SeededEntropy::new(seed)));
        let (_, key) = vault.create_keys(&[LEAD.as_uuid()]).unwrap().remove(0);
        Self { vault, key }
    }

    /// Runs `work` with what it takes to seal fields of [`LEAD`].
    pub(crate) fn sealing<T>(&self, work: impl FnOnce(&Sealing<'_>) -> T) -> T {
        let nonce = || self.vault.nonce();
        work(&Sealing { lead: LEAD, key: Some(&self.key), nonce: &nonce })
    }
}

/// Values from pairs, for events written by hand.
pub(crate) fn values_of<const N: usize>(pairs: [(&str, Value); N]) -> Values {
    BTreeMap::from(pairs.map(|(name, value)| (name.to_owned(), value)))
}
