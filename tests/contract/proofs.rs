//! Finds what proves the promises: scenarios by their `source`, and tests in Rust by their comments.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::promises::is_id;

/// One scenario or test that proves one promise.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Proof {
    /// Id of the promise.
    pub(crate) promise: String,
    /// The title of the scenario, or the name of the test, as a link from the index to its file.
    pub(crate) place: String,
    /// The whole scenario; `None` for a test.
    pub(crate) scenario: Option<String>,
}

/// Every proof, in order of places.
pub(crate) fn proofs(workspace: &Path) -> Vec<Proof> {
    let mut found = Vec::new();
    let scenarios = workspace.join("tests/scenarios");
    for path in files(&scenarios, "toml") {
        let name = path.strip_prefix(&scenarios).expect("it is below").display().to_string();
        found.extend(scenario_proofs(&text(&path), &name));
    }
    for folder in ["crates", "tests", "tools"] {
        for path in files(&workspace.join(folder), "rs") {
            let name = path.strip_prefix(workspace).expect("it is below").display().to_string();
            found.extend(test_proofs(&text(&path)).into_iter().map(|(promise, test)| Proof {
                promise,
                place: format!("[test: {}](../../{name})", test.replace('_', " ")),
                scenario: None,
            }));
        }
    }
    found.sort();
    found
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|wrong| panic!("{}: {wrong}", path.display()))
}

/// Files with this extension, at any depth, in order.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        let entries =
            fs::read_dir(&folder).unwrap_or_else(|wrong| panic!("{}: {wrong}", folder.display()));
        for path in entries.map(|entry| entry.expect("a folder can be listed").path()) {
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// What a scenario says that it proves. Its source is ids and nothing else: what is none is told as a
/// promise that the contract does not have.
fn scenario_proofs(text: &str, name: &str) -> Vec<Proof> {
    let scenario: toml::Table = text.parse().unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
    let told = |key| scenario.get(key).and_then(toml::Value::as_str).unwrap_or_default();
    let (source, place) =
        (told("source"), format!("[{}]({name})", told("title").replace('|', "\\|")));
    source
        .split(", ")
        .map(|promise| Proof {
            promise: promise.into(),
            place: place.clone(),
            scenario: Some(text.into()),
        })
        .collect()
}

/// Promises that tests in a file say they prove, each with the name of its test.
fn test_proofs(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut named: Vec<String> = Vec::new();
    let mut is_test = false;
    for line in text.lines().map(str::trim) {
        if let Some(comment) = line.strip_prefix("///") {
            if let Some((_, source)) = comment.split_once("Source: CONTRACT.md ") {
                let words = source.split(['.', ';', ':']).next().unwrap_or_default().split(", ");
                named.extend(words.filter(|word| is_id(word)).map(str::to_owned));
            }
        } else if line.starts_with("#[") {
            is_test |= line.contains("test");
        } else {
            let name = line.trim_start_matches("async ").strip_prefix("fn ");
            if let (true, Some((name, _))) = (is_test, name.and_then(|rest| rest.split_once('('))) {
                found.extend(named.drain(..).map(|promise| (promise, name.to_owned())));
            }
            named.clear();
            is_test = false;
        }
    }
    found
}

#[test]
fn a_test_names_its_promises_in_its_comment() {
    let text = "/// Files. Source: CONTRACT.md 7-csv, 7-faults.\n#[tokio::test]\nasync fn a_file() {}\n\
                /// Source: CONTRACT.md 7-csv.\nfn no_test() {}\n#[test]\nfn of_nothing() {}\n";
    let pairs = test_proofs(text);
    let expected = ["7-csv", "7-faults"].map(|promise| (promise.into(), "a_file".into()));
    assert_eq!(pairs, expected);
}
