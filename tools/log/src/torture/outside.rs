//! What others keep of the journal: answers that clients got, and dials that the carrier was asked
//! for.

use std::{
    collections::{BTreeMap, HashMap},
    fs::File,
    io::{BufRead as _, BufReader},
    path::Path,
    sync::Arc,
};

use anyhow::Context as _;
use branchline_domain::{id::CallId, lead::LeadEvent, time::Timestamp};
use branchline_journal::record::{Position, Record};
use branchline_projections::FactEvents;
use serde::{Deserialize, de::DeserializeOwned};

use super::{Failure, Options, Outcome};
use crate::{Evidence, evidence::decode};

/// An answer that a client got: where its record is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ack {
    position: u64,
    stream: String,
    /// The stream's version after the record, where the client knows it.
    version: Option<u64>,
}

/// A dial that the carrier was asked for.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Dial {
    call: CallId,
    /// When it was asked, by the carrier's clock.
    at: Timestamp,
}

/// What others keep, read from their files.
#[derive(Debug, Default)]
pub struct Outside {
    /// With the number of their line.
    acks: BTreeMap<u64, Vec<(u64, Ack)>>,
    acks_count: usize,
    dials: Vec<(u64, Dial)>,
    clock_skew_micros: i64,
    wants_acks: bool,
    wants_dials: bool,
}

impl Outside {
    /// Reads the files that are given.
    ///
    /// # Errors
    ///
    /// When one cannot be read, or a line of it is not what it must be; names the line.
    pub fn read(options: &Options) -> anyhow::Result<Self> {
        let mut outside = Self {
            clock_skew_micros: options.clock_skew_micros,
            wants_acks: options.acks.is_some(),
            wants_dials: options.carrier_ledger.is_some(),
            ..Self::default()
        };
        if let Some(file) = &options.acks {
            let example = r#"{"position":12,"stream":"lead_…","version":4}"#;
            for (line, ack) in lines::<Ack>(file, example)? {
                outside.acks.entry(ack.position).or_default().push((line, ack));
                outside.acks_count += 1;
            }
        }
        if let Some(file) = &options.carrier_ledger {
            let example = r#"{"call":"call_…_1","at":"2026-11-24T09:30:00.123456Z"}"#;
            outside.dials = lines::<Dial>(file, example)?;
        }
        Ok(outside)
    }

    /// Compares them with the records.
    pub(super) fn compare(self, evidence: &Evidence, outcome: &mut Outcome) {
        if !self.wants_acks && !self.wants_dials {
            return;
        }
        let Self { mut acks, acks_count, dials, clock_skew_micros, .. } = self;
        let mut begun: HashMap<CallId, (Position, Timestamp)> = HashMap::new();
        let mut last = Position::START;
        let mut failures = Vec::new();
        for record in evidence.records() {
            // `verify` has told what is damaged.
            let Ok(record) = record else { break };
            last = record.position;
            for (line, ack) in acks.remove(&last.0).unwrap_or_default() {
                failures.extend(ack_problem(&ack, &record).map(|problem| (line, problem)));
            }
            if self.wants_dials {
                note_dials(&record, &mut begun);
            }
        }
        let missing = acks.into_values().flatten().map(|(line, ack)| {
            let Ack { position, stream, .. } = ack;
            (line, format!("{stream} was answered at {position}, and the journal ends at {last}"))
        });
        failures.extend(missing);
        failures.sort_unstable();
        let told = |name: &str, (line, problem): (u64, String)| Failure {
            cut: None,
            problem: format!("{name} line {line}: {problem}"),
        };
        if self.wants_acks {
            outcome.lines.push(format!(
                "acks: {acks_count} answers, {} of them not in the journal",
                failures.len()
            ));
            outcome.failures.extend(failures.into_iter().map(|failure| told("acks", failure)));
        }
        if self.wants_dials {
            let wrong = judge_dials(&dials, &begun, clock_skew_micros);
            outcome.lines.push(format!(
                "carrier ledger: {} dials, {} of them not begun in the journal before",
                dials.len(),
                wrong.len()
            ));
            outcome
                .failures
                .extend(wrong.into_iter().map(|failure| told("carrier ledger", failure)));
        }
    }
}

/// One JSON object a line, each with the number of its line.
fn lines<T: DeserializeOwned>(file: &Path, example: &str) -> anyhow::Result<Vec<(u64, T)>> {
    let opened = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut read = Vec::new();
    for (number, line) in (1..).zip(BufReader::new(opened).lines()) {
        let line = line.with_context(|| format!("cannot read {}", file.display()))?;
        if line.trim().is_empty() {
            continue;
        }
        let value = serde_json::from_str(&line)
            .with_context(|| format!("{} line {number} is not like {example}", file.display()))?;
        read.push((number, value));
    }
    Ok(read)
}

/// Why a record is not the one that was answered.
fn ack_problem(ack: &Ack, record: &Record) -> Option<String> {
    let stream = record.body.stream.to_string();
    let version = record.last_version();
    let position = ack.position;
    if stream != ack.stream {
        let wanted = &ack.stream;
        return Some(format!("{wanted} was answered at {position}, where {stream} is"));
    }
    let wanted = ack.version.filter(|wanted| *wanted != version.0)?;
    Some(format!("{stream} was answered at {position} with version {wanted}, and has {version}"))
}

/// Notes the calls that a record begins to hand out, each where it does so first.
fn note_dials(record: &Arc<Record>, begun: &mut HashMap<CallId, (Position, Timestamp)>) {
    let Ok(Some(decoded)) = decode(Arc::clone(record), None) else { return };
    let fact = decoded.fact();
    let FactEvents::Lead(lead, events) = fact.events else { return };
    for event in events {
        if let LeadEvent::CallDispatchStarted { call, .. } = event {
            let id = CallId { lead, number: *call };
            begun.entry(id).or_insert((fact.position, fact.at));
        }
    }
}

fn judge_dials(
    dials: &[(u64, Dial)],
    begun: &HashMap<CallId, (Position, Timestamp)>,
    clock_skew_micros: i64,
) -> Vec<(u64, String)> {
    let mut wrong = Vec::new();
    let mut asked: HashMap<CallId, u64> = HashMap::new();
    for (line, Dial { call, at }) in dials {
        if let Some(before) = asked.insert(*call, *line) {
            wrong.push((*line, format!("{call} was dialled twice, first in line {before}")));
            continue;
        }
        match begun.get(call) {
            None => {
                wrong.push((*line, format!("{call} was dialled, and no record begins to")));
            }
            Some((position, recorded)) => {
                let latest = at.as_micros().saturating_add(clock_skew_micros);
                if recorded.as_micros() > latest {
                    wrong.push((
                        *line,
                        format!(
                            "{call} was dialled at {at}, before record {position} of {recorded} \
                             began it"
                        ),
                    ));
                }
            }
        }
    }
    wrong
}
