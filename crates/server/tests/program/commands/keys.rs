//! Which key commands show, to a server that wants one.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    thread::{self, JoinHandle},
};

use super::{branchline, told};

const KEY: &str = "key_0192f3a1-0000-7000-8000-000000000002:s3cret-s3cret";

/// Refuses one request with this status, and gives back its `Authorization`.
fn refusing(status: &'static str, code: &'static str) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serving = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let head: Vec<String> = BufReader::new(stream.try_clone().unwrap())
            .lines()
            .map(Result::unwrap)
            .take_while(|line| !line.is_empty())
            .collect();
        let body = format!(r#"{{"code": "{code}", "detail": "not with this key"}}"#);
        let length = body.len();
        write!(stream, "HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
        let shown = head.iter().find_map(|line| line.strip_prefix("authorization: "));
        shown.unwrap_or_default().to_owned()
    });
    (url, serving)
}

fn asks(directory: &Path, url: &str, more: &[&str]) -> std::process::Command {
    branchline(directory, &[&["workflow", "list", "--url", url], more].concat())
}

#[test]
fn a_server_that_wants_another_key_has_its_own_code_and_the_key_is_never_told() {
    let directory = tempfile::tempdir().unwrap();
    for (status, code) in [("401 Unauthorized", "unauthorized"), ("403 Forbidden", "missing_scope")]
    {
        let (url, serving) = refusing(status, code);
        let output = asks(directory.path(), &url, &[]).env("BRANCHLINE_API_KEY", KEY).output();
        let told = told(&output.unwrap(), 4);
        assert!(told.contains(&format!("not with this key ({code})")), "{told}");
        assert!(!told.contains("s3cret"), "{told}");
        assert_eq!(serving.join().unwrap(), format!("Bearer {KEY}"));
    }
}

#[test]
fn a_key_of_a_file_comes_first_and_others_should_not_read_it() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("key");
    fs::write(&file, format!("{KEY}\n")).unwrap();
    for (mode, warns) in [(0o600, false), (0o644, true)] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        let (url, serving) = refusing("401 Unauthorized", "unauthorized");
        let mut command = asks(directory.path(), &url, &["--key-file", "key"]);
        let told = told(&command.env("BRANCHLINE_API_KEY", "other:key").output().unwrap(), 4);
        assert_eq!(told.contains("chmod 600 key"), warns, "{told}");
        assert_eq!(serving.join().unwrap(), format!("Bearer {KEY}"));
    }
}

#[test]
fn a_key_that_cannot_be_sent_or_read_is_told_without_a_part_of_it() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("key");
    fs::write(&file, "key_1:s3cret\nand more").unwrap();
    let url = "http://127.0.0.1:9";
    for (name, says) in [("key", "what is in key is no key"), ("none", "cannot read the key")] {
        let output = asks(directory.path(), url, &["--key-file", name]).output().unwrap();
        let told = told(&output, 1);
        assert!(told.contains(says) && !told.contains("s3cret"), "{told}");
    }
}

#[test]
fn a_key_that_would_go_in_clear_over_a_network_is_warned_of() {
    let directory = tempfile::tempdir().unwrap();
    // Nobody has this name.
    let url = "http://nobody.invalid";
    let mut command = asks(directory.path(), url, &["--retries", "0"]);
    let told = told(&command.env("BRANCHLINE_API_KEY", KEY).output().unwrap(), 3);
    assert!(told.contains("in clear") && !told.contains("s3cret"), "{told}");
}
