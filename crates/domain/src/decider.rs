//! The one trait: commands in, events out, state folded from events.

use crate::time::Timestamp;

/// Where and when an event was recorded. Comes from the journal, so a replay sees the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// When the event was decided.
    pub at: Timestamp,
    /// Position of its record in the journal; 0 where there is no journal, as in unit tests.
    pub position: u64,
}

/// Commands in, events out, state folded from events. Pure: no clock, no IO, no randomness.
///
/// Three implementors (lead, workflow and organisation) and three users (actors, tests, log tool)
/// justify it.
pub trait Decider {
    /// What the history adds up to. `Default` is the state before any event.
    type State: Default;
    /// A request, in the imperative. May be refused.
    type Command;
    /// A fact, in the past tense. Never refused, never edited.
    type Event;
    /// Why a command was refused.
    type Rejection: std::error::Error;
    /// Facts from outside the stream that a decision may read.
    type Context<'a>;

    /// Decides what the command makes true. An empty list means "nothing new".
    ///
    /// # Errors
    ///
    /// Returns a rejection when the rules refuse the command. Nothing is recorded then.
    fn decide(
        state: &Self::State,
        command: &Self::Command,
        context: &Self::Context<'_>,
    ) -> Result<Vec<Self::Event>, Self::Rejection>;

    /// Takes one more event into the state. Total: an event has already happened.
    fn evolve(state: &mut Self::State, event: &Self::Event, recorded: Recorded);
}
