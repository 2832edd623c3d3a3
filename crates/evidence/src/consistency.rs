//! Proofs that a newer head continues an older one: nothing of what the older one covers was
//! changed, dropped, moved or added to.
//!
//! ```json
//! {
//!   "branchline_consistency": 1,
//!   "old": {
//!     "size": 1000,
//!     "root": "<hex>"
//!   },
//!   "new": {
//!     "size": 20852163,
//!     "root": "<hex>"
//!   },
//!   "proof": [
//!     "<base64 of a hash>"
//!   ]
//! }
//! ```
//!
//! Written as a dossier is. `proof` is the one of RFC 9162, section 2.1.4: about two hashes for each
//! doubling of the journal.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use branchline_journal::merkle::{self, Hash, TreeHead};
use serde::{Deserialize, Serialize};

use crate::{DocumentError, document, head::tree, hex::Hex};

/// Number of this form.
const FORMAT: u32 = 1;

/// A proof that one tree begins with another. What was read from somewhere proves nothing before
/// [`Self::check`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsistencyProof {
    old: TreeHead,
    new: TreeHead,
    proof: Vec<Hash>,
}

/// Why a proof of consistency does not hold.
#[derive(Debug, thiserror::Error)]
pub enum ConsistencyError {
    /// It is no such proof, or its bytes were changed.
    #[error("it is no proof of consistency as it was written: {0}")]
    Document(#[from] DocumentError),
    /// A newer release wrote it.
    #[error("it is a proof of form {found}, and this version reads form 1")]
    Format {
        /// Number of its form.
        found: u32,
    },
    /// A root is no hash.
    #[error("a root in it is not of 32 bytes")]
    Root,
    /// A hash of the proof is none.
    #[error("hash {number} of it is not of 32 bytes in base64")]
    Hash {
        /// Which one, from 1.
        number: usize,
    },
    /// The proof is about another tree than a trusted one.
    #[error("its {which} tree is of {}, and the {which} head is of {}", tree(found), tree(trusted))]
    OtherTree {
        /// `old` or `new`.
        which: &'static str,
        /// The trusted tree.
        trusted: TreeHead,
        /// The one in the proof.
        found: TreeHead,
    },
    /// The newer tree does not begin with the older one, or the proof was changed.
    #[error(
        "it does not prove that the journal of {} continues the one of {}",
        tree(new),
        tree(old)
    )]
    Broken {
        /// The older tree.
        old: TreeHead,
        /// The newer tree.
        new: TreeHead,
    },
}

impl ConsistencyProof {
    /// Puts together what a store gives
    /// ([`branchline_journal::store::EventStore::prove_consistency`]).
    pub const fn new(old: TreeHead, new: TreeHead, proof: Vec<Hash>) -> Self {
        Self { old, new, proof }
    }

    /// Reads a proof. It is not checked yet: see [`Self::check`].
    ///
    /// # Errors
    ///
    /// [`ConsistencyError`] when the bytes are not those of a proof, or not as they are written.
    pub fn parse(bytes: &[u8]) -> Result<Self, ConsistencyError> {
        let form: ConsistencyForm = document::read(bytes)?;
        if form.branchline_consistency != FORMAT {
            return Err(ConsistencyError::Format { found: form.branchline_consistency });
        }
        let hash = |(at, text): (usize, &String)| {
            let hash = STANDARD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
            hash.ok_or(ConsistencyError::Hash { number: at + 1 })
        };
        let proof = form.proof.iter().enumerate().map(hash).collect::<Result<_, _>>()?;
        Ok(Self { old: form.old.head()?, new: form.new.head()?, proof })
    }

    /// The text, as it is kept in a file.
    ///
    /// # Errors
    ///
    /// None that a proof can bring about; the JSON writer has one in its signature.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        document::text(&ConsistencyForm {
            branchline_consistency: FORMAT,
            old: TreeForm::of(self.old),
            new: TreeForm::of(self.new),
            proof: self.proof.iter().map(|hash| STANDARD.encode(hash)).collect(),
        })
    }

    /// Size of the proof. Unit: bytes.
    pub fn proof_bytes(&self) -> usize {
        self.proof.len() * size_of::<Hash>()
    }

    /// Checks the proof for two heads that are trusted, or rather to be compared: afterwards whoever
    /// trusted the one may trust the other.
    ///
    /// # Errors
    ///
    /// [`ConsistencyError`] when it is about other trees, or does not hold.
    pub fn check(&self, old: &TreeHead, new: &TreeHead) -> Result<(), ConsistencyError> {
        for (which, trusted, found) in [("old", old, self.old), ("new", new, self.new)] {
            if *trusted != found {
                return Err(ConsistencyError::OtherTree { which, trusted: *trusted, found });
            }
        }
        if merkle::verify_consistency(old.size, &old.root, new.size, &new.root, &self.proof) {
            Ok(())
        } else {
            Err(ConsistencyError::Broken { old: *old, new: *new })
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConsistencyForm {
    branchline_consistency: u32,
    old: TreeForm,
    new: TreeForm,
    proof: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TreeForm {
    size: u64,
    root: Hex<'static>,
}

impl TreeForm {
    fn of(head: TreeHead) -> Self {
        Self { size: head.size, root: Hex(head.root.to_vec().into()) }
    }

    fn head(&self) -> Result<TreeHead, ConsistencyError> {
        let root = self.root.array().ok_or(ConsistencyError::Root)?;
        Ok(TreeHead { size: self.size, root })
    }
}

#[cfg(test)]
mod tests;
