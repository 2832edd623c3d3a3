//! What a stopped journal says, read without the engine.

use std::{collections::BTreeMap, path::Path};

use branchline_domain::{
    decider::Recorded,
    id::{LeadId, OrganisationId, WorkflowId},
    lead::{self, LeadEvent, LeadState},
    time::Timestamp,
};
use branchline_event_codec::{decode_lead, decode_workflow};
use branchline_journal::{
    reader::JournalReader,
    record::{Position, StreamKind},
};
use branchline_projections::{Fact, FactEvents, Invariants};

/// Every lead as its stream has it. Nothing that must never be in a journal is in this one.
pub(crate) fn sound_leads(directory: &Path) -> BTreeMap<LeadId, LeadState> {
    let reader = JournalReader::open(&directory.join("journal")).unwrap();
    assert!(reader.verify().finish().is_sound(), "the journal is not sound");
    let mut invariants = Invariants::new();
    let mut leads: BTreeMap<LeadId, LeadState> = BTreeMap::new();
    for record in reader.records(Position::START) {
        let record = record.unwrap();
        let at = Timestamp::from_micros(record.body.recorded_at.0);
        let fact = |events| Fact {
            position: record.position,
            at,
            organisation: OrganisationId::from_uuid(record.body.organisation),
            principal: &record.body.principal,
            cause: &record.body.cause,
            version: record.version,
            events,
        };
        let violations = if record.body.stream.kind == StreamKind::LEAD {
            let id = LeadId::from_uuid(record.body.stream.id);
            let decoded = record.body.events.iter().map(|event| decode_lead(event, id, None));
            let events: Vec<LeadEvent> = decoded.map(Result::unwrap).collect();
            let state = leads.entry(id).or_default();
            for event in &events {
                lead::evolve(state, event, Recorded { at, position: record.position.0 });
            }
            invariants.check(&fact(FactEvents::Lead(id, &events)))
        } else {
            let id = WorkflowId::from_uuid(record.body.stream.id);
            let decoded = record.body.events.iter().map(|event| decode_workflow(event).unwrap());
            let events: Vec<_> = decoded.collect();
            invariants.check(&fact(FactEvents::Workflow(id, &events)))
        };
        assert_eq!(violations, []);
    }
    leads
}
