//! `branchline workflow`.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use crate::server::Running;

fn workflow(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_branchline"))
        .arg("workflow")
        .args(arguments)
        .current_dir(directory)
        .output()
        .unwrap()
}

fn done(directory: &Path, arguments: &[&str]) -> String {
    let output = workflow(directory, arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn refused(directory: &Path, arguments: &[&str]) -> String {
    let output = workflow(directory, arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/demo/workflow.json");

/// Speaks of a node that stands after the one that speaks of it.
const ASKING: &str = r#"
title = "Ask first"
nodes = [
    { key = "asked", node_type = "CONDITIONAL", config = { conditions = [
        { field = "application.crm.score", operator = "greater_than", value = 5 },
    ] } },
    { key = "crm", node_type = "APPLICATION", config = { handler = "push" }, entry = true },
    { key = "won", node_type = "CONVERTED" },
]
edges = [{ from = "crm", to = "asked" }, { from = "asked", to = "won" }]
"#;

#[test]
fn what_was_imported_is_exported_as_the_same_file() {
    let directory = tempfile::tempdir().unwrap();
    let id = done(directory.path(), &["import", DEMO, "--data-dir", "data"]);
    let exported = done(directory.path(), &["export", id.trim(), "--data-dir", "data"]);
    assert!(exported.contains("key = \"budget_of_500_or_more\""), "{exported}");
    fs::write(directory.path().join("again.toml"), &exported).unwrap();
    let again = done(directory.path(), &["import", "again.toml", "--data-dir", "data"]);
    assert_ne!(again, id);
    assert_eq!(done(directory.path(), &["export", again.trim(), "--data-dir", "data"]), exported);
}

#[test]
fn a_config_speaks_of_nodes_by_their_keys() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("asking.toml"), ASKING).unwrap();
    let arguments = ["import", "asking.toml", "--data-dir", "data", "--title", "Another"];
    let id = done(directory.path(), &arguments);
    let arguments = ["export", id.trim(), "--data-dir", "data", "--format", "json"];
    let json: serde_json::Value =
        serde_json::from_str(&done(directory.path(), &arguments)).unwrap();
    assert_eq!(json["title"], "Another");
    assert_eq!(json["nodes"][0]["config"]["conditions"][0]["field"], "application.crm.score");
}

#[test]
fn a_judgement_names_every_fault_with_its_node_and_fix() {
    let directory = tempfile::tempdir().unwrap();
    let told = done(directory.path(), &["validate", DEMO]);
    assert!(told.ends_with("valid; 8 nodes, 13 edges, 0 faults, 0 warnings\n"), "{told}");
    let text = "title = \"t\"\n[[nodes]]\nkey = \"intro\"\nnode_type = \"VOICE_CALL\"\n";
    fs::write(directory.path().join("w.toml"), text).unwrap();
    let told = refused(directory.path(), &["validate", "w.toml"]);
    assert!(told.contains("fault missing_number at intro\n"), "{told}");
    assert!(told.contains("fault no_outgoing_edge at intro\n"), "{told}");
    assert!(told.contains("  fix: "), "{told}");
    assert!(told.contains("w.toml: not valid; 1 nodes"), "{told}");
    let told = workflow(directory.path(), &["validate", "w.toml", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!(json["valid"], false);
    assert_eq!(json["faults"][0]["code"], "missing_number");
}

#[test]
fn files_and_directories_that_do_not_fit_are_refused_and_nothing_is_made() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("w.toml"), "title = \"t\"\nnode = []\n").unwrap();
    for command in ["validate", "import"] {
        let told = refused(directory.path(), &[command, "w.toml"]);
        assert!(told.contains("w.toml:2:1: unknown key `node`"), "{told}");
        assert!(told.contains("did you mean `nodes`?"), "{told}");
        let told = refused(directory.path(), &[command, "no.toml"]);
        assert!(told.contains("no.toml: it cannot be read"), "{told}");
    }
    let long = format!("title = \"{}\"\n", "x".repeat(201));
    fs::write(directory.path().join("long.toml"), long).unwrap();
    let told = refused(directory.path(), &["import", "long.toml"]);
    assert!(told.contains("title: has 201 characters"), "{told}");
    assert!(!directory.path().join("branchline-data").exists(), "nothing was made");
    let told = refused(directory.path(), &["export", "wf_1"]);
    assert!(told.contains("cannot read the journal"), "{told}");

    let id = done(directory.path(), &["import", DEMO]);
    let told = refused(directory.path(), &["export", "wf_1"]);
    assert!(told.contains("there is no workflow wf_1"), "{told}");
    assert!(told.contains(id.trim()) && told.contains("Spring offer"), "{told}");
}

#[test]
fn a_directory_that_a_server_runs_on_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let running = Running::start("serve", &data, &[]);
    let told = refused(directory.path(), &["import", DEMO, "--data-dir", "data"]);
    assert!(told.contains("cannot open the data directory"), "{told}");
    drop(running);
}
