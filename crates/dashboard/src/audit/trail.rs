//! The records that a page shows, found in a bounded look back.

use std::collections::BTreeMap;

use actix_web::web;
use branchline_domain::{
    id::{LeadId, WorkflowId},
    organisation::Scope,
};
use branchline_engine::{Cursor, EngineError, EngineHandle, RecordedEvents, RecordedFact};
use branchline_http_api::pages::Visitor;
use branchline_projections::Projections;

use super::Wanted;
use crate::shell::PageError;

/// Records on a page.
const SHOWN: usize = 60;

/// Records read at once.
const PIECE: u64 = 500;

/// Records that one page looks at: however long the journal is and however few fit, a page takes no longer.
const LOOKED_AT_MAX: u64 = 4_000;

/// What a page shows.
#[derive(Debug, Default)]
pub(crate) struct Trail {
    /// The records, the newest first.
    pub(crate) facts: Vec<RecordedFact>,
    /// How many were looked at to find them, those of others too.
    pub(crate) looked_at: u64,
    /// The position before which the next page looks; none at the end.
    pub(crate) older: Option<u64>,
}

/// Looks back for records that fit, and that this visitor may see.
pub(crate) async fn trail(
    engine: &EngineHandle,
    visitor: &Visitor,
    wanted: &Wanted,
) -> Result<Trail, PageError> {
    match wanted.lead {
        Some(lead) => of_lead(engine, visitor, wanted, lead).await,
        None => of_all(engine, visitor, wanted).await,
    }
}

/// A lead has a stream of its own: nothing else is looked at.
async fn of_lead(
    engine: &EngineHandle,
    visitor: &Visitor,
    wanted: &Wanted,
    lead: LeadId,
) -> Result<Trail, PageError> {
    let story = match engine.lead(visitor.organisation(), lead).await {
        Ok(story) => story,
        Err(EngineError::LeadNotFound(_)) => return Ok(Trail::default()),
        Err(error) => return Err(error.into()),
    };
    let before = wanted.before.unwrap_or(u64::MAX);
    let mut trail = Trail::default();
    for fact in story.facts.into_iter().rev().filter(|fact| fact.position.0 < before) {
        if trail.facts.len() == SHOWN {
            trail.older = trail.facts.last().map(|last| last.position.0);
            break;
        }
        trail.looked_at += 1;
        if wanted.fits(&fact, Some(story.workflow)) {
            trail.facts.push(fact);
        }
    }
    Ok(trail)
}

async fn of_all(
    engine: &EngineHandle,
    visitor: &Visitor,
    wanted: &Wanted,
) -> Result<Trail, PageError> {
    // Waits until reads show all that was answered: who did something finds it here.
    let newest = engine.read(Projections::position).await?.0;
    let mut before = wanted.before.unwrap_or(u64::MAX).min(newest + 1);
    if let Some(until) = wanted.until {
        let engine = engine.clone();
        let place = web::block(move || engine.place_after(until)).await;
        before = before.min(place.map_err(|_| EngineError::ShuttingDown)??.0.0);
    }
    let mut trail = Trail::default();
    while before > 1 && trail.looked_at < LOOKED_AT_MAX {
        let reader = engine.clone();
        let piece = web::block(move || reader.events_before(Cursor::at(before), PIECE)).await;
        let piece = piece.map_err(|_| EngineError::ShuttingDown)??;
        let read_to = before.saturating_sub(PIECE).max(1);
        let homes = homes(engine, wanted, &piece).await?;
        for fact in piece {
            if wanted.from.is_some_and(|from| fact.at < from) {
                return Ok(trail);
            }
            trail.looked_at += 1;
            let position = fact.position.0;
            if is_theirs(visitor, &fact) && wanted.fits(&fact, home(&homes, &fact)) {
                trail.facts.push(fact);
            }
            if trail.facts.len() == SHOWN {
                trail.older = Some(position).filter(|&position| position > 1);
                return Ok(trail);
            }
        }
        before = read_to;
    }
    trail.older = Some(before).filter(|&before| before > 1);
    Ok(trail)
}

/// What happens to keys is for those who may see keys, as in the API.
fn is_theirs(visitor: &Visitor, fact: &RecordedFact) -> bool {
    let of_keys = matches!(fact.events, RecordedEvents::Organisation(..));
    let sees_keys = visitor.may(Scope::Admin) || visitor.may(Scope::Audit);
    fact.organisation == visitor.organisation() && (!of_keys || sees_keys)
}

/// The workflows of the leads in a piece, where that is asked for.
async fn homes(
    engine: &EngineHandle,
    wanted: &Wanted,
    piece: &[RecordedFact],
) -> Result<BTreeMap<LeadId, WorkflowId>, EngineError> {
    if wanted.workflow.is_none() {
        return Ok(BTreeMap::new());
    }
    let look = engine.read(|read| {
        let leads = piece.iter().filter_map(lead_of);
        leads.filter_map(|lead| Some((lead, read.lead_home(lead)?.0))).collect()
    });
    look.await
}

fn home(homes: &BTreeMap<LeadId, WorkflowId>, fact: &RecordedFact) -> Option<WorkflowId> {
    homes.get(&lead_of(fact)?).copied()
}

/// The lead that a record is about.
pub(super) const fn lead_of(fact: &RecordedFact) -> Option<LeadId> {
    match &fact.events {
        RecordedEvents::Lead(lead, _) => Some(*lead),
        RecordedEvents::Workflow(..) | RecordedEvents::Organisation(..) => None,
    }
}
