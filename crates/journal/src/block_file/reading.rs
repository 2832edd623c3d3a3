//! Reading a block file. Only where each block begins is kept, 16 bytes a block; the blocks are read
//! when they are asked for.

use std::{
    fs::File,
    io::{Error as IoError, ErrorKind, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use super::{BlockFileEnd, END, END_BYTES, HEADER};
use crate::{
    block::{MAGIC, STATED_BYTES, Stated, decode_header},
    record::Position,
    sled_store::OpenError,
    storage::{BlockSource, StorageError, StoredBlock},
};

const CUT_IN_BLOCK: &str = "the file was cut within this block";

/// Whether a file begins as a block file of any format.
///
/// # Errors
///
/// When the file cannot be read.
pub fn is_block_file(path: &Path) -> Result<bool, IoError> {
    let mut begin = Vec::new();
    File::open(path)?.take(4).read_to_end(&mut begin)?;
    Ok(HEADER.starts_with(&begin) && begin.len() == 4)
}

/// Where the blocks stop being a file that was written whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    /// First byte that cannot be trusted, counted from 0.
    pub(crate) offset: u64,
    pub(crate) reason: Arc<str>,
}

impl Broken {
    fn new(offset: u64, reason: impl Into<Arc<str>>) -> Self {
        Self { offset, reason: reason.into() }
    }

    fn error(&self) -> StorageError {
        StorageError(format!("at byte {} of the file: {}", self.offset, self.reason))
    }
}

/// The end of a file that is whole, or where it stops being whole.
pub(crate) type FileEnd = Result<BlockFileEnd, Broken>;

/// Where a block lies, and the position that it is taken to be kept under.
#[derive(Clone, Copy, Debug)]
struct Entry {
    key: Position,
    offset: u64,
}

/// The blocks of a file, up to the first place where no block begins.
#[derive(Debug)]
pub(crate) struct BlockFile {
    path: PathBuf,
    file: Mutex<File>,
    entries: Vec<Entry>,
    /// Where the last block ends.
    blocks_end: u64,
    end: FileEnd,
}

impl BlockFile {
    /// Opens a file and looks where its blocks begin.
    pub(crate) fn open(path: &Path) -> Result<Self, OpenError> {
        let io = |error: IoError| OpenError::io("read", path, &error);
        let mut file = File::open(path).map_err(io)?;
        let len = file.metadata().map_err(io)?.len();
        let mut begin = Vec::new();
        file.by_ref().take(HEADER.len() as u64).read_to_end(&mut begin).map_err(io)?;
        if begin != HEADER {
            return Err(OpenError::NoBlockFile { path: path.to_owned() });
        }
        let mut walk = Walk { file, len, entries: Vec::new(), offset: HEADER.len() as u64 };
        let end = walk.walk_on().map_err(io)?;
        let Walk { file, entries, offset, .. } = walk;
        let mut found = Self {
            path: path.to_owned(),
            file: Mutex::new(file),
            entries,
            blocks_end: offset,
            end,
        };
        found.compare_end();
        Ok(found)
    }

    /// What the end says, or where the file stops being whole.
    pub(crate) const fn end(&self) -> &FileEnd {
        &self.end
    }

    /// Compares the end with the last block: whole blocks may be missing before it.
    fn compare_end(&mut self) {
        let Ok(end) = self.end else { return };
        let last = match self.entries.last() {
            None => Some((Position::START, 0)),
            // A last block that is damaged is found as such.
            Some(last) => self
                .read(self.entries.len().saturating_sub(1), 1)
                .ok()
                .and_then(|blocks| decode_header(&blocks.first()?.1).ok())
                .filter(|header| header.first == last.key)
                .map(|header| (header.last(), header.checksum)),
        };
        let Some((last, checksum)) = last else { return };
        let blocks = self.entries.len() as u64;
        if (end.last, end.checksum, end.blocks) != (last, checksum, blocks) {
            let reason = format!(
                "the end says {} blocks up to position {}, with checksum {:08x}; there are {blocks} up to \
                 {last}, with {checksum:08x}",
                end.blocks, end.last, end.checksum
            );
            self.end = Err(Broken::new(self.blocks_end, reason));
        }
    }

    /// Reads neighbouring blocks in one piece.
    fn read(&self, from: usize, count: usize) -> Result<Vec<StoredBlock>, StorageError> {
        let failed = |error: IoError| StorageError(format!("{}: {error}", self.path.display()));
        let wanted = || self.entries.iter().skip(from).take(count);
        let ends = self.entries.iter().skip(from + 1).map(|entry| entry.offset);
        let mut blocks = Vec::with_capacity(wanted().len());
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(first) = wanted().next() {
            file.seek(SeekFrom::Start(first.offset)).map_err(failed)?;
        }
        for (entry, end) in wanted().zip(ends.chain([self.blocks_end])) {
            // A block's length is below 64 KiB, see `Stated`.
            let len = usize::try_from(end - entry.offset).unwrap_or_default();
            let mut bytes = vec![0; len];
            file.read_exact(&mut bytes).map_err(failed)?;
            blocks.push((entry.key, bytes));
        }
        Ok(blocks)
    }
}

/// Goes from block to block by the lengths that they state.
struct Walk {
    file: File,
    len: u64,
    entries: Vec<Entry>,
    offset: u64,
}

impl Walk {
    /// Notes every block, and gives the end that follows the last one.
    fn walk_on(&mut self) -> Result<FileEnd, IoError> {
        let mut expected = Position(1);
        loop {
            let offset = self.offset;
            let begin = self.peek(STATED_BYTES)?;
            if begin.is_empty() {
                return Ok(Err(Broken::new(offset, "the file was cut: its end is missing")));
            }
            if END.starts_with(begin.get(..4).unwrap_or(&begin)) {
                return self.end();
            }
            let Some(stated) = Stated::of(&begin) else {
                let is_cut = begin.len() < STATED_BYTES
                    && MAGIC.starts_with(begin.get(..4).unwrap_or(&begin));
                return Ok(Err(Broken::new(
                    offset,
                    if is_cut { CUT_IN_BLOCK } else { "neither a block nor the end begins here" },
                )));
            };
            let after = offset + stated.len as u64;
            if after > self.len {
                return Ok(Err(Broken::new(offset, CUT_IN_BLOCK)));
            }
            let key = if stated.first == expected {
                expected
            } else {
                self.key_out_of_order(expected, stated.len)?
            };
            self.entries.push(Entry { key, offset });
            self.offset = after;
            expected = Position(key.0.saturating_add(u64::from(stated.records)).max(key.0 + 1));
        }
    }

    /// The key of a block that does not say that it is the next one. When it is sound it is another
    /// block, else a damaged one in the right place. Keys only ascend.
    fn key_out_of_order(&mut self, expected: Position, len: usize) -> Result<Position, IoError> {
        let before = self.entries.last().map_or(Position::START, |entry| entry.key);
        let bytes = self.peek(len)?;
        Ok(match decode_header(&bytes) {
            Ok(header) if header.first > before => header.first,
            Ok(_) => before.next(),
            Err(_) => expected,
        })
    }

    fn end(&mut self) -> Result<FileEnd, IoError> {
        let offset = self.offset;
        let bytes = self.peek(END_BYTES)?;
        let Ok(bytes) = <[u8; END_BYTES]>::try_from(bytes) else {
            return Ok(Err(Broken::new(offset, "the file was cut within its end")));
        };
        let end = BlockFileEnd::decode(&bytes).map_err(|error| Broken::new(offset, error.0));
        let after = offset + END_BYTES as u64;
        if end.is_ok() && after < self.len {
            return Ok(Err(Broken::new(after, "bytes follow the end of the file")));
        }
        Ok(end)
    }

    /// The next bytes, fewer where the file ends.
    fn peek(&mut self, len: usize) -> Result<Vec<u8>, IoError> {
        let mut bytes = Vec::with_capacity(len);
        self.file.seek(SeekFrom::Start(self.offset))?;
        match self.file.by_ref().take(len as u64).read_to_end(&mut bytes) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(bytes),
            Err(error) => Err(error),
            Ok(_) => Ok(bytes),
        }
    }
}

impl BlockSource for BlockFile {
    fn at_or_before(&self, position: Position) -> Result<Option<StoredBlock>, StorageError> {
        let after = self.entries.partition_point(|entry| entry.key <= position);
        let Some(at) = after.checked_sub(1) else { return Ok(None) };
        Ok(self.read(at, 1)?.pop())
    }

    fn starting_at(&self, from: Position, limit: usize) -> Result<Vec<StoredBlock>, StorageError> {
        let at = self.entries.partition_point(|entry| entry.key < from);
        if at == self.entries.len() {
            return self.end.as_ref().map(|_| Vec::new()).map_err(Broken::error);
        }
        self.read(at, limit)
    }

    fn offset_of(&self, key: Position) -> Option<u64> {
        let at = self.entries.binary_search_by_key(&key, |entry| entry.key).ok()?;
        self.entries.get(at).map(|entry| entry.offset)
    }
}
