//! `branchline-log head`: which journal it is, signed when there is a key.

use std::{io::Write, path::Path};

use anyhow::ensure;
use branchline_domain::time::Timestamp;
use branchline_evidence::{
    consistency::{ConsistencyError, ConsistencyProof},
    gathering::Gathering,
    head::SignedHead,
    hex,
};
use branchline_journal::merkle::TreeHead;
use branchline_vault::signing::SigningKey;
use serde::Serialize;

use crate::{
    AsOf, Evidence, Fault, Format, Soundness,
    answer::{json, maybe_row, row},
    gathered::gather,
    kept::{KeptHead, damaged, write_new},
};

/// What is wanted of a head.
#[derive(Clone, Copy, Debug, Default)]
pub struct HeadWish<'a> {
    /// Up to which record.
    pub until: AsOf,
    /// The file of the key that signs it.
    pub sign_with: Option<&'a Path>,
    /// An older head in a file, which the journal must continue before a newer one is signed.
    pub extends: Option<&'a Path>,
    /// The file to make; without one the answer has the signed head.
    pub file: Option<&'a Path>,
}

/// The answer.
#[derive(Debug, Serialize)]
struct Answer {
    size: u64,
    root: String,
    /// When the last record was decided; not a part of what is signed.
    recorded_at: Option<Timestamp>,
    note: Option<String>,
}

/// Writes size and root of the hash tree, and the signed head.
///
/// # Errors
///
/// When a record is damaged; when a key or head cannot be read or the file is there already;
/// [`Fault::Damaged`] when the journal does not continue the older head.
pub fn run(
    evidence: &Evidence,
    wish: HeadWish<'_>,
    format: Format,
    out: &mut dyn Write,
) -> anyhow::Result<Soundness> {
    let key = wish.sign_with.map(SigningKey::read).transpose()?;
    if wish.file.is_some() && key.is_none() {
        let fix = "a head in a file is a signed one: say --sign-with KEYFILE";
        return Err(Fault::Misused(fix.to_owned()).into());
    }
    let older = wish
        .extends
        .map(|file| KeptHead::read(file, key.as_ref().map(SigningKey::verifier)))
        .transpose()?;
    let mut gathering = Gathering::new();
    if let Some(older) = &older {
        gathering = gathering.with_size(older.tree().size);
    }
    let recorded_at = gather(evidence, &mut gathering, wish.until)?;
    let head = gathering.head();
    if let AsOf::Position(position) = wish.until {
        ensure!(head.size == position.0, "there are {} records, not {position}", head.size);
    }
    if let Some(older) = &older {
        prove_extension(&gathering, older)?;
    }
    let note = key.map(|key| SignedHead::sign(head, &key).to_text());
    if let (Some(file), Some(note)) = (wish.file, &note) {
        write_new(file, note, out)?;
        // A head on standard output stands there alone.
        if file == Path::new("-") {
            return Ok(Soundness::Sound);
        }
    }
    tell(head, recorded_at, note, wish.file.is_none(), format, out)?;
    Ok(Soundness::Sound)
}

/// The records are those of the older head, and others come after them.
pub(crate) fn prove_extension(
    gathering: &Gathering,
    older: &KeptHead,
) -> anyhow::Result<ConsistencyProof> {
    let (old, new) = (older.tree(), gathering.head());
    if new.size < old.size {
        older.compare(&new)?;
    }
    older.compare(&TreeHead { size: old.size, root: gathering.root_at(old.size)? })?;
    let proof = ConsistencyProof::new(old, new, gathering.prove_consistency(old.size)?);
    // Whoever gets the proof checks it in the same way.
    let checked: Result<(), ConsistencyError> = proof.check(&old, &new);
    checked.map_err(|error| damaged(older.file(), &error))?;
    Ok(proof)
}

fn tell(
    head: TreeHead,
    recorded_at: Option<Timestamp>,
    note: Option<String>,
    with_note: bool,
    format: Format,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let root = hex::text(&head.root);
    match format {
        Format::Json => json(&Answer { size: head.size, root, recorded_at, note }, out)?,
        Format::Text => {
            writeln!(out, "head of {} records", head.size)?;
            row(out, "root", root)?;
            maybe_row(out, "last record", recorded_at)?;
            if let Some(note) = note.filter(|_| with_note) {
                write!(out, "\n{note}")?;
            }
        }
    }
    Ok(())
}
