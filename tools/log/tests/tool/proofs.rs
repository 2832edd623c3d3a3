//! `head`, `prove`, `check` and `consistency`: what holds, and what is found.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use branchline_domain::lead::LeadEvent;
use branchline_evidence::lines::{ExportedRecords, LineWriter};
use branchline_vault::{SeededEntropy, signing::SigningKey};
use tempfile::TempDir;

use crate::world::{LEAD, NODE, PHONE, WORKFLOW, journal_with, text};

/// A folder with a journal of six records, and one that continues it with a seventh, and keys.
struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap() };
        journal_with(&desk.at("six"), &[]);
        let more = LeadEvent::NodeEntered { visit: 2, node: NODE, revision: 0, release_at: None };
        journal_with(&desk.at("seven"), &[more]);
        for (name, seed) in [("journal", 1), ("other", 2)] {
            let name_of_key = format!("example.com/{name}").parse().unwrap();
            let key = SigningKey::generate(name_of_key, &SeededEntropy::new(seed));
            key.write_new(&desk.at(&format!("{name}.key"))).unwrap();
            key.verifier().write_new(&desk.at(&format!("{name}.pub"))).unwrap();
        }
        desk
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, line: &str) -> Output {
        Command::new(env!("CARGO_BIN_EXE_branchline-log"))
            .args(line.split_whitespace())
            .current_dir(self.folder.path())
            .output()
            .unwrap()
    }

    fn done(&self, line: &str) -> String {
        let output = self.run(line);
        assert_eq!(output.status.code(), Some(0), "{line}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    /// What is told on standard error, with this exit code.
    fn refused(&self, line: &str, code: i32) -> String {
        let output = self.run(line);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{line}: {told}");
        told
    }

    /// The desk with `six.head`, `seven.head` and `lead.dossier` of six records on it.
    fn laid() -> Self {
        let desk = Self::new();
        desk.done("head six --sign-with journal.key --out six.head");
        desk.done("head seven --sign-with journal.key --out seven.head");
        desk.done(&format!("prove seven {LEAD} --head six.head --out lead.dossier"));
        desk
    }

    /// An export of a journal with one record changed, as a forger would write it who knows the form.
    fn forge(&self, journal: &str, file: &str, position: u64) {
        self.done(&format!("export {journal} sound.jsonl"));
        let sound = fs::read(self.at("sound.jsonl")).unwrap();
        let mut lines = LineWriter::new(Vec::new());
        for record in ExportedRecords::new(sound.as_slice()) {
            let mut record = record.unwrap();
            if record.position.0 == position {
                record.body.principal = "somebody else".into();
            }
            lines.write(&record).unwrap();
        }
        fs::write(self.at(file), lines.finish().unwrap()).unwrap();
        fs::remove_file(self.at("sound.jsonl")).unwrap();
    }
}

fn change(file: &Path, change: impl FnOnce(&str) -> String) {
    let before = fs::read_to_string(file).unwrap();
    let after = change(&before);
    assert_ne!(before, after, "something is changed");
    fs::write(file, after).unwrap();
}

#[test]
fn a_dossier_made_for_a_kept_head_is_checked_without_the_journal() {
    let desk = Desk::laid();
    fs::remove_dir_all(desk.at("six")).unwrap();
    fs::remove_dir_all(desk.at("seven")).unwrap();
    let shown = desk.done("check lead.dossier --head six.head --key journal.pub");
    assert!(shown.contains("lead.enrolled") || shown.contains("enrolled"), "{shown}");
    assert!(!shown.contains(PHONE) && shown.contains("(sealed)"), "{shown}");
    assert!(shown.contains("proven: all 4 records of lead_"), "{shown}");
    assert!(shown.contains("up to record 6, versions 1 to 4"), "{shown}");
    assert!(shown.contains("\"example.com/journal\" of 6 records, signed by"), "{shown}");
    assert!(shown.ends_with("not proven: that none came after record 6\n"), "{shown}");

    let unsigned = desk.done("check lead.dossier --head six.head");
    assert!(unsigned.contains("signature was not checked"), "{unsigned}");
    let alone = desk.done("check lead.dossier --key journal.pub");
    assert_eq!(alone, shown, "the head in the dossier is the one that was kept");
    let json = desk.done("check lead.dossier --key journal.pub --json");
    assert_eq!(json.lines().count(), 4);
    for line in json.lines() {
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(line).unwrap()["stream"],
            LEAD.to_string()
        );
    }
}

#[test]
fn a_workflow_and_a_signed_end_can_be_proven_from_an_export_too() {
    let desk = Desk::new();
    desk.done("export six six.jsonl");
    let of_directory = desk.done("head six --json");
    assert_eq!(desk.done("head six.jsonl --json"), of_directory);
    let head: serde_json::Value = serde_json::from_str(&of_directory).unwrap();
    assert_eq!((&head["size"], &head["note"]), (&6.into(), &serde_json::Value::Null));
    desk.done(&format!("prove six.jsonl {WORKFLOW} --sign-with journal.key --out wf.dossier"));
    let shown = desk.done("check wf.dossier --key journal.pub");
    assert!(shown.contains("all 2 records of wf_"), "{shown}");
    desk.done(&format!("prove six {WORKFLOW} --out plain.dossier"));
    let told = desk.refused("check plain.dossier --key journal.pub", 2);
    assert!(told.contains("no signed head in it"), "{told}");
    desk.done("head six --sign-with journal.key --out six.head");
    desk.done("check plain.dossier --head six.head --key journal.pub");
}

#[test]
fn a_changed_dossier_is_found_with_its_place() {
    let desk = Desk::laid();
    let sound = fs::read_to_string(desk.at("lead.dossier")).unwrap();
    let second = sound.match_indices("\"bytes\": \"").nth(1).unwrap().0 + 60;
    let check = "check lead.dossier --head six.head";
    change(&desk.at("lead.dossier"), |text| {
        let mut bytes = text.as_bytes().to_vec();
        bytes[second] = if bytes[second] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).unwrap()
    });
    let told = desk.refused(check, 5);
    assert!(
        told.contains("lead.dossier: its record at 4: its bytes do not have the hash"),
        "{told}"
    );
    fs::write(desk.at("lead.dossier"), sound.replace("\"size\": 6", "\"size\":  6")).unwrap();
    assert!(desk.refused(check, 5).contains("not as it was written, from its line 5 on"));
    fs::write(desk.at("lead.dossier"), &sound[..sound.len() - 1]).unwrap();
    desk.refused(check, 5);
    fs::write(desk.at("lead.dossier"), "no dossier").unwrap();
    assert!(desk.refused(check, 5).contains("it is no dossier"));
}

#[test]
fn a_changed_or_foreign_head_is_found() {
    let desk = Desk::laid();
    let told = desk.refused("check lead.dossier --head seven.head", 5);
    assert!(told.contains("head of 6 records") && told.contains("of 7 records"), "{told}");
    desk.done("head six --sign-with other.key --out other.head");
    let told = desk.refused("check lead.dossier --head other.head", 5);
    assert!(told.contains("example.com/other") && told.contains("another journal"), "{told}");
    let told = desk.refused("check lead.dossier --head six.head --key other.pub", 5);
    assert!(told.contains("six.head: it is a head of \"example.com/journal\""), "{told}");
    change(&desk.at("six.head"), |head| head.replacen("\n6\n", "\n8\n", 1));
    let told = desk.refused("check lead.dossier --head six.head --key journal.pub", 5);
    assert!(told.contains("six.head: the signature of example.com/journal+"), "{told}");
    fs::write(desk.at("six.head"), "no head").unwrap();
    assert!(desk.refused("check lead.dossier --head six.head", 5).contains("no head of a journal"));
    desk.refused("check lead.dossier --head nowhere.head", 1);
}

#[test]
fn nothing_is_proven_of_records_that_are_not_those_of_the_head() {
    let desk = Desk::laid();
    desk.forge("seven", "forged.jsonl", 3);
    let told = desk.refused(&format!("prove forged.jsonl {LEAD} --head six.head --out x"), 5);
    assert!(told.contains("the records up to 6 are not those of six.head"), "{told}");
    let told = desk.refused(&format!("prove six {LEAD} --head seven.head --out x"), 5);
    assert!(told.contains("there are 6 records, and seven.head is the head of 7"), "{told}");
    let told =
        desk.refused("head forged.jsonl --sign-with journal.key --extends six.head --out x", 5);
    assert!(told.contains("the records up to 6 are not those of six.head"), "{told}");
    desk.done("export six damaged.jsonl");
    change(&desk.at("damaged.jsonl"), |lines| lines.replacen("\"version\":2", "\"version\":3", 1));
    for line in ["head damaged.jsonl", &format!("prove damaged.jsonl {LEAD} --out x")] {
        let told = desk.refused(line, 5);
        assert!(told.contains("nothing is proven") && told.contains("line 2"), "{told}");
    }
    assert!(!desk.at("x").exists());
    desk.done("head seven --sign-with journal.key --extends six.head --out x");
}

#[test]
fn a_longer_journal_is_consistent_with_a_shorter_one_and_a_changed_one_is_not() {
    let desk = Desk::laid();
    let told = desk.done(
        "consistency six.head seven.head --source seven --key journal.pub --out six-seven.proof",
    );
    assert_eq!(
        told,
        "consistent: the journal \"example.com/journal\" of 7 records continues the one of 6\n"
    );
    fs::remove_dir_all(desk.at("seven")).unwrap();
    let checked =
        desk.done("consistency six.head seven.head --proof six-seven.proof --key journal.pub");
    assert_eq!(checked, told);

    journal_with(&desk.at("seven"), &[]);
    let told = desk.refused("consistency six.head seven.head --source seven", 5);
    assert!(told.contains("seven.head is the head of 7: records were cut off"), "{told}");
    desk.forge("six", "forged.jsonl", 2);
    desk.done("head forged.jsonl --sign-with journal.key --out forged.head");
    let told = desk.refused("consistency forged.head seven.head --proof six-seven.proof", 5);
    assert!(told.contains("six-seven.proof: its old tree is of 6 records with root"), "{told}");
    let told = desk.refused("consistency forged.head six.head --source six", 5);
    assert!(told.contains("the records up to 6 are not those of forged.head"), "{told}");
    let told = desk.refused("consistency seven.head six.head --source six", 5);
    assert!(told.contains("wrong order"), "{told}");
    change(&desk.at("six-seven.proof"), |proof| proof.replacen("\"size\": 6", "\"size\": 5", 1));
    desk.refused("consistency six.head seven.head --proof six-seven.proof", 5);
}

#[test]
fn no_file_is_written_over_and_a_head_on_standard_output_stands_alone() {
    let desk = Desk::laid();
    let before = fs::read(desk.at("six.head")).unwrap();
    let told = desk.refused("head seven --sign-with journal.key --out six.head", 1);
    assert!(told.contains("is left"), "{told}");
    assert_eq!(fs::read(desk.at("six.head")).unwrap(), before);
    desk.refused(&format!("prove six {LEAD} --out six.head"), 1);
    let alone = desk.done("head six --sign-with journal.key --out -");
    assert_eq!(alone.as_bytes(), before);
    let early = desk.done("head seven --until 6 --sign-with journal.key --out -");
    assert_eq!(early.as_bytes(), before, "the same records have the same head");
}

#[test]
fn what_cannot_be_asked_is_answered_with_an_example() {
    let desk = Desk::laid();
    for line in [
        "check lead.dossier",
        "head six --out x",
        "consistency six.head seven.head",
        "consistency six.head seven.head --source seven --proof x",
        "prove six lead_0192f3a1-0000-7000-8000-000000000002",
        "prove six lead_0192f3a1-0000-7000-8000-000000000002 --out x --head six.head --sign-with journal.key",
    ] {
        let told = desk.refused(line, 2);
        assert!(told.contains("Example:\n  branchline-log "), "{line}: {told}");
    }
    let unknown = "prove six lead_0192f3a1-0000-7000-8000-000000000009 --out x";
    assert!(desk.refused(unknown, 1).contains("there is no lead_"));
    assert!(!desk.at("x").exists());
}
