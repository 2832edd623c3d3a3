//! What a batch would do, without doing it.

use std::{collections::BTreeMap, sync::Arc};

use branchline_domain::{
    id::{LeadId, OrganisationId, WorkflowId},
    lead::{self, HoldCode, LeadCommand, LeadContext},
    workflow::WorkflowView,
};

use super::{BatchForecast, ForeseenLead, HeldGroup, LeadBatch, check::check};
use crate::{
    EngineError, host::lead_command, ports::Clock, read_side::ReadSide, refusals::refused,
};

/// Examples told of each group. Unit: leads.
const EXAMPLES: usize = 5;

/// Counts the leads that a batch is about, and decides for the first of each group what would come
/// of it. Nothing is recorded.
///
/// # Errors
///
/// Those of the batch itself; [`EngineError::Unavailable`] when the journal cannot be read.
pub(crate) async fn forecast(
    reads: &ReadSide,
    clock: &Arc<dyn Clock>,
    organisation: OrganisationId,
    workflow: WorkflowId,
    batch: &LeadBatch,
) -> Result<BatchForecast, EngineError> {
    let (view, mut leads) = reads
        .read(|read| {
            let view = check(read, organisation, workflow, batch)?;
            let leads = read.matching_leads(workflow, batch.filter.lead_filter());
            Ok::<_, EngineError>((view, leads))
        })
        .await??;
    leads.retain(|(lead, _)| batch.after.is_none_or(|after| *lead > after));
    leads.sort_unstable();
    let mut groups: BTreeMap<Option<HoldCode>, (u64, Vec<LeadId>)> = BTreeMap::new();
    for &(lead, hold) in &leads {
        let (count, examples) = groups.entry(hold).or_default();
        *count += 1;
        if examples.len() < EXAMPLES {
            examples.push(lead);
        }
    }
    let command = lead_command(batch.action.clone());
    let mut by_hold = Vec::with_capacity(groups.len());
    for (hold, (count, first)) in groups {
        let mut examples = Vec::with_capacity(first.len());
        for lead in first {
            let outcome = match reads.lead(organisation, lead).await {
                Ok(story) => foresee(&story.state, lead, &command, &view, clock),
                Err(error @ EngineError::LeadNotFound(_)) => Err(error),
                Err(error) => return Err(error),
            };
            examples.push(ForeseenLead { lead, outcome });
        }
        by_hold.push(HeldGroup { hold, leads: count, examples });
    }
    Ok(BatchForecast { matched: leads.len() as u64, by_hold })
}

/// Whether the command would record anything of this lead.
fn foresee(
    state: &lead::LeadState,
    lead: LeadId,
    command: &LeadCommand,
    view: &WorkflowView,
    clock: &Arc<dyn Clock>,
) -> Result<bool, EngineError> {
    let context = LeadContext { now: clock.now(), lead, workflow: view };
    match lead::decide(state, command, &context) {
        Ok(events) => Ok(!events.is_empty()),
        Err(rejection) => Err(refused(lead, rejection)),
    }
}
