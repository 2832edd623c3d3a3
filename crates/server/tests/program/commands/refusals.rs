//! What commands refuse, and with which exit code.

use std::{
    ffi::OsStr,
    net::TcpListener,
    os::unix::ffi::OsStrExt as _,
    process::{Command, Stdio},
};

use super::{Asked, branchline, told};

#[test]
fn a_server_that_is_not_there_has_its_own_code() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let directory = tempfile::tempdir().unwrap();
    let line = ["workflow", "list", "--url", &url, "--retries", "0"];
    let told = told(&branchline(directory.path(), &line).output().unwrap(), 3);
    assert!(told.contains(&url) && told.contains("BRANCHLINE_URL"), "{told}");
}

#[test]
fn an_address_that_is_none_and_a_key_in_it_are_wrong_usage() {
    let directory = tempfile::tempdir().unwrap();
    for (url, says) in [
        ("localhost:8080", "begins with http:// or https://"),
        ("http://key_1:s3cret@localhost", "--key-file"),
    ] {
        let line = ["workflow", "list", "--url", url];
        let told = told(&branchline(directory.path(), &line).output().unwrap(), 2);
        assert!(told.contains(says) && !told.contains("s3cret"), "{told}");
    }
}

#[test]
fn a_program_that_is_no_server_of_ours_is_told() {
    let asked = Asked::start();
    let url = format!("{}/elsewhere", asked.url());
    let told = asked.refused(1, &["workflow", "list", "--url", &url]);
    assert!(told.contains("(route_not_found)"), "{told}");
}

#[test]
fn names_that_fit_none_or_several_are_told_with_what_there_is() {
    let asked = Asked::start();
    let told = asked.refused(1, &["workflow", "show", "Spring"]);
    assert!(told.contains("there is no workflow `Spring`; there are\n  none"), "{told}");
    let first = asked.done(&["workflow", "create", "--title", "Spring"]);
    let second = asked.done(&["workflow", "create", "--title", "Spring"]);
    let told = asked.refused(1, &["workflow", "show", "Spring"]);
    assert!(told.contains(first.trim()) && told.contains(second.trim()), "{told}");
    let unknown = "wf_0192f3a1-0000-7000-8000-000000000009";
    let told = asked.refused(1, &["workflow", "show", unknown]);
    assert!(
        told.contains(&format!("there is no workflow {unknown} (workflow_not_found)")),
        "{told}"
    );
    assert!(told.contains("\n  request req-"), "{told}");
}

#[test]
fn wrong_usage_is_answered_with_an_example() {
    let directory = tempfile::tempdir().unwrap();
    for (line, says) in [
        (&["lead", "add", "Spring"][..], "<PHONE>"),
        (&["workflow", "create"], "--title"),
        (&["workflow", "edit", "Spring"], "--title"),
        (&["lead", "resolve", "+12125550123"], "--output"),
        (
            &["lead", "resolve", "+12125550123", "--output", "DNP", "--redial"],
            "cannot be used with",
        ),
        (&["lead", "act", "Spring", "remove"], "--every"),
        (&["lead", "add", "Spring", "1", "--var", "age"], "write name=text"),
        (&["lead", "act", "Spring", "remove", "--held", "tired"], "review_required"),
        (&["workflow", "list", "--status", "asleep"], "the statuses are draft"),
        (&["workflow", "list", "--limit", "0"], "0"),
    ] {
        let told = told(&branchline(directory.path(), line).output().unwrap(), 2);
        assert!(told.contains(says), "{line:?}: {told}");
        assert!(told.contains("\nExample:\n  branchline "), "{line:?}: {told}");
    }
    let asked = Asked::start();
    asked.spring();
    for (line, says) in [
        (&["lead", "act", "Spring", "resolve", "--held"][..], "needs --output"),
        (&["lead", "act", "Spring", "remove", "--held", "--output", "DNP"], "does not belong to"),
        (&["lead", "act", "Spring", "move-to", "--held"], "needs --to"),
        (&["lead", "show", "nobody"], "a phone number is taken too"),
    ] {
        let told = asked.refused(2, line);
        assert!(told.contains(says) && told.contains("\nExample:\n"), "{line:?}: {told}");
    }
}

#[test]
fn arguments_and_files_that_are_no_text_are_refused() {
    let asked = Asked::start();
    let output = Command::new(env!("CARGO_BIN_EXE_branchline"))
        .args(["workflow", "show"])
        .arg(OsStr::from_bytes(b"Spr\xffing"))
        .output()
        .unwrap();
    assert!(told(&output, 2).contains("UTF-8"), "{output:?}");
    let file = asked.file("latin1.json", b"{\"title\": \"M\xe4rz\"}");
    let told = asked.refused(1, &["workflow", "create", "--file", &file]);
    assert!(told.contains("latin1.json: byte 12 is not UTF-8"), "{told}");
    let file = asked.file("broken.json", "{\"nodes\": [}");
    let told = asked.refused(1, &["workflow", "create", "--file", &file]);
    assert!(told.contains("line 1 column"), "{told}");
    assert!(asked.json(&["workflow", "list"]).is_empty());
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let asked = Asked::start();
    for title in ["a", "b", "c"] {
        asked.done(&["workflow", "create", "--title", title]);
    }
    for line in ["workflow list", "events", "workflow list --json", "man", "completions bash"] {
        let words: Vec<&str> = line.split(' ').collect();
        let mut command = branchline(asked.directory.path(), &words);
        command.env("BRANCHLINE_URL", asked.url());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{line}: {output:?}");
        assert_eq!(output.stderr, b"", "{line}");
    }
}

#[test]
fn what_cannot_be_taken_back_is_not_done_unasked() {
    let asked = Asked::start();
    asked.done(&["workflow", "create", "--title", "Spring"]);
    for action in ["cancel", "delete"] {
        let told = asked.refused(1, &["workflow", action, "Spring"]);
        assert!(told.contains("add --yes"), "{told}");
    }
    assert_eq!(asked.json(&["workflow", "show", "Spring"])[0]["status"], "draft");
}
