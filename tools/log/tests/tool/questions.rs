//! `replay`, `explain` and `history`, as of any record.

use std::{fs, path::Path};

use branchline_domain::id::{LeadId, NodeId};
use serde_json::{Value, json};

use crate::world::{LEAD, NODE, PHONE, WORKFLOW, journal_with, text, tool};

/// What a command answers as JSON.
fn answer(arguments: &[&str], place: &Path) -> Value {
    let mut arguments = arguments.to_vec();
    arguments.push("--json");
    let output = tool(&arguments, place);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What a command says when it cannot be done.
fn refusal(arguments: &[&str], place: &Path) -> String {
    let output = tool(arguments, place);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", text(&output.stdout));
    text(&output.stderr)
}

/// What a command says when it is asked in a way that makes no sense.
fn correction(arguments: &[&str], place: &Path) -> String {
    let output = tool(arguments, place);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", text(&output.stdout));
    let told = text(&output.stderr);
    let example = format!("Example:\n  branchline-log {} ", arguments.first().unwrap());
    assert!(told.contains(&example), "{told}");
    told
}

#[test]
fn replay_tells_where_a_lead_stood_at_each_record() {
    let directory = tempfile::tempdir().unwrap();
    journal_with(directory.path(), &[]);
    let lead = LEAD.to_string();
    let at = |position: &str| answer(&["replay", &lead, "--until", position], directory.path());
    assert_eq!(at("3")["status"], "pending");
    assert_eq!(at("3")["as_of"]["position"], 3);
    let entered = at("4");
    assert_eq!(entered["status"], "active");
    assert_eq!(entered["current_node_id"], NODE.to_string());
    assert_eq!(entered["calls"], json!([]));
    let called = at("5");
    assert_eq!(called["calls"][0]["status"], "created");
    assert_eq!(called["call_id"], called["calls"][0]["call_id"]);
    let head = answer(&["replay", &lead], directory.path());
    assert_eq!(head, at("6"));
    assert_eq!(head["calls"][0]["status"], "busy");
    assert_eq!(head["hold"], Value::Null);
}

#[test]
fn replay_tells_where_a_workflow_stood_and_counts_its_leads() {
    let directory = tempfile::tempdir().unwrap();
    journal_with(directory.path(), &[]);
    let workflow = WORKFLOW.to_string();
    let at = |position: &str| answer(&["replay", &workflow, "--until", position], directory.path());
    assert_eq!(at("1")["status"], "draft");
    assert_eq!(at("2")["status"], "active");
    assert_eq!(at("2")["counts"]["by_status"]["pending"], 0);
    assert_eq!(at("3")["counts"]["by_status"]["pending"], 1);
    assert_eq!(at("4")["counts"]["by_node"][NODE.to_string()]["here"], 1);
    let shown = text(&tool(&["replay", &workflow], directory.path()).stdout);
    assert!(shown.contains("active, record 2") && shown.contains("1 active"), "{shown}");
}

#[test]
fn a_time_means_the_last_record_before_any_later_one() {
    let directory = tempfile::tempdir().unwrap();
    journal_with(directory.path(), &[]);
    let workflow = WORKFLOW.to_string();
    // The workflow's records are of the first second, the lead's of the second one.
    let told =
        answer(&["replay", &workflow, "--until", "1970-01-01T00:00:01.5Z"], directory.path());
    assert_eq!(told["as_of"]["position"], 2);
    let lead = LEAD.to_string();
    let refused =
        refusal(&["replay", &lead, "--until", "1970-01-01T00:00:01.5Z"], directory.path());
    assert!(refused.contains("not there yet") && refused.contains("record 3"), "{refused}");
}

#[test]
fn explain_gives_the_guards_of_any_moment_with_their_evidence() {
    let directory = tempfile::tempdir().unwrap();
    journal_with(directory.path(), &[]);
    let lead = LEAD.to_string();
    let told = answer(&["explain", &lead, "--at", "5"], directory.path());
    assert_eq!(told["lead_id"], lead);
    assert_eq!(told["guards"][0]["code"], "waiting_for_dial");
    assert_eq!(told["guards"][0]["evidence"], 4);
    assert!(told["next"].is_string());
    assert_eq!(told["now"], told["as_of"]["at"]);
    let later = ["explain", &lead, "--at", "5", "--now", "2026-11-24T09:30:00Z"];
    assert_eq!(answer(&later, directory.path())["now"], "2026-11-24T09:30:00.000Z");
    // A graph without an entry keeps a pending lead where it is.
    let told = answer(&["explain", &lead, "--at", "3"], directory.path());
    assert_eq!(told["guards"][0]["code"], "no_valid_entry");
    let output = tool(&["explain", &lead, "--at", "5"], directory.path());
    let shown = text(&output.stdout);
    assert!(shown.starts_with(&format!("{lead} as of record 5, ")), "{shown}");
    assert!(shown.contains("  waiting_for_dial: call 1 is requested"), "{shown}");
    assert!(shown.contains("    evidence  record 4\n"), "{shown}");
    assert!(shown.ends_with("next: a carrier takes the call\n"), "{shown}");
}

#[test]
fn history_has_the_rows_of_the_api() {
    let directory = tempfile::tempdir().unwrap();
    journal_with(directory.path(), &[]);
    let call = format!("call_{}_1", LEAD.as_uuid());
    let told = answer(&["history", &call], directory.path());
    assert_eq!(told["lead_id"], LEAD.to_string());
    assert_eq!(told["history"].as_array().unwrap().len(), 1);
    let entry = &told["history"][0];
    assert_eq!((&entry["from_node"], &entry["cause"]), (&Value::Null, &json!("entry")));
    assert_eq!((&entry["to_node"], &entry["position"]), (&json!(NODE), &json!(4)));
    let visit = &told["visits"][0];
    assert_eq!((&visit["status"], &visit["call_id"]), (&json!("busy"), &json!(call)));
    assert_eq!(visit["node_label"], Value::Null, "the graph has no such node");
    let shown = text(&tool(&["history", &call, "--at", "4"], directory.path()).stdout);
    assert!(shown.contains("entry revision 0 record 4"), "{shown}");
}

#[test]
fn neither_keys_nor_the_journal_are_needed_where_there_is_an_export() {
    let directory = tempfile::tempdir().unwrap();
    journal_with(directory.path(), &[]);
    let file = directory.path().join("all.jsonl");
    assert!(tool(&["export", file.to_str().unwrap()], directory.path()).status.success());
    let lead = LEAD.to_string();
    let workflow = WORKFLOW.to_string();
    for arguments in [
        vec!["replay", &lead],
        vec!["replay", &workflow],
        vec!["explain", &lead, "--at", "5"],
        vec!["history", &lead],
    ] {
        assert_eq!(answer(&arguments, &file), answer(&arguments, directory.path()));
    }
    fs::remove_dir_all(directory.path().join("keys")).unwrap();
    let output = tool(&["explain", &lead], directory.path());
    assert!(output.status.success());
    assert!(text(&output.stderr).contains("personal fields read as erased"));
    assert!(!text(&tool(&["replay", &lead], &file).stdout).contains(PHONE));
    let again = tool(&["export", "-"], &file);
    assert_eq!(text(&again.stdout), fs::read_to_string(&file).unwrap(), "an export of an export");
}

#[test]
fn an_export_that_somebody_changed_is_told_and_read_up_to_there() {
    let directory = tempfile::tempdir().unwrap();
    journal_with(directory.path(), &[]);
    let file = directory.path().join("all.jsonl");
    tool(&["export", file.to_str().unwrap()], directory.path());
    let lines = fs::read_to_string(&file).unwrap();
    let forged: Vec<String> = lines
        .lines()
        .map(|line| {
            line.replace(
                "\"principal\":\"test\",\"recorded_at\"",
                "\"principal\":\"me\",\"recorded_at\"",
            )
        })
        .collect();
    assert_ne!(forged.join("\n"), lines.trim_end());
    let first_five: Vec<&str> = lines.lines().take(5).collect();
    fs::write(&file, format!("{}\n{}\n", first_five.join("\n"), forged[5])).unwrap();
    let output = tool(&["replay", &LEAD.to_string(), "--json"], &file);
    assert_eq!(output.status.code(), Some(5));
    let told = text(&output.stderr);
    assert!(told.contains("line 6") && told.contains("hash"), "{told}");
    let state: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(state["as_of"]["position"], 5);
}

#[test]
fn what_cannot_be_answered_says_why_and_what_could_be() {
    let directory = tempfile::tempdir().unwrap();
    journal_with(directory.path(), &[]);
    let lead = LEAD.to_string();
    let workflow = WORKFLOW.to_string();
    let slip = format!("{}9", &lead[..lead.len() - 1]);
    let stranger = LeadId::from_u128(9).to_string();
    let node = NodeId::from_u128(3).to_string();
    for (arguments, words) in [
        (vec!["explain", &lead, "--at", "7"], "position 7 is beyond the journal's end at 6"),
        (vec!["explain", &lead, "--at", "2"], "record 3 is its first"),
        (vec!["explain", &lead, "--at", "0"], "record 3 is its first"),
        (vec!["explain", &slip], &format!("is {lead} meant?")),
        (vec!["explain", &stranger], "`branchline-log list` shows what is"),
    ] {
        let told = refusal(&arguments, directory.path());
        assert!(told.contains(words), "{arguments:?}: {told}");
    }
    for (arguments, words) in [
        (vec!["explain", &workflow], "is a workflow"),
        (vec!["replay", &node], "is a node"),
        (vec!["history", "nonsense"], "is no id"),
        (vec!["replay", &lead, "--until", "tuesday"], "    tuesday\n    ^ a digit"),
        (vec!["explain", &lead, "--at", "-1"], "--at"),
    ] {
        let told = correction(&arguments, directory.path());
        assert!(told.contains(words), "{arguments:?}: {told}");
    }
}
