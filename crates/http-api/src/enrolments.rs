//! Answers to enrolments of many leads, by idempotency key.
//!
//! A key in the journal names one record, and a list of leads makes many. So these answers are
//! kept here, for as long as the process lives; after a restart a repeat finds its numbers in the
//! workflow, and `duplicates` says what happens to them.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use branchline_domain::id::OrganisationId;
use branchline_engine::{EngineError, command::Imported};
use branchline_journal::record::IdempotencyKey;

use crate::{error_mapping::Refusal, problem::Problem};

/// Leads in all kept answers; beyond that the oldest answers are forgotten. Unit: leads, 16 bytes
/// each.
const LEADS_MAX: usize = 1_000_000;
/// Answers kept. Unit: answers.
const ANSWERS_MAX: usize = 10_000;

type Name = (OrganisationId, Arc<str>);

/// The answers that are kept.
#[derive(Debug, Default)]
pub(crate) struct Enrolments(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    by_name: BTreeMap<Name, Entry>,
    /// Names of answers, oldest first.
    done: VecDeque<Name>,
    leads: usize,
}

#[derive(Debug)]
struct Entry {
    digest: [u8; 32],
    /// None while the first request is under way.
    answer: Option<Arc<Imported>>,
}

/// What a request under a key is.
#[derive(Debug)]
pub(crate) enum Begun {
    /// The first one.
    First(Place),
    /// A repeat, with the answer to the first one.
    Repeat(Arc<Imported>),
}

/// The place of an answer that is being made. Dropped without an answer, the key is free again.
#[derive(Debug)]
pub(crate) struct Place {
    enrolments: Arc<Enrolments>,
    name: Name,
}

impl Enrolments {
    /// Begins a request under its key.
    ///
    /// # Errors
    ///
    /// 422 when the key came with another request; 409 while the first request is under way.
    pub(crate) fn begin(
        self: &Arc<Self>,
        organisation: OrganisationId,
        key: &IdempotencyKey,
    ) -> Result<Begun, Problem> {
        let name = (organisation, Arc::clone(&key.key));
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match kept.by_name.get(&name) {
            Some(entry) if entry.digest != key.digest => Err(EngineError::KeyReused.into()),
            Some(Entry { answer: Some(answer), .. }) => Ok(Begun::Repeat(Arc::clone(answer))),
            Some(Entry { answer: None, .. }) => Err(Problem::of(
                Refusal::RequestUnderWay,
                "the first request with this idempotency key is still under way",
            )),
            None => {
                kept.by_name.insert(name.clone(), Entry { digest: key.digest, answer: None });
                Ok(Begun::First(Place { enrolments: Arc::clone(self), name }))
            }
        }
    }
}

impl Place {
    /// Keeps the answer.
    pub(crate) fn keep(self, imported: &Imported) {
        let mut kept = self.enrolments.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(entry) = kept.by_name.get_mut(&self.name) else { return };
        entry.answer = Some(Arc::new(imported.clone()));
        kept.leads += leads_in(imported);
        kept.done.push_back(self.name.clone());
        while kept.leads > LEADS_MAX || kept.done.len() > ANSWERS_MAX {
            let Some(oldest) = kept.done.pop_front() else { break };
            let forgotten = kept.by_name.remove(&oldest).and_then(|entry| entry.answer);
            kept.leads -= forgotten.map_or(0, |answer| leads_in(&answer));
        }
    }
}

/// Leads that an answer names.
const fn leads_in(answer: &Imported) -> usize {
    match answer {
        Imported::Done(enrolled) => enrolled.lead_ids.len(),
        Imported::Running { .. } => 0,
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut kept = self.enrolments.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.by_name.get(&self.name).is_some_and(|entry| entry.answer.is_none()) {
            kept.by_name.remove(&self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use branchline_domain::id::LeadId;
    use branchline_engine::command::Enrolled;

    use super::*;

    fn begin(enrolments: &Arc<Enrolments>, key: &str, digest: u8) -> Result<Begun, &'static str> {
        let key = IdempotencyKey { key: key.into(), digest: [digest; 32] };
        enrolments.begin(OrganisationId::DEFAULT, &key).map_err(|problem| problem.code)
    }

    fn first(enrolments: &Arc<Enrolments>, key: &str) -> Place {
        match begin(enrolments, key, 1).unwrap() {
            Begun::First(place) => place,
            Begun::Repeat(answer) => panic!("{key} is known: {answer:?}"),
        }
    }

    fn of_leads(count: u128) -> Imported {
        let lead_ids = (0..count).map(LeadId::from_u128).collect();
        Imported::Done(Enrolled { lead_ids, ..Enrolled::default() })
    }

    #[test]
    fn a_repeat_gets_the_first_answer_once_there_is_one() {
        let enrolments = Arc::new(Enrolments::default());
        let place = first(&enrolments, "a");
        assert_eq!(begin(&enrolments, "a", 1).unwrap_err(), "request_under_way");
        assert_eq!(begin(&enrolments, "a", 2).unwrap_err(), "idempotency_key_reused");
        place.keep(&of_leads(3));
        let Begun::Repeat(answer) = begin(&enrolments, "a", 1).unwrap() else { panic!() };
        assert_eq!(*answer, of_leads(3));
        assert_eq!(begin(&enrolments, "a", 2).unwrap_err(), "idempotency_key_reused");
    }

    #[test]
    fn a_request_that_failed_leaves_its_key_free() {
        let enrolments = Arc::new(Enrolments::default());
        drop(first(&enrolments, "a"));
        drop(first(&enrolments, "a"));
    }

    #[test]
    fn the_oldest_answers_are_forgotten_when_there_are_too_many_leads() {
        let enrolments = Arc::new(Enrolments::default());
        for key in ["a", "b", "c"] {
            first(&enrolments, key).keep(&of_leads(400_000));
        }
        drop(first(&enrolments, "a"));
        assert!(matches!(begin(&enrolments, "c", 1), Ok(Begun::Repeat(_))));
    }
}
