//! The seals: what a person supplied is readable only with a key that can be destroyed.
//!
//! The journal never forgets, so personal fields go into it sealed, with a key for each lead. The
//! keys lie in a file beside it, in slots that are overwritten in place. To forget a lead is to
//! overwrite its key: the journal and its hash tree stay as they are, and the fields in it become
//! noise. Phone numbers are compared by keyed tags, so that nothing has to be opened for that.
//!
//! This crate knows nothing of leads but their ids. It holds no journal, no clock and no cache; it
//! refuses a key to anybody who names another lead than the slot does, and it never gives a key
//! away that is not on disk.
//!
//! # Sealing
//!
//! [`LeadKey::seal`] is XChaCha20-Poly1305 with a random nonce of 24 bytes:
//!
//! ```text
//! sealed           nonce (24) | ciphertext (as long as the field) | tag (16)
//! associated data  lead uuid (16) | field number (1) | format (1) = 1
//! ```
//!
//! With sealing off (chosen when the vault is made, never changed): `0x00 | field`.
//!
//! Tags are HMAC-SHA256 with the organisation's key, cut to 16 bytes:
//!
//! ```text
//! contact tag      "branchline/contact/v1" 0x00 | number in E.164 form, UTF-8
//! enrolment tag    "branchline/enrolment/v1" 0x00 | workflow uuid (16) | contact tag (16)
//! request tag      "branchline/request/v1" 0x00 | SHA-256 of a request (32); all 32 bytes of it
//! ```
//!
//! # Files
//!
//! Three files in one directory of a Unix system, made with mode 0600. Numbers are little-endian, uuids are in
//! network order, a checksum is CRC-32 (ISO-HDLC, as in zlib), reserved bytes are zero.
//!
//! `leads.keys` is one header and then slots, numbered from 0. It only grows.
//! `organisations.keys` is one header and then entries, numbered from 0 and sorted by uuid. It is
//! replaced as a whole: written to `organisations.keys.new`, synced, renamed, directory synced.
//! `keys.lock` is empty; who writes holds an exclusive `flock` on it.
//!
//! | Header byte | What |
//! |---|---|
//! | 0 to 7 | `BRLNLEAD` in `leads.keys`, `BRLNORGS` in `organisations.keys` |
//! | 8, 9 | format of the file: 1 |
//! | 10 | flags: bit 0 is set when fields are sealed; the others are zero |
//! | 11 | reserved |
//! | 12 to 15 | number of entries in `organisations.keys`; zero in `leads.keys` |
//! | 16 to 31 | uuid of the vault, the same in both files |
//! | 32 to 59 | reserved |
//! | 60 to 63 | checksum of bytes 0 to 59 |
//!
//! | Slot or entry byte | What |
//! |---|---|
//! | 0 | state: 1 a key, 2 erased; 0 only in a slot that is all zeros |
//! | 1 to 3 | reserved |
//! | 4 to 19 | uuid of the lead or organisation |
//! | 20 to 51 | key; zeros when erased |
//! | 52 to 59 | reserved |
//! | 60 to 63 | checksum of the number of the slot (4 bytes) and bytes 0 to 59 |
//!
//! New slots are written at the end and synced once for the whole batch, before anybody gets a key.
//! A crash before the sync can leave a part of a slot at the end, which is ignored and written
//! over; blank slots, which no journal names; and whole slots that no journal names. A slot lies
//! within one 512-byte sector, so a power cut does not mix an old and a new one. A whole slot that
//! is damaged is therefore not a crash but a broken disk or a stray hand: it stays where it is, for
//! repair, and is an error only for who asks for its key. Damage to a header or to
//! `organisations.keys` is an error at open: an organisation that seemed to have no key would get
//! another one, and its contact tags would match nothing recorded before.
//!
//! All of it in one file that checks itself is a [`key_backup`].
//!
//! # What erasing guarantees
//!
//! When [`Vault::erase`] returns, the sectors of the slot were overwritten and the disk was told to
//! keep that. On a file system that overwrites in place (ext4, XFS without reflinked copies of the
//! file) the old key can no longer be read through any file.
//!
//! What it cannot do: reach copies that others made. Those are backups of `leads.keys`, snapshots
//! of the volume or the machine, file systems that never overwrite (btrfs, ZFS, bcachefs) or that
//! journal data (`data=journal`), blocks that an SSD has remapped, swap and core dumps. So: keep
//! backups of the key file for a short, stated time; apply all erasures again after restoring one;
//! put the directory on an encrypted disk, so that what remains in remapped blocks is noise too.
//!
//! In memory, keys are wiped when dropped. Copies that the compiler makes in registers and on the
//! stack are out of reach. The key file is readable by whoever may read the data directory: against
//! a thief of the whole machine only an encrypted disk helps.

mod disk;
mod entropy;
mod error;
#[cfg(test)]
mod faults;
mod header;
pub mod key_backup;
mod lead_key;
mod opening;
mod organisation_key;
mod organisations;
pub mod signing;
mod slot;
mod slot_store;
mod vault;

pub use entropy::{Entropy, SeededEntropy, SystemEntropy};
pub use error::VaultError;
pub use lead_key::{LeadKey, OpenSealError};
pub use organisation_key::OrganisationKey;
pub use slot::Damage;
pub use vault::{KeySlot, Vault, VaultOptions};
