//! A carrier that rings nobody.

use std::sync::{Arc, OnceLock};

use branchline_domain::{
    id::CallId,
    lead::{CallReport, Values},
};
use branchline_engine::{
    EngineHandle,
    ports::{AskOutcome, BoxFuture, Carrier, Clock, DialOutcome, DialRequest},
};
use tokio::sync::mpsc;

use crate::{
    CallStory, Ledger, Profile,
    reporter::{Dialled, Reporter},
    story,
};

/// Dialled calls that wait for the thread. Unit: calls. The engine bounds the calls under way; when
/// the thread is behind, the next dial waits.
const WAITING_MAX: usize = 1_024;

/// A carrier that rings nobody: how each call goes is drawn from a seed. It knows every call without
/// having kept it, so it can be asked after a restart.
///
/// Serves one engine, with a thread of its own from [`Carrier::attach`] on, until it is dropped or
/// the engine stops. An engine that is started again needs a new one, with the same seed.
pub struct SimulatedCarrier {
    seed: u64,
    profile: Profile,
    clock: Arc<dyn Clock>,
    ledger: Option<Ledger>,
    calls: OnceLock<mpsc::Sender<Dialled>>,
}

impl SimulatedCarrier {
    /// A carrier whose calls go as the profile says, in the time of this clock: the engine's.
    pub fn new(profile: Profile, seed: u64, clock: Arc<dyn Clock>) -> Self {
        Self { seed, profile, clock, ledger: None, calls: OnceLock::new() }
    }

    /// With a file that each call is written into before it is dialled.
    #[must_use]
    pub fn with_ledger(mut self, ledger: Ledger) -> Self {
        self.ledger = Some(ledger);
        self
    }

    fn story_of(&self, call: &DialRequest) -> CallStory {
        let mut story = story(self.seed, &call.to, call.call_id.number, &self.profile);
        let confirmed = self.profile.lead.confirmed_variables.iter();
        let confirmed: Values = confirmed
            .filter_map(|name| Some((name.clone(), call.variables.get(name)?.clone())))
            .collect();
        // Only who has talked can confirm anything; the story's own findings win.
        if let Some((_, CallReport { attributes, .. })) =
            story.steps.last_mut().filter(|(_, report)| !report.attributes.is_empty())
        {
            for (name, value) in confirmed {
                attributes.entry(name).or_insert(value);
            }
        }
        story
    }

    /// Lets the thread go on with the call. The answer says whether there is a thread.
    fn hand_over(&self, call: &DialRequest) -> BoxFuture<bool> {
        let dialled = Dialled {
            call: call.call_id,
            organisation: call.organisation_id,
            story: self.story_of(call),
        };
        let calls = self.calls.get().cloned();
        Box::pin(async move {
            match calls {
                Some(calls) => calls.send(dialled).await.is_ok(),
                None => false,
            }
        })
    }
}

impl Carrier for SimulatedCarrier {
    fn attach(&self, engine: EngineHandle) {
        let (calls, dialled) = mpsc::channel(WAITING_MAX);
        if self.calls.set(calls).is_err() {
            tracing::error!(
                "the simulated carrier serves one engine; attached again, it does nothing"
            );
            return;
        }
        let clock = Arc::clone(&self.clock);
        let thread = std::thread::Builder::new().name("branchline-carrier".into());
        let spawned = thread.spawn(move || {
            match tokio::runtime::Builder::new_current_thread().enable_time().build() {
                Ok(runtime) => {
                    runtime.block_on(Reporter::new(clock, engine).run(dialled));
                }
                Err(error) => tracing::error!(%error, "the simulated carrier has no runtime"),
            }
        });
        // Without the thread its end of the channel is gone, and every dial is answered Unknown.
        if let Err(error) = spawned {
            tracing::error!(%error, "the simulated carrier has no thread");
        }
    }

    fn dial(&self, call: DialRequest) -> BoxFuture<DialOutcome> {
        let noted = self
            .ledger
            .as_ref()
            .map_or(Ok(()), |ledger| ledger.add(call.call_id, self.clock.now()));
        if let Err(error) = noted {
            let reason = format!("the carrier's ledger takes no more: {error}");
            return Box::pin(async move { DialOutcome::Refused { reason } });
        }
        let handed_over = self.hand_over(&call);
        let provider_ref = Some(provider_ref(call.call_id));
        Box::pin(async move {
            // The thread also ends when the engine stops; after a restart the call is asked for.
            if handed_over.await {
                DialOutcome::Dispatched { provider_ref }
            } else {
                DialOutcome::Unknown
            }
        })
    }

    fn ask(&self, call: DialRequest) -> BoxFuture<AskOutcome> {
        let handed_over = self.hand_over(&call);
        let provider_ref = Some(provider_ref(call.call_id));
        Box::pin(async move {
            // Its statuses come again, from the first: what was told already changes nothing.
            if handed_over.await {
                AskOutcome::Known { provider_ref, report: None }
            } else {
                AskOutcome::Unknown
            }
        })
    }
}

impl std::fmt::Debug for SimulatedCarrier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SimulatedCarrier").field("seed", &self.seed).finish_non_exhaustive()
    }
}

/// The carrier's name for a call: made from ours, so that it is the same after a restart.
fn provider_ref(call: CallId) -> String {
    format!("sim_{}_{}", call.lead.as_uuid().simple(), call.number)
}

#[cfg(test)]
mod tests {
    use branchline_domain::{
        call_status::CallStatus,
        id::{LeadId, OrganisationId, WorkflowId},
        time::Timestamp,
    };
    use branchline_engine::clock::ManualClock;

    use super::*;

    fn carrier() -> SimulatedCarrier {
        let clock = Arc::new(ManualClock::at(Timestamp::default()));
        SimulatedCarrier::new(Profile::embedded().unwrap(), 1, clock)
    }

    fn request(lead: u128, to: &str) -> DialRequest {
        DialRequest {
            call_id: CallId { lead: LeadId::from_u128(lead), number: 1 },
            workflow_id: WorkflowId::from_u128(1),
            organisation_id: OrganisationId::DEFAULT,
            node_id: None,
            to: to.into(),
            from: "+12025550100".into(),
            agent_id: None,
            ring_timeout_s: None,
            variables: Values::from([("city".into(), "Pune".into()), ("plan".into(), "a".into())]),
            lease_until: None,
        }
    }

    #[test]
    fn a_call_goes_the_same_way_whatever_the_ids_of_its_lead() {
        let carrier = carrier();
        let numbers = (0..50).map(|line| format!("+120255501{line:02}"));
        for to in numbers {
            assert_eq!(carrier.story_of(&request(1, &to)), carrier.story_of(&request(2, &to)));
        }
    }

    #[test]
    fn a_completed_call_confirms_the_variables_that_the_profile_names() {
        let carrier = carrier();
        let mut seen = [false, false];
        for line in 0..50 {
            let story = carrier.story_of(&request(1, &format!("+120255501{line:02}")));
            let report = &story.steps.last().unwrap().1;
            let completed = report.status == CallStatus::Completed;
            seen[usize::from(completed)] = true;
            assert_eq!(report.attributes.contains_key("city"), completed);
            assert_eq!(report.attributes.get("plan"), None);
        }
        assert_eq!(seen, [true, true]);
    }

    #[test]
    fn without_an_engine_nobody_knows_what_came_of_a_dial() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let carrier = carrier();
        let dialled = runtime.block_on(carrier.dial(request(1, "+12025550100")));
        assert_eq!(dialled, DialOutcome::Unknown);
        let asked = runtime.block_on(carrier.ask(request(1, "+12025550100")));
        assert_eq!(asked, AskOutcome::Unknown);
    }
}
