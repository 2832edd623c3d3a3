//! The rules of an organisation: its API keys, what was refused to them, and what providers told of
//! calls that could not be used. Source: CONTRACT.md 4 and 9.
//!
//! The history of keys is one of events like everything else, so who could do what at any time has
//! an answer later. A secret is never in it: only the SHA-256 digest of its 256 random bits.

mod decide;
mod event;
mod evolve;
mod key;
mod provider_decide;
mod provider_events;
mod rejection;
mod scope;

pub use decide::{
    CODE_BYTES_MAX, KEY_NAME_CHARS_MAX, LIVE_KEYS_MAX, NewApiKey, OVERLAP_MAX_S,
    OrganisationCommand, OrganisationContext, TARGET_BYTES_MAX, decide,
};
pub use event::OrganisationEvent;
pub use evolve::evolve;
pub use key::{ApiKey, ApiKeyStatus, OrganisationState, SecretDigest};
pub use provider_decide::{
    DISMISSAL_NOTE_CHARS_MAX, FACT_BYTES_MAX, FACTS_MAX, NewProviderEvent, PROVIDER_TEXT_BYTES_MAX,
    PROVIDERS_MAX, WORDS_MAX, check_told,
};
pub use provider_events::{
    KeptEvent, ProviderDesk, ProviderEventState, ProviderTold, SETTLED_EVENTS_KEPT, Settled,
    UnmatchedReason,
};
pub use rejection::OrganisationRejection;
pub use scope::{Scope, Scopes, UnknownScope};

use crate::decider::{Decider, Recorded};

/// The decider of organisations.
#[derive(Clone, Copy, Debug)]
pub enum Organisation {}

impl Decider for Organisation {
    type State = OrganisationState;
    type Command = OrganisationCommand;
    type Event = OrganisationEvent;
    type Rejection = OrganisationRejection;
    type Context<'a> = OrganisationContext;

    fn decide(
        state: &OrganisationState,
        command: &OrganisationCommand,
        context: &OrganisationContext,
    ) -> Result<Vec<OrganisationEvent>, OrganisationRejection> {
        decide(state, command, context)
    }

    fn evolve(state: &mut OrganisationState, event: &OrganisationEvent, recorded: Recorded) {
        evolve(state, event, recorded);
    }
}
