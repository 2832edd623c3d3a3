use std::{collections::BTreeMap, fs, path::PathBuf};

use super::*;
use crate::{
    record::Record,
    sled_store::{
        SledOptions, SledStore,
        tests::{append, engine, filled, step},
    },
    store::EventStore,
    verify::Finding,
};

fn all_files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(all_files(&path));
        } else {
            files.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    files
}

fn records_of(options: &SledOptions) -> Vec<Arc<Record>> {
    let store = SledStore::open(options).unwrap();
    store.read_all(Position::START, usize::MAX).unwrap()
}

/// Records up to the first error, and whether there was one.
fn read(reader: &JournalReader) -> (Vec<Arc<Record>>, bool) {
    let mut found = Vec::new();
    for record in reader.records(Position::START) {
        match record {
            Ok(record) => found.push(record),
            Err(_) => return (found, true),
        }
    }
    (found, false)
}

#[test]
fn a_sound_journal_is_read_whole_and_left_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let options = filled(dir.path());
    let expected = records_of(&options);
    let before = all_files(&options.dir);
    let reader = JournalReader::open(&options.dir).unwrap();
    assert_eq!(reader.origin(), &Origin::Engine);
    assert_eq!(read(&reader), (expected.clone(), false));
    let late: Vec<_> = reader.records(Position(990)).map(Result::unwrap).collect();
    assert_eq!(late, expected[990..]);
    assert!(reader.verify().all(|block| block.proven && block.finding.is_none()));
    let verified = reader.verify().finish();
    assert!(verified.is_sound(), "{verified:?}");
    assert_eq!((verified.records, verified.events), (1_000, 1_000));
    assert_eq!(verified.blocks, reader.blocks().count() as u64);
    let acknowledged = Position(1_000);
    assert_eq!(verified.high_water, HighWaterReport::Reached { acknowledged });
    assert_eq!(reader.acknowledged().unwrap(), Some(acknowledged));
    drop(reader);
    assert_eq!(all_files(&options.dir), before, "evidence is not written to");
}

#[test]
fn a_journal_in_use_is_refused_and_its_owner_named() {
    let dir = tempfile::tempdir().unwrap();
    let options = filled(dir.path());
    let _store = SledStore::open(&options).unwrap();
    let Err(OpenError::Locked { owner, .. }) = JournalReader::open(&options.dir) else {
        panic!("read while it is written");
    };
    assert!(owner.contains(&format!("process {}", std::process::id())), "{owner}");
}

#[test]
fn a_directory_without_a_journal_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(JournalReader::open(dir.path()), Err(OpenError::NoJournal { .. })));
}

#[test]
fn damage_ends_the_records_and_what_lies_before_is_shown() {
    let dir = tempfile::tempdir().unwrap();
    let options = filled(dir.path());
    let expected = records_of(&options);
    let db = engine(&options);
    let (key, value) = db.iter().nth(2).unwrap().unwrap();
    let first = u64::from_be_bytes(key.as_ref().try_into().unwrap());
    let mut damaged = value.to_vec();
    damaged[value.len() / 2] ^= 1;
    db.insert(&key, damaged).unwrap();
    drop(db);
    let reader = JournalReader::open(&options.dir).unwrap();
    let sound = usize::try_from(first - 1).unwrap();
    assert_eq!(read(&reader), (expected[..sound].to_vec(), true));
    let reports: Vec<_> = reader.verify().collect();
    let unsound: Vec<_> = reports.iter().filter(|report| report.finding.is_some()).collect();
    assert_eq!(unsound.len(), 1);
    assert_eq!(unsound[0].key, Position(first));
    assert_eq!(unsound[0].finding, Some(Finding::Unsound { reason: "the checksum is wrong" }));
    assert!(reports[..2].iter().all(|report| report.proven));
    assert!(reports.len() > 3 && reports[2..].iter().all(|report| !report.proven));
    let verified = reader.verify().finish();
    assert_eq!(verified.sound_until, Position(first - 1));
    let acknowledged = Position(1_000);
    let found = Position(first - 1);
    assert_eq!(verified.high_water, HighWaterReport::EndsBelow { found, acknowledged });
}

#[test]
fn a_block_under_the_largest_key_there_is_is_found_and_the_check_ends() {
    let dir = tempfile::tempdir().unwrap();
    let options = filled(dir.path());
    engine(&options).insert(u64::MAX.to_be_bytes(), b"nothing").unwrap();
    let reader = JournalReader::open(&options.dir).unwrap();
    let keys: Vec<_> = reader
        .verify()
        .filter(|report| report.finding.is_some())
        .map(|report| report.key)
        .collect();
    assert_eq!(keys, [Position(u64::MAX)]);
    assert!(read(&reader).1);
}

#[test]
fn a_forged_record_under_right_checksums_is_found_by_the_hash_tree() {
    let dir = tempfile::tempdir().unwrap();
    let options = filled(dir.path());
    let db = engine(&options);
    let (key, value) = db.iter().next_back().unwrap().unwrap();
    let mut forged = value.to_vec();
    let covered = forged.len() - 4;
    // The last byte before the checksum is the end of the last payload.
    forged[covered - 1] = 8;
    let checksum = crc32fast::hash(&forged[..covered]);
    forged[covered..].copy_from_slice(&checksum.to_be_bytes());
    db.insert(&key, forged).unwrap();
    drop(db);
    let reader = JournalReader::open(&options.dir).unwrap();
    assert!(!read(&reader).1, "checksums alone do not tell");
    let findings: Vec<_> = reader.verify().filter_map(|report| report.finding).collect();
    assert_eq!(findings, [Finding::WrongRoot]);
}

#[test]
fn whatever_bit_of_the_file_flips_what_is_read_is_a_part_of_what_was_written() {
    let dir = tempfile::tempdir().unwrap();
    let options = filled(dir.path());
    let expected = records_of(&options);
    let path = options.dir.join("db/db");
    let sound = fs::read(&path).unwrap();
    let mut salvaged = 0;
    for round in 0..60_usize {
        let mut bytes = sound.clone();
        // Spread over the file by a step that meets every offset in the end.
        let at = round.wrapping_mul(1_299_709) % bytes.len();
        bytes[at] ^= 1 << (round % 8);
        fs::write(&path, &bytes).unwrap();
        let reader = JournalReader::open(&options.dir).unwrap();
        let (found, ended_early) = read(&reader);
        assert_eq!(found, expected[..found.len()], "bit flipped at {at}");
        let verified = reader.verify().finish();
        assert_eq!(verified.sound_until.0, found.len() as u64, "bit flipped at {at}");
        if found.len() < expected.len() {
            assert!(!verified.is_sound(), "a loss is told, bit flipped at {at}");
        } else {
            assert!(!ended_early, "bit flipped at {at}");
        }
        salvaged += usize::from(reader.origin() != &Origin::Engine);
    }
    assert!(salvaged > 0, "some of the flips keep sled from opening");
}

#[test]
fn a_journal_that_sled_does_not_open_is_salvaged_by_its_chain() {
    let dir = tempfile::tempdir().unwrap();
    let options = filled(dir.path());
    let store = SledStore::open(&options).unwrap();
    append(&store, (0..500).map(|lead| step(lead, 2)).collect());
    drop(store);
    let expected = records_of(&options);
    fs::write(options.dir.join("db/conf"), b"nothing that sled wrote").unwrap();
    assert!(matches!(SledStore::open(&options), Err(OpenError::Storage { .. })));
    let reader = JournalReader::open(&options.dir).unwrap();
    assert!(matches!(reader.origin(), Origin::Salvaged { .. }));
    assert_eq!(read(&reader), (expected, false));
    assert!(reader.verify().finish().is_sound());
}
