//! Which lead actors are in memory, and who of them leaves first.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use actix::{Addr, dev::SendError};
use branchline_domain::id::LeadId;

use crate::{EngineError, lead_actor::LeadActor, lead_task::LeadTask, metrics::Mailbox};

/// Which part of the actors may be visited ones. Few are asked for again soon, and each takes about
/// 3 kB.
const VISITED_PART: usize = 8;

/// A lead actor in memory.
pub(crate) struct Live {
    /// The only address: dropping it ends the actor.
    pub(crate) addr: Addr<LeadActor>,
    /// Messages that were sent and not answered.
    pub(crate) mailbox: Mailbox,
    /// When it last got a message, on the idle clock.
    pub(crate) used_ms: u64,
    pub(crate) stay: Stay,
}

impl Live {
    /// Sends a message. Gives it back when the actor is gone.
    pub(crate) fn send(&mut self, task: LeadTask, now_ms: u64) -> Option<LeadTask> {
        self.used_ms = now_ms;
        match self.addr.try_send(task) {
            Ok(()) => {
                self.mailbox.sent();
                None
            }
            Err(SendError::Full(task)) => {
                task.refuse(EngineError::Busy);
                None
            }
            Err(SendError::Closed(task)) => Some(task),
        }
    }
}

/// How long a lead is worth its memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stay {
    /// Somebody asked for it, who may ask again.
    Wanted,
    /// Timers or sweeps ask it to go on, as they ask many, one after the other.
    Visited,
}

pub(crate) enum LeadSlot {
    Live(Live),
    /// Being read; these wait, bounded by the commands that may be under way.
    Rebuilding(Vec<LeadTask>, Stay),
    /// Could not be rebuilt.
    SetAside(Arc<str>),
}

/// The leads that somebody asked for lately.
#[derive(Default)]
pub(crate) struct Leads {
    slots: HashMap<LeadId, LeadSlot>,
    /// Live leads that somebody wants, about in the order of their last use: who comes to the front
    /// and was used since goes to the back again.
    by_use: VecDeque<(LeadId, u64)>,
    /// Leads that were only visited, oldest first; some are wanted or gone by now.
    visits: VecDeque<LeadId>,
    /// Live leads that were only visited.
    visited: usize,
}

impl Leads {
    /// Lead actors in memory.
    pub(crate) fn live(&self) -> usize {
        self.by_use.len() + self.visited
    }

    /// Looks at the lead that was used longest ago; takes it out when `leaves` says so, and nothing
    /// is under way to it. False when there was none to take.
    fn evict(&mut self, leaves: impl Fn(u64) -> bool) -> bool {
        let Some((lead, seen_ms)) = self.by_use.pop_front() else { return false };
        let Some(LeadSlot::Live(live)) = self.slots.get(&lead) else { return true };
        if live.stay == Stay::Visited {
            // It left, and came back as a visit.
            return true;
        }
        if live.mailbox.is_empty() && live.used_ms == seen_ms && leaves(live.used_ms) {
            self.slots.remove(&lead);
            return true;
        }
        self.by_use.push_back((lead, live.used_ms));
        false
    }

    /// The same for the oldest visit.
    fn end_visit(&mut self, leaves: impl Fn(u64) -> bool) -> bool {
        let Some(lead) = self.visits.pop_front() else { return false };
        let Some(LeadSlot::Live(live)) = self.slots.get(&lead) else { return true };
        if live.stay == Stay::Wanted {
            return true;
        }
        if live.mailbox.is_empty() && leaves(live.used_ms) {
            self.slots.remove(&lead);
            self.visited -= 1;
            return true;
        }
        self.visits.push_back(lead);
        false
    }

    /// Lets the longest idle ones go until there are no more than so many, [`VISITED_PART`] of them
    /// visited.
    /// Looks at so many only, and leaves those that are busy.
    pub(crate) fn make_room(&mut self, live_max: usize, looks: usize) {
        for _ in 0..looks {
            let crowded = self.live() > live_max;
            if self.visited > live_max / VISITED_PART || (crowded && self.visited > 0) {
                self.end_visit(|_| true);
            } else if crowded {
                self.evict(|_| true);
            } else {
                return;
            }
        }
    }

    /// Lets all go that leave, by when they were used last, and are not busy.
    pub(crate) fn leave(&mut self, leaves: impl Fn(u64) -> bool) {
        for _ in 0..self.by_use.len() {
            self.evict(&leaves);
        }
        for _ in 0..self.visits.len() {
            self.end_visit(&leaves);
        }
    }

    pub(crate) fn slot(&mut self, lead: LeadId) -> Option<&mut LeadSlot> {
        self.slots.get_mut(&lead)
    }

    /// Puts a lead into a slot in which nobody lives.
    pub(crate) fn put(&mut self, lead: LeadId, slot: LeadSlot) {
        self.take(lead);
        self.slots.insert(lead, slot);
    }

    /// Takes a lead out, and its slot.
    pub(crate) fn take(&mut self, lead: LeadId) -> Option<LeadSlot> {
        let slot = self.slots.remove(&lead)?;
        if let LeadSlot::Live(live) = &slot
            && live.stay == Stay::Visited
        {
            self.visited -= 1;
        }
        Some(slot)
    }

    /// Puts a lead in memory.
    pub(crate) fn add(&mut self, lead: LeadId, live: Live) {
        match live.stay {
            Stay::Wanted => self.by_use.push_back((lead, live.used_ms)),
            Stay::Visited => {
                self.visits.push_back(lead);
                self.visited += 1;
            }
        }
        self.slots.insert(lead, LeadSlot::Live(live));
    }

    /// Somebody asks for a lead: whether it is only visited from now on.
    pub(crate) fn asked(&mut self, lead: LeadId, stay: Stay, now_ms: u64) {
        let Some(LeadSlot::Live(live)) = self.slots.get_mut(&lead) else { return };
        if live.stay == Stay::Visited && stay == Stay::Wanted {
            live.stay = Stay::Wanted;
            self.visited -= 1;
            self.by_use.push_back((lead, now_ms));
        }
    }
}
