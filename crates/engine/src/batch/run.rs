//! A batch at work: picks its leads, asks them, and gathers what came of it.

use std::{collections::BTreeSet, future::Future, rc::Rc, sync::Arc, time::Duration};

use branchline_domain::{
    id::{LeadId, WorkflowId},
    lead::LeadCommand,
};
use branchline_journal::record::IdempotencyKey;
use branchline_projections::LeadFilter;
use tokio::sync::Semaphore;

use super::{BatchAnswer, BatchedLead, LeadBatch, check::check};
use crate::{
    EngineError,
    asked::Asked,
    command::{Caller, Committed},
    core::Core,
    host::lead_command,
    keyed::part_key,
    lead_task::LeadOutcome,
};

/// Times that a lead is asked while the engine is too busy for it. Unit: attempts.
const ATTEMPTS_MAX: u32 = 8;
/// Pause before the second attempt; each further one waits as much longer.
const BUSY_PAUSE: Duration = Duration::from_millis(10);
/// Keys looked up before others get their turn.
const KEYS_AT_ONCE: usize = 1_024;

/// The leads of one part of a batch.
struct Picked {
    leads: Vec<LeadId>,
    matched: u64,
    next: Option<LeadId>,
}

/// Asks each lead of a part of a batch, as a request about it alone would.
///
/// # Errors
///
/// Those of the batch itself; [`EngineError::KeyReused`]; [`EngineError::Unavailable`] and
/// [`EngineError::ShuttingDown`] when the engine ends meanwhile: then some leads were asked and
/// others not, and the same request under its key goes on where it stopped.
pub(crate) async fn run(
    core: Rc<Core>,
    caller: Caller,
    workflow: WorkflowId,
    batch: LeadBatch,
) -> Result<BatchAnswer, EngineError> {
    let Picked { leads, matched, next } = pick(&core, &caller, workflow, &batch).await?;
    let asked = Asked::by(&caller);
    let command = Arc::new(lead_command(batch.action));
    let room = Arc::new(Semaphore::new(core.config().sweep_in_flight.max(1)));
    let mut asking = Vec::with_capacity(leads.len());
    for lead in leads {
        let permit = Arc::clone(&room).acquire_owned().await;
        if core.stopping().is_set() {
            return Err(EngineError::ShuttingDown);
        }
        if let Some(reason) = core.reads().failure() {
            return Err(EngineError::Unavailable { reason });
        }
        let key = asked.key.as_ref().map(|key| lead_key(key, lead));
        let answer =
            persist(Rc::clone(&core), lead, Arc::clone(&command), Asked { key, ..asked.clone() });
        let answer = actix::spawn(async move {
            let answer = answer.await;
            drop(permit);
            answer
        });
        asking.push((lead, answer));
    }
    let mut results = Vec::with_capacity(asking.len());
    for (lead, answer) in asking {
        // A task that does not end is one that the engine's end took with it.
        let outcome = answer.await.unwrap_or(Err(EngineError::ShuttingDown));
        if let Err(error @ (EngineError::Unavailable { .. } | EngineError::ShuttingDown)) = outcome
        {
            return Err(error);
        }
        results.push(BatchedLead { lead, outcome });
    }
    Ok(BatchAnswer { matched, results, next })
}

/// Asks a lead, and again while the engine is too busy, within bounds. The first time at once.
fn persist(
    core: Rc<Core>,
    lead: LeadId,
    command: Arc<LeadCommand>,
    asked: Asked,
) -> impl Future<Output = Result<Committed, EngineError>> {
    let first = core.perform_lead(lead, Arc::clone(&command), asked.clone());
    async move {
        let told =
            |answer: Result<LeadOutcome, EngineError>| answer.map(|outcome| outcome.committed);
        let mut answer = told(first.await);
        for attempt in 1..ATTEMPTS_MAX {
            if answer != Err(EngineError::Busy) {
                break;
            }
            tokio::time::sleep(BUSY_PAUSE * attempt).await;
            answer = told(core.perform_lead(lead, Arc::clone(&command), asked.clone()).await);
        }
        answer
    }
}

/// Picks the leads of this part, in order of id.
async fn pick(
    core: &Rc<Core>,
    caller: &Caller,
    workflow: WorkflowId,
    batch: &LeadBatch,
) -> Result<Picked, EngineError> {
    let organisation = caller.organisation;
    let (matching, everybody) = core
        .reads()
        .read(|read| {
            check(read, organisation, workflow, batch)?;
            let matching = read.matching_leads(workflow, batch.filter.lead_filter());
            let everybody = caller
                .idempotency
                .as_ref()
                .map(|key| (key, read.matching_leads(workflow, LeadFilter::default())));
            Ok::<_, EngineError>((matching, everybody))
        })
        .await??;
    let behind = |lead: &LeadId| batch.after.is_none_or(|after| *lead > after);
    let ids = |leads: Vec<(LeadId, _)>| leads.into_iter().map(|(lead, _)| lead).filter(behind);
    let mut leads: BTreeSet<LeadId> = ids(matching).collect();
    if let Some((key, everybody)) = everybody {
        add_asked_before(core, caller, key, ids(everybody), &mut leads).await?;
    }
    let matched = leads.len();
    let leads: Vec<LeadId> = leads.into_iter().take(batch.limit).collect();
    let next = leads.last().copied().filter(|_| matched > leads.len());
    Ok(Picked { leads, matched: matched as u64, next })
}

/// Adds those that the same request has acted on before. The filter may not match them any more,
/// and without them others would take their places in the part: a request that is sent twice would
/// act on twice as many leads.
async fn add_asked_before(
    core: &Core,
    caller: &Caller,
    key: &IdempotencyKey,
    everybody: impl Iterator<Item = LeadId>,
    leads: &mut BTreeSet<LeadId>,
) -> Result<(), EngineError> {
    let organisation = caller.organisation.as_uuid();
    for (looked_up, lead) in everybody.enumerate() {
        if looked_up % KEYS_AT_ONCE == KEYS_AT_ONCE - 1 {
            tokio::task::yield_now().await;
        }
        match core.store().known_key(organisation, &lead_key(key, lead).key) {
            Some(known) if known.digest == key.digest => {
                leads.insert(lead);
            }
            Some(_) => return Err(EngineError::KeyReused),
            None => {}
        }
    }
    Ok(())
}

/// The key of one lead's command in a batch that came under a key: no lead is asked twice.
fn lead_key(batch: &IdempotencyKey, lead: LeadId) -> IdempotencyKey {
    part_key("batch", batch, lead.as_uuid().as_bytes())
}
