use std::sync::Arc;

use super::*;
use crate::{
    block_file::BlockFileWriter,
    reader::{HighWaterReport, JournalReader},
    record::{StreamId, Version},
    sled_store::{
        SledStore,
        tests::{append, filled, step},
    },
    store::EventStore,
};

/// A journal of several openings, and so of several epochs.
fn of_several_openings(dir: &Path) -> SledOptions {
    let options = filled(dir);
    for round in 2..5 {
        let store = SledStore::open(&options).unwrap();
        append(&store, (0..50).map(|lead| step(lead, round)).collect());
    }
    options
}

fn records_in(dir: &Path) -> Vec<Arc<Record>> {
    JournalReader::open(dir).unwrap().records(Position::START).map(Result::unwrap).collect()
}

fn file_of(dir: &Path) -> Vec<u8> {
    let mut writer = BlockFileWriter::new(Vec::new()).unwrap();
    for block in JournalReader::open(dir).unwrap().block_bytes() {
        writer.push(&block.unwrap()).unwrap();
    }
    writer.finish().unwrap().0
}

/// Opens what was imported and lets it go on.
fn goes_on(options: &SledOptions, source: &SledOptions) {
    let verified = JournalReader::open(&options.dir).unwrap().verify().finish();
    assert!(verified.is_sound(), "{verified:?}");
    let acknowledged = Position(1_150);
    assert_eq!(verified.high_water, HighWaterReport::Reached { acknowledged });
    let (store, other) = (SledStore::open(options).unwrap(), SledStore::open(source).unwrap());
    assert_eq!(store.epoch(), verified.epoch + 1);
    assert_eq!(store.tree_head(), other.tree_head());
    let stream = StreamId::lead(uuid::Uuid::from_u128(7));
    assert_eq!(store.stream_head(stream).unwrap().version, Version(5));
    assert!(append(&store, vec![step(7, 4)])[0].is_err(), "an old version");
    let appended = append(&store, vec![step(7, 5)]).remove(0).unwrap();
    assert_eq!(appended.position, Position(1_151));
}

#[test]
fn blocks_come_back_byte_for_byte_and_the_journal_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let source = of_several_openings(dir.path());
    let options = SledOptions::new(dir.path().join("imported/journal"));
    let mut import = Import::begin(&options).unwrap();
    for block in JournalReader::open(&source.dir).unwrap().block_bytes() {
        import.block(&block.unwrap()).unwrap();
    }
    let head = import.tree_head().unwrap();
    assert_eq!(import.finish().unwrap(), head);
    assert_eq!(head.size, 1_150);
    assert_eq!(file_of(&options.dir), file_of(&source.dir));
    goes_on(&options, &source);
}

#[test]
fn records_come_back_the_same_under_the_same_root_and_the_journal_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let source = of_several_openings(dir.path());
    let records = records_in(&source.dir);
    let options = SledOptions::new(dir.path().join("imported"));
    let mut import = Import::begin(&options).unwrap();
    for record in &records {
        import.record(record).unwrap();
    }
    import.finish().unwrap();
    assert_eq!(records_in(&options.dir), records);
    goes_on(&options, &source);
}

#[test]
fn nothing_is_a_journal_too() {
    let dir = tempfile::tempdir().unwrap();
    let options = SledOptions::new(dir.path().join("empty"));
    assert_eq!(Import::begin(&options).unwrap().finish().unwrap().size, 0);
    let store = SledStore::open(&options).unwrap();
    assert_eq!((store.head(), store.epoch()), (Position::START, 1));
}

#[test]
fn a_directory_with_anything_in_it_is_refused_and_left_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let options = filled(dir.path());
    let refused = Import::begin(&options).unwrap_err();
    assert!(matches!(refused, ImportError::NotEmpty { .. }), "{refused}");
    assert_eq!(SledStore::open(&options).unwrap().head(), Position(1_000));
    // A mark on another disk is of a journal that was, or is, elsewhere.
    let new = SledOptions {
        high_water_path: Some(options.dir.join("high-water")),
        ..SledOptions::new(dir.path().join("new"))
    };
    let refused = Import::begin(&new).unwrap_err();
    assert!(matches!(refused, ImportError::NotEmpty { .. }), "{refused}");
    assert!(options.dir.join("high-water").exists());
}

/// What is refused, at which position, and what is said.
fn refused(records: &[Record]) -> (Position, String) {
    let dir = tempfile::tempdir().unwrap();
    let options = SledOptions::new(dir.path().join("imported"));
    let mut import = Import::begin(&options).unwrap();
    let outcome = records
        .iter()
        .try_for_each(|record| import.record(record))
        .and_then(|()| import.finish().map(drop));
    let Err(ImportError::Damaged { position, reason }) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(fs::read_dir(&options.dir).unwrap().count(), 0, "nothing is left half");
    assert!(Import::begin(&options).is_ok(), "it can be tried again");
    (position, reason.to_string())
}

#[test]
fn records_that_a_journal_may_not_hold_are_refused_and_nothing_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let source = of_several_openings(dir.path());
    let sound: Vec<Record> =
        records_in(&source.dir).iter().map(|record| (**record).clone()).collect();
    let changed = |at: usize, change: &dyn Fn(&mut Record)| {
        let mut records = sound.clone();
        change(&mut records[at]);
        refused(&records)
    };
    let mut dropped = sound.clone();
    dropped.remove(700);
    let (position, reason) = refused(&dropped);
    assert_eq!(position, Position(701));
    assert!(reason.contains("expected the record at 701"), "{reason}");
    let (position, reason) = changed(700, &|record| record.position = Position(700));
    assert_eq!(position, Position(701));
    assert!(reason.contains("begins at 700"), "{reason}");
    // The others are found when their block is full, and name the record.
    let (_, reason) = changed(700, &|record| record.version = Version(9));
    assert!(reason.contains("the record at 701 breaks a rule"), "{reason}");
    let (_, reason) = changed(700, &|record| record.prev = None);
    assert!(reason.contains("the record at 701 breaks a rule"), "{reason}");
    let (_, reason) = changed(1_100, &|record| record.epoch = 1);
    assert!(reason.contains("epoch 1, after epoch"), "{reason}");
    let (position, reason) = changed(700, &|record| record.prev = Some(Position(9_000)));
    assert_eq!(position, Position(701));
    assert!(reason.contains("out of its range"), "{reason}");
    let (position, reason) =
        changed(700, &|record| record.body.events[0].payload = vec![0; RECORD_BYTES_MAX].into());
    assert_eq!(position, Position(701));
    assert!(reason.contains("larger than 12 KiB"), "{reason}");
}

#[test]
fn a_block_that_does_not_follow_is_refused_and_nothing_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let source = filled(dir.path());
    let blocks: Vec<_> =
        JournalReader::open(&source.dir).unwrap().block_bytes().map(Result::unwrap).collect();
    let mut flipped = blocks[1].clone();
    flipped[300] ^= 1;
    for wrong in [&blocks[2], &blocks[0], &flipped] {
        let options = SledOptions::new(dir.path().join("imported"));
        let mut import = Import::begin(&options).unwrap();
        import.block(&blocks[0]).unwrap();
        let next = import.last.next();
        let refused = import.block(wrong).unwrap_err();
        assert!(matches!(refused, ImportError::Damaged { position, .. } if position == next));
        drop(import);
        assert_eq!(fs::read_dir(&options.dir).unwrap().count(), 0);
    }
}

#[test]
fn what_is_still_being_imported_does_not_open() {
    let dir = tempfile::tempdir().unwrap();
    let options = SledOptions::new(dir.path().join("imported"));
    let mut import = Import::begin(&options).unwrap();
    import.record(&records_in(&filled(dir.path()).dir)[0]).unwrap();
    assert!(matches!(SledStore::open(&options), Err(OpenError::Locked { .. })));
    let unfinished = OpenError::ImportUnfinished { dir: options.dir.clone() };
    assert_eq!(JournalReader::open(&options.dir).unwrap_err(), unfinished);
    assert_eq!(Import::begin(&options).unwrap_err(), unfinished.into());
    import.finish().unwrap();
    assert_eq!(SledStore::open(&options).unwrap().head(), Position(1));
}
