//! A process that is killed between the record of an erasure and the end of the key.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Command, Stdio},
    sync::{Arc, mpsc},
};

use branchline_domain::id::LeadId;
use branchline_vault::KeySlot;

use crate::{
    files::{files_with, key_bytes, key_file},
    held_store::HeldStore,
    world::{World, host, story},
};

/// Names the directory and the lead to the process that is to be killed.
const DIRECTORY: &str = "BRANCHLINE_TEST_DIRECTORY";
const LEAD: &str = "BRANCHLINE_TEST_LEAD";
/// What that process says once the record is on disk.
const RECORDED: &str = "recorded";

/// Not a test of its own: the process that [`a_kill_between_the_record_and_the_key_is_made_good_by_the_next_start`]
/// starts and kills.
#[test]
#[ignore = "started by another test, which kills it"]
fn the_process_that_is_killed() {
    let dir = PathBuf::from(env::var_os(DIRECTORY).expect("another test names the directory"));
    let lead: LeadId = env::var(LEAD).unwrap().parse().unwrap();
    let (recorded, came) = mpsc::channel();
    let world = World::over(&dir, |inner| Arc::new(HeldStore { inner, recorded }));
    std::thread::spawn(move || {
        came.recv().unwrap();
        let mut out = std::io::stderr().lock();
        writeln!(out, "{RECORDED}").unwrap();
    });
    story(async move {
        let answer = world.handle.erase_lead(&host(), lead).await;
        panic!("nobody is answered before the key is destroyed: {answer:?}");
    });
}

/// Source: CONTRACT.md 3-erased-key.
#[test]
fn a_kill_between_the_record_and_the_key_is_made_good_by_the_next_start() {
    story(async {
        let directory = tempfile::tempdir().unwrap();
        let dir = directory.path();
        let world = World::open(dir);
        let lead = world.ended_lead().await;
        let slot = KeySlot(world.state(lead).await.key_slot);
        let head = world.handle.health().position;
        world.engine.shutdown();
        drop((world.handle, world.vault));
        let key = key_bytes(dir, slot);

        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "killed::the_process_that_is_killed", "--ignored", "--nocapture"])
            .env(DIRECTORY, dir)
            .env(LEAD, lead.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        let said: Vec<String> = said.take_while(|line| line != RECORDED).collect();
        assert!(child.try_wait().unwrap().is_none(), "{said:?}");
        child.kill().unwrap();
        child.wait().unwrap();

        assert_eq!(files_with(dir, &key), [key_file(dir)], "the kill came before the key's end");
        let world = World::open(dir);
        assert_eq!(files_with(dir, &key), Vec::<PathBuf>::new());
        assert_eq!(world.handle.health().keys_kept, []);
        let state = world.state(lead).await;
        assert_eq!(state.erased_position, head.0 + 1, "the record survived");
        let erased = world.handle.erase_lead(&host(), lead).await.unwrap();
        assert_eq!((erased.position.0, erased.key_destroyed), (head.0 + 1, true));
        world.engine.shutdown();
    });
}
