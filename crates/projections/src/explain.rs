//! Why a lead is where it is: the domain's one answer, told what surrounds the lead.

use branchline_domain::{
    id::LeadId,
    lead::{self, Explanation, LeadState, Surroundings},
    time::Timestamp,
};

use crate::Projections;

impl Projections {
    /// Why a lead is where it is at `now`, as of the newest record that was folded; `None` when the
    /// workflow of the lead is not known. `state` is what the lead's stream adds up to, and
    /// `busy_with` the other lead whose live call has its number.
    ///
    /// Source: DOMAIN.md 8.
    pub fn explain(
        &self,
        lead: LeadId,
        state: &LeadState,
        now: Timestamp,
        busy_with: Option<LeadId>,
    ) -> Option<Explanation> {
        let row = self.workflow_or_deleted(state.workflow?)?;
        let workflow_position = Some(row.status_position.0);
        let no_capacity = false;
        let surroundings = Surroundings { now, busy_with, no_capacity, workflow_position };
        Some(lead::explain(lead, state, &row.view(), &surroundings))
    }
}
