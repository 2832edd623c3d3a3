//! What an event goes through before it counts.

use branchline_domain::{id::LeadId, lead::LeadEvent, workflow::WorkflowEvent};

use crate::words::Wrong;

/// What every event goes through between its decision and the state: nothing, or the form that a
/// journal keeps it in.
pub trait Passage {
    /// The event of a lead as it comes back.
    ///
    /// # Errors
    ///
    /// When it does not come back.
    fn lead(&mut self, lead: LeadId, event: LeadEvent) -> Result<LeadEvent, Wrong>;

    /// The event of a workflow as it comes back.
    ///
    /// # Errors
    ///
    /// When it does not come back.
    fn workflow(&mut self, event: WorkflowEvent) -> Result<WorkflowEvent, Wrong>;
}

/// Nothing: events are what was decided.
#[derive(Clone, Copy, Debug, Default)]
pub struct Straight;

impl Passage for Straight {
    fn lead(&mut self, _: LeadId, event: LeadEvent) -> Result<LeadEvent, Wrong> {
        Ok(event)
    }

    fn workflow(&mut self, event: WorkflowEvent) -> Result<WorkflowEvent, Wrong> {
        Ok(event)
    }
}
