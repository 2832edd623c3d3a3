//! Everything that the engine can say about itself in figures, in one piece.

use std::time::Duration;

use branchline_domain::time::Timestamp;
use branchline_journal::{measures::StoreReading, record::Position};
use branchline_projections::{Projections, Totals};

use super::Counted;
use crate::EngineHandle;

/// How the engine does, in figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineReading {
    /// What was counted since the start.
    pub counted: Counted,
    /// What the journal's store counts.
    pub store: StoreReading,
    /// Last durable record.
    pub position: Position,
    /// Last record that reads show.
    pub folded: Position,
    /// Whether writes are taken and reads show what there was at the start.
    pub ready: bool,
    /// Commands that wait for the engine thread.
    pub host_channel: u64,
    /// How many may.
    pub host_channel_capacity: u64,
    /// Lead actors in memory.
    pub lead_actors: u64,
    /// Leads that could not be rebuilt.
    pub set_aside: u64,
    /// How much there is of everything.
    pub totals: Totals,
    /// How late the timers are.
    pub late: Lateness,
}

/// How late the oldest thing is that fell due and was not dealt with; zero when nothing is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lateness {
    /// The wait of a lead.
    pub release: Duration,
    /// The deadline of a call.
    pub call_deadline: Duration,
    /// A hand-out to an external carrier.
    pub lease: Duration,
}

impl Lateness {
    fn of(totals: &Totals, now: Timestamp) -> Self {
        let late = |due: Option<Timestamp>| {
            let late_us = due.map_or(0, |due| now.as_micros().saturating_sub(due.as_micros()));
            Duration::from_micros(u64::try_from(late_us).unwrap_or(0))
        };
        Self {
            release: late(totals.due.release),
            call_deadline: late(totals.due.call_deadline),
            lease: late(totals.due.lease),
        }
    }
}

impl EngineHandle {
    /// How the engine does, in figures: what it counted since its start, and what there is. Commands
    /// count that were asked through [`Self::ask`] and the methods beside it, not those sent through
    /// [`Self::commands`]. Looks at the read models once, as they are, and takes microseconds for
    /// each workflow.
    pub fn metrics(&self) -> EngineReading {
        let commands = self.commands();
        let capacity = commands.max_capacity();
        let totals = self.reads.look(Projections::totals);
        let health = self.health();
        EngineReading {
            counted: self.reads.metrics().read(),
            store: self.reads.store().measured(),
            position: health.position,
            folded: health.folded,
            ready: health.ready,
            host_channel: (capacity - commands.capacity()) as u64,
            host_channel_capacity: capacity as u64,
            lead_actors: health.lead_actors as u64,
            set_aside: health.set_aside.len() as u64,
            late: Lateness::of(&totals, self.reads.now()),
            totals,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_due_yet_is_not_late() {
        let at = Timestamp::from_micros;
        let mut totals = Totals::default();
        assert_eq!(Lateness::of(&totals, at(50)), Lateness::default());
        totals.due.release = Some(at(60));
        totals.due.lease = Some(at(20));
        let late = Lateness::of(&totals, at(50));
        assert_eq!((late.release, late.lease), (Duration::ZERO, Duration::from_micros(30)));
    }
}
