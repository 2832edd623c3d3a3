//! What can be wrong with a dossier, by name.

use branchline_journal::{
    FormatError,
    merkle::TreeHead,
    record::{Position, StreamId, Version},
};

use crate::{
    DocumentError,
    head::{HeadError, tree},
};

/// Why a dossier proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum DossierError {
    /// It is no dossier, or its bytes were changed.
    #[error("it is no dossier as it was written: {0}")]
    Document(#[from] DocumentError),
    /// A newer release wrote it.
    #[error("it is a dossier of form {found}, and this version reads form 1")]
    Format {
        /// Number of its form.
        found: u32,
    },
    /// The stream's name is none.
    #[error("its stream: {0}")]
    Stream(&'static str),
    /// The root is no hash.
    #[error("its head: the root is not of 32 bytes")]
    Root,
    /// The signed head in it is none.
    #[error("its head: {0}")]
    Head(#[from] HeadError),
    /// A hash of the proof is none.
    #[error("hash {number} of its proof is not of 32 bytes in base64")]
    Hash {
        /// Which one, from 1.
        number: usize,
    },
    /// Without records nothing is proven.
    #[error("it has no records")]
    Empty,
    /// The dossier was made for another tree than the trusted one.
    #[error("it is of {}, and the head is of {}", tree(found), tree(trusted))]
    OtherTree {
        /// The trusted tree.
        trusted: TreeHead,
        /// The tree of the dossier.
        found: TreeHead,
    },
    /// A record is not what it should be.
    #[error("its record at {position}: {problem}")]
    Record {
        /// Where the dossier says that it is.
        position: Position,
        /// What is wrong with it.
        problem: RecordProblem,
    },
    /// Records, proof and head do not belong together, and each record agrees with itself: a hash of
    /// the proof was changed, or records were put in that are not of this journal.
    #[error(
        "its records and its proof do not lead to the root of the head: the proof was changed, or \
         records of another journal were put in"
    )]
    Proof,
}

/// What is wrong with a record of a dossier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordProblem {
    /// Its bytes are no base64.
    #[error("its bytes are not in base64")]
    NotBase64,
    /// Its bytes were changed, or its hash was.
    #[error("its bytes do not have the hash that it was written with")]
    Leaf,
    /// Its bytes are not those of a record.
    #[error("its bytes are not those of a record: {0}")]
    Format(#[from] FormatError),
    /// Its bytes say the same as a record's, in another way.
    #[error("its bytes are not the ones that are written for that record")]
    NotCanonical,
    /// It is of another position than the dossier says.
    #[error("its bytes are those of the record at {found}")]
    Position {
        /// Its own position.
        found: Position,
    },
    /// It is of another stream.
    #[error("it is of {found}")]
    Stream {
        /// Its own stream.
        found: StreamId,
    },
    /// It comes after the head.
    #[error("it is not in a journal of {size} records")]
    BeyondHead {
        /// Records of the head.
        size: u64,
    },
    /// Events of the stream are missing before it, or there twice.
    #[error("its first event is version {found} of the stream, and {expected} comes next")]
    Version {
        /// The next version.
        expected: Version,
        /// Its own version.
        found: Version,
    },
    /// It follows another record of the stream than the one before it here.
    #[error(
        "the stream's record before it is {}, and the one before it here is {}",
        place(*found),
        place(*expected)
    )]
    Prev {
        /// The record before it in the dossier.
        expected: Option<Position>,
        /// The one that it names.
        found: Option<Position>,
    },
}

fn place(position: Option<Position>) -> String {
    position.map_or_else(|| "none".to_owned(), |position| format!("at {position}"))
}
