//! The logs of a lead's calls: what every report is answered with, so no more of the lead is read or
//! folded than they need.

use branchline_domain::{
    id::{LeadId, OrganisationId},
    lead::LeadEvent,
};
use branchline_journal::record::{Position, Record};
use branchline_projections::{
    Fact, FactEvents,
    call_log::{CallLog, call_logs},
};

use crate::{
    EngineError, EngineHandle,
    read_side::ReadSide,
    rebuild::{LeadRecords, lead_events, read_lead, recorded_at, unreadable},
};

impl EngineHandle {
    /// The logs of a lead's calls, in order of request. Personal fields are opened.
    ///
    /// # Errors
    ///
    /// As [`Self::lead`].
    #[expect(clippy::unused_async, reason = "a store on another machine will have to wait")]
    pub async fn calls_of_lead(
        &self,
        organisation: OrganisationId,
        lead: LeadId,
    ) -> Result<Vec<CallLog>, EngineError> {
        self.reads.calls_until(organisation, lead, None)
    }
}

impl ReadSide {
    /// The logs of a lead's calls, as of the record at `until` if there is one.
    pub(crate) fn calls_until(
        &self,
        organisation: OrganisationId,
        lead: LeadId,
        until: Option<Position>,
    ) -> Result<Vec<CallLog>, EngineError> {
        let found = read_lead(self.store().as_ref(), &self.vault, lead);
        let found = found.map_err(|error| unreadable(&error))?;
        let LeadRecords { records, key } = found.ok_or(EngineError::LeadNotFound(lead))?;
        let events = records.iter().map(|record| lead_events(record, lead, key.as_ref()));
        let events = events.collect::<Result<Vec<_>, _>>().map_err(|error| unreadable(&error))?;
        let ours = |record: &Record| record.body.organisation == organisation.as_uuid();
        // One whose import was given up never counted.
        let withdrawn = |event: &LeadEvent| matches!(event, LeadEvent::LeadWithdrawn);
        if !records.iter().all(|record| ours(record)) || events.iter().flatten().any(withdrawn) {
            return Err(EngineError::LeadNotFound(lead));
        }
        let then = records
            .iter()
            .zip(&events)
            .take_while(|(record, _)| until.is_none_or(|until| record.position <= until));
        let facts = then.map(|(record, events)| Fact {
            position: record.position,
            at: recorded_at(record),
            organisation,
            principal: &record.body.principal,
            cause: &record.body.cause,
            version: record.version,
            events: FactEvents::Lead(lead, events),
        });
        Ok(call_logs(lead, facts))
    }
}
