//! `branchline-log list`: one line a stream.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    io::Write,
};

use branchline_domain::{
    decider::Recorded,
    lead::{self, LeadState},
    time::Timestamp,
    workflow::{self, WorkflowState},
};
use branchline_journal::record::StreamId;
use branchline_projections::{Fact, FactEvents};

use crate::{Evidence, Soundness, evidence::decode};

/// What a stream adds up to, as far as its line shows it.
#[derive(Debug)]
struct Line {
    records: u64,
    events: u64,
    first: Timestamp,
    last: Timestamp,
    state: State,
}

#[derive(Debug)]
enum State {
    Workflow(Box<WorkflowState>),
    Lead(Box<LeadState>),
    Unknown,
}

/// Writes a line for each stream, in the order in which they began.
///
/// # Errors
///
/// When `out` takes no more.
pub fn run(evidence: &Evidence, out: &mut dyn Write) -> anyhow::Result<Soundness> {
    // In the order in which the streams began.
    let mut order: Vec<StreamId> = Vec::new();
    let mut lines: BTreeMap<StreamId, Line> = BTreeMap::new();
    let mut soundness = Soundness::Sound;
    for record in evidence.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                eprintln!("{error}; the streams up to there follow");
                soundness = Soundness::Damaged;
                break;
            }
        };
        let stream = record.body.stream;
        let at = Timestamp::from_micros(record.body.recorded_at.0);
        let line = match lines.entry(stream) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                order.push(stream);
                new.insert(Line {
                    records: 0,
                    events: 0,
                    first: at,
                    last: at,
                    state: State::Unknown,
                })
            }
        };
        line.records += 1;
        line.events += record.body.events.len() as u64;
        line.last = at;
        let position = record.position;
        match decode(record, None) {
            Ok(Some(decoded)) => line.state.take(&decoded.fact()),
            Ok(None) => {}
            Err(error) => {
                eprintln!("record {position}: {error}");
                soundness = Soundness::Damaged;
            }
        }
    }
    for stream in &order {
        if let Some(line) = lines.get(stream) {
            writeln!(
                out,
                "{stream}  {:>4} records {:>5} events  {} to {}  {}",
                line.records,
                line.events,
                line.first,
                line.last,
                line.state.words()
            )?;
        }
    }
    eprintln!("{} streams", order.len());
    Ok(soundness)
}

impl State {
    fn take(&mut self, fact: &Fact<'_>) {
        let recorded = Recorded { at: fact.at, position: fact.position.0 };
        match fact.events {
            FactEvents::Workflow(_, events) => {
                if matches!(self, Self::Unknown) {
                    *self = Self::Workflow(Box::default());
                }
                if let Self::Workflow(state) = self {
                    for event in events {
                        workflow::evolve(state, event, recorded);
                    }
                }
            }
            FactEvents::Lead(_, events) => {
                if matches!(self, Self::Unknown) {
                    *self = Self::Lead(Box::default());
                }
                if let Self::Lead(state) = self {
                    for event in events {
                        lead::evolve(state, event, recorded);
                    }
                }
            }
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Workflow(state) => {
                let gone = if state.deleted { ", deleted" } else { "" };
                // Quoted and escaped: a title must not pass for another line.
                format!(
                    "{}{gone}  revision {}  {:?}",
                    state.status,
                    state.graph.revision(),
                    state.title
                )
            }
            Self::Lead(state) => lead_words(state),
            Self::Unknown => "of a kind that this version does not know".into(),
        }
    }
}

/// Where a lead stands, in words.
pub(crate) fn lead_words(state: &LeadState) -> String {
    let gone = match (state.withdrawn, state.removed) {
        (true, _) => ", withdrawn",
        (false, true) => ", removed",
        (false, false) => "",
    };
    let mut words = format!("{}{gone}", state.status);
    if let Some(node) = state.node {
        words = format!("{words} at {node}");
    }
    if let Some(hold) = &state.hold {
        words = format!("{words}, held: {}", hold.reason.code());
    }
    if let Some(workflow) = state.workflow {
        words = format!("{words}  in {workflow}");
    }
    words
}
