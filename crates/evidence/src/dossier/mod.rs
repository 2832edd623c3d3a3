//! Dossiers: the records of one stream, with the proof that they are in the journal of a head.
//!
//! A dossier is for whoever kept a head and has nothing else: neither the journal nor a key of it.
//!
//! ```json
//! {
//!   "branchline_dossier": 1,
//!   "stream": "lead_…",
//!   "head": {
//!     "size": 20852163,
//!     "root": "<hex>",
//!     "note": "<the signed head>" or null
//!   },
//!   "records": [
//!     {
//!       "position": 17,
//!       "leaf": "<hex>",
//!       "bytes": "<base64 of the record's canonical bytes>"
//!     }
//!   ],
//!   "proof": [
//!     "<base64 of a hash>"
//!   ]
//! }
//! ```
//!
//! Fields come in this order, each on a line of its own and indented by two blanks a level, as
//! `serde_json` writes it; the last line ends with a line feed. `size`, `root`: of the tree that the
//! records are in. `proof`: one proof for all records together
//! ([`branchline_journal::merkle::verify_inclusion`]). `leaf` repeats what `bytes` hash to, so that a
//! changed record can be named.
//!
//! # What it proves
//!
//! To whoever trusts the head: these are records of that journal, with every byte (sealed fields as
//! sealed), at these positions, and they are **all** records of the stream up to the last one here,
//! because each names the stream's record before it and no version is left out. It does not prove
//! that nothing came after: a later record would have to be shown, and its absence cannot be by a
//! hash tree. Who needs that asks for a new dossier, of a head as late as wanted.

mod checking;
mod error;

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use branchline_journal::{
    merkle::{self, Hash, TreeHead},
    record::{Position, Record, StreamId},
    record_format::canonical,
};
use branchline_vault::signing::VerifierKey;
use serde::{Deserialize, Serialize};

pub use self::error::{DossierError, RecordProblem};
use crate::{
    document,
    head::{HeadError, SignedHead},
    hex::Hex,
    stream_name,
};

/// Number of this form of dossiers.
const FORMAT: u32 = 1;

/// The records of one stream, and the proof that they are in a tree. What was read from somewhere
/// proves nothing before [`Self::check`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dossier {
    stream: StreamId,
    head: TreeHead,
    note: Option<SignedHead>,
    records: Vec<ProvenRecord>,
    proof: Vec<Hash>,
}

/// A record as a dossier has it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ProvenRecord {
    position: Position,
    leaf: Hash,
    bytes: Vec<u8>,
}

impl Dossier {
    /// Puts together what a store gives: all records of a stream that are in a tree, in order, and
    /// their proof ([`branchline_journal::store::EventStore::prove_inclusion`]).
    pub fn new<'a>(
        stream: StreamId,
        head: TreeHead,
        records: impl IntoIterator<Item = &'a Record>,
        proof: Vec<Hash>,
    ) -> Self {
        let records = records.into_iter().map(|record| {
            let bytes = canonical(record);
            ProvenRecord { position: record.position, leaf: merkle::leaf(&bytes), bytes }
        });
        Self { stream, head, note: None, records: records.collect(), proof }
    }

    /// The same with the signed head of its tree in it.
    ///
    /// # Errors
    ///
    /// [`HeadError::OtherTree`] when it is the head of another tree.
    pub fn with_note(mut self, note: SignedHead) -> Result<Self, HeadError> {
        if note.tree() != self.head {
            return Err(HeadError::OtherTree { kept: self.head, found: note.tree() });
        }
        self.note = Some(note);
        Ok(self)
    }

    /// Reads a dossier. What is in it is not checked yet: see [`Self::check`].
    ///
    /// # Errors
    ///
    /// [`DossierError`] when the bytes are not those of a dossier, or not as they are written.
    pub fn parse(bytes: &[u8]) -> Result<Self, DossierError> {
        document::read::<DossierForm<'static>>(bytes)?.dossier()
    }

    /// The text, as it is kept in a file.
    ///
    /// # Errors
    ///
    /// None that a dossier can bring about; the JSON writer has one in its signature.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        document::text(&DossierForm::of(self))
    }

    /// Whose records these are.
    pub const fn stream(&self) -> StreamId {
        self.stream
    }

    /// The tree that they are in.
    pub const fn head(&self) -> TreeHead {
        self.head
    }

    /// The signed head that came with them.
    pub const fn note(&self) -> Option<&SignedHead> {
        self.note.as_ref()
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there are none; such a dossier proves nothing.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Size of the proof, without the records. Unit: bytes.
    pub fn proof_bytes(&self) -> usize {
        self.proof.len() * size_of::<Hash>()
    }

    /// Checks that the dossier was made for this head: the same journal, the same tree, and no
    /// signature in the dossier that neither this head nor the key accounts for.
    ///
    /// # Errors
    ///
    /// [`HeadError`] naming what differs.
    pub fn is_of(&self, kept: &SignedHead, key: Option<&VerifierKey>) -> Result<(), HeadError> {
        if self.head != kept.tree() {
            return Err(HeadError::OtherTree { kept: kept.tree(), found: self.head });
        }
        self.note.as_ref().map_or(Ok(()), |note| kept.covers(note, key))
    }

    /// Checks everything that the dossier says against a root that is trusted, and gives the records.
    ///
    /// # Errors
    ///
    /// [`DossierError`] naming the first thing that is wrong.
    pub fn check(&self, trusted: &TreeHead) -> Result<Vec<Record>, DossierError> {
        checking::check(self, trusted)
    }
}

/// The document. Fields in the order in which they are written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DossierForm<'a> {
    branchline_dossier: u32,
    stream: String,
    head: HeadForm<'a>,
    records: Vec<RecordForm<'a>>,
    proof: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeadForm<'a> {
    size: u64,
    root: Hex<'a>,
    note: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordForm<'a> {
    position: u64,
    leaf: Hex<'a>,
    bytes: Cow<'a, str>,
}

impl<'a> DossierForm<'a> {
    fn of(dossier: &'a Dossier) -> Self {
        let records = dossier.records.iter().map(|record| RecordForm {
            position: record.position.0,
            leaf: Hex::of(&record.leaf),
            bytes: STANDARD.encode(&record.bytes).into(),
        });
        Self {
            branchline_dossier: FORMAT,
            stream: dossier.stream.to_string(),
            head: HeadForm {
                size: dossier.head.size,
                root: Hex::of(&dossier.head.root),
                note: dossier.note.as_ref().map(SignedHead::to_text),
            },
            records: records.collect(),
            proof: dossier.proof.iter().map(|hash| STANDARD.encode(hash)).collect(),
        }
    }

    fn dossier(&self) -> Result<Dossier, DossierError> {
        if self.branchline_dossier != FORMAT {
            return Err(DossierError::Format { found: self.branchline_dossier });
        }
        let stream = stream_name::parse(&self.stream).map_err(DossierError::Stream)?;
        let root = self.head.root.array().ok_or(DossierError::Root)?;
        let note = self.head.note.as_ref().map(|note| SignedHead::parse(note.as_bytes()));
        let hash = |(at, text): (usize, &String)| {
            let hash = STANDARD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
            hash.ok_or(DossierError::Hash { number: at + 1 })
        };
        Ok(Dossier {
            stream,
            head: TreeHead { size: self.head.size, root },
            note: note.transpose()?,
            records: self.records.iter().map(RecordForm::record).collect::<Result<_, _>>()?,
            proof: self.proof.iter().enumerate().map(hash).collect::<Result<_, _>>()?,
        })
    }
}

impl RecordForm<'_> {
    fn record(&self) -> Result<ProvenRecord, DossierError> {
        let position = Position(self.position);
        let wrong = |problem| DossierError::Record { position, problem };
        let leaf = self.leaf.array().ok_or_else(|| wrong(RecordProblem::Leaf))?;
        let bytes = STANDARD.decode(self.bytes.as_bytes());
        let bytes = bytes.map_err(|_| wrong(RecordProblem::NotBase64))?;
        Ok(ProvenRecord { position, leaf, bytes })
    }
}

#[cfg(test)]
mod tests;
