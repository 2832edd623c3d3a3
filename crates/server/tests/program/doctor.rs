//! `branchline doctor`, before a start, beside a running server, and on what is broken.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

use crate::{
    operator::directory::{done, with_leads},
    server::Running,
};

fn doctor(directory: &Path, flags: &[&str], environment: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_branchline"))
        .args(["doctor", "--json", "--data-dir"])
        .arg(directory)
        .args(flags)
        .env("BRANCHLINE_SERVER_LISTEN", "127.0.0.1:0")
        .envs(environment.iter().copied())
        .output()
        .unwrap()
}

/// Level and text of a check; the checks of a machine differ from one to the next.
#[track_caller]
fn found(output: &Output, check: &str) -> (String, String) {
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let finding = findings.iter().find(|finding| finding["check"] == check);
    let finding = finding.unwrap_or_else(|| panic!("no {check}: {report}"));
    let bad = finding["level"] == "warn" || finding["level"] == "fail";
    assert_eq!(bad, finding["advice"].is_string(), "advice where something is wrong: {finding}");
    (
        finding["level"].as_str().unwrap().to_owned(),
        format!("{} {}", finding["found"], finding["advice"]),
    )
}

#[test]
fn before_the_first_start_nothing_speaks_against_it_and_nothing_is_made() {
    let place = tempfile::tempdir().unwrap();
    let output = doctor(&place.path().join("data"), &[], &[]);
    assert!(matches!(output.status.code(), Some(0 | 5)), "{output:?}");
    for check in ["config", "data_dir", "journal", "listen", "tls", "clock"] {
        assert_eq!(found(&output, check).0, "ok", "{check}");
    }
    for check in ["disk.space", "disk.kind", "disk.sync", "limits.open_files", "limits.memory"] {
        found(&output, check);
    }
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn a_running_server_is_asked_and_a_stopped_one_is_read() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let (server, _, _) = with_leads(&data, &["Asha", "Ravi"]);
    let listen = server.address.to_string();
    let output = doctor(&data, &[], &[("BRANCHLINE_SERVER_LISTEN", &listen)]);
    assert!(matches!(output.status.code(), Some(0 | 5)), "{output:?}");
    let (level, text) = found(&output, "journal");
    assert!(level == "ok" && text.contains("a server has it open and is ready"), "{text}");
    let (level, text) = found(&output, "listen");
    assert!(level == "ok" && text.contains("the server of this directory"), "{text}");
    assert!(server.stop().success(), "it was not disturbed");

    let output = doctor(&data, &[], &[]);
    assert!(matches!(output.status.code(), Some(0 | 5)), "{output:?}");
    let (level, text) = found(&output, "journal");
    assert!(level == "ok" && text.contains("its end is whole"), "{text}");
    for check in ["data_dir", "data_dir.keys"] {
        assert_eq!(found(&output, check).0, "ok", "as a start made it: {check}");
    }
    let again = Running::start("serve", &data, &[]);
    assert!(again.stop().success());
}

#[test]
fn a_journal_that_lost_its_keys_or_its_end_is_a_failure() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let (server, _, _) = with_leads(&data, &["Asha"]);
    assert!(server.stop().success());
    fs::rename(data.join("keys"), place.path().join("keys")).unwrap();
    let output = doctor(&data, &[], &[]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let (level, text) = found(&output, "journal.keys");
    assert!(level == "fail" && text.contains("branchline keys restore"), "{text}");
    fs::rename(place.path().join("keys"), data.join("keys")).unwrap();

    // The journal of another, empty directory under the mark of this one.
    let empty = place.path().join("empty");
    let server = Running::start("serve", &empty, &[]);
    assert!(server.stop().success());
    fs::remove_dir_all(data.join("journal/db")).unwrap();
    fs::rename(empty.join("journal/db"), data.join("journal/db")).unwrap();
    let output = doctor(&data, &[], &[]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let (level, text) = found(&output, "journal");
    assert!(level == "fail" && text.contains("was acknowledged"), "{text}");
}

#[test]
fn a_broken_configuration_is_a_finding_and_the_rest_is_looked_at_all_the_same() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("my.toml");
    fs::write(&file, "[server]\nlisen = \"127.0.0.1:0\"\n").unwrap();
    let file = file.display().to_string();
    let output = doctor(&place.path().join("data"), &["--config", &file], &[]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let (level, text) = found(&output, "config");
    assert!(level == "fail" && text.contains("did you mean `listen`"), "{text}");
    assert_eq!(found(&output, "journal").0, "ok");
}

#[test]
fn keys_are_looked_at_in_a_stopped_directory_and_asked_of_a_running_server() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let proxied = [("BRANCHLINE_SERVER_BEHIND_PROXY", "true")];
    let output = doctor(&data, &[], &proxied);
    assert_eq!(output.status.code(), Some(1), "others reach it: {output:?}");
    let (level, text) = found(&output, "api_keys");
    assert!(level == "fail" && text.contains("branchline keys create"), "{text}");
    assert_eq!(found(&doctor(&data, &[], &[]), "api_keys").0, "ok", "nobody reaches it");

    let create = ["keys", "create", "--name", "dialler", "--scope", "ingest", "--expires", "3d"];
    let credentials = done(&data, &create);
    let id = credentials.split(':').next().unwrap();
    let ends_soon = |output: &Output| {
        assert_eq!(found(output, "api_keys").0, "ok");
        let (level, text) = found(output, "api_keys.expiry");
        assert!(level == "warn" && text.contains(id), "{text}");
        assert!(text.contains("in 2 days") && text.contains("keys rotate"), "{text}");
    };
    ends_soon(&doctor(&data, &[], &proxied));
    let server = Running::start_with("serve", &data, &[], &proxied);
    let listen = server.address.to_string();
    let running = [("BRANCHLINE_SERVER_LISTEN", listen.as_str()), proxied[0]];
    ends_soon(&doctor(&data, &[], &running));

    done(&data, &["keys", "revoke", id]);
    let output = doctor(&data, &[], &running);
    let (level, text) = found(&output, "api_keys");
    assert!(level == "fail" && text.contains("no key is live"), "{text}");
}

#[test]
fn a_certificate_without_a_fitting_key_and_a_key_for_everybody_are_told() {
    let place = tempfile::tempdir().unwrap();
    let file = |name: &str| place.path().join(name).display().to_string();
    let make = || rcgen::generate_simple_self_signed(["calls.example.com".to_owned()]).unwrap();
    let (ours, other) = (make(), make());
    fs::write(file("cert.pem"), ours.cert.pem()).unwrap();
    fs::write(file("key.pem"), other.signing_key.serialize_pem()).unwrap();
    fs::set_permissions(file("key.pem"), fs::Permissions::from_mode(0o644)).unwrap();
    let environment = [
        ("BRANCHLINE_SERVER_TLS_CERT_PATH", file("cert.pem")),
        ("BRANCHLINE_SERVER_TLS_KEY_PATH", file("key.pem")),
    ];
    let environment: Vec<_> =
        environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let data = place.path().join("data");
    let output = doctor(&data, &[], &environment);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let (level, text) = found(&output, "tls");
    assert!(level == "fail" && text.contains("key.pem"), "{text}");
    let (level, text) = found(&output, "config.secrets");
    assert!(level == "warn" && text.contains("chmod 600"), "{text}");

    fs::write(file("key.pem"), ours.signing_key.serialize_pem()).unwrap();
    let output = doctor(&data, &[], &environment);
    let (level, text) = found(&output, "tls");
    assert!(level == "ok" && text.contains("calls.example.com"), "{text}");
}

#[test]
fn people_get_lines_with_what_to_do() {
    let place = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_branchline"))
        .args(["doctor", "--data-dir"])
        .arg(place.path().join("data"))
        .env("BRANCHLINE_SERVER_LISTEN", "not an address")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("FAIL  listen") && text.contains("-> set server.listen"), "{text}");
    assert!(text.contains("checks: 1 failed"), "{text}");
}
