//! Fires what falls due: releases, deadlines of calls, leases. Late is possible; early or twice is
//! not, because the lead decides, and each look starts from the read models.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use branchline_domain::{
    id::{CallId, LeadId},
    lead::LeadCommand,
    time::Timestamp,
};
use branchline_projections::Projections;
use tokio::sync::Notify;

use crate::{
    asked::Asked,
    core::Core,
    effects::{
        InHand,
        asking::{Told, surely, visit},
        pace::Pace,
        recovery::ask_for,
    },
    ports::Carrier,
};

/// Pause for a deadline of which nothing came, so that a carrier is not asked over and over.
const ASKED_PAUSE: Duration = Duration::from_mins(1);

/// What falls due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Due {
    /// The wait of a lead.
    Release(LeadId),
    /// The deadline of the call that a lead waits for.
    Deadline(LeadId),
    /// The hand-out of a call to an external carrier.
    Lease(CallId),
}

/// What can fall due, in the order in which it is looked for.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Release,
    Deadline,
    Lease,
}

impl Kind {
    /// What is due, earliest first.
    fn due(self, read: &Projections, until: Timestamp, limit: usize) -> Vec<(Timestamp, Due)> {
        match self {
            Self::Release => {
                let due = read.due(until, limit).into_iter();
                due.map(|(at, lead)| (at, Due::Release(lead))).collect()
            }
            Self::Deadline => {
                let due = read.overdue_calls(until, limit).into_iter();
                due.map(|(at, lead)| (at, Due::Deadline(lead))).collect()
            }
            Self::Lease => {
                let due = read.expired_leases(until, limit).into_iter();
                due.map(|(at, call)| (at, Due::Lease(call))).collect()
            }
        }
    }

    fn next(self, read: &Projections) -> Option<Timestamp> {
        match self {
            Self::Release => read.next_due(),
            Self::Deadline => read.next_call_deadline(),
            Self::Lease => read.next_lease_end(),
        }
    }
}

/// Which timers run together. Those that ask a carrier run apart: one that keeps silent may delay
/// its own deadlines, and no release.
pub(super) enum Timers {
    /// All: there is no carrier to ask.
    All,
    /// All but the deadlines of calls.
    WithoutDeadlines,
    /// The deadlines of calls, for which this carrier is asked first.
    Deadlines(Arc<dyn Carrier>),
}

impl Timers {
    const fn kinds(&self) -> &'static [Kind] {
        match self {
            Self::All => &[Kind::Lease, Kind::Deadline, Kind::Release],
            Self::WithoutDeadlines => &[Kind::Lease, Kind::Release],
            Self::Deadlines(_) => &[Kind::Deadline],
        }
    }

    const fn carrier(&self) -> Option<&Arc<dyn Carrier>> {
        match self {
            Self::All | Self::WithoutDeadlines => None,
            Self::Deadlines(carrier) => Some(carrier),
        }
    }
}

struct Running {
    core: Rc<Core>,
    pace: Rc<Pace>,
    timers: Timers,
    /// How the engine asks on its own behalf.
    asked: Asked,
    advance: Arc<LeadCommand>,
    in_hand: RefCell<InHand<Due>>,
    /// Of those in hand, how many nobody is asking at the moment.
    resting: Cell<usize>,
    /// Whether the last look left something for the next one.
    more: Cell<bool>,
    /// Something may be fired again.
    rested: Notify,
}

/// What one look found.
#[derive(Debug, Default)]
struct Look {
    fire: Vec<Due>,
    /// Whether more is due than may be fired now.
    more: bool,
    /// When the next thing falls due.
    next: Option<Timestamp>,
}

/// Fires until the engine stops.
pub(super) async fn run(core: Rc<Core>, pace: Rc<Pace>, timers: Timers) {
    let mut progress = core.reads().progress();
    let running = Rc::new(Running {
        core,
        pace,
        timers,
        asked: Asked::engine("timer"),
        advance: Arc::new(LeadCommand::Advance),
        in_hand: RefCell::default(),
        resting: Cell::new(0),
        more: Cell::new(false),
        rested: Notify::new(),
    });
    loop {
        progress.borrow_and_update();
        let now = running.core.now();
        let look = running.look(now);
        for due in look.fire {
            running.fire(due);
        }
        // When more is due than may be fired now, it goes on with what was fired before, or when the
        // pace allows it.
        let wake = match (look.more, look.next) {
            (true, _) => Some(running.pace.pause()),
            (false, next) => next.map(|next| running.core.clock().until(next)),
        };
        let went_on = tokio::select! {
            biased;
            went_on = progress.changed() => went_on.is_ok(),
            () = running.rested.notified() => true,
            () = sleep(wake) => true,
        };
        if !went_on || progress.borrow().ended {
            return;
        }
    }
}

impl Running {
    /// Looks for what is due and not in hand.
    fn look(&self, now: Timestamp) -> Look {
        let in_flight = self.core.config().sweep_in_flight.max(1);
        let mut in_hand = self.in_hand.borrow_mut();
        self.core.reads().look(|read| {
            in_hand.shown(read.position());
            let room = self.pace.room(in_flight.saturating_sub(in_hand.len()));
            // A few at a time would cost a walk past all that is in hand for each of them. What is
            // being asked comes back soon, and then there is room for many.
            let asking = in_hand.len() > self.resting.get();
            if self.more.get() && asking && room < in_flight.div_ceil(4) {
                return Look { more: true, ..Look::default() };
            }
            let mut look = Look::default();
            for &kind in self.timers.kinds() {
                // Enough to see past what is in hand, and whether there is more.
                let limit = in_hand.len() + room + 1;
                let due = kind.due(read, now, limit);
                let seen = due.len();
                let open = due.into_iter().map(|(_, due)| due).filter(|due| !in_hand.contains(due));
                for due in open {
                    if look.fire.len() < room {
                        look.fire.push(due);
                    } else {
                        look.more = true;
                    }
                }
                if !look.more {
                    look.next = earlier(look.next, next_after(kind, read, now, seen));
                }
            }
            for due in &look.fire {
                in_hand.take(*due);
            }
            self.pace.take(look.fire.len());
            self.more.set(look.more);
            look
        })
    }

    fn fire(self: &Rc<Self>, due: Due) {
        let (lead, command) = match due {
            Due::Deadline(lead) if let Some(carrier) = self.timers.carrier() => {
                self.poll(lead, Arc::clone(carrier));
                return;
            }
            Due::Release(lead) | Due::Deadline(lead) => (lead, Arc::clone(&self.advance)),
            Due::Lease(call) => {
                (call.lead, Arc::new(LeadCommand::RecordDispatchUnknown { call: call.number }))
            }
        };
        let told = visit(&self.core, lead, &command, &self.asked);
        let running = Rc::clone(self);
        actix::spawn(async move { running.settle(due, told.await).await });
    }

    /// Asks the carrier for the call that a lead waits for; then the lead decides whether it has
    /// waited in vain.
    fn poll(self: &Rc<Self>, lead: LeadId, carrier: Arc<dyn Carrier>) {
        let running = Rc::clone(self);
        // Nothing is held while the carrier thinks: a stop that comes between leaves the deadline
        // due, and the next start takes it up.
        actix::spawn(async move {
            let core = &running.core;
            let call =
                core.reads().look(|read| read.lead(lead)?.call).filter(|call| !call.concluded);
            let news = match call {
                Some(call) => ask_for(core, carrier, call.id, "timer").await,
                None => None,
            };
            let held = core.hold(1);
            let told = surely(core, lead, LeadCommand::Advance, Asked::engine("timer")).await;
            drop(held);
            // What the carrier said may have left nothing to be done.
            let told = match (told, news) {
                (Told::Nothing(_), Some(position)) => Told::Recorded(position),
                (Told::Nothing(pause), None) => Told::Nothing(pause.max(ASKED_PAUSE)),
                (told @ (Told::Recorded(_) | Told::Busy(_) | Told::Ended), _) => told,
            };
            running.settle(Due::Deadline(lead), told).await;
        });
    }

    /// Lets a thing rest or go, by what came of it.
    async fn settle(&self, due: Due, told: Told) {
        match told {
            Told::Recorded(position) => self.in_hand.borrow_mut().recorded(due, position),
            // Still due as far as the read models know: not to be asked over and over.
            Told::Nothing(pause) | Told::Busy(pause) => {
                self.resting.set(self.resting.get() + 1);
                tokio::time::sleep(pause).await;
                self.resting.set(self.resting.get() - 1);
                self.in_hand.borrow_mut().put_back(&due);
                self.rested.notify_one();
            }
            Told::Ended => {}
        }
    }
}

/// When the next thing of a kind falls due, after the `seen` that are due already.
fn next_after(kind: Kind, read: &Projections, now: Timestamp, seen: usize) -> Option<Timestamp> {
    if seen == 0 {
        return kind.next(read);
    }
    let end = Timestamp::from_micros(i64::MAX);
    let (at, _) = kind.due(read, end, seen + 1).pop()?;
    // What is due already is in hand or comes with the next look; waiting for it would spin.
    (at > now).then_some(at)
}

fn earlier(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// Sleeps so long; without an end when nothing falls due.
async fn sleep(wake: Option<Duration>) {
    match wake {
        Some(wake) => tokio::time::sleep(wake).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use branchline_domain::{
        id::{NodeId, OrganisationId, WorkflowId},
        lead::LeadEvent,
        personal::Personal,
        workflow::{Settings, WorkflowEvent},
    };
    use branchline_journal::record::{Cause, Position, Version};
    use branchline_projections::{Fact, FactEvents};

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_micros(second * 1_000_000)
    }

    fn fold(read: &mut Projections, events: FactEvents<'_>) {
        read.fold(&Fact {
            position: read.position().next(),
            at: at(0),
            organisation: OrganisationId::DEFAULT,
            principal: "test",
            cause: &Cause::None,
            version: Version(1),
            events,
        });
    }

    /// An active workflow with leads that wait until these seconds.
    fn waiting(seconds: &[i64]) -> Projections {
        let (workflow, node) = (WorkflowId::from_u128(1), NodeId::from_u128(2));
        let mut read = Projections::new();
        let created = WorkflowEvent::WorkflowCreated {
            organisation: OrganisationId::DEFAULT,
            title: "Spring".into(),
            description: String::new(),
            settings: Settings::default(),
            source: None,
        };
        let activated = WorkflowEvent::WorkflowActivated;
        fold(&mut read, FactEvents::Workflow(workflow, &[created, activated]));
        for (lead, &second) in (10..).zip(seconds) {
            let enrolled = LeadEvent::LeadEnrolled {
                workflow,
                contact_tag: [0; 16],
                key_slot: 0,
                phone_number: Personal::Erased,
                variables: Personal::Erased,
                notes: Personal::Erased,
                import: None,
            };
            let release_at = Some(at(second));
            let entered = LeadEvent::NodeEntered { visit: 1, node, revision: 0, release_at };
            fold(&mut read, FactEvents::Lead(LeadId::from_u128(lead), &[enrolled, entered]));
        }
        assert_eq!(read.position(), Position(1 + seconds.len() as u64));
        read
    }

    #[test]
    fn it_sleeps_until_the_first_thing_after_those_that_are_due_already() {
        let read = waiting(&[20, 10, 30]);
        assert_eq!(next_after(Kind::Release, &read, at(9), 0), Some(at(10)));
        assert_eq!(next_after(Kind::Release, &read, at(10), 1), Some(at(20)));
        assert_eq!(next_after(Kind::Release, &read, at(29), 2), Some(at(30)));
        assert_eq!(next_after(Kind::Release, &read, at(30), 3), None);
        assert_eq!(next_after(Kind::Release, &read, at(30), 1), None, "the next is due as well");
        assert_eq!(next_after(Kind::Lease, &read, at(9), 0), None);
    }

    #[test]
    fn what_is_due_comes_earliest_first() {
        let read = waiting(&[20, 10, 30]);
        let lead = |id| Due::Release(LeadId::from_u128(id));
        assert_eq!(Kind::Release.due(&read, at(25), 9), [(at(10), lead(11)), (at(20), lead(10))]);
        assert_eq!(Kind::Deadline.due(&read, at(25), 9), []);
    }
}
