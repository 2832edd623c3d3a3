//! Dials with a carrier of our own: what is requested, in order, as long as there is room.
//!
//! At most one dial for a call, ever: that it is begun is durable before the carrier hears of it,
//! and only a call of which that is not recorded is looked at.

use std::{cell::RefCell, collections::HashSet, rc::Rc, sync::Arc, time::Duration};

use branchline_domain::{
    id::CallId,
    lead::{HoldCode, LeadCommand},
};
use branchline_journal::record::Position;
use branchline_projections::{DispatchStage, Projections, RequestedCall};
use tokio::sync::Notify;

use crate::{
    EngineError,
    asked::Asked,
    core::Core,
    effects::{
        asking::{Told, put_off_if_closed, surely, told},
        claims::is_free,
    },
    ports::{Carrier, DialOutcome, DialRequest},
};

/// How long a carrier may take to say what came of a dial.
const DIAL_WAIT: Duration = Duration::from_mins(1);
/// Records that come within this time are looked at together.
const GATHER: Duration = Duration::from_millis(1);

/// Calls under way, and those that come next.
struct Outbox {
    core: Rc<Core>,
    carrier: Arc<dyn Carrier>,
    /// Begun, and not known to have ended.
    under_way: RefCell<HashSet<CallId>>,
    /// Refused a moment ago.
    resting: RefCell<HashSet<CallId>>,
    freed: Notify,
}

/// Dials until the engine stops. `live` are the calls that the last run left under way.
pub(super) async fn run(core: Rc<Core>, carrier: Arc<dyn Carrier>, live: Vec<CallId>) {
    let mut progress = core.reads().progress();
    let outbox = Rc::new(Outbox {
        core,
        carrier,
        under_way: RefCell::new(live.into_iter().collect()),
        resting: RefCell::default(),
        freed: Notify::new(),
    });
    loop {
        progress.borrow_and_update();
        for requested in outbox.next() {
            outbox.begin(requested.call);
        }
        let went_on = tokio::select! {
            biased;
            went_on = progress.changed() => went_on.is_ok(),
            () = outbox.freed.notified() => true,
            () = outbox.window_opens() => true,
        };
        if !went_on || progress.borrow().ended {
            return;
        }
        tokio::time::sleep(GATHER).await;
    }
}

impl Outbox {
    /// Ends when the next call that was put off may be dialled.
    async fn window_opens(&self) {
        let clock = self.core.clock();
        match self.core.reads().look(|read| read.next_scheduled(clock.now())) {
            Some(opens_at) => tokio::time::sleep(clock.until(opens_at)).await,
            None => std::future::pending().await,
        }
    }

    /// Requested calls for which there is room.
    fn next(&self) -> Vec<RequestedCall> {
        let max = self.core.config().calls_in_flight_max;
        let mut under_way = self.under_way.borrow_mut();
        let resting = self.resting.borrow();
        self.core.reads().look(|read| {
            if under_way.len() >= max {
                under_way.retain(|call| goes_on(read, *call));
            }
            let room = max.saturating_sub(under_way.len());
            self.core.reads().set_no_capacity(room == 0);
            read.requested(self.core.now(), room, |requested| {
                !under_way.contains(&requested.call)
                    && !resting.contains(&requested.call)
                    && is_free(self.core.store().as_ref(), requested)
            })
        })
    }

    fn begin(self: &Rc<Self>, call: CallId) {
        self.under_way.borrow_mut().insert(call);
        let command = LeadCommand::StartDispatch { call: call.number, lease_until: None };
        let begun = self.core.perform_lead(call.lead, command, Asked::engine("outbox"));
        let outbox = Rc::clone(self);
        // A stop waits for what was begun, so that its outcome is recorded.
        let held = self.core.hold(1);
        actix::spawn(async move {
            let begun = begun.await;
            put_off_if_closed(&outbox.core, call.lead, &begun).await;
            let waits_for = begun.as_ref().ok().and_then(|outcome| outcome.phone_busy);
            match told(call.lead, &begun) {
                Told::Recorded(position) => outbox.dial(call, position).await,
                // Looked at again when the other lead's call has ended.
                Told::Nothing(_) if waits_for.is_some() => outbox.put_back(call),
                Told::Nothing(pause) | Told::Busy(pause) => {
                    drop(held);
                    outbox.rest(call, pause).await;
                }
                Told::Ended => outbox.put_back(call),
            }
        });
    }

    fn put_back(&self, call: CallId) {
        self.under_way.borrow_mut().remove(&call);
        self.freed.notify_one();
    }

    /// Lets a call wait in the queue, and takes no room meanwhile.
    async fn rest(&self, call: CallId, pause: Duration) {
        self.resting.borrow_mut().insert(call);
        self.put_back(call);
        tokio::time::sleep(pause).await;
        self.resting.borrow_mut().remove(&call);
        self.freed.notify_one();
    }

    /// The call is ours to dial, once.
    async fn dial(&self, call: CallId, begun: Position) {
        let outcome = match self.core.dial_request(call.lead, call.number).await {
            Ok(request) => ask_to_dial(Arc::clone(&self.carrier), request).await,
            // The next start finds it begun and without an answer.
            Err(EngineError::ShuttingDown | EngineError::Unavailable { .. }) => return,
            Err(error) => {
                DialOutcome::Refused { reason: format!("the carrier was not asked: {error}") }
            }
        };
        let number = call.number;
        let command = match outcome {
            DialOutcome::Dispatched { provider_ref } => {
                LeadCommand::RecordDispatched { call: number, provider_ref }
            }
            DialOutcome::Refused { reason } => {
                LeadCommand::RecordDispatchRefused { call: number, reason }
            }
            DialOutcome::Unknown => LeadCommand::RecordDispatchUnknown { call: number },
        };
        let asked = Asked::engine("outbox").because_of(begun);
        surely(&self.core, call.lead, command, asked).await;
    }
}

/// Whether a call that was begun takes room at the carrier: not when it has ended, when nobody
/// knows of it, or when a person has to look.
fn goes_on(read: &Projections, call: CallId) -> bool {
    let Some(lead) = read.lead(call.lead) else { return false };
    let overdue = lead.hold == Some(HoldCode::CallOverdue);
    lead.call.is_some_and(|current| {
        let lost = match current.dispatch {
            DispatchStage::Requested | DispatchStage::Started | DispatchStage::Dispatched => false,
            DispatchStage::Refused | DispatchStage::Unknown => true,
        };
        current.id == call && !current.concluded && !lost && !overdue
    })
}

/// A carrier that panics, or does not answer in time, may have dialled.
async fn ask_to_dial(carrier: Arc<dyn Carrier>, request: DialRequest) -> DialOutcome {
    let call = request.call_id;
    let mut answer = actix::spawn(async move { carrier.dial(request).await });
    match tokio::time::timeout(DIAL_WAIT, &mut answer).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(error)) => {
            tracing::error!(%call, %error, "the carrier panicked; whether it dialled is unknown");
            DialOutcome::Unknown
        }
        Err(_) => {
            answer.abort();
            tracing::warn!(%call, "the carrier did not answer; whether it dialled is unknown");
            DialOutcome::Unknown
        }
    }
}
