//! The records of a block as one LZ4 block: the block format of the LZ4 project, without a frame.
//!
//! LZ4 and not zstd: of a campaign's blocks 38 % are left and not 34 %, at about twice the speed, in
//! code without `unsafe`, and in a format that an auditor can read with forty lines of his own.

use std::fmt;

use lz4_flex::block::{
    CompressTable, compress_into_with_table, decompress_into, get_maximum_output_size,
};

use super::BLOCK_BYTES_MAX;
use crate::wire::FormatError;

/// Bytes of the length before what is packed.
const LENGTH_BYTES: usize = 2;

/// Packs, with buffers that are used again.
#[derive(Default)]
pub(super) struct Packer {
    table: CompressTable,
    out: Vec<u8>,
}

impl fmt::Debug for Packer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Packer").finish_non_exhaustive()
    }
}

impl Packer {
    /// The length and the packed bytes, or `None` when they are no shorter than what they stand for.
    pub(super) fn pack(&mut self, bytes: &[u8]) -> Option<&[u8]> {
        let length = u16::try_from(bytes.len()).ok()?.to_be_bytes();
        // Kept at its largest: growing it again would clear it again.
        let most = LENGTH_BYTES + get_maximum_output_size(bytes.len().max(BLOCK_BYTES_MAX));
        if self.out.len() < most {
            self.out.resize(most, 0);
        }
        let (place, room) = self.out.split_first_chunk_mut::<LENGTH_BYTES>()?;
        *place = length;
        let packed = compress_into_with_table(bytes, room, &mut self.table).ok()?;
        self.out.get(..LENGTH_BYTES + packed).filter(|out| out.len() < bytes.len())
    }
}

/// What was packed.
///
/// # Errors
///
/// [`FormatError`] when it is not what it says; nothing is kept for a length that no block has.
pub(super) fn unpack(stored: &[u8]) -> Result<Vec<u8>, FormatError> {
    let Some((length, packed)) = stored.split_first_chunk::<LENGTH_BYTES>() else {
        return Err(FormatError("the bytes end early"));
    };
    let length = usize::from(u16::from_be_bytes(*length));
    if length > BLOCK_BYTES_MAX {
        return Err(FormatError("the block is larger than 16 KiB when it is unpacked"));
    }
    let mut bytes = vec![0; length];
    match decompress_into(packed, &mut bytes) {
        Ok(unpacked) if unpacked == length => Ok(bytes),
        Ok(_) | Err(_) => Err(FormatError("the block's records cannot be unpacked")),
    }
}
