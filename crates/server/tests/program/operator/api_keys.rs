//! `branchline keys create`, `list`, `rotate` and `revoke`, on running and on stopped directories.

use std::process::Command;

use serde_json::Value;

use super::directory::{branchline, contains, done, refused};
use crate::{client::ask_as_operator, server::Running};

/// What a request with this key to a list of workflows is answered.
fn asked(server: &Running, credentials: &str) -> u16 {
    let (status, _) = ask_as_operator(server.address, credentials, "GET", "/v1/workflows").unwrap();
    status
}

fn id_of(credentials: &str) -> &str {
    credentials.split(':').next().unwrap()
}

#[test]
fn a_key_made_in_a_stopped_directory_opens_its_server_and_can_be_rotated_and_revoked_while_it_runs()
{
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    // The first one, before there is a directory: printed alone, so that a script takes it.
    let first = done(&data, &["keys", "create", "--name", "first", "--scope", "read,admin"]);
    let first = first.trim();
    assert_eq!(first.lines().count(), 1);
    let secret = first.split_once(':').unwrap().1;
    assert_eq!(contains(&data, secret.as_bytes()), None, "the secret lies nowhere");

    let server = Running::start("serve", &data, &[]);
    assert_eq!((asked(&server, first), asked(&server, &first[..first.len() - 1])), (200, 401));
    let tenant = ["keys", "create", "--name", "tenant", "--scope", "read", "--organisation", "new"];
    let made: Value = serde_json::from_str(&done(
        &data,
        &[&tenant[..], &["--expires", "90d", "--json"]].concat(),
    ))
    .unwrap();
    let stranger = made["credentials"].as_str().unwrap();
    assert!(made["key"]["expires_at"].is_string(), "{made}");
    assert_eq!(asked(&server, stranger), 200);

    let second = done(&data, &["keys", "rotate", id_of(first), "--overlap", "1h"]);
    let second = second.trim();
    assert_eq!((asked(&server, first), asked(&server, second)), (200, 200));
    let told = done(&data, &["keys", "revoke", id_of(first)]);
    assert!(told.contains("is revoked"), "{told}");
    assert_eq!((asked(&server, first), asked(&server, second)), (401, 200));
    let shown = done(&data, &["keys", "list"]);
    let while_running = done(&data, &["keys", "list", "--json"]);
    for part in [id_of(first), id_of(second), "revoked", "live", "read,admin", "tenant"] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    assert!(!shown.contains("bls_") && !while_running.contains("bls_"));
    assert!(server.stop().success());
    assert_eq!(contains(&data, b"bls_"), None, "no secret lies anywhere");

    // A stopped directory tells the same, last uses too, and a new server knows every end.
    assert_eq!(done(&data, &["keys", "list", "--json"]), while_running);
    let organisation = made["key"]["organisation_id"].as_str().unwrap();
    let own = done(&data, &["keys", "list", "--json", "--organisation", organisation]);
    assert_eq!(serde_json::from_str::<Vec<Value>>(&own).unwrap().len(), 1);
    done(&data, &["keys", "revoke", id_of(second)]);
    let server = Running::start("serve", &data, &[]);
    assert_eq!((asked(&server, second), asked(&server, stranger)), (401, 200));
}

#[test]
fn what_is_wrong_with_a_key_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let none = branchline(&data, &["keys", "create", "--name", "x"]);
    assert_eq!(none.status.code(), Some(2), "{none:?}");
    let scope = branchline(&data, &["keys", "create", "--name", "x", "--scope", "write"]);
    assert!(String::from_utf8_lossy(&scope.stderr).contains("the scopes are read"), "{scope:?}");
    let told = refused(&data, &["keys", "create", "--name", " ", "--scope", "read"]);
    assert!(told.contains("1 to 100 characters"), "{told}");
    let unknown = "key_00000000-0000-0000-0000-000000000009";
    let told = refused(&data, &["keys", "revoke", unknown]);
    assert!(told.contains("there is no key") && told.contains("keys list"), "{told}");
}

/// Starts a server behind a proxy, and gives what it says when it ends at once.
fn behind_a_proxy(data: &std::path::Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_branchline"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(data)
        .env("BRANCHLINE_SERVER_BEHIND_PROXY", "true")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!told.contains("listening on"), "nobody could reach it: {told}");
    told
}

#[test]
fn whoever_others_can_reach_needs_a_key_first() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let told = behind_a_proxy(&data);
    assert!(told.contains("branchline keys create"), "{told}");
    let key = done(&data, &["keys", "create", "--name", "first", "--scope", "read"]);
    let proxied = [("BRANCHLINE_SERVER_BEHIND_PROXY", "true")];
    let server = Running::start_with("serve", &data, &[], &proxied);
    assert_eq!(asked(&server, key.trim()), 200);
    assert!(server.stop().success());
    // One that ended is none.
    done(&data, &["keys", "revoke", id_of(&key)]);
    assert!(behind_a_proxy(&data).contains("no live API key"));
}
