//! How things stood right after one record: everything before it, folded from nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use anyhow::{bail, ensure};
use branchline_domain::{
    decider::Recorded,
    id::LeadId,
    lead::{self, Explanation, LeadState, Surroundings},
    time::Timestamp,
    workflow::{self, WorkflowState},
};
use branchline_event_codec::DecodeError;
use branchline_journal::record::{
    Claim, ClaimChange, ClaimKind, Position, Record, StreamId, StreamKind,
};
use branchline_projections::{Fact, FactEvents, Projections};
use branchline_vault::{LeadKey, Vault};

use crate::{
    AsOf, Evidence, Soundness, Subject,
    evidence::{Decoded, decode, key_of},
    subject::nearest,
};

/// How things stood right after one record, seen from one workflow or lead.
#[derive(Debug)]
pub struct Past<'v> {
    subject: Subject,
    vault: Option<&'v Vault>,
    key: Option<LeadKey>,
    position: Position,
    at: Timestamp,
    read: Projections,
    /// Who has which number for a live call.
    live_calls: BTreeMap<Claim, StreamId>,
    lead: LeadState,
    workflow: WorkflowState,
    /// The subject's records.
    told: Vec<Decoded>,
}

impl<'v> Past<'v> {
    /// Before any record. With the vault, the personal fields of the subject are open; without it
    /// they read as erased.
    pub fn begin(subject: Subject, vault: Option<&'v Vault>) -> Self {
        Self {
            subject,
            vault,
            key: None,
            position: Position::START,
            at: Timestamp::default(),
            read: Projections::new(),
            live_calls: BTreeMap::new(),
            lead: LeadState::default(),
            workflow: WorkflowState::default(),
            told: Vec::new(),
        }
    }

    /// How things stood as of a record. Damage is told on standard error: the answer is then as of
    /// the last record before it.
    ///
    /// # Errors
    ///
    /// When the position is beyond the last record, or there was no such subject yet; names the
    /// record that brought it, or the one that could be meant.
    pub fn of(
        evidence: &Evidence,
        subject: Subject,
        as_of: AsOf,
        vault: Option<&'v Vault>,
    ) -> anyhow::Result<(Self, Soundness)> {
        let mut past = Self::begin(subject, vault);
        let mut soundness = Soundness::Sound;
        let mut streams = BTreeSet::new();
        let mut later = None;
        let mut progress = evidence.progress("reading");
        for record in evidence.records() {
            let record = match record {
                Ok(record) => record,
                Err(damage) => {
                    progress
                        .say(&format!("{damage}; what is told is as of record {}", past.position));
                    soundness = Soundness::Damaged;
                    break;
                }
            };
            progress.at(record.position.0);
            streams.insert(record.body.stream);
            if as_of.is_before(&record) {
                // Only the beginning of a subject that was not there yet is still looked for.
                if !past.told.is_empty() {
                    break;
                }
                if record.body.stream == subject.stream() {
                    later = Some(record.position);
                    break;
                }
                continue;
            }
            let position = record.position;
            if let Err(error) = past.take(record) {
                progress.say(&format!("record {position}: {error}"));
                soundness = Soundness::Damaged;
            }
        }
        drop(progress);
        let head = past.position;
        if let (AsOf::Position(wanted), None, Soundness::Sound) = (as_of, later, soundness) {
            ensure!(wanted <= head, "position {wanted} is beyond the journal's end at {head}");
        }
        if past.told.is_empty() {
            match (later, nearest(subject.stream(), &streams)) {
                (Some(later), _) => bail!(
                    "{subject} was not there yet after record {head}: record {later} is its first"
                ),
                (None, Some(near)) => {
                    bail!("there is no {subject} in this journal; is {near} meant?");
                }
                (None, None) => bail!(
                    "there is no {subject} in this journal; `branchline-log list` shows what is"
                ),
            }
        }
        Ok((past, soundness))
    }

    /// Takes one more record in.
    ///
    /// # Errors
    ///
    /// When its events cannot be read; it is passed over then.
    pub fn take(&mut self, record: Arc<Record>) -> anyhow::Result<()> {
        self.position = record.position;
        self.at = Timestamp::from_micros(record.body.recorded_at.0);
        for change in &record.body.claims {
            match change {
                ClaimChange::Take(claim) if claim.kind == ClaimKind::LIVE_CALL => {
                    self.live_calls.insert(*claim, record.body.stream);
                }
                ClaimChange::Release(claim) => {
                    if self.live_calls.get(claim) == Some(&record.body.stream) {
                        self.live_calls.remove(claim);
                    }
                }
                ClaimChange::Take(_) => {}
            }
        }
        let ours = record.body.stream == self.subject.stream();
        let Some(decoded) = self.decoded(record, ours)? else { return Ok(()) };
        let fact = decoded.fact();
        self.read.fold(&fact);
        if ours {
            fold_subject(&mut self.lead, &mut self.workflow, &fact);
            self.told.push(decoded);
        }
        Ok(())
    }

    fn decoded(&mut self, record: Arc<Record>, ours: bool) -> anyhow::Result<Option<Decoded>> {
        if !ours {
            return Ok(decode(record, None)?);
        }
        if let (true, Some(vault)) = (self.told.is_empty(), self.vault)
            && let Some(enrolment) = decode(Arc::clone(&record), None)?
        {
            self.key = key_of(vault, &enrolment)?;
        }
        let decoded: Result<_, DecodeError> = decode(record, self.key.as_ref());
        Ok(decoded?)
    }

    /// Whom or what this is about.
    pub const fn subject(&self) -> Subject {
        self.subject
    }

    /// The last record that was taken in.
    pub const fn position(&self) -> Position {
        self.position
    }

    /// When that was decided.
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// The read models, folded from nothing.
    pub const fn projections(&self) -> &Projections {
        &self.read
    }

    /// What the lead's stream added up to; the state before any event for another subject.
    pub const fn lead(&self) -> &LeadState {
        &self.lead
    }

    /// What the workflow's stream added up to; the state before any event for another subject.
    pub const fn workflow(&self) -> &WorkflowState {
        &self.workflow
    }

    /// The subject's records, oldest first.
    pub fn facts(&self) -> impl Iterator<Item = Fact<'_>> {
        self.told.iter().map(Decoded::fact)
    }

    /// Why the lead was where it was; `None` for another subject, and for a lead that never
    /// counted, because its import was given up.
    pub fn explain(&self, now: Timestamp) -> Option<Explanation> {
        let Subject::Lead(lead) = self.subject else { return None };
        if self.lead.withdrawn {
            return None;
        }
        // How much room the carrier had is not in the journal.
        let surroundings =
            Surroundings { now, busy_with: self.busy_with(lead), ..Surroundings::default() };
        self.read.explain(lead, &self.lead, surroundings)
    }

    /// The other lead whose live call has the number.
    fn busy_with(&self, lead: LeadId) -> Option<LeadId> {
        let claim = Claim { kind: ClaimKind::LIVE_CALL, key: self.lead.contact_tag };
        let holder = self.live_calls.get(&claim)?;
        (holder.kind == StreamKind::LEAD)
            .then(|| LeadId::from_uuid(holder.id))
            .filter(|holder| *holder != lead)
    }
}

fn fold_subject(lead: &mut LeadState, workflow: &mut WorkflowState, fact: &Fact<'_>) {
    let recorded = Recorded { at: fact.at, position: fact.position.0 };
    match fact.events {
        FactEvents::Lead(_, events) => {
            for event in events {
                lead::evolve(lead, event, recorded);
            }
        }
        FactEvents::Workflow(_, events) => {
            for event in events {
                workflow::evolve(workflow, event, recorded);
            }
        }
        // The read models have all of it.
        FactEvents::Organisation(..) => {}
    }
}
