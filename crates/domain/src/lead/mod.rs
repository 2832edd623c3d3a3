//! The rules of a lead: how it starts, calls, branches, waits, is held, and ends.
//! Source: DOMAIN.md 3, 4, 5.

mod advance;
mod decide;
mod dispatch;
mod evolve;
mod explain;
mod hold;
mod model;
mod reads;
mod report;
mod resolve;
mod walk;

pub use decide::{accepts, decide};
pub use evolve::evolve;
pub use explain::{Explanation, GuardCode, HoldingGuard, Surroundings, explain};
pub use hold::{BranchCause, Hold, HoldCode, HoldReason, Outcome};
pub use model::{
    Call, CallReport, Dispatch, Enrolment, LeadCommand, LeadContext, LeadEvent, LeadRejection,
    LeadState, LeadStatus, Resolution, UnknownLeadStatus, Values,
};
pub use reads::{Reads, reads};

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
