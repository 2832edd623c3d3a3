//! Blocks and lines that are missing, swapped, cut or repeated; other journals; newer ones.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{Arc, Mutex},
    time::SystemTime,
};

use branchline_journal::{
    merkle::TreeHead,
    record::{Event, ExpectedVersion, Position},
    sled_store::{SledOptions, SledStore},
    storage::{BlockSource, BlockStorage, StorageError, StoredBlock},
    store::EventStore,
};
use branchline_log::{AsOf, Evidence, export::FileForm, verify::Kept};

use crate::journals::{Verdict, check, files, make, records, write_block_file};

/// What becomes of the blocks that the writer hands to its engine, by number from 0.
type Fate = fn(usize, Position, &[u8]) -> Vec<(Position, Vec<u8>)>;

/// Damages blocks on their way to the engine.
struct Damaging {
    inner: Box<dyn BlockStorage>,
    fate: Fate,
    seen: Arc<Mutex<usize>>,
}

impl BlockSource for Damaging {
    fn at_or_before(&self, position: Position) -> Result<Option<StoredBlock>, StorageError> {
        self.inner.at_or_before(position)
    }

    fn starting_at(&self, from: Position, limit: usize) -> Result<Vec<StoredBlock>, StorageError> {
        self.inner.starting_at(from, limit)
    }
}

impl BlockStorage for Damaging {
    fn insert(&self, first: Position, block: &[u8]) -> Result<(), StorageError> {
        let mut seen = self.seen.lock().unwrap();
        for (key, bytes) in (self.fate)(*seen, first, block) {
            self.inner.insert(key, &bytes)?;
        }
        *seen += 1;
        Ok(())
    }

    fn sync(&self) -> Result<(), StorageError> {
        self.inner.sync()
    }
}

/// A journal of one opening whose blocks meet a fate.
fn with_fate(directory: &Path, fate: Fate) {
    let seen = Arc::new(Mutex::new(0));
    let options = SledOptions::new(directory.join("journal"));
    let store =
        SledStore::open_with(&options, Box::new(branchline_journal::storage::RealDisk), |inner| {
            Box::new(Damaging { inner, fate, seen })
        })
        .unwrap();
    for group in records().chunks(12) {
        let (send, answers) = std::sync::mpsc::channel();
        store.append(group.to_vec(), Box::new(move |outcome| send.send(outcome).unwrap()));
        assert!(answers.recv().unwrap().iter().all(Result::is_ok));
    }
    store.close();
}

fn kept(first: Position, block: &[u8]) -> Vec<(Position, Vec<u8>)> {
    vec![(first, block.to_vec())]
}

/// Bytes and times of change of every file.
fn picture(directory: &Path) -> BTreeMap<String, (Vec<u8>, SystemTime)> {
    let of = |file: std::path::PathBuf| {
        let changed = fs::metadata(&file).unwrap().modified().unwrap();
        (file.display().to_string(), (fs::read(&file).unwrap(), changed))
    };
    files(directory).into_iter().map(of).collect()
}

/// Asserts that a directory is found damaged, in these words, and left as it was.
fn found(directory: &Path, words: &[&str]) {
    let before = picture(directory);
    let told = check(directory, None).words();
    for word in words {
        assert!(told.contains(word), "`{word}` is not in: {told}");
    }
    assert!(picture(directory) == before, "the evidence was touched");
}

#[test]
fn a_block_that_is_missing_swapped_cut_or_repeated_is_found_and_named() {
    let fates: [(Fate, &[&str]); 5] = [
        (
            |number, first, block| if number == 3 { Vec::new() } else { kept(first, block) },
            &["chain at 49", "expected the record at 37, found a block that begins at 49"],
        ),
        (
            |number, first, block| match number {
                3 => vec![(Position(first.0 + 12), block.to_vec())],
                4 => vec![(Position(first.0 - 12), block.to_vec())],
                _ => kept(first, block),
            },
            &["checksums at 37", "the block kept under 37 says that it begins at 49"],
        ),
        (
            |number, first, block| match number {
                3 => kept(first, &block[..block.len() - 7]),
                _ => kept(first, block),
            },
            &["checksums at 37", "the checksum is wrong"],
        ),
        (
            |number, first, block| match number {
                3 => vec![(first, block.to_vec()), (Position(first.0 + 1), block.to_vec())],
                _ => kept(first, block),
            },
            &["checksums at 38", "the block kept under 38 says that it begins at 37"],
        ),
        (
            // Every block after the eighth: what was acknowledged is not there.
            |number, first, block| if number > 7 { Vec::new() } else { kept(first, block) },
            &["end at 96", "the journal ends at 96"],
        ),
    ];
    for (fate, words) in fates {
        let place = tempfile::tempdir().unwrap();
        with_fate(place.path(), fate);
        found(place.path(), words);
    }
}

#[test]
fn a_line_that_is_missing_swapped_cut_or_repeated_is_found_and_named() {
    let place = tempfile::tempdir().unwrap();
    make(&place.path().join("data"), |storage| storage);
    let file = place.path().join("all.jsonl");
    let evidence = Evidence::open(&place.path().join("data")).unwrap();
    branchline_log::export::run(&evidence, &file, FileForm::Jsonl, AsOf::Head, &mut Vec::new())
        .unwrap();
    let text = fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let changed = |change: fn(&mut Vec<&str>)| {
        let mut lines = lines.clone();
        change(&mut lines);
        fs::write(&file, lines.concat()).unwrap();
        check(&file, None).words()
    };
    for (change, words) in [
        (
            (|lines| lines.retain(|line| !line.contains("\"position\":10,"))) as fn(&mut Vec<&str>),
            "lines at 10",
        ),
        (|lines| lines.swap(9, 10), "lines at 10"),
        (|lines| lines.insert(9, lines[9]), "lines at 11"),
        (|lines| lines[9] = &lines[9][..50], "lines at 10"),
        (|lines| *lines.last_mut().unwrap() = "{\"end\":", "it does not end with a line feed"),
        (|lines| lines.push(lines[0]), "it comes after the line that ends the export"),
        (|lines| drop(lines.drain(20..lines.len() - 1)), "it says that"),
    ] {
        let told = changed(change);
        assert!(told.contains(words), "`{words}` is not in: {told}");
    }
}

#[test]
fn a_block_file_that_lost_swapped_or_repeats_blocks_or_was_cut_is_found_and_named() {
    let place = tempfile::tempdir().unwrap();
    make(&place.path().join("data"), |storage| storage);
    let file = place.path().join("all.blocks");
    write_block_file(&place.path().join("data"), &file);
    let whole = fs::read(&file).unwrap();
    let starts: Vec<usize> = whole
        .windows(4)
        .enumerate()
        .filter(|(_, window)| window == b"BLBK")
        .map(|(start, _)| start)
        .collect();
    let (before, block, next) = (starts[3], starts[4], starts[5]);
    let pieces = [&whole[..before], &whole[before..block], &whole[block..next], &whole[next..]];
    let repeated =
        format!("byte {block} of the file: the block kept under 38 says that it begins at 37");
    for (order, words) in [
        (vec![0, 1, 3], "expected the record at 49, found a block that begins at 61"),
        (vec![0, 2, 1, 3], "expected the record at 37, found a block that begins at 49"),
        (vec![0, 1, 1, 2, 3], repeated.as_str()),
        (vec![0, 1, 2], "end at 60"),
    ] {
        let damaged: Vec<&[u8]> = order.iter().map(|piece| pieces[*piece]).collect();
        fs::write(&file, damaged.concat()).unwrap();
        let told = check(&file, None).words();
        assert!(told.contains(words), "{order:?}: `{words}` is not in: {told}");
    }
    for cut in [whole.len() - 1, next - 5, block + 3, 2] {
        fs::write(&file, &whole[..cut]).unwrap();
        drop(check(&file, None).words());
    }
}

#[test]
fn a_head_of_another_journal_or_of_a_longer_one_is_found() {
    let place = tempfile::tempdir().unwrap();
    make(place.path(), |storage| storage);
    let Verdict::Sound(report) = check(place.path(), None) else { panic!("it is sound") };
    let with = |size, root| Some(Kept { head: TreeHead { size, root }, origin: "old-head".into() });
    assert!(matches!(
        check(place.path(), with(report.head.size, report.head.root)),
        Verdict::Sound(_)
    ));
    let other = check(place.path(), with(40, [7; 32])).words();
    assert!(other.contains("root at 40") && other.contains("old-head"), "{other}");
    let longer = check(place.path(), with(report.head.size + 1, report.head.root)).words();
    assert!(longer.contains("records are missing"), "{longer}");
}

#[test]
fn an_event_of_a_newer_release_is_named_with_its_type_schema_and_position() {
    for (event_type, schema, words) in [
        ("workflow.renamed", 9, "(workflow.renamed, schema 9) is newer than this tool"),
        ("workflow.sung_to", 1, "(workflow.sung_to, schema 1) is newer than this tool"),
        ("workflow.paused", 1, "(workflow.paused, schema 1) is wrong"),
    ] {
        let place = tempfile::tempdir().unwrap();
        let options = SledOptions::new(place.path().join("journal"));
        let store = SledStore::open(&options).unwrap();
        let mut records = records();
        let mut newer = records[0].clone();
        newer.body.stream.id = uuid::Uuid::from_u128(1);
        newer.expected = ExpectedVersion::NoStream;
        let payload = vec![1, 2, 3].into();
        newer.body.events.push(Event { event_type: event_type.into(), schema, payload });
        records.insert(5, newer);
        let (send, answers) = std::sync::mpsc::channel();
        store.append(records, Box::new(move |outcome| send.send(outcome).unwrap()));
        assert!(answers.recv().unwrap().iter().all(Result::is_ok));
        drop(store);
        found(place.path(), &["schemas at 6", "event 2 of 2", words]);
    }
}

#[test]
fn a_file_that_is_no_journal_is_told_and_left_alone() {
    let place = tempfile::tempdir().unwrap();
    for (name, bytes) in
        [("empty", &b""[..]), ("picture.png", b"\x89PNG\r\n\x1a\n rest"), ("text", b"hello\n")]
    {
        let file = place.path().join(name);
        fs::write(&file, bytes).unwrap();
        let before = picture(place.path());
        match check(&file, None) {
            Verdict::Found(_) => {}
            Verdict::Sound(report) => panic!("{name} is sound, with {} records", report.records),
        }
        assert!(picture(place.path()) == before);
    }
    let folder = place.path().join("folder");
    fs::create_dir_all(folder.join("journal/db")).unwrap();
    fs::write(folder.join("journal/db/db"), vec![7; 70_000]).unwrap();
    found(&folder, &[]);
}
