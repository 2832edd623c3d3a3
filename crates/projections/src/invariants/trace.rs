//! What is remembered of workflows, imports and leads: as little as the rules need.
//!
//! A lead under way takes about 200 bytes, one that has ended and whose calls have too, about 50.

use branchline_domain::{
    call_status::CallStatus,
    id::{LeadId, NodeId},
    time::Timestamp,
    workflow::WorkflowStatus,
};

/// What is remembered of a workflow.
#[derive(Debug, Default)]
pub(super) struct WorkflowTrace {
    pub(super) exists: bool,
    pub(super) deleted: bool,
    pub(super) status: WorkflowStatus,
    pub(super) revision: u32,
}

/// How far an import has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ImportStage {
    #[default]
    Open,
    Closed,
    Cancelled,
}

/// What is remembered of an import.
#[derive(Debug, Default)]
pub(super) struct ImportTrace {
    /// Number of its workflow.
    pub(super) workflow: u32,
    pub(super) enrolled: u32,
    pub(super) stage: ImportStage,
}

/// How a lead ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Completed,
    Dropped,
    Removed,
}

impl End {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Dropped => "dropped",
            Self::Removed => "removed",
        }
    }
}

/// What became of the personal fields of a lead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Fields {
    #[default]
    Kept,
    Erased,
}

/// What is remembered of a lead for good.
#[derive(Clone, Debug)]
pub(super) struct LeadRow {
    pub(super) id: LeadId,
    /// While something may still come of it that must fit.
    trace: Option<Box<LeadTrace>>,
    /// Calls of one without a trace, all of them over.
    settled_calls: u32,
    pub(super) end: Option<End>,
    fields: Fields,
}

const _: () = assert!(size_of::<LeadRow>() <= 32);

impl LeadRow {
    pub(super) const fn new(id: LeadId) -> Self {
        Self { id, trace: None, settled_calls: 0, end: None, fields: Fields::Kept }
    }

    /// Takes the trace out, to be put back with [`Self::put`].
    pub(super) fn take(&mut self) -> Box<LeadTrace> {
        self.trace.take().unwrap_or_else(|| {
            let ended =
                CallTrace { started: true, ended: Some(Ended::Forgotten), ..CallTrace::default() };
            let calls = vec![ended; self.settled_calls as usize];
            let (end, fields) = (self.end, self.fields);
            Box::new(LeadTrace { end, fields, calls, ..LeadTrace::default() })
        })
    }

    /// Keeps the trace, or only how it ended when nothing can come of it that must fit.
    pub(super) fn put(&mut self, trace: Box<LeadTrace>) {
        (self.end, self.fields) = (trace.end, trace.fields);
        if trace.is_settled() {
            self.settled_calls = u32::try_from(trace.calls.len()).unwrap_or(u32::MAX);
        } else {
            self.trace = Some(trace);
        }
    }
}

/// What is remembered of a lead under way.
#[derive(Clone, Debug, Default)]
pub(super) struct LeadTrace {
    /// Number of its workflow; `None` before its enrolment.
    pub(super) workflow: Option<u32>,
    /// Number of its import.
    pub(super) import: Option<u32>,
    pub(super) end: Option<End>,
    pub(super) fields: Fields,
    pub(super) visit: u32,
    pub(super) node: Option<NodeId>,
    pub(super) branched: bool,
    /// A person has decided about the present visit.
    pub(super) person: bool,
    pub(super) release_at: Option<Timestamp>,
    /// The try of an application that is wanted and not begun.
    pub(super) wanted: Option<u32>,
    pub(super) tried: bool,
    pub(super) contact_tag: [u8; 16],
    /// The call for which it holds its number.
    pub(super) live_call: Option<u32>,
    /// Before when the newest call is not to be dialled.
    pub(super) not_before: Option<Timestamp>,
    /// By number, from 1.
    pub(super) calls: Vec<CallTrace>,
}

impl LeadTrace {
    pub(super) fn call(&mut self, number: u32) -> Option<&mut CallTrace> {
        self.calls.get_mut(usize::try_from(number.checked_sub(1)?).ok()?)
    }

    /// Number of the newest call; 0 before the first.
    pub(super) fn last_call(&self) -> u32 {
        u32::try_from(self.calls.len()).unwrap_or(u32::MAX)
    }

    /// Whether nothing can come of it any more that must fit what came before.
    fn is_settled(&self) -> bool {
        self.end.is_some()
            && self.live_call.is_none()
            && self.calls.iter().all(|call| call.ended.is_some())
    }
}

/// The final status of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    As(CallStatus),
    /// With its lead's trace, when both were over.
    Forgotten,
}

/// What is remembered of a call.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CallTrace {
    pub(super) visit: u32,
    /// A bit for each final status that was told of it.
    pub(super) told: u16,
    pub(super) ended: Option<Ended>,
    pub(super) started: bool,
    pub(super) refused: bool,
}

const _: () = assert!(size_of::<CallTrace>() <= 12);

impl CallTrace {
    /// Whether somebody may be on the phone.
    pub(super) const fn is_live(self) -> bool {
        self.started && !self.refused && self.ended.is_none()
    }

    pub(super) fn tell(&mut self, status: CallStatus) {
        self.told |= 1 << (status as u16);
    }

    pub(super) fn statuses(self) -> impl Iterator<Item = CallStatus> {
        CallStatus::ALL.into_iter().filter(move |status| self.told & (1 << (*status as u16)) != 0)
    }
}
