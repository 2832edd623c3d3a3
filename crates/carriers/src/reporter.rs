//! One thread that tells the engine what becomes of all simulated calls, when it is time.
//!
//! A heap of what comes next, not a task a call: tens of thousands of calls cost one timer. What
//! falls due together is told together.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, HashMap},
    sync::Arc,
    time::Duration,
};

use branchline_domain::{
    id::{CallId, OrganisationId},
    lead::CallReport,
    time::Timestamp,
};
use branchline_engine::{
    EngineError, EngineHandle,
    command::{CallAction, CallAnswer, Caller},
    ports::Clock,
};
use tokio::sync::mpsc;

use crate::CallStory;

/// Reports told at once. Unit: reports. Far below what the engine takes, so that others get in.
const TOLD_AT_ONCE_MAX: usize = 1_024;

/// Times one report is told when the engine is busy. With pauses up to [`PAUSE_MAX`] that is
/// about half a minute. Unit: attempts.
const ATTEMPTS_MAX: u32 = 64;

/// First and longest pause before a report is told again.
const PAUSE_FIRST: Duration = Duration::from_millis(2);
const PAUSE_MAX: Duration = Duration::from_millis(500);

/// A call that was dialled just now.
#[derive(Debug)]
pub(crate) struct Dialled {
    pub(crate) call: CallId,
    pub(crate) organisation: OrganisationId,
    pub(crate) story: CallStory,
}

/// Where reports go.
pub(crate) trait Listener {
    /// Tells about many calls of one organisation; an answer for each, in order.
    fn tell(
        &self,
        organisation: OrganisationId,
        actions: Vec<(CallId, CallAction)>,
    ) -> impl Future<Output = Result<Vec<Result<CallAnswer, EngineError>>, EngineError>>;
}

impl Listener for EngineHandle {
    async fn tell(
        &self,
        organisation: OrganisationId,
        actions: Vec<(CallId, CallAction)>,
    ) -> Result<Vec<Result<CallAnswer, EngineError>>, EngineError> {
        let principal = "carrier:simulated".into();
        let caller = Caller { organisation, principal, ..Caller::host() };
        self.tell_of_calls(&caller, actions).await
    }
}

/// Nobody listens any more: the engine stops or has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NobodyListens;

/// What comes next of one call. The earliest first; of two at once the one dialled first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Next {
    at: Timestamp,
    order: u64,
    call: CallId,
}

/// What is left of one call's story.
#[derive(Debug)]
struct Rest {
    organisation: OrganisationId,
    began: Timestamp,
    /// The next step last.
    steps: Vec<(u64, CallReport)>,
}

/// Knows all calls under way, and reports their statuses.
pub(crate) struct Reporter<L> {
    clock: Arc<dyn Clock>,
    listener: L,
    next: BinaryHeap<Reverse<Next>>,
    /// The rest of each story, by the order of dialling.
    rest: HashMap<u64, Rest>,
    dialled: u64,
}

impl<L: Listener> Reporter<L> {
    pub(crate) fn new(clock: Arc<dyn Clock>, listener: L) -> Self {
        Self { clock, listener, next: BinaryHeap::new(), rest: HashMap::new(), dialled: 0 }
    }

    /// Reports until nobody can dial any more, or nobody listens.
    pub(crate) async fn run(mut self, mut calls: mpsc::Receiver<Dialled>) {
        let mut arrived = Vec::new();
        loop {
            let wake = self.next.peek().map(|Reverse(next)| self.clock.until(next.at));
            let received = tokio::select! {
                biased;
                received = calls.recv_many(&mut arrived, TOLD_AT_ONCE_MAX) => Some(received),
                () = sleep(wake) => None,
            };
            if received == Some(0) {
                return;
            }
            for dialled in arrived.drain(..) {
                self.begin(dialled);
            }
            if self.tell_due().await == Err(NobodyListens) {
                return;
            }
        }
    }

    fn begin(&mut self, dialled: Dialled) {
        let now = self.clock.now();
        let mut steps = dialled.story.steps;
        steps.reverse();
        let Some(&(after_s, _)) = steps.last() else { return };
        self.dialled += 1;
        let next = Next { at: now.plus_seconds(after_s), order: self.dialled, call: dialled.call };
        self.next.push(Reverse(next));
        let rest = Rest { organisation: dialled.organisation, began: now, steps };
        self.rest.insert(self.dialled, rest);
    }

    /// Tells what is due by now.
    async fn tell_due(&mut self) -> Result<(), NobodyListens> {
        loop {
            let now = self.clock.now();
            let mut due = BTreeMap::<OrganisationId, Vec<_>>::new();
            for (organisation, report) in
                std::iter::from_fn(|| self.take_due(now)).take(TOLD_AT_ONCE_MAX)
            {
                due.entry(organisation).or_default().push(report);
            }
            if due.is_empty() {
                return Ok(());
            }
            for (organisation, reports) in due {
                self.tell(organisation, reports).await?;
            }
        }
    }

    /// The next report, if it is due, with its instant in it.
    fn take_due(&mut self, now: Timestamp) -> Option<(OrganisationId, (CallId, CallAction))> {
        if self.next.peek().is_none_or(|Reverse(next)| next.at > now) {
            return None;
        }
        let Reverse(Next { at, order, call }) = self.next.pop()?;
        let rest = self.rest.get_mut(&order)?;
        let organisation = rest.organisation;
        let (_, report) = rest.steps.pop()?;
        match rest.steps.last() {
            Some(&(after_s, _)) => {
                let at = rest.began.plus_seconds(after_s);
                self.next.push(Reverse(Next { at, order, call }));
            }
            None => {
                self.rest.remove(&order);
            }
        }
        let report = CallReport { occurred_at: Some(at), ..report };
        Some((organisation, (call, CallAction::Report(report))))
    }

    /// Tells, and tells again what the engine was too busy for.
    async fn tell(
        &self,
        organisation: OrganisationId,
        mut reports: Vec<(CallId, CallAction)>,
    ) -> Result<(), NobodyListens> {
        let mut pause = PAUSE_FIRST;
        for _ in 0..ATTEMPTS_MAX {
            match self.listener.tell(organisation, reports.clone()).await {
                Ok(answers) => {
                    let told = reports.into_iter().zip(answers);
                    reports = told.filter_map(|(report, answer)| untold(report, answer)).collect();
                }
                Err(EngineError::Busy | EngineError::Behind) => {}
                Err(error) => {
                    if error != EngineError::ShuttingDown {
                        tracing::error!(%error, "the simulated carrier stops: the engine failed");
                    }
                    return Err(NobodyListens);
                }
            }
            if reports.is_empty() {
                return Ok(());
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
        tracing::error!(
            reports = reports.len(),
            "given up on reports the engine was too busy for; their calls will be overdue"
        );
        Ok(())
    }
}

/// The report again, if it has to be told again.
fn untold(
    report: (CallId, CallAction),
    answer: Result<CallAnswer, EngineError>,
) -> Option<(CallId, CallAction)> {
    match answer {
        Ok(_) => None,
        Err(EngineError::Busy | EngineError::Behind) => Some(report),
        Err(error) => {
            tracing::warn!(call = %report.0, %error, "a report of the simulated carrier was not taken");
            None
        }
    }
}

/// Sleeps so long; without an end when there is none.
async fn sleep(wake: Option<Duration>) {
    match wake {
        Some(wake) => tokio::time::sleep(wake).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, rc::Rc};

    use branchline_domain::{call_status::CallStatus, id::LeadId};
    use branchline_engine::{clock::ScaledClock, command::Committed};

    use super::*;
    use crate::{Profile, story};

    /// Hears reports; is busy the first times.
    #[derive(Clone, Default)]
    struct Ear {
        heard: Rc<RefCell<Vec<(CallId, CallReport)>>>,
        busy: Rc<RefCell<u32>>,
        closed: bool,
    }

    impl Listener for Ear {
        async fn tell(
            &self,
            organisation: OrganisationId,
            actions: Vec<(CallId, CallAction)>,
        ) -> Result<Vec<Result<CallAnswer, EngineError>>, EngineError> {
            assert!(actions.iter().all(|(call, _)| organisation_of(*call) == organisation));
            if self.closed {
                return Err(EngineError::ShuttingDown);
            }
            let mut busy = self.busy.borrow_mut();
            if *busy > 0 {
                *busy -= 1;
                // Every second time the whole list, else each second item.
                if busy.is_multiple_of(2) {
                    return Err(EngineError::Busy);
                }
            }
            let answers = actions.into_iter().enumerate().map(|(place, (call, action))| {
                if *busy > 0 && place % 2 == 1 {
                    return Err(EngineError::Busy);
                }
                let CallAction::Report(report) = action else { panic!("{action:?}") };
                self.heard.borrow_mut().push((call, report));
                Ok(CallAnswer { accepted: true, committed: Committed::default() })
            });
            Ok(answers.collect())
        }
    }

    fn call(lead: u32) -> CallId {
        CallId { lead: LeadId::from_u128(u128::from(lead)), number: 1 }
    }

    fn dialled(lead: u32) -> Dialled {
        Dialled { call: call(lead), organisation: organisation_of(call(lead)), story: told(lead) }
    }

    /// Every third call belongs to somebody else.
    fn organisation_of(call: CallId) -> OrganisationId {
        OrganisationId::from_u128(call.lead.as_uuid().as_u128() % 3)
    }

    fn told(lead: u32) -> CallStory {
        let profile = Profile::embedded().unwrap();
        story(1, &format!("+1202555{lead:04}"), 1, &profile)
    }

    /// Runs a reporter over this many calls until it has nothing more to tell.
    fn run(ear: Ear, calls: u32) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let clock = Arc::new(ScaledClock::starting_at(Timestamp::default(), 100_000));
        runtime.block_on(async move {
            let mut reporter = Reporter::new(clock.clone(), ear);
            for lead in 0..calls {
                reporter.begin(dialled(lead));
            }
            while let Some(Reverse(next)) = reporter.next.peek() {
                tokio::time::sleep(clock.until(next.at)).await;
                if reporter.tell_due().await.is_err() {
                    return;
                }
            }
            assert!(reporter.rest.is_empty());
        });
    }

    /// What was told of each call, in order.
    fn heard(ear: &Ear) -> BTreeMap<CallId, Vec<CallReport>> {
        let mut heard = BTreeMap::<CallId, Vec<CallReport>>::new();
        for (call, report) in ear.heard.borrow().iter() {
            heard.entry(*call).or_default().push(report.clone());
        }
        heard
    }

    fn heard_of(ear: &Ear, lead: u32) -> Vec<CallStatus> {
        let heard = heard(ear);
        heard.get(&call(lead)).into_iter().flatten().map(|report| report.status).collect()
    }

    fn statuses(lead: u32) -> Vec<CallStatus> {
        told(lead).steps.iter().map(|(_, report)| report.status).collect()
    }

    #[test]
    fn every_status_of_every_call_is_told_in_order_and_at_its_instant() {
        let ear = Ear::default();
        run(ear.clone(), 3_000);
        let heard = heard(&ear);
        for lead in 0..3_000 {
            let told: Vec<_> = heard[&call(lead)].iter().map(|report| report.status).collect();
            assert_eq!(told, statuses(lead));
        }
        let reports = &heard[&call(0)];
        let first = reports.first().unwrap().occurred_at.unwrap();
        let last = reports.last().unwrap().occurred_at.unwrap();
        let took = i64::try_from(told(0).steps.last().unwrap().0).unwrap() * 1_000_000;
        assert_eq!(last.micros_since(first), took);
    }

    #[test]
    fn what_a_busy_engine_did_not_take_is_told_again() {
        let ear = Ear::default();
        *ear.busy.borrow_mut() = 9;
        run(ear.clone(), 20);
        for lead in 0..20 {
            let mut heard = heard_of(&ear, lead);
            heard.sort_unstable();
            let mut expected = statuses(lead);
            expected.sort_unstable();
            assert_eq!(heard, expected);
        }
    }

    #[test]
    fn an_engine_that_shuts_down_ends_it() {
        let ear = Ear { closed: true, ..Ear::default() };
        run(ear.clone(), 5);
        assert!(ear.heard.borrow().is_empty());
    }

    #[test]
    fn it_ends_when_nobody_can_dial_any_more() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let clock = Arc::new(ScaledClock::starting_at(Timestamp::default(), 1));
        let (calls, arriving) = mpsc::channel(1);
        calls.try_send(dialled(1)).unwrap();
        drop(calls);
        let ear = Ear::default();
        runtime.block_on(Reporter::new(clock, ear.clone()).run(arriving));
        assert_eq!(heard_of(&ear, 1), [CallStatus::Created, CallStatus::Initiated]);
    }
}
