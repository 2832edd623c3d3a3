//! What can be wrong with a head, by name.

use branchline_journal::merkle::TreeHead;

use super::HEAD_BYTES_MAX;
use crate::hex;

/// Why a head is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// No head is that large.
    #[error("it is larger than {HEAD_BYTES_MAX} bytes, and so no head")]
    TooLarge,
    /// The bytes are not those of a head.
    #[error("it is no head of a journal: line {line}: {reason}")]
    Form {
        /// Line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The head is of another journal than the key.
    #[error("it is a head of {origin:?}, and the key is of {key:?}")]
    OtherOrigin {
        /// Whose head it is.
        origin: String,
        /// Whose key it is.
        key: String,
    },
    /// The key's signature is not there.
    #[error("{by} did not sign it")]
    NotSigned {
        /// Name and id of the key.
        by: String,
    },
    /// The head was changed after it was signed, or its signature was.
    #[error("the signature of {by} is not one of this head")]
    BadSignature {
        /// Name and id of the key.
        by: String,
    },
    /// Two heads are of different journals.
    #[error(
        "it is a head of {found:?}, and the one to compare with is of {kept:?}: another journal"
    )]
    OtherJournal {
        /// Whose head was kept.
        kept: String,
        /// Whose head this is.
        found: String,
    },
    /// Two heads are of different trees.
    #[error("it is the head of {}, and the one to compare with is of {}", tree(found), tree(kept))]
    OtherTree {
        /// The one that was kept.
        kept: TreeHead,
        /// This one.
        found: TreeHead,
    },
    /// Two heads differ in the lines after the root.
    #[error("it has other lines after its root than the one to compare with")]
    OtherLines,
    /// A signature that nobody can say anything about.
    #[error("it has a signature of {by:?} that the one to compare with does not have")]
    Unchecked {
        /// Name in the signature.
        by: String,
    },
}

/// A tree, for people.
pub(crate) fn tree(head: &TreeHead) -> String {
    format!("{} records with root {}", head.size, hex::text(&head.root))
}
