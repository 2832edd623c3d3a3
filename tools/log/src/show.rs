//! `branchline-log show`: the events of one stream, as they were recorded.

use std::{io::Write, sync::Arc};

use anyhow::ensure;
use branchline_domain::{
    decider::Recorded,
    id::CallId,
    lead::{self, LeadState},
    organisation::{self, OrganisationState},
    time::Timestamp,
    workflow::{self, WorkflowState},
};
use branchline_event_codec::says_erased;
use branchline_journal::record::Record;
use branchline_projections::{Fact, FactEvents, timeline::PhoneNumbers};
use branchline_vault::LeadKey;

use crate::{
    Evidence, Format, Soundness, Subject,
    evidence::{decode, key_of},
    told,
};

/// Whose events are shown, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The stream.
    pub subject: Subject,
    /// Of a lead's events, only those that tell of this call, or of where it led.
    pub call: Option<CallId>,
    /// Whether phone numbers are shown, which needs the keys.
    pub phone_numbers: bool,
    /// As text, with where it stands at the end, or as JSON: an object a line, a record each.
    pub format: Format,
}

/// Writes the events of a workflow, lead, call or organisation, with who caused each record and why. Personal
/// values are not shown, phone numbers only when they are asked for.
///
/// # Errors
///
/// When there is no such stream or call, the keys are wanted and not there, or `out` takes no more.
pub fn run(evidence: &Evidence, wanted: Wanted, out: &mut dyn Write) -> anyhow::Result<Soundness> {
    let subject = wanted.subject;
    let (records, mut soundness) = records_of(evidence, subject);
    ensure!(
        !records.is_empty() || soundness == Soundness::Damaged,
        "there is no {subject} in this journal; `branchline-log list` shows what is"
    );
    let (key, shown) = match (records.first(), subject) {
        // Nobody opens what was erased, also where a crash or a copy has left the key.
        (Some(_), Subject::Lead(_)) if records.iter().any(|record| says_erased(record)) => {
            (None, PhoneNumbers::Hidden)
        }
        (Some(first), Subject::Lead(_)) => key_for(evidence, first, wanted.phone_numbers)?,
        (Some(_), Subject::Workflow(_) | Subject::Organisation(_)) | (None, _) => {
            (None, PhoneNumbers::Hidden)
        }
    };
    let mut stands = Stands::default();
    for record in &records {
        let decoded = match decode(Arc::clone(record), key.as_ref()) {
            Ok(decoded) => decoded,
            Err(error) => {
                eprintln!("record {}: {error}", record.position);
                soundness = Soundness::Damaged;
                None
            }
        };
        if let Some(decoded) = &decoded {
            stands.take(&decoded.fact());
        }
        let part = match (decoded, wanted.call) {
            (Some(decoded), Some(call)) => {
                let Some(about) = decoded.about(call) else { continue };
                Some(about)
            }
            (decoded, _) => decoded,
        };
        told::write(record, part.as_ref(), shown, wanted.format, out)?;
    }
    if let Some(call) = wanted.call {
        let known = stands.lead.calls.contains_key(&call.number);
        ensure!(
            known || soundness == Soundness::Damaged,
            "{subject} has no {call}: it has {} calls",
            stands.lead.calls.len()
        );
    }
    if wanted.format == Format::Text {
        writeln!(out, "state: {}", stands.words(subject, wanted.call))?;
    }
    Ok(soundness)
}

fn records_of(evidence: &Evidence, subject: Subject) -> (Vec<Arc<Record>>, Soundness) {
    let stream = subject.stream();
    let mut records = Vec::new();
    let mut progress = evidence.progress("reading");
    for record in evidence.records() {
        match record {
            Ok(record) => {
                progress.at(record.position.0);
                if record.body.stream == stream {
                    records.push(record);
                }
            }
            Err(error) => {
                progress.say(&format!("{error:#}; what is before that follows"));
                return (records, Soundness::Damaged);
            }
        }
    }
    (records, Soundness::Sound)
}

/// Where the stream stands.
#[derive(Debug, Default)]
struct Stands {
    lead: LeadState,
    workflow: WorkflowState,
    organisation: OrganisationState,
    /// When the last record was decided.
    at: Timestamp,
}

impl Stands {
    fn take(&mut self, fact: &Fact<'_>) {
        let recorded = Recorded { at: fact.at, position: fact.position.0 };
        self.at = fact.at;
        match fact.events {
            FactEvents::Lead(_, events) => {
                for event in events {
                    lead::evolve(&mut self.lead, event, recorded);
                }
            }
            FactEvents::Workflow(_, events) => {
                for event in events {
                    workflow::evolve(&mut self.workflow, event, recorded);
                }
            }
            FactEvents::Organisation(_, events) => {
                for event in events {
                    organisation::evolve(&mut self.organisation, event, recorded);
                }
            }
        }
    }

    fn words(&self, subject: Subject, call: Option<CallId>) -> String {
        let called = call.and_then(|call| self.lead.calls.get(&call.number));
        match (subject, called) {
            (Subject::Lead(_), Some(call)) => {
                let ended = if call.concluded { ", final" } else { "" };
                format!("{}{ended}", call.status)
            }
            (Subject::Lead(_), None) => self.lead_words(),
            (Subject::Organisation(_), _) => {
                crate::organisation::words(&self.organisation, self.at)
            }
            (Subject::Workflow(_), _) => {
                let gone = if self.workflow.deleted { ", deleted" } else { "" };
                let (status, revision) = (self.workflow.status, self.workflow.graph.revision());
                format!("{status}{gone}, graph revision {revision}")
            }
        }
    }

    fn lead_words(&self) -> String {
        let lead = &self.lead;
        let gone = match (lead.withdrawn, lead.removed) {
            (true, _) => ", withdrawn",
            (false, true) => ", removed",
            (false, false) => "",
        };
        let node = lead.node.map(|node| format!(" at {node}")).unwrap_or_default();
        let hold = lead.hold.as_ref().map(|hold| format!(", held: {}", hold.reason.code()));
        let home = lead.workflow.map(|workflow| format!(" in {workflow}")).unwrap_or_default();
        let erased = if lead.is_erased() { ", erased" } else { "" };
        format!("{}{gone}{node}{}{erased}{home}", lead.status, hold.unwrap_or_default())
    }
}

/// The lead's key, and what it shows. Where there are no keys beside the journal and nothing needs
/// one, personal fields stay sealed.
fn key_for(
    evidence: &Evidence,
    enrolment: &Arc<Record>,
    phone_numbers: bool,
) -> anyhow::Result<(Option<LeadKey>, PhoneNumbers)> {
    let vault = match (evidence.vault(), phone_numbers) {
        (Ok(vault), _) => vault,
        (Err(error), true) => return Err(error),
        (Err(error), false) => {
            eprintln!("{error:#}; personal fields stay sealed");
            return Ok((None, PhoneNumbers::Unopened));
        }
    };
    let shown = if phone_numbers { PhoneNumbers::Shown } else { PhoneNumbers::Hidden };
    let key = match decode(Arc::clone(enrolment), None)? {
        Some(enrolment) => key_of(&vault, &enrolment)?,
        None => None,
    };
    Ok((key, shown))
}
