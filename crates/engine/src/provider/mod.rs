//! What telephony providers tell of calls, in their own words: what of it can be used is reported of
//! its call, what cannot is kept until a person has decided. Source: CONTRACT.md 4.
//!
//! A word means what the organisation's own table says, else what comes with this release
//! ([`branchline_domain::provider`]). A call is known by our id, or by the name that its dialling was
//! reported with.

mod identity;
mod perform;

use branchline_domain::{
    call_status::CallStatus,
    id::{CallId, ProviderEventId},
    organisation::{ProviderTold, UnmatchedReason},
    provider::Words,
};

pub(crate) use self::perform::perform;
use crate::{
    EngineError, EngineHandle,
    command::{Answer, Caller, Committed, HostCommand},
    handle::mismatch,
};

/// What a provider told, as it came.
#[derive(Clone, Debug, PartialEq)]
pub struct ProviderMessage {
    /// What is kept of it where it cannot be used.
    pub told: ProviderTold,
    /// All that came with it, as one text that is the same when the same comes again. It is not kept:
    /// without an id of the provider's it tells one message from another.
    pub content: String,
}

/// What can be asked about what providers tell.
#[derive(Clone, Debug, PartialEq)]
pub enum ProviderAction {
    /// Take what a provider told: report it of its call, or keep it.
    Hear(Box<ProviderMessage>),
    /// Report of a call what was kept, as a person says.
    Match {
        /// Which.
        event: ProviderEventId,
        /// The call; the one that the event names, unless given.
        call: Option<CallId>,
        /// The status; what its word means now, unless given.
        status: Option<CallStatus>,
    },
    /// Say that nothing has to come of it.
    Dismiss {
        /// Which.
        event: ProviderEventId,
        /// Why.
        note: String,
    },
    /// Set the organisation's own words of a provider: these and no others.
    SetWords {
        /// Whose.
        provider: String,
        /// What each means.
        words: Words,
    },
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderOutcome {
    /// It was reported of a call.
    Reported {
        /// Which.
        call: CallId,
        /// The status that the word stands for.
        status: CallStatus,
        /// Whether the report is part of the call's story.
        accepted: bool,
    },
    /// Its word is one to ignore.
    Ignored,
    /// It waits for a person, or did and was decided about.
    Kept {
        /// Its name.
        event: ProviderEventId,
        /// Why it could not be used.
        reason: UnmatchedReason,
    },
    /// A person's decision about it is recorded.
    Settled {
        /// Its name.
        event: ProviderEventId,
    },
    /// The words are set.
    WordsSet,
}

/// The answer to a [`ProviderAction`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProviderAnswer {
    /// What came of it.
    pub outcome: ProviderOutcome,
    /// Where it is recorded.
    pub committed: Committed,
}

impl EngineHandle {
    /// Takes what a provider told, or what a person says of it.
    ///
    /// # Errors
    ///
    /// [`EngineError::Organisation`] when a value is out of its limits, when there is no such event or
    /// it was decided about otherwise, and when as many wait as may; [`EngineError::CallNotFound`] for
    /// a call that a person names; [`EngineError::Lead`] when the call's lead refuses the report; those
    /// of [`Self::ask`].
    pub async fn tell_of_provider(
        &self,
        caller: &Caller,
        action: ProviderAction,
    ) -> Result<ProviderAnswer, EngineError> {
        let answer = self.ask(caller, HostCommand::Provider { action }).await?;
        let Answer::Provider(answer) = answer else {
            return Err(mismatch(&answer));
        };
        Ok(answer)
    }
}
