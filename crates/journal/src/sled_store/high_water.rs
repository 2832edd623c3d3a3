//! The high-water mark: the last acknowledged position, kept outside the storage engine.
//!
//! An engine that loses its tail after damage opens as if nothing had happened. The mark tells: a
//! journal that ends below it has lost acknowledged records.
//!
//! Two slots of 512 bytes, written in turn, so that a torn write leaves the other one. Numbers are
//! big-endian; the rest of a slot is zero.
//!
//! ```text
//! offset  bytes  what
//!      0      4  "BLHW"
//!      4      1  format, 1
//!      5      3  zero
//!      8      8  epoch of the opening that wrote it
//!     16      8  last acknowledged position
//!     24      4  checksum of the block that ends there, 0 for none
//!     28      4  CRC-32 of the 28 bytes before
//! ```

use std::{
    fs::{File, OpenOptions},
    io::{ErrorKind, Read, Result as IoResult, Seek, SeekFrom, Write},
    path::Path,
    time::{Duration, Instant},
};

use super::OpenError;
use crate::{record::Position, wire::Input};

const SLOT_BYTES: usize = 512;
const MARK_BYTES: usize = 32;
const MAGIC: [u8; 8] = *b"BLHW\x01\0\0\0";
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// How far the journal was acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mark {
    pub(crate) epoch: u64,
    pub(crate) position: Position,
    pub(crate) chain: u32,
}

/// The file, open for writing.
#[derive(Debug)]
pub(crate) struct HighWater {
    file: File,
    second_slot: bool,
    synced: Instant,
    dirty: bool,
}

/// Reads the mark; `None` when there is no file, or one that was just created.
pub(crate) fn read(path: &Path) -> Result<Option<Mark>, OpenError> {
    let mut bytes = Vec::new();
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(OpenError::io("read", path, &error)),
    };
    file.take(2 * SLOT_BYTES as u64)
        .read_to_end(&mut bytes)
        .map_err(|error| OpenError::io("read", path, &error))?;
    if bytes.iter().all(|byte| *byte == 0) {
        return Ok(None);
    }
    match bytes.chunks(SLOT_BYTES).filter_map(decode).max() {
        Some(mark) => Ok(Some(mark)),
        None => Err(OpenError::HighWaterDamaged { path: path.to_owned() }),
    }
}

fn decode(slot: &[u8]) -> Option<Mark> {
    let (covered, crc) = slot.get(..MARK_BYTES)?.split_last_chunk::<4>()?;
    if crc32fast::hash(covered) != u32::from_be_bytes(*crc) {
        return None;
    }
    let mut input = Input::new(covered);
    if input.array().ok()? != MAGIC {
        return None;
    }
    Some(Mark {
        epoch: u64::from_be_bytes(input.array().ok()?),
        position: Position(u64::from_be_bytes(input.array().ok()?)),
        chain: u32::from_be_bytes(input.array().ok()?),
    })
}

impl HighWater {
    /// Opens the file, made if missing, and writes the mark into both slots, durably.
    pub(crate) fn create(path: &Path, mark: Mark) -> Result<Self, OpenError> {
        let io = |error: std::io::Error| OpenError::io("write", path, &error);
        let file =
            OpenOptions::new().write(true).create(true).truncate(false).open(path).map_err(io)?;
        file.set_len(2 * SLOT_BYTES as u64).map_err(io)?;
        let mut water = Self { file, second_slot: false, synced: Instant::now(), dirty: false };
        for _ in 0..2 {
            water.put(mark).map_err(io)?;
            // One slot at a time, so that one is whole whatever happens.
            water.file.sync_all().map_err(io)?;
        }
        water.dirty = false;
        Ok(water)
    }

    /// Moves the mark; on disk within a second.
    pub(crate) fn write(&mut self, mark: Mark) -> IoResult<()> {
        self.put(mark)?;
        self.sync_if_due()
    }

    pub(crate) const fn dirty(&self) -> bool {
        self.dirty
    }

    pub(crate) fn sync_if_due(&mut self) -> IoResult<()> {
        if self.dirty && self.synced.elapsed() >= SYNC_EVERY { self.sync() } else { Ok(()) }
    }

    pub(crate) fn sync(&mut self) -> IoResult<()> {
        self.file.sync_data()?;
        self.synced = Instant::now();
        self.dirty = false;
        Ok(())
    }

    fn put(&mut self, mark: Mark) -> IoResult<()> {
        let mut slot = Vec::with_capacity(MARK_BYTES);
        slot.extend_from_slice(&MAGIC);
        slot.extend_from_slice(&mark.epoch.to_be_bytes());
        slot.extend_from_slice(&mark.position.0.to_be_bytes());
        slot.extend_from_slice(&mark.chain.to_be_bytes());
        slot.extend_from_slice(&crc32fast::hash(&slot).to_be_bytes());
        let offset = if self.second_slot { SLOT_BYTES as u64 } else { 0 };
        self.file.seek(SeekFrom::Start(offset))?;
        self.file.write_all(&slot)?;
        self.second_slot = !self.second_slot;
        self.dirty = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: Mark = Mark { epoch: 2, position: Position(700), chain: 0xc0ff_ee00 };

    #[test]
    fn the_newest_of_the_two_slots_counts_and_a_torn_one_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("high-water");
        assert_eq!(read(&path).unwrap(), None);
        let mut water = HighWater::create(&path, MARK).unwrap();
        water.write(Mark { position: Position(701), ..MARK }).unwrap();
        water.write(Mark { position: Position(702), ..MARK }).unwrap();
        assert_eq!(read(&path).unwrap().unwrap().position, Position(702));
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[SLOT_BYTES + 20] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(read(&path).unwrap().unwrap().position, Position(701));
    }

    #[test]
    fn a_file_without_a_whole_slot_is_an_error_and_not_a_new_journal() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("high-water");
        std::fs::write(&path, [7; 2 * SLOT_BYTES]).unwrap();
        assert!(matches!(read(&path), Err(OpenError::HighWaterDamaged { .. })));
    }
}
