//! What the program refuses before it does anything.

use std::{fs, path::Path, process::Command};

fn refused(arguments: &[&str], directory: &Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_branchline"))
        .args(arguments)
        .current_dir(directory)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn an_address_that_others_can_reach_is_refused_without_tls_or_a_proxy() {
    let directory = tempfile::tempdir().unwrap();
    let told = refused(&["serve", "--listen", "0.0.0.0:0"], directory.path());
    assert!(told.contains("0.0.0.0") && told.contains("behind_proxy"), "{told}");
    assert!(!directory.path().join("branchline-data").exists(), "nothing was made");
}

#[test]
fn an_unknown_config_key_is_refused_with_file_line_and_nearest_key() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("my.toml"), "[server]\nlisen = \"127.0.0.1:0\"\n").unwrap();
    let told = refused(&["serve", "--config", "my.toml"], directory.path());
    assert!(told.contains("my.toml:2") && told.contains("did you mean `listen`"), "{told}");
    let told = refused(&["serve", "--config", "missing.toml"], directory.path());
    assert!(told.contains("missing.toml"), "{told}");
}

#[test]
fn a_journal_of_noise_is_refused_and_left_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let database = directory.path().join("branchline-data/journal/db");
    fs::create_dir_all(&database).unwrap();
    fs::write(database.join("db"), vec![0xA5; 70_000]).unwrap();
    fs::write(database.join("conf"), b"noise").unwrap();
    let told = refused(&["serve", "--listen", "127.0.0.1:0"], directory.path());
    assert!(told.contains("journal"), "{told}");
    assert_eq!(fs::read(database.join("db")).unwrap(), vec![0xA5; 70_000]);
}

#[cfg(not(feature = "otlp"))]
#[test]
fn traces_that_nobody_can_send_are_refused_with_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let endpoint = "[trace]\notlp_endpoint = \"http://127.0.0.1:4318/v1/traces\"\n";
    fs::write(directory.path().join("my.toml"), endpoint).unwrap();
    let told = refused(&["serve", "--config", "my.toml"], directory.path());
    assert!(told.contains("trace.otlp_endpoint") && told.contains("--features otlp"), "{told}");
}
