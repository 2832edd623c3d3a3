//! The checks over events: they read, and what they tell may be.

use std::sync::Arc;

use branchline_domain::id::LeadId;
use branchline_event_codec::{DecodeError, decode_lead, decode_organisation, decode_workflow};
use branchline_journal::record::{Event, Position, Record, StreamKind};
use branchline_projections::{Invariants, Rule};

use super::checks::{Check, Tally};
use crate::evidence::decode;

/// Takes sound records in, one by one.
#[derive(Debug)]
pub(super) struct EventCheck {
    invariants: Invariants,
    tally: Tally,
    pub(super) records: u64,
    pub(super) events: u64,
    pub(super) streams: u64,
    pub(super) last: Position,
}

impl EventCheck {
    pub(super) fn new() -> Self {
        let rules = Rule::ALL.into_iter().map(Check::Invariant);
        Self {
            invariants: Invariants::new(),
            tally: Tally::of(std::iter::once(Check::Schemas).chain(rules)),
            records: 0,
            events: 0,
            streams: 0,
            last: Position::START,
        }
    }

    pub(super) fn take(&mut self, record: &Arc<Record>) {
        let position = record.position;
        let events = record.body.events.len() as u64;
        self.records += 1;
        self.events += events;
        // The writer's rules say that a stream's first record has no other before it.
        self.streams += u64::from(record.prev.is_none());
        self.last = position;
        self.tally.look(Check::Schemas, events);
        match decode(Arc::clone(record), None) {
            Ok(Some(decoded)) => {
                let fact = decoded.fact();
                for violation in self.invariants.check_with_claims(&fact, &record.body.claims) {
                    let (stream, problem) = (&violation.stream, &violation.problem);
                    let check = Check::Invariant(violation.rule);
                    self.tally.find(check, position, format!("{stream} {problem}"));
                }
            }
            Ok(None) => {
                let stream = record.body.stream;
                let problem =
                    format!("{stream} is a stream of a kind that is newer than this tool");
                self.tally.find(Check::Schemas, position, problem);
            }
            Err(error) => self.tally.find(Check::Schemas, position, unreadable(record, &error)),
        }
    }

    pub(super) fn finish(mut self) -> Tally {
        for rule in Rule::ALL {
            self.tally.look(Check::Invariant(rule), self.invariants.looked(rule));
        }
        self.tally
    }
}

/// What is wrong with the first event of a record that does not read.
fn unreadable(record: &Record, error: &DecodeError) -> String {
    let stream = record.body.stream;
    let fails = |event: &Event| match stream.kind {
        StreamKind::WORKFLOW => decode_workflow(event).is_err(),
        StreamKind::ORGANISATION => decode_organisation(event).is_err(),
        StreamKind(_) => decode_lead(event, LeadId::from_uuid(stream.id), None).is_err(),
    };
    let of = record.body.events.len();
    let place = (1..).zip(&record.body.events).find(|(_, event)| fails(event));
    let Some((number, event)) = place else { return format!("{stream} {error}") };
    let (event_type, schema) = (&event.event_type, event.schema);
    let newer = match error {
        DecodeError::FromTheFuture { .. } | DecodeError::UnknownType { .. } => {
            "is newer than this tool: "
        }
        DecodeError::Malformed { .. }
        | DecodeError::TrailingBytes { .. }
        | DecodeError::TooLong { .. }
        | DecodeError::Seal { .. } => "is wrong: ",
    };
    format!("{stream} event {number} of {of} ({event_type}, schema {schema}) {newer}{error}")
}
