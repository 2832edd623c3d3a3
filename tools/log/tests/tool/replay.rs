//! `replay`: the state digest, graphs of the past, and what is personal.

use std::fs;

use branchline_domain::lead::LeadEvent;
use serde_json::Value;

use crate::world::{LEAD, PHONE, WORKFLOW, journal_with, text, tool};

fn digest(place: &std::path::Path, more: &[&str]) -> String {
    let arguments: Vec<&str> = ["replay", "--json"].iter().chain(more).copied().collect();
    let output = tool(&arguments, place);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    told.get("state_digest").unwrap().as_str().unwrap().to_owned()
}

#[test]
fn the_state_digest_is_the_same_for_a_journal_and_its_export_with_keys_and_without() {
    let directory = tempfile::tempdir().unwrap();
    journal_with(directory.path(), &[]);
    let whole = digest(directory.path(), &[]);
    assert_eq!(whole.len(), 64);
    let file = directory.path().join("all.jsonl");
    assert!(tool(&["export", file.to_str().unwrap()], directory.path()).status.success());
    assert_eq!(digest(&file, &[]), whole);
    fs::remove_dir_all(directory.path().join("keys")).unwrap();
    assert_eq!(digest(directory.path(), &[]), whole);
}

#[test]
fn every_record_that_changes_where_something_stands_changes_the_digest() {
    let directory = tempfile::tempdir().unwrap();
    journal_with(directory.path(), &[]);
    let mut seen: Vec<String> =
        (0..=6).map(|at: u64| digest(directory.path(), &["--until", &at.to_string()])).collect();
    assert_eq!(seen.last().unwrap(), &digest(directory.path(), &[]));
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 7, "after each of six records, and before the first");
    let removed = tempfile::tempdir().unwrap();
    journal_with(removed.path(), &[LeadEvent::LeadRemoved]);
    assert!(!seen.contains(&digest(removed.path(), &[])));
    assert!(seen.contains(&digest(removed.path(), &["--until", "6"])));
}

#[test]
fn the_whole_tells_of_every_workflow_with_its_leads_and_calls() {
    let directory = tempfile::tempdir().unwrap();
    journal_with(directory.path(), &[]);
    let output = tool(&["replay", "--json"], directory.path());
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&told["leads"], &told["calls"]["busy"]), (&1.into(), &1.into()));
    assert_eq!((&told["as_of"]["position"], &told["events"]), (&6.into(), &6.into()));
    assert_eq!(told["workflows"][0]["workflow_id"], WORKFLOW.to_string());
    assert_eq!(told["workflows"][0]["counts"]["by_status"]["active"], 1);
    let beyond = tool(&["replay", "--until", "7"], directory.path());
    assert_eq!(beyond.status.code(), Some(1));
    assert!(text(&beyond.stderr).contains("beyond the journal's end at 6"));
}

#[test]
fn what_is_personal_is_told_only_when_asked_for_and_keys_are_there() {
    let directory = tempfile::tempdir().unwrap();
    journal_with(directory.path(), &[]);
    let lead = LEAD.to_string();
    let plain = tool(&["replay", &lead], directory.path());
    assert!(!text(&plain.stdout).contains(PHONE));
    for json in [&[][..], &["--json"]] {
        let arguments = [&["replay", &lead, "--personal"], json].concat();
        let output = tool(&arguments, directory.path());
        assert!(text(&output.stdout).contains(PHONE), "{}", text(&output.stderr));
    }
    fs::remove_dir_all(directory.path().join("keys")).unwrap();
    let output = tool(&["replay", &lead, "--personal"], directory.path());
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("cannot read the keys"), "{}", text(&output.stderr));
}

#[test]
fn a_graph_is_told_of_a_workflow_and_only_in_revisions_that_it_had() {
    let directory = tempfile::tempdir().unwrap();
    journal_with(directory.path(), &[]);
    let (workflow, lead) = (WORKFLOW.to_string(), LEAD.to_string());
    let output = tool(&["replay", &workflow, "--graph"], directory.path());
    let graph: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(graph, serde_json::json!({"revision": 0, "nodes": [], "edges": []}));
    for wrong in [[&*workflow, "9"], [&*lead, "newest"], [&*workflow, "old"]] {
        let [id, revision] = wrong;
        let output = tool(&["replay", id, "--graph", revision], directory.path());
        assert_eq!(output.status.code(), Some(2), "{wrong:?}: {}", text(&output.stderr));
    }
}

#[test]
fn a_call_is_told_alone_with_the_way_to_its_lead() {
    let directory = tempfile::tempdir().unwrap();
    journal_with(directory.path(), &[]);
    let call = format!("call_{}_1", LEAD.as_uuid());
    let output = tool(&["replay", &call, "--json"], directory.path());
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&told["call_id"], &told["status"]), (&call.clone().into(), &"busy".into()));
    assert!(text(&output.stderr).contains(&LEAD.to_string()));
    let early = tool(&["replay", &call, "--until", "4"], directory.path());
    assert_eq!(early.status.code(), Some(1));
    assert!(text(&early.stderr).contains("it had 0 calls"), "{}", text(&early.stderr));
}
