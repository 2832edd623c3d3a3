//! Hand-outs of calls to an external carrier. Each call once, whoever asks and however often.

use std::{collections::BTreeSet, rc::Rc};

use branchline_domain::{
    call_status::CallStatus,
    id::{CallId, OrganisationId},
    lead::LeadCommand,
    time::Timestamp,
};
use branchline_journal::{
    record::{IdempotencyKey, Position},
    store::EventStore,
};
use branchline_projections::{CallRow, DispatchStage, RequestedCall};

use crate::{
    EngineError,
    asked::Asked,
    command::{Caller, Committed},
    core::Core,
    effects::asking::{Told, put_off_if_closed, surely, told},
    keyed::{Turn, part_key},
    lead_claims,
    ports::DialRequest,
    repeat,
};

/// Hands out requested calls to an external carrier, each once: what is in the answer is recorded
/// as handed out, until its lease ends. Sent again under its key, the request gets those of its calls
/// of which nothing was heard and whose lease runs: nobody else was told of them.
pub(crate) async fn claim(
    core: Rc<Core>,
    caller: Caller,
    max: usize,
    lease_s: u32,
) -> Result<(Vec<DialRequest>, Committed), EngineError> {
    check(&core, max, lease_s)?;
    core.reads().wait_folded(core.store().head()).await?;
    let asked = Asked::by(&caller);
    let turn = asked.key.as_ref().map(|key| Turn::take(&core, caller.organisation, key));
    let turn = turn.transpose()?;
    let keys = Slots::of(asked.key.as_ref(), max);
    let earlier = keys.recorded(core.store().as_ref(), caller.organisation)?;
    if !earlier.is_empty() {
        return again(&core, earlier).await;
    }
    let mut claiming = Claiming {
        core,
        asked: asked.without_key(),
        keys,
        handed_out: Vec::new(),
        last: Committed::default(),
    };
    let mut tried = BTreeSet::new();
    // A call that was picked may turn out to be gone, and then the next one takes its place.
    while claiming.left(max) > 0 {
        let picked = pick(&claiming.core, &caller, claiming.left(max), &mut tried);
        if picked.is_empty() {
            break;
        }
        let lease_until = claiming.core.now().plus_seconds(u64::from(lease_s));
        claiming.hand_out(picked, lease_until).await;
    }
    drop(turn);
    Ok((claiming.handed_out, claiming.last))
}

/// What an earlier request handed out.
async fn again(
    core: &Rc<Core>,
    earlier: Vec<Position>,
) -> Result<(Vec<DialRequest>, Committed), EngineError> {
    let (mut calls, mut last) = (Vec::new(), Committed::default());
    for position in earlier {
        last.position = last.position.max(Some(position));
        let call = repeat::call_at(core, position).await?;
        let row = core.reads().look(|read| read.call(call));
        if !row.is_some_and(|row| is_nobodys_yet(&row, core.now())) {
            continue;
        }
        match core.dial_request(call.lead, call.number).await {
            Ok(request) => calls.push(request),
            Err(error @ (EngineError::ShuttingDown | EngineError::Unavailable { .. })) => {
                return Err(error);
            }
            Err(error) => tracing::debug!(%call, %error, "a call is not handed out again"),
        }
    }
    Ok((calls, last))
}

/// Whether a call was handed out, nothing was heard of it, and its lease runs.
fn is_nobodys_yet(call: &CallRow, now: Timestamp) -> bool {
    !call.concluded
        && call.dispatch == DispatchStage::Started
        && call.status == CallStatus::Created
        && call.lease_until.is_some_and(|until| until > now)
}

/// Keys of the records that one request may make, in their order; none without a key.
struct Slots {
    all: Vec<IdempotencyKey>,
    /// Those that no record has, by number.
    free: BTreeSet<usize>,
}

impl Slots {
    fn of(key: Option<&IdempotencyKey>, max: usize) -> Self {
        let numbers = 0..u32::try_from(max).unwrap_or(u32::MAX);
        let all: Vec<_> = key
            .into_iter()
            .flat_map(|key| {
                numbers.clone().map(|number| part_key("claim", key, &number.to_be_bytes()))
            })
            .collect();
        Self { free: (0..all.len()).collect(), all }
    }

    /// Records that an earlier request made under these keys.
    fn recorded(
        &self,
        store: &dyn EventStore,
        organisation: OrganisationId,
    ) -> Result<Vec<Position>, EngineError> {
        let known = self.all.iter().filter_map(|key| {
            let known = store.known_key(organisation.as_uuid(), &key.key)?;
            Some(if known.digest == key.digest {
                Ok(known.position)
            } else {
                Err(EngineError::KeyReused)
            })
        });
        known.collect()
    }

    fn take(&mut self) -> Option<usize> {
        self.free.pop_first()
    }
}

/// A claim under way.
struct Claiming {
    core: Rc<Core>,
    asked: Asked,
    keys: Slots,
    handed_out: Vec<DialRequest>,
    last: Committed,
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

impl Claiming {
    /// How many more calls may be handed out, each under a key of its own if there is one.
    fn left(&self, max: usize) -> usize {
        let left = max.saturating_sub(self.handed_out.len());
        if self.keys.all.is_empty() { left } else { left.min(self.keys.free.len()) }
    }

    /// Records that the calls are handed out, and adds those for which that is durable.
    async fn hand_out(&mut self, picked: Vec<RequestedCall>, lease_until: Timestamp) {
        let mut begun = Vec::with_capacity(picked.len());
        for RequestedCall { call, .. } in picked {
            let lease_until = Some(lease_until);
            let command = LeadCommand::StartDispatch { call: call.number, lease_until };
            let slot = self.keys.take();
            let key = slot.and_then(|slot| self.keys.all.get(slot)).cloned();
            let asked = Asked { key, ..self.asked.clone() };
            begun.push((call, slot, self.core.perform_lead(call.lead, command, asked)));
        }
        for (call, slot, begun) in begun {
            let begun = begun.await;
            put_off_if_closed(&self.core, call.lead, &begun).await;
            match told(call.lead, &begun) {
                Told::Recorded(position) => {
                    self.core.effects.handed_out.borrow_mut().recorded(call, position);
                    self.last.position = self.last.position.max(Some(position));
                    let request = request(&self.core, call, &self.asked, position).await;
                    self.handed_out.extend(request);
                }
                Told::Nothing(_) | Told::Busy(_) | Told::Ended => {
                    self.core.effects.handed_out.borrow_mut().put_back(&call);
                    self.keys.free.extend(slot);
                }
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
