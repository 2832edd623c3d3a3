//! Tries of application steps: what is wanted, as long as there is room.
//!
//! At least once: that a try has begun is durable before anybody is asked, and one that a stop
//! interrupted is recorded as such and made again, under the same key.

use std::{
    cell::RefCell,
    collections::HashSet,
    rc::Rc,
    time::{Duration, Instant},
};

use branchline_domain::{
    id::LeadId,
    lead::{
        ApplicationOutcome, ApplicationReport, ApplicationStage, HoldCode, LeadCommand, Values,
    },
};
use branchline_journal::record::Position;
use tokio::{sync::Notify, task::JoinSet, time::MissedTickBehavior};

use crate::{
    EngineError,
    application_try::ApplicationTry,
    applications::{ApplicationReply, ApplicationRequest, Applications},
    asked::Asked,
    core::Core,
    effects::{
        application_report::report,
        asking::{Told, surely, told},
        in_hand::InHand,
    },
};

/// Records that come within this time are looked at together.
const GATHER: Duration = Duration::from_millis(1);
/// How often leads whose application nobody answered to are looked at, besides when a handler is
/// registered: their workflow may have been resumed since.
const REVIEW_PAUSE: Duration = Duration::from_secs(1);
/// How much longer than its timeout a try may take before it is abandoned.
const GRACE: Duration = Duration::from_secs(1);

/// Tries under way, and those that come next.
struct Errands {
    core: Rc<Core>,
    applications: Applications,
    /// Begun, or ended and not shown yet.
    in_hand: RefCell<InHand<LeadId>>,
    /// Refused a moment ago.
    resting: RefCell<HashSet<LeadId>>,
    /// Held, and nobody answered to their action when they were last looked at.
    unanswered: RefCell<HashSet<LeadId>>,
    freed: Notify,
}

/// Makes tries until the engine stops. `interrupted` are the leads whose try the last run began.
pub(super) async fn run(core: Rc<Core>, applications: Applications, interrupted: Vec<LeadId>) {
    let mut progress = core.reads().progress();
    let mut registrations = applications.registrations();
    record_interrupted(&core, interrupted).await;
    let errands = Rc::new(Errands {
        core,
        applications,
        in_hand: RefCell::default(),
        resting: RefCell::default(),
        unanswered: RefCell::default(),
        freed: Notify::new(),
    });
    let mut review = tokio::time::interval(REVIEW_PAUSE);
    review.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        progress.borrow_and_update();
        for lead in errands.next() {
            errands.begin(lead);
        }
        let went_on = tokio::select! {
            biased;
            went_on = progress.changed() => went_on.is_ok(),
            () = errands.freed.notified() => true,
            registered = registrations.changed() => {
                errands.unanswered.borrow_mut().clear();
                errands.review();
                registered.is_ok()
            }
            _ = review.tick() => {
                errands.review();
                true
            }
        };
        if !went_on || progress.borrow().ended {
            return;
        }
        tokio::time::sleep(GATHER).await;
    }
}

/// Records that a stop interrupted these tries. Nobody knows what came of them.
async fn record_interrupted(core: &Rc<Core>, leads: Vec<LeadId>) {
    if !leads.is_empty() {
        tracing::warn!(
            tries = leads.len(),
            "tries of applications were under way when the last run ended"
        );
    }
    let mut recording = JoinSet::new();
    for lead in leads {
        while recording.len() >= core.config().sweep_in_flight.max(1) {
            recording.join_next().await;
        }
        let core = Rc::clone(core);
        recording.spawn_local(async move {
            let Ok(Some(begun)) = core.application_try(lead).await else { return };
            let report = ApplicationReport {
                attempt: begun.request.attempt,
                outcome: ApplicationOutcome::Interrupted,
                latency_ms: 0,
                missing_fields: Vec::new(),
                evidence: String::new(),
                fields: Values::new(),
            };
            let command = LeadCommand::RecordApplication(Box::new(report));
            surely(&core, lead, command, Asked::engine("recovery")).await;
        });
    }
    while recording.join_next().await.is_some() {}
}

impl Errands {
    /// Leads with a wanted try for which there is room.
    fn next(&self) -> Vec<LeadId> {
        let mut in_hand = self.in_hand.borrow_mut();
        let resting = self.resting.borrow();
        self.core.reads().look(|read| {
            in_hand.shown(read.position());
            let max = self.core.config().applications_in_flight_max;
            let room = max.saturating_sub(in_hand.len());
            if room == 0 {
                return Vec::new();
            }
            read.requested_applications(room, |lead| {
                !in_hand.contains(&lead) && !resting.contains(&lead)
            })
        })
    }

    fn begin(self: &Rc<Self>, lead: LeadId) {
        self.in_hand.borrow_mut().take(lead);
        let errands = Rc::clone(self);
        // A stop waits for what was begun, so that its outcome is recorded.
        let held = self.core.hold(1);
        actix::spawn(async move {
            match errands.make(lead).await {
                Told::Recorded(position) => {
                    errands.in_hand.borrow_mut().recorded(lead, position);
                    errands.freed.notify_one();
                }
                Told::Nothing(pause) | Told::Busy(pause) => {
                    drop(held);
                    errands.rest(lead, pause).await;
                }
                Told::Ended => errands.in_hand.borrow_mut().put_back(&lead),
            }
        });
    }

    /// Lets a lead wait, and takes no room meanwhile.
    async fn rest(&self, lead: LeadId, pause: Duration) {
        self.resting.borrow_mut().insert(lead);
        self.in_hand.borrow_mut().put_back(&lead);
        tokio::time::sleep(pause).await;
        self.resting.borrow_mut().remove(&lead);
        self.freed.notify_one();
    }

    /// Makes the try that a lead wants, or holds the lead when nobody answers to it.
    async fn make(&self, lead: LeadId) -> Told {
        let wanted = match self.wanted(lead).await {
            Ok(wanted) => wanted,
            Err(told) => return told,
        };
        let asked = Asked::engine("applications");
        if !self.applications.knows(&wanted.request.action) {
            let held = self.core.perform_lead(lead, LeadCommand::HoldApplication, asked).await;
            return told(lead, &held);
        }
        let begun =
            self.core.perform_lead(lead, LeadCommand::StartApplication, asked.clone()).await;
        let begun = match told(lead, &begun) {
            Told::Recorded(position) => position,
            refused @ (Told::Nothing(_) | Told::Busy(_) | Told::Ended) => return refused,
        };
        // As the lead is now: what is granted is the newest try, whatever it was before.
        match self.core.application_try(lead).await {
            Ok(Some(granted)) => self.make_granted(lead, granted, begun).await,
            // The next start finds it begun.
            Err(EngineError::ShuttingDown | EngineError::Unavailable { .. }) => Told::Ended,
            Ok(None) | Err(_) => {
                let attempt = wanted.request.attempt;
                let reply = ApplicationReply::unavailable("the lead could not be asked");
                self.record(lead, report(attempt, 0, Vec::new(), reply), begun).await
            }
        }
    }

    /// The try that a lead wants, unless it wants none any more.
    async fn wanted(&self, lead: LeadId) -> Result<ApplicationTry, Told> {
        let nothing = Told::Nothing(Duration::from_millis(100));
        match self.core.application_try(lead).await {
            Ok(Some(wanted)) => match wanted.stage {
                Some(ApplicationStage::Requested) => Ok(wanted),
                Some(ApplicationStage::Started | ApplicationStage::Tried) | None => Err(nothing),
            },
            Ok(None) => Err(nothing),
            Err(error) => Err(told(lead, &Err(error))),
        }
    }

    /// The try is ours to make. Whatever comes of it is recorded.
    async fn make_granted(&self, lead: LeadId, granted: ApplicationTry, begun: Position) -> Told {
        let ApplicationTry { request, missing_fields, missing_required, stage: _ } = granted;
        let attempt = request.attempt;
        let since = Instant::now();
        let reply = if missing_required.is_empty() {
            self.ask(request).await
        } else {
            let missing = missing_required.join(", ");
            ApplicationReply::failure(format!("not tried: the lead has no {missing}"))
        };
        let latency_ms = u32::try_from(since.elapsed().as_millis()).unwrap_or(u32::MAX);
        let report = report(attempt, latency_ms, missing_fields, reply);
        self.record(lead, report, begun).await
    }

    /// Records what came of a try that has begun.
    async fn record(&self, lead: LeadId, report: ApplicationReport, begun: Position) -> Told {
        let asked = Asked::engine("applications").because_of(begun);
        let bare =
            ApplicationReport { evidence: String::new(), fields: Values::new(), ..report.clone() };
        let command = LeadCommand::RecordApplication(Box::new(report));
        match surely(&self.core, lead, command, asked.clone()).await {
            // It was too large together with the steps that follow: what came of it counts more
            // than what was said.
            Told::Nothing(_) => {
                let command = LeadCommand::RecordApplication(Box::new(bare));
                surely(&self.core, lead, command, asked).await
            }
            told @ (Told::Recorded(_) | Told::Busy(_) | Told::Ended) => told,
        }
    }

    /// Asks whoever answers to the action. A panic or silence is a failure that may pass.
    async fn ask(&self, request: ApplicationRequest) -> ApplicationReply {
        let lead = request.lead_id;
        let within = request.timeout;
        let Some(answer) = self.applications.run(request) else {
            return ApplicationReply::unavailable("nobody answers to this action any more");
        };
        let mut answer = actix::spawn(answer);
        match tokio::time::timeout(within + GRACE, &mut answer).await {
            Ok(Ok(reply)) => reply,
            Ok(Err(error)) => {
                tracing::error!(%lead, %error, "an application panicked");
                ApplicationReply::unavailable("the application panicked")
            }
            Err(_) => {
                answer.abort();
                let waited = within.as_secs();
                ApplicationReply::unavailable(format!("no answer within {waited} s"))
            }
        }
    }

    /// Looks at leads that nobody answered for; whoever is answered for now goes on.
    fn review(self: &Rc<Self>) {
        let held = self.core.reads().look(|read| read.held_for(HoldCode::ApplicationReview));
        let mut unanswered = self.unanswered.borrow_mut();
        let still: HashSet<LeadId> = held.iter().copied().collect();
        unanswered.retain(|lead| still.contains(lead));
        let room = self.core.config().sweep_in_flight;
        let fresh: Vec<_> =
            held.into_iter().filter(|lead| unanswered.insert(*lead)).take(room).collect();
        drop(unanswered);
        for lead in fresh {
            let errands = Rc::clone(self);
            actix::spawn(async move {
                let Ok(Some(held)) = errands.core.application_try(lead).await else { return };
                if errands.applications.knows(&held.request.action) {
                    let asked = Asked::engine("applications");
                    surely(&errands.core, lead, LeadCommand::RequestApplication, asked).await;
                }
            });
        }
    }
}
