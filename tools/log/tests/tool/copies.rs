//! `export` and `import`: without loss, and byte for byte the same on the way back.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use branchline_domain::lead::LeadEvent;

use crate::{
    searching::journal::journal,
    world::{LEAD, journal_with, text, tool},
};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_branchline-log")).args(arguments).output().unwrap()
}

fn done(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stderr)
}

/// Paths in one temporary directory.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.path().join(name)).unwrap()
    }
}

#[test]
fn each_form_comes_back_byte_for_byte_by_way_of_a_journal() {
    let place = Place::new();
    journal(Path::new(&place.path("first")));
    for (form, other) in [("jsonl", "blocks"), ("blocks", "jsonl")] {
        let (one, two) = (place.path(&format!("one.{form}")), place.path(&format!("two.{form}")));
        let made = place.path(&format!("made-of-{form}"));
        done(&["export", &place.path("first"), &one]);
        done(&["import", &one, &made]);
        done(&["export", &made, &two]);
        assert_eq!(place.bytes(&format!("one.{form}")), place.bytes(&format!("two.{form}")));
        // The other form of the copy has the same records.
        let third = place.path(&format!("third-{form}.{other}"));
        done(&["export", &made, &third]);
        let lines = |place: &str| text(&run(&["export", place, "-"]).stdout);
        assert_eq!(lines(&third), lines(&place.path("first")));
    }
}

#[test]
fn a_file_is_read_as_the_directory_that_it_was_exported_from() {
    let place = Place::new();
    journal_with(Path::new(&place.path("data")), &[]);
    for file in ["all.jsonl", "all.blocks"] {
        done(&["export", &place.path("data"), &place.path(file)]);
        // By any other name it is the same.
        fs::rename(place.path(file), place.path("renamed")).unwrap();
        done(&["verify", &place.path("renamed")]);
        for arguments in [
            vec!["list", "SOURCE"],
            vec!["replay", "SOURCE"],
            vec!["replay", "SOURCE", "LEAD", "--until", "5"],
            vec!["grep", "SOURCE", "--event-type", "lead.*"],
            vec!["tail", "SOURCE", "-n", "3"],
            vec!["history", "SOURCE", "LEAD", "--json"],
            vec!["stats", "SOURCE", "--json"],
            vec!["export", "SOURCE", "-"],
        ] {
            let of = |source: &str| {
                let lead = LEAD.to_string();
                let words = arguments.iter().map(|word| match *word {
                    "SOURCE" => source,
                    "LEAD" => lead.as_str(),
                    other => other,
                });
                let output = run(&words.collect::<Vec<_>>());
                assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
                text(&output.stdout)
            };
            assert_eq!(
                of(&place.path("renamed")),
                of(&place.path("data")),
                "{file}: {arguments:?}"
            );
        }
        fs::remove_file(place.path("renamed")).unwrap();
    }
}

#[test]
fn an_export_ends_where_it_is_told_to_and_blocks_only_between_two_of_them() {
    let place = Place::new();
    let data = place.path("data");
    journal_with(Path::new(&data), &[]);
    let records =
        |file: &str| text(&run(&["export", &place.path(file), "-"]).stdout).lines().count() - 1;
    done(&["export", &data, &place.path("three.jsonl"), "--until", "3"]);
    assert_eq!(records("three.jsonl"), 3);
    // The whole journal is one block.
    done(&["export", &data, &place.path("six.blocks"), "--until", "6"]);
    assert_eq!(records("six.blocks"), 6);
    let output = run(&["export", &data, &place.path("three.blocks"), "--until", "3"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("the block of 1 to 6"), "{}", text(&output.stderr));
    let output = run(&["export", &data, &place.path("nine.jsonl"), "--until", "9"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("beyond the journal's end at 6"));
    done(&["export", &data, &place.path("old.blocks"), "--until", "1970-01-01T00:00:02Z"]);
    assert_eq!(records("old.blocks"), 6);
    done(&["export", &data, &place.path("none.blocks"), "--until", "0"]);
    for left in ["three.blocks", "nine.jsonl"] {
        assert!(!Path::new(&place.path(left)).exists(), "{left} was left behind");
    }
}

#[test]
fn an_export_never_replaces_a_file_and_asks_for_a_form_it_knows() {
    let place = Place::new();
    let data = place.path("data");
    journal_with(Path::new(&data), &[]);
    fs::write(place.path("kept.blocks"), "mine").unwrap();
    let output = run(&["export", &data, &place.path("kept.blocks")]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("is left"), "{}", text(&output.stderr));
    assert_eq!(place.bytes("kept.blocks"), b"mine");
    let output = run(&["export", &data, &place.path("all.txt")]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--format"), "{}", text(&output.stderr));
    done(&["export", &data, &place.path("all.txt"), "--format", "blocks"]);
    assert!(place.bytes("all.txt").starts_with(b"BLBF"));
    done(&["export", &data, &place.path("all.jsonl")]);
    let output = run(&["export", &place.path("all.jsonl"), &place.path("all.blocks")]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("branchline-log import"), "{}", text(&output.stderr));
    assert!(!Path::new(&place.path("all.blocks")).exists());
}

#[test]
fn import_goes_only_into_nothing_and_leaves_nothing_when_it_fails() {
    let place = Place::new();
    let data = place.path("data");
    journal_with(Path::new(&data), &[]);
    let lines = place.path("all.jsonl");
    done(&["export", &data, &lines]);
    let before = files(Path::new(&data));
    let output = run(&["import", &lines, &data]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("is not empty"), "{}", text(&output.stderr));
    assert_eq!(files(Path::new(&data)), before, "what was there is as it was");
    let output = run(&["import", &lines, &lines]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("no directory"), "{}", text(&output.stderr));

    done(&["export", &data, &place.path("all.blocks")]);
    for file in ["all.jsonl", "all.blocks"] {
        let mut bytes = place.bytes(file);
        let middle = bytes.len() / 2;
        *bytes.get_mut(middle).unwrap() ^= 1;
        fs::write(place.path("flipped"), &bytes).unwrap();
        fs::write(place.path("cut"), place.bytes(file).split_at(middle).0).unwrap();
        for damaged in ["flipped", "cut"] {
            let output = run(&["import", &place.path(damaged), &place.path("new")]);
            assert_eq!(output.status.code(), Some(5), "{file} {damaged}: {}", text(&output.stderr));
            assert!(!Path::new(&place.path("new")).exists(), "{file} {damaged}");
        }
    }
    fs::create_dir(place.path("empty")).unwrap();
    let told = done(&["import", &lines, &place.path("empty")]);
    assert!(told.contains("6 records, root ") && told.contains("branchline restore"), "{told}");
    done(&["verify", &place.path("empty")]);
    let listed = |place: &str| text(&tool(&["list"], Path::new(place)).stdout);
    assert_eq!(listed(&place.path("empty")), listed(&data));
}

#[test]
fn what_is_sealed_stays_sealed_in_every_form() {
    let place = Place::new();
    let data = place.path("data");
    let edited = LeadEvent::LeadEdited {
        variables: branchline_domain::personal::Personal::default(),
        notes: branchline_domain::personal::Personal::Known(Some("prefers mornings".into())),
    };
    journal_with(Path::new(&data), &[edited]);
    for file in ["all.jsonl", "all.blocks"] {
        done(&["export", &data, &place.path(file)]);
        let bytes = branchline_testkit::legible(place.bytes(file));
        for secret in ["prefers mornings", crate::world::PHONE] {
            let hex: String =
                secret.bytes().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
            for clear in [secret.as_bytes(), hex.as_bytes()] {
                assert!(!bytes.windows(clear.len()).any(|window| window == clear), "{file}");
            }
        }
    }
}

/// Every file below a directory, with its bytes.
fn files(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push((entry.path(), fs::read(entry.path()).unwrap()));
        }
    }
    found.sort();
    found
}
