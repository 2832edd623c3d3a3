//! Bytes too many to be held at once: written and read through a small window, with a checksum over
//! all of them at the end.

use std::io::{self, Read, Write};

use super::{FormatError, Input};

/// Bytes held at once. Unit: bytes.
const WINDOW: usize = 64 * 1024;

/// The longest piece that is read at once. Unit: bytes.
pub(crate) const PIECE_MAX: usize = 128;

/// Bytes of the checksum at the end.
const CHECKSUM: usize = 4;

/// Why bytes were not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FlowError {
    /// The operating system says so.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// They are not what was to be read.
    #[error(transparent)]
    Format(#[from] FormatError),
}

/// Writes bytes, and the CRC-32 of all of them (big-endian) after the last.
pub(crate) struct Outflow<W> {
    to: W,
    window: Vec<u8>,
    checksum: crc32fast::Hasher,
}

impl<W: Write> Outflow<W> {
    pub(crate) fn new(to: W) -> Self {
        Self { to, window: Vec::with_capacity(WINDOW), checksum: crc32fast::Hasher::new() }
    }

    /// Room for a small piece more.
    pub(crate) fn piece(&mut self) -> io::Result<&mut Vec<u8>> {
        if self.window.len() + PIECE_MAX > WINDOW {
            self.pass_on()?;
        }
        Ok(&mut self.window)
    }

    fn pass_on(&mut self) -> io::Result<()> {
        self.checksum.update(&self.window);
        self.to.write_all(&self.window)?;
        self.window.clear();
        Ok(())
    }

    /// Writes what is left and the checksum.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.pass_on()?;
        self.to.write_all(&self.checksum.finalize().to_be_bytes())?;
        Ok(self.to)
    }
}

/// Reads what an [`Outflow`] wrote. What it gives is not to be trusted before [`Self::finish`] has
/// found the checksum right.
pub(crate) struct Inflow<R> {
    from: R,
    window: Vec<u8>,
    /// Where the bytes of the window begin that were not given yet.
    given: usize,
    /// Bytes that are not in the window yet, without the checksum.
    left: u64,
    checksum: crc32fast::Hasher,
}

impl<R: Read> Inflow<R> {
    /// Of `len` bytes.
    pub(crate) fn new(from: R, len: u64) -> Result<Self, FlowError> {
        let left = len.checked_sub(CHECKSUM as u64).ok_or(FormatError("the bytes end early"))?;
        let window = Vec::with_capacity(WINDOW);
        Ok(Self { from, window, given: 0, left, checksum: crc32fast::Hasher::new() })
    }

    /// Reads a piece of at most [`PIECE_MAX`] bytes.
    pub(crate) fn piece<T>(
        &mut self,
        read: impl FnOnce(&mut Input<'_>) -> Result<T, FormatError>,
    ) -> Result<T, FlowError> {
        if self.window.len() - self.given < PIECE_MAX && self.left > 0 {
            self.fill()?;
        }
        let mut input = Input::new(self.window.get(self.given..).unwrap_or_default());
        let piece = read(&mut input)?;
        self.given = self.window.len() - input.left();
        Ok(piece)
    }

    fn fill(&mut self) -> Result<(), FlowError> {
        self.window.drain(..self.given);
        self.given = 0;
        let before = self.window.len();
        let wanted = self.left.min((WINDOW - before) as u64);
        let read = self.from.by_ref().take(wanted).read_to_end(&mut self.window)? as u64;
        if read < wanted {
            return Err(FormatError("the bytes end early").into());
        }
        self.left -= read;
        self.checksum.update(self.window.get(before..).unwrap_or_default());
        Ok(())
    }

    /// Whether nothing was left over and the checksum is right.
    pub(crate) fn finish(mut self) -> Result<(), FlowError> {
        if self.left > 0 || self.given < self.window.len() {
            return Err(FormatError("bytes are left over").into());
        }
        let mut checksum = [0; CHECKSUM];
        self.from.read_exact(&mut checksum)?;
        if u32::from_be_bytes(checksum) == self.checksum.finalize() {
            Ok(())
        } else {
            Err(FormatError("the checksum is wrong").into())
        }
    }
}

#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "a method named alone takes an input of one lifetime only"
)]
impl<R: Read> Inflow<R> {
    /// Reads a varint.
    pub(crate) fn number<T: TryFrom<u64>>(&mut self) -> Result<T, FlowError> {
        self.piece(|input| input.small())
    }

    /// Reads a signed varint.
    pub(crate) fn signed(&mut self) -> Result<i64, FlowError> {
        self.piece(|input| input.signed())
    }

    /// Reads as many bytes.
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], FlowError> {
        self.piece(|input| input.array())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::put_varint;

    fn written(count: u64) -> Vec<u8> {
        let mut out = Outflow::new(Vec::new());
        for number in 0..count {
            put_varint(out.piece().unwrap(), number);
        }
        out.finish().unwrap()
    }

    fn sum(bytes: &[u8], count: u64) -> Result<u64, FlowError> {
        let mut flow = Inflow::new(bytes, bytes.len() as u64)?;
        let mut sum = 0;
        for _ in 0..count {
            sum += flow.number::<u64>()?;
        }
        flow.finish()?;
        Ok(sum)
    }

    #[test]
    fn many_windows_of_numbers_come_back() {
        for count in [0, 1, 200_000] {
            assert_eq!(sum(&written(count), count).unwrap(), (0..count).sum());
        }
    }

    #[test]
    fn a_changed_byte_a_cut_and_a_rest_are_found() {
        let sound = written(100_000);
        for place in [0, sound.len() / 2, sound.len() - 1] {
            let mut changed = sound.clone();
            changed[place] ^= 1;
            assert!(sum(&changed, 100_000).is_err(), "at {place}");
        }
        for len in [0, 3, 4, 5, sound.len() / 2, sound.len() - 1] {
            assert!(sum(&sound[..len], 100_000).is_err(), "cut to {len}");
        }
        assert!(sum(&sound, 99_999).is_err());
    }
}
