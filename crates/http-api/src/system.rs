//! How the server is, in figures, for a page: what `/readyz` and `/metrics` say, the head of the journal, and
//! the last check of its newest records.
//!
//! What is of the whole machine is told to whoever needs no key, and to keys of an organisation that has the
//! machine to itself. Of several organisations none learns how much the others do.

use std::sync::{Arc, Mutex, PoisonError};

use actix_web::{HttpRequest, web};
use branchline_domain::{organisation::Scope, time::Timestamp};
use branchline_engine::{EngineHandle, metrics::EngineReading};
use branchline_evidence::hex;
use branchline_journal::verify::newest;
use branchline_projections::Projections;

use crate::{
    ApiState,
    headers::state,
    health,
    pages::{Fault, Visitor},
    problem::Problem,
};

pub use crate::metrics::ProcessReading;

/// Records that one check looks at.
pub const CHECKED_RECORDS: u64 = 20_000;

/// How the server is.
#[derive(Clone, Debug)]
pub struct SystemReading {
    /// Version of this release.
    pub version: &'static str,
    /// Everything that is in the way of being ready, for people; empty when nothing is.
    pub not_ready: Vec<String>,
    /// What is of the whole machine, for whoever may know.
    pub machine: Option<Machine>,
}

/// What is of the whole machine.
#[derive(Clone, Debug)]
pub struct Machine {
    /// How the engine and its journal do.
    pub engine: EngineReading,
    /// How the process does.
    pub process: ProcessReading,
    /// Requests that were answered since the start, with how long they took. Unit: microseconds.
    pub requests: branchline_engine::metrics::HistogramReading,
    /// The head of the journal; none in a program that offers none of the operator's routes.
    pub head: Option<JournalHead>,
    /// What the last check found.
    pub checked: Option<JournalCheck>,
    /// Whether this visitor may have the journal checked.
    pub may_check: bool,
    /// Room on the journal's disk. Unit: bytes.
    pub disk_free_bytes: Option<u64>,
}

/// Size and root of the journal's hash tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalHead {
    /// How many records the journal has.
    pub size: u64,
    /// Root of its hash tree, hexadecimal.
    pub root: String,
    /// The head as a signed note; none without a key to sign it.
    pub note: Option<String>,
}

/// A check of the newest records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalCheck {
    /// When it ended.
    pub at: Timestamp,
    /// The first record that was looked at.
    pub from: u64,
    /// The last one.
    pub to: u64,
    /// What is wrong, for people; none when all is sound.
    pub wrong: Option<String>,
}

/// The last check. Shared by the threads of the API.
pub(crate) type LastCheck = Arc<Mutex<Option<JournalCheck>>>;

/// How the server is, as far as this visitor may know.
///
/// # Errors
///
/// 503 when reads are behind, or the program is at fault.
pub async fn reading(request: &HttpRequest, visitor: &Visitor) -> Result<SystemReading, Fault> {
    let state = state(request).map_err(Fault::from)?;
    let (version, not_ready) = health::not_ready(state).await;
    let machine = if sees_machine(&state.engine, visitor).await? {
        Some(machine(state, visitor).await?)
    } else {
        None
    };
    Ok(SystemReading { version, not_ready, machine })
}

/// Reads the newest records of the journal again and checks them; what was found is shown with
/// [`reading`] from then on.
///
/// # Errors
///
/// 403 for whom it is not; 404 in a program that offers none of the operator's routes.
pub async fn check(request: &HttpRequest, visitor: &Visitor) -> Result<(), Fault> {
    visitor.check(request, "journal.check", &[Scope::Audit, Scope::Admin])?;
    let state = state(request).map_err(Fault::from)?;
    let admin = state.admin.as_ref().ok_or_else(|| Fault::not_found("page", request.path()))?;
    if !sees_machine(&state.engine, visitor).await? {
        return Err(Fault::not_found("page", request.path()));
    }
    let store = Arc::clone(&admin.store);
    let found = web::block(move || {
        let to = store.tree_head().size;
        match newest::newest(store.as_ref(), CHECKED_RECORDS) {
            Ok(sound) => (sound.from.0, sound.head.size, None),
            Err(wrong) => (to.saturating_sub(CHECKED_RECORDS) + 1, to, Some(wrong.to_string())),
        }
    });
    let (from, to, wrong) = found.await.map_err(|_| Fault::from(Problem::internal()))?;
    if let Some(wrong) = &wrong {
        tracing::error!(%wrong, "a check of the journal's newest records found something");
    }
    let check = JournalCheck { at: state.engine.api_keys().now(), from, to, wrong };
    *state.checked.lock().unwrap_or_else(PoisonError::into_inner) = Some(check);
    Ok(())
}

/// Whether a visitor may know what is of the whole machine.
async fn sees_machine(engine: &EngineHandle, visitor: &Visitor) -> Result<bool, Fault> {
    if !visitor.is_logged_in() {
        return Ok(true);
    }
    let theirs = visitor.organisation();
    // Workflows without a key of theirs are of the organisation that everybody was in before keys.
    let alone = |read: &Projections| {
        let keyed = read.organisations().all(|(id, _)| id == theirs);
        keyed && read.totals() == read.totals_of_organisation(theirs)
    };
    Ok(engine.read(alone).await?)
}

async fn machine(state: &ApiState, visitor: &Visitor) -> Result<Machine, Fault> {
    let head = state.admin.as_ref().map(|admin| {
        let head = admin.store.tree_head();
        let note = admin.sign.as_ref().map(|sign| sign(head).to_text());
        JournalHead { size: head.size, root: hex::text(&head.root), note }
    });
    let api = Arc::clone(&state.metrics);
    let directory = Arc::clone(&state.readiness.data_dir);
    let looked = web::block(move || (api.process(), health::free_in(&directory)));
    let (process, disk_free_bytes) = looked.await.map_err(|_| Fault::from(Problem::internal()))?;
    let checked = state.checked.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let may_check = head.is_some() && (visitor.may(Scope::Audit) || visitor.may(Scope::Admin));
    Ok(Machine {
        engine: state.engine.metrics(),
        process,
        requests: state.metrics.requests.together(),
        head,
        checked,
        may_check,
        disk_free_bytes,
    })
}
