//! Power cuts, simulated: nothing that was acknowledged is lost, whatever reaches the disk of what
//! was not yet synced.
//!
//! The journal runs on a real directory. What is durable is the content of the files at the last
//! `fdatasync` that returned; what the operating system holds is their content now. At a cut each
//! page (or sector) that differs is taken from either, and the length of the file too. The journal
//! is opened on the result, read to its end, compared, and written to. Cuts lie right before the
//! `fdatasync` of a group, when sled has handed everything to the operating system, and between
//! the blocks of a group.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test and its harness")]

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
};

use branchline_journal::{
    record::{Cause, Event, ExpectedVersion, Micros, NewRecord, Position, RecordBody, StreamId},
    sled_store::{SledOptions, SledStore},
    storage::{BlockSource, BlockStorage, DiskSync, StorageError, StoredBlock},
    store::EventStore,
};
use uuid::Uuid;

/// Images in the normal run.
const CUTS: u64 = 500;

/// Groups in one session and most records in each: enough that sled uses its segments again. The
/// first kind has groups of about ten blocks, the second of the largest size there is, and more.
const SESSIONS: [(u64, u64); 2] = [(60, 120), (20, 400)];

/// A small generator, so that a seed tells the whole story.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// The record that a session appends as its n-th, n from 1 on: its content follows from n.
fn record(n: u64) -> NewRecord {
    let mut random = Random(n);
    let len = usize::try_from(300 + random.below(2_000)).unwrap();
    let payload: Vec<u8> =
        std::iter::repeat_with(|| random.next().to_le_bytes()).flatten().take(len).collect();
    let body = RecordBody {
        organisation: Uuid::nil(),
        stream: StreamId::lead(Uuid::from_u128(n.into())),
        recorded_at: Micros(1_700_000_000_000_000),
        principal: Arc::from("engine"),
        cause: Cause::None,
        key: None,
        guard: None,
        control: None,
        claims: Vec::new(),
        events: vec![Event {
            event_type: Arc::from("lead.test"),
            schema: 1,
            payload: payload.into(),
        }],
    };
    NewRecord { expected: ExpectedVersion::NoStream, body }
}

/// What a cut came to.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    Kept,
    Lost { acknowledged: u64, found: u64 },
    DoesNotOpen(String),
}

/// The machine whose power is cut again and again.
struct Machine {
    dir: PathBuf,
    images: PathBuf,
    /// Whether an `fdatasync` makes anything durable. Without, the test must find losses.
    sync_works: bool,
    acknowledged: AtomicU64,
    state: Mutex<State>,
}

struct State {
    random: Random,
    durable: Vec<u8>,
    cuts: u64,
    fates: Vec<Fate>,
    /// Pages that held something durable and hold something else now: sled used a segment again.
    reused_pages: usize,
}

impl Machine {
    fn content(&self) -> Vec<u8> {
        fs::read(self.dir.join("db/db")).unwrap()
    }

    /// Cuts the power now and looks at what is left.
    fn cut(&self) {
        let mut state = self.state.lock().unwrap();
        let volatile = self.content();
        let survives = [0, 50, 90, 100][usize::try_from(state.random.below(4)).unwrap()];
        let unit = if state.random.percent(50) { 4_096 } else { 512 };
        let State { random, durable, reused_pages, .. } = &mut *state;
        *reused_pages += reused(durable, &volatile);
        let image = mix(durable, &volatile, unit, |random| random.percent(survives), random);
        state.cuts += 1;
        let dir = self.images.join(state.cuts.to_string());
        let fate = self.boot(&dir, &image);
        fs::remove_dir_all(&dir).unwrap();
        state.fates.push(fate);
    }

    /// Opens the journal on what the disk holds.
    fn boot(&self, dir: &Path, image: &[u8]) -> Fate {
        fs::create_dir_all(dir.join("db/blobs")).unwrap();
        for entry in fs::read_dir(self.dir.join("db")).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_file() && entry.file_name() != "db" {
                fs::copy(entry.path(), dir.join("db").join(entry.file_name())).unwrap();
            }
        }
        fs::copy(self.dir.join("high-water"), dir.join("high-water")).unwrap();
        fs::write(dir.join("db/db"), image).unwrap();
        let acknowledged = self.acknowledged.load(Ordering::SeqCst);
        let store = match SledStore::open(&SledOptions::new(dir)) {
            Ok(store) => store,
            Err(error) => return Fate::DoesNotOpen(error.to_string()),
        };
        let found = store.head().0;
        if found < acknowledged {
            return Fate::Lost { acknowledged, found };
        }
        let read = store.read_all(Position::START, usize::MAX).unwrap();
        assert_eq!(read.len() as u64, found);
        for read in read {
            assert_eq!(read.body, record(read.position.0).body, "at {}", read.position);
        }
        // The journal goes on where it was cut.
        append(&store, vec![record(found + 1)]);
        assert_eq!(store.head(), Position(found + 1));
        Fate::Kept
    }
}

/// Pages that were full and begin differently now; a page that is being filled keeps its beginning.
fn reused(old: &[u8], new: &[u8]) -> usize {
    let full = |page: &[u8]| page.iter().filter(|byte| **byte != 0).count() > 3_000;
    let pages = old.chunks(4_096).zip(new.chunks(4_096));
    pages.filter(|(old, new)| full(old) && old.get(..512) != new.get(..512)).count()
}

/// Each unit that differs comes from the old or the new content; the file is at least as long as
/// what came from the new one.
fn mix(
    old: &[u8],
    new: &[u8],
    unit: usize,
    mut survives: impl FnMut(&mut Random) -> bool,
    random: &mut Random,
) -> Vec<u8> {
    let mut image = old.to_vec();
    if survives(random) {
        image.resize(new.len(), 0);
    }
    for start in (0..new.len()).step_by(unit) {
        let end = (start + unit).min(new.len());
        let differs = old.get(start..end) != Some(&new[start..end]);
        if differs && survives(random) {
            if image.len() < end {
                image.resize(end, 0);
            }
            image[start..end].copy_from_slice(&new[start..end]);
        }
    }
    image
}

struct Disk(Arc<Machine>);

impl DiskSync for Disk {
    fn sync_data(&self, file: &File) -> io::Result<()> {
        self.0.cut();
        file.sync_data()?;
        if self.0.sync_works {
            let content = self.0.content();
            self.0.state.lock().unwrap().durable = content;
        }
        Ok(())
    }
}

/// Cuts now and then between two blocks of a group.
struct BetweenBlocks {
    inner: Box<dyn BlockStorage>,
    machine: Arc<Machine>,
}

impl BlockSource for BetweenBlocks {
    fn at_or_before(&self, position: Position) -> Result<Option<StoredBlock>, StorageError> {
        self.inner.at_or_before(position)
    }

    fn starting_at(&self, from: Position, limit: usize) -> Result<Vec<StoredBlock>, StorageError> {
        self.inner.starting_at(from, limit)
    }
}

impl BlockStorage for BetweenBlocks {
    fn insert(&self, first: Position, block: &[u8]) -> Result<(), StorageError> {
        self.inner.insert(first, block)?;
        if self.machine.state.lock().unwrap().random.percent(4) {
            self.machine.cut();
        }
        Ok(())
    }

    fn sync(&self) -> Result<(), StorageError> {
        self.inner.sync()
    }
}

fn append(store: &SledStore, records: Vec<NewRecord>) {
    let (send, outcome) = mpsc::channel();
    store.append(records, Box::new(move |outcomes| send.send(outcomes).unwrap()));
    assert!(outcome.recv().unwrap().iter().all(Result::is_ok));
}

/// One run of the machine; gives the fates of its cuts, and how many pages were used again.
fn session(seed: u64, sync_works: bool) -> (Vec<Fate>, usize) {
    let place = tempfile::tempdir().unwrap();
    let options = SledOptions::new(place.path().join("journal"));
    // Made and closed once, so that the machine begins with a journal that was synced whole.
    drop(SledStore::open(&options).unwrap());
    let state = State {
        random: Random(seed),
        durable: fs::read(options.dir.join("db/db")).unwrap(),
        cuts: 0,
        fates: Vec::new(),
        reused_pages: 0,
    };
    let machine = Arc::new(Machine {
        dir: options.dir.clone(),
        images: place.path().join("images"),
        sync_works,
        acknowledged: AtomicU64::new(0),
        state: Mutex::new(state),
    });
    let between = Arc::clone(&machine);
    let store = SledStore::open_with(&options, Box::new(Disk(Arc::clone(&machine))), |inner| {
        Box::new(BetweenBlocks { inner, machine: between })
    })
    .unwrap();
    machine.state.lock().unwrap().durable = machine.content();
    let mut random = Random(!seed);
    let mut next = 1;
    let (groups, records_max) = SESSIONS[usize::from(seed.is_multiple_of(3))];
    for _ in 0..groups {
        let last = next + random.below(records_max);
        append(&store, (next..=last).map(record).collect());
        machine.acknowledged.store(last, Ordering::SeqCst);
        next = last + 1;
    }
    drop(store);
    let mut state = machine.state.lock().unwrap();
    (std::mem::take(&mut state.fates), state.reused_pages)
}

fn first_seed() -> u64 {
    std::env::var("POWER_CUT_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20)
}

#[test]
fn nothing_acknowledged_is_lost_in_500_power_cuts() {
    let mut cuts = 0;
    let mut seed = first_seed();
    while cuts < CUTS {
        let (fates, reused_pages) = session(seed, true);
        assert!(reused_pages > 0, "no segment was used again: POWER_CUT_SEED={seed} proves little");
        for (cut, fate) in fates.iter().enumerate() {
            assert_eq!(*fate, Fate::Kept, "cut {cut} of the session with POWER_CUT_SEED={seed}");
        }
        cuts += fates.len() as u64;
        seed += 1;
    }
}

#[test]
fn the_same_cuts_do_lose_records_when_syncing_does_nothing() {
    let (fates, _) = session(first_seed(), false);
    let lost = fates.iter().filter(|fate| **fate != Fate::Kept).count();
    // One cut in four keeps every page, and the first ones come before anything was acknowledged.
    assert!(lost * 2 > fates.len(), "only {lost} of {} cuts lost something", fates.len());
}
