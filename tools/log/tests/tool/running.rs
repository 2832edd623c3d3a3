//! A running server as the source of records: whole or not at all, and followed through restarts.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use branchline_journal::sled_store::{SledOptions, SledStore};

use crate::{
    fake_server::{FakeServer, Reply},
    world::{journal_with, text, tool},
};

/// The whole export of a small journal, as its server would send it.
fn export(directory: &Path, format: &str) -> Vec<u8> {
    let output = tool(&["export", "-", "--format", format], directory);
    assert!(output.status.success());
    output.stdout
}

/// The lines of records from one position to another one.
fn lines(export: &[u8], from: usize, to: usize) -> Vec<u8> {
    let lines: Vec<&[u8]> = export.split_inclusive(|byte| *byte == b'\n').collect();
    lines.get(from - 1..to).unwrap().concat()
}

/// The tool over a server, with the token in a file.
fn ask(server: &FakeServer, arguments: &[&str]) -> Output {
    let directory = tempfile::tempdir().unwrap();
    let token = directory.path().join("admin-token");
    fs::write(&token, "abc123\n").unwrap();
    Command::new(env!("CARGO_BIN_EXE_branchline-log"))
        .args(arguments)
        .arg(&server.url)
        .arg("--token-file")
        .arg(token)
        .env_remove("BRANCHLINE_TOKEN")
        .output()
        .unwrap()
}

fn small_journal() -> (tempfile::TempDir, Vec<u8>) {
    let directory = tempfile::tempdir().unwrap();
    journal_with(directory.path(), &[]);
    let whole = export(directory.path(), "jsonl");
    (directory, whole)
}

#[test]
fn a_server_is_read_as_its_stopped_directory_would_be() {
    let (directory, _) = small_journal();
    let whole = export(directory.path(), "blocks");
    let server = FakeServer::start(vec![Reply::Whole { head: 6, body: whole }]);
    let output = ask(&server, &["list"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), text(&tool(&["list"], directory.path()).stdout));
    let asked = server.asked();
    assert_eq!(asked.len(), 1);
    let (line, token) = asked.first().unwrap();
    assert_eq!(line, "GET /v1/admin/export?format=blocks");
    assert_eq!(token, "Bearer abc123");
}

#[test]
fn what_breaks_off_is_no_answer_at_all() {
    let (directory, _) = small_journal();
    let whole = export(directory.path(), "blocks");
    let without_end = whole.get(..whole.len() - 64).unwrap().to_vec();
    for (reply, words) in [
        (Reply::Cut { head: 6, body: whole.clone(), missing: 700 }, "gives no answer"),
        (Reply::Cut { head: 6, body: whole.clone(), missing: 1 }, "gives no answer"),
        (Reply::Whole { head: 6, body: without_end }, "before the end of its journal"),
        // Whole, but of fewer records than the server had.
        (Reply::Whole { head: 7, body: whole }, "before the end of its journal"),
        (Reply::HangUp, "gives no answer"),
    ] {
        let server = FakeServer::start(vec![reply]);
        let output = ask(&server, &["list"]);
        assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
        assert!(output.stdout.is_empty(), "{}", text(&output.stdout));
        assert!(text(&output.stderr).contains(words), "{}", text(&output.stderr));
    }
}

#[test]
fn a_record_that_was_changed_on_the_way_is_damage_with_its_place() {
    let (directory, lines_of_all) = small_journal();
    let mut changed = export(directory.path(), "blocks");
    let length = changed.len();
    *changed.get_mut(length - 100).unwrap() ^= 1;
    let server = FakeServer::start(vec![Reply::Whole { head: 6, body: changed }]);
    let output = ask(&server, &["list"]);
    assert_eq!(output.status.code(), Some(5));
    assert!(text(&output.stderr).contains("at position "), "{}", text(&output.stderr));

    let all = text(&lines_of_all);
    let forged = all.replace("\"principal\":\"test\"", "\"principal\":\"tost\"");
    let mut page = lines(&lines_of_all, 3, 3);
    page.extend(lines(forged.as_bytes(), 4, 4));
    let head = Reply::Whole { head: 6, body: Vec::new() };
    let server = FakeServer::start(vec![head, Reply::Whole { head: 6, body: page }]);
    let output = ask(&server, &["tail", "-n", "4"]);
    assert_eq!(output.status.code(), Some(5));
    let told = text(&output.stderr);
    assert!(told.contains("damaged record after position 3"), "{told}");
    assert!(text(&output.stdout).starts_with("3 "), "what is before it is told");
}

#[test]
fn a_server_that_says_no_is_told_in_its_words() {
    for (reply, words) in [
        (Reply::Problem(401, "the token is not that of this server"), "401: the token is not"),
        (Reply::Page(404, "<h1>Not found</h1>"), "no routes for its operator"),
        (Reply::Page(200, "<h1>Welcome</h1>"), "no branchline-head"),
        (Reply::Problem(503, "shutting down"), "503: shutting down"),
    ] {
        let server = FakeServer::start(vec![reply]);
        let output = ask(&server, &["list"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stderr).contains(words), "{}", text(&output.stderr));
    }
}

#[test]
fn without_a_token_nothing_is_asked_and_the_way_is_shown() {
    for (url, words) in [
        ("http://127.0.0.1:9", "--token-file"),
        ("http://user:word@127.0.0.1:9", "not given in it"),
        ("http://127.0.0.1:9/?x=1", "it ends before"),
        ("http://", "no URL of a server"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_branchline-log"));
        command.args(["list", url]).env_remove("BRANCHLINE_TOKEN");
        if !words.starts_with("--") {
            command.env("BRANCHLINE_TOKEN", "abc123");
        }
        let output = command.output().unwrap();
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(words) && told.contains("Example:"), "{told}");
        assert!(!told.contains("abc123"), "{told}");
    }
}

#[test]
fn tail_asks_a_server_only_for_the_last_records() {
    let (directory, whole) = small_journal();
    let server = FakeServer::start(vec![
        Reply::Whole { head: 6, body: Vec::new() },
        Reply::Whole { head: 6, body: lines(&whole, 5, 6) },
    ]);
    let output = ask(&server, &["tail", "-n", "2"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let stopped = tool(&["tail", "-n", "2"], directory.path());
    assert_eq!(text(&output.stdout), text(&stopped.stdout));
    assert!(server.asked().get(1).unwrap().0.contains("after=4&"), "{:?}", server.asked());
}

#[test]
fn follow_goes_on_after_the_last_record_when_the_server_was_away() {
    let (_directory, whole) = small_journal();
    let page = |head, from, to| Reply::Whole { head, body: lines(&whole, from, to) };
    let server = FakeServer::start(vec![
        Reply::Whole { head: 2, body: Vec::new() },
        page(2, 1, 2),
        // It stops in the middle of an answer, is away, does not know the old token, and is back.
        Reply::Cut { head: 4, body: lines(&whole, 3, 4), missing: 20 },
        Reply::HangUp,
        Reply::Problem(401, "each start makes a new one"),
        Reply::Whole { head: 6, body: Vec::new() },
        page(6, 4, 6),
        // Nothing comes for half a minute.
        Reply::Whole { head: 6, body: Vec::new() },
        // It was given an older journal.
        Reply::Whole { head: 5, body: Vec::new() },
    ]);
    let output = ask(&server, &["tail", "--follow", "-n", "2"]);
    assert_eq!(output.status.code(), Some(5));
    let shown = text(&output.stdout);
    let positions: Vec<&str> = shown
        .lines()
        .filter(|line| !line.starts_with(' '))
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert_eq!(positions, ["1", "2", "3", "4", "5", "6"], "each once, without a gap");
    let told = text(&output.stderr);
    assert_eq!(told.matches("asking again").count(), 1, "{told}");
    assert!(told.contains("for what comes after record 3"), "{told}");
    assert!(told.contains("the server answers again"), "{told}");
    assert!(told.contains("ends at position 5 now, and record 6"), "{told}");
}

#[test]
fn follow_needs_a_server_and_shows_the_one_that_runs() {
    let directory = tempfile::tempdir().unwrap();
    journal_with(directory.path(), &[]);
    let output = tool(&["tail", "--follow"], directory.path());
    assert_eq!(output.status.code(), Some(2));
    let told = text(&output.stderr);
    assert!(told.contains("--follow` needs the URL") && told.contains("Example:"), "{told}");
    fs::write(directory.path().join("admin-url"), "http://127.0.0.1:8080\n").unwrap();
    let told = text(&tool(&["tail", "--follow"], directory.path()).stderr);
    assert!(told.contains("tail http://127.0.0.1:8080 --follow --token-file "), "{told}");
}

#[test]
fn a_journal_in_use_is_answered_with_its_owner_and_a_command_that_works() {
    let (directory, _) = small_journal();
    let whole = export(directory.path(), "blocks");
    let server = FakeServer::start(vec![Reply::Whole { head: 6, body: whole }]);
    let before = tool(&["list"], directory.path()).stdout;
    fs::write(directory.path().join("admin-url"), format!("{}\n", server.url)).unwrap();
    fs::write(directory.path().join("admin-token"), "abc123\n").unwrap();
    let open = SledStore::open(&SledOptions::new(directory.path().join("journal"))).unwrap();
    let output = tool(&["list"], directory.path());
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    assert!(told.contains(&std::process::id().to_string()), "{told}");
    let command = told.lines().last().unwrap();
    let mut words = command.split_whitespace();
    let output = Command::new(words.next().unwrap()).args(words).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), text(&before));
    drop(open);
}
