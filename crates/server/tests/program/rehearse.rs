//! `branchline test`.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

const PASSES: &str = r#"
title = "A lead converts at once"
graph = ["won: CONVERTED"]
start = "active"

[[step]]
when = "enrol asha +919812345601"
then = ["lead asha: enrolled", "lead asha: node_entered won", "lead asha: completed"]
"#;

fn test(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_branchline"))
        .arg("test")
        .args(arguments)
        .current_dir(directory)
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What is said of files that cannot be played, which ends with exit code 2.
fn unreadable(directory: &Path, arguments: &[&str]) -> String {
    let output = test(directory, arguments);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    stdout(&output) + &String::from_utf8_lossy(&output.stderr)
}

/// The directory of the demo's files.
fn demo() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/demo")
}

#[test]
fn the_demo_s_scenarios_pass_and_are_told_one_a_line_without_colours() {
    let output = test(&demo(), &["scenarios"]);
    assert!(output.status.success(), "{output:?}");
    let told = stdout(&output);
    assert_eq!(
        told.lines().filter(|line| line.starts_with("pass scenarios/")).count(),
        5,
        "{told}"
    );
    assert!(told.ends_with("5 passed, 0 failed\n"), "{told}");
    assert!(!told.contains('\u{1b}'), "{told}");
}

#[test]
fn a_story_that_goes_otherwise_is_shown_as_a_diff_and_ends_with_1() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("a.toml"), PASSES.replace("completed", "dropped")).unwrap();
    let output = test(directory.path(), &["."]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let told = stdout(&output);
    let diff = "./a.toml:7 enrol asha +919812345601\n         lead asha: enrolled\n         \
                lead asha: node_entered won\n       - lead asha: dropped\n       + lead asha: \
                completed\n";
    assert!(told.contains(diff), "{told}");
}

#[test]
fn machines_get_json_or_junit() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("a.toml"), PASSES).unwrap();
    let json: serde_json::Value =
        serde_json::from_str(&stdout(&test(directory.path(), &["a.toml", "--format", "json"])))
            .unwrap();
    assert_eq!(json["summary"]["passed"], 1);
    assert_eq!(json["scenarios"][0]["verdict"], "passed");
    let junit = stdout(&test(directory.path(), &["a.toml", "--format", "junit"]));
    assert!(junit.contains("<testcase classname=\"a.toml\""), "{junit}");
    let schema: serde_json::Value =
        serde_json::from_str(&stdout(&test(directory.path(), &["--schema"]))).unwrap();
    assert_eq!(schema["title"], "Branchline scenario");
}

#[test]
fn a_filter_chooses_and_one_that_chooses_nothing_is_told() {
    let output = test(&demo(), &["scenarios", "--filter", "budget", "--list"]);
    assert!(output.status.success());
    assert_eq!(stdout(&output).lines().count(), 1, "{output:?}");
    let told = unreadable(&demo(), &["scenarios", "--filter", "a_pause_holds_what_cals_bring"]);
    assert!(told.contains("none of the 5 scenarios"), "{told}");
    assert!(told.contains("did you mean `a_pause_holds_what_calls_bring`?"), "{told}");
}

#[test]
fn another_workflow_is_tried_with_the_same_scenarios() {
    let directory = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(demo().join("workflow.json")).unwrap();
    let changed = text.replace("\"duration\": 2", "\"duration\": 3");
    assert_ne!(text, changed);
    let path = directory.path().join("slower.json");
    fs::write(&path, changed).unwrap();
    let output = test(&demo(), &["scenarios", "--workflow", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let told = stdout(&output);
    assert!(
        told.contains("FAIL scenarios/a_busy_line_is_called_again_in_two_hours.toml"),
        "{told}"
    );
}

#[test]
fn files_that_cannot_be_read_are_shown_with_place_and_fix() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &[u8]| fs::write(directory.path().join(name), text).unwrap();
    write("typo.toml", b"titel = \"x\"\n");
    write("type.toml", b"title = 3\n");
    write("bytes.toml", b"title = \"\xff\"\n");
    write("torn.toml", b"title = \n");
    write("command.toml", b"title = \"x\"\n[[step]]\nwhen = \"repot asha.1 busy\"\nthen = []\n");
    write(
        "lost.toml",
        b"title = \"x\"\nworkflow = \"no.toml\"\n[[step]]\nwhen = \"pause\"\nthen = []\n",
    );
    let told = unreadable(directory.path(), &["."]);
    for part in [
        "./typo.toml:1:1: unknown key `titel`",
        "1 | titel = \"x\"",
        "did you mean `title`?",
        "./type.toml:1:9: invalid type: integer",
        "./bytes.toml:1:10: this byte is not UTF-8",
        "./torn.toml:1:",
        "./command.toml:3:8: `repot asha.1 busy` is no command; did you mean `report`?",
        "./lost.toml:2:12: this workflow file cannot be read",
        "no.toml: it cannot be read: No such file",
        "0 passed, 0 failed, 6 unreadable",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
}

#[test]
fn a_path_without_scenarios_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let told = unreadable(directory.path(), &["."]);
    assert!(told.contains("there is no scenario here"), "{told}");
    let told = unreadable(directory.path(), &["nowhere"]);
    assert!(told.contains("nowhere: it cannot be read"), "{told}");
    let told = unreadable(directory.path(), &[".", "--workflow", "nowhere.json"]);
    assert!(told.contains("there is no scenario here"), "{told}");
}
