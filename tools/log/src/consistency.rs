//! `branchline-log consistency`: whether the journal of a newer head continues the one of an older.

use std::{io::Write, path::Path};

use branchline_evidence::{
    DOCUMENT_BYTES_MAX,
    consistency::{ConsistencyError, ConsistencyProof},
    gathering::Gathering,
};

use branchline_journal::record::Position;

use crate::{
    AsOf, Evidence, Fault, Soundness,
    gathered::gather,
    head::prove_extension,
    kept::{KeptHead, damaged, read_at_most, read_key, write_new},
};

/// Two heads in files, the older first, and the file of the key that signed them.
#[derive(Clone, Copy, Debug)]
pub struct Heads<'a> {
    /// The older one.
    pub old: &'a Path,
    /// The newer one.
    pub new: &'a Path,
    /// The key; without one the heads are trusted as they are.
    pub key: Option<&'a Path>,
}

/// Heads that are of one journal by what they say.
struct Pair {
    old: KeptHead,
    new: KeptHead,
}

impl Heads<'_> {
    fn read(&self) -> anyhow::Result<Pair> {
        let key = self.key.map(read_key).transpose()?;
        let old = KeptHead::read(self.old, key.as_ref())?;
        let new = KeptHead::read(self.new, key.as_ref())?;
        let (older, newer) = (old.head().origin(), new.head().origin());
        if older != newer {
            return Err(Fault::Damaged(format!(
                "{} is a head of {older:?} and {} one of {newer:?}: another journal",
                self.old.display(),
                self.new.display()
            ))
            .into());
        }
        if new.tree().size < old.tree().size {
            return Err(Fault::Damaged(format!(
                "{} is the head of {} records and {} that of {}: records were cut off at the end, \
                 or the heads were given in the wrong order",
                self.old.display(),
                old.tree().size,
                self.new.display(),
                new.tree().size
            ))
            .into());
        }
        if key.is_none() {
            eprintln!("the signatures of the heads were not checked, for want of --key");
        }
        Ok(Pair { old, new })
    }
}

/// Proves it from the records, and writes the proof to a new file.
///
/// # Errors
///
/// [`Fault::Damaged`] when the records are not those of the heads, or the heads are of different
/// journals; when a record is damaged or the file is there already.
pub fn from_records(
    evidence: &Evidence,
    heads: Heads<'_>,
    file: Option<&Path>,
    out: &mut dyn Write,
) -> anyhow::Result<Soundness> {
    let pair = heads.read()?;
    let mut gathering = Gathering::new().with_size(pair.old.tree().size);
    gather(evidence, &mut gathering, AsOf::Position(Position(pair.new.tree().size)))?;
    pair.new.compare(&gathering.head())?;
    let proof = prove_extension(&gathering, &pair.old)?;
    if let Some(file) = file {
        write_new(file, &proof.to_json()?, out)?;
        eprintln!("the proof has {} bytes", proof.proof_bytes());
    }
    if file != Some(Path::new("-")) {
        tell(&pair, out)?;
    }
    Ok(Soundness::Sound)
}

/// Checks it by a proof that somebody made, without any records.
///
/// # Errors
///
/// [`Fault::Damaged`] when the proof is not of these heads, or does not hold.
pub fn from_proof(
    proof: &Path,
    heads: Heads<'_>,
    out: &mut dyn Write,
) -> anyhow::Result<Soundness> {
    let pair = heads.read()?;
    let bytes = read_at_most(proof, DOCUMENT_BYTES_MAX)?;
    let wrong = |error: ConsistencyError| damaged(proof, &error);
    let read = ConsistencyProof::parse(&bytes).map_err(wrong)?;
    read.check(&pair.old.tree(), &pair.new.tree()).map_err(wrong)?;
    tell(&pair, out)?;
    Ok(Soundness::Sound)
}

fn tell(pair: &Pair, out: &mut dyn Write) -> anyhow::Result<()> {
    Ok(writeln!(
        out,
        "consistent: the journal {:?} of {} records continues the one of {}",
        pair.new.head().origin(),
        pair.new.tree().size,
        pair.old.tree().size
    )?)
}
