//! `branchline-log show`: the events of one stream, as lines.

use std::{io::Write, sync::Arc};

use anyhow::{bail, ensure};
use branchline_domain::{
    decider::Recorded,
    id::{CallId, LeadId, WorkflowId},
    lead::{self, LeadState},
    workflow::{self, WorkflowState},
};
use branchline_journal::record::{Position, Record, StreamId, StreamKind};
use branchline_projections::{
    FactEvents,
    timeline::{PhoneNumbers, frame, lines},
};
use branchline_vault::LeadKey;

use crate::{
    Soundness,
    evidence::{Evidence, decode, key_of},
    list::lead_words,
};

pub(crate) fn run(
    evidence: &Evidence,
    id: &str,
    phone_numbers: bool,
    out: &mut dyn Write,
) -> anyhow::Result<Soundness> {
    let stream = stream_of(id)?;
    let mut records: Vec<Arc<Record>> = Vec::new();
    let mut soundness = Soundness::Sound;
    for record in evidence.reader.records(Position::START) {
        match record {
            Ok(record) if record.body.stream == stream => records.push(record),
            Ok(_) => {}
            Err(error) => {
                eprintln!("{error}; what is before that follows");
                soundness = Soundness::Damaged;
                break;
            }
        }
    }
    ensure!(
        !records.is_empty() || soundness == Soundness::Damaged,
        "there is no {id} in this journal; `branchline-log list` shows what is"
    );
    let shown = if phone_numbers { PhoneNumbers::Shown } else { PhoneNumbers::Hidden };
    let key = match records.first() {
        Some(first) if stream.kind == StreamKind::LEAD => key_for(evidence, first, phone_numbers)?,
        Some(_) | None => None,
    };
    let (mut lead, mut workflow) = (LeadState::default(), WorkflowState::default());
    for record in records {
        let position = record.position;
        let decoded = match decode(record, key.as_ref()) {
            Ok(Some(decoded)) => decoded,
            Ok(None) => continue,
            Err(error) => {
                eprintln!("record {position}: {error}");
                soundness = Soundness::Damaged;
                continue;
            }
        };
        let fact = decoded.fact();
        writeln!(out, "{}", frame(&fact))?;
        for line in lines(&fact, shown) {
            writeln!(out, "    {line}")?;
        }
        let recorded = Recorded { at: fact.at, position: position.0 };
        match fact.events {
            FactEvents::Lead(_, events) => {
                for event in events {
                    lead::evolve(&mut lead, event, recorded);
                }
            }
            FactEvents::Workflow(_, events) => {
                for event in events {
                    workflow::evolve(&mut workflow, event, recorded);
                }
            }
        }
    }
    match stream.kind {
        StreamKind::LEAD => writeln!(out, "state: {}", lead_words(&lead))?,
        StreamKind::WORKFLOW => {
            let (status, revision) = (workflow.status, workflow.graph.revision());
            writeln!(out, "state: {status}, graph revision {revision}")?;
        }
        StreamKind(_) => {}
    }
    Ok(soundness)
}

/// The lead's key. Where there are no keys beside the journal and nothing needs one, personal
/// fields read as erased.
fn key_for(
    evidence: &Evidence,
    enrolment: &Arc<Record>,
    needed: bool,
) -> anyhow::Result<Option<LeadKey>> {
    let vault = match evidence.vault() {
        Ok(vault) => vault,
        Err(error) if needed => return Err(error),
        Err(error) => {
            eprintln!("{error:#}; personal fields read as erased");
            return Ok(None);
        }
    };
    match decode(Arc::clone(enrolment), None)? {
        Some(enrolment) => key_of(&vault, &enrolment),
        None => Ok(None),
    }
}

/// The stream that a public id means: a call's events are in its lead's stream.
fn stream_of(id: &str) -> anyhow::Result<StreamId> {
    // The prefix decides; a bare UUID could be anything.
    if id.starts_with(WorkflowId::PREFIX) {
        Ok(StreamId::workflow(id.parse::<WorkflowId>()?.as_uuid()))
    } else if id.starts_with(LeadId::PREFIX) {
        Ok(StreamId::lead(id.parse::<LeadId>()?.as_uuid()))
    } else if id.starts_with("call_") {
        Ok(StreamId::lead(id.parse::<CallId>()?.lead.as_uuid()))
    } else {
        let shown: String = id.chars().take(80).collect();
        bail!(
            "`{shown}` is no id: expected wf_…, lead_… or call_…, as `branchline-log list` prints"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_shown_with_its_lead() {
        let lead = LeadId::from_u128(7);
        let call = CallId { lead, number: 3 };
        assert_eq!(stream_of(&call.to_string()).unwrap(), StreamId::lead(lead.as_uuid()));
    }

    #[test]
    fn what_is_no_id_is_refused_with_what_would_be_one() {
        for text in ["", "7", "node_00000000-0000-0000-0000-000000000007", "lead_", "wf_x"] {
            assert!(stream_of(text).is_err(), "{text}");
        }
    }
}
