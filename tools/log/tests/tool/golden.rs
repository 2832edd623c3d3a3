//! What every command prints over one small journal in which everything happens, compared with files
//! that people have read. `BLESS=1` writes them.

use std::{collections::BTreeSet, fs, path::Path};

use branchline_domain::id::OrganisationId;
use branchline_event_codec::{LEAD_EVENT_TYPES, ORGANISATION_EVENT_TYPES, WORKFLOW_EVENT_TYPES};
use serde_json::Value;

use crate::{
    story::{ANN, BEN, FLOW, tell},
    world::{text, tool},
};

/// A file of `tests/golden`, and the command that prints it.
fn cases() -> Vec<(&'static str, Vec<String>)> {
    let (flow, ann, ben) = (FLOW.to_string(), ANN.to_string(), BEN.to_string());
    let call = format!("call_{}_2", ANN.as_uuid());
    let case = |name: &'static str, line: &str| {
        let words = line.split(' ').map(|word| match word {
            "FLOW" => flow.clone(),
            "ANN" => ann.clone(),
            "BEN" => ben.clone(),
            "CALL" => call.clone(),
            "ORG" => OrganisationId::DEFAULT.to_string(),
            word => word.to_owned(),
        });
        (name, words.collect())
    };
    vec![
        case("list.txt", "list"),
        case("list.jsonl", "list --json"),
        case("show-workflow.txt", "show FLOW"),
        case("show-workflow.jsonl", "show FLOW --json"),
        case("show-lead.txt", "show ANN --phone-numbers"),
        case("show-lead.jsonl", "show BEN --json"),
        // Erased by the journal, and his key is still there.
        case("show-erased.txt", "show BEN --phone-numbers"),
        case("show-call.txt", "show CALL"),
        case("show-keys.txt", "show ORG"),
        case("show-keys.jsonl", "show ORG --json"),
        case("replay.txt", "replay"),
        case("replay.json", "replay --json"),
        case("replay-then.txt", "replay --until 2026-03-02T10:08:00Z"),
        case("replay-workflow.txt", "replay FLOW"),
        case("replay-workflow.json", "replay FLOW --json"),
        case("replay-graph.json", "replay FLOW --graph 1"),
        case("replay-lead.txt", "replay ANN --personal"),
        case("replay-lead.json", "replay ANN --personal --json"),
        case("replay-held.txt", "replay BEN --until 2026-03-02T09:22:00Z"),
        case("replay-call.txt", "replay CALL"),
        case("replay-keys.txt", "replay ORG"),
        case("replay-keys.json", "replay ORG --json"),
        case("explain.txt", "explain BEN --at 2026-03-02T09:07:00Z"),
        case("explain.json", "explain BEN --at 2026-03-02T09:07:00Z --json"),
        case("history.txt", "history ANN"),
        case("history.json", "history ANN --json"),
        case("diff.txt", "diff 18 head"),
        case("diff.json", "diff 18 head --json"),
        case("diff-lead.txt", "diff 18 head ANN"),
        case("stats.txt", "stats"),
        case("stats.json", "stats --json"),
    ]
}

#[test]
fn every_command_prints_what_was_agreed() {
    let bless = std::env::var_os("BLESS").is_some();
    let directory = tempfile::tempdir().unwrap();
    tell(directory.path());
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    fs::create_dir_all(&golden).unwrap();
    let mut wrong = Vec::new();
    for (name, arguments) in cases() {
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = tool(&words, directory.path());
        assert!(output.status.success(), "{words:?}: {}", text(&output.stderr));
        let printed = text(&output.stdout);
        let file = golden.join(name);
        if bless {
            fs::write(&file, &printed).unwrap();
        } else if fs::read_to_string(&file).ok().as_ref() != Some(&printed) {
            wrong.push(format!("{name} ({}):\n{printed}", words.join(" ")));
        }
    }
    assert!(wrong.is_empty(), "BLESS=1 writes them anew:\n{}", wrong.join("\n"));
    let named: BTreeSet<String> = cases().iter().map(|(name, _)| (*name).to_owned()).collect();
    let there = fs::read_dir(&golden).unwrap();
    let there = there.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(named, there.collect(), "a file for each command, and a command for each file");
}

#[test]
fn every_type_of_event_happens_in_the_story() {
    let directory = tempfile::tempdir().unwrap();
    tell(directory.path());
    let output = tool(&["stats", "--json"], directory.path());
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let types = told.pointer("/types").unwrap().as_object().unwrap();
    let happen: BTreeSet<&str> = types.keys().map(String::as_str).collect();
    let all = LEAD_EVENT_TYPES.iter().chain(WORKFLOW_EVENT_TYPES).chain(ORGANISATION_EVENT_TYPES);
    let all: BTreeSet<&str> = all.copied().collect();
    assert_eq!(happen, all, "tell of it in tests/tool/story.rs");
}

#[test]
fn json_and_text_are_the_same_on_any_day() {
    // The directory, the clock and the terminal leave no trace in what is printed.
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    tell(first.path());
    tell(second.path());
    for command in [&["replay"][..], &["stats"], &["list", "--json"]] {
        let printed = [&first, &second].map(|directory| tool(command, directory.path()).stdout);
        assert_eq!(printed[0], printed[1], "{command:?}");
    }
}
