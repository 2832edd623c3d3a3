//! What must hold in every journal, checked over the records alone. No rule is asked: a journal of
//! an engine with a mistake in its rules is told as one.
//!
//! Source: CONTRACT.md 2 (exact pause and end), 3 (removal, erasure), 4 (one branch a call, one dial a
//! request, first final status, one live call a number), 5 (never released early), 7 (enrolment and
//! imports). What the journal's writer checks at each append, claims and guards among it, is
//! checked again by `branchline_journal::verify`.

mod call;
mod erasure;
mod lead;
mod organisation;
mod rule;
mod trace;
mod workflow;

use std::collections::BTreeMap;

use branchline_domain::{
    id::{ImportId, LeadId, OrganisationId, WorkflowId},
    lead::LeadEvent,
    time::Timestamp,
};
use branchline_journal::record::ClaimChange;

pub use self::rule::{Rule, Violation};
use self::{
    rule::Judge,
    trace::{ImportTrace, LeadRow, WorkflowTrace},
};
use crate::{
    arena::{Index, Rows},
    fact::{Fact, FactEvents},
};

/// Checks records one by one, in order. Needs memory for every lead: about 200 bytes and what its
/// calls take while it is under way, about 50 bytes after its end.
#[derive(Debug, Default)]
pub struct Invariants {
    workflows: Numbered<WorkflowId, WorkflowTrace>,
    imports: Imports,
    leads: Rows<LeadRow>,
    leads_by_id: Index,
    organisations: BTreeMap<OrganisationId, organisation::Told>,
    judge: Judge,
}

/// Traces by id, and by the number in which their ids came.
type Imports = Numbered<ImportId, ImportTrace>;

/// What a record of a lead is judged by.
struct Scene<'a> {
    at: Timestamp,
    workflows: &'a Numbered<WorkflowId, WorkflowTrace>,
    imports: &'a mut Imports,
    judge: &'a mut Judge,
}

impl Invariants {
    /// Nothing seen yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next record and says what its events show to be wrong; mostly nothing.
    pub fn check(&mut self, fact: &Fact<'_>) -> Vec<Violation> {
        self.check_record(fact, None)
    }

    /// [`Self::check`], and whether the record takes and gives back the claims that its events are
    /// about.
    pub fn check_with_claims(&mut self, fact: &Fact<'_>, claims: &[ClaimChange]) -> Vec<Violation> {
        self.check_record(fact, Some(claims))
    }

    /// Things that a rule has looked at so far.
    pub fn looked(&self, rule: Rule) -> u64 {
        self.judge.looked(rule)
    }

    fn check_record(&mut self, fact: &Fact<'_>, claims: Option<&[ClaimChange]>) -> Vec<Violation> {
        match fact.events {
            FactEvents::Workflow(id, events) => {
                let number = self.workflows.number_or_new(id);
                if let Some(trace) = self.workflows.get_mut(number) {
                    for event in events {
                        workflow::follow(trace, number, event, &mut self.imports, &mut self.judge);
                    }
                }
                self.told(fact, &id)
            }
            FactEvents::Lead(id, events) => {
                self.check_lead(id, events, fact, claims);
                self.told(fact, &id)
            }
            FactEvents::Organisation(id, events) => {
                let told = self.organisations.entry(id).or_default();
                organisation::follow(told, id, events, fact, &mut self.judge);
                self.told(fact, &id)
            }
        }
    }

    fn check_lead(
        &mut self,
        id: LeadId,
        events: &[LeadEvent],
        fact: &Fact<'_>,
        claims: Option<&[ClaimChange]>,
    ) {
        let number = self.lead_number_or_new(id);
        let Self { workflows, imports, leads, judge, .. } = self;
        let Some(row) = leads.get_mut(number) else { return };
        let mut trace = row.take();
        let mut scene = Scene { at: fact.at, workflows, imports, judge };
        lead::follow(&mut trace, events, &mut scene);
        if let Some(claims) = claims {
            call::follow_claims(&mut trace, events, claims, scene.judge);
        }
        row.put(trace);
    }

    fn lead_number_or_new(&mut self, id: LeadId) -> u32 {
        let key = id.as_uuid().into_bytes();
        let Self { leads, leads_by_id, .. } = self;
        let found =
            leads_by_id.find(key, |number| leads.get(number).is_some_and(|row| row.id == id));
        found.unwrap_or_else(|| {
            let number = leads.push(LeadRow::new(id));
            leads_by_id.insert(key, number, |number| {
                leads.get(number).map_or([0; 16], |row| row.id.as_uuid().into_bytes())
            });
            number
        })
    }

    fn told(&mut self, fact: &Fact<'_>, stream: &impl ToString) -> Vec<Violation> {
        let tell = |(rule, problem)| Violation {
            position: fact.position,
            stream: stream.to_string(),
            rule,
            problem,
        };
        self.judge.problems.drain(..).map(tell).collect()
    }
}

/// Few things, by number and by id.
#[derive(Debug)]
struct Numbered<K, T> {
    numbers: BTreeMap<K, u32>,
    all: Vec<T>,
}

impl<K, T> Default for Numbered<K, T> {
    fn default() -> Self {
        Self { numbers: BTreeMap::new(), all: Vec::new() }
    }
}

impl<K: Ord + Copy, T> Numbered<K, T> {
    fn number(&self, id: K) -> Option<u32> {
        self.numbers.get(&id).copied()
    }

    fn get(&self, number: u32) -> Option<&T> {
        self.all.get(number as usize)
    }

    fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        self.all.get_mut(number as usize)
    }

    fn find(&self, id: K) -> Option<&T> {
        self.get(self.number(id)?)
    }

    fn find_mut(&mut self, id: K) -> Option<&mut T> {
        self.get_mut(self.number(id)?)
    }

    /// Adds one in the place of an earlier one of this id.
    fn open(&mut self, id: K, trace: T) {
        self.numbers.insert(id, u32::try_from(self.all.len()).unwrap_or(u32::MAX));
        self.all.push(trace);
    }

    fn number_or_new(&mut self, id: K) -> u32
    where
        T: Default,
    {
        self.number(id).unwrap_or_else(|| {
            self.open(id, T::default());
            u32::try_from(self.all.len() - 1).unwrap_or(u32::MAX)
        })
    }
}

#[cfg(test)]
mod tests;
