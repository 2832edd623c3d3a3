//! Given some events, when a command comes, then these events follow.

use std::fmt::Debug;

use branchline_domain::{
    decider::{Decider, Recorded},
    lead::LeadContext,
    organisation::OrganisationContext,
    time::Timestamp,
    workflow::WorkflowContext,
};

use crate::START;

/// When a decision is made, for the record that its events go into.
pub trait Moment {
    /// Now; [`START`] for contexts without time.
    fn now(&self) -> Timestamp;
}

impl Moment for LeadContext<'_> {
    fn now(&self) -> Timestamp {
        self.now
    }
}

impl Moment for OrganisationContext {
    fn now(&self) -> Timestamp {
        self.now
    }
}

impl Moment for WorkflowContext {
    fn now(&self) -> Timestamp {
        START
    }
}

/// A history so far.
pub struct Given<D: Decider> {
    state: D::State,
    /// Position of the last record. Every command that records something makes one.
    position: u64,
}

/// Starts a story with these events, recorded one by one at [`START`], at positions from 1.
pub fn given<D: Decider>(events: impl IntoIterator<Item = D::Event>) -> Given<D> {
    let mut story = Given { state: D::State::default(), position: 0 };
    for event in events {
        story.position += 1;
        D::evolve(&mut story.state, &event, Recorded { at: START, position: story.position });
    }
    story
}

impl<D: Decider> Given<D> {
    /// What the history adds up to.
    pub const fn state(&self) -> &D::State {
        &self.state
    }

    /// Position of the last record.
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// A command comes.
    pub fn when<'a>(self, command: &D::Command, context: &D::Context<'a>) -> Decided<D>
    where
        D::Context<'a>: Moment,
    {
        let decision = D::decide(&self.state, command, context);
        Decided { before: self, at: context.now(), decision }
    }
}

/// What was decided, to be compared with what was expected.
pub struct Decided<D: Decider> {
    before: Given<D>,
    at: Timestamp,
    decision: Result<Vec<D::Event>, D::Rejection>,
}

impl<D: Decider> Decided<D>
where
    D::Event: Debug + PartialEq,
    D::Rejection: Debug + PartialEq,
{
    /// Exactly these events were recorded.
    ///
    /// # Panics
    ///
    /// When others were, or the command was refused.
    #[track_caller]
    #[must_use = "only the last step of a story ends here; use `.done()`"]
    pub fn then(self, expected: impl IntoIterator<Item = D::Event>) -> Given<D> {
        let expected: Vec<_> = expected.into_iter().collect();
        assert_eq!(self.decision, Ok(expected));
        self.recorded()
    }

    /// Nothing new came of it.
    ///
    /// # Panics
    ///
    /// When something did, or the command was refused.
    #[track_caller]
    #[must_use = "only the last step of a story ends here; use `.done()`"]
    pub fn then_nothing_happens(self) -> Given<D> {
        self.then([])
    }

    /// The command was refused for exactly this reason.
    ///
    /// # Panics
    ///
    /// When it was refused for another one, or not at all.
    #[track_caller]
    #[must_use = "only the last step of a story ends here; use `.done()`"]
    pub fn then_refused(self, rejection: &D::Rejection) -> Given<D> {
        assert_eq!(self.decision.as_ref().err(), Some(rejection), "{:?}", self.decision);
        self.before
    }

    /// The command was refused for a reason of this kind; its words do not matter to this story.
    ///
    /// # Panics
    ///
    /// When it was refused for another one, or not at all.
    #[track_caller]
    #[must_use = "only the last step of a story ends here; use `.done()`"]
    pub fn then_refused_as(self, kind: impl FnOnce(&D::Rejection) -> bool) -> Given<D> {
        assert!(self.decision.as_ref().err().is_some_and(kind), "{:?}", self.decision);
        self.before
    }

    /// The command was not refused; what it recorded does not matter to this story.
    ///
    /// # Panics
    ///
    /// When it was refused.
    #[track_caller]
    #[must_use = "only the last step of a story ends here; use `.done()`"]
    pub fn then_accepted(self) -> Given<D> {
        assert!(self.decision.is_ok(), "{:?}", self.decision);
        self.recorded()
    }

    fn recorded(self) -> Given<D> {
        let Self { mut before, at, decision } = self;
        if let Ok(events) = decision
            && !events.is_empty()
        {
            before.position += 1;
            let recorded = Recorded { at, position: before.position };
            for event in &events {
                D::evolve(&mut before.state, event, recorded);
            }
        }
        before
    }
}

impl<D: Decider> Given<D> {
    /// Ends the story.
    pub fn done(self) {}
}
