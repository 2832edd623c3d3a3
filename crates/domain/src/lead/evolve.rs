//! Folds events into the state of a lead.

use super::{LeadEvent, LeadState};
use crate::decider::Recorded;

/// Takes one more event into the state. Total: an event has already happened.
pub fn evolve(_state: &mut LeadState, _event: &LeadEvent, _recorded: Recorded) {}
