//! Where slots lie: in a file, or in memory for tests and simulations.

use std::{
    fs::File,
    io,
    os::unix::fs::FileExt,
    sync::{PoisonError, RwLock},
};

use zeroize::Zeroizing;

use crate::slot::{SLOT_BYTES, SlotBytes};

/// Slots by number. Readers need no lock of the vault; writers hold its writer lock.
pub(crate) trait SlotStore: Send + Sync {
    /// Reads one slot.
    fn read(&self, number: u32) -> io::Result<SlotBytes>;
    /// Writes whole slots from `first` on. Readers may see them at once; a crash may lose them.
    fn write(&self, first: u32, slots: &[u8]) -> io::Result<()>;
    /// Returns once everything written so far, and the file's length, is on disk.
    fn sync(&self) -> io::Result<()>;
}

/// Slots in `leads.keys`, read and written in place.
///
/// There is no copy in memory: the kernel's page cache is one already, shared and given back under
/// pressure. A read is one system call without a lock: 0.24 µs a key among a million, on one
/// thread or two.
#[derive(Debug)]
pub(crate) struct FileSlots(pub(crate) File);

impl SlotStore for FileSlots {
    fn read(&self, number: u32) -> io::Result<SlotBytes> {
        let mut slot = Zeroizing::new([0; SLOT_BYTES]);
        self.0.read_exact_at(slot.as_mut_slice(), offset(number))?;
        Ok(slot)
    }

    fn write(&self, first: u32, slots: &[u8]) -> io::Result<()> {
        self.0.write_all_at(slots, offset(first))
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }
}

/// Where a slot begins. The header takes the room of one slot.
const fn offset(number: u32) -> u64 {
    (number as u64 + 1) * SLOT_BYTES as u64
}

/// Slots of one piece of memory. A piece is never moved, so growing leaves no copy of a key.
const PIECE_SLOTS: usize = 1024;

/// Slots in memory, as bytes in the same form as in the file.
#[derive(Debug, Default)]
pub(crate) struct MemorySlots {
    pieces: RwLock<Vec<Zeroizing<Vec<u8>>>>,
}

impl SlotStore for MemorySlots {
    fn read(&self, number: u32) -> io::Result<SlotBytes> {
        let pieces = self.pieces.read().unwrap_or_else(PoisonError::into_inner);
        let (piece, at) = place(number);
        let found = pieces
            .get(piece)
            .and_then(|piece| piece.get(at..at + SLOT_BYTES))
            .and_then(|slot| <[u8; SLOT_BYTES]>::try_from(slot).ok());
        found.map(Zeroizing::new).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    fn write(&self, first: u32, slots: &[u8]) -> io::Result<()> {
        let mut pieces = self.pieces.write().unwrap_or_else(PoisonError::into_inner);
        for (number, slot) in (first..).zip(slots.chunks(SLOT_BYTES)) {
            let (piece, at) = place(number);
            while pieces.len() <= piece {
                pieces.push(Zeroizing::new(vec![0; PIECE_SLOTS * SLOT_BYTES]));
            }
            if let Some(room) =
                pieces.get_mut(piece).and_then(|piece| piece.get_mut(at..at + SLOT_BYTES))
            {
                room.copy_from_slice(slot);
            }
        }
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

/// The piece a slot lies in, and its first byte there.
const fn place(number: u32) -> (usize, usize) {
    let number = number as usize;
    (number / PIECE_SLOTS, number % PIECE_SLOTS * SLOT_BYTES)
}
