//! `diff`: what changed between two moments.

use branchline_domain::{
    id::NodeId,
    lead::{BranchCause, LeadEvent},
    output::Output,
};
use serde_json::{Value, json};

use crate::world::{LEAD, NODE, WORKFLOW, journal_with, text, tool};

const NEXT: NodeId = NodeId::from_u128(0x0192_f3a1_0000_7000_8000_0000_0000_0004);

fn journal() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let moved = [
        LeadEvent::BranchTaken {
            visit: 1,
            from: NODE,
            output: Output::Dnp,
            to: NEXT,
            cause: BranchCause::Call(1),
            revision: 1,
        },
        LeadEvent::NodeEntered { visit: 2, node: NEXT, revision: 1, release_at: None },
    ];
    journal_with(directory.path(), &moved);
    directory
}

fn answer(arguments: &[&str], place: &std::path::Path) -> Value {
    let arguments = [&["diff"], arguments, &["--json"]].concat();
    let output = tool(&arguments, place);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn field<'v>(value: &'v Value, path: &str) -> &'v Value {
    value.pointer(path).unwrap_or_else(|| panic!("{path} in {value}"))
}

/// The changes of a list of fields, by name.
fn fields(value: &Value, path: &str) -> Vec<(String, Value, Value)> {
    let list = field(value, path).as_array().unwrap().iter();
    list.map(|change| {
        let name = field(change, "/field").as_str().unwrap().to_owned();
        (name, field(change, "/from").clone(), field(change, "/to").clone())
    })
    .collect()
}

#[test]
fn the_ways_that_leads_took_are_counted_and_the_leads_named() {
    let directory = journal();
    let told = answer(&["4", "head"], directory.path());
    assert_eq!((field(&told, "/records"), field(&told, "/to/position")), (&4.into(), &8.into()));
    let ways = field(&told, "/workflows/shown/0/moves/shown");
    let way = json!({"from_node_id": NODE, "output": "DNP", "to_node_id": NEXT, "moves": 1});
    assert_eq!(ways, &json!([way]));
    let counts: Vec<_> = fields(&told, "/workflows/shown/0/fields/shown");
    assert!(counts.contains(&(format!("counts.by_node.{NODE}.here"), 1.into(), 0.into())));
    let lead = field(&told, "/leads/changed/shown/0");
    assert_eq!(field(lead, "/lead_id"), &LEAD.to_string());
    assert_eq!(field(lead, "/from/current_node_id"), &NODE.to_string());
    assert_eq!(field(lead, "/to/current_node_id"), &NEXT.to_string());
    assert_eq!(field(&told, "/leads/enrolled"), 0);
}

#[test]
fn from_before_everything_all_is_new() {
    let directory = journal();
    let told = answer(&["0", "4"], directory.path());
    assert_eq!(field(&told, "/workflows/shown/0/new"), true);
    assert_eq!(field(&told, "/leads/enrolled"), 1);
    assert_eq!(field(&told, "/leads/changed/shown/0/from"), &Value::Null);
    let entry = json!({"from_node_id": null, "output": null, "to_node_id": NODE, "moves": 1});
    assert_eq!(field(&told, "/workflows/shown/0/moves/shown/0"), &entry);
}

#[test]
fn a_lead_and_a_call_are_compared_field_by_field() {
    let directory = journal();
    let lead = LEAD.to_string();
    let told = answer(&["5", "6", &lead], directory.path());
    assert_eq!(field(&told, "/positions"), &json!({"total": 1, "shown": [6]}));
    let changed = fields(&told, "/fields/shown");
    assert!(changed.contains(&("calls[0].status".into(), "created".into(), "busy".into())));
    let call = format!("call_{}_1", LEAD.as_uuid());
    let told = answer(&["4", "6", &call], directory.path());
    let changed = fields(&told, "/fields/shown");
    assert!(changed.contains(&("status".into(), Value::Null, "busy".into())), "{changed:?}");
    let same = answer(&["6", "6", &lead], directory.path());
    assert_eq!(field(&same, "/fields/total"), 0);
}

#[test]
fn a_limit_cuts_lists_and_no_total() {
    let directory = journal();
    let told = answer(&["0", "head", &WORKFLOW.to_string(), "--limit", "1"], directory.path());
    let fields = field(&told, "/workflows/shown/0/fields");
    assert_eq!(field(fields, "/shown").as_array().unwrap().len(), 1);
    assert!(field(fields, "/total").as_u64().unwrap() > 5);
    assert_eq!(field(&told, "/workflows/shown/0/moves/total"), 2);
    let output = tool(&["diff", "0", "head", "--limit", "1"], directory.path());
    assert!(text(&output.stdout).contains(" more fields"), "{}", text(&output.stdout));
}

#[test]
fn moments_in_the_wrong_order_and_subjects_that_are_not_there_are_refused() {
    let directory = journal();
    let later = "1970-01-01T00:00:02Z";
    for (arguments, code) in [
        (vec!["6", "5"], 2),
        (vec!["6", "1970-01-01T00:00:01Z"], 2),
        (vec![later, "1970-01-01T00:00:01Z"], 2),
        (vec!["5", "9"], 1),
        (vec!["yesterday", "9"], 2),
        (vec!["1", "2", "lead_0192f3a1-0000-7000-8000-000000000002"], 1),
        (vec!["1", "2", "wf_0192f3a1-0000-7000-8000-000000000009"], 1),
    ] {
        let arguments = [&["diff"], &arguments[..]].concat();
        let output = tool(&arguments, directory.path());
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", text(&output.stderr));
    }
    assert_eq!(field(&answer(&["6", later], directory.path()), "/records"), 2);
}
