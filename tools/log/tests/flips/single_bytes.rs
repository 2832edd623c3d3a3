//! Random single-byte flips over every file of a journal: each is found with exit code 5, or every
//! record and the root of their hash tree are those of the journal before.
//!
//! `BRANCHLINE_FLIPS=10000 cargo test -p branchline-log --test flips` makes as many as one asks for,
//! `BRANCHLINE_FLIPS_SEED` others.

use std::{
    fs::{self, OpenOptions},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
};

use branchline_journal::merkle::TreeHead;
use branchline_log::{AsOf, Evidence, export::FileForm};

use crate::journals::{Random, Verdict, check, files, make, write_block_file};

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// The head of a source that is sound.
fn sound(source: &Path) -> TreeHead {
    match check(source, None) {
        Verdict::Sound(report) => report.head,
        Verdict::Found(words) => panic!("{} is not sound: {words}", source.display()),
    }
}

/// A byte of a file, flipped and put back.
fn flipped<T>(file: &Path, offset: usize, mask: u8, look: impl FnOnce() -> T) -> T {
    let opened = OpenOptions::new().read(true).write(true).open(file).unwrap();
    let mut byte = [0];
    opened.read_exact_at(&mut byte, offset as u64).unwrap();
    opened.write_all_at(&[byte[0] ^ mask], offset as u64).unwrap();
    let seen = look();
    opened.write_all_at(&byte, offset as u64).unwrap();
    seen
}

/// Flips in the files of one source. Half of them hit bytes that are not zero: sled's files are
/// mostly room. Gives how many were found.
fn flips(source: &Path, files: &[PathBuf], count: u64, seed: u64) -> u64 {
    let head = sound(source);
    let contents: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    let places = |wanted: fn(u8) -> bool| -> Vec<(usize, usize)> {
        let of = |(file, bytes): (usize, &Vec<u8>)| -> Vec<(usize, usize)> {
            let offsets = bytes.iter().enumerate().filter(|(_, byte)| wanted(**byte));
            offsets.map(|(offset, _)| (file, offset)).collect()
        };
        contents.iter().enumerate().flat_map(of).collect()
    };
    let (all, full) = (places(|_| true), places(|byte| byte != 0));
    let mut random = Random(seed);
    let mut found = 0;
    for flip in 0..count {
        let from = if flip % 2 == 0 { &full } else { &all };
        let (file, offset) = from[random.below(from.len())];
        let mask = 1 << random.below(8);
        match flipped(&files[file], offset, mask, || check(source, None)) {
            Verdict::Found(_) => found += 1,
            Verdict::Sound(report) => {
                let place = files[file].display();
                assert_eq!(
                    report.head, head,
                    "flip {flip} (seed {seed}): bit {mask:#04x} of byte {offset} of {place} changed \
                     the journal, and nothing was found"
                );
            }
        }
    }
    for (file, before) in files.iter().zip(&contents) {
        assert!(&fs::read(file).unwrap() == before, "{} is not as it was", file.display());
    }
    assert_eq!(sound(source), head);
    found
}

#[test]
fn a_flipped_byte_of_a_directory_is_found_or_carries_nothing() {
    let place = tempfile::tempdir().unwrap();
    make(place.path(), |storage| storage);
    let count = number("BRANCHLINE_FLIPS", 400);
    let seed = number("BRANCHLINE_FLIPS_SEED", 1);
    let found = flips(place.path(), &files(&place.path().join("journal")), count, seed);
    eprintln!("{found} of {count} flips in a directory were found; the others changed nothing");
    assert!(found > count / 10, "{found} of {count}: the flips did not hit the journal");
}

#[test]
fn a_flipped_byte_of_exported_lines_is_found() {
    let place = tempfile::tempdir().unwrap();
    make(&place.path().join("data"), |storage| storage);
    let file = place.path().join("all.jsonl");
    let evidence = Evidence::open(&place.path().join("data")).unwrap();
    branchline_log::export::run(&evidence, &file, FileForm::Jsonl, AsOf::Head, &mut Vec::new())
        .unwrap();
    let count = number("BRANCHLINE_FLIPS", 400);
    let found =
        flips(&file, std::slice::from_ref(&file), count, number("BRANCHLINE_FLIPS_SEED", 2));
    assert_eq!(found, count, "every byte of an export carries something");
}

#[test]
fn a_flipped_byte_of_a_block_file_is_found() {
    let place = tempfile::tempdir().unwrap();
    make(&place.path().join("data"), |storage| storage);
    let file = place.path().join("all.blocks");
    write_block_file(&place.path().join("data"), &file);
    let count = number("BRANCHLINE_FLIPS", 400);
    let found =
        flips(&file, std::slice::from_ref(&file), count, number("BRANCHLINE_FLIPS_SEED", 3));
    assert_eq!(found, count, "every byte of a block file carries something");
}
