//! What an engine does by itself for several leads at once.

use branchline_domain::{
    id::LeadId,
    lead::{ApplicationStage, LeadCommand},
};

use super::DeciderWorld;
use crate::{event_lines::Noted, world::Failure};

impl DeciderWorld {
    /// Nobody answers to any key here, so who waits for an application is held.
    pub(super) fn hold_applications(&mut self) -> Result<Vec<Noted>, Failure> {
        let wanted: Vec<LeadId> = self
            .leads
            .iter()
            .filter(|lead| {
                let run = lead.state.application.as_deref();
                run.is_some_and(|run| run.stage == ApplicationStage::Requested)
            })
            .map(|lead| lead.id)
            .collect();
        let mut events = Vec::new();
        for id in wanted {
            match self.lead_decides(id, &LeadCommand::HoldApplication) {
                Ok(noted) => events.extend(noted),
                // Its workflow is not active, or it was removed.
                Err(Failure::Refused(_)) => {}
                Err(broken) => return Err(broken),
            }
        }
        Ok(events)
    }
}
