//! All keys of a vault in one file that checks itself, and a vault made out of such a file.
//!
//! A backup is taken while the vault is written. Slots never move and never come back to life, so
//! a backup that takes a while is still one that could have been taken at once: a key that was
//! erased meanwhile is in it or is not, and whoever restores it erases again what the journal says.
//!
//! The file is made of the same pieces as the key files, each of 64 bytes, and nothing else:
//!
//! | Piece | What |
//! |---|---|
//! | 1 | header, as of the key files, with `BRLNKEYS`, the number of organisations in bytes 12 to 15 and the number of slots in bytes 32 to 35 |
//! | then | an entry an organisation, as in `organisations.keys` |
//! | then | every slot, as in `leads.keys`; one that is damaged there is damaged here |
//! | last | trailer: bytes 0 to 7 `BRLNKEND`, 8 to 39 SHA-256 of all pieces before, 40 to 59 reserved, 60 to 63 checksum of bytes 0 to 59 |

mod reading;
mod restoring;
mod writing;

use sha2::{Digest, Sha256};

pub use self::{
    reading::KeyBackup,
    restoring::{JournalSlots, NamedSlot, RestoredKeys},
    writing::KeyCounts,
};
use crate::slot::{SLOT_BYTES, field, put};

/// Slots read or written at once: 256 KiB.
const PIECES_AT_ONCE: u32 = 4096;

const TRAILER_MAGIC: [u8; 8] = *b"BRLNKEND";
const DIGEST_AT: usize = 8;
const CHECKSUM_AT: usize = 60;

/// The last piece, after all pieces that went into the digest.
fn trailer(digest: Sha256) -> [u8; SLOT_BYTES] {
    let digest: [u8; 32] = digest.finalize().into();
    let mut bytes = [0; SLOT_BYTES];
    put(&mut bytes, 0, &TRAILER_MAGIC);
    put(&mut bytes, DIGEST_AT, &digest);
    let checksum = crc32fast::hash(bytes.get(..CHECKSUM_AT).unwrap_or_default());
    put(&mut bytes, CHECKSUM_AT, &checksum.to_le_bytes());
    bytes
}

/// Whether a piece begins as a trailer does: a file that ends otherwise was cut.
fn begins_as_trailer(bytes: &[u8; SLOT_BYTES]) -> bool {
    field::<8>(bytes, 0) == TRAILER_MAGIC
}
