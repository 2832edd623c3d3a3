//! What the last run left in doubt: calls that were handed out and not heard of since.

use std::{rc::Rc, sync::Arc, time::Duration};

use branchline_domain::{
    id::{CallId, WorkflowId},
    lead::LeadCommand,
    time::Timestamp,
};
use branchline_journal::record::Position;
use branchline_projections::{CallRow, DispatchStage};
use tokio::task::JoinSet;

use crate::{
    asked::Asked,
    core::Core,
    effects::asking::{Told, surely},
    ports::{AskOutcome, Carrier},
};

/// How long a carrier may take to say whether it knows a call.
const ASK_WAIT: Duration = Duration::from_secs(30);

/// Calls that the last run left.
pub(super) struct Left {
    /// Handed out, and nobody knows whether they were dialled.
    in_doubt: Vec<CallId>,
    /// May be under way at a carrier of ours, those in doubt among them.
    live: Vec<CallId>,
}

impl Left {
    /// Looks for them in these workflows.
    pub(super) fn find(core: &Core, workflows: impl Iterator<Item = WorkflowId>) -> Self {
        let now = core.now();
        core.reads().look(|read| {
            let in_doubt = read.started_without_answer();
            let in_doubt = in_doubt.iter().filter(|call| !is_leased(call, now));
            let in_doubt = in_doubt.map(|call| call.id).collect();
            let live = workflows.flat_map(|workflow| read.live_calls(workflow));
            let live = live.filter(|call| !is_leased(call, now)).map(|call| call.id).collect();
            Self { in_doubt, live }
        })
    }

    /// Records that nobody knows what became of them. Before anything else is dialled.
    pub(super) async fn record_unknown(&self, core: &Rc<Core>) {
        if !self.in_doubt.is_empty() {
            tracing::warn!(
                calls = self.in_doubt.len(),
                "calls were being handed out when the last run ended; their outcome is unknown"
            );
        }
        let mut asking = JoinSet::new();
        for &call in &self.in_doubt {
            make_room(core, &mut asking).await;
            let core = Rc::clone(core);
            asking.spawn_local(async move {
                let command = LeadCommand::RecordDispatchUnknown { call: call.number };
                surely(&core, call.lead, command, Asked::engine("recovery")).await;
            });
        }
        while asking.join_next().await.is_some() {}
    }

    /// Calls that may be under way at a carrier of ours.
    pub(super) fn into_live(self) -> Vec<CallId> {
        self.live
    }
}

/// Whether an external carrier has it, and time left to say what came of it.
fn is_leased(call: &CallRow, now: Timestamp) -> bool {
    match call.dispatch {
        DispatchStage::Started => call.lease_until.is_some_and(|until| until > now),
        DispatchStage::Requested
        | DispatchStage::Dispatched
        | DispatchStage::Refused
        | DispatchStage::Unknown => false,
    }
}

/// Asks the carrier for each of these calls. One that it knows goes on there, and its statuses
/// come by themselves or with the answer; of the others a person decides.
pub(super) async fn ask(core: Rc<Core>, carrier: Arc<dyn Carrier>, calls: Vec<CallId>) {
    let mut asking = JoinSet::new();
    for call in calls {
        make_room(&core, &mut asking).await;
        let (core, carrier) = (Rc::clone(&core), Arc::clone(&carrier));
        asking.spawn_local(async move {
            ask_for(&core, carrier, call, "recovery").await;
        });
    }
    while asking.join_next().await.is_some() {}
}

/// Waits until fewer than the configured number are under way.
async fn make_room(core: &Core, asking: &mut JoinSet<()>) {
    while asking.len() >= core.config().sweep_in_flight.max(1) {
        asking.join_next().await;
    }
}

/// Asks the carrier for a call, and records what it says in the name of this part of the engine.
/// Gives the position of the last record, if anything was news.
pub(super) async fn ask_for(
    core: &Rc<Core>,
    carrier: Arc<dyn Carrier>,
    call: CallId,
    part: &str,
) -> Option<Position> {
    let AskOutcome::Known { provider_ref, report } = answer_of(core, carrier, call).await else {
        return None;
    };
    // A stop waits until what the carrier said is recorded.
    let _held = core.hold(1);
    let number = call.number;
    let dispatched = LeadCommand::RecordDispatched { call: number, provider_ref };
    let reported = report.map(|report| LeadCommand::ReportCallStatus { call: number, report });
    let mut last = None;
    for command in [Some(dispatched), reported].into_iter().flatten() {
        match surely(core, call.lead, command, Asked::engine(part)).await {
            Told::Recorded(position) => last = Some(position),
            Told::Nothing(_) | Told::Busy(_) => {}
            Told::Ended => break,
        }
    }
    last
}

/// What the carrier says; one that panics or keeps silent cannot tell.
async fn answer_of(core: &Rc<Core>, carrier: Arc<dyn Carrier>, call: CallId) -> AskOutcome {
    let request = match core.dial_request(call.lead, call.number).await {
        Ok(request) => request,
        Err(error) => {
            tracing::warn!(%call, %error, "the carrier cannot be asked for the call");
            return AskOutcome::Unknown;
        }
    };
    // A task of its own: a panic in a carrier is its answer, not our end.
    let mut answer = actix::spawn(async move { carrier.ask(request).await });
    match tokio::time::timeout(ASK_WAIT, &mut answer).await {
        Ok(Ok(known @ AskOutcome::Known { .. })) => known,
        Ok(Ok(AskOutcome::Unknown)) => {
            tracing::warn!(%call, "the carrier cannot tell what became of the call");
            AskOutcome::Unknown
        }
        Ok(Err(error)) => {
            tracing::error!(%call, %error, "the carrier panicked when asked");
            AskOutcome::Unknown
        }
        Err(_) => {
            answer.abort();
            tracing::warn!(%call, "the carrier does not say whether it knows the call");
            AskOutcome::Unknown
        }
    }
}
