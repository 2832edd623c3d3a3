//! The seals: what a person supplied is readable only with a key that can be destroyed.

mod disk;
mod entropy;
mod error;
mod header;
mod lead_key;
mod opening;
mod organisation_key;
mod organisations;
mod slot;
mod slot_store;
mod vault;

pub use entropy::{Entropy, SeededEntropy, SystemEntropy};
pub use error::VaultError;
pub use lead_key::{LeadKey, OpenSealError};
pub use organisation_key::OrganisationKey;
pub use slot::Damage;
pub use vault::{KeySlot, Vault, VaultOptions};
