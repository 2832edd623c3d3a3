use std::{fs, sync::mpsc};

use sha2::{Digest, Sha256};

use super::*;
use crate::{
    record::{
        Cause, ClaimChange, ClaimKind, Event, ExpectedVersion, IdempotencyKey, Micros, RecordBody,
        Version,
    },
    storage::{BlockSource, StorageError, StoredBlock},
    store::{AppendError, Appended},
};

pub(crate) fn step(lead: u128, version: u64) -> NewRecord {
    let body = RecordBody {
        organisation: Uuid::nil(),
        stream: StreamId::lead(Uuid::from_u128(lead)),
        recorded_at: Micros(1_700_000_000_000_000),
        principal: Arc::from("engine"),
        cause: Cause::None,
        key: None,
        guard: None,
        control: None,
        claims: Vec::new(),
        events: vec![Event {
            event_type: Arc::from("lead.test"),
            schema: 1,
            payload: Box::from([7; 40]),
        }],
    };
    NewRecord { expected: ExpectedVersion::Exact(Version(version)), body }
}

fn live_call(key: u8) -> Claim {
    Claim { kind: ClaimKind::LIVE_CALL, key: [key; 16] }
}

fn claiming(lead: u128, key: u8) -> NewRecord {
    let mut record = step(lead, 0);
    record.body.claims = vec![ClaimChange::Take(live_call(key))];
    record
}

fn keyed(lead: u128, key: &str) -> NewRecord {
    let mut record = step(lead, 0);
    record.body.key = Some(IdempotencyKey { key: Arc::from(key), digest: [9; 32] });
    record
}

pub(crate) fn append(
    store: &SledStore,
    records: Vec<NewRecord>,
) -> Vec<Result<Appended, AppendError>> {
    let (send, outcome) = mpsc::channel();
    store.append(records, Box::new(move |outcomes| send.send(outcomes).unwrap()));
    outcome.recv().unwrap()
}

/// A step whose payload does not pack, as a sealed one does not.
fn sealed_step(lead: u128, version: u64) -> NewRecord {
    let mut record = step(lead, version);
    let noise = Sha256::digest([lead.to_be_bytes(), u128::from(version).to_be_bytes()].concat());
    record.body.events[0].payload = noise.iter().chain(&noise[..8]).copied().collect();
    record
}

/// A closed journal of 1,000 records in about ten blocks.
pub(crate) fn filled(dir: &std::path::Path) -> SledOptions {
    let options = SledOptions::new(dir.join("journal"));
    let store = SledStore::open(&options).unwrap();
    append(&store, (0..500).map(|lead| sealed_step(lead, 0)).collect());
    append(&store, (0..500).map(|lead| sealed_step(lead, 1)).collect());
    options
}

/// sled itself, behind the journal's back.
pub(crate) fn engine(options: &SledOptions) -> sled::Db {
    let path = options.dir.join("db");
    sled::Config::new().path(path).segment_size(2 * 1024 * 1024).open().unwrap()
}

#[test]
fn a_journal_with_10_blocks_a_group_is_read_back_from_disk_without_any_cache() {
    let dir = tempfile::tempdir().unwrap();
    let options = SledOptions { recent_bytes_max: 0, fetched_bytes_max: 0, ..filled(dir.path()) };
    let store = SledStore::open(&options).unwrap();
    let all = store.read_all(Position::START, usize::MAX).unwrap();
    assert_eq!(all.len(), 1_000);
    let stream = store.read_stream(StreamId::lead(Uuid::from_u128(499))).unwrap();
    assert_eq!(stream, [Arc::clone(&all[499]), Arc::clone(&all[999])]);
}

#[test]
fn a_second_opening_is_refused_and_told_by_whom_the_first_is() {
    let dir = tempfile::tempdir().unwrap();
    let options = filled(dir.path());
    let _first = SledStore::open(&options).unwrap();
    let Err(OpenError::Locked { owner, .. }) = SledStore::open(&options) else {
        panic!("two writers");
    };
    assert!(owner.contains(&format!("process {}", std::process::id())), "{owner}");
}

#[test]
fn a_half_written_snapshot_of_sled_is_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    let options = filled(dir.path());
    let torn = options.dir.join("db/snap.7FFFFFFFFFFFFFFF.generating");
    for _ in 0..2 {
        fs::write(&torn, b"half").unwrap();
        assert_eq!(SledStore::open(&options).unwrap().head(), Position(1_000));
        assert!(!torn.exists());
    }
    let aside = fs::read_dir(options.dir.join("set-aside")).unwrap().count();
    assert_eq!(aside, 2, "nothing is deleted");
}

#[test]
fn a_journal_that_ends_below_its_high_water_mark_does_not_open() {
    let dir = tempfile::tempdir().unwrap();
    let options = filled(dir.path());
    let kept = fs::read(options.dir.join("high-water")).unwrap();
    fs::remove_dir_all(options.dir.join("db")).unwrap();
    let refused = SledStore::open(&options).unwrap_err();
    let expected = OpenError::EndsBelowHighWater {
        found: Position(0),
        acknowledged: Position(1_000),
        mark: options.dir.join("high-water"),
    };
    assert_eq!(refused, expected);
    assert_eq!(fs::read(options.dir.join("high-water")).unwrap(), kept, "the alarm stays");
}

#[test]
fn a_journal_other_than_the_acknowledged_one_does_not_open() {
    let dir = tempfile::tempdir().unwrap();
    let options = filled(dir.path());
    let other = SledOptions::new(dir.path().join("other"));
    let store = SledStore::open(&other).unwrap();
    append(&store, (0..2_000).map(|lead| step(lead + 9, 0)).collect());
    drop(store);
    fs::copy(options.dir.join("high-water"), other.dir.join("high-water")).unwrap();
    assert!(matches!(
        SledStore::open(&other),
        Err(OpenError::NotTheAcknowledged { acknowledged: Position(1_000), .. })
    ));
}

#[test]
fn damage_in_a_block_is_told_with_its_position_and_the_way_out() {
    let dir = tempfile::tempdir().unwrap();
    let options = filled(dir.path());
    let db = engine(&options);
    let (key, value) = db.iter().nth(1).unwrap().unwrap();
    let first = u64::from_be_bytes(key.as_ref().try_into().unwrap());
    let mut damaged = value.to_vec();
    damaged[200] ^= 4;
    db.insert(&key, damaged).unwrap();
    drop(db);
    let refused = SledStore::open(&options).unwrap_err();
    assert!(
        matches!(refused, OpenError::Damaged { position, .. } if position.0 == first),
        "{refused}"
    );
    let until = format!("--until {}", first - 1);
    assert!(refused.to_string().contains(&until), "{refused}");
}

#[test]
fn a_block_that_is_missing_is_a_gap() {
    let dir = tempfile::tempdir().unwrap();
    let options = filled(dir.path());
    let db = engine(&options);
    let (key, _) = db.iter().nth(1).unwrap().unwrap();
    db.remove(&key).unwrap();
    drop(db);
    let refused = SledStore::open(&options).unwrap_err();
    assert!(
        matches!(refused, OpenError::Damaged { reason: crate::verify::Finding::Gap { .. }, .. }),
        "{refused}"
    );
}

#[test]
fn files_that_sled_cannot_open_are_an_error_and_not_a_panic() {
    let dir = tempfile::tempdir().unwrap();
    let options = filled(dir.path());
    let path = options.dir.join("db/db");
    let mut bytes = fs::read(&path).unwrap();
    for byte in bytes.iter_mut().step_by(97) {
        *byte ^= 0x55;
    }
    fs::write(&path, bytes).unwrap();
    let refused = SledStore::open(&options).unwrap_err();
    assert!(
        matches!(refused, OpenError::Storage { .. } | OpenError::EndsBelowHighWater { .. }),
        "{refused}"
    );
}

#[test]
fn appends_beyond_the_queue_are_busy_and_not_lost() {
    let dir = tempfile::tempdir().unwrap();
    let options = SledOptions { queue_bytes_max: 4_000, ..SledOptions::new(dir.path()) };
    let store = SledStore::open(&options).unwrap();
    // The first reply holds the writer up, so that what follows stays queued.
    let (go_on, released) = mpsc::channel::<()>();
    let (arrived, writer_waits) = mpsc::channel();
    let hold = move |_: Vec<_>| {
        arrived.send(()).unwrap();
        released.recv().unwrap();
    };
    store.append(vec![step(u128::MAX, 0)], Box::new(hold));
    writer_waits.recv().unwrap();
    let (send, outcomes) = mpsc::channel();
    for lead in 0..100 {
        let send = send.clone();
        store.append(vec![step(lead, 0)], Box::new(move |out| send.send((lead, out)).unwrap()));
    }
    drop(send);
    go_on.send(()).unwrap();
    let mut kept = 0;
    for (lead, outcome) in outcomes {
        let stream = StreamId::lead(Uuid::from_u128(lead));
        match &outcome[..] {
            [Ok(_)] => kept += 1,
            [Err(AppendError::Busy { queued, limit: 4_000 })] => {
                assert!(*queued <= 4_000);
                assert_eq!(store.stream_head(stream), None);
            }
            other => panic!("{other:?}"),
        }
    }
    assert!((2..100).contains(&kept), "{kept} of 100 kept");
    assert_eq!(store.head(), Position(kept + 1));
}

#[test]
fn an_opening_with_a_checkpoint_knows_what_one_without_knows() {
    let dir = tempfile::tempdir().unwrap();
    let options = SledOptions { checkpoint_records: 1, ..filled(dir.path()) };
    let heads = options.dir.join("index/heads");
    assert!(!heads.exists(), "a thousand records are not worth one by default");
    let store = SledStore::open(&options).unwrap();
    assert!(heads.exists(), "the opening saved what it had to read");
    append(&store, vec![claiming(7_000, 5), keyed(7_001, "order-1"), step(3, 2)]);
    drop(store);
    // What is written without a new checkpoint is read from the journal's end.
    let later = SledOptions { checkpoint_records: u64::MAX, ..options.clone() };
    let store = SledStore::open(&later).unwrap();
    append(&store, vec![claiming(7_002, 6), keyed(7_003, "order-2"), step(3, 3)]);
    drop(store);
    let known = |with_checkpoint: bool| {
        if !with_checkpoint {
            fs::remove_dir_all(options.dir.join("index")).unwrap();
        }
        let store = SledStore::open(&later).unwrap();
        let streams =
            (0..8_000).map(|lead| store.stream_head(StreamId::lead(Uuid::from_u128(lead))));
        let claims = (0..=255).map(|key| store.claim_holder(live_call(key)));
        let keys = ["order-1", "order-2", "order-3"].map(|key| store.known_key(Uuid::nil(), key));
        (store.head(), streams.collect::<Vec<_>>(), claims.collect::<Vec<_>>(), keys)
    };
    let (with, without) = (known(true), known(false));
    assert_eq!(with, without);
    assert_eq!(with.0, Position(1_006));
    assert!(with.3[0].is_some() && with.3[1].is_some() && with.3[2].is_none());
}

#[test]
fn a_checkpoint_after_a_block_of_one_record_is_gone_on_from() {
    let dir = tempfile::tempdir().unwrap();
    let options = SledOptions { checkpoint_records: 1, ..SledOptions::new(dir.path()) };
    for round in 0..3 {
        let store = SledStore::open(&options).unwrap();
        assert_eq!(store.head(), Position(round));
        append(&store, vec![step(1, round)]);
    }
}

#[test]
fn a_checkpoint_that_is_damaged_or_of_another_journal_is_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let options = SledOptions { checkpoint_records: 1, ..filled(dir.path()) };
    drop(SledStore::open(&options).unwrap());
    let heads = options.dir.join("index/heads");
    let sound = fs::read(&heads).unwrap();
    let other = SledOptions { checkpoint_records: 1, ..SledOptions::new(dir.path().join("other")) };
    let store = SledStore::open(&other).unwrap();
    append(&store, (0..1_000).map(|lead| step(lead, 0)).collect());
    drop(store);
    let foreign = fs::read(other.dir.join("index/heads")).unwrap();
    let mut flipped = sound.clone();
    flipped[sound.len() / 2] ^= 1;
    let keep = SledOptions { checkpoint_records: u64::MAX, ..options.clone() };
    // Of a release that kept no hash tree.
    let mut older = sound[..sound.len() - 4].to_vec();
    older[4] = 1;
    older.extend_from_slice(&crc32fast::hash(&older).to_be_bytes());
    let tree = SledStore::open(&keep).unwrap().tree_head();
    for bytes in [flipped, foreign, older, sound[..100].to_vec(), Vec::new()] {
        fs::write(&heads, bytes).unwrap();
        let store = SledStore::open(&keep).unwrap();
        assert_eq!(store.head(), Position(1_000));
        assert_eq!(store.tree_head(), tree);
        let head = store.stream_head(StreamId::lead(Uuid::from_u128(5))).unwrap();
        assert_eq!((head.position, head.version), (Position(506), Version(2)));
    }
}

/// Gives back blocks with one bit changed.
struct Rotten(Box<dyn BlockStorage>);

impl BlockSource for Rotten {
    fn at_or_before(&self, position: Position) -> Result<Option<StoredBlock>, StorageError> {
        let mut stored = self.0.at_or_before(position)?;
        if let Some((_, bytes)) = &mut stored {
            bytes[100] ^= 1;
        }
        Ok(stored)
    }

    fn starting_at(&self, from: Position, limit: usize) -> Result<Vec<StoredBlock>, StorageError> {
        self.0.starting_at(from, limit)
    }
}

impl BlockStorage for Rotten {
    fn insert(&self, first: Position, block: &[u8]) -> Result<(), StorageError> {
        self.0.insert(first, block)
    }

    fn sync(&self) -> Result<(), StorageError> {
        self.0.sync()
    }
}

#[test]
fn damage_that_a_reader_finds_is_told_and_stops_the_journal() {
    let dir = tempfile::tempdir().unwrap();
    let options = SledOptions {
        recent_bytes_max: 0,
        fetched_bytes_max: 0,
        ..SledOptions::new(dir.path().join("journal"))
    };
    let store = SledStore::open_with(&options, Box::new(RealDisk), |inner| Box::new(Rotten(inner)))
        .unwrap();
    append(&store, vec![step(1, 0)]);
    assert_eq!(store.poisoned(), None);
    for read in
        [store.read_all(Position::START, 10), store.read_stream(StreamId::lead(Uuid::from_u128(1)))]
    {
        let reason = Arc::from("the checksum is wrong");
        assert_eq!(read, Err(crate::store::ReadError::Damaged { position: Position(1), reason }));
    }
    assert!(store.poisoned().is_some());
    assert!(matches!(append(&store, vec![step(2, 0)])[..], [Err(AppendError::Poisoned { .. })]));
}

#[test]
fn a_database_that_is_still_being_closed_is_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let options = SledOptions::new(dir.path().join("journal"));
    drop(SledStore::open(&options).unwrap());
    // As sled's own threads do, a moment after the store was dropped.
    let data = std::fs::File::open(options.dir.join("db").join("db")).unwrap();
    data.lock().unwrap();
    let closing = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(60));
        drop(data);
    });
    drop(SledStore::open(&options).unwrap());
    closing.join().unwrap();
}
