//! The journal that is damaged: what release 0.1.0 wrote, in one directory and in files.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::BufReader,
    path::{Path, PathBuf},
    sync::mpsc,
    time::Duration,
};

use branchline_evidence::lines::ExportedRecords;
use branchline_journal::{
    block_file::BlockFileWriter,
    reader::JournalReader,
    record::{Cause, ExpectedVersion, NewRecord, Record, StreamId, Version},
    sled_store::{SledOptions, SledStore},
    storage::{BlockStorage, RealDisk},
    store::EventStore,
};
use branchline_log::{
    Evidence, Soundness, fault,
    verify::{self, Kept, Report},
};

/// A check that takes longer hangs.
const PATIENCE: Duration = Duration::from_mins(2);

/// Event types that the journal has at least.
const TYPES_MIN: usize = 40;

fn histories() -> Vec<Vec<Record>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/histories/0.1.0");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().join("journal.jsonl"))
        .collect();
    files.sort();
    let read = |file: PathBuf| {
        ExportedRecords::new(BufReader::new(File::open(file).unwrap()))
            .map(Result::unwrap)
            .collect()
    };
    files.into_iter().map(read).collect()
}

/// The records of all histories, one history after the other, as they go into one journal.
pub(crate) fn records() -> Vec<NewRecord> {
    let mut known: BTreeSet<StreamId> = BTreeSet::new();
    let mut types = BTreeSet::new();
    let mut all: Vec<NewRecord> = Vec::new();
    for history in histories() {
        let streams: BTreeSet<StreamId> = history.iter().map(|record| record.body.stream).collect();
        if !known.is_disjoint(&streams) {
            continue;
        }
        known.extend(streams);
        let before = all.len() as u64;
        for mut record in history {
            if let Cause::Position(position) = &mut record.body.cause {
                position.0 += before;
            }
            types.extend(record.body.events.iter().map(|event| event.event_type.to_string()));
            let expected = match record.version.0 {
                1 => ExpectedVersion::NoStream,
                version => ExpectedVersion::Exact(Version(version - 1)),
            };
            all.push(NewRecord { expected, body: record.body });
        }
    }
    assert!(types.len() >= TYPES_MIN, "{} types: {types:?}", types.len());
    all
}

/// A directory with the records in several blocks, of two openings.
pub(crate) fn make(
    directory: &Path,
    wrap: impl Fn(Box<dyn BlockStorage>) -> Box<dyn BlockStorage>,
) {
    let options = SledOptions::new(directory.join("journal"));
    let records = records();
    let (first, second) = records.split_at(records.len() / 2);
    for part in [first, second] {
        let store = SledStore::open_with(&options, Box::new(RealDisk), &wrap).unwrap();
        for group in part.chunks(12) {
            let (send, answers) = mpsc::channel();
            store.append(group.to_vec(), Box::new(move |outcome| send.send(outcome).unwrap()));
            for outcome in answers.recv().unwrap() {
                outcome.unwrap();
            }
        }
        store.close();
    }
}

/// The blocks of a directory in one file.
pub(crate) fn write_block_file(directory: &Path, file: &Path) {
    let reader = JournalReader::open(&directory.join("journal")).unwrap();
    let mut writer = BlockFileWriter::new(File::create_new(file).unwrap()).unwrap();
    for block in reader.block_bytes() {
        writer.push(&block.unwrap()).unwrap();
    }
    writer.finish().unwrap();
}

/// What a check came to.
#[derive(Debug)]
pub(crate) enum Verdict {
    Sound(Box<Report>),
    /// Found, in these words.
    Found(String),
}

impl Verdict {
    pub(crate) fn words(self) -> String {
        match self {
            Self::Found(words) => words,
            Self::Sound(report) => panic!("nothing was found, up to {}", report.sound_until),
        }
    }
}

/// Checks a source as the command does. A check that panics or hangs ends the test.
pub(crate) fn check(source: &Path, kept: Option<Kept>) -> Verdict {
    let (send, answer) = mpsc::channel();
    let place = source.to_owned();
    std::thread::spawn(move || {
        let checked = Evidence::open(&place).and_then(|it| verify::check(&it, kept.as_ref()));
        send.send(checked).unwrap();
    });
    // A check that panics or hangs gives no answer.
    match answer.recv_timeout(PATIENCE).unwrap() {
        Ok(report) if report.soundness() == Soundness::Sound => Verdict::Sound(Box::new(report)),
        Ok(report) => {
            let words: Vec<String> = report
                .findings
                .iter()
                .map(|found| {
                    format!("{} at {}: {}", found.check.as_str(), found.position, found.problem)
                })
                .collect();
            assert!(!words.is_empty());
            Verdict::Found(words.join("\n"))
        }
        Err(error) => {
            assert_eq!(fault::exit_code(&error), fault::DAMAGED, "{error:#}");
            Verdict::Found(format!("{error:#}"))
        }
    }
}

/// A generator that a seed tells the whole story of.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % bound as u64).unwrap()
    }
}

/// Every file below a directory, in order.
pub(crate) fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found.sort();
    found
}
