//! Heads: which journal it is, in about 100 bytes and a signature.
//!
//! A head is a checkpoint as transparency logs have it (<https://c2sp.org/tlog-checkpoint>), which
//! is a signed note (<https://c2sp.org/signed-note>), so that their tools and witnesses work on it:
//!
//! ```text
//! example.com/journal                                 origin: the name of the key
//! 20852163                                            records, in decimal
//! CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=        root of their hash tree, in base64
//!                                                     an empty line
//! — example.com/journal Az3grlgtzPICa5OS8npVmf1My…    em dash, name, base64( id · signature )
//! ```
//!
//! Each line ends with one line feed, the last one too. The signature is Ed25519 over the lines before
//! the empty one, their line feeds included; the id is the key's ([`branchline_vault::signing`]). More
//! signatures may follow, of witnesses or of a new key: those of unknown keys are ignored.
//!
//! Further lines after the root are allowed by the specification and read here, but none is written:
//! they are not recommended, because a witness cannot check them. So a head says no time. Its last
//! record does, and who wants a time that nobody of the house could choose asks a witness for one.

mod checkpoint;
mod error;
mod note;

use branchline_journal::merkle::TreeHead;
use branchline_vault::signing::{SigningKey, VerifierKey};

pub use self::error::HeadError;
pub(crate) use self::error::tree;
use self::{checkpoint::Checkpoint, note::SignedNote};

/// Largest head that is read, with all its signatures. Unit: bytes.
pub const HEAD_BYTES_MAX: usize = 256 * 1024;

/// A head and its signatures, which may or may not have been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedHead {
    note: SignedNote,
    checkpoint: Checkpoint,
}

impl SignedHead {
    /// Signs a head in the name of the key. Two heads of the same tree by the same key are equal.
    ///
    /// Whoever signs promises that the journal continues everything that was signed before.
    pub fn sign(head: TreeHead, key: &SigningKey) -> Self {
        let checkpoint = Checkpoint::new(key.name().as_str(), head);
        let note = SignedNote::sign(checkpoint.to_text(), key);
        Self { note, checkpoint }
    }

    /// Reads a head. No signature is checked, see [`Self::verify`].
    ///
    /// # Errors
    ///
    /// [`HeadError::Form`] or [`HeadError::TooLarge`] when the bytes are not those of a head.
    pub fn parse(bytes: &[u8]) -> Result<Self, HeadError> {
        let note = SignedNote::parse(bytes)?;
        let checkpoint = Checkpoint::parse(note.text())?;
        Ok(Self { note, checkpoint })
    }

    /// The text, as it is kept in a file.
    pub fn to_text(&self) -> String {
        self.note.to_text()
    }

    /// Whose journal it is.
    pub fn origin(&self) -> &str {
        &self.checkpoint.origin
    }

    /// Records and root.
    pub const fn tree(&self) -> TreeHead {
        self.checkpoint.head
    }

    /// Names of the keys that signed it, or say so.
    pub fn signers(&self) -> impl Iterator<Item = &str> {
        self.note.signatures().iter().map(|signature| &*signature.name)
    }

    /// Checks that the key signed the head, and that it is a head of the key's journal.
    ///
    /// # Errors
    ///
    /// [`HeadError`] when the origin is another one, the key's signature is not there, or one that is
    /// there does not hold. Signatures of other keys are not looked at.
    pub fn verify(&self, key: &VerifierKey) -> Result<(), HeadError> {
        if self.origin() != key.name().as_str() {
            return Err(HeadError::OtherOrigin {
                origin: self.origin().to_owned(),
                key: key.name().to_string(),
            });
        }
        self.note.verify(key)
    }

    /// Checks that another copy of a head says the same as this one: of the same journal, the same
    /// tree, and with no signature that is neither in this one nor of the key that is given.
    ///
    /// # Errors
    ///
    /// [`HeadError`] naming what differs.
    pub fn covers(&self, copy: &Self, key: Option<&VerifierKey>) -> Result<(), HeadError> {
        if self.origin() != copy.origin() {
            return Err(HeadError::OtherJournal {
                kept: self.origin().to_owned(),
                found: copy.origin().to_owned(),
            });
        }
        if self.tree() != copy.tree() {
            return Err(HeadError::OtherTree { kept: self.tree(), found: copy.tree() });
        }
        if self.note.text() != copy.note.text() {
            return Err(HeadError::OtherLines);
        }
        if let Some(key) = key.filter(|key| copy.note.is_signed_by(key)) {
            copy.verify(key)?;
        }
        let signatures = copy.note.signatures().iter();
        let mut unknown = signatures.filter(|signature| {
            let of_the_key = key.is_some_and(|key| signature.is_by(key));
            !of_the_key && !self.note.signatures().contains(signature)
        });
        match unknown.next() {
            None => Ok(()),
            Some(signature) => Err(HeadError::Unchecked { by: signature.name.to_string() }),
        }
    }
}

#[cfg(test)]
mod tests;
