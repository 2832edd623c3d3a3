//! `branchline-log show`: the events of one stream, as lines.

use std::{io::Write, sync::Arc};

use anyhow::ensure;
use branchline_domain::{
    decider::Recorded,
    lead::{self, LeadState},
    workflow::{self, WorkflowState},
};
use branchline_journal::record::{Record, StreamKind};
use branchline_projections::{
    FactEvents,
    timeline::{PhoneNumbers, frame, lines},
};
use branchline_vault::LeadKey;

use crate::{
    Evidence, Soundness, Subject,
    evidence::{decode, key_of},
    list::lead_words,
};

/// Writes the events of a workflow or lead. Phone numbers only when asked for, with their keys.
///
/// # Errors
///
/// When there is no such stream, the keys are wanted and not there, or `out` takes no more.
pub fn run(
    evidence: &Evidence,
    subject: Subject,
    phone_numbers: bool,
    out: &mut dyn Write,
) -> anyhow::Result<Soundness> {
    let stream = subject.stream();
    let mut records: Vec<Arc<Record>> = Vec::new();
    let mut soundness = Soundness::Sound;
    for record in evidence.records() {
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
        "there is no {subject} in this journal; `branchline-log list` shows what is"
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
        writeln!(out, "{}", frame(&decoded.record))?;
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
    let vault = if needed { Some(evidence.vault()?) } else { evidence.vault_if_there() };
    let Some(vault) = vault else { return Ok(None) };
    match decode(Arc::clone(enrolment), None)? {
        Some(enrolment) => key_of(&vault, &enrolment),
        None => Ok(None),
    }
}
