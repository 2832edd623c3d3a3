//! The phones: carriers behind the engine's port.
//!
//! [`SimulatedCarrier`] rings nobody: how a call goes is drawn from a seed, in the time of the
//! engine's clock. Its rules ([`Profile`], [`story`]) are pure; only the carrier itself has a thread.

mod dice;
mod ledger;
mod profile;
mod reporter;
mod simulated;
mod story;

pub use ledger::Ledger;
pub use profile::{Profile, ProfileError};
pub use simulated::SimulatedCarrier;
pub use story::{CallStory, story};
