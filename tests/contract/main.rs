//! Every promise of CONTRACT.md is proven, and the index in `scenarios/README.md` says where.
//!
//! A promise has an id such as `4-busy`. A scenario names the promises that it proves in its `source`. A
//! test in Rust, for what no scenario can show, names them in its doc comment, as `Source: CONTRACT.md
//! 7-csv, 7-faults.` The index is made from these; `BLESS=1` writes it anew.

#![expect(clippy::expect_used, reason = "a test stops at the first surprise")]

mod promises;
mod proofs;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use crate::{
    promises::{Promise, promises},
    proofs::{Proof, proofs},
};

const BEGIN: &str =
    "<!-- The index is written by `BLESS=1 cargo test -p branchline-tests --test contract`. -->";

/// The top of the workspace.
fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn contract() -> Vec<Promise> {
    promises(&fs::read_to_string(workspace().join("CONTRACT.md")).expect("the contract is there"))
}

#[test]
fn every_promise_has_a_proof_and_every_proof_a_promise() {
    let contract = contract();
    let proofs = proofs(&workspace());
    let proven: BTreeSet<&str> = proofs.iter().map(|proof| proof.promise.as_str()).collect();
    let mut wrong = Vec::new();
    for promise in &contract {
        match (promise.is_planned, proven.contains(promise.id.as_str())) {
            (false, true) | (true, false) => {}
            (false, false) => wrong.push(format!(
                "CONTRACT.md:{}: nothing proves {}; write a scenario that names it as its source",
                promise.line, promise.id
            )),
            (true, true) => wrong.push(format!(
                "CONTRACT.md:{}: {} is proven, so it is not planned any more",
                promise.line, promise.id
            )),
        }
    }
    let known: BTreeSet<&str> = contract.iter().map(|promise| promise.id.as_str()).collect();
    for proof in proofs.iter().filter(|proof| !known.contains(proof.promise.as_str())) {
        wrong.push(format!("{}: the contract has no {}", proof.place, proof.promise));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A scenario that says it proves the row of `busy` has a busy call in it.
#[test]
fn a_scenario_shows_what_the_row_it_names_is_about() {
    let proofs = proofs(&workspace());
    let mut wrong = Vec::new();
    for promise in contract().iter().filter(|promise| !promise.words.is_empty()) {
        let of_it = proofs.iter().filter(|proof| proof.promise == promise.id);
        let told = of_it.filter_map(|proof| proof.scenario.as_ref().map(|text| (proof, text)));
        let told: Vec<(&Proof, &String)> = told.collect();
        let words = &promise.words;
        for (proof, _) in
            told.iter().filter(|(_, text)| !words.iter().any(|word| shows(text, word)))
        {
            wrong.push(format!("{} names {} and shows none of {words:?}", proof.place, promise.id));
        }
        for word in words.iter().filter(|_| !told.is_empty()) {
            if !told.iter().any(|(_, text)| shows(text, word)) {
                wrong.push(format!("no scenario of {} shows `{word}`", promise.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether the word is in the scenario, apart from its title and its source.
fn shows(scenario: &str, word: &str) -> bool {
    let is_told = |line: &&str| !line.starts_with("title") && !line.starts_with("source");
    let is_end = |letter: Option<char>| {
        !letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_')
    };
    scenario.lines().filter(is_told).any(|line| {
        line.match_indices(word).any(|(at, _)| {
            let (before, behind) = (&line[..at], &line[at + word.len()..]);
            is_end(before.chars().next_back()) && is_end(behind.chars().next())
        })
    })
}

#[test]
fn every_promise_has_one_id() {
    let mut lines: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for promise in contract() {
        lines.entry(promise.id).or_default().push(promise.line);
    }
    assert!(lines.len() > 150, "only {} promises were found", lines.len());
    lines.retain(|_, lines| lines.len() > 1);
    assert!(lines.is_empty(), "ids that stand in several lines of CONTRACT.md: {lines:?}");
}

#[test]
fn every_row_and_point_of_the_contract_has_an_id() {
    let text = fs::read_to_string(workspace().join("CONTRACT.md")).expect("the contract is there");
    let without = promises::points_without_id(&text);
    assert!(without.is_empty(), "lines of CONTRACT.md without an id: {without:?}");
}

#[test]
fn the_index_says_where_each_promise_is_proven() {
    let path = workspace().join("tests/scenarios/README.md");
    let readme = fs::read_to_string(&path).expect("the scenarios have a README");
    let (head, _) = readme.split_once(BEGIN).expect("the README has a place for the index");
    let expected = format!("{head}{BEGIN}\n\n{}", index(&contract(), &proofs(&workspace())));
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, expected).expect("the README can be written");
        return;
    }
    assert!(
        readme == expected,
        "the index of tests/scenarios/README.md is out of date: run it with BLESS=1"
    );
}

/// The table of promises and their proofs, in the order of the contract.
fn index(contract: &[Promise], proofs: &[Proof]) -> String {
    let mut table = String::from("| Promise | Proven by |\n|---|---|\n");
    for promise in contract {
        let of_it = proofs.iter().filter(|proof| proof.promise == promise.id);
        let places: Vec<String> = of_it.map(|proof| proof.place.clone()).collect();
        let places = if promise.is_planned { "planned".into() } else { places.join("<br>") };
        for part in ["| `", &promise.id, "` | ", &places, " |\n"] {
            table.push_str(part);
        }
    }
    table
}
