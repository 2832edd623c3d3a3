//! sled, made durable. Nothing else in the workspace names it.
//!
//! `flush` of sled 0.34 ends in `sync_file_range` on Linux, which does not reach the medium: after
//! power cuts acknowledged blocks were gone, or the database did not open. So a handle of our own
//! on sled's `db` file is opened before the first write and synced after every flush; and what sled
//! creates is synced, with its directories, before the first block is accepted.

use std::{
    fs::{self, File},
    io::Error as IoError,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use super::OpenError;
use crate::{
    block::BLOCK_BYTES_MAX,
    record::Position,
    storage::{BlockSource, BlockStorage, DiskSync, StorageError, StoredBlock},
};

/// sled's unit of allocation. A larger one makes slow commits slower; a smaller one would send
/// blocks to files that sled never syncs.
const SEGMENT_BYTES: usize = 2 * 1024 * 1024;

/// Values in one of sled's leaves before it splits, and one more while it does.
const LEAF_VALUES_MAX: usize = 17;

// A leaf above a quarter of a segment goes to an unsynced file of its own.
const _: () = assert!(LEAF_VALUES_MAX * BLOCK_BYTES_MAX < SEGMENT_BYTES / 4);

/// Blocks in a sled database.
pub(crate) struct SledBlocks {
    db: sled::Db,
    /// Our own handle on sled's data file: a sync through any handle covers the file.
    data: File,
    disk: Box<dyn DiskSync>,
}

impl SledBlocks {
    /// Opens or creates the database in `dir`, which exists.
    pub(crate) fn open(
        dir: &Path,
        cache_bytes: u64,
        disk: Box<dyn DiskSync>,
    ) -> Result<Self, OpenError> {
        let config = sled::Config::new()
            .path(dir)
            .segment_size(SEGMENT_BYTES)
            .cache_capacity(cache_bytes)
            .flush_every_ms(None);
        let storage = |reason: String| OpenError::Storage { dir: dir.to_owned(), reason };
        let mut tries = 0;
        let db = loop {
            // sled panics on most kinds of damage instead of saying so.
            let opened = catch_unwind(AssertUnwindSafe(|| config.open()))
                .map_err(|panic| storage(panic_text(panic.as_ref())))?;
            match opened {
                Ok(db) => break db,
                // The directory is ours, so this is a database of our own that has been closed and
                // that sled's threads have not let go of yet.
                Err(error) if tries < TRIES_MAX && is_still_closing(&error) => {
                    tries += 1;
                    thread::sleep(TRY_AGAIN);
                }
                Err(error) => return Err(storage(error.to_string())),
            }
        };
        refuse_blobs(dir)?;
        sync_created(dir)?;
        let path = dir.join("db");
        let data = File::open(&path).map_err(|error| OpenError::io("open", &path, &error))?;
        Ok(Self { db, data, disk })
    }
}

/// How often a database that is still closing is tried again, and how long after.
const TRIES_MAX: u32 = 200;
const TRY_AGAIN: Duration = Duration::from_millis(10);

/// Whether sled says that somebody has its file open.
fn is_still_closing(error: &sled::Error) -> bool {
    match error {
        sled::Error::Io(error) => error.to_string().contains("could not acquire lock"),
        sled::Error::CollectionNotFound(_)
        | sled::Error::Unsupported(_)
        | sled::Error::ReportableBug(_)
        | sled::Error::Corruption { .. } => false,
    }
}

/// Moves a snapshot that a crash left half written out of sled's sight, which would take it for the
/// newest and not open. The one before it is still there. Gives what was moved.
pub(crate) fn set_torn_snapshots_aside(
    dir: &Path,
    aside: &Path,
) -> Result<Vec<PathBuf>, OpenError> {
    let mut moved = Vec::new();
    let io = |path: &Path| {
        let path = path.to_owned();
        move |error: IoError| OpenError::io("set aside", &path, &error)
    };
    for entry in fs::read_dir(dir).map_err(io(dir))? {
        let entry = entry.map_err(io(dir))?;
        let name = entry.file_name();
        let text = name.to_string_lossy();
        if !(text.starts_with("snap.") && text.ends_with(".generating")) {
            continue;
        }
        fs::create_dir_all(aside).map_err(io(aside))?;
        let mut to = aside.join(&name);
        let mut tries = 0;
        while to.exists() {
            tries += 1;
            to = aside.join(format!("{text}.{tries}"));
        }
        fs::rename(entry.path(), &to).map_err(io(&to))?;
        moved.push(to);
    }
    Ok(moved)
}

fn refuse_blobs(dir: &Path) -> Result<(), OpenError> {
    let blobs = dir.join("blobs");
    let mut entries =
        fs::read_dir(&blobs).map_err(|error| OpenError::io("list", &blobs, &error))?;
    match entries.next() {
        None => Ok(()),
        Some(_) => Err(OpenError::Storage {
            dir: dir.to_owned(),
            reason: "sled keeps values in blobs/, which it never syncs".to_owned(),
        }),
    }
}

/// Makes what sled created survive a power cut. Cheap, so done at each opening: the one before may
/// have been cut short.
fn sync_created(dir: &Path) -> Result<(), OpenError> {
    let mut paths = vec![dir.join("conf"), dir.join("db"), dir.join("blobs"), dir.to_owned()];
    paths.extend(dir.parent().map(Path::to_owned));
    paths.extend(dir.parent().and_then(Path::parent).map(Path::to_owned));
    for path in paths.iter().filter(|path| !path.as_os_str().is_empty()) {
        File::open(path)
            .and_then(|file| file.sync_all())
            .map_err(|error| OpenError::io("sync", path, &error))?;
    }
    Ok(())
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    format!("it panicked: {}", text.unwrap_or("no reason given"))
}

/// Runs a call into sled, whose panics count as its errors.
fn guarded<T>(call: impl FnOnce() -> Result<T, sled::Error>) -> Result<T, StorageError> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(StorageError(error.to_string())),
        Err(panic) => Err(StorageError(panic_text(panic.as_ref()))),
    }
}

fn stored((key, value): (sled::IVec, sled::IVec)) -> Result<StoredBlock, StorageError> {
    let key = <[u8; 8]>::try_from(key.as_ref())
        .map_err(|_| StorageError("a key is not a position".to_owned()))?;
    Ok((Position(u64::from_be_bytes(key)), value.to_vec()))
}

impl BlockSource for SledBlocks {
    fn at_or_before(&self, position: Position) -> Result<Option<StoredBlock>, StorageError> {
        let range = ..=position.0.to_be_bytes();
        guarded(|| self.db.range(range).next_back().transpose())?.map(stored).transpose()
    }

    fn starting_at(&self, from: Position, limit: usize) -> Result<Vec<StoredBlock>, StorageError> {
        let range = from.0.to_be_bytes()..;
        guarded(|| self.db.range(range).take(limit).collect::<Result<Vec<_>, _>>())?
            .into_iter()
            .map(stored)
            .collect()
    }
}

impl BlockStorage for SledBlocks {
    fn insert(&self, first: Position, block: &[u8]) -> Result<(), StorageError> {
        guarded(|| self.db.insert(first.0.to_be_bytes(), block)).map(drop)
    }

    fn sync(&self) -> Result<(), StorageError> {
        guarded(|| self.db.flush())?;
        let synced = self.disk.sync_data(&self.data);
        synced.map_err(|error| StorageError(format!("fdatasync: {error}")))
    }
}
