//! Counts what the records of a lead tell.

use branchline_domain::{
    call_status::CallStatus, id::NodeId, lead::LeadStatus, output::Output, time::Timestamp,
};

use super::{ATTEMPTS_TOLD, StoredNode, attempt};
use crate::{
    Projections,
    arena::NONE,
    stored::{Moment, StoredCall, StoredLead},
    workflows::StoredWorkflow,
};

/// Which attempt a call is, from 1; at most [`ATTEMPTS_TOLD`].
#[derive(Clone, Copy)]
struct Ordinals {
    of_lead: usize,
    of_visit: usize,
}

impl StoredWorkflow {
    /// A lead came to its node.
    pub(crate) fn note_arrival(&mut self, lead: &StoredLead) {
        if lead.visit == 1 {
            self.insights.started += 1;
        }
        if let Some(node) = self.insight_of(lead.node) {
            node.entered += 1;
        }
    }

    /// A lead takes a branch.
    pub(crate) fn note_branch(&mut self, from: u32, output: &Output, to: u32, at: Timestamp) {
        self.insights.minutes.add(at, output);
        if let Some(node) = self.insight_of(from) {
            node.take(output, to);
        }
    }

    /// A lead leaves its node, by a branch or because it was moved.
    pub(crate) fn note_departure(&mut self, lead: &StoredLead, at: Timestamp) {
        let Some(since) = lead.entered_at.get() else { return };
        let micros = u64::try_from(at.micros_since(since)).unwrap_or_default();
        if let Some(node) = self.insight_of(lead.node) {
            node.stay.add(micros / 1_000);
        }
    }

    /// A lead has reached an end.
    pub(crate) const fn note_end(&mut self, status: LeadStatus) {
        match status {
            LeadStatus::Completed => self.insights.converted += 1,
            LeadStatus::Dropped => self.insights.dropped += 1,
            LeadStatus::Pending | LeadStatus::Active => {}
        }
    }

    fn insight_of(&mut self, node: u32) -> Option<&mut StoredNode> {
        (node != NONE).then(|| self.insights.nodes.slot(node))
    }

    fn note_dial(&mut self, call: &StoredCall, dialled_at: Timestamp, ordinals: Ordinals) {
        self.insights.hours.dial(dialled_at, &self.state.settings.default_timezone);
        if let Some(attempt) = attempt(&mut self.insights.attempts, ordinals.of_lead) {
            attempt.dialled += 1;
        }
        let node = self.insight_of(call.node);
        if let Some(attempt) = node.and_then(|node| attempt(&mut node.attempts, ordinals.of_visit))
        {
            attempt.dialled += 1;
        }
    }

    fn note_answer(&mut self, call: &StoredCall, dialled_at: Timestamp, ordinals: Ordinals) {
        self.insights.hours.answer(dialled_at, &self.state.settings.default_timezone);
        if let Some(attempt) = attempt(&mut self.insights.attempts, ordinals.of_lead) {
            attempt.answered += 1;
        }
        let node = self.insight_of(call.node);
        if let Some(attempt) = node.and_then(|node| attempt(&mut node.attempts, ordinals.of_visit))
        {
            attempt.answered += 1;
        }
    }
}

impl Projections {
    /// A lead takes a branch from a node to another.
    pub(crate) fn note_branch(
        &mut self,
        lead: &StoredLead,
        (from, output, to): (u32, &Output, NodeId),
        at: Timestamp,
    ) {
        if let Some(stored) = self.workflows.get_mut(lead.workflow) {
            let to = stored.nodes.number_or_new(to);
            stored.note_branch(from, output, to, at);
            stored.note_departure(lead, at);
        }
    }

    /// A call is another than before.
    pub(crate) fn note_call(
        &mut self,
        lead: &mut StoredLead,
        before: &StoredCall,
        after: &StoredCall,
    ) {
        let dialled_at = after.started_at.get();
        let dials = dialled_at.is_some() && before.started_at == Moment::NEVER;
        let answers = dialled_at.is_some() && !is_answered(before) && is_answered(after);
        let ends = after.concluded && !before.concluded;
        if !(dials || answers || ends) {
            return;
        }
        let ordinals = self.ordinals(after);
        let Some(stored) = self.workflows.get_mut(lead.workflow) else { return };
        if let Some(dialled_at) = dialled_at.filter(|_| dials) {
            stored.note_dial(after, dialled_at, ordinals);
        }
        if let Some(dialled_at) = dialled_at.filter(|_| answers) {
            stored.note_answer(after, dialled_at, ordinals);
            if !std::mem::replace(&mut lead.answered, true) {
                stored.insights.answered += 1;
            }
        }
        if ends && let Some(node) = stored.insight_of(after.node) {
            node.end_call(after.status);
        }
    }

    fn ordinals(&self, call: &StoredCall) -> Ordinals {
        let older = std::iter::successors(self.calls.get(call.previous), |call| {
            self.calls.get(call.previous)
        });
        let dialled = older.filter(|older| older.started_at != Moment::NEVER);
        let mut ordinals = Ordinals { of_lead: 1, of_visit: 1 };
        // No further than what is told apart: a lead may have been called for years.
        for older in dialled.take(ATTEMPTS_TOLD - 1) {
            ordinals.of_lead += 1;
            ordinals.of_visit += usize::from(older.visit == call.visit);
        }
        ordinals
    }
}

/// Whether somebody was on the line, as far as is known.
const fn is_answered(call: &StoredCall) -> bool {
    match call.status {
        CallStatus::Connected | CallStatus::Waiting | CallStatus::Completed => true,
        CallStatus::Created
        | CallStatus::Initiated
        | CallStatus::Sent
        | CallStatus::Received
        | CallStatus::DidNotPick
        | CallStatus::Busy
        | CallStatus::Failed
        | CallStatus::NoAnswer
        | CallStatus::Cancelled
        | CallStatus::RetryExpired => false,
    }
}
