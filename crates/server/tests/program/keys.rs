//! `branchline keys new`.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use branchline_vault::signing::{SigningKey, VerifierKey};

fn keys_new(data: &Path, file: &Path, name: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_branchline"))
        .args(["keys", "new", "--name", name, "--out"])
        .arg(file)
        .arg("--data-dir")
        .arg(data)
        .output()
        .unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_key_is_made_in_two_files_of_which_the_public_one_is_printed() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("journal.key");
    let made = keys_new(&place.path().join("data"), &file, "example.com/journal");
    assert!(made.status.success(), "{}", told(&made));
    let key = SigningKey::read(&file).unwrap();
    let public = fs::read_to_string(place.path().join("journal.key.pub")).unwrap();
    assert_eq!(public, String::from_utf8(made.stdout).unwrap());
    assert_eq!(public.parse::<VerifierKey>().unwrap(), *key.verifier());
    assert_eq!(key.name().as_str(), "example.com/journal");

    let before = fs::read(&file).unwrap();
    let again = keys_new(&place.path().join("data"), &file, "example.com/journal");
    assert_eq!(again.status.code(), Some(1));
    assert!(told(&again).contains("is left as it is"), "{}", told(&again));
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[test]
fn a_key_inside_the_data_directory_is_refused_also_behind_a_link() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    fs::create_dir_all(data.join("keys")).unwrap();
    std::os::unix::fs::symlink(&data, place.path().join("elsewhere")).unwrap();
    for file in ["data/a.key", "data/keys/a.key", "elsewhere/a.key"] {
        let refused = keys_new(&data, &place.path().join(file), "example.com/journal");
        assert_eq!(refused.status.code(), Some(1), "{file}");
        assert!(told(&refused).contains("inside the data directory"), "{}", told(&refused));
        assert!(!place.path().join(file).exists());
    }
}

#[test]
fn a_name_that_cannot_be_one_is_a_wrong_command_line() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("a.key");
    let refused = keys_new(&place.path().join("data"), &file, "my journal");
    assert_eq!(refused.status.code(), Some(2));
    assert!(told(&refused).contains("white space"), "{}", told(&refused));
    assert!(!file.exists());
}
