//! `grep` and `tail` over a journal with two workflows, three leads, and one number twice.

pub(crate) mod journal;

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
};

use branchline_vault::{SeededEntropy, Vault};
use serde_json::{Value, json};

use self::journal::{
    ANN, ANN_AGAIN, ANNS_NUMBER, AUTUMN, BEN, BENS_NUMBER, CALL, SPRING, WAIT, journal,
};
use crate::world::{text, tool};

/// Positions of the records that fit.
fn found(place: &Path, arguments: &[&str]) -> Vec<u64> {
    let arguments: Vec<&str> =
        ["grep", "--json"].into_iter().chain(arguments.iter().copied()).collect();
    let output = tool(&arguments, place);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    let documents = text(&output.stdout);
    let position = |line: &str| {
        let document: Value = serde_json::from_str(line).unwrap();
        document.get("position").and_then(Value::as_u64).unwrap()
    };
    documents.lines().map(position).collect()
}

#[test]
fn grep_finds_by_each_of_its_flags_and_by_several_together() {
    let directory = tempfile::tempdir().unwrap();
    journal(directory.path());
    let (spring, ann, wait) = (&SPRING.to_string(), &ANN.to_string(), &WAIT.to_string());
    let (ben, call) = (&BEN.to_string(), &CALL.to_string());
    let anns_call = &format!("call_{}_1", ANN.as_uuid());
    for (arguments, expected) in [
        (vec![], vec![1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
        (vec!["--event-type", "lead.removed"], vec![10]),
        (vec!["--event-type", "call_*"], vec![7, 9]),
        (vec!["--event-type", "workflow.*", "--event-type", "removed"], vec![1, 2, 3, 10]),
        (vec!["--workflow", spring], vec![1, 3, 4, 5, 7, 8, 9, 10]),
        (vec!["--workflow", spring, "--event-type", "enrolled"], vec![4, 5]),
        (vec!["--lead", ann], vec![4, 7, 9]),
        (vec!["--lead", anns_call], vec![4, 7, 9]),
        (vec!["--lead", ann, "--lead", ben], vec![4, 5, 7, 8, 9, 10]),
        (vec!["--call", anns_call], vec![7, 9]),
        (vec!["--call", anns_call, "--event-type", "branch_taken"], vec![9]),
        (vec!["--call", anns_call, "--event-type", "node_entered"], vec![]),
        (vec!["--node", call], vec![7, 9]),
        (vec!["--node", wait], vec![3, 8, 9, 10]),
        // Ben was removed while he stood there; Ann's call was concluded before she came.
        (vec!["--node", wait, "--event-type", "removed"], vec![10]),
        (vec!["--node", wait, "--event-type", "call_concluded"], vec![]),
        (vec!["--node", call, "--event-type", "call_concluded"], vec![9]),
        (vec!["--principal", "api:*"], vec![7, 9]),
        (vec!["--principal", "api:key_2"], vec![]),
        (vec!["--request", "req_1"], vec![7]),
        (vec!["--cause", "9"], vec![10]),
        (vec!["--key", "once"], vec![9]),
        (vec!["--since", "9"], vec![9, 10]),
        (vec!["--until", "2"], vec![1, 2]),
        (vec!["--since", "1970-01-01T00:00:03Z", "--until", "1970-01-01T00:00:04Z"], vec![7, 8]),
        (vec!["--since", "1970-01-01T00:00:03.000001Z"], vec![8, 9, 10]),
        (vec!["--since", "head"], vec![]),
        (vec!["--lead", ben, "--cause", "9", "--since", "3"], vec![10]),
    ] {
        assert_eq!(found(directory.path(), &arguments), expected, "{arguments:?}");
    }
}

#[test]
fn a_phone_number_is_found_by_its_tag_and_never_printed() {
    let directory = tempfile::tempdir().unwrap();
    journal(directory.path());
    let all = ["grep", "--phone", ANNS_NUMBER, "--event-type", "enrolled"];
    let output = tool(&all, directory.path());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let told = text(&output.stdout) + &text(&output.stderr);
    assert!(told.contains(&ANN.to_string()) && told.contains(&ANN_AGAIN.to_string()), "{told}");
    assert!(!told.contains(&BEN.to_string()), "{told}");
    assert!(told.contains("phone (sealed)") && !told.contains(ANNS_NUMBER), "{told}");
    assert_eq!(found(directory.path(), &["--phone", ANNS_NUMBER]), [4, 6, 7, 9]);
    let both = ["--phone", ANNS_NUMBER, "--workflow", &AUTUMN.to_string()];
    // Autumn itself has no number: its own records do not fit.
    assert_eq!(found(directory.path(), &both), [6]);
    let output = tool(&["grep", "--phone", "+12125550000"], directory.path());
    assert!(output.status.success() && output.stdout.is_empty());
    assert!(text(&output.stderr).contains("no lead has that phone number"));
}

#[test]
fn keys_may_lie_elsewhere_and_without_them_no_number_is_found() {
    let directory = tempfile::tempdir().unwrap();
    journal(directory.path());
    let elsewhere = tempfile::tempdir().unwrap();
    let keys = elsewhere.path().join("moved");
    std::fs::rename(directory.path().join("keys"), &keys).unwrap();
    let output = tool(&["grep", "--phone", BENS_NUMBER], directory.path());
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("--keys DIR"), "{}", text(&output.stderr));
    let keys = keys.to_str().unwrap();
    assert_eq!(found(directory.path(), &["--phone", BENS_NUMBER, "--keys", keys]), [5, 8, 10]);
    // Of another vault: told, not taken for "nobody".
    let strange = elsewhere.path().join("strange");
    drop(Vault::open(&strange, Arc::new(SeededEntropy::new(9))).unwrap());
    let strange = strange.to_str().unwrap();
    let output = tool(&["grep", "--phone", BENS_NUMBER, "--keys", strange], directory.path());
    assert!(text(&output.stderr).contains("are not those"), "{}", text(&output.stderr));
}

#[test]
fn a_number_may_come_on_standard_input() {
    let directory = tempfile::tempdir().unwrap();
    journal(directory.path());
    let mut child = Command::new(env!("CARGO_BIN_EXE_branchline-log"))
        .args(["grep", "--phone", "-", "--count"])
        .arg(directory.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "{BENS_NUMBER}").unwrap();
    assert_eq!(text(&child.wait_with_output().unwrap().stdout), "3\n");
}

#[test]
fn grep_writes_frames_and_events_or_only_their_number() {
    let directory = tempfile::tempdir().unwrap();
    journal(directory.path());
    let output = tool(&["grep", "--key", "once"], directory.path());
    let told = text(&output.stdout);
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(
        lines.first().copied(),
        Some(
            "9 1970-01-01T00:00:05.000Z lead_00000000-0000-0000-0000-0000000000b1 version 4 \
             by api:key_1 cause req_2 key once"
        )
    );
    assert_eq!(lines.get(1).copied(), Some("    call_concluded 1 busy"));
    assert_eq!(lines.len(), 4);
    assert_eq!(text(&output.stderr), "1 of 10 records fit, by 3 events\n");
    let count = tool(&["grep", "--count", "--event-type", "enrolled"], directory.path());
    assert_eq!(text(&count.stdout), "3\n");
    let documents = tool(&["grep", "--json", "--key", "once"], directory.path());
    let document: Value = serde_json::from_slice(&documents.stdout).unwrap();
    assert_eq!(document["request_id"], "req_2");
    assert_eq!(document["idempotency_key"], "once");
    assert_eq!(document["events"][0]["type"], "lead.call_concluded");
    assert_eq!(document["events"][0]["call"], json!(1));
    assert_eq!(document["events"][1]["payload"]["output"], "DNP");
}

#[test]
fn tail_writes_the_last_records_in_order() {
    let directory = tempfile::tempdir().unwrap();
    journal(directory.path());
    let positions = |arguments: &[&str]| {
        let output = tool(arguments, directory.path());
        assert!(output.status.success(), "{}", text(&output.stderr));
        let told = text(&output.stdout);
        let frames = told.lines().filter(|line| !line.starts_with(' '));
        frames.map(|line| line.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(positions(&["tail", "-n", "2"]), ["9", "10"]);
    assert_eq!(positions(&["tail"]).len(), 10);
    assert_eq!(positions(&["tail", "-n", "0"]).len(), 0);
    assert_eq!(positions(&["tail", "-n", "99"]).first().map(String::as_str), Some("1"));
}

#[test]
fn a_slip_in_a_filter_is_answered_with_what_would_do() {
    let directory = tempfile::tempdir().unwrap();
    journal(directory.path());
    for (arguments, words) in [
        (vec!["--event-type", "branch_token"], "is `branch_taken` meant?"),
        (vec!["--event-type", "nothing.*"], "  lead.branch_taken"),
        (vec!["--lead", "lead_1"], "lead_"),
        (vec!["--node", &ANN.to_string()], "node_"),
        (vec!["--call", "call_x"], "call_"),
        (vec!["--phone", "212 555 0123"], "E.164"),
        (vec!["--since", "2026-11-24T09:30"], "^ `:`"),
        (vec!["--keys", "somewhere"], "--phone"),
    ] {
        let arguments: Vec<&str> = ["grep"].into_iter().chain(arguments).collect();
        let output = tool(&arguments, directory.path());
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {told}");
        assert!(told.contains(words) && told.contains("Example:\n  branchline-log grep"), "{told}");
        assert!(!told.contains("212 555"), "{told}");
    }
}
