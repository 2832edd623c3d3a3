//! The files that people deploy with say nothing that the program does not take.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn text_of(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Every setting as a variable of the environment.
fn settings() -> BTreeSet<String> {
    let defaults: toml::Table = text_of("config/default.toml").parse().unwrap();
    let tables = defaults.iter();
    tables
        .flat_map(|(table, entries)| {
            let keys = entries.as_table().unwrap().keys();
            keys.map(move |key| format!("BRANCHLINE_{table}_{key}").to_uppercase())
        })
        .collect()
}

#[test]
fn every_setting_in_them_exists() {
    let settings = settings();
    for file in ["Dockerfile", "deploy/compose.yaml"] {
        let text = text_of(file);
        let words = text.split(|c: char| !(c.is_ascii_uppercase() || c == '_'));
        let named: BTreeSet<&str> = words.filter(|word| word.starts_with("BRANCHLINE_")).collect();
        assert!(!named.is_empty(), "{file}");
        for name in named {
            assert!(settings.contains(name), "{file} sets {name}, which is no setting");
        }
    }
}

#[test]
fn every_command_in_them_exists() {
    let healthcheck = text_of("Dockerfile");
    assert!(healthcheck.contains(r#"["/usr/local/bin/branchline", "healthcheck"]"#));
    for unit in ["branchline.service", "branchline-backup.service"] {
        let text = text_of(&format!("deploy/systemd/{unit}"));
        let start = text.lines().find(|line| line.starts_with("ExecStart=")).unwrap();
        let (_, command) = start.split_once("/usr/local/bin/branchline ").unwrap();
        let name = command.split(' ').next().unwrap();
        let help =
            Command::new(env!("CARGO_BIN_EXE_branchline")).args([name, "--help"]).output().unwrap();
        assert!(help.status.success(), "{unit}: {name}");
        let help = String::from_utf8_lossy(&help.stdout).into_owned();
        for flag in command.split(' ').filter(|word| word.starts_with("--")) {
            assert!(help.contains(flag), "{unit}: `{name}` does not take {flag}");
        }
    }
}

#[test]
fn all_that_the_build_reads_is_let_into_the_image_build_and_no_data() {
    let ignore = text_of(".dockerignore");
    assert!(ignore.lines().any(|line| line == "*"), "nothing comes in that is not named");
    let manifest: toml::Table = text_of("Cargo.toml").parse().unwrap();
    let members = manifest["workspace"]["members"].as_array().unwrap();
    let rooms = members.iter().map(|member| member.as_str().unwrap().split('/').next().unwrap());
    for needed in rooms.chain(["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "config"]) {
        let named = format!("!{needed}");
        assert!(ignore.lines().any(|line| line == named), "{named} is missing");
    }
}

/// Where systemd is, its own judgement.
#[test]
fn systemd_takes_the_units() {
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        eprintln!("skipped: systemd-analyze is not installed");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let mut units = Vec::new();
    for entry in fs::read_dir(root().join("deploy/systemd")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !name.starts_with("branchline") || name == "branchline.conf" {
            continue;
        }
        // Where the program lies here, which is the only thing that may differ.
        let text = text_of(&format!("deploy/systemd/{name}"));
        let text = text.replace("/usr/local/bin/branchline", env!("CARGO_BIN_EXE_branchline"));
        let unit = dir.path().join(name);
        fs::write(&unit, text).unwrap();
        units.push(unit);
    }
    assert!(units.len() >= 3, "{units:?}");
    let output = Command::new("systemd-analyze").arg("verify").args(&units).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && told.is_empty(), "{told}");
}
