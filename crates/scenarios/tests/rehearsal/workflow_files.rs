//! Workflow files that are wrong, and what is said of them.

use branchline_scenarios::{
    source_text::SourceText,
    workflow_file::{FileFormat, WorkflowFile},
};

fn complaints(text: &str, format: FileFormat) -> String {
    let source = SourceText { name: "w", text: text.trim_start_matches('\n') };
    let complaints = WorkflowFile::read(&source, format).unwrap_err();
    complaints.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn toml_complaints(text: &str) -> String {
    complaints(text, FileFormat::Toml)
}

#[test]
fn an_unknown_key_of_a_config_is_shown_with_the_nearest_one() {
    let told = toml_complaints(
        r#"
title = "t"
[[nodes]]
key = "intro"
node_type = "VOICE_CALL"
config = { from_phone_numbr = "+15550100" }
"#,
    );
    assert!(told.starts_with("w:5:12: unknown key `from_phone_numbr`"), "{told}");
    assert!(told.contains("5 | config = {") && told.contains("^^^^^^^^^^^^^^^^"), "{told}");
    assert!(told.contains("did you mean `from_phone_number`?"), "{told}");
}

#[test]
fn a_config_before_its_type_is_read_all_the_same() {
    let text = r#"{"title": "t", "nodes": [{"config": {"duration": 2, "unit": "hours"},
        "key": "later", "node_type": "TIME"}]}"#;
    let source = SourceText { name: "w.json", text };
    let file = WorkflowFile::read(&source, FileFormat::of("w.json")).unwrap();
    assert_eq!(file.graph.nodes[0].config.node_type().as_str(), "TIME");
    let wrong = text.replace("duration", "durations");
    assert!(complaints(&wrong, FileFormat::Json).contains("config: unknown field `durations`"));
}

#[test]
fn an_unknown_key_in_json_is_shown_where_it_stands() {
    let told = complaints("{\n  \"titel\": \"t\"\n}", FileFormat::Json);
    assert!(told.starts_with("w:2:4: unknown key `titel`"), "{told}");
    assert!(told.contains("did you mean `title`?"), "{told}");
    let told = complaints("{\n  \"title\": 3\n}", FileFormat::Json);
    assert!(told.starts_with("w:2:") && told.contains("expected a string"), "{told}");
}

#[test]
fn all_names_that_do_not_fit_are_told_at_once() {
    let told = toml_complaints(
        r#"
title = "t"
nodes = [
    { key = "intro", node_type = "CONVERTED" },
    { key = "intro", node_type = "DROPPED" },
    { key = "so long", node_type = "DROPPED" },
]
edges = [
    { from = "intra", to = "intro" },
    { from = "intro", to = "intro" },
    { from = "intro", to = "intro" },
]
"#,
    );
    for part in [
        "two nodes have the key `intro`",
        "`so long` is no key",
        "names a node that is not there: `intra`",
        "did you mean `intro`?",
        "the edge intro --> intro is there twice",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(told.contains("w:8:14: the edge intra --> intro"), "{told}");
}

#[test]
fn a_coordinate_that_cannot_be_kept_is_refused() {
    for coordinate in ["1.2345", "1000001", "\"far\"", "true"] {
        let node = format!(
            "title = \"t\"\n[[nodes]]\nkey = \"a\"\nnode_type = \"DROPPED\"\nposition_x = {coordinate}"
        );
        let told = toml_complaints(&node);
        assert!(told.starts_with("w:5:14: a coordinate is a number"), "{coordinate}: {told}");
    }
}

#[test]
fn a_judgement_speaks_the_names_of_the_file() {
    let text = r#"
title = "t"
nodes = [
    { key = "intro", label = "", node_type = "VOICE_CALL" },
    { key = "won", label = "Won", node_type = "CONVERTED" },
]
edges = [{ from = "intro", to = "won", label = "MAYBE" }]
"#;
    let file = WorkflowFile::read(&SourceText { name: "w", text }, FileFormat::Toml).unwrap();
    let judgement = file.judge();
    assert!(!judgement.valid);
    let codes: Vec<&str> = judgement.faults.iter().map(|fault| fault.code.as_str()).collect();
    assert_eq!(codes, ["missing_number", "unknown_label"]);
    assert_eq!(judgement.faults[0].node.as_deref(), Some("intro"));
    assert_eq!(judgement.faults[1].edge.as_deref(), Some("intro --MAYBE--> won"));
    let told = format!("{judgement:?}");
    assert!(!told.contains("node_0") && !told.contains("edge_"), "{told}");
}

#[test]
fn what_the_rules_refuse_before_any_activation_is_a_fault_too() {
    let long = "x".repeat(300);
    let text = format!(
        "title = \"{long}\"\nnodes = [{{ key = \"won\", label = \"{long}\", node_type = \"CONVERTED\" }}]"
    );
    let file =
        WorkflowFile::read(&SourceText { name: "w", text: &text }, FileFormat::Toml).unwrap();
    let judgement = file.judge();
    assert_eq!(judgement.faults[0].code, "invalid");
    assert!(judgement.faults[0].message.starts_with("title: has 300 characters"), "{judgement:?}");
}
