//! The rules of a lead: how it starts, calls, branches, waits, is held, and ends.
//! Source: CONTRACT.md 3, 4, 5.

mod advance;
mod application;
mod command;
mod decide;
mod dispatch;
mod erasure;
mod event;
mod evolve;
mod explain;
mod hold;
mod moving;
mod reads;
mod rejection;
mod report;
mod resolve;
mod schedule;
mod state;
mod status;
mod walk;

pub use application::{ApplicationStep, application_step};
pub use command::{
    ApplicationOutcome, ApplicationReport, CallReport, Enrolment, LeadCommand, LeadContext,
    Resolution,
};
pub use decide::{accepts, decide};
pub use event::LeadEvent;
pub use evolve::evolve;
pub use explain::{Explanation, GuardCode, HoldingGuard, Remedy, Surroundings, explain};
pub use hold::{BranchCause, Hold, HoldCode, HoldReason, Outcome};
pub use reads::{Reads, reads};
pub use rejection::LeadRejection;
pub use state::{ApplicationRun, ApplicationStage, Call, Dispatch, LeadState, Values};
pub use status::{LeadStatus, UnknownLeadStatus};

use crate::decider::{Decider, Recorded};

/// The decider of leads.
#[derive(Clone, Copy, Debug)]
pub enum Lead {}

impl Decider for Lead {
    type State = LeadState;
    type Command = LeadCommand;
    type Event = LeadEvent;
    type Rejection = LeadRejection;
    type Context<'a> = LeadContext<'a>;

    fn decide(
        state: &LeadState,
        command: &LeadCommand,
        context: &LeadContext<'_>,
    ) -> Result<Vec<LeadEvent>, LeadRejection> {
        decide(state, command, context)
    }

    fn evolve(state: &mut LeadState, event: &LeadEvent, recorded: Recorded) {
        evolve(state, event, recorded);
    }
}
