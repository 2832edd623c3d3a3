//! What `list`, `show`, `verify` and `export` say, and their exit codes.

use std::fs;

use branchline_domain::{
    id::LeadId,
    lead::{BranchCause, LeadEvent},
    output::Output,
};
use branchline_journal::sled_store::{SledOptions, SledStore};

use crate::world::{LEAD, NODE, PHONE, WORKFLOW, journal_with, text, tool};

#[test]
fn list_names_each_stream_with_its_public_id_and_where_it_stands() {
    let directory = tempfile::tempdir().unwrap();
    journal_with(directory.path(), &[]);
    let output = tool(&["list"], directory.path());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let lines = text(&output.stdout);
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].starts_with(&WORKFLOW.to_string()) && lines[0].contains("active"));
    assert!(lines[1].starts_with(&LEAD.to_string()) && lines[1].contains(&NODE.to_string()));
}

#[test]
fn show_prints_a_leads_events_and_its_phone_number_only_when_asked() {
    let directory = tempfile::tempdir().unwrap();
    journal_with(directory.path(), &[]);
    let lead = LEAD.to_string();
    let output = tool(&["show", &lead], directory.path());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let shown = text(&output.stdout);
    assert!(shown.contains("busy") && shown.contains("state: active at"), "{shown}");
    assert!(!shown.contains(PHONE) && shown.contains("(hidden)"), "{shown}");
    for json in [&[][..], &["--json"]] {
        let arguments = [&["show", &lead, "--phone-numbers"], json].concat();
        let output = tool(&arguments, directory.path());
        assert!(text(&output.stdout).contains(PHONE), "{}", text(&output.stderr));
    }
}

#[test]
fn show_without_keys_says_that_personal_fields_cannot_be_read() {
    let directory = tempfile::tempdir().unwrap();
    journal_with(directory.path(), &[]);
    fs::remove_dir_all(directory.path().join("keys")).unwrap();
    let lead = LEAD.to_string();
    let output = tool(&["show", &lead], directory.path());
    assert!(output.status.success());
    assert!(text(&output.stdout).contains("(sealed)"), "{}", text(&output.stdout));
    assert!(text(&output.stderr).contains("keys"), "{}", text(&output.stderr));
    assert_eq!(tool(&["show", &lead, "--phone-numbers"], directory.path()).status.code(), Some(1));
}

#[test]
fn what_is_not_there_is_told_and_is_no_success() {
    let directory = tempfile::tempdir().unwrap();
    journal_with(directory.path(), &[]);
    let unknown = LeadId::from_u128(9).to_string();
    for (arguments, words, code) in [
        (vec!["show", unknown.as_str()], "there is no lead_", 1),
        (vec!["show", "nonsense"], "is no id", 2),
    ] {
        let output = tool(&arguments, directory.path());
        assert_eq!(output.status.code(), Some(code));
        assert!(text(&output.stderr).contains(words), "{}", text(&output.stderr));
    }
    let output = tool(&["list"], &directory.path().join("nowhere"));
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("nowhere"));
}

#[test]
fn verify_finds_a_sound_journal_sound_and_leaves_it_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    journal_with(directory.path(), &[]);
    let database = directory.path().join("journal/db/db");
    let before = fs::read(&database).unwrap();
    let output = tool(&["verify"], directory.path());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let told = text(&output.stdout);
    assert!(
        told.starts_with("sound: 22 checks  6 events  6 records  2 streams  1 blocks"),
        "{told}"
    );
    assert!(told.contains("size 6  root "), "{told}");
    assert_eq!(fs::read(&database).unwrap(), before);
}

#[test]
fn verify_tells_a_branch_that_no_call_explains() {
    let directory = tempfile::tempdir().unwrap();
    let branch = LeadEvent::BranchTaken {
        visit: 1,
        from: NODE,
        output: Output::Completed,
        to: NODE,
        cause: BranchCause::Call(1),
        revision: 1,
    };
    journal_with(directory.path(), &[branch]);
    let output = tool(&["verify"], directory.path());
    assert_eq!(output.status.code(), Some(5));
    assert!(text(&output.stdout).contains("took COMPLETED, which no status of call 1 leads to"));
}

#[test]
fn verify_tells_damaged_bytes_and_shows_what_is_before_them() {
    let directory = tempfile::tempdir().unwrap();
    journal_with(directory.path(), &[]);
    let database = directory.path().join("journal/db/db");
    let mut bytes = fs::read(&database).unwrap();
    let block = bytes.windows(4).rposition(|window| window == b"BLBK").unwrap();
    bytes[block + 200] ^= 1;
    fs::write(&database, bytes).unwrap();
    let output = tool(&["verify"], directory.path());
    assert_eq!(output.status.code(), Some(5), "{}", text(&output.stdout));
}

#[test]
fn export_writes_a_line_a_record_and_never_over_a_file_that_is_there() {
    let directory = tempfile::tempdir().unwrap();
    journal_with(directory.path(), &[]);
    let file = directory.path().join("export.jsonl");
    let path = file.to_str().unwrap();
    let output = tool(&["export", path, "--until", "5"], directory.path());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let lines = fs::read_to_string(&file).unwrap();
    let records: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(records.len(), 6);
    assert_eq!(records[5]["end"]["records"], 5);
    assert_eq!(records[2]["stream"], LEAD.to_string());
    assert_eq!(records[2]["events"][0]["type"], "lead.enrolled");
    assert!(!lines.contains(PHONE), "personal fields stay sealed");
    let again = tool(&["export", path], directory.path());
    assert_eq!(again.status.code(), Some(1));
    assert_eq!(fs::read_to_string(&file).unwrap(), lines);
    let whole = tool(&["export", "-"], directory.path());
    assert_eq!(text(&whole.stdout).lines().count(), 7);
}

#[test]
fn a_journal_in_use_is_left_alone_and_its_owner_named() {
    let directory = tempfile::tempdir().unwrap();
    journal_with(directory.path(), &[]);
    let _open = SledStore::open(&SledOptions::new(directory.path().join("journal"))).unwrap();
    let output = tool(&["verify"], directory.path());
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    assert!(told.contains(&std::process::id().to_string()), "{told}");
}
