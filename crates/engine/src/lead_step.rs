//! What a lead waits for between a decision and its answer.
//!
//! Written out rather than chained: a transition then costs one allocation here instead of five.

use std::{
    future::Future,
    pin::Pin,
    task::{self, Poll},
};

use actix::{Context, fut::ActorFuture};
use branchline_domain::lead::LeadEvent;
use branchline_journal::record::ClaimChange;

use crate::{
    journal_port::{AppendAnswer, AppendOutcome},
    lead_actor::LeadActor,
    lead_task::Perform,
};

/// A record on its way, and what its commit will mean.
pub(crate) struct Attempt {
    pub(crate) perform: Box<Perform>,
    pub(crate) events: Vec<LeadEvent>,
    pub(crate) claims: Vec<ClaimChange>,
    pub(crate) accepted: bool,
    /// How often this command was decided.
    pub(crate) tries: u32,
}

/// What a command waits for.
pub(crate) enum Step {
    /// For the journal to have its record, or to refuse it.
    Journal { attempt: Attempt, answer: AppendAnswer },
    /// For a view of the workflow as new as what refused its guard; true when it came in time.
    View { perform: Box<Perform>, tries: u32, shown: Pin<Box<dyn Future<Output = bool>>> },
}

/// One command's steps, one after the other, until it is answered.
pub(crate) struct Steps(Option<Step>);

impl From<Step> for Steps {
    fn from(first: Step) -> Self {
        Self(Some(first))
    }
}

/// What was waited for.
enum Came {
    Journal(AppendOutcome),
    View(bool),
}

impl Steps {
    fn poll_step(&mut self, task: &mut task::Context<'_>) -> Poll<Option<Came>> {
        match &mut self.0 {
            Some(Step::Journal { answer, .. }) => {
                Pin::new(answer).poll(task).map(|outcome| Some(Came::Journal(outcome)))
            }
            Some(Step::View { shown, .. }) => {
                shown.as_mut().poll(task).map(|shown| Some(Came::View(shown)))
            }
            None => Poll::Ready(None),
        }
    }
}

impl ActorFuture<LeadActor> for Steps {
    type Output = ();

    fn poll(
        mut self: Pin<&mut Self>,
        lead: &mut LeadActor,
        ctx: &mut Context<LeadActor>,
        task: &mut task::Context<'_>,
    ) -> Poll<()> {
        while let Some(came) = task::ready!(self.poll_step(task)) {
            self.0 = match (self.0.take(), came) {
                (Some(Step::Journal { attempt, .. }), Came::Journal(Ok(appended))) => {
                    lead.absorb(attempt, appended);
                    None
                }
                (Some(Step::Journal { attempt, .. }), Came::Journal(Err(error))) => {
                    lead.not_appended(attempt, error, ctx)
                }
                (Some(Step::View { perform, tries, .. }), Came::View(shown)) => {
                    lead.view_came(perform, tries, shown)
                }
                // What came is what this step waited for.
                (Some(Step::Journal { .. }), Came::View(_))
                | (Some(Step::View { .. }), Came::Journal(_))
                | (None, Came::Journal(_) | Came::View(_)) => None,
            };
        }
        lead.done();
        Poll::Ready(())
    }
}
