//! What a stopped journal says, read without the engine.

use std::{collections::BTreeMap, path::Path};

use branchline_domain::{
    decider::Recorded,
    id::{LeadId, OrganisationId},
    lead::{self, LeadState},
    time::Timestamp,
};
use branchline_event_codec::{RecordedEvents, decode_record};
use branchline_journal::{reader::JournalReader, record::Position};
use branchline_projections::{Fact, FactEvents, Invariants};

/// Every lead as its stream has it. Nothing that must never be in a journal is in this one.
pub(crate) fn sound_leads(directory: &Path) -> BTreeMap<LeadId, LeadState> {
    leads_as_of(directory, Position(u64::MAX))
}

/// The same, up to a record.
pub(crate) fn leads_as_of(directory: &Path, until: Position) -> BTreeMap<LeadId, LeadState> {
    let reader = JournalReader::open(&directory.join("journal")).unwrap();
    assert!(reader.verify().finish().is_sound(), "the journal is not sound");
    let mut invariants = Invariants::new();
    let mut leads: BTreeMap<LeadId, LeadState> = BTreeMap::new();
    for record in reader.records(Position::START) {
        let record = record.unwrap();
        if record.position > until {
            break;
        }
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
        let violations = match decode_record(&record, None).unwrap().unwrap() {
            RecordedEvents::Lead(id, events) => {
                let state = leads.entry(id).or_default();
                for event in &events {
                    lead::evolve(state, event, Recorded { at, position: record.position.0 });
                }
                invariants.check(&fact(FactEvents::Lead(id, &events)))
            }
            RecordedEvents::Workflow(id, events) => {
                invariants.check(&fact(FactEvents::Workflow(id, &events)))
            }
            RecordedEvents::Organisation(id, events) => {
                invariants.check(&fact(FactEvents::Organisation(id, &events)))
            }
        };
        assert_eq!(violations, []);
    }
    leads
}
