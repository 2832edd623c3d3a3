//! One slot of a key file: 64 bytes, never across a sector.

use uuid::Uuid;
use zeroize::Zeroizing;

use crate::lead_key::KEY_BYTES;

/// Bytes of a slot, and of the header before the first one. A divisor of 512, so that no slot lies
/// across two sectors and a power cut leaves each either as it was or as it should be.
pub(crate) const SLOT_BYTES: usize = 64;

/// A slot as it lies in the file. Holds a key, so it is wiped when dropped.
pub(crate) type SlotBytes = Zeroizing<[u8; SLOT_BYTES]>;

const LIVE: u8 = 1;
const ERASED: u8 = 2;

const STATE_AT: usize = 0;
const OWNER_AT: usize = 4;
const KEY_AT: usize = 20;
const CHECKSUM_AT: usize = 60;

/// What a slot says.
pub(crate) enum Slot {
    /// A key and whose it is.
    Live { owner: Uuid, key: Zeroizing<[u8; KEY_BYTES]> },
    /// The key of this owner was overwritten.
    Erased { owner: Uuid },
    /// Nothing can be said: never written, or changed since.
    Damaged(Damage),
}

/// Why a slot cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// All zeros: a crash came before the bytes reached the disk.
    Blank,
    /// The checksum does not fit: the bytes were changed, or moved from another slot.
    Checksum,
    /// The checksum fits and the state is unknown: a newer version wrote it.
    State(u8),
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Blank => f.write_str("it is blank"),
            Self::Checksum => f.write_str("its checksum does not fit"),
            Self::State(state) => write!(f, "its state {state} is unknown to this version"),
        }
    }
}

/// The bytes of a live slot.
pub(crate) fn encode_live(number: u32, owner: Uuid, key: &[u8; KEY_BYTES]) -> SlotBytes {
    encode(number, LIVE, owner, key)
}

/// The bytes of an erased slot: its owner, and zeros where the key was.
pub(crate) fn encode_erased(number: u32, owner: Uuid) -> SlotBytes {
    encode(number, ERASED, owner, &[0; KEY_BYTES])
}

/// Reads a slot. Total: what makes no sense is damage.
pub(crate) fn decode(number: u32, bytes: &[u8; SLOT_BYTES]) -> Slot {
    if bytes.iter().all(|&byte| byte == 0) {
        return Slot::Damaged(Damage::Blank);
    }
    if field::<4>(bytes, CHECKSUM_AT) != checksum(number, bytes) {
        return Slot::Damaged(Damage::Checksum);
    }
    let owner = Uuid::from_bytes(field(bytes, OWNER_AT));
    let [state] = field::<1>(bytes, STATE_AT);
    match state {
        LIVE => Slot::Live { owner, key: Zeroizing::new(field(bytes, KEY_AT)) },
        ERASED => Slot::Erased { owner },
        other => Slot::Damaged(Damage::State(other)),
    }
}

fn encode(number: u32, state: u8, owner: Uuid, key: &[u8; KEY_BYTES]) -> SlotBytes {
    let mut bytes = Zeroizing::new([0; SLOT_BYTES]);
    put(&mut bytes, STATE_AT, &[state]);
    put(&mut bytes, OWNER_AT, owner.as_bytes());
    put(&mut bytes, KEY_AT, key);
    let checksum = checksum(number, &bytes);
    put(&mut bytes, CHECKSUM_AT, &checksum);
    bytes
}

/// CRC-32 of the slot's number and everything before the checksum. With the number in it, a slot
/// copied to another place does not pass for a slot of that place.
fn checksum(number: u32, bytes: &[u8; SLOT_BYTES]) -> [u8; 4] {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&number.to_le_bytes());
    crc.update(bytes.get(..CHECKSUM_AT).unwrap_or_default());
    crc.finalize().to_le_bytes()
}

/// Copies `from` to `at`. What does not fit is a bug that every round trip test shows.
pub(crate) fn put(bytes: &mut [u8; SLOT_BYTES], at: usize, from: &[u8]) {
    for (to, &byte) in bytes.iter_mut().skip(at).zip(from) {
        *to = byte;
    }
}

/// The `N` bytes at `at`.
pub(crate) fn field<const N: usize>(bytes: &[u8; SLOT_BYTES], at: usize) -> [u8; N] {
    let mut out = [0; N];
    for (to, &byte) in out.iter_mut().zip(bytes.iter().skip(at)) {
        *to = byte;
    }
    out
}
