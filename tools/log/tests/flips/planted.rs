//! Three mistakes of an engine, planted: `torture` finds each, and nothing where there is none.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
};

use branchline_domain::{
    id::{CallId, LeadId},
    lead::LeadEvent,
    time::Timestamp,
};
use branchline_event_codec::decode_lead;
use branchline_journal::{
    record::{ExpectedVersion, NewRecord, Position, StreamKind, Version},
    sled_store::{SledOptions, SledStore},
    storage::{BlockSource, BlockStorage, RealDisk, StorageError, StoredBlock},
    store::{AppendError, Appended, EventStore},
};
use branchline_log::{
    Evidence,
    torture::{Options, Outcome, torture},
};

use crate::journals::records;

/// Blocks that reach the disk of an engine that answers too early.
const KEPT_BLOCKS: usize = 9;

/// Answers for blocks that it never keeps: an engine that does not wait for its disk, and a crash.
struct Forgetful {
    inner: Box<dyn BlockStorage>,
    seen: Arc<AtomicUsize>,
}

impl BlockSource for Forgetful {
    fn at_or_before(&self, position: Position) -> Result<Option<StoredBlock>, StorageError> {
        self.inner.at_or_before(position)
    }

    fn starting_at(&self, from: Position, limit: usize) -> Result<Vec<StoredBlock>, StorageError> {
        self.inner.starting_at(from, limit)
    }
}

impl BlockStorage for Forgetful {
    fn insert(&self, first: Position, block: &[u8]) -> Result<(), StorageError> {
        if self.seen.fetch_add(1, Ordering::SeqCst) < KEPT_BLOCKS {
            self.inner.insert(first, block)?;
        }
        Ok(())
    }

    fn sync(&self) -> Result<(), StorageError> {
        self.inner.sync()
    }
}

fn append(store: &SledStore, records: Vec<NewRecord>) -> Vec<Result<Appended, AppendError>> {
    let (send, answers) = mpsc::channel();
    store.append(records, Box::new(move |outcome| send.send(outcome).unwrap()));
    answers.recv().unwrap()
}

fn tortured(place: &Path) -> Outcome {
    let file = |name: &str| Some(place.join(name)).filter(|file| file.exists());
    let options = Options {
        place: place.display().to_string(),
        seed: 5,
        cuts: 8,
        only: None,
        acks: file("acks.jsonl"),
        carrier_ledger: file("dials.jsonl"),
        clock_skew_micros: 0,
    };
    torture(&Evidence::open(place).unwrap(), &options).unwrap()
}

fn problems(place: &Path) -> Vec<String> {
    tortured(place).failures.into_iter().map(|failure| failure.problem).collect()
}

#[test]
fn an_answer_before_the_flush_is_found() {
    let place = tempfile::tempdir().unwrap();
    let options = SledOptions::new(place.path().join("journal"));
    let store = SledStore::open_with(&options, Box::new(RealDisk), |inner| {
        Box::new(Forgetful { inner, seen: Arc::default() })
    })
    .unwrap();
    let mut acks = String::new();
    for record in records() {
        let stream = record.body.stream.to_string();
        for landed in append(&store, vec![record]) {
            let Appended { position, version } = landed.unwrap();
            acks += &serde_json::json!({
                "position": position.0, "stream": stream, "version": version.0,
            })
            .to_string();
            acks.push('\n');
        }
    }
    drop(store);
    // The mark was in the same cache, and went with it.
    fs::remove_file(options.dir.join("high-water")).unwrap();
    fs::remove_dir_all(options.dir.join("index")).ok();
    assert_eq!(problems(place.path()), [""; 0], "the journal alone shows nothing");
    fs::write(place.path().join("acks.jsonl"), &acks).unwrap();
    let told = problems(place.path());
    assert_eq!(told.len(), records().len() - KEPT_BLOCKS);
    let first = format!("acks line {}: ", KEPT_BLOCKS + 1);
    let end = format!("answered at {}, and the journal ends at {KEPT_BLOCKS}", KEPT_BLOCKS + 1);
    assert!(told[0].starts_with(&first) && told[0].ends_with(&end), "{}", told[0]);
    // Another stream or version at the position is no answer kept.
    let line = acks.lines().next().unwrap();
    let other = line.replace("\"version\":1", "\"version\":7");
    assert_ne!(line, other);
    fs::write(place.path().join("acks.jsonl"), other).unwrap();
    assert!(problems(place.path())[0].contains("with version 7, and has"));
}

/// When the carrier is asked for a call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asks {
    /// When its record is durable.
    AfterCommit,
    /// Before; the last call's record is lost in a crash.
    BeforeCommit,
    /// Once more, when its timer fires a second time; the engine notices nothing.
    Twice,
    /// Once more, and the engine records it as well.
    TwiceRecorded,
}

fn dials_of(record: &NewRecord) -> Vec<CallId> {
    if record.body.stream.kind != StreamKind::LEAD {
        return Vec::new();
    }
    let lead = LeadId::from_uuid(record.body.stream.id);
    let events = record.body.events.iter().map(|event| decode_lead(event, lead, None).unwrap());
    events
        .filter_map(|event| {
            let LeadEvent::CallDispatchStarted { call, .. } = event else { return None };
            Some(CallId { lead, number: call })
        })
        .collect()
}

/// An engine that records a campaign and asks a carrier, which keeps a ledger.
fn campaign(place: &Path, asks: Asks) -> usize {
    let store = SledStore::open(&SledOptions::new(place.join("journal"))).unwrap();
    let mut ledger = String::new();
    let mut ask = |call: CallId, at: i64| {
        let at = Timestamp::from_micros(at);
        ledger += &serde_json::json!({"call": call, "at": at}).to_string();
        ledger.push('\n');
    };
    let records = records();
    let last = records.iter().rposition(|record| !dials_of(record).is_empty()).unwrap();
    let mut dialled = 0;
    for (number, record) in records.into_iter().enumerate() {
        let (at, calls) = (record.body.recorded_at.0, dials_of(&record));
        dialled += calls.len();
        let is_last = number == last;
        if asks == Asks::BeforeCommit {
            for call in &calls {
                ask(*call, at - 1_000);
            }
            if is_last {
                break;
            }
        }
        let again = record.clone();
        let landed = append(&store, vec![record]).remove(0).unwrap();
        if asks != Asks::BeforeCommit {
            for call in &calls {
                ask(*call, at + 1_000);
            }
        }
        if is_last && asks != Asks::AfterCommit {
            for call in &calls {
                ask(*call, at + 2_000);
            }
        }
        if is_last && asks == Asks::TwiceRecorded {
            let mut again = again;
            again.expected = ExpectedVersion::Exact(Version(landed.version.0));
            append(&store, vec![again]).remove(0).unwrap();
            break;
        }
    }
    fs::write(place.join("dials.jsonl"), ledger).unwrap();
    dialled
}

#[test]
fn an_effect_before_its_commit_is_found() {
    let place = tempfile::tempdir().unwrap();
    let dialled = campaign(place.path(), Asks::BeforeCommit);
    let told = problems(place.path());
    assert_eq!(told.len(), dialled, "{told:?}");
    let (lost, early) = told.split_last().unwrap();
    assert!(lost.contains("was dialled, and no record begins to"), "{lost}");
    assert!(early.iter().all(|problem| problem.contains("before record")), "{early:?}");
}

#[test]
fn a_timer_that_fires_twice_is_found() {
    for asks in [Asks::Twice, Asks::TwiceRecorded] {
        let place = tempfile::tempdir().unwrap();
        campaign(place.path(), asks);
        let told = problems(place.path());
        assert!(told.iter().any(|problem| problem.contains("was dialled twice")), "{told:?}");
        let recorded = told.iter().any(|problem| problem.contains("was handed out twice"));
        assert_eq!(recorded, asks == Asks::TwiceRecorded, "{told:?}");
    }
}

#[test]
fn where_no_mistake_is_planted_nothing_is_found() {
    let place = tempfile::tempdir().unwrap();
    let dialled = campaign(place.path(), Asks::AfterCommit);
    assert!(dialled > 5, "{dialled} dials prove little");
    let outcome = tortured(place.path());
    assert_eq!(outcome.failures, [], "{:?}", outcome.lines);
    assert!(outcome.lines[1].starts_with(&format!("carrier ledger: {dialled} dials, 0 of them")));
    assert!(outcome.lines[2].starts_with("prefixes: 8 cuts"), "{:?}", outcome.lines);
    assert!(outcome.lines[3].starts_with("last block: 8 damages"), "{:?}", outcome.lines);
}
