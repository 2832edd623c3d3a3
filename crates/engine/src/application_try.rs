//! The try of an application step that a lead wants or has begun, as its runner is asked for it.

use std::time::Duration;

use branchline_domain::{
    id::{LeadId, OrganisationId},
    lead::{ApplicationStage, LeadContext, LeadState, application_step},
};

use crate::applications::{ApplicationAction, ApplicationRequest};

/// A try, and what the engine decides about it without asking anybody.
#[derive(Clone, Debug)]
pub(crate) struct ApplicationTry {
    pub(crate) request: ApplicationRequest,
    /// How far it has come; `None` while nobody answers to the application.
    pub(crate) stage: Option<ApplicationStage>,
    /// Names that the step reads and the lead has no value for.
    pub(crate) missing_fields: Vec<String>,
    /// Those of them that are required: then nothing is tried.
    pub(crate) missing_required: Vec<String>,
}

impl ApplicationTry {
    /// The newest try of the step that the lead stands at; `None` when it stands at no application
    /// step that can be done.
    pub(crate) fn of(
        organisation: OrganisationId,
        lead: LeadId,
        state: &LeadState,
        context: &LeadContext<'_>,
    ) -> Option<Self> {
        let step = application_step(state, context)?;
        let phone_number = state.phone_number.known().map(String::as_str);
        // What was erased is missing.
        let variables = state.variables.known().cloned().unwrap_or_default();
        let missing_fields = step.config.missing_fields(phone_number, &variables);
        let missing_required = step.config.missing_required(phone_number, &variables);
        Some(Self {
            stage: step.run.map(|run| run.stage),
            missing_fields: missing_fields.into_iter().collect(),
            missing_required: missing_required.into_iter().collect(),
            request: ApplicationRequest {
                lead_id: lead,
                workflow_id: state.workflow?,
                organisation_id: organisation,
                node_id: step.node,
                visit: state.visit,
                attempt: step.run.map_or(1, |run| run.attempt),
                idempotency_key: format!("{lead}_{}", state.visit),
                phone_number: phone_number.map(Into::into),
                action: ApplicationAction::of(step.config)?,
                timeout: Duration::from_secs(step.config.timeout_s().into()),
                variables,
            },
        })
    }
}
