//! The files by which the operator reaches a running server.

use std::{fs, process::Command};

use branchline_evidence::head::SignedHead;
use branchline_vault::signing::VerifierKey;

use super::directory::done;
use crate::{
    client::{ask, ask_as_operator},
    server::Running,
};

#[test]
fn a_running_server_says_in_its_directory_where_it_is_and_what_it_wants_to_hear() {
    let directory = tempfile::tempdir().unwrap();
    let read = |name: &str| fs::read_to_string(directory.path().join(name)).unwrap();
    for (command, flags) in [("serve", &[][..]), ("demo", &["--leads", "5"])] {
        let server = Running::start(command, directory.path(), flags);
        assert_eq!(read("admin-url").trim_end(), format!("http://{}", server.address));
        let token = read("admin-token");
        let path = "/v1/admin/records?limit=1";
        let asked = ask_as_operator(server.address, token.trim_end(), "GET", path).unwrap();
        assert_eq!(asked.0, 200, "{command}");
        let (status, problem) = ask(server.address, "GET", path, None).unwrap();
        assert_eq!((status, &problem["code"]), (401, &"unauthorized".into()));
        let told = problem["detail"].as_str().unwrap();
        assert!(told.contains("admin-token"), "{told}");

        // One that was killed leaves its files, and the next one replaces them.
        server.kill();
        assert_eq!(read("admin-token"), token);
        let next = Running::start(command, directory.path(), flags);
        assert_ne!(read("admin-token"), token);
        let asked = ask_as_operator(next.address, token.trim_end(), "GET", path).unwrap();
        assert_eq!(asked.0, 401, "the old token opens nothing");
        assert!(next.stop().success());
        for name in ["admin-token", "admin-url"] {
            assert!(!directory.path().join(name).exists(), "{name} outlives the server");
        }
    }
}

#[test]
fn a_server_with_a_key_signs_its_heads_and_one_without_it_does_not_start() {
    let directory = tempfile::tempdir().unwrap();
    let (data, key) = (directory.path().join("data"), directory.path().join("journal.key"));
    let key = key.to_str().unwrap();
    let environment = [("BRANCHLINE_AUDIT_SIGNING_KEY_PATH", key)];
    let missing = Command::new(env!("CARGO_BIN_EXE_branchline"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(&data)
        .envs(environment)
        .output()
        .unwrap();
    assert_eq!(missing.status.code(), Some(1));
    let told = String::from_utf8_lossy(&missing.stderr);
    assert!(told.contains("audit.signing_key_path") && told.contains(key), "{told}");

    done(&data, &["keys", "new", "--name", "example.com/journal", "--out", key]);
    let server = Running::start_with("serve", &data, &[], &environment);
    let token = fs::read_to_string(data.join("admin-token")).unwrap();
    let asked = ask_as_operator(server.address, token.trim_end(), "GET", "/v1/admin/head");
    let head = SignedHead::parse(asked.unwrap().1["note"].as_str().unwrap().as_bytes()).unwrap();
    let verifier = VerifierKey::read(format!("{key}.pub").as_ref()).unwrap();
    head.verify(&verifier).unwrap();
}
