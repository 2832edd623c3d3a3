//! Every kind of bad evidence, on every kind of source: exit code 5, the place named, nothing
//! written. What `verify` finds beyond that is in `tests/flips`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use branchline_journal::{
    record::{Event, StreamId},
    sled_store::{SledOptions, SledStore},
    store::EventStore as _,
};

use crate::{
    searching::journal::journal,
    world::{LEAD, append, journal_with, record, text},
};

fn run(arguments: &[&str], place: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_branchline-log"))
        .arg(arguments.first().unwrap())
        .arg(place)
        .args(arguments.iter().skip(1))
        .output()
        .unwrap()
}

/// Refused by every command that reads records, with these words, and left as it was.
fn is_damage(place: &Path, words: &str) {
    let before = place.is_file().then(|| fs::read(place).unwrap());
    for arguments in [
        &["list"][..],
        &["replay"],
        &["grep", "--count"],
        &["tail"],
        &["stats"],
        &["verify"],
        &["export", "-"],
    ] {
        let output = run(arguments, place);
        let told = text(&output.stderr) + &text(&output.stdout);
        assert_eq!(output.status.code(), Some(5), "{arguments:?} {}: {told}", place.display());
        let is_ours = arguments != ["verify"] || words.starts_with("is no");
        assert!(!is_ours || told.contains(words), "{arguments:?} {}: {told}", place.display());
    }
    assert_eq!(place.is_file().then(|| fs::read(place).unwrap()), before, "it was written to");
}

/// A journal of several blocks in both forms of a file.
fn exports(place: &Path) -> (PathBuf, Vec<u8>, PathBuf, Vec<u8>) {
    journal(&place.join("data"));
    let export = |name: &str| {
        let file = place.join(name);
        let output = run(&["export", file.to_str().unwrap()], &place.join("data"));
        assert!(output.status.success(), "{}", text(&output.stderr));
        (file.clone(), fs::read(file).unwrap())
    };
    let ((lines, lines_bytes), (blocks, blocks_bytes)) =
        (export("all.jsonl"), export("all.blocks"));
    (lines, lines_bytes, blocks, blocks_bytes)
}

#[test]
fn a_file_that_is_no_journal_is_told_by_what_it_looks_like() {
    let place = tempfile::tempdir().unwrap();
    for (name, bytes, words) in [
        ("notes.txt", &b"Dear auditor,\n"[..], "is no journal, nor an export of one: it is a text"),
        (
            "all.jsonl.gz",
            b"\x1f\x8b\x08\0\0\0",
            "is no journal, nor an export of one: it is compressed",
        ),
        ("empty.blocks", b"", "is no journal, nor an export of one: it is empty"),
        ("dossier", b"{\"lead\":1}", "is no journal, nor an export of one: it is another JSON"),
    ] {
        let file = place.path().join(name);
        fs::write(&file, bytes).unwrap();
        is_damage(&file, words);
    }
    let directory = place.path().join("empty");
    fs::create_dir(&directory).unwrap();
    is_damage(&directory, "holds no journal");
    let output = run(&["list"], &place.path().join("nowhere"));
    assert_eq!(output.status.code(), Some(1), "what is not there is not damaged");
}

#[test]
fn a_block_file_that_was_changed_is_damage_at_a_position() {
    let place = tempfile::tempdir().unwrap();
    let (_, _, file, whole) = exports(place.path());
    let length = whole.len();
    let flipped = |at: usize| {
        let mut bytes = whole.clone();
        *bytes.get_mut(at).unwrap() ^= 0x10;
        bytes
    };
    for (changed, words) in [
        (flipped(8 + 100), "damaged at position 1"),
        (flipped(1), "is no block file"),
        (flipped(length - 10), "damaged at position 11"),
        (whole.split_at(length - 1).0.to_vec(), "damaged at position 11"),
        (whole.split_at(length - 64).0.to_vec(), "damaged at position 11"),
        // Within the block of the last four.
        (whole.split_at(length - 70).0.to_vec(), "damaged at position 7"),
        (whole.split_at(8).0.to_vec(), "damaged at position 1"),
        ([whole.as_slice(), b"x"].concat(), "damaged at position 11"),
        (without_block(&whole, 1), "damaged at position 4"),
        (swapped_blocks(&whole), "damaged at position 1"),
    ] {
        fs::write(&file, changed).unwrap();
        is_damage(&file, words);
    }
}

/// Where the blocks begin, and where the end does.
fn marks(file: &[u8]) -> Vec<usize> {
    let begins = |at: &usize| {
        let rest = file.get(*at..).unwrap();
        rest.starts_with(b"BLBK") || rest.starts_with(b"BLBE\x01\0\0\0")
    };
    (0..file.len()).filter(begins).collect()
}

fn without_block(file: &[u8], which: usize) -> Vec<u8> {
    let marks = marks(file);
    let (from, to) = (*marks.get(which).unwrap(), *marks.get(which + 1).unwrap());
    [file.get(..from).unwrap(), file.get(to..).unwrap()].concat()
}

/// The first two, each in the other's place.
fn swapped_blocks(file: &[u8]) -> Vec<u8> {
    let [first, second, third, ..] = marks(file)[..] else { panic!("three blocks") };
    let piece = |from: usize, to: usize| file.get(from..to).unwrap();
    [piece(0, first), piece(second, third), piece(first, second), piece(third, file.len())].concat()
}

#[test]
fn lines_that_were_changed_are_damage_in_a_line() {
    let place = tempfile::tempdir().unwrap();
    let (file, whole, _, _) = exports(place.path());
    let all = text(&whole);
    let lines: Vec<&str> = all.split_inclusive('\n').collect();
    let without = |gone: usize| {
        let kept = lines.iter().enumerate().filter(|(at, _)| *at != gone);
        kept.map(|(_, line)| *line).collect::<String>()
    };
    let mut swapped = lines.clone();
    swapped.swap(3, 4);
    for (changed, words) in [
        (without(3), "line 4"),
        (swapped.concat(), "line 4"),
        (all.replacen("busy", "bury", 1).replacen("api:key_1", "api:key_2", 1), "line 7"),
        (all.split_at(all.len() / 2).0.to_owned(), "does not end with a line feed"),
        (without(9), "line 10"),
        (format!("{all}{}", lines.first().unwrap()), "line 12"),
        (format!("{}{}", lines.first().unwrap(), all), "line 2"),
    ] {
        fs::write(&file, changed).unwrap();
        is_damage(&file, words);
    }
}

#[test]
fn a_directory_that_lost_its_end_or_its_bytes_is_damage() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    journal_with(&data, &[]);
    // The mark of a longer journal: what it acknowledged is missing here.
    let longer = place.path().join("longer");
    journal(&longer);
    let mark = "journal/high-water";
    let own = fs::read(data.join(mark)).unwrap();
    fs::copy(longer.join(mark), data.join(mark)).unwrap();
    is_damage(&data, "10 was acknowledged");
    fs::write(data.join(mark), own).unwrap();
    let database = data.join("journal/db/db");
    let mut bytes = fs::read(&database).unwrap();
    let places = 0..bytes.len() - 200;
    let blocks = places.filter(|at| bytes.get(*at..).unwrap().starts_with(b"BLBK"));
    for block in blocks.collect::<Vec<_>>() {
        *bytes.get_mut(block + 200).unwrap() ^= 1;
    }
    fs::write(&database, &bytes).unwrap();
    for arguments in [&["list"][..], &["verify"], &["tail"]] {
        let output = run(arguments, &data);
        assert_eq!(output.status.code(), Some(5), "{arguments:?}: {}", text(&output.stderr));
    }
    assert_eq!(fs::read(&database).unwrap(), bytes, "the evidence is as it was");
}

#[test]
fn an_event_of_a_newer_schema_is_named_with_its_position_and_the_rest_is_told() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    journal_with(&data, &[]);
    let store = SledStore::open(&SledOptions::new(data.join("journal"))).unwrap();
    let event = Event { event_type: "lead.dropped".into(), schema: 9, payload: Box::new([]) };
    append(&store, vec![record(StreamId::lead(LEAD.as_uuid()), 4, 3_000_000, vec![event])]);
    store.close();
    drop(store);
    for arguments in [&["list"][..], &["tail"], &["grep"], &["verify"], &["replay"]] {
        let output = run(arguments, &data);
        let told = text(&output.stderr) + &text(&output.stdout);
        assert_eq!(output.status.code(), Some(5), "{arguments:?}: {told}");
        let is_placed = told.contains("record 7") || told.contains("schemas at 7");
        assert!(is_placed && told.contains("schema 9"), "{arguments:?}: {told}");
    }
    let told = text(&run(&["tail", "-n", "1"], &data).stdout);
    assert!(told.contains("\"lead.dropped\" schema 9, 0 bytes, unread"), "{told}");
}
