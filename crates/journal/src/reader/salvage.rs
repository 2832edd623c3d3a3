//! Blocks found in a file that the storage engine does not open.
//!
//! sled keeps values as they are, so a block lies in its file in one piece: it is found by its first
//! bytes, measured by the length it states and proven by its checksum. A block may be there several
//! times, and there may be blocks of a group that never became durable beside those written in
//! their place later; the chain of checksums tells which of them is meant.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{Error as IoError, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use crate::{
    block::{BLOCK_BYTES_MAX, MAGIC, Stated, decode_header},
    record::Position,
    sled_store::OpenError,
    storage::{BlockSource, StorageError, StoredBlock},
};

/// Bytes looked at at once.
const WINDOW_BYTES: usize = 4 * 1024 * 1024;

/// A sound block in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Found {
    offset: u64,
    len: usize,
    last: Position,
    previous: u32,
    checksum: u32,
}

/// The chain of blocks that the file holds, as far as it goes.
#[derive(Debug)]
pub(super) struct SalvagedBlocks {
    path: PathBuf,
    file: Mutex<File>,
    chain: BTreeMap<Position, Found>,
}

impl SalvagedBlocks {
    /// Looks through the whole file.
    pub(super) fn find(path: &Path) -> Result<Self, OpenError> {
        let io = |error: IoError| OpenError::io("read", path, &error);
        let mut file = File::open(path).map_err(io)?;
        let mut candidates: BTreeMap<Position, Vec<Found>> = BTreeMap::new();
        let mut window = Vec::new();
        let mut start = 0_u64;
        loop {
            let wanted = (WINDOW_BYTES + BLOCK_BYTES_MAX - window.len()) as u64;
            let read = file.by_ref().take(wanted).read_to_end(&mut window).map_err(io)?;
            look_through(&window, start, &mut candidates);
            if read == 0 || window.len() < WINDOW_BYTES + BLOCK_BYTES_MAX {
                break;
            }
            // A block that begins in the last bytes is seen whole in the next window.
            start += WINDOW_BYTES as u64;
            window.drain(..WINDOW_BYTES);
        }
        Ok(Self { path: path.to_owned(), file: Mutex::new(file), chain: longest(&candidates) })
    }

    fn read(&self, first: Position, found: Found) -> Result<StoredBlock, StorageError> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bytes = vec![0; found.len];
        file.seek(SeekFrom::Start(found.offset))
            .and_then(|_| file.read_exact(&mut bytes))
            .map_err(|error| StorageError(format!("{}: {error}", self.path.display())))?;
        Ok((first, bytes))
    }
}

fn look_through(window: &[u8], start: u64, found: &mut BTreeMap<Position, Vec<Found>>) {
    let mut at = 0;
    while let Some(rest) = window.get(at..) {
        let Some(ahead) = rest.windows(MAGIC.len()).position(|bytes| bytes == MAGIC) else {
            return;
        };
        at += ahead;
        let block = window.get(at..).unwrap_or_default();
        let header = Stated::of(block)
            .and_then(|stated| block.get(..stated.len))
            .and_then(|block| Some((block.len(), decode_header(block).ok()?)));
        let Some((len, header)) = header else {
            at += 1;
            continue;
        };
        let (last, previous, checksum) = (header.last(), header.previous, header.checksum);
        let entry = Found { offset: start + at as u64, len, last, previous, checksum };
        let same = |known: &Found| known.checksum == checksum && known.len == len;
        let known = found.entry(header.first).or_default();
        if !known.iter().any(same) {
            known.push(entry);
        }
        at += len;
    }
}

/// The longest chain from the first block on.
fn longest(candidates: &BTreeMap<Position, Vec<Found>>) -> BTreeMap<Position, Found> {
    let mut best = BTreeMap::new();
    let mut best_end = Position::START;
    // Paths still to be followed: where they go on, with what checksum, and their blocks so far.
    let mut open = vec![(Position(1), 0_u32, BTreeMap::new())];
    while let Some((next, chain, mut path)) = open.pop() {
        let (mut next, mut chain) = (next, chain);
        loop {
            let mut following = candidates
                .get(&next)
                .into_iter()
                .flatten()
                .filter(|candidate| candidate.previous == chain);
            let Some(first) = following.next() else { break };
            for other in following {
                let mut branch: BTreeMap<Position, Found> = path.clone();
                branch.insert(next, *other);
                open.push((other.last.next(), other.checksum, branch));
            }
            path.insert(next, *first);
            next = first.last.next();
            chain = first.checksum;
        }
        if next > best_end {
            best_end = next;
            best = path;
        }
    }
    best
}

impl BlockSource for SalvagedBlocks {
    fn at_or_before(&self, position: Position) -> Result<Option<StoredBlock>, StorageError> {
        let found = self.chain.range(..=position).next_back();
        found.map(|(first, found)| self.read(*first, *found)).transpose()
    }

    fn starting_at(&self, from: Position, limit: usize) -> Result<Vec<StoredBlock>, StorageError> {
        self.chain
            .range(from..)
            .take(limit)
            .map(|(first, found)| self.read(*first, *found))
            .collect()
    }
}
