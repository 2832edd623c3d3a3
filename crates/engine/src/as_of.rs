//! Long readings as of one place in the journal: whatever comes in while they last is not in them.
//!
//! Rows are taken from the read models a few at a time, without keeping them from anybody, and what
//! stood at the place is read from the streams. A stream whose last record is not newer stands now
//! as it stood then, so what the read models say of it holds, and one that no filter lets through is
//! not read at all.

use std::{collections::BTreeSet, sync::Arc};

use branchline_domain::{
    decider::Recorded,
    id::{CallId, ImportId, LeadId, OrganisationId, WorkflowId},
    lead::{self, LeadState},
};
use branchline_journal::record::{Position, StreamId};
use branchline_projections::{
    CallFilter, CallSort, Held, LeadFilter, LeadPlace, ListCursor, Order, PageStart, Paging,
    call_log::CallLog,
};

use crate::{
    EngineError, EngineHandle,
    read_side::ReadSide,
    rebuild::{LeadRecords, lead_events, read_lead, recorded_at, unreadable},
};

impl EngineHandle {
    /// The last durable record. A read that is sent now shows it.
    pub fn position(&self) -> Position {
        self.reads.store().head()
    }

    /// The leads of a workflow that a filter matches, in order of enrolment, as they are now.
    ///
    /// # Errors
    ///
    /// [`EngineError::WorkflowNotFound`]; those of [`Self::read`].
    pub async fn leads_as_of_now(
        &self,
        organisation: OrganisationId,
        workflow: WorkflowId,
        filter: LeadFilter,
    ) -> Result<LeadsAsOf, EngineError> {
        let reads = Arc::clone(&self.reads);
        let look = |read: &branchline_projections::Projections| {
            read.workflow(workflow).filter(|row| row.organisation == organisation)?;
            Some((read.position(), read.running_imports(workflow)))
        };
        let found = self.reads.read(look).await?;
        let (until, running) = found.ok_or(EngineError::WorkflowNotFound(workflow))?;
        let place = LeadPlace::default();
        Ok(LeadsAsOf { reads, organisation, workflow, filter, until, running, place })
    }

    /// The calls of an organisation that a filter matches, in order of request, as they are now.
    ///
    /// # Errors
    ///
    /// Those of [`Self::read`].
    pub async fn calls_as_of_now(
        &self,
        organisation: OrganisationId,
        filter: CallFilter,
    ) -> Result<CallsAsOf, EngineError> {
        let reads = Arc::clone(&self.reads);
        let filter = CallFilter { organisation: Some(organisation), ..filter };
        let newest_first = Order { by: CallSort::CreatedAt, descending: true };
        let all = CallFilter { status: None, ..filter };
        let look = |read: &branchline_projections::Projections| {
            let newest = read.ordered_calls(all, newest_first, Paging::first(1));
            let newest = newest.ok().and_then(|page| page.items.first().map(|row| row.id));
            (read.position(), newest)
        };
        let (until, last) = self.reads.read(look).await?;
        Ok(CallsAsOf { reads, organisation, filter, until, last, after: None })
    }
}

/// Leads of a workflow as of a place in the journal.
#[derive(Debug)]
pub struct LeadsAsOf {
    reads: Arc<ReadSide>,
    organisation: OrganisationId,
    workflow: WorkflowId,
    filter: LeadFilter,
    until: Position,
    /// Imports that ran then: their leads did not count.
    running: BTreeSet<ImportId>,
    place: LeadPlace,
}

impl LeadsAsOf {
    /// The last record that is in it.
    pub const fn position(&self) -> Position {
        self.until
    }

    /// The next leads, out of at most `rows` of the workflow: there may be none among them. `None`
    /// at the end. Takes as long as reading them from the journal, so not for a thread that answers
    /// requests.
    ///
    /// # Errors
    ///
    /// [`EngineError::Unavailable`] when the journal or the keys cannot be read.
    pub fn next(&mut self, rows: usize) -> Result<Option<Vec<(LeadId, LeadState)>>, EngineError> {
        let Self { workflow, filter, until, place, .. } = *self;
        let part =
            self.reads.look(|read| read.leads_part(workflow, filter, place, until, rows.max(1)));
        let Some(part) = part else { return Ok(None) };
        self.place = part.next;
        let mut found = Vec::new();
        for row in part.rows {
            if row.import.is_some_and(|import| self.running.contains(&import)) {
                continue;
            }
            if !row.matches && !self.has_moved(row.id) {
                continue;
            }
            // Read anew also where it matched: it may have moved since it was looked at.
            let state = self.state(row.id)?;
            if let Some(state) = state.filter(|state| matches(&self.filter, state)) {
                found.push((row.id, state));
            }
        }
        Ok(Some(found))
    }

    /// Whether something was recorded of a lead since.
    fn has_moved(&self, lead: LeadId) -> bool {
        let head = self.reads.store().stream_head(StreamId::lead(lead.as_uuid()));
        head.is_none_or(|head| head.position > self.until)
    }

    /// What the lead's records add up to then. Of one that was erased later nothing personal is left.
    fn state(&self, lead: LeadId) -> Result<Option<LeadState>, EngineError> {
        let found = read_lead(self.reads.store().as_ref(), &self.reads.vault, lead);
        let Some(LeadRecords { records, key }) = found.map_err(|error| unreadable(&error))? else {
            return Ok(None);
        };
        let mut state = LeadState::default();
        for record in records.iter().take_while(|record| record.position <= self.until) {
            if record.body.organisation != self.organisation.as_uuid() {
                return Ok(None);
            }
            let events = lead_events(record, lead, key.as_ref());
            let recorded = Recorded { at: recorded_at(record), position: record.position.0 };
            for event in events.map_err(|error| unreadable(&error))? {
                lead::evolve(&mut state, &event, recorded);
            }
        }
        Ok(state.workflow.is_some().then_some(state))
    }
}

/// Whether a filter shows a lead.
fn matches(filter: &LeadFilter, state: &LeadState) -> bool {
    let hold = state.hold.as_ref().map(|hold| hold.reason.code()).filter(|_| !state.removed);
    !state.withdrawn
        && filter.status.is_none_or(|wanted| state.status == wanted)
        && filter.removed.is_none_or(|wanted| state.removed == wanted)
        && filter.node.is_none_or(|wanted| state.node == Some(wanted))
        && match filter.held {
            None => true,
            Some(Held::Any) => hold.is_some(),
            Some(Held::With(code)) => hold == Some(code),
        }
}

/// Calls of an organisation as of a place in the journal.
#[derive(Debug)]
pub struct CallsAsOf {
    reads: Arc<ReadSide>,
    organisation: OrganisationId,
    filter: CallFilter,
    until: Position,
    /// The newest call then; `None` when there is nothing more to come.
    last: Option<CallId>,
    after: Option<ListCursor>,
}

impl CallsAsOf {
    /// The last record that is in it.
    pub const fn position(&self) -> Position {
        self.until
    }

    /// The next calls, out of at most `rows`: there may be none among them. `None` at the end. As
    /// [`LeadsAsOf::next`] not for a thread that answers requests.
    ///
    /// # Errors
    ///
    /// [`EngineError::Unavailable`] when the journal or the keys cannot be read.
    pub fn next(&mut self, rows: usize) -> Result<Option<Vec<CallLog>>, EngineError> {
        let Some(last) = self.last else { return Ok(None) };
        let all = CallFilter { status: None, ..self.filter };
        let start = self.after.map_or(PageStart::Page(1), PageStart::After);
        let paging = Paging { start, limit: rows.max(1) };
        let page = self.reads.look(|read| read.calls(all, paging));
        let mut found = Vec::new();
        for row in page.items {
            let head = self.reads.store().stream_head(StreamId::lead(row.id.lead.as_uuid()));
            let has_moved = head.is_none_or(|head| head.position > self.until);
            let wanted = self.filter.status;
            if has_moved || wanted.is_none_or(|wanted| wanted == row.status) {
                let log = self.log(row.id)?;
                found.extend(log.filter(|log| wanted.is_none_or(|wanted| wanted == log.status)));
            }
            if row.id == last {
                self.last = None;
                return Ok(Some(found));
            }
        }
        self.after = page.next;
        if self.after.is_none() {
            self.last = None;
        }
        Ok(Some(found))
    }

    fn log(&self, call: CallId) -> Result<Option<CallLog>, EngineError> {
        match self.reads.calls_until(self.organisation, call.lead, Some(self.until)) {
            Ok(logs) => Ok(logs.into_iter().find(|log| log.id == call)),
            Err(EngineError::LeadNotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
