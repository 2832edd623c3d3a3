//! What is looked for.

use branchline_domain::id::{CallId, LeadId, NodeId, WorkflowId};
use branchline_journal::record::{Cause, Position, Record};

use super::{EventTypePattern, Pattern, Phones};
use crate::AsOf;

/// What a record must have to be shown. Every list that has something in it must be met, by any of
/// its entries.
#[derive(Debug, Default)]
pub struct Filter {
    /// Types of events.
    pub event_types: Vec<EventTypePattern>,
    /// Records of these workflows and of leads in them.
    pub workflows: Vec<WorkflowId>,
    /// Records of these leads.
    pub leads: Vec<LeadId>,
    /// Events about these calls, and the branches that they led to.
    pub calls: Vec<CallId>,
    /// Events that name one of these nodes, and events of leads while they stand there.
    pub nodes: Vec<NodeId>,
    /// Records of leads with one of these numbers.
    pub phones: Option<Phones>,
    /// Who asked.
    pub principals: Vec<Pattern>,
    /// Records that follow from the record at one of these positions.
    pub causes: Vec<Position>,
    /// Records that one of these requests asked for.
    pub requests: Vec<String>,
    /// Records under one of these idempotency keys.
    pub keys: Vec<String>,
    /// Records from this position or time on.
    pub since: Option<AsOf>,
    /// Records up to this position or time.
    pub until: AsOf,
}

impl Filter {
    /// Whether what is in the record itself, apart from its events, fits.
    pub(super) fn fits_frame(&self, record: &Record) -> bool {
        let body = &record.body;
        met(&self.principals, |principal| principal.fits(&body.principal))
            && met(&self.causes, |cause| body.cause == Cause::Position(*cause))
            && met(
                &self.requests,
                |id| matches!(&body.cause, Cause::Request(found) if **found == **id),
            )
            && met(&self.keys, |key| body.key.as_ref().is_some_and(|found| *found.key == **key))
            && self.since.is_none_or(|since| since.begins_by(record))
            && !self.until.is_before(record)
    }

    /// Whether no later record can fit.
    pub(super) fn ends_before(&self, record: &Record) -> bool {
        // Clocks are set back now and then, positions never.
        matches!(self.until, AsOf::Position(_)) && self.until.is_before(record)
    }

    /// Whether it matters which lead is in which workflow, or has which number.
    pub(super) fn asks_about_enrolments(&self) -> bool {
        !self.workflows.is_empty() || self.phones.is_some()
    }

    /// Whether events have to be decoded to see whether they fit.
    pub(super) fn asks_about_fields(&self) -> bool {
        !self.calls.is_empty() || !self.nodes.is_empty()
    }
}

/// Whether nothing is asked, or one of what is asked fits.
pub(super) fn met<T>(asked: &[T], fits: impl FnMut(&T) -> bool) -> bool {
    asked.is_empty() || asked.iter().any(fits)
}
