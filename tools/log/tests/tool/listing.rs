//! `list`, `show` and `stats` as programs read them, and `show` of one call.

use serde_json::Value;

use crate::world::{LEAD, NODE, WORKFLOW, journal_with, text, tool};

/// What a command answers, an object a line.
fn lines(arguments: &[&str], place: &std::path::Path) -> Vec<Value> {
    let output = tool(arguments, place);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn field<'v>(value: &'v Value, path: &str) -> &'v Value {
    value.pointer(path).unwrap_or_else(|| panic!("{path} in {value}"))
}

#[test]
fn list_as_json_has_an_object_a_stream_with_where_it_stands() {
    let directory = tempfile::tempdir().unwrap();
    journal_with(directory.path(), &[]);
    let [workflow, lead] = &lines(&["list", "--json"], directory.path())[..] else {
        panic!("two streams");
    };
    assert_eq!(field(workflow, "/stream"), &WORKFLOW.to_string());
    assert_eq!(field(workflow, "/status"), "active");
    assert_eq!(field(lead, "/workflow_id"), &WORKFLOW.to_string());
    assert_eq!(field(lead, "/current_node_id"), &NODE.to_string());
    assert_eq!((field(lead, "/records"), field(lead, "/events")), (&4.into(), &4.into()));
}

#[test]
fn show_as_json_has_an_object_a_record_with_who_and_why() {
    let directory = tempfile::tempdir().unwrap();
    journal_with(directory.path(), &[]);
    let lead = LEAD.to_string();
    let records = lines(&["show", &lead, "--json"], directory.path());
    assert_eq!(records.len(), 4);
    let entered = records.get(1).unwrap();
    assert_eq!(field(entered, "/principal"), "test");
    assert_eq!(field(entered, "/events/0/type"), "lead.node_entered");
    assert_eq!(field(entered, "/events/0/payload/node_id"), &NODE.to_string());
}

#[test]
fn a_calls_id_shows_its_events_alone_and_says_where_the_others_are() {
    let directory = tempfile::tempdir().unwrap();
    journal_with(directory.path(), &[]);
    let call = format!("call_{}_1", LEAD.as_uuid());
    let records = lines(&["show", &call, "--json"], directory.path());
    let types: Vec<&Value> = records.iter().map(|record| field(record, "/events/0/type")).collect();
    assert_eq!(types, ["lead.call_requested", "lead.call_concluded"]);
    let output = tool(&["show", &call], directory.path());
    assert!(text(&output.stdout).ends_with("state: busy, final\n"), "{}", text(&output.stdout));
    assert!(text(&output.stderr).contains(&LEAD.to_string()));
    let other = format!("call_{}_2", LEAD.as_uuid());
    let output = tool(&["show", &other], directory.path());
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("it has 1 calls"), "{}", text(&output.stderr));
}

#[test]
fn stats_add_up() {
    let directory = tempfile::tempdir().unwrap();
    journal_with(directory.path(), &[]);
    let output = tool(&["stats", "--json"], directory.path());
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((field(&told, "/records"), field(&told, "/events")), (&6.into(), &6.into()));
    let types = field(&told, "/types").as_object().unwrap().values();
    let of_types: u64 = types.clone().map(|of| field(of, "/events").as_u64().unwrap()).sum();
    assert_eq!(of_types, 6);
    let bytes: u64 = types.map(|of| field(of, "/payload_bytes").as_u64().unwrap()).sum();
    assert_eq!(field(&told, "/payload_bytes"), bytes);
    assert_eq!(field(&told, "/leads/streams"), 1);
    assert_eq!(field(&told, "/longest/0/events"), 4);
    assert_eq!(field(&told, "/hours/1970-01-01T00:00:00.000Z/records"), 6);
    let early = tool(&["stats", "--json", "--until", "2"], directory.path());
    let told: Value = serde_json::from_slice(&early.stdout).unwrap();
    assert_eq!((field(&told, "/records"), field(&told, "/leads/streams")), (&2.into(), &0.into()));
}
