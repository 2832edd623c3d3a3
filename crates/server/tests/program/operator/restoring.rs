//! `branchline restore` and `branchline keys restore`: what was backed up is there again, what was
//! erased stays erased, and what is not whole is refused before anything is written.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use branchline_journal::reader::JournalReader;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::directory::{branchline, contains, done, ended_lead, refused, with_leads};
use crate::{
    audit::{leads_as_of, sound_leads},
    client::{ask, ask_as_operator, expect},
    server::{Running, eventually},
};

const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/demo/workflow.json");

/// A place for a data directory and files beside it.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// Backs up journal and keys of `data` to `<name>.blocks` and `<name>.keys`.
    fn back_up(&self, name: &str) {
        let data = self.path("data");
        done(&data, &["backup", &self.text(&format!("{name}.blocks"))]);
        done(&data, &["keys", "backup", &self.text(&format!("{name}.keys"))]);
    }

    /// Arguments that restore these backups.
    fn restoring(&self, blocks: &str, keys: &str) -> Vec<String> {
        let (blocks, keys) = (self.text(blocks), self.text(keys));
        ["restore", "--blocks", &blocks, "--keys", &keys].map(ToOwned::to_owned).into()
    }

    fn restored(&self, blocks: &str, keys: &str) -> String {
        let arguments = self.restoring(blocks, keys);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        done(&self.path("new"), &arguments)
    }

    fn refused(&self, blocks: &str, keys: &str) -> String {
        let arguments = self.restoring(blocks, keys);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        refused(&self.path("new"), &arguments)
    }
}

/// Leads that can be read, were erased again, were erased before, and have no key.
fn counts_of(told: &str) -> [u64; 4] {
    ["readable", "erased again", "erased before", "without key"].map(|name| {
        let line = told.lines().find_map(|line| line.trim().strip_prefix(name));
        line.unwrap().split_whitespace().next().unwrap().parse().unwrap()
    })
}

/// The names of leads, as a server shows them.
fn names(server: &Running, workflow: &str, leads: &[String]) -> Vec<Value> {
    let shown = leads.iter().map(|lead| {
        let path = format!("{workflow}/leads/{lead}");
        expect(server.address, 200, "GET", &path, None)["variables"]["name"].clone()
    });
    shown.collect()
}

/// The bytes of the key in a slot of a leads' file.
fn key_bytes(data: &Path, slot: usize) -> Vec<u8> {
    fs::read(data.join("keys/leads.keys")).unwrap()[(slot + 1) * 64..][20..52].to_vec()
}

#[test]
fn a_campaign_stands_after_a_restore_where_it_stood_at_the_backup_and_goes_on() {
    const FLAGS: [&str; 4] = ["--leads", "200", "--speed", "7200"];
    let place = Place::new();
    let demo = Running::start("demo", &place.path("data"), &FLAGS);
    let counts = || {
        let (_, list) = ask(demo.address, "GET", "/v1/workflows", None)?;
        let workflow = list.pointer("/data/0/id")?.as_str()?.to_owned();
        let path = format!("/v1/workflows/{workflow}/counts");
        Some(ask(demo.address, "GET", &path, None)?.1["by_status"].clone())
    };
    eventually("calls are under way", || counts()?["completed"].as_u64().filter(|&some| some > 5));
    place.back_up("monday");
    let reader = JournalReader::open_file(&place.path("monday.blocks")).unwrap();
    let until = reader.file_end().unwrap().last;
    eventually("the campaign went on", || {
        let token = fs::read_to_string(place.path("data/admin-token")).unwrap();
        let path = "/v1/admin/head";
        let head = ask_as_operator(demo.address, token.trim_end(), "GET", path)?.1;
        head["size"].as_u64().filter(|&size| size > until.0)
    });
    demo.kill();

    place.restored("monday.blocks", "monday.keys");
    let was = leads_as_of(&place.path("data"), until);
    assert_eq!(sound_leads(&place.path("new")), was);
    assert!(was.values().any(|lead| !lead.status.is_final()), "it was under way");

    let flags = [&FLAGS[..], &["--exit-when-done"]].concat();
    assert!(Running::start("demo", &place.path("new"), &flags).wait().success());
    let ended = sound_leads(&place.path("new"));
    assert_eq!(ended.len(), 200);
    assert!(ended.values().all(|lead| lead.status.is_final()));
}

#[test]
fn whoever_was_known_at_the_backup_is_known_after_the_restore() {
    let place = Place::new();
    let (server, workflow, mut leads) = with_leads(&place.path("data"), &["Asha", "Bala"]);
    let counts = format!("{workflow}/counts");
    place.back_up("monday");
    let then = expect(server.address, 200, "GET", &counts, None);
    leads.push(ended_lead(server.address, &workflow, 3, "Chitra"));
    server.kill();

    let told = place.restored("monday.blocks", "monday.keys");
    assert!(told.contains("leads 2\n"), "{told}");
    assert_eq!(counts_of(&told), [2, 0, 0, 0]);
    let was = sound_leads(&place.path("data"));
    let is = sound_leads(&place.path("new"));
    assert_eq!(is.len(), 2);
    assert!(is.iter().all(|(lead, state)| was[lead] == *state));

    let server = Running::start("serve", &place.path("new"), &[]);
    assert_eq!(names(&server, &workflow, &leads[..2]), [json!("Asha"), json!("Bala")]);
    let now = expect(server.address, 200, "GET", &counts, None);
    assert_eq!(now["by_status"], then["by_status"]);
    // Whom the backup knew is known again, and a new lead gets a key of its own.
    let again = json!({"leads": [{"phone_number": "(212) 555-0001"}]});
    let path = format!("{workflow}/leads");
    let again = expect(server.address, 201, "POST", &path, Some(&again));
    assert_eq!((&again["leads_enrolled"], &again["duplicates_skipped"]), (&json!(0), &json!(1)));
    let late = ended_lead(server.address, &workflow, 4, "Divya");
    assert_eq!(names(&server, &workflow, &[late]), [json!("Divya")]);
    assert!(server.stop().success());
    sound_leads(&place.path("new"));
}

#[test]
fn a_lead_that_was_erased_after_the_backup_of_its_key_is_erased_again() {
    let place = Place::new();
    let (server, workflow, leads) = with_leads(&place.path("data"), &["Asha", "Bala"]);
    place.back_up("monday");
    let doomed = key_bytes(&place.path("data"), 0);
    assert!(contains(place.0.path(), &doomed).is_some());
    done(&place.path("data"), &["lead", "erase", &leads[0], "--yes"]);
    assert!(server.stop().success());
    place.back_up("tuesday");

    // The newer journal with the older keys.
    let told = place.restored("tuesday.blocks", "monday.keys");
    assert_eq!(counts_of(&told), [1, 1, 0, 0]);
    assert_eq!(contains(&place.path("new"), &doomed), None);
    let server = Running::start("serve", &place.path("new"), &[]);
    assert_eq!(names(&server, &workflow, &leads), [Value::Null, json!("Bala")]);
    assert_eq!(contains(&place.path("new"), &doomed), None);
    drop(server);

    // A directory that has lost its keys gets them back the same way.
    let (data, keys) = (place.path("data"), place.path("data/keys"));
    let told = refused(&data, &["keys", "restore", &place.text("monday.keys")]);
    assert!(told.contains("has keys already (the same as in the backup)"), "{told}");
    fs::remove_dir_all(&keys).unwrap();
    let told = refused(&data, &["workflow", "import", DEMO]);
    assert!(told.contains("branchline keys restore"), "{told}");
    assert!(!keys.exists(), "no keys are made for a journal that has lost its own");
    let told = done(&data, &["keys", "restore", &place.text("monday.keys")]);
    assert_eq!(counts_of(&told), [1, 1, 0, 0]);
    assert_eq!(contains(&data, &doomed), None);
    let server = Running::start("serve", &data, &[]);
    assert_eq!(names(&server, &workflow, &leads), [Value::Null, json!("Bala")]);
}

#[test]
fn leads_that_are_newer_than_the_keys_read_as_erased_and_their_slots_stay_theirs() {
    let place = Place::new();
    let (server, workflow, mut leads) = with_leads(&place.path("data"), &["Asha"]);
    place.back_up("monday");
    leads.push(ended_lead(server.address, &workflow, 2, "Bala"));
    leads.push(ended_lead(server.address, &workflow, 3, "Chitra"));
    assert!(server.stop().success());
    place.back_up("tuesday");

    let told = place.restored("tuesday.blocks", "monday.keys");
    assert!(told.contains("leads 3\n"), "{told}");
    assert_eq!(counts_of(&told), [1, 0, 0, 2]);
    let server = Running::start("serve", &place.path("new"), &[]);
    let late = ended_lead(server.address, &workflow, 4, "Divya");
    leads.push(late);
    let shown = names(&server, &workflow, &leads);
    assert_eq!(shown, [json!("Asha"), Value::Null, Value::Null, json!("Divya")]);
    assert!(server.stop().success());
    sound_leads(&place.path("new"));
}

#[test]
fn without_keys_everybody_reads_as_erased_and_that_is_said() {
    let place = Place::new();
    let (server, workflow, leads) = with_leads(&place.path("data"), &["Asha", "Bala"]);
    place.back_up("monday");
    drop(server);
    let blocks = place.text("monday.blocks");
    let neither = branchline(&place.path("new"), &["restore", "--blocks", &blocks]);
    assert_eq!(neither.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&neither.stderr).contains("--without-keys"), "{neither:?}");
    assert!(!place.path("new").exists());

    let told = done(&place.path("new"), &["restore", "--blocks", &blocks, "--without-keys"]);
    assert!(told.contains("WITHOUT KEYS"), "{told}");
    assert_eq!(counts_of(&told), [0, 0, 0, 2]);
    let server = Running::start("serve", &place.path("new"), &[]);
    assert_eq!(names(&server, &workflow, &leads), [Value::Null, Value::Null]);
    let late = ended_lead(server.address, &workflow, 1, "Asha");
    assert_eq!(names(&server, &workflow, &[late]), [json!("Asha")]);
}

#[test]
fn what_is_not_whole_or_does_not_belong_together_is_refused_before_anything_is_written() {
    let place = Place::new();
    let (server, ..) = with_leads(&place.path("data"), &["Asha", "Bala"]);
    place.back_up("monday");
    drop(server);
    let blocks = fs::read(place.path("monday.blocks")).unwrap();
    let keys = fs::read(place.path("monday.keys")).unwrap();
    let nothing_was_made = || assert!(!place.path("new").exists(), "something was written");

    for length in [0, 7, blocks.len() / 2, blocks.len() - 1] {
        fs::write(place.path("cut.blocks"), &blocks[..length]).unwrap();
        place.refused("cut.blocks", "monday.keys");
        nothing_was_made();
    }
    let mut flipped = blocks.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    fs::write(place.path("flipped.blocks"), flipped).unwrap();
    let told = place.refused("flipped.blocks", "monday.keys");
    assert!(told.contains("position") && told.contains("another"), "{told}");
    nothing_was_made();

    for length in [0, 64, keys.len() - 1] {
        fs::write(place.path("cut.keys"), &keys[..length]).unwrap();
        let told = place.refused("monday.blocks", "cut.keys");
        assert!(told.contains("no") && told.contains("backup of keys"), "{told}");
        nothing_was_made();
    }

    let other = Place::new();
    let (server, ..) = with_leads(&other.path("data"), &["Chitra"]);
    other.back_up("monday");
    drop(server);
    fs::copy(other.path("monday.keys"), place.path("other.keys")).unwrap();
    let told = place.refused("monday.blocks", "other.keys");
    assert!(told.contains("keys of another data directory"), "{told}");
    nothing_was_made();

    fs::create_dir(place.path("new")).unwrap();
    fs::write(place.path("new/precious"), "").unwrap();
    let told = place.refused("monday.blocks", "monday.keys");
    assert!(told.contains("precious"), "{told}");
    assert_eq!(fs::read_dir(place.path("new")).unwrap().count(), 1);
}

#[test]
fn a_restore_killed_at_any_moment_is_whole_or_does_not_open() {
    let place = Place::new();
    let flags = ["--leads", "300", "--speed", "100000", "--exit-when-done"];
    assert!(Running::start("demo", &place.path("data"), &flags).wait().success());
    place.back_up("monday");
    let was = sound_leads(&place.path("data"));
    let mut interrupted = 0;
    for delay_ms in [0, 5, 20, 60, 200] {
        let new = place.path(&format!("new {delay_ms}"));
        let mut restore = Command::new(env!("CARGO_BIN_EXE_branchline"))
            .args(place.restoring("monday.blocks", "monday.keys"))
            .arg("--data-dir")
            .arg(&new)
            .stderr(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let begun = ["RESTORING", "keys"].map(|name| new.join(name));
        eventually("it has begun", || begun.iter().any(|file| file.exists()).then_some(()));
        std::thread::sleep(Duration::from_millis(delay_ms));
        restore.kill().unwrap();
        restore.wait().unwrap();
        let opened = branchline(&new, &["workflow", "import", DEMO]);
        if opened.status.success() {
            assert_eq!(sound_leads(&new), was, "whole after {delay_ms} ms");
        } else {
            interrupted += 1;
            let told = String::from_utf8_lossy(&opened.stderr);
            assert!(told.contains("half restored"), "{told}");
        }
    }
    assert!(interrupted > 0, "every restore ended before its kill");
}

#[test]
fn a_restore_that_was_interrupted_leaves_nothing_that_opens() {
    let place = Place::new();
    let (server, ..) = with_leads(&place.path("data"), &["Asha"]);
    place.back_up("monday");
    drop(server);
    place.restored("monday.blocks", "monday.keys");
    // As a kill leaves it before the last step.
    fs::write(place.path("new/RESTORING"), "").unwrap();
    let serve = branchline(&place.path("new"), &["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(serve.status.code(), Some(1));
    let told = String::from_utf8_lossy(&serve.stderr);
    assert!(told.contains("half restored") && told.contains("restore it again"), "{told}");
    let told = place.refused("monday.blocks", "monday.keys");
    assert!(told.contains("not empty"), "{told}");
    let out = place.text("half");
    for command in [&["backup", &out][..], &["keys", "backup", &out]] {
        let told = refused(&place.path("new"), command);
        assert!(told.contains("half restored"), "{told}");
    }
}
