//! Hand-outs of calls to an external carrier. Each call once, whoever asks and however often.

use std::{collections::BTreeSet, rc::Rc};

use branchline_domain::{id::CallId, lead::LeadCommand, time::Timestamp};
use branchline_journal::{record::Position, store::EventStore};
use branchline_projections::RequestedCall;

use crate::{
    EngineError,
    asked::Asked,
    command::Caller,
    core::Core,
    effects::asking::{Told, put_off_if_closed, surely, told},
    lead_claims,
    ports::DialRequest,
};

/// Hands out requested calls to an external carrier, each once: what is in the answer is recorded
/// as handed out, until its lease ends.
pub(crate) async fn claim(
    core: Rc<Core>,
    caller: Caller,
    max: usize,
    lease_s: u32,
) -> Result<Vec<DialRequest>, EngineError> {
    check(&core, max, lease_s)?;
    core.reads().wait_folded(core.store().head()).await?;
    let asked = Asked::by(&caller).without_key();
    let mut tried = BTreeSet::new();
    let mut handed_out = Vec::new();
    // A call that was picked may turn out to be gone, and then the next one takes its place.
    while handed_out.len() < max {
        let picked = pick(&core, &caller, max - handed_out.len(), &mut tried);
        if picked.is_empty() {
            break;
        }
        let lease_until = core.now().plus_seconds(u64::from(lease_s));
        hand_out(&core, &asked, picked, lease_until, &mut handed_out).await;
    }
    Ok(handed_out)
}

fn check(core: &Core, max: usize, lease_s: u32) -> Result<(), EngineError> {
    if !core.effects.external.get() {
        let problem = "this engine dials with a carrier of its own; there is nothing to claim";
        return Err(EngineError::Invalid { field: "carrier", problem: problem.into() });
    }
    let (max_limit, lease_limit) = (core.config().claim_max, core.config().claim_lease_s_max);
    if max == 0 || max > max_limit {
        let problem = format!("is {max}; it must be 1 to {max_limit}");
        return Err(EngineError::Invalid { field: "max", problem });
    }
    if lease_s == 0 || lease_s > lease_limit {
        let problem = format!("is {lease_s}; it must be 1 to {lease_limit} seconds");
        return Err(EngineError::Invalid { field: "lease_s", problem });
    }
    Ok(())
}

/// Takes the next requested calls in hand.
fn pick(
    core: &Core,
    caller: &Caller,
    wanted: usize,
    tried: &mut BTreeSet<CallId>,
) -> Vec<RequestedCall> {
    let mut in_hand = core.effects.handed_out.borrow_mut();
    let picked = core.reads().look(|read| {
        in_hand.shown(read.position());
        read.requested(core.now(), wanted, |requested| {
            requested.organisation == caller.organisation
                && !tried.contains(&requested.call)
                && !in_hand.contains(&requested.call)
                && is_free(core.store().as_ref(), requested)
        })
    });
    for requested in &picked {
        tried.insert(requested.call);
        in_hand.take(requested.call);
    }
    picked
}

/// Whether nobody else's live call keeps the number busy.
pub(super) fn is_free(store: &dyn EventStore, requested: &RequestedCall) -> bool {
    let holder = store.claim_holder(lead_claims::live_call(requested.contact_tag));
    holder.is_none_or(|holder| holder.id == requested.call.lead.as_uuid())
}

/// Records that the calls are handed out, and adds those for which that is durable.
async fn hand_out(
    core: &Rc<Core>,
    asked: &Asked,
    picked: Vec<RequestedCall>,
    lease_until: Timestamp,
    handed_out: &mut Vec<DialRequest>,
) {
    let begun: Vec<_> = picked
        .into_iter()
        .map(|RequestedCall { call, .. }| {
            let lease_until = Some(lease_until);
            let command = LeadCommand::StartDispatch { call: call.number, lease_until };
            (call, core.perform_lead(call.lead, command, asked.clone()))
        })
        .collect();
    for (call, begun) in begun {
        let begun = begun.await;
        put_off_if_closed(core, call.lead, &begun).await;
        match told(call.lead, &begun) {
            Told::Recorded(position) => {
                core.effects.handed_out.borrow_mut().recorded(call, position);
                handed_out.extend(request(core, call, asked, position).await);
            }
            Told::Nothing(_) | Told::Busy(_) | Told::Ended => {
                core.effects.handed_out.borrow_mut().put_back(&call);
            }
        }
    }
}

/// What the caller needs to dial; nothing when it cannot be dialled after all.
async fn request(
    core: &Rc<Core>,
    call: CallId,
    asked: &Asked,
    position: Position,
) -> Option<DialRequest> {
    match core.dial_request(call.lead, call.number).await {
        Ok(request) => Some(request),
        Err(EngineError::ShuttingDown) => None,
        Err(error) => {
            // Nobody was told of the call, so surely nobody dials it.
            let reason = format!("it could not be handed out: {error}");
            let command = LeadCommand::RecordDispatchRefused { call: call.number, reason };
            surely(core, call.lead, command, asked.clone().because_of(position)).await;
            None
        }
    }
}
