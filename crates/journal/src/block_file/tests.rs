use std::{fs, path::Path, sync::Arc};

use super::*;
use crate::{
    block::{BlockBuilder, BlockHeader, decode_header},
    memory::MemoryStore,
    merkle,
    reader::{FileEndReport, JournalReader, KeptHead, Origin},
    record::Record,
    record_format::canonical,
    sled_store::{OpenError, SledStore, tests::filled, tests::step},
    storage::StoredBlock,
    store::EventStore,
};

/// Blocks of a journal of 1,000 records in memory.
fn blocks() -> Vec<StoredBlock> {
    let store = MemoryStore::new();
    store.append((0..1_000).map(|lead| step(lead, 0)).collect(), Box::new(drop));
    let blocks = store.read_blocks(Position::START, usize::MAX).unwrap();
    assert!(blocks.len() > 3);
    blocks
}

/// Three blocks of four records each: small enough to try every byte.
fn small_blocks() -> Vec<StoredBlock> {
    let store = MemoryStore::new();
    let mut blocks = Vec::new();
    for round in 0..3 {
        store.append((0..4).map(|lead| step(lead, round)).collect(), Box::new(drop));
        // The memory store seals what there is whenever somebody asks.
        blocks = store.read_blocks(Position::START, usize::MAX).unwrap();
    }
    assert_eq!(blocks.len(), 3);
    blocks
}

fn file_of(blocks: &[StoredBlock]) -> Vec<u8> {
    let mut writer = BlockFileWriter::new(Vec::new()).unwrap();
    for (_, block) in blocks {
        writer.push(block).unwrap();
    }
    writer.finish().unwrap().0
}

/// The file's end as it would be written over these bytes, whatever they are.
fn forged_end(last: &BlockHeader, blocks: u64, root: Hash) -> Vec<u8> {
    BlockFileEnd { last: last.last(), blocks, checksum: last.checksum, root }.encode()
}

fn read(path: &Path) -> (Vec<Arc<Record>>, Option<String>) {
    let reader = JournalReader::open_file(path).unwrap();
    let mut found = Vec::new();
    for record in reader.records(Position::START) {
        match record {
            Ok(record) => found.push(record),
            Err(error) => return (found, Some(error.to_string())),
        }
    }
    (found, None)
}

#[test]
fn a_journal_is_the_same_in_a_file_byte_for_byte() {
    let dir = tempfile::tempdir().unwrap();
    let options = filled(dir.path());
    let journal = JournalReader::open(&options.dir).unwrap();
    let mut writer = BlockFileWriter::new(Vec::new()).unwrap();
    for block in journal.block_bytes() {
        writer.push(&block.unwrap()).unwrap();
    }
    assert_eq!(writer.last(), Position(1_000));
    let (bytes, end) = writer.finish().unwrap();
    let path = dir.path().join("journal.blocks");
    fs::write(&path, &bytes).unwrap();
    assert!(is_block_file(&path).unwrap());

    let file = JournalReader::open_file(&path).unwrap();
    assert_eq!((file.origin(), file.file_end()), (&Origin::BlockFile, Some(&end)));
    let records = |reader: &JournalReader| -> Vec<_> {
        reader.records(Position(3)).map(Result::unwrap).collect()
    };
    assert_eq!(records(&file), records(&journal));
    let (verified, expected) = (file.verify().finish(), journal.verify().finish());
    assert!(verified.is_sound(), "{verified:?}");
    assert_eq!(verified.file_end, FileEndReport::Reached);
    assert_eq!(verified.tree, end.tree_head());
    assert_eq!((verified.tree, verified.chain), (expected.tree, expected.chain));
    let store = SledStore::open(&options).unwrap();
    assert_eq!(store.tree_head(), verified.tree);
    let mut again = BlockFileWriter::new(Vec::new()).unwrap();
    for block in file.block_bytes() {
        again.push(&block.unwrap()).unwrap();
    }
    assert_eq!(again.finish().unwrap().0, bytes);
}

#[test]
fn an_empty_journal_is_a_file_with_a_beginning_and_an_end() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("empty.blocks");
    let bytes = file_of(&[]);
    assert_eq!(bytes.len(), 72);
    fs::write(&path, bytes).unwrap();
    let verified = JournalReader::open_file(&path).unwrap().verify().finish();
    assert!(verified.is_sound(), "{verified:?}");
    assert_eq!(verified.tree, merkle::TreeHead { size: 0, root: merkle::root(&[]) });
}

#[test]
fn every_changed_byte_of_a_file_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("flipped.blocks");
    let blocks = small_blocks();
    let sound = file_of(&blocks);
    fs::write(&path, &sound).unwrap();
    let whole = read(&path);
    assert_eq!((whole.0.len(), &whole.1), (12, &None));
    for at in 0..sound.len() {
        let mut bytes = sound.clone();
        bytes[at] ^= 1 << (at % 8);
        fs::write(&path, &bytes).unwrap();
        let reader = match JournalReader::open_file(&path) {
            Ok(reader) => reader,
            Err(error) => {
                assert!(at < HEADER.len(), "byte {at}: {error}");
                continue;
            }
        };
        let verified = reader.verify().finish();
        assert!(!verified.is_sound(), "byte {at}: {verified:?}");
        let (found, _) = read(&path);
        assert_eq!(found, whole.0[..found.len()], "byte {at}");
        // Everything before the damaged block is there, and nothing of it.
        let mut end = HEADER.len();
        let before = blocks.iter().take_while(|(_, block)| {
            end += block.len();
            end <= at
        });
        assert_eq!(verified.sound_until.0, before.count() as u64 * 4, "byte {at}");
    }
}

#[test]
fn a_file_cut_anywhere_is_found_and_what_is_whole_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cut.blocks");
    let blocks = small_blocks();
    let sound = file_of(&blocks);
    let mut ends = vec![(HEADER.len(), 0)];
    for (_, block) in &blocks {
        let (offset, _) = *ends.last().unwrap();
        ends.push((offset + block.len(), decode_header(block).unwrap().last().0));
    }
    for cut in 8..sound.len() {
        fs::write(&path, &sound[..cut]).unwrap();
        let reader = JournalReader::open_file(&path).unwrap();
        assert_eq!(reader.file_end(), None);
        let expected = ends.iter().rev().find(|(offset, _)| *offset <= cut).unwrap();
        let verified = reader.verify().finish();
        assert!(!verified.is_sound(), "cut at {cut}");
        assert_eq!(verified.sound_until.0, expected.1, "cut at {cut}");
        assert_eq!(verified.file_end, FileEndReport::Broken);
        let (records, error) = read(&path);
        assert_eq!(records.len() as u64, expected.1);
        let error = error.unwrap();
        let next = format!("position {}", expected.1 + 1);
        assert!(error.contains("the file was cut") && error.contains(&next), "{cut}: {error}");
        assert!(error.contains(&format!("at byte {}", expected.0)), "{cut}: {error}");
    }
}

/// What verify says, and the place of its first finding.
fn first_finding(path: &Path) -> (Position, Option<u64>, String) {
    let reader = JournalReader::open_file(path).unwrap();
    assert!(!reader.verify().finish().is_sound());
    let mut findings = reader.verify().filter(|report| report.finding.is_some());
    let first = findings.next().unwrap();
    (first.key, first.offset, first.finding.unwrap().to_string())
}

#[test]
fn blocks_dropped_swapped_or_twice_are_found_with_position_and_offset() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("moved.blocks");
    let blocks = blocks();
    let end = file_of(&blocks)[file_of(&blocks).len() - END_BYTES..].to_vec();
    let second = blocks[1].0;
    let write = |order: &[usize]| {
        let chosen = order.iter().flat_map(|at| blocks[*at].1.clone());
        let bytes: Vec<u8> = HEADER.into_iter().chain(chosen).chain(end.clone()).collect();
        fs::write(&path, bytes).unwrap();
    };
    let after_first = Some((HEADER.len() + blocks[0].1.len()) as u64);
    write(&[0, 2, 3]);
    let (key, offset, finding) = first_finding(&path);
    assert_eq!((key, offset), (blocks[2].0, after_first));
    assert!(finding.contains(&format!("expected the record at {second}")), "{finding}");
    write(&[0, 2, 1, 3]);
    let (_, offset, finding) = first_finding(&path);
    assert_eq!(offset, after_first);
    assert!(finding.contains(&format!("expected the record at {second}")), "{finding}");
    write(&[0, 0, 1, 2, 3]);
    let (_, offset, finding) = first_finding(&path);
    assert_eq!(offset, after_first);
    assert!(finding.contains("says that it begins at 1"), "{finding}");
    // All but the last: every block is sound, and only the end tells.
    write(&(0..blocks.len() - 1).collect::<Vec<_>>());
    let (key, _, finding) = first_finding(&path);
    assert_eq!(key, blocks[blocks.len() - 1].0);
    assert!(finding.contains("the end says"), "{finding}");
}

#[test]
fn bytes_after_the_end_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("longer.blocks");
    let sound = file_of(&blocks());
    fs::write(&path, [&sound[..], b"\n"].concat()).unwrap();
    let (key, _, finding) = first_finding(&path);
    assert_eq!(key, Position(1_001));
    assert!(
        finding.contains(&format!("at byte {} of the file: bytes follow", sound.len())),
        "{finding}"
    );
}

#[test]
fn a_root_that_is_not_the_one_of_the_records_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("root.blocks");
    let blocks = blocks();
    let mut bytes = file_of(&blocks);
    bytes.truncate(bytes.len() - END_BYTES);
    let last = decode_header(&blocks[blocks.len() - 1].1).unwrap();
    bytes.extend(forged_end(&last, blocks.len() as u64, [7; 32]));
    fs::write(&path, bytes).unwrap();
    let verified = JournalReader::open_file(&path).unwrap().verify().finish();
    assert_eq!(verified.unsound_blocks, 0);
    let stated = merkle::TreeHead { size: 1_000, root: [7; 32] };
    assert_eq!(verified.file_end, FileEndReport::OtherTree { stated });
    assert!(!verified.is_sound());
}

#[test]
fn a_head_kept_elsewhere_tells_a_journal_that_was_written_anew() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("anew.blocks");
    let blocks = blocks();
    fs::write(&path, file_of(&blocks)).unwrap();
    let honest = JournalReader::open_file(&path).unwrap();
    let (_, tree) = honest.verify().finish_with_tree();
    let kept = |size| merkle::TreeHead { size, root: tree.root_at(size, &honest).unwrap() };
    let heads = [kept(0), kept(1), kept(300), kept(300), kept(1_000)];
    let against = |reader: &JournalReader| {
        heads.iter().rev().fold(reader.verify(), |check, head| check.against(*head)).finish()
    };
    let verified = against(&honest);
    assert!(verified.is_sound() && verified.kept.iter().all(KeptHead::holds), "{verified:?}");

    // Every record again with one changed: checksums, chain and end are right.
    let mut builder = BlockBuilder::default();
    let mut writer = BlockFileWriter::new(Vec::new()).unwrap();
    let mut previous = 0;
    for record in honest.records(Position::START).map(Result::unwrap) {
        let mut forged = (*record).clone();
        if forged.position == Position(200) {
            forged.body.events[0].payload[0] ^= 1;
        }
        if !builder.push(&forged, &canonical(&forged)) {
            let block = builder.finish(previous).unwrap();
            previous = block.checksum;
            writer.push(&block.bytes).unwrap();
            builder.push(&forged, &canonical(&forged));
        }
    }
    writer.push(&builder.finish(previous).unwrap().bytes).unwrap();
    fs::write(&path, writer.finish().unwrap().0).unwrap();
    let anew = JournalReader::open_file(&path).unwrap();
    assert!(anew.verify().finish().is_sound(), "by itself nothing is wrong with it");
    let verified = against(&anew);
    let holds: Vec<bool> = verified.kept.iter().map(KeptHead::holds).collect();
    assert_eq!(holds, [true, true, false, false, false]);
    assert!(!verified.is_sound());
    let later = merkle::TreeHead { size: 1_001, root: [0; 32] };
    let verified = honest.verify().against(later).finish();
    assert_eq!(verified.kept, [KeptHead { kept: later, found: None }], "it was longer once");
}

#[test]
fn a_writer_refuses_blocks_that_do_not_follow() {
    let blocks = blocks();
    let mut writer = BlockFileWriter::new(Vec::new()).unwrap();
    writer.push(&blocks[0].1).unwrap();
    let mut flipped = blocks[1].1.clone();
    flipped[90] ^= 1;
    for wrong in [&blocks[2].1, &blocks[0].1, &flipped, &Vec::new()] {
        let refused = writer.push(wrong).unwrap_err();
        let place = format!("damaged at position {}", blocks[1].0);
        assert!(refused.to_string().contains(&place), "{refused}");
    }
    writer.push(&blocks[1].1).unwrap();
    assert_eq!(writer.finish().unwrap().0, file_of(&blocks[..2]), "nothing of them was written");
}

#[test]
fn a_file_that_is_none_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("other");
    for bytes in [&b""[..], b"BLB", b"{\"position\":1}\n", b"BLBF\x02\0\0\0rest"] {
        fs::write(&path, bytes).unwrap();
        let refused = JournalReader::open_file(&path).unwrap_err();
        assert_eq!(refused, OpenError::NoBlockFile { path: path.clone() });
        assert_eq!(is_block_file(&path).unwrap(), bytes.starts_with(b"BLBF"));
    }
    assert!(matches!(JournalReader::open_file(dir.path()), Err(OpenError::Io { .. })));
}

/// The layout may never change: a file of format 1 is read for ever.
#[test]
fn the_bytes_are_those_of_format_1() {
    let fixture = include_str!("fixtures/block_file_v1.hex").trim();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.blocks");
    fs::write(&path, crate::block::tests::bytes_of(fixture)).unwrap();
    let reader = JournalReader::open_file(&path).unwrap();
    assert!(reader.verify().finish().is_sound());
    let store = MemoryStore::new();
    store.append(vec![step(1, 0), step(2, 0)], Box::new(drop));
    assert_eq!(read(&path), (store.read_all(Position::START, 10).unwrap(), None));
    // The blocks are carried byte for byte, whatever their own format.
    let blocks: Vec<_> =
        reader.block_bytes().map(|bytes| (Position::START, bytes.unwrap())).collect();
    assert_eq!(crate::block::tests::hex(&file_of(&blocks)), fixture);
}
