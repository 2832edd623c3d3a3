//! Why a lead is where it is: the domain's one answer, told what surrounds the lead.

use branchline_domain::{
    id::LeadId,
    lead::{self, Explanation, LeadState, Surroundings},
};

use crate::Projections;

impl Projections {
    /// Why a lead is where it is, as of the newest record that was folded; `None` when the workflow
    /// of the lead is not known. `state` is what the lead's stream adds up to. The position of the
    /// workflow's status is filled in here.
    ///
    /// Source: CONTRACT.md 8.
    pub fn explain(
        &self,
        lead: LeadId,
        state: &LeadState,
        surroundings: Surroundings,
    ) -> Option<Explanation> {
        let row = self.workflow_or_deleted(state.workflow?)?;
        let workflow_position = Some(row.status_position.0);
        let surroundings = Surroundings { workflow_position, ..surroundings };
        Some(lead::explain(lead, state, &row.view(), &surroundings))
    }
}
