//! What an engine does by itself for several leads at once: the tries of applications.

use branchline_domain::{
    graph::{ApplicationConfig, NodeConfig},
    id::LeadId,
    lead::{ApplicationReport, ApplicationStage, HoldCode, LeadCommand, LeadState},
};

use super::{DeciderWorld, ROUNDS_MAX};
use crate::{command::Answer, event_lines::Noted, world::Failure};

/// What a lead at an application step is asked to do next.
enum Errand {
    /// Somebody answers now.
    Ask,
    /// A try is made, with this answer.
    Try(Answer, Box<ApplicationConfig>),
    /// Nobody answers.
    Hold,
}

impl DeciderWorld {
    /// Makes the tries that leads want, with the answers that the story gives; leads that nobody
    /// answers for are held.
    pub(super) fn try_applications(&mut self) -> Result<Vec<Noted>, Failure> {
        let mut events = Vec::new();
        for _ in 0..ROUNDS_MAX {
            let next =
                self.leads.iter().find_map(|lead| Some((lead.id, self.errand(&lead.state)?)));
            let Some((lead, errand)) = next else { break };
            events.extend(self.run_errand(lead, errand)?);
        }
        Ok(events)
    }

    fn errand(&self, state: &LeadState) -> Option<Errand> {
        if !self.workflow.status.can_process_leads() || self.workflow.deleted || state.has_ended() {
            return None;
        }
        let node = state.node?;
        let answer = self.answers.get(&node).cloned();
        let held = state.hold.as_ref().map(|hold| hold.reason.code());
        if held == Some(HoldCode::ApplicationReview) {
            return answer.map(|_| Errand::Ask);
        }
        let stage = state.application.as_deref().map(|run| run.stage);
        if stage != Some(ApplicationStage::Requested) {
            return None;
        }
        let entered = self.workflow.revisions.get(&state.entered_revision)?.node(node)?;
        let NodeConfig::Application(config) = &entered.config else { return None };
        Some(answer.map_or(Errand::Hold, |answer| Errand::Try(answer, Box::new(config.clone()))))
    }

    fn run_errand(&mut self, lead: LeadId, errand: Errand) -> Result<Vec<Noted>, Failure> {
        match errand {
            Errand::Ask => self.lead_decides(lead, &LeadCommand::RequestApplication),
            Errand::Hold => self.lead_decides(lead, &LeadCommand::HoldApplication),
            Errand::Try(answer, config) => {
                let mut events = self.lead_decides(lead, &LeadCommand::StartApplication)?;
                let state = self.leads.iter().find(|played| played.id == lead);
                let state = state.map(|played| &played.state);
                let attempt = state.and_then(|state| state.application.as_deref());
                let missing = state.and_then(|state| {
                    let phone_number = state.phone_number.known().map(String::as_str);
                    Some(config.missing_fields(phone_number, state.variables.known()?))
                });
                let report = ApplicationReport {
                    attempt: attempt.map_or(0, |run| run.attempt),
                    outcome: answer.outcome,
                    latency_ms: 0,
                    missing_fields: missing.unwrap_or_default().into_iter().collect(),
                    evidence: String::new(),
                    fields: answer.fields,
                };
                let recorded = LeadCommand::RecordApplication(Box::new(report));
                events.extend(self.lead_decides(lead, &recorded)?);
                Ok(events)
            }
        }
    }
}
