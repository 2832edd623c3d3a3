//! Fires what falls due: releases, deadlines of calls, leases. Late is possible; early or twice is
//! not, because the lead decides, and each look starts from the read models.

use std::{cell::RefCell, rc::Rc, time::Duration};

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
        asking::{Told, told},
    },
};

/// When much is due at once, a share of it is fired each time this long has passed.
const TICK: Duration = Duration::from_millis(10);
const TICKS_PER_S: u32 = 100;

/// What falls due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Due {
    /// The wait of a lead, or the deadline of its call: the lead knows what it means.
    Lead(LeadId),
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
    const ALL: [Self; 3] = [Self::Lease, Self::Deadline, Self::Release];

    /// What is due, earliest first.
    fn due(self, read: &Projections, until: Timestamp, limit: usize) -> Vec<(Timestamp, Due)> {
        let leads = |due: Vec<(Timestamp, LeadId)>| {
            due.into_iter().map(|(at, lead)| (at, Due::Lead(lead))).collect()
        };
        match self {
            Self::Release => leads(read.due(until, limit)),
            Self::Deadline => leads(read.overdue_calls(until, limit)),
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

struct Timers {
    core: Rc<Core>,
    in_hand: RefCell<InHand<Due>>,
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
pub(super) async fn run(core: Rc<Core>) {
    let mut progress = core.reads().progress();
    let timers = Rc::new(Timers { core, in_hand: RefCell::default(), rested: Notify::new() });
    loop {
        progress.borrow_and_update();
        let now = timers.core.now();
        let look = timers.look(now);
        for due in look.fire {
            timers.fire(due);
        }
        if look.more {
            tokio::time::sleep(TICK).await;
            continue;
        }
        let wake = look.next.map(|next| timers.core.clock().until(next));
        let went_on = tokio::select! {
            biased;
            went_on = progress.changed() => went_on.is_ok(),
            () = timers.rested.notified() => true,
            () = sleep(wake) => true,
        };
        if !went_on || progress.borrow().ended {
            return;
        }
    }
}

impl Timers {
    /// Looks for what is due and not in hand.
    fn look(&self, now: Timestamp) -> Look {
        let config = self.core.config();
        let share = usize::try_from(config.drain_per_s / TICKS_PER_S).unwrap_or(usize::MAX).max(1);
        let mut in_hand = self.in_hand.borrow_mut();
        self.core.reads().look(|read| {
            in_hand.shown(read.position());
            let room = share.min(config.sweep_in_flight.max(1).saturating_sub(in_hand.len()));
            let mut look = Look::default();
            for kind in Kind::ALL {
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
                look.next = earlier(look.next, next_after(kind, read, now, seen));
            }
            for due in &look.fire {
                in_hand.take(*due);
            }
            look
        })
    }

    fn fire(self: &Rc<Self>, due: Due) {
        let (lead, command) = match due {
            Due::Lead(lead) => (lead, LeadCommand::Advance),
            Due::Lease(call) => {
                (call.lead, LeadCommand::RecordDispatchUnknown { call: call.number })
            }
        };
        let answer = self.core.perform_lead(lead, command, Asked::engine("timer"));
        let timers = Rc::clone(self);
        let held = self.core.hold(1);
        actix::spawn(async move {
            match told(lead, &answer.await) {
                Told::Recorded(position) => timers.in_hand.borrow_mut().recorded(due, position),
                // Still due as far as the read models know: not to be asked over and over.
                Told::Nothing(pause) | Told::Busy(pause) => {
                    drop(held);
                    tokio::time::sleep(pause).await;
                    timers.in_hand.borrow_mut().put_back(&due);
                    timers.rested.notify_one();
                }
                Told::Ended => {}
            }
        });
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
        let lead = |id| Due::Lead(LeadId::from_u128(id));
        assert_eq!(Kind::Release.due(&read, at(25), 9), [(at(10), lead(11)), (at(20), lead(10))]);
        assert_eq!(Kind::Deadline.due(&read, at(25), 9), []);
    }
}
