//! Uploads on their way in: small ones in memory, large ones in a file that has no name, so that
//! nothing is left of it when the process ends, however it ends.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::FileExt,
    path::Path,
    sync::Arc,
};

/// Largest upload that stays in memory. Unit: bytes.
const IN_MEMORY_MAX: usize = 256 * 1024;

/// An upload that is coming in.
#[derive(Debug)]
pub(crate) struct Spool {
    in_memory: Vec<u8>,
    file: Option<File>,
    bytes: u64,
}

/// An upload that is here. Cheap to clone; every reader begins at the start.
#[derive(Clone, Debug)]
pub(crate) struct Spooled {
    place: Place,
    bytes: u64,
}

#[derive(Clone, Debug)]
enum Place {
    Memory(Arc<[u8]>),
    File(Arc<File>),
}

impl Spool {
    pub(crate) const fn new() -> Self {
        Self { in_memory: Vec::new(), file: None, bytes: 0 }
    }

    /// How much has come in. Unit: bytes.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Takes the next piece. `directory` is where a file is made.
    ///
    /// # Errors
    ///
    /// What the operating system says of the file.
    pub(crate) fn write(&mut self, piece: &[u8], directory: &Path) -> io::Result<()> {
        self.bytes += piece.len() as u64;
        if let Some(file) = &mut self.file {
            return file.write_all(piece);
        }
        self.in_memory.extend_from_slice(piece);
        if self.in_memory.len() > IN_MEMORY_MAX {
            let mut file = tempfile::tempfile_in(directory)?;
            file.write_all(&self.in_memory)?;
            self.in_memory = Vec::new();
            self.file = Some(file);
        }
        Ok(())
    }

    /// All of it came.
    pub(crate) fn finish(self) -> Spooled {
        let place = match self.file {
            Some(file) => Place::File(Arc::new(file)),
            None => Place::Memory(self.in_memory.into()),
        };
        Spooled { place, bytes: self.bytes }
    }
}

impl Spooled {
    /// A file that was there before.
    pub(crate) fn of_file(file: File) -> io::Result<Self> {
        let bytes = file.metadata()?.len();
        Ok(Self { place: Place::File(Arc::new(file)), bytes })
    }

    /// Its first bytes, at most `count`.
    pub(crate) fn start(&self, count: u64) -> io::Result<Vec<u8>> {
        let mut start = Vec::new();
        self.reader().take(count).read_to_end(&mut start)?;
        Ok(start)
    }

    /// Reads it from the start.
    pub(crate) fn reader(&self) -> SpoolReader {
        SpoolReader { spooled: self.clone(), at: 0 }
    }
}

/// Reads an upload, independently of all others who do.
#[derive(Debug)]
pub(crate) struct SpoolReader {
    spooled: Spooled,
    at: u64,
}

impl Read for SpoolReader {
    fn read(&mut self, piece: &mut [u8]) -> io::Result<usize> {
        let count = match &self.spooled.place {
            Place::Memory(bytes) => {
                let at = usize::try_from(self.at).unwrap_or(usize::MAX);
                bytes.get(at..).unwrap_or_default().read(piece)?
            }
            Place::File(file) => file.read_at(piece, self.at)?,
        };
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for SpoolReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let wanted = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(offset) => self.spooled.bytes.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.at.checked_add_signed(offset),
        };
        self.at = wanted.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out_as_often_as_it_is_read_and_leaves_no_file() {
        let directory = tempfile::tempdir().unwrap();
        for bytes in [0, 10, IN_MEMORY_MAX, IN_MEMORY_MAX + 1, 1_000_000] {
            let whole: Vec<u8> = (0..bytes).map(|at| u8::try_from(at % 251).unwrap()).collect();
            let mut spool = Spool::new();
            for piece in whole.chunks(7_001) {
                spool.write(piece, directory.path()).unwrap();
            }
            assert_eq!(spool.bytes(), bytes as u64);
            let spooled = spool.finish();
            assert_eq!(matches!(spooled.place, Place::File(_)), bytes > IN_MEMORY_MAX);
            for _ in 0..2 {
                let mut read = Vec::new();
                spooled.reader().read_to_end(&mut read).unwrap();
                assert!(read == whole, "{bytes} bytes");
            }
            let mut reader = spooled.reader();
            assert_eq!(reader.seek(SeekFrom::End(0)).unwrap(), bytes as u64);
            assert!(reader.seek(SeekFrom::Current(-1_000_001)).is_err());
        }
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
