//! `branchline backup` and `branchline keys backup`, on running and on stopped directories.

use std::{fs, io::Write as _};

use branchline_journal::{reader::JournalReader, record::Position};
use branchline_vault::key_backup::KeyBackup;

use super::directory::{done, ended_lead, refused, with_leads};
use crate::server::Running;

/// Records in a block file that is sound.
#[track_caller]
fn records(file: &std::path::Path) -> u64 {
    let reader = JournalReader::open_file(file).unwrap();
    assert!(reader.verify().finish().is_sound());
    reader.records(Position::START).count() as u64
}

#[test]
fn a_running_and_a_stopped_server_give_the_same_backup() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let file = |name: &str| directory.path().join(name);
    let text = |name: &str| file(name).to_str().unwrap().to_owned();
    let (server, path, _) = with_leads(&data, &["Asha", "Bala"]);
    let told = done(&data, &["backup", &text("early.blocks")]);
    let early = records(&file("early.blocks"));
    assert!(told.contains(&format!("{early} records")), "{told}");
    let told = done(&data, &["keys", "backup", &text("early.keys")]);
    assert!(told.contains("slots 2 (keys 2, erased 0), organisations 1"), "{told}");

    ended_lead(server.address, &path, 3, "Chitra");
    assert!(server.stop().success());
    done(&data, &["backup", &text("late.blocks")]);
    done(&data, &["keys", "backup", &text("late.keys")]);
    assert!(records(&file("late.blocks")) > early);
    let [early, late] = ["early.keys", "late.keys"].map(|name| KeyBackup::open(&file(name)));
    let (early, late) = (early.unwrap(), late.unwrap());
    assert_eq!((early.counts().live, late.counts().live), (2, 3));
    assert_eq!(early.vault(), late.vault());

    // The journal as it was is the beginning of the journal as it is, byte for byte.
    let [early, late] = ["early.blocks", "late.blocks"].map(|name| fs::read(file(name)).unwrap());
    let blocks = early.len() - 64;
    assert_eq!(early[..blocks], late[..blocks]);

    // While it runs: the same file as when it is stopped.
    let server = Running::start("serve", &data, &[]);
    done(&data, &["backup", &text("again.blocks")]);
    assert_eq!(fs::read(file("again.blocks")).unwrap(), late);
    drop(server);
}

#[test]
fn a_file_that_is_there_is_left_and_what_cannot_be_backed_up_leaves_none() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let out = directory.path().join("out");
    let name = out.to_str().unwrap();
    for command in [&["backup", name][..], &["keys", "backup", name]] {
        refused(&data, command);
        assert!(!out.exists() && !data.exists(), "{command:?} of nothing made something");
    }
    let (server, ..) = with_leads(&data, &[]);
    fs::write(&out, "precious").unwrap();
    for command in [&["backup", name][..], &["keys", "backup", name]] {
        let told = refused(&data, command);
        assert!(told.contains("left as it is"), "{told}");
    }
    assert_eq!(fs::read(&out).unwrap(), b"precious");
    fs::remove_file(&out).unwrap();

    // A killed server leaves its address; another program may have it by now, or nobody.
    let url = data.join("admin-url");
    server.kill();
    assert!(url.exists());
    done(&data, &["backup", name]);

    // Somebody else's directory listens there: its server does not know our token.
    let other = directory.path().join("other");
    let (other_server, ..) = with_leads(&other, &["Bala"]);
    fs::write(&url, format!("http://{}\n", other_server.address)).unwrap();
    let own = directory.path().join("own");
    done(&data, &["backup", own.to_str().unwrap()]);
    assert_eq!(fs::read(&own).unwrap(), fs::read(&out).unwrap());

    // Or a program that is none of ours.
    let stranger = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    fs::write(&url, format!("http://{}\n", stranger.local_addr().unwrap())).unwrap();
    let nonsense = std::thread::spawn(move || {
        let (mut asked, _) = stranger.accept().unwrap();
        asked.write_all(b"220 mail.example.com\r\n").unwrap();
    });
    let own = directory.path().join("own again");
    done(&data, &["backup", own.to_str().unwrap()]);
    assert_eq!(fs::read(&own).unwrap(), fs::read(&out).unwrap());
    nonsense.join().unwrap();
}

#[test]
fn a_damaged_journal_is_not_backed_up_as_if_it_were_whole() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let (server, ..) = with_leads(&data, &["Asha"]);
    assert!(server.stop().success());
    let database = data.join("journal/db/db");
    let mut bytes = fs::read(&database).unwrap();
    // In the middle of every block there is.
    let starts: Vec<usize> = bytes
        .windows(4)
        .enumerate()
        .filter(|(_, word)| *word == b"BLBK")
        .map(|(at, _)| at)
        .collect();
    for at in starts {
        bytes[at + 40] ^= 1;
    }
    fs::write(&database, bytes).unwrap();
    let out = directory.path().join("out");
    let told = refused(&data, &["backup", out.to_str().unwrap()]);
    // The storage engine refuses its file, drops what it cannot read, or gives damaged blocks.
    let ways = ["does not open", "records are lost", "damaged"];
    assert!(ways.iter().any(|way| told.contains(way)), "{told}");
    assert!(!out.exists());
}
