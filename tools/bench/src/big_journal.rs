//! A large journal of the engine's own records: some hundred leads are taken through a campaign by a
//! real engine, and their records are written again and again under other ids.

use std::{
    collections::HashSet,
    fs,
    path::Path,
    sync::{Arc, mpsc},
};

use anyhow::Context as _;
use branchline_domain::{
    call_status::CallStatus,
    id::{CallId, LeadId, WorkflowId},
    lead::{CallReport, Values},
    value::Value,
};
use branchline_engine::{
    DataDirectory, Engine, EngineConfig, EngineHandle, EngineParts, UuidV7Ids,
    applications::Applications,
    clock::SystemClock,
    command::{CallAction, Caller, Duplicates, EnrolRequest, NewLead},
    ports::{Clock, Phones},
};
use branchline_journal::{
    record::{
        Cause, Claim, ClaimChange, ClaimKind, ExpectedVersion, NewRecord, Position, Record,
        StreamId, StreamKind, Version,
    },
    sled_store::{SledOptions, SledStore},
    store::EventStore,
};
use uuid::Uuid;

use crate::campaign;

/// Leads that the engine takes through the campaign.
const TEMPLATE_LEADS: u32 = 500;

/// Records in one append.
const GROUP: usize = 4_096;

/// Makes a journal of at least this many events below a directory that is not there yet.
pub(crate) fn make(directory: &Path, events: u64) -> anyhow::Result<()> {
    anyhow::ensure!(!directory.exists(), "{} is there already", directory.display());
    let place = tempfile::tempdir().context("no temporary directory")?;
    let template = template(place.path())?;
    let alone: HashSet<StreamId> = template
        .iter()
        .filter(|record| record.prev.is_none() && record.epoch > 1)
        .map(|record| record.body.stream)
        .collect();
    // The engine names variables in the first lead's import, which could not come twice.
    let (before, again): (Vec<_>, Vec<_>) =
        template.into_iter().partition(|record| !alone.contains(&record.body.stream));
    let count = |records: &[Arc<Record>]| -> u64 {
        records.iter().map(|record| record.body.events.len() as u64).sum()
    };
    let rounds = events.saturating_sub(count(&before)).div_ceil(count(&again).max(1));
    let store = SledStore::open(&SledOptions::new(directory.join("journal")))?;
    append(&store, before.iter().map(|record| repeated(record, 0)).collect())?;
    let mut group = Vec::with_capacity(GROUP);
    for round in 0..rounds {
        for record in &again {
            group.push(repeated(record, round));
            if group.len() == GROUP {
                append(&store, std::mem::take(&mut group))?;
            }
        }
    }
    append(&store, group)?;
    store.close();
    // Those who came first are the engine's own leads: their fields open with these keys.
    copy(&place.path().join("keys"), &directory.join("keys"))
}

/// Copies a directory with everything in it.
pub(crate) fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

/// The record under ids of its round.
fn repeated(record: &Record, round: u64) -> NewRecord {
    let mut body = record.body.clone();
    let other = |id: Uuid| Uuid::from_u128(id.as_u128() ^ u128::from(round));
    if body.stream.kind == StreamKind::LEAD {
        body.stream.id = other(body.stream.id);
    }
    for change in &mut body.claims {
        let (ClaimChange::Take(claim) | ClaimChange::Release(claim)) = change;
        if claim.kind == ClaimKind::ENROLLED {
            let key = u128::from_be_bytes(claim.key) ^ u128::from(round);
            *claim = Claim { key: key.to_be_bytes(), ..*claim };
        }
    }
    if round > 0 {
        body.key = None;
        body.cause = match body.cause {
            Cause::Position(_) => Cause::None,
            other @ (Cause::None | Cause::Request(_)) => other,
        };
    }
    let expected = match record.version.0 {
        1 => ExpectedVersion::NoStream,
        version => ExpectedVersion::Exact(Version(version - 1)),
    };
    NewRecord { expected, body }
}

fn append(store: &SledStore, records: Vec<NewRecord>) -> anyhow::Result<()> {
    if records.is_empty() {
        return Ok(());
    }
    let (send, answers) = mpsc::channel();
    store.append(records, Box::new(move |outcome| drop(send.send(outcome))));
    for outcome in answers.recv().context("the journal did not answer")? {
        outcome.context("the journal refused a record")?;
    }
    Ok(())
}

/// The records of a campaign that a real engine ran: two openings, the second of the leads that
/// are repeated.
fn template(directory: &Path) -> anyhow::Result<Vec<Arc<Record>>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let workflow = with_engine(directory, |engine| {
        runtime.block_on(async {
            let workflow = campaign::prepare(engine).await?;
            enrol(engine, workflow, 0..1).await?;
            anyhow::Ok(workflow)
        })
    })?;
    with_engine(directory, |engine| {
        runtime.block_on(async {
            let leads = enrol(engine, workflow, 1..TEMPLATE_LEADS).await?;
            for call in 1..=2 {
                for (number, lead) in (0..).zip(&leads) {
                    report(engine, *lead, call, number).await?;
                }
            }
            anyhow::Ok(())
        })
    })?;
    let DataDirectory { store, .. } = DataDirectory::open(directory)?;
    let records = store.read_all(Position::START, usize::MAX)?;
    store.close();
    Ok(records)
}

fn with_engine<T>(
    directory: &Path,
    work: impl FnOnce(&EngineHandle) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let DataDirectory { store, vault } = DataDirectory::open(directory)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let engine = Engine::start(EngineParts {
        store,
        vault,
        ids: Arc::new(UuidV7Ids::new(Arc::clone(&clock))),
        clock,
        phones: Phones::External,
        applications: Applications::default(),
        config: EngineConfig::embedded(),
    })?;
    let handle = engine.handle();
    let done = work(&handle);
    drop(handle);
    engine.shutdown();
    done
}

/// Leads with three variables and a note, one by one.
async fn enrol(
    engine: &EngineHandle,
    workflow: WorkflowId,
    numbers: std::ops::Range<u32>,
) -> anyhow::Result<Vec<LeadId>> {
    let mut leads = Vec::new();
    for number in numbers {
        let variables = [("first_name", "Asha"), ("city", "Pune"), ("plan", "gold")];
        let lead = NewLead {
            phone_number: format!("+91{}", 7_000_000_000_u64 + u64::from(number)),
            variables: variables
                .into_iter()
                .map(|(name, value)| (name.to_owned(), Value::from(value)))
                .collect(),
            row: 1,
            ..NewLead::default()
        };
        let request =
            EnrolRequest { leads: vec![lead], duplicates: Duplicates::Skip, file_name: None };
        leads.extend(engine.enrol(&Caller::host(), workflow, request).await?.lead_ids);
    }
    Ok(leads)
}

/// What a carrier tells of a call: that it was dialled, that it goes on, and how it ended.
async fn report(engine: &EngineHandle, lead: LeadId, call: u32, number: u32) -> anyhow::Result<()> {
    let id = CallId { lead, number: call };
    let caller = Caller::host();
    let last = match number % 10 {
        0..=4 => CallStatus::Completed,
        5..=7 => CallStatus::Busy,
        _ => CallStatus::NoAnswer,
    };
    for status in [CallStatus::Initiated, CallStatus::Connected, last] {
        let attributes = if status == CallStatus::Completed {
            Values::from([("interested".into(), Value::Bool(true))])
        } else {
            Values::new()
        };
        let report = CallReport {
            status,
            occurred_at: None,
            end_reason: None,
            attributes,
            provider_ref: None,
            heard: None,
        };
        engine.tell_of_call(&caller, id, CallAction::Report(report)).await?;
    }
    Ok(())
}
