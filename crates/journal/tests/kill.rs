//! A process killed in the middle of writing loses nothing that it was told is kept, and one killed in
//! the middle of an import leaves nothing that passes for a journal.
//!
//! The test starts itself again as the process to be killed, so it has a `main` of its own.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test and its child process")]

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, mpsc},
};

use branchline_journal::{
    reader::JournalReader,
    record::{
        Cause, Event, ExpectedVersion, Micros, NewRecord, Position, Record, RecordBody, StreamId,
        Version,
    },
    sled_store::{Import, OpenError, SledOptions, SledStore},
    store::EventStore,
};
use libtest_mimic::{Arguments, Failed, Trial};
use uuid::Uuid;

const WRITER: &str = "--write-until-killed";
const IMPORTER: &str = "--import-until-killed";
const ROUNDS: usize = 12;
const IMPORT_ROUNDS: usize = 6;
const STREAMS: u64 = 97;

/// The record at a position: its stream, version and content follow from it.
fn record(position: u64) -> NewRecord {
    let version = Version((position - 1) / STREAMS);
    let body = RecordBody {
        organisation: Uuid::nil(),
        stream: StreamId::lead(Uuid::from_u128(u128::from(position % STREAMS))),
        recorded_at: Micros(i64::try_from(position).unwrap()),
        principal: Arc::from("engine"),
        cause: Cause::None,
        key: None,
        guard: None,
        control: None,
        claims: Vec::new(),
        events: vec![Event {
            event_type: Arc::from("lead.test"),
            schema: 1,
            payload: position.to_be_bytes().repeat(20).into(),
        }],
    };
    NewRecord { expected: ExpectedVersion::Exact(version), body }
}

/// Appends for ever and says after each answer how far it came.
fn write_until_killed(dir: &Path) {
    let store = SledStore::open(&SledOptions::new(dir)).unwrap();
    let (send, answers) = mpsc::channel();
    let mut next = store.head().0 + 1;
    let mut open = 0;
    let mut out = std::io::stdout().lock();
    loop {
        // Several calls in flight, so that groups are of all sizes.
        while open < 4 {
            let last = next + next % 61;
            let send = send.clone();
            store.append(
                (next..=last).map(record).collect(),
                Box::new(move |outcomes| {
                    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
                    send.send(last).unwrap();
                }),
            );
            next = last + 1;
            open += 1;
        }
        let acknowledged = answers.recv().unwrap();
        open -= 1;
        writeln!(out, "{acknowledged}").unwrap();
        out.flush().unwrap();
    }
}

/// The record at a position as a journal of one epoch holds it.
fn kept(position: u64) -> Record {
    let before = (position - 1) / STREAMS;
    Record {
        position: Position(position),
        epoch: 1,
        version: Version(before + 1),
        prev: (before > 0).then(|| Position(position - STREAMS)),
        body: record(position).body,
    }
}

/// Imports for ever and says now and then how far it came.
fn import_until_killed(dir: &Path) {
    let mut import = Import::begin(&SledOptions::new(dir)).unwrap();
    let mut out = std::io::stdout().lock();
    for position in 1.. {
        import.record(&kept(position)).unwrap();
        if position % 500 == 1 {
            writeln!(out, "{position}").unwrap();
            out.flush().unwrap();
        }
    }
}

/// Lets a child write until it has said `lines` lines, kills it, and gives the last position that
/// it was told is kept.
fn kill_a_child(task: &str, dir: &Path, lines: usize) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .arg(task)
        .arg(dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut acknowledged = 0;
    let mut said = 0;
    let mut line = String::new();
    // Read to the end after the kill too: what the child said before it died counts.
    while out.read_line(&mut line).unwrap() > 0 {
        if line.ends_with('\n') {
            acknowledged = line.trim().parse().unwrap();
        }
        line.clear();
        said += 1;
        if said == lines {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(said >= lines, "the child ended by itself after {said} lines");
    acknowledged
}

fn a_killed_process_loses_nothing_that_was_acknowledged() -> Result<(), Failed> {
    let place = tempfile::tempdir()?;
    let dir = place.path().join("journal");
    let mut epoch = 0;
    for round in 0..ROUNDS {
        let acknowledged = kill_a_child(WRITER, &dir, 1 + round * round * 3);
        let verified = JournalReader::open(&dir)?.verify().finish();
        assert!(verified.is_sound(), "{verified:?}");
        let store = SledStore::open(&SledOptions::new(&dir))?;
        let head = store.head();
        assert!(head.0 >= acknowledged, "acknowledged {acknowledged}, found {head}");
        assert!(store.epoch() > epoch);
        epoch = store.epoch();
        let records = store.read_all(Position::START, usize::MAX)?;
        assert_eq!(records.len() as u64, head.0);
        for read in records {
            assert_eq!(read.body, record(read.position.0).body);
        }
    }
    Ok(())
}

fn a_killed_import_leaves_nothing_that_passes_for_a_journal() -> Result<(), Failed> {
    for round in 0..IMPORT_ROUNDS {
        let place = tempfile::tempdir()?;
        let options = SledOptions::new(place.path().join("journal"));
        kill_a_child(IMPORTER, &options.dir, 1 + round * round);
        let unfinished = OpenError::ImportUnfinished { dir: options.dir.clone() };
        assert_eq!(SledStore::open(&options).err(), Some(unfinished.clone()));
        assert_eq!(JournalReader::open(&options.dir).err(), Some(unfinished.clone()));
        assert_eq!(Import::begin(&options).err(), Some(unfinished.into()));
        // What the message says helps.
        std::fs::remove_dir_all(&options.dir)?;
        let mut import = Import::begin(&options)?;
        (1..1_000).try_for_each(|position| import.record(&kept(position)))?;
        import.finish()?;
        assert_eq!(SledStore::open(&options)?.head(), Position(999));
    }
    Ok(())
}

fn main() {
    let mut arguments = std::env::args_os().skip(1);
    match arguments.next() {
        Some(task) if task == WRITER => {
            return write_until_killed(Path::new(&arguments.next().unwrap()));
        }
        Some(task) if task == IMPORTER => {
            return import_until_killed(Path::new(&arguments.next().unwrap()));
        }
        Some(_) | None => {}
    }
    let tests = vec![
        Trial::test(
            "a_killed_process_loses_nothing_that_was_acknowledged",
            a_killed_process_loses_nothing_that_was_acknowledged,
        ),
        Trial::test(
            "a_killed_import_leaves_nothing_that_passes_for_a_journal",
            a_killed_import_leaves_nothing_that_passes_for_a_journal,
        ),
    ];
    println!("a child process is killed {} times", ROUNDS + IMPORT_ROUNDS);
    libtest_mimic::run(&Arguments::from_args(), tests).exit();
}
